"""The caps of a day, exact whatever the number of workers: who decides under a cap decides alone.

On SQLite writers take turns anyway; on PostgreSQL one row is locked for the length of the transaction, so
that each worker counts what those before it have committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from settings import Settings
from store.schema import message
from surveys.asking.quiet_hours import day_began

_ALONE = text(
    """
    insert into lease (name, holder, expires_at) values ('caps', '', 0)
    on conflict (name) do update set holder = excluded.holder
    """
)


@dataclass
class Today:
    """Messages and NOK out since local midnight; grows while a batch is decided."""

    messages: int = 0
    cost: float = 0.0


def today(connection: Connection, settings: Settings, now: datetime) -> Today:
    """What has gone out today. With a cap set, nobody else decides until this transaction has ended."""
    if not (settings.daily_cap or settings.daily_cost_cap or settings.monthly_cap):
        return Today()
    connection.execute(_ALONE)
    since = int(day_began(now, settings.zone).timestamp())
    query = select(func.count(), func.coalesce(func.sum(message.c.segments), 0)).where(
        message.c.created_at >= since, message.c.state.not_in(("ready", "not_sent"))
    )
    count, segments = connection.execute(query).one()
    return Today(count, segments * settings.segment_cost)


def is_spent(settings: Settings, out: Today, segments: int) -> bool:
    """Whether one more message of so many segments would pass a cap of the day."""
    cost = out.cost + segments * settings.segment_cost
    return bool(
        (settings.daily_cap and out.messages >= settings.daily_cap)
        or (settings.daily_cost_cap and cost > settings.daily_cost_cap)
    )
