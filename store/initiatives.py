"""Initiatives: measures that are meant to spare customers a contact, as people registered them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from store.absent import NotThereError
from store.deeds import note_down
from store.engine import Store
from store.schema import initiative

SUBJECT = "initiative"


@dataclass(frozen=True)
class Initiative:
    """One measure: the topics it touches, from the day it was launched (a day to come: a proposal).

    ``cost_minor`` in øre and ``assumed_effect`` (.12: 12 % fewer contacts) are None where nobody has said.
    """

    initiative_id: str
    name: str
    topics: tuple[str, ...]
    owner: str
    launched: date
    ended: date | None = None
    cost_minor: int | None = None
    assumed_effect: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.owner.strip():
            raise ValueError("an initiative needs a name and an owner")
        if not self.topics or not all(topic.strip() for topic in self.topics):
            raise ValueError("say which topics it touches")
        if self.ended is not None and self.ended <= self.launched:
            raise ValueError(f"it cannot end on {self.ended}: it was launched on {self.launched}")
        if self.cost_minor is not None and self.cost_minor < 0:
            raise ValueError("a cost is not negative")
        if self.assumed_effect is not None and not 0 < self.assumed_effect < 1:
            raise ValueError("the assumed effect is a share between 0 and 1")


def initiatives(store: Store) -> list[Initiative]:
    """Every initiative, the latest launched first."""
    query = select(initiative).order_by(initiative.c.launched.desc(), initiative.c.initiative_id)
    with store.read() as connection:
        return [_read(dict(row)) for row in connection.execute(query).mappings()]


def register(store: Store, measure: Initiative, *, who: str, now: datetime) -> None:
    """Register an initiative, or change the one of its id; the change is written down."""
    row = asdict(measure) | {
        "topics": list(measure.topics),
        "launched": measure.launched.isoformat(),
        "ended": measure.ended.isoformat() if measure.ended else "",
    }
    own = initiative.c.initiative_id == measure.initiative_id
    with store.write() as connection:
        there = connection.scalar(select(initiative.c.name).where(own)) is not None
        if there:
            connection.execute(update(initiative).where(own).values(**row))
        else:
            connection.execute(insert(initiative).values(**row, created_at=int(now.timestamp())))
        what = "changed" if there else "registered"
        note_down(connection, SUBJECT, measure.initiative_id, what, who=who, now=now, note=measure.name)


def remove(store: Store, initiative_id: str, *, who: str, now: datetime) -> None:
    """Take an initiative off the list. NotThereError where there is none of that id."""
    own = initiative.c.initiative_id == initiative_id
    with store.write() as connection:
        name = connection.scalar(select(initiative.c.name).where(own))
        if name is None:
            raise NotThereError(f"there is no initiative {initiative_id!r}")
        connection.execute(delete(initiative).where(own))
        note_down(connection, SUBJECT, initiative_id, "removed", who=who, now=now, note=name)


def new_id(name: str, taken: Sequence[str]) -> str:
    """An id that can be typed, made of a name: ``ny-forklaring-av-fakturaen``."""
    plain = name.casefold().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    first = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "initiative"
    found, number = first, 1
    while found in taken:
        number += 1
        found = f"{first}-{number}"
    return found


def _read(row: dict[str, Any]) -> Initiative:
    row.pop("created_at")
    row["launched"] = date.fromisoformat(row["launched"])
    row["ended"] = date.fromisoformat(row["ended"]) if row["ended"] else None
    return Initiative(**row | {"topics": tuple(row["topics"])})
