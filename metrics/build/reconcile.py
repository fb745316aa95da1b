"""The store compared with the log, and the log with the facts: counts by state and sums of scores by day.

Every ``build`` compares all days; a publisher compares the last fifteen once a minute. A snapshot of a survey
that the store has handed over and the log does not have is fed again, so that the next round takes it in. A
day whose facts differ from the log is made anew.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import date

import duckdb

from lake.duck import connect
from lake.log import Log
from lake.manifest import Key, Lake, Version
from metrics.build.drain import batch_name
from metrics.build.events import Events
from store import Store, feed, totals

log = logging.getLogger("svar.build")
Sums = Mapping[tuple[str, str], tuple[int, ...]]  # by day and state

MEMORY = "1GB"
FED_AT_ONCE = 10_000

# The latest snapshot of each contact. Several days: its contact has moved, and a copy lies on each day.
_LATEST = """
    create or replace table latest_snapshot as
    select
        contact_id, max(version) as version, count(distinct contact_day) > 1 as moved,
        arg_max(strftime(day, '%Y-%m-%d'), (version, accepted_us, seq)) as day,
        arg_max(contact_day, (version, accepted_us, seq)) as contact_day,
        arg_max(state, (version, accepted_us, seq)) as state,
        arg_max(coalesce(sent, false), (version, accepted_us, seq)) as sent,
        arg_max(coalesce(delivered, false), (version, accepted_us, seq)) as delivered,
        arg_max(coalesce(score, 0), (version, accepted_us, seq)) as score,
        arg_max(coalesce(late, false), (version, accepted_us, seq)) as late
    from snapshot
    group by contact_id
"""
_LOGGED = """
    select
        coalesce(day, ''), state, count(*), count(*) filter (sent), count(*) filter (delivered),
        count(*) filter (score > 0), sum(score)
    from latest_snapshot
    where coalesce(day, '') >= $since and state <> 'waiting'
    group by all
"""
_PLACED = """
    select strftime(contact_day, '%Y-%m-%d'), state, count(*),
        count(*) filter (score > 0 and not late), coalesce(sum(score) filter (not late), 0)
    from latest_snapshot
    where contact_day is not null and not moved and state <> 'waiting'
    group by all
"""
_FACTS = """
    select strftime(day, '%Y-%m-%d'), survey_state, count(*),
        count(score) filter (score_source in ('sms', 'web', 'hand')),
        coalesce(sum(score) filter (score_source in ('sms', 'web', 'hand')), 0)
    from fact
    where survey_state in ('asked', 'skipped')
        and contact_id not in (select contact_id from latest_snapshot where moved)
    group by all
"""


def feed_missing(store: Store, lake: Lake, since: date = date.min) -> int:
    """Feed again the snapshots of surveys, of days from ``since`` on, that the log lacks; returns how many.

    Contacts that wait are left out: the store hands them over when they are first decided.
    """
    first = since.isoformat() if since > date.min else ""
    stored = {(one.day, one.state): tuple(one[2:]) for one in totals.totals(store, first)}
    stored = {key: sums for key, sums in stored.items() if key[1] != "waiting"}
    days = {day for day, _ in _different(stored, _logged(lake, first))}
    if not days:
        return 0
    # Asked before the log is read: what is handed over meanwhile is in the log by then.
    handed_over = feed.latest_drained(store, "outcome", days)
    known = _versions(lake)
    missing = sorted(version for key, version in handed_over.items() if known.get(key, 0) < version)
    for begin in range(0, len(missing), FED_AT_ONCE):
        feed.feed_again(store, missing[begin : begin + FED_AT_ONCE])
    if missing:
        log.warning("%d snapshots of surveys were missing in the log and are fed again.", len(missing))
    return len(missing)


def stale(lake: Lake, version: Version) -> set[Key]:
    """The clean partitions of contacts on days whose facts differ from the log."""
    dirty = set(version.dirty)
    days_left = {key.day for key in dirty}
    partitions = [each for key, each in lake.partitions(version).items() if key.table == "contact"]
    files = [str(lake.path / file) for each in partitions for file in each.files]
    if not files:
        return set()
    with closing(connect(memory=MEMORY)) as connection:
        left = {*version.retired, *version.waiting.values()}
        batches = {name: batch for name, batch in version.batches.items() if name not in left}
        events = Events(connection, lake.path / "log", batches)
        if file := version.tables.get("quarantine"):
            events.load_quarantine(lake.path / file)
        events.open("snapshot", "outcome")
        connection.execute(_LATEST)
        connection.read_parquet(files, hive_partitioning=False).create_view("fact")
        placed, facts = _sums(connection, _PLACED), _sums(connection, _FACTS)
    days = {day for day, _ in _different(placed, facts)} - days_left
    if days:
        log.warning("The figures of %s differ from the log and are made anew.", ", ".join(sorted(days)[:5]))
    return {each.key for each in partitions if each.key.day in days}


def _different(one: Sums, other: Sums) -> Collection[tuple[str, str]]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def _logged(lake: Lake, since: str) -> Sums:
    with closing(connect(memory=MEMORY)) as connection:
        _open_latest(connection, lake)
        return _sums(connection, _LOGGED, since=since)


def _versions(lake: Lake) -> dict[str, int]:
    """The version of the latest snapshot of each contact in the log."""
    with closing(connect(memory=MEMORY)) as connection:
        _open_latest(connection, lake)
        return dict(connection.execute("select contact_id, version from latest_snapshot").fetchall())


def _open_latest(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Table ``latest_snapshot`` of every batch there is: placed, waiting, and not yet taken in."""
    version = lake.version()
    there = {batch_name(file) for file in Log(lake.path).files("outcome")}
    events = Events(connection, lake.path / "log", version.batches)
    events.open("snapshot", "outcome", names=sorted(there - version.retired.keys()), impossible=True)
    connection.execute(_LATEST)


def _sums(
    connection: duckdb.DuckDBPyConnection, query: str, **values: str
) -> dict[tuple[str, str], tuple[int, ...]]:
    rows = connection.execute(query, values).fetchall()
    return {(day, state): tuple(int(number or 0) for number in sums) for day, state, *sums in rows}
