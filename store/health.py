"""How the operational store is doing: who sends, what waits, and which faults a person must see."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from store.engine import Store
from store.schema import alarm, decision, feed, lease, message, reply

_SENDER = "sender"  # the kind of lease by which senders know of each other


@dataclass(frozen=True)
class Fault:
    """An alarm; times in epoch seconds, ``cleared_at`` None while it stands."""

    name: str
    message: str
    raised_at: int
    cleared_at: int | None


@dataclass(frozen=True)
class Health:
    """One look at the store."""

    senders: int
    faults: tuple[Fault, ...]  # those that stand, oldest first
    last_fault: Fault | None  # the latest that was cleared
    feed_waiting: int  # events that have not reached the lake
    feed_oldest_us: int | None  # when the oldest of them was accepted
    replies_unread: int
    surveys_waiting: int  # contacts that may still be asked
    messages: dict[str, int]  # SMS out by state


def health(store: Store, now: int) -> Health:
    """How the store is doing at a moment (epoch seconds). Counts only: no number, no text of a customer."""
    here = lease.c.name.startswith(f"{_SENDER}:", autoescape=True)
    undrained = ~feed.c.drained
    with store.read() as connection:
        rows = connection.execute(select(alarm).order_by(alarm.c.raised_at, alarm.c.name)).all()
        faults = [Fault(*row) for row in rows]
        cleared = [fault for fault in faults if fault.cleared_at is not None]
        waiting = connection.execute(
            select(func.count(), func.min(feed.c.accepted_us)).where(undrained)
        ).one()
        states = select(message.c.state, func.count()).group_by(message.c.state).order_by(message.c.state)
        return Health(
            senders=connection.scalar(select(func.count()).where(here, lease.c.expires_at >= now)) or 0,
            faults=tuple(fault for fault in faults if fault.cleared_at is None),
            last_fault=max(cleared, key=lambda fault: fault.cleared_at or 0, default=None),
            feed_waiting=waiting[0],
            feed_oldest_us=waiting[1],
            replies_unread=connection.scalar(
                select(func.count()).select_from(reply).where(reply.c.read_at.is_(None))
            )
            or 0,
            surveys_waiting=connection.scalar(
                select(func.count()).select_from(decision).where(decision.c.state == "waiting")
            )
            or 0,
            messages={str(state): int(n) for state, n in connection.execute(states)},
        )
