"""A reply comes in. Stored first as it came, read afterwards; so none is lost, whatever it holds."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from settings import Settings
from store import Store, bulk, is_passing
from store.documents import to_text
from store.schema import reply
from surveys.ledger import faults, snapshots
from surveys.ledger.open_surveys import OpenSurvey, open_surveys, stopped
from surveys.ledger.opt_outs import opt_in_in, opt_out_in
from surveys.parser.flags import CORRECTION, urgency_of
from surveys.parser.opt_out import is_stop
from surveys.parser.read import says_stop
from surveys.questions import questions
from surveys.questions.segments import pack
from surveys.replies.changes import Changes, write
from surveys.replies.conversation import Talk, Turn, turn

BATCH = 1_000
_OPT_OUT_TYPES = {"STOP": "STOP", "START": "START"}
LATE_S = 30 * 86_400  # a late answer belongs to the latest survey, if that is not older than this
log = logging.getLogger(__name__)

_STORE = text(
    """
    insert into reply (sid, phone, body, form, received_at) values (:sid, :phone, :body, :form, :at)
    on conflict (sid) do nothing
    """
)


def receive(store: Store, form: Mapping[str, str], now: datetime) -> bool:
    """Store one reply durably, as it came. False when its MessageSid is on record already."""
    with store.write() as connection:
        return store_raw(connection, [form], now) == 1


def store_raw(connection: Connection, forms: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Store replies inside the caller's transaction; returns how many were new, where the driver tells."""
    rows = [_raw(form, int(now.timestamp())) for form in forms]
    rows.sort(key=lambda row: str(row["sid"]))  # or two that store the same replies wait for each other
    return bulk.run(connection, _STORE, rows) if rows else 0


def stopping_numbers(forms: Iterable[Mapping[str, str]]) -> set[str]:
    """The numbers whose reply, as the carrier sent it, says stop."""
    return {
        _phone_of(form)
        for form in forms
        if says_stop(_body_of(form.get("OptOutType", ""), _storable(form.get("Body", ""))))
    }


def _body_of(opt_out_type: str, body: str) -> str:
    # A Messaging Service may have stop words of its own; the carrier says so, and has stopped already.
    return _OPT_OUT_TYPES.get(opt_out_type, body)


def _raw(form: Mapping[str, str], at: int) -> dict[str, Any]:
    everything = to_text(dict(sorted(form.items())))
    if "\\ud" in everything:  # perhaps half a character
        form = {_clean(name): _clean(value) for name, value in form.items()}
        everything = to_text(dict(sorted(form.items())))
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid")
    return {
        # A form without any id still is a reply: its content is its id.
        "sid": _storable(sid or "form-" + hashlib.sha256(everything.encode()).hexdigest()[:32]),
        "phone": _phone_of(form) or None,
        "body": _storable(form.get("Body", "")),
        "form": everything,
        "at": at,
    }


def _phone_of(form: Mapping[str, str]) -> str:
    return _storable(form.get("From", "")).strip()


def _clean(value: str) -> str:
    # Lone surrogates cannot be written down in any encoding.
    return value.encode("utf-8", "replace").decode()


def _storable(value: str) -> str:
    # PostgreSQL's text holds no NUL; the form keeps it as an escape.
    return value.replace("\x00", "\ufffd")


def read_pending(store: Store, settings: Settings, now: datetime, waited_s: int = 0) -> int:
    """Read what has not been read: attribute, record answers, prepare follow-ups; returns how many.

    Does nothing while nothing has waited for so long.
    """
    until = int(now.timestamp()) - waited_s
    unread = select(reply.c.sid).where(reply.c.read_at.is_(None), reply.c.received_at <= until)
    with store.read() as connection:
        if connection.execute(unread.limit(1)).first() is None:
            return 0
    done = 0
    while True:
        with store.write() as connection:
            count = read_batch(connection, settings, now)
        done += count
        if count < BATCH:
            return done


