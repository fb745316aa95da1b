"""Watching. Alarms found in the published figures and kept in the store, where people act on them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from metrics.analysis.series import Watched, watched
from metrics.inference.base.results import from_json, to_json
from metrics.inference.over_time.alarms import TOGETHER, Alarm
from metrics.query.pool import open_reader
from metrics.query.reader import Reader
from metrics.query.scope import Scope
from settings import Settings
from store import Store, open_store
from store.lease import held
from store.metric_alarms import StoredAlarm, keep, stored
from store.schema import record

# An alarm that was over longer ago is history when it is first seen.
LOOK_BACK = timedelta(days=35)
DEMO = "demo"  # kind of the record that says when a demonstration's history was loaded


def watch(settings: Settings, store: Store, now: datetime) -> Watched:
    """Look at every series as published, and bring the store's alarms up to date.

    An alarm that is found again keeps what people did about it, also where late data moved its days a
    little. One that later data no longer bear out is over. While days are still to be made anew nothing is
    changed: a day that is half there would be an alarm. Reads three cuts of the cubes; of several who watch
    at
    once one writes.
    """
    today = now.astimezone(settings.zone).date()
    reader = open_reader(settings, Scope.everything())
    found = look(reader, settings, today)
    alarms = found.alarms(since=today - LOOK_BACK)
    waits = reader.pending(end=today - timedelta(days=1)) or reader.pending(subject="queue")
    with held(store, "watch") as ours:
        changed = changes(stored(store), alarms, today, now) if ours and not waits else []
        if changed:
            keep(store, changed)
    return found


def look(reader: Reader, settings: Settings, today: date) -> Watched:
    """Every series as it is watched. A demonstration's live traffic is a hundred times as dense as its
    history, so that every day of it would be an alarm: there the history alone is watched."""
    return watched(reader, today, until=_end_of_history(settings, today) if settings.demo else None)


def _end_of_history(settings: Settings, today: date) -> date:
    """The last whole day of a demonstration's history: the one before it was loaded."""
    with closing(open_store(settings.database_url)) as store, store.read() as connection:
        at = connection.scalar(select(record.c.received_at).where(record.c.kind == DEMO))
    loaded = today if at is None else datetime.fromtimestamp(at, settings.zone).date()
    return loaded - timedelta(days=1)


def changes(
    known: Sequence[StoredAlarm], alarms: Sequence[Alarm], today: date, now: datetime
) -> list[StoredAlarm]:
    """The rows that are new or other than those kept."""
    left = {alarm.key: alarm for alarm in known}
    rows = []
    for alarm in alarms:
        before = left.pop(alarm.key, None) or _the_same(alarm, left)
        left.pop(before.key if before else "", None)
        row = StoredAlarm(
            before.key if before else alarm.key,
            alarm.series,
            alarm.direction,
            to_json(alarm),
            before.found_at if before else int(now.timestamp()),
            alarm.closed.isoformat() if alarm.closed else "",
        )
        if before is None or (row.finding, row.over_on) != (before.finding, before.over_on):
            rows.append(row)
    rows += [
        replace(row, over_on=today.isoformat())
        for row in left.values()
        if not row.over_on and _within(row, today)
    ]
    return rows


def finding(row: StoredAlarm) -> Alarm:
    """The alarm of a stored row, under the key by which people know it."""
    return replace(from_json(Alarm, row.finding), key=row.key)


def _the_same(alarm: Alarm, left: dict[str, StoredAlarm]) -> StoredAlarm | None:
    """The alarm kept of the same series, direction and days: late data may move its first day."""
    for row in left.values():
        if (row.series, row.direction) == (alarm.series, alarm.direction):
            before = finding(row)
            end = date.fromisoformat(row.over_on) if row.over_on else date.max
            if before.since <= (alarm.closed or date.max) and alarm.since <= end:
                return row
            if abs((before.day - alarm.day).days) <= TOGETHER:
                return row
    return None


def _within(row: StoredAlarm, today: date) -> bool:
    return finding(row).day >= today - LOOK_BACK
