"""Claiming follow-ups and clarifications: what answers a reply of the customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from settings import Settings
from store import Store
from store.schema import UNSETTLED, WAITING, decision, message, opt_out, slot, survey
from surveys.asking import caps
from surveys.asking.caps import Today, is_spent
from surveys.asking.quiet_hours import is_quiet, quiet_ends
from surveys.asking.rules import Rules, goes_out
from surveys.carriers.base import Outgoing

# A later contact of the number is about to be asked about.
_IS_DUE = exists().where(WAITING, decision.c.phone == message.c.phone, decision.c.due_at <= bindparam("at"))
_IS_FREE = exists().where(slot.c.phone == message.c.phone, slot.c.last_sent_at <= bindparam("free_since"))


def claim_ready(settings: Settings, store: Store, worker: str, now: datetime, limit: int) -> list[Outgoing]:
    """Claim up to ``limit`` follow-ups that are ready; none in quiet hours, none after a stop."""
    at = int(now.timestamp())
    ready = UNSETTLED & (message.c.state == "ready") & (message.c.look_at <= at)
    with store.read() as connection:
        if (
            limit <= 0
            or connection.execute(select(message.c.message_id).where(ready).limit(1)).first() is None
        ):
            return []
    with store.write() as connection:
        if settings.quiet and is_quiet(now, settings.quiet, settings.zone):
            due = int(quiet_ends(now, settings.quiet, settings.zone).timestamp())
            connection.execute(update(message).where(ready).values(look_at=due))
            return []
        out = caps.today(connection, settings, now)
        query = (
            select(
                message,
                opt_out.c.phone.label("stopped"),
                survey.c.closes_at,
                survey.c.question.label("open"),
                (_IS_DUE & _IS_FREE).label("is_asked_anew"),
            )
            .outerjoin(opt_out, opt_out.c.phone == message.c.phone)
            .outerjoin(survey, survey.c.contact_id == message.c.contact_id)
            .where(ready)
            .order_by(message.c.look_at)
            .limit(limit)
            .with_for_update(of=message, skip_locked=True)
        )
        rows = connection.execute(query, {"at": at, "free_since": at - settings.survey_interval_s}).all()
        return _claim(connection, settings, rows, out, worker, at)


def _claim(  # noqa: PLR0917 (what one claim needs)
    connection: Connection, settings: Settings, rows: Any, out: Today, worker: str, at: int
) -> list[Outgoing]:
    claimed, rules = [], Rules.of(settings)
    for row in rows:
        why_not = "opted_out" if row.stopped else "closed" if (row.closes_at or 0) <= at else ""
        # Who has answered on the rating page in the meantime is asked nothing more.
        # So is who is about to be asked about a later contact: one number would answer two questions.
        why_not = why_not or ("overtaken" if row.open != row.question or row.is_asked_anew else "")
        why_not = why_not or ("" if goes_out(row.phone, rules) else "sending_off")
        why_not = why_not or ("capped" if is_spent(settings, out, row.segments) else "")
        values = (
            {"state": "not_sent", "error": why_not, "settled_at": at}
            if why_not or not row.phone
            else {"state": "claimed", "worker": worker, "created_at": at, "error": ""}
        )
        connection.execute(update(message).where(message.c.message_id == row.message_id).values(**values))
        if values["state"] == "claimed":
            out.messages, out.cost = out.messages + 1, out.cost + row.segments * settings.segment_cost
            outgoing = Outgoing(row.message_id, row.contact_id, row.phone, row.body, at)
            claimed.append(replace(outgoing, opening=False))
    return claimed