def read_batch(
    connection: Connection,
    settings: Settings,
    now: datetime,
    most: int = BATCH,
    phones: Collection[str] | None = None,
) -> int:
    """Read stored replies (of these numbers only, where given) inside the caller's transaction, in order."""
    query = (
        select(reply.c.sid, reply.c.phone, reply.c.body, reply.c.form, reply.c.received_at)
        .where(reply.c.read_at.is_(None))
        .order_by(reply.c.received_at, reply.c.sid)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    if phones is not None:
        query = query.where(reply.c.phone.in_(phones))
    rows = connection.execute(query).all()
    try:
        with connection.begin_nested():
            _read_rows(connection, settings, rows, now)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("replies could not be read together; one by one")
        for row in rows:
            _read_or_put_aside(connection, settings, row, now)
    return len(rows)


def _read_rows(connection: Connection, settings: Settings, rows: Sequence[Any], now: datetime) -> None:
    if not rows:
        return
    current = open_surveys(connection, {row.phone for row in rows if row.phone})
    reader = _Reader(connection, settings, now, current, stopped(connection, current))
    for row in rows:
        reader.read(row)
    write(connection, reader.changes, now)


def _read_or_put_aside(connection: Connection, settings: Settings, row: Any, now: datetime) -> None:
    """Read one reply; one that our own reading fails on waits for a person, and holds up no other."""
    try:
        with connection.begin_nested():
            _read_rows(connection, settings, [row], now)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("reply %s could not be read", row.sid)
        flags = ["fault"]
        values = {"read_at": int(now.timestamp()), "kind": "unclear", "flags": flags}
        values["urgency"] = urgency_of(flags)
        connection.execute(update(reply).where(reply.c.sid == row.sid).values(**values))
        if row.phone and is_stop(row.body.strip().lower()):
            # The one thing that must not wait for a person.
            opt_out_in(connection, row.phone, "reply", now)
        text = f"Reply {row.sid} could not be read, for a fault of ours. A person must look at it."
        faults.raise_in(connection, "reply_fault", text, now)


class _Reader:
    """Reads the replies of one batch, each in the light of what those before it have changed."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        now: datetime,
        surveys: dict[str, OpenSurvey],
        stopped: set[str],
    ) -> None:
        self._connection, self._settings, self._now = connection, settings, now
        self._surveys, self._stopped = surveys, stopped
        self._questions = questions.load()
        self.changes = Changes()

    def read(self, row: Any) -> None:
        """Read one stored reply."""
        current = self._surveys.get(row.phone)
        if current is not None and row.received_at - current.row.opened_at > LATE_S:
            current = None
        late = current is not None and row.received_at > current.row.closes_at
        talk = self._talk(current, silent=late or row.phone in self._stopped)
        body = _body_of(row.form.get("OptOutType", ""), row.body)
        done = turn(talk, body, self._questions)
        self.changes.replies.append(
            {
                "reply_sid": row.sid,
                "at": int(self._now.timestamp()),
                "contact": current.row.contact_id if current else None,
                "read_kind": done.kind,
                "read_score": done.reading.score,
                "read_flags": tuple(dict.fromkeys((*done.reading.flags, *([CORRECTION] * done.corrects)))),
                "how_urgent": urgency_of(done.reading.flags),
                "by": done.reading.parser,
                "is_late": late,
                "asked": done.answered if done.corrects else talk.question,
            }
        )
        self._opt(row.phone, done.kind)
        if current is not None:
            self._go_on(row, current, done, late=late)

    def _opt(self, phone: str | None, kind: str) -> None:
        if phone and kind == "opt_out":
            opt_out_in(self._connection, phone, "reply", self._now)
            self._stopped.add(phone)
            if (current := self._surveys.get(phone)) is not None:
                current.pending = current.pending_id = ""
        elif phone and kind == "opt_in":
            opt_in_in(self._connection, phone)
            self._stopped.discard(phone)

    def _talk(self, current: OpenSurvey | None, *, silent: bool) -> Talk:
        if current is None:
            return Talk("", "", 0, follow_ups=False)
        return Talk(
            contact_id=current.row.contact_id,
            question=current.question,
            messages=current.messages,
            answers=current.answers,
            pending=current.pending,
            tried=current.tried,
            clarified=current.clarified,
            follow_ups=self._settings.follow_ups and not silent,
        )

    def _go_on(self, row: Any, current: OpenSurvey, done: Turn, *, late: bool) -> None:
        """Record the answer and put the next question, or the same one again."""
        contact_id = current.row.contact_id
        worded = snapshots.has_words(row.body)
        if done.answered:
            current.answers.pop(done.answered, None)  # the last answer stands last
            current.answers[done.answered] = done.value
            self.changes.answers.append(
                {
                    "contact_id": contact_id,
                    "question": done.answered,
                    "value": done.value,
                    "text": row.body if worded else "",
                    "answered_at": row.received_at,
                    "source": "sms",
                    "late": late,
                }
            )
        if done.drop:
            self.changes.dropped.append({"dropped": current.pending_id, "dropped_at": row.received_at})
            current.messages, current.pending, current.pending_id = current.messages - 1, "", ""
        if done.send or done.clarify:
            current.messages += 1
            prepared = self._message(row, current, done)
            self.changes.messages.append(prepared)
            current.pending, current.pending_id = prepared["question"], prepared["message_id"]
        if done.send:
            current.question = ""  # open as soon as the carrier can have it
        elif current.question or done.question != current.pending:
            current.question = done.question
        self.changes.surveys.append(
            {"id": contact_id, "open_question": done.question, "sent_so_far": current.messages}
        )
        if worded:
            self.changes.worded.append(contact_id)

    def _message(self, row: Any, current: OpenSurvey, done: Turn) -> dict[str, Any]:
        question = self._questions.by_id(done.question)
        assert question is not None  # noqa: S101 (the conversation names questions of this book only)
        wordings = self._questions.clarification[question.kind] if done.clarify else question.text
        values = {"company": self._settings.company, "agent": current.row.agent, "link": ""}
        language = questions.language_of(wordings, done.reading.language, current.row.language)
        body = questions.say(wordings, language, values)
        return {
            "message_id": secrets.token_hex(12),
            "contact_id": current.row.contact_id,
            "purpose": "clarification" if done.clarify else "follow_up",
            "question": question.id,
            "phone": row.phone,
            "body": body,
            "state": "ready",
            "created_at": row.received_at,
            "look_at": row.received_at,
            "segments": pack(body).segments,
        }
