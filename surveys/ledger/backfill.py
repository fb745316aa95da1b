"""Append again what the store knows of the contacts of some days, where the lake has lost it.

In: local days. Out: feed rows of the contacts, their surveys and their comments as they stand now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Text, literal_column, or_, select

from data.records.events import Contact
from store import Store, feed
from store.schema import decision, record, survey
from surveys.ledger import snapshots

CHUNK = 500  # contacts in one transaction
_DAY = literal_column("(record.payload ->> 'day')", Text)


def backfill(store: Store, days: Collection[str], now: datetime) -> int:
    """Append the contacts of some local days (ISO text) to the feed again; returns how many there are.

    Each is read and appended under its lock, so that a later change has the higher version.
    """
    ids = _contacts(store, days)
    for begin in range(0, len(ids), CHUNK):
        chosen = ids[begin : begin + CHUNK]
        with store.write() as connection:
            snapshots.lock(connection, chosen)
            query = (
                select(record.c.record_id, record.c.payload)
                .where(record.c.kind == Contact.KIND, record.c.record_id.in_(chosen))
                .order_by(record.c.record_id)
                .with_for_update()
            )
            rows = [(contact_id, payload) for contact_id, payload in connection.execute(query)]
            feed.append(connection, Contact.KIND, rows, snapshots.micros(now))
            snapshots.append_changed(connection, chosen, now)
            snapshots.append_comments(connection, chosen, now)
    return len(ids)


def _contacts(store: Store, days: Collection[str]) -> list[str]:
    with store.read() as connection:
        query = (
            select(decision.c.contact_id)
            .outerjoin(survey, survey.c.contact_id == decision.c.contact_id)
            .outerjoin(
                record, (record.c.kind == Contact.KIND) & (record.c.record_id == decision.c.contact_id)
            )
            .where(or_(survey.c.day.in_(sorted(days)), _DAY.in_(sorted(days))))
            .order_by(decision.c.contact_id)
        )
        return list(connection.scalars(query))
