"""Alarms of the figures as they were found, and what people did about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.absent import NotThereError
from store.deeds import note_down
from store.engine import Store
from store.schema import metric_alarm

SUBJECT = "alarm"


@dataclass(frozen=True)
class StoredAlarm:
    """One alarm. ``finding`` holds its figures; ``over_on`` is the ISO day on which the figures were
    ordinary again, "" while they are not; times are epoch seconds."""

    key: str
    series: str
    direction: str
    finding: Mapping[str, Any]
    found_at: int
    over_on: str = ""
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    closed_at: int | None = None
    closed_by: str = ""
    note: str = ""

    @property
    def open(self) -> bool:
        """No person has closed it yet, whether or not the figures are ordinary again."""
        return self.closed_at is None


def stored(store: Store) -> list[StoredAlarm]:
    """Every alarm, the latest found first."""
    query = select(metric_alarm).order_by(metric_alarm.c.found_at.desc(), metric_alarm.c.key)
    with store.read() as connection:
        return [StoredAlarm(**row) for row in connection.execute(query).mappings()]


def keep(store: Store, alarms: Iterable[StoredAlarm]) -> None:
    """Write alarms down as they now are, in one transaction; what people did about them stays."""
    with store.write() as connection:
        for alarm in alarms:
            found = {"finding": dict(alarm.finding), "over_on": alarm.over_on}
            changed = connection.execute(
                update(metric_alarm).where(metric_alarm.c.key == alarm.key).values(**found)
            )
            if not changed.rowcount:
                own = {"key": alarm.key, "series": alarm.series, "direction": alarm.direction}
                connection.execute(insert(metric_alarm).values(**own, **found, found_at=alarm.found_at))


def acknowledge(store: Store, key: str, *, who: str, now: datetime) -> None:
    """Somebody looks into it. The first one counts; NotThereError for an alarm that does not exist."""
    values = {"acknowledged_at": int(now.timestamp()), "acknowledged_by": who.strip()}
    with store.write() as connection:
        if _change(connection, key, metric_alarm.c.acknowledged_at.is_(None), values):
            note_down(connection, SUBJECT, key, "acknowledged", who=who, now=now)


def close(store: Store, key: str, *, who: str, note: str, now: datetime) -> None:
    """Somebody has found out what it was. Closing twice changes nothing; NotThereError as above."""
    values = {"closed_at": int(now.timestamp()), "closed_by": who.strip(), "note": note.strip()}
    with store.write() as connection:
        if _change(connection, key, metric_alarm.c.closed_at.is_(None), values):
            note_down(connection, SUBJECT, key, "closed", who=who, now=now, note=note)


def reopen(store: Store, key: str, *, who: str, now: datetime) -> None:
    """It was closed too early. Opening an open one changes nothing; NotThereError as above."""
    values = {"closed_at": None, "closed_by": "", "note": ""}
    with store.write() as connection:
        if _change(connection, key, metric_alarm.c.closed_at.is_not(None), values):
            note_down(connection, SUBJECT, key, "reopened", who=who, now=now)


def _change(connection: Connection, key: str, condition: Any, values: dict[str, Any]) -> bool:
    """Whether the alarm was in that condition and has been changed."""
    own = metric_alarm.c.key == key
    if connection.scalar(select(metric_alarm.c.key).where(own)) is None:
        raise NotThereError(f"there is no alarm {key!r}")
    return connection.execute(update(metric_alarm).where(own, condition).values(**values)).rowcount > 0
