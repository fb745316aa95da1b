"""What waits for a person: replies that no parser can read, and replies that somebody should call about.

Texts and numbers are for team leads alone, so nobody else is given this module's answers. Of a partner only
the partner's own contacts are told. Who did what is written down with it (``store.deeds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from store import Store
from store.deeds import note_down
from store.schema import TO_CALL, UNSETTLED_REPLY, answer, record, reply
from surveys.ledger import snapshots
from surveys.parser.flags import URGENCY
from surveys.questions import questions
from surveys.replies.reread import set_answer, take_back

SUBJECT = "reply"
# What is flagged longer ago than this is past calling back.
CALL_BACK_WITHIN = timedelta(days=14)
_PLACE = ("partner", "team", "agent", "channel", "topic")


@dataclass(frozen=True)
class Waiting:
    """One reply and its contact. ``question`` is what it answers, ``done_at`` when somebody dealt with it."""

    sid: str
    contact_id: str
    body: str
    phone: str | None
    question: str
    received_at: datetime
    flags: tuple[str, ...]
    score: int | None  # of the contact, as it now stands
    partner: str
    team: str
    agent: str
    channel: str
    topic: str
    done_at: datetime | None = None
    done_by: str = ""


def unclear(store: Store, limit: int = 100, partner: str | None = None) -> list[Waiting]:
    """Replies that nobody could read and nobody has settled, the oldest first; of one partner, or of all."""
    query = _replies(partner).where(UNSETTLED_REPLY, reply.c.contact_id.is_not(None), reply.c.body != "")
    with store.read() as connection:
        found = connection.execute(query.order_by(reply.c.received_at, reply.c.sid).limit(limit))
        return [_waiting(row) for row in found]


def highest(question: str) -> int:
    """The highest answer there is to a question: 10, or 2 where yes is 1 and no is 2."""
    asked = questions.load().by_id(question)
    return 2 if asked is not None and asked.kind == "choice" else 10


def settle(store: Store, sid: str, value: int | None, now: datetime, *, who: str) -> bool:
    """A person says what an unclear reply means: an answer, or (None) that it is none.

    False when no such reply waits. ValueError when the value is no answer to what was asked.
    """
    with store.write() as connection:
        row = connection.execute(
            select(reply).where(reply.c.sid == sid, UNSETTLED_REPLY).with_for_update()
        ).first()
        if row is None:
            return False
        top = highest(row.question)
        if value is not None and not 1 <= value <= top:
            raise ValueError(f"an answer is a number from 1 to {top}, not {value}")
        about_score = row.question in ("", "score")
        values: dict[str, Any] = {"settled_at": int(now.timestamp()), "settled_by": who}
        if value is not None:
            values |= {"kind": "score", "score": value} if about_score else {"kind": "answer"}
        connection.execute(update(reply).where(reply.c.sid == sid).values(**values))
        note_down(connection, SUBJECT, sid, "settled", who=who, now=now, note=str(value or "none"))
        if value is not None and row.contact_id:
            set_answer(connection, row, row.question or "score", value, "hand")
            snapshots.append_changed(connection, [row.contact_id], now)
    return True


def unsettle(store: Store, sid: str, now: datetime, *, who: str) -> bool:
    """Take back what a person has said that a reply means: it waits again, as unclear as it was.

    What the reply made count no longer does. False when nobody has settled it.
    """
    with store.write() as connection:
        row = connection.execute(
            select(reply).where(reply.c.sid == sid, reply.c.settled_at.is_not(None)).with_for_update()
        ).first()
        if row is None:
            return False
        values = {"kind": "unclear", "score": None, "settled_at": None, "settled_by": ""}
        connection.execute(update(reply).where(reply.c.sid == sid).values(**values))
        note_down(connection, SUBJECT, sid, "unsettled", who=who, now=now)
        if row.kind != "unclear" and row.contact_id:
            take_back(connection, row, row.question or "score")
            snapshots.append_changed(connection, [row.contact_id], now)
    return True


def settled(store: Store, limit: int = 100, partner: str | None = None) -> list[Waiting]:
    """Replies that somebody has settled, the latest first; of one partner, or of all."""
    query = _replies(partner).where(
        reply.c.settled_at.is_not(None), reply.c.contact_id.is_not(None), reply.c.body != ""
    )
    with store.read() as connection:
        found = connection.execute(query.order_by(reply.c.settled_at.desc(), reply.c.sid).limit(limit))
        return [_waiting(row, row.settled_at, row.settled_by) for row in found]


def to_call(store: Store, now: datetime, partner: str | None = None, *, limit: int = 200) -> list[Waiting]:
    """Flagged replies of the last two weeks that wait for somebody, the most urgent and oldest first."""
    since = int((now - CALL_BACK_WITHIN).timestamp())
    query = _replies(partner).where(TO_CALL, reply.c.received_at >= since, reply.c.contact_id.is_not(None))
    found: list[Waiting] = []
    with store.read() as connection:
        # One after the other, each in the order of the index: sorting all that waits would not end in time.
        for urgency in range(len(URGENCY) + 1):
            equally = query.where(reply.c.urgency == urgency).order_by(reply.c.received_at)
            found += [_waiting(row) for row in connection.execute(equally.limit(limit - len(found)))]
            if len(found) == limit:
                break
    return found


def handled(store: Store, now: datetime, partner: str | None = None, *, limit: int = 20) -> list[Waiting]:
    """Flagged replies of the last two weeks that somebody has dealt with, the latest first."""
    since = int((now - CALL_BACK_WITHIN).timestamp())
    query = _replies(partner).where(
        reply.c.handled_at.is_not(None), reply.c.received_at >= since, reply.c.contact_id.is_not(None)
    )
    with store.read() as connection:
        found = connection.execute(query.order_by(reply.c.handled_at.desc()).limit(limit))
        return [_waiting(row, row.handled_at, row.handled_by) for row in found]


def handle(store: Store, sid: str, now: datetime, *, who: str, note: str = "") -> bool:
    """Write down that somebody has dealt with a flagged reply. False when it does not wait for anybody."""
    with store.write() as connection:
        done = connection.execute(
            update(reply)
            .where(reply.c.sid == sid, reply.c.handled_at.is_(None))
            .values(handled_at=int(now.timestamp()), handled_by=who)
        )
        if not done.rowcount:
            return False
        note_down(connection, SUBJECT, sid, "handled", who=who, now=now, note=note)
    return True


def put_back(store: Store, sid: str, now: datetime, *, who: str) -> bool:
    """Put a reply that was dealt with back into the queue. False when it is there already."""
    with store.write() as connection:
        done = connection.execute(
            update(reply)
            .where(reply.c.sid == sid, reply.c.handled_at.is_not(None))
            .values(handled_at=None, handled_by="")
        )
        if not done.rowcount:
            return False
        note_down(connection, SUBJECT, sid, "put_back", who=who, now=now)
    return True


def _replies(partner: str | None) -> Select[Any]:
    given: ColumnElement[bool] = (answer.c.contact_id == reply.c.contact_id) & (answer.c.question == "score")
    contact = (record.c.kind == "contact") & (record.c.record_id == reply.c.contact_id)
    # Outer joins, and a condition that they could meet empty-handed: else a planner without statistics
    # may begin with all contacts there are.
    query = (
        select(reply, record.c.payload, answer.c.value)
        .select_from(reply)
        .outerjoin(record, contact)
        .outerjoin(answer, given)
    )
    of_partner = func.coalesce(record.c.payload["partner"].as_string(), "")
    return query if partner is None else query.where(of_partner == partner)


def _waiting(row: Any, done_at: int | None = None, done_by: str = "") -> Waiting:
    return Waiting(
        sid=row.sid,
        contact_id=row.contact_id,
        body=row.body,
        phone=row.phone,
        question=row.question,
        received_at=datetime.fromtimestamp(row.received_at, UTC),
        flags=tuple(row.flags),
        score=row.value,
        **_place(row.payload or {}),
        done_at=datetime.fromtimestamp(done_at, UTC) if done_at else None,
        done_by=done_by,
    )


def _place(facts: dict[str, Any], names: Sequence[str] = _PLACE) -> dict[str, str]:
    return {name: facts.get(name) or "" for name in names}
