"""Reading again with today's parser what was read before, and settling by hand what no parser can read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store import Store
from store.schema import answer, reply
from surveys import outcomes
from surveys.reading import VERSION, read
from surveys.replies import ANSWER

BATCH = 1_000


@dataclass(frozen=True)
class Change:
    """One reply that is read differently now. The text is not repeated here."""

    sid: str
    contact_id: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Unclear:
    """One reply that waits for a person. ``question`` is what it was an answer to."""

    sid: str
    contact_id: str | None
    body: str
    question: str
    received_at: int
    flags: tuple[str, ...]


def reread(store: Store, now: datetime, *, apply: bool) -> list[Change]:
    """Read every stored answer to the score question again; with ``apply``, let the new readings count.

    Replies that a person has settled stay as settled. Stops and starts are never undone.
    """
    changes: list[Change] = []
    after = ""
    while True:
        with store.write() as connection:
            rows = connection.execute(_read_before(after).limit(BATCH)).all()
            for row in rows:
                change = _reread_one(connection, row, apply=apply)
                if change:
                    changes.append(change)
            if apply:
                changed = [c.contact_id for c in changes if c.contact_id and c.sid in {r.sid for r in rows}]
                outcomes.append_changed(connection, changed, now)
        if len(rows) < BATCH:
            return changes
        after = rows[-1].sid


def _read_before(after: str) -> Any:
    return (
        select(reply)
        .where(
            reply.c.sid > after,
            reply.c.read_at.is_not(None),
            reply.c.settled_at.is_(None),
            reply.c.phone.is_not(None),
            reply.c.question.in_(("score", "")),
            reply.c.kind.in_(("score", "unclear")),
        )
        .order_by(reply.c.sid)
    )


def _reread_one(connection: Connection, row: Any, *, apply: bool) -> Change | None:
    reading = read(row.body)
    same = (row.kind, row.score) == (reading.kind, reading.score)
    if apply and not (same and row.parser == VERSION):
        connection.execute(
            update(reply)
            .where(reply.c.sid == row.sid)
            .values(kind=reading.kind, score=reading.score, flags=list(reading.flags), parser=reading.parser)
        )
    if same or reading.kind not in ("score", "unclear"):
        return None
    if apply and row.contact_id:
        _set_score(connection, row, reading.score, "sms")
    return Change(row.sid, row.contact_id, _words(row.kind, row.score), _words(reading.kind, reading.score))


def _set_score(connection: Connection, row: Any, score: int | None, source: str) -> None:
    mine = (answer.c.contact_id == row.contact_id) & (answer.c.question == "score")
    given = connection.execute(select(answer).where(mine)).first()
    if given is not None and given.answered_at > row.received_at:
        return  # a later answer counts
    if score is None:
        connection.execute(answer.delete().where(mine))
        return
    connection.execute(
        ANSWER,
        {
            "contact_id": row.contact_id,
            "question": "score",
            "value": score,
            "text": row.body if outcomes.has_words(row.body) else "",
            "answered_at": row.received_at,
            "source": source,
            "late": row.late,
        },
    )


def unclear(store: Store, limit: int = 100) -> list[Unclear]:
    """Replies that nobody could read and nobody has settled, the oldest first."""
    query = (
        select(reply)
        .where(reply.c.kind == "unclear", reply.c.settled_at.is_(None), reply.c.contact_id.is_not(None))
        .order_by(reply.c.received_at)
        .limit(limit)
    )
    with store.read() as connection:
        return [
            Unclear(r.sid, r.contact_id, r.body, r.question, r.received_at, tuple(r.flags))
            for r in connection.execute(query)
        ]


def settle(store: Store, sid: str, score: int | None, now: datetime) -> bool:
    """A person says what an unclear reply means: a score, or (None) that it is none. False when not found."""
    if score is not None and not 1 <= score <= 10:
        raise ValueError(f"a score is a number from 1 to 10, not {score}")
    with store.write() as connection:
        row = connection.execute(
            select(reply).where(reply.c.sid == sid, reply.c.kind == "unclear", reply.c.settled_at.is_(None))
        ).first()
        if row is None:
            return False
        values: dict[str, Any] = {"settled_at": int(now.timestamp())}
        if score is not None:
            values |= {"kind": "score", "score": score}
        connection.execute(update(reply).where(reply.c.sid == sid).values(**values))
        if score is not None and row.contact_id:
            _set_score(connection, row, score, "hand")
            outcomes.append_changed(connection, [row.contact_id], now)
    return True


def _words(kind: str, score: int | None) -> str:
    return str(score) if score is not None else kind
