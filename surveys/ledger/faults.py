"""Faults that a person must see. An alarm stands until it is cleared; raising it again renews its message."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from store import Store
from store.schema import alarm

_RAISE = text(
    """
    insert into alarm (name, message, raised_at, cleared_at) values (:name, :message, :at, null)
    on conflict (name) do update set message = excluded.message, cleared_at = null,
        raised_at = case when alarm.cleared_at is null then alarm.raised_at else excluded.raised_at end
    """
)
# Alarms of faults that stop all sending; they end by themselves when a message gets through.
STOPPING = ("carrier_credentials", "carrier_rejects", "carrier_unwell")
log = logging.getLogger(__name__)


def raise_in(connection: Connection, name: str, message: str, now: datetime) -> None:
    """Raise an alarm inside the caller's transaction."""
    log.error("alarm %s: %s", name, message)
    connection.execute(_RAISE, {"name": name, "message": message, "at": int(now.timestamp())})


def raise_alarm(store: Store, name: str, message: str, now: datetime) -> None:
    """Raise an alarm in a transaction of its own."""
    with store.write() as connection:
        raise_in(connection, name, message, now)


def clear(store: Store, name: str, now: datetime) -> None:
    """Say that the fault is gone."""
    if standing(store, name):
        with store.write() as connection:
            connection.execute(
                update(alarm).where(alarm.c.name == name).values(cleared_at=int(now.timestamp()))
            )


def standing(store: Store, name: str) -> bool:
    """Whether an alarm of that name stands."""
    query = select(alarm.c.name).where(alarm.c.name == name, alarm.c.cleared_at.is_(None))
    with store.read() as connection:
        return connection.execute(query).first() is not None


def all_standing(store: Store) -> list[Any]:
    """The alarms that stand, oldest first: rows of name, message, raised_at (epoch seconds)."""
    query = (
        select(alarm.c.name, alarm.c.message, alarm.c.raised_at)
        .where(alarm.c.cleared_at.is_(None))
        .order_by(alarm.c.raised_at, alarm.c.name)
    )
    with store.read() as connection:
        return list(connection.execute(query).all())
