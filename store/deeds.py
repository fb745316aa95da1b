"""What people did about alarms and initiatives: written with the change itself, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from store.engine import Store
from store.schema import deed


@dataclass(frozen=True)
class Deed:
    """One thing that ``who`` did at ``at`` (epoch seconds)."""

    at: int
    who: str
    what: str
    subject: str
    key: str
    note: str


def note_down(
    connection: Connection, subject: str, key: str, what: str, *, who: str, now: datetime, note: str = ""
) -> None:
    """Write a deed down in the transaction of the change. ValueError when nobody did it."""
    if not who.strip():
        raise ValueError("say who does it")
    row = {"at": int(now.timestamp()), "who": who.strip(), "what": what, "note": note.strip()}
    connection.execute(insert(deed).values(subject=subject, key=key, **row))


def deeds(store: Store, subject: str, keys: Sequence[str] | None = None) -> list[Deed]:
    """What was done about some subjects (None: all of the kind), the oldest first."""
    query = select(deed.c.at, deed.c.who, deed.c.what, deed.c.subject, deed.c.key, deed.c.note).where(
        deed.c.subject == subject
    )
    if keys is not None:
        query = query.where(deed.c.key.in_(keys))
    with store.read() as connection:
        return [Deed(*row) for row in connection.execute(query.order_by(deed.c.seq))]
