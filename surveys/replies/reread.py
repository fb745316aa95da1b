"""Reading again with today's parser what was read before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store import Store
from store.schema import answer, reply
from surveys.ledger import snapshots
from surveys.ledger.opt_outs import opt_out_in
from surveys.parser.flags import CORRECTION, urgency_of
from surveys.parser.read import VERSION, read
from surveys.replies.changes import ANSWER

BATCH = 1_000


@dataclass(frozen=True)
class Change:
    """One reply that is read differently now. The text is not repeated here."""

    sid: str
    contact_id: str | None
    before: str
    after: str


def reread(store: Store, now: datetime, *, apply: bool) -> list[Change]:
    """Read every stored answer to the score question again; with ``apply``, let the new readings count.

    Replies that a person has settled stay as settled. A stop that was overlooked counts, unless the number
    has said start since; stops and starts that were read are never undone.
    """
    changes: list[Change] = []
    after = ""
    while True:
        with store.write() as connection:
            rows = connection.execute(_read_before(after).limit(BATCH)).all()
            for row in rows:
                change = _reread_one(connection, row, now, apply=apply)
                if change:
                    changes.append(change)
            if apply:
                changed = [c.contact_id for c in changes if c.contact_id and c.sid in {r.sid for r in rows}]
                snapshots.append_changed(connection, changed, now)
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
            reply.c.body != "",  # of an old or forgotten reply only the reading is left
            reply.c.question.in_(("score", "")),
            reply.c.kind.in_(("score", "unclear")),
        )
        .order_by(reply.c.sid)
    )


def _reread_one(connection: Connection, row: Any, now: datetime, *, apply: bool) -> Change | None:
    reading = read(row.body)
    same = (row.kind, row.score) == (reading.kind, reading.score)
    if reading.kind == "opt_in" or (reading.kind == "opt_out" and _has_started_since(connection, row)):
        return None
    if apply and not (same and row.parser == VERSION):
        connection.execute(
            update(reply)
            .where(reply.c.sid == row.sid)
            .values(
                kind=reading.kind,
                score=reading.score,
                flags=list(dict.fromkeys((*reading.flags, *(f for f in row.flags if f == CORRECTION)))),
                urgency=urgency_of(reading.flags),
                parser=reading.parser,
            )
        )
    if same:
        return None
    if apply and reading.kind == "opt_out" and row.phone:
        opt_out_in(connection, row.phone, "reply", now)
    if apply and row.contact_id:
        _set_score(connection, row, reading.score)
    return Change(row.sid, row.contact_id, _words(row.kind, row.score), _words(reading.kind, reading.score))


def _has_started_since(connection: Connection, row: Any) -> bool:
    query = select(reply.c.sid).where(
        reply.c.phone == row.phone, reply.c.kind == "opt_in", reply.c.received_at >= row.received_at
    )
    return connection.execute(query.limit(1)).first() is not None


def _set_score(connection: Connection, row: Any, score: int | None) -> None:
    if score is None:
        take_back(connection, row, "score")
    else:
        set_answer(connection, row, "score", score, "sms")


def take_back(connection: Connection, row: Any, question: str) -> None:
    """Let a stored reply no longer count; of two scores the one it had replaced counts again."""
    if not _is_latest(connection, row, question):
        return
    mine = (answer.c.contact_id == row.contact_id) & (answer.c.question == question)
    connection.execute(answer.delete().where(mine))
    before = _score_before(connection, row) if question == "score" else None
    if before is not None:
        set_answer(connection, before, "score", before.score, "hand" if before.settled_at else "sms")


def set_answer(connection: Connection, row: Any, question: str, value: int, source: str) -> None:
    """Let a stored reply count as this answer to a question of its contact, unless a later answer does."""
    if _is_latest(connection, row, question):
        connection.execute(
            ANSWER,
            {
                "contact_id": row.contact_id,
                "question": question,
                "value": value,
                "text": row.body if snapshots.has_words(row.body) else "",
                "answered_at": row.received_at,
                "source": source,
                "late": row.late,
            },
        )


def _is_latest(connection: Connection, row: Any, question: str) -> bool:
    given = select(answer.c.answered_at).where(
        answer.c.contact_id == row.contact_id, answer.c.question == question
    )
    return (connection.scalar(given) or 0) <= int(row.received_at)


def _score_before(connection: Connection, row: Any) -> Any:
    """The reply whose score this one had replaced, or None."""
    earlier = (
        select(reply)
        .where(
            reply.c.contact_id == row.contact_id,
            reply.c.sid != row.sid,
            reply.c.kind == "score",
            reply.c.question.in_(("score", "")),
            reply.c.received_at <= row.received_at,
        )
        .order_by(reply.c.received_at.desc(), reply.c.sid.desc())
    )
    return connection.execute(earlier.limit(1)).first()


def _words(kind: str, score: int | None) -> str:
    return str(score) if score is not None else kind
