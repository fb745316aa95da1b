"""What the survey of a contact has come to, told to the feed.

A snapshot holds the whole state, so the latest one tells all; it is appended in the transaction that made
the change. It carries no phone number and no text, save the comment, which has a log of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from data.records.identity import without_numbers
from store import feed
from store.schema import answer, decision, record, reply, survey

CHUNK = 500
# What a snapshot says before anything has come back.
_NOTHING_YET: dict[str, Any] = {
    "asked_at": None,
    "sent": None,
    "delivered": None,
    "score": None,
    "score_at": None,
    "score_source": "",
    "late": None,
    "solved": None,
    "guided": None,
    "tried_self_service": None,
    "self_help_score": None,
}


def micros(now: datetime) -> int:
    """Epoch microseconds, by the host's clock."""
    return int(now.timestamp() * 1_000_000)


def fresh(
    contact_id: str, day: str, *, state: str, reason: str, eligible: bool | None, asked_at: int | None
) -> dict[str, Any]:
    """The snapshot of a contact that has just been decided."""
    return {
        **_NOTHING_YET,
        "contact_id": contact_id,
        "day": day or None,
        "state": state,
        "reason": reason,
        "eligible": eligible,
        "asked_at": asked_at,
    }


def append_fresh(connection: Connection, snapshots: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Append snapshots made by :func:`fresh`."""
    feed.append(connection, "outcome", ((row["contact_id"], row) for row in snapshots), micros(now))


def lock(connection: Connection, contact_ids: Iterable[str]) -> None:
    """Lock contacts for the length of the transaction: their decisions, surveys, messages and answers.

    Always in the order of their ids, so that two transactions never wait for each other in a ring.
    """
    if connection.dialect.name == "sqlite":
        return  # one writer at a time
    for ids in _chunks(sorted(set(contact_ids))):
        query = select(decision.c.contact_id).where(decision.c.contact_id.in_(ids))
        connection.execute(query.order_by(decision.c.contact_id).with_for_update()).all()


def append_changed(connection: Connection, contact_ids: Iterable[str], now: datetime) -> None:
    """Append the present snapshot of each contact, as the tables now stand.

    Read under the lock of the contacts, so that each snapshot holds what every snapshot before it held.
    """
    changed = sorted(set(contact_ids))
    lock(connection, changed)
    for ids in _chunks(changed):
        rows = [(row["contact_id"], row) for row in _snapshots(connection, ids)]
        feed.append(connection, "outcome", rows, micros(now))


def append_comments(connection: Connection, contact_ids: Iterable[str], now: datetime) -> None:
    """Append what the customers of these contacts have written, all their words together."""
    worded = sorted(set(contact_ids))
    lock(connection, worded)
    for ids in _chunks(worded):
        query = (
            select(reply.c.contact_id, reply.c.body, survey.c.day)
            .join(survey, survey.c.contact_id == reply.c.contact_id)
            .where(reply.c.contact_id.in_(ids), reply.c.kind.in_(("score", "unclear", "text", "answer")))
            .order_by(reply.c.received_at, reply.c.sid)
        )
        texts: dict[str, list[str]] = {}
        days: dict[str, str] = {}
        for contact_id, body, day in connection.execute(query):
            days[contact_id] = day
            if has_words(body):
                texts.setdefault(contact_id, []).append(without_numbers(body))
        written = (
            select(answer.c.contact_id, answer.c.text, survey.c.day)
            .join(survey, survey.c.contact_id == answer.c.contact_id)
            .where(answer.c.contact_id.in_(ids), answer.c.source == "web", answer.c.text != "")
        )
        for contact_id, body, day in connection.execute(written):
            days[contact_id] = day
            texts.setdefault(contact_id, []).append(without_numbers(body))
        rows = [
            (
                contact_id,
                {"contact_id": contact_id, "day": days[contact_id] or None, "text": "\n".join(lines)},
            )
            for contact_id, lines in texts.items()
        ]
        feed.append(connection, "comment", rows, micros(now))


def has_words(text: str) -> bool:
    """Whether a reply says more than a number."""
    return len(text) >= 3 and sum(map(str.isalpha, text)) >= 3


def _snapshots(connection: Connection, contact_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    query = (
        select(
            decision.c.contact_id,
            decision.c.state,
            decision.c.reason,
            decision.c.eligible,
            survey.c.opened_at,
            survey.c.day,
            survey.c.sent,
            survey.c.delivered,
            survey.c.tried,
            record.c.payload,
        )
        .outerjoin(survey, survey.c.contact_id == decision.c.contact_id)
        # The day is on the survey; the contact's record is read only where there is none.
        .outerjoin(
            record,
            (record.c.kind == "contact")
            & (record.c.record_id == decision.c.contact_id)
            & survey.c.contact_id.is_(None),
        )
        .where(decision.c.contact_id.in_(contact_ids))
    )
    answers = _answers(connection, contact_ids)
    for row in connection.execute(query):
        day = row.day if row.day is not None else (row.payload or {}).get("day", "")
        given = answers.get(row.contact_id, {})
        score = given.get("score")
        yield {
            **fresh(
                row.contact_id,
                day,
                state=row.state,
                reason=row.reason,
                eligible=row.eligible,
                asked_at=row.opened_at,
            ),
            "sent": row.sent,
            "delivered": row.delivered,
            "score": score.value if score else None,
            "score_at": score.answered_at if score else None,
            "score_source": score.source if score else "",
            "late": score.late if score else None,
            "solved": _yes(given.get("solved")),
            "guided": _yes(given.get("guided")),
            "tried_self_service": _yes(given.get("tried_self_service")),
            "self_help_score": given["self_help"].value if "self_help" in given else None,
        }


def _answers(connection: Connection, contact_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(select(answer).where(answer.c.contact_id.in_(contact_ids))):
        found.setdefault(row.contact_id, {})[row.question] = row
    return found


def _yes(given: Any) -> bool | None:
    return None if given is None or given.value is None else given.value == 1


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
