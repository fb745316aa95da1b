"""The tables of the operational store. Times are integer epoch seconds unless a name ends in ``_us``.

Phone numbers stand here and nowhere else; what leaves for the lake carries a pseudonym.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    literal_column,
    text,
)

metadata = MetaData()

# SQLite numbers rows by itself only where the key's type is INTEGER.
Sequence = BigInteger().with_variant(Integer, "sqlite")

# One row per record that came in live, as it stands now. Earlier versions are in the feed.
record = Table(
    "record",
    metadata,
    Column("kind", Text, primary_key=True),  # contact, sale, case, session, calls_offered
    Column("record_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # of the record as given: tells a repeat from a change
    Column("payload", JSON, nullable=False),  # the log row (see lake/log.py), without any phone number
    Column("received_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
)
# The customer of a record, written alike in both databases so that the index below is used.
RECORD_CUSTOMER: ColumnElement[str] = literal_column("(record.payload ->> 'customer_key')", Text)
SESSION = record.c.kind == literal_column("'session'")
Index("session_by_customer", literal_column("(payload ->> 'customer_key')"), _table=record,
      sqlite_where=SESSION, postgresql_where=SESSION)  # fmt: skip

# One row per event on its way to the lake, in order. Never changed but for `drained`.
feed = Table(
    "feed",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # a log kind of lake/log.py
    Column("key", Text, nullable=False),  # the record's id; a contact id for outcomes
    Column("accepted_us", BigInteger, nullable=False),  # epoch microseconds
    Column("payload", JSON, nullable=False),
    Column("drained", Boolean, nullable=False, server_default=text("false")),
    sqlite_autoincrement=True,
)
Index("feed_to_drain", feed.c.seq, sqlite_where=~feed.c.drained, postgresql_where=~feed.c.drained)
Index("feed_by_key", feed.c.key)

# One row per live contact: is the customer asked, and why (not). Made with the contact, in one transaction.
decision = Table(
    "decision",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column("phone", Text),  # E.164, or what was given where it cannot be read; null when none
    Column("customer_key", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting, asked, skipped
    Column("reason", Text, nullable=False),  # reason code; "new" or why it waits while waiting
    Column("eligible", Boolean),  # DESIGN 7; null while waiting
    Column("rule_version", Text, nullable=False, server_default=""),
    Column("due_at", BigInteger, nullable=False),  # when to look (again), while waiting
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),  # posts that were not sent
)
# Conditions of partial indexes, with literals: a bound value would hide from the planner that they hold.
WAITING = decision.c.state == literal_column("'waiting'")
Index("decision_due", decision.c.due_at, sqlite_where=WAITING, postgresql_where=WAITING)
Index("decision_by_phone", decision.c.phone)
Index("decision_by_customer", decision.c.customer_key, decision.c.decided_at)
Index("decision_by_time", decision.c.created_at)

# One row per phone number: when its latest opening SMS was claimed. The rolling 24 hours live here.
slot = Table(
    "slot",
    metadata,
    Column("phone", Text, primary_key=True),
    Column("last_sent_at", BigInteger, nullable=False),
    Column("contact_id", Text, nullable=False),
)

# One row per survey: one ask, from the opening SMS to the last answer.
survey = Table(
    "survey",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column("token", Text, nullable=False, unique=True),  # of the web rating page, and of status callbacks
    Column("phone", Text),  # null once forgotten
    Column("language", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closes_at", BigInteger, nullable=False),
    Column("question", Text, nullable=False),  # the question now open; "" when nothing is
    Column("messages", SmallInteger, nullable=False),  # sent so far, of at most three
    Column("day", Text, nullable=False, server_default=""),  # local day of the contact, ISO text
    Column("agent", Text, nullable=False, server_default=""),  # first name, where a wording says it
    Column("tried", Boolean),  # tried the website or app first, as far as the contact's facts tell
    Column("sent", Boolean),  # the carrier has taken the opening message; null while unknown
    Column("delivered", Boolean),  # the carrier says it arrived; null until it says
)
Index("survey_by_phone", survey.c.phone, survey.c.opened_at)

# One row per SMS out, committed before the post.
message = Table(
    "message",
    metadata,
    Column("message_id", Text, primary_key=True),  # the attempt's id, carried by the status callback
    Column("contact_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # opening, follow_up, clarification
    Column("question", Text, nullable=False),
    Column("phone", Text),
    Column("body", Text, nullable=False),
    # ready (a follow-up that waits for the worker), claimed, unknown, not_sent, then the carrier's own:
    # accepted, queued, sending, sent, delivered, undelivered, failed, canceled
    Column("state", Text, nullable=False),
    Column("sid", Text, unique=True),  # the carrier's id, once known
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("posted_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("worker", Text, nullable=False, server_default=""),  # who claimed it: host:pid:random
    Column("segments", SmallInteger, nullable=False, server_default=text("1")),
    Column("look_at", BigInteger),  # when to post (ready) or to ask the carrier about it (unknown)
    Column("looks", SmallInteger, nullable=False, server_default=text("0")),
)
Index("message_by_contact", message.c.contact_id)
Index("message_by_phone", message.c.phone, message.c.created_at)
Index("message_by_time", message.c.created_at)
UNSETTLED = message.c.state.in_([literal_column(f"'{state}'") for state in ("ready", "claimed", "unknown")])
Index("message_unsettled", message.c.created_at, sqlite_where=UNSETTLED, postgresql_where=UNSETTLED)

# One row per status that the carrier told of a message, in the order they came, also those that came late.
message_status = Table(
    "message_status",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)
Index("message_status_by_message", message_status.c.message_id)

# One row per status callback that came before we knew the carrier's id it speaks of.
early_status = Table(
    "early_status",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)

# One row per SMS in, stored before it is read.
reply = Table(
    "reply",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("phone", Text),
    Column("body", Text, nullable=False),
    Column("form", JSON, nullable=False),  # every field as the carrier sent it
    Column("received_at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    Column("contact_id", Text),  # of the survey it answers; null when there is none
    Column("kind", Text, nullable=False, server_default=""),  # score, opt_out, opt_in, unclear, answer, …
    Column("score", SmallInteger),
    Column("flags", JSON, nullable=False, server_default="[]"),
    Column("urgency", SmallInteger),  # of the most urgent flag, 0 first; null where there is none
    Column("parser", Text, nullable=False, server_default=""),
    Column("late", Boolean, nullable=False, server_default=text("false")),
    Column("question", Text, nullable=False, server_default=""),  # the question it was read for
    Column("settled_at", BigInteger),  # when a person settled an unclear one
    Column("settled_by", Text, nullable=False, server_default=""),
    Column("handled_at", BigInteger),  # when a person has taken care of a flagged one
    Column("handled_by", Text, nullable=False, server_default=""),
)
Index("reply_by_phone", reply.c.phone, reply.c.received_at)
Index("reply_by_contact", reply.c.contact_id)
Index("reply_by_time", reply.c.received_at)
Index("reply_unread", reply.c.received_at, sqlite_where=reply.c.read_at.is_(None),
      postgresql_where=reply.c.read_at.is_(None))  # fmt: skip
UNSETTLED_REPLY = (reply.c.kind == literal_column("'unclear'")) & reply.c.settled_at.is_(None)
Index("reply_unsettled", reply.c.received_at, sqlite_where=UNSETTLED_REPLY, postgresql_where=UNSETTLED_REPLY)
TO_CALL = reply.c.urgency.is_not(None) & reply.c.handled_at.is_(None)
Index("reply_to_call", reply.c.urgency, reply.c.received_at, sqlite_where=TO_CALL, postgresql_where=TO_CALL)
Index("reply_handled", reply.c.handled_at, sqlite_where=reply.c.handled_at.is_not(None),
      postgresql_where=reply.c.handled_at.is_not(None))  # fmt: skip
Index("reply_settled", reply.c.settled_at, sqlite_where=reply.c.settled_at.is_not(None),
      postgresql_where=reply.c.settled_at.is_not(None))  # fmt: skip

# One row per answer to a question of a survey: the latest one counts.
answer = Table(
    "answer",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column(
        "question", Text, primary_key=True
    ),  # score, reason, solved, tried_self_service, guided, self_help
    Column("value", SmallInteger),  # 1–10, or 1 = yes, 2 = no; null for free text
    Column("text", Text, nullable=False, server_default=""),
    Column("answered_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),  # sms, web, hand
    Column("late", Boolean, nullable=False, server_default=text("false")),
)
Index("answer_by_time", answer.c.answered_at)

# One row per number that has said stop (until it says start).
opt_out = Table(
    "opt_out",
    metadata,
    Column("phone", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("source", Text, nullable=False),  # reply, carrier, hand
)

# One row per link learnt between a phone number's pseudonym and the customer's.
customer_link = Table(
    "customer_link",
    metadata,
    Column("phone_key", Text, primary_key=True),
    Column("customer_key", Text, nullable=False),
)

# One row per SMS on the built-in phones: the phone gateway's own state, as a carrier has its own.
phone_message = Table(
    "phone_message",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("phone", Text, nullable=False),
    Column("direction", Text, nullable=False),  # to_phone, from_phone
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),  # order within a second
)
Index("phone_message_by_phone", phone_message.c.phone, phone_message.c.at)

# One row per piece of work that only one process may do at a time.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# One row per fault that a person must see: wrong credentials, a clock that stepped back.
alarm = Table(
    "alarm",
    metadata,
    Column("name", Text, primary_key=True),
    Column("message", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
)

# One row per alarm of the figures: a day out of the ordinary, or a level that has moved.
metric_alarm = Table(
    "metric_alarm",
    metadata,
    Column("key", Text, primary_key=True),
    Column("series", Text, nullable=False),
    Column("direction", Text, nullable=False),  # up, down
    Column("finding", JSON, nullable=False),  # metrics.inference.alarms.Alarm, as it stands now
    Column("found_at", BigInteger, nullable=False),
    Column("over_on", Text, nullable=False, server_default=""),  # day the series was ordinary again, ISO
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text, nullable=False, server_default=""),
    Column("closed_at", BigInteger),  # by a person; what is over by itself stays to be looked at
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),  # what it turned out to be
)
Index("metric_alarm_by_series", metric_alarm.c.series, metric_alarm.c.direction)

# One row per measure that is meant to spare customers a contact.
initiative = Table(
    "initiative",
    metadata,
    Column("initiative_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("topics", JSON, nullable=False),  # names of the topics it touches
    Column("owner", Text, nullable=False),
    Column("launched", Text, nullable=False),  # ISO day; one to come is a proposal
    Column("ended", Text, nullable=False, server_default=""),  # ISO day, "" while it goes on
    Column("cost_minor", BigInteger),  # what it cost, in øre; null where nobody has said
    Column("assumed_effect", Float),  # share of the contacts it was meant to spare (.12: 12 % fewer)
    Column("created_at", BigInteger, nullable=False),
)

# One row per thing that a person did about an alarm, an initiative or a reply. Never changed.
deed = Table(
    "deed",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),  # acknowledged, closed, reopened, registered, changed, removed
    Column("subject", Text, nullable=False),  # alarm, initiative, reply
    Column("key", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)
Index("deed_by_subject", deed.c.subject, deed.c.key)

# One row per token of a source. The token itself is shown once, when it is made.
api_token = Table(
    "api_token",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256: a token is random, no password
    Column("partner", Text),  # null: of no partner, and for all of them
    Column("kinds", Text, nullable=False),  # of records, with commas; "" = all
    Column("may", Text, nullable=False),  # write, read
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),  # to the minute
)
