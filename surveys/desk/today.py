"""What the live page shows of today, in the viewer's scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select

from data.records.identity import without_numbers
from settings import Settings
from store import Store
from store.schema import answer, decision, record, reply, survey
from surveys.asking.quiet_hours import day_began

_WHERE = ("partner", "team", "agent", "channel", "topic")


@dataclass(frozen=True)
class Board:
    """Counts since local midnight. asked + waiting + all of ``skipped`` = contacts."""

    contacts: int
    waiting: int
    asked: int
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason → n
    sent: int = 0
    delivered: int = 0
    replies: int = 0
    scored: int = 0
    mean: float | None = None  # of today's scores, 1–10; None when there is none
    unclear: int = 0


@dataclass(frozen=True)
class RecentAnswer:
    """One score with its contact. ``comment`` is what the customer wrote, numbers taken out."""

    contact_id: str
    score: int
    comment: str
    answered_at: datetime
    partner: str
    team: str
    agent: str
    channel: str
    topic: str


def _of(contact_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return (record.c.kind == "contact") & (record.c.record_id == contact_id)


def _partner_of(contact_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    # Not a join: SQLite would begin it with the records of all time instead of with today's contacts.
    return select(record.c.payload["partner"].as_string()).where(_of(contact_id)).scalar_subquery()


def today(store: Store, settings: Settings, now: datetime, partner: str | None) -> Board:
    """Today's board; of one partner, or of all where ``partner`` is None."""
    since = int(day_began(now, settings.zone).timestamp())
    decided = (
        select(
            decision.c.state,
            decision.c.reason,
            func.count(),
            func.sum(case((survey.c.sent.is_(True), 1), else_=0)),
            func.sum(case((survey.c.delivered.is_(True), 1), else_=0)),
        )
        .outerjoin(survey, survey.c.contact_id == decision.c.contact_id)
        .where(decision.c.created_at >= since)
        .group_by(decision.c.state, decision.c.reason)
    )
    replied = select(func.count(), func.sum(case((reply.c.kind == "unclear", 1), else_=0))).where(
        reply.c.received_at >= since
    )
    scored = select(func.count(), func.sum(answer.c.value)).where(
        answer.c.question == "score", answer.c.answered_at >= since
    )
    if partner is not None:
        decided = decided.where(_partner_of(decision.c.contact_id) == partner)
        replied = replied.where(_partner_of(reply.c.contact_id) == partner)
        scored = scored.where(_partner_of(answer.c.contact_id) == partner)
    with store.read() as connection:
        rows = connection.execute(decided).all()
        replies, unclear = connection.execute(replied).one()
        count, total = connection.execute(scored).one()
    by_state: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for state, reason, n, _, _ in rows:
        by_state[state] = by_state.get(state, 0) + n
        if state == "skipped":
            skipped[reason] = n
    return Board(
        contacts=sum(by_state.values()),
        waiting=by_state.get("waiting", 0),
        asked=by_state.get("asked", 0),
        skipped=dict(sorted(skipped.items(), key=lambda item: -item[1])),
        sent=sum(row[3] or 0 for row in rows),
        delivered=sum(row[4] or 0 for row in rows),
        replies=replies,
        scored=count,
        mean=total / count if count else None,
        unclear=unclear or 0,
    )


def recent_answers(store: Store, now: datetime, partner: str | None, limit: int) -> list[RecentAnswer]:
    """The latest scores up to ``now``, newest first."""
    latest = (
        select(answer.c.contact_id, answer.c.value, answer.c.text, answer.c.answered_at)
        .where(answer.c.question == "score", answer.c.answered_at <= int(now.timestamp()))
        .order_by(answer.c.answered_at.desc(), answer.c.contact_id)
        .limit(limit)
    )
    if partner is not None:
        latest = latest.where(_partner_of(answer.c.contact_id) == partner)
    few = latest.subquery()
    query = (
        select(few, record.c.payload)
        .join(record, _of(few.c.contact_id))
        .order_by(few.c.answered_at.desc(), few.c.contact_id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        RecentAnswer(
            row.contact_id,
            row.value,
            without_numbers(row.text),
            datetime.fromtimestamp(row.answered_at, UTC),
            **{
                name: row.payload.get(name) or "" for name in ("partner", "team", "agent", "channel", "topic")
            },
        )
        for row in rows
    ]
