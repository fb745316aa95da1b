"""The facts brought up to date and published, round by round. One builder at a time; readers never wait.

A round takes in what is new, marks what that makes dirty, makes dirty partitions anew (today's first, then
the newest) and publishes them. A first build, ``--since``, a new definition and a full refresh are the same:
more partitions are dirty. Between two rounds whatever has happened meanwhile is taken in, so that a long
build
never holds up the day. A failed check leaves the old version in place.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from console import Progress, nobody
from lake.duck import connect, sweep_spills
from lake.log import SCHEMAS, Log
from lake.manifest import (
    Batch,
    DamagedError,
    Key,
    Lake,
    OvertakenError,
    Partition,
    Version,
    files_of,
    new_name,
    write_rows,
)
from metrics.build import (
    audit,
    checks,
    compaction,
    coverage,
    drain,
    invalidation,
    partitions,
    reconciliation,
)
from metrics.build.events import TOMBSTONE, Events
from metrics.build.placement import SEARCH_S, place
from metrics.catalog.models import CUBES_OF, REFERENCE_KINDS, definition, sql
from settings import Settings
from store import Store, feed
from store.lease import waited
from store.totals import totals

log = logging.getLogger("svar.build")
Connection = duckdb.DuckDBPyConnection

# So many rows are made at once: a few seconds of work, and well below the memory bound.
PASS_ROWS = 400_000
# Seconds another builder may take before we go on with what it has published.
PATIENCE_S = 5.0
LEASE_S = 20
MEMORY_MB = 1500
# Slices are made side by side on so many cores at most, and only of more than a few rows.
MOST_WORKERS, FEW_ROWS = 4, 50_000
# The local hour from which on links and products are worked out for older days.
NIGHT_HOUR = 2
RIPE_DAYS = 7  # until first contact resolution is known
SWEEP_S = 60
# When the files of a lake were last looked through by this process, epoch seconds.
_swept: dict[Path, float] = {}


def current_version(settings: Settings) -> str:
    """The name of the published version, "" where there is none. One small read."""
    return Lake(settings.lake_path).version().name


def refresh(settings: Settings, store: Store, now: datetime, progress: Progress = nobody) -> str:
    """Bring the published facts up to date; returns their version.

    What links and products change on older days is left to the night. While somebody else builds, waits a
    moment for the turn and otherwise returns what is published.
    """
    if _nothing_to_do(settings, store, now, searching=True):
        return current_version(settings)
    # Overtaken by a builder whose lease had run out: what it has published will do.
    with _turn(store, PATIENCE_S) as ours, suppress(OvertakenError):
        if ours:
            _Builder(settings, store, now, progress).run()
    return current_version(settings)


def refresh_step(settings: Settings, store: Store, now: datetime) -> bool:
    """One round of the same, for a process that goes on: whether more is dirty.

    All of the log is searched once a minute, and what waits for the night is done then.
    """
    if _nothing_to_do(settings, store, now, searching=False):
        return False
    with _turn(store, 0.0) as ours, suppress(OvertakenError):
        if ours:
            return _Builder(settings, store, now, nobody).round(searching=False)
    return False


def build(
    settings: Settings,
    store: Store,
    now: datetime,
    since: date | None = None,
    progress: Progress = nobody,
) -> str:
    """Make everything that is dirty anew, and look whether all files are there; returns the version.

    With ``since`` all partitions from that day on are dirty. ``progress`` is told of what takes long.
    """
    with _turn(store, 600) as ours:
        if ours:
            builder = _Builder(settings, store, now, progress)
            builder.heal()
            builder.run(refining=True, since=since)
    # What the feed still has is drained once more; the publisher appends what it no longer has.
    reconcile(settings, store, now, lambda _: feed.feed_again(store))
    return current_version(settings)


def reconcile(
    settings: Settings, store: Store, now: datetime, resend: Callable[[Collection[str]], object]
) -> list[reconciliation.Difference]:
    """Compare the figures with the store, and make days that differ anew; returns what still differs.

    ``resend`` puts what the store knows of some local days (ISO text) on its way to the log again. Days of
    which something is on its way already, or that are dirty, are left for the next comparison.
    """
    differences = _differences(settings, store)
    if not differences:
        return []
    days = {each.day for each in differences}
    log.warning("The figures of %s differ from the store and are made anew.", ", ".join(sorted(days)[:5]))
    resend(days)
    with _turn(store, PATIENCE_S) as ours:
        if ours:
            with suppress(
                OvertakenError
            ):  # whoever overtook us has the events that were just put on their way
                reconciliation.mark_dirty(Lake(settings.lake_path), days, int(now.timestamp()))
    refresh(settings, store, now)
    left = _differences(settings, store)
    for each in left[:5]:
        log.error("The figures still differ from the store: %s", each)
    return left


def _differences(settings: Settings, store: Store) -> list[reconciliation.Difference]:
    counted = totals(store)
    # Read after the totals: what they count and the log lacks is among these.
    changing = feed.undrained_days(store)
    lake = Lake(settings.lake_path)
    return reconciliation.differences(lake, lake.version(), counted, changing)


def build_on_spark(settings: Settings, store: Store, now: datetime, master: str) -> str:
    """Make everything anew on Spark at a master's URL, and publish it; returns the version."""
    from metrics.build import spark

    with _turn(store, 600) as ours:
        if ours:
            builder = _Builder(settings, store, now, nobody, partial(spark.make, master))
            builder.heal()
            builder.run(refining=True, since=date.min)
    return current_version(settings)


def _nothing_to_do(settings: Settings, store: Store, now: datetime, *, searching: bool) -> bool:
    """Reads only: whoever asks four times a second must not write four times a second."""
    lake, log_ = Lake(settings.lake_path), Log(settings.lake_path)
    version = lake.version()
    if not version.name or version.dirty or version.definition != definition():
        return False
    if version.unverified and (searching or now.timestamp() - version.verified_at >= SEARCH_S):
        return False
    if version.ripened != ripened(settings, now) or _night_work(settings, version, now):
        return False
    return _batches(log_) <= set(version.batches) and not feed.undrained(store, limit=1)


def _batches(log_: Log) -> set[str]:
    return {drain.batch_name(file) for kind in (*SCHEMAS, TOMBSTONE) for file in log_.files(kind)}


def ripened(settings: Settings, now: datetime) -> str:
    """The last local day whose first contact resolution is known: seven whole days have passed since."""
    return (now.astimezone(settings.zone).date() - timedelta(days=RIPE_DAYS)).isoformat()


def _night_work(settings: Settings, version: Version, now: datetime) -> bool:
    local = now.astimezone(settings.zone)
    due = local.hour >= NIGHT_HOUR and version.refined_on < local.date().isoformat()
    return bool(version.deferred) and due


def _turn(store: Store, patience: float) -> AbstractContextManager[bool]:
    """The lease of builders; False when it did not come in ``patience`` seconds."""
    return waited(store, "build", LEASE_S, patience)


class _Builder:
    """Rounds of one holder of the lease."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        now: datetime,
        progress: Progress,
        engine: Callable[[Events, Lake, str, Collection[Key]], partitions.Made] | None = None,
    ) -> None:
        """``engine`` makes partitions elsewhere, all at once; None: here, some at a time."""
        self.lake, self.log = Lake(settings.lake_path), Log(settings.lake_path)
        self.settings, self.store, self.now, self.progress = settings, store, now, progress
        self.engine = engine
        self.today = now.astimezone(settings.zone).date()

    def run(self, *, refining: bool = False, since: date | None = None) -> None:
        """Rounds until nothing is dirty; ``refining`` also does what waits for the night."""
        self.progress("reading the log", 0.0)
        more = self.round(searching=True, refining=refining, since=since)
        most = left = len(self.lake.version().dirty)
        while more:
            self.progress("facts and cubes", 1 - left / most)
            more = self.round(searching=True)
            left = len(self.lake.version().dirty)
            most = max(most, left)
        sweep_spills()

    def round(self, *, searching: bool, refining: bool = False, since: date | None = None) -> bool:
        """Take in what is new, make the most urgent dirty partitions, publish; whether more is dirty."""
        refining = refining or _night_work(self.settings, self.lake.version(), self.now)
        with drain.drained(self.store, self.log):
            try:
                version = self._attempt(searching=searching, refining=refining, since=since)
            except (DamagedError, OSError, duckdb.IOException):
                if not self.heal():
                    raise
                version = self._attempt(searching=searching, refining=refining, since=since)
        if not version.dirty or time.time() - _swept.get(self.lake.path, 0.0) > SWEEP_S:
            _swept[self.lake.path] = time.time()
            self.lake.sweep(time.time())
        return bool(version.dirty)

    def _attempt(self, *, searching: bool, refining: bool, since: date | None) -> Version:
        with closing(connect(memory=f"{MEMORY_MB}MB")) as connection:
            # Facts are written by partition, and cubes in an order that they state.
            connection.execute("set preserve_insertion_order = false")
            return _Round(self, connection, searching=searching, refining=refining).run(since)

    def heal(self) -> bool:
        """Name files that are gone or cut off, and mark what they held dirty; whether there were any."""
        version = self.lake.version()
        damaged = self.lake.damaged(version, CUBES_OF)
        if not damaged:
            return False
        for name in damaged:
            log.error("%s is gone or unreadable; what it held is made anew.", self.lake.path / name)
        lost = {name.removeprefix("log/") for name in damaged if name.startswith("log/")}
        if lost:
            feed.feed_again(self.store)
        months = {month for month, file in version.shards.items() if file in damaged}
        spans = [version.batches[name] for name in lost if name in version.batches]
        dirty = {
            key
            for key, each in self.lake.readable_partitions(version).items()
            if files_of(each, CUBES_OF) & damaged or any(span.first <= key.day <= span.last for span in spans)
        }
        kept = {name: batch for name, batch in version.batches.items() if name not in lost}
        if months:
            dirty |= {key for key in self._logged(replace(version, batches=kept)) if key.day[:7] in months}
        shards = {month: file for month, file in version.shards.items() if month not in months}
        tables = {table: file for table, file in version.tables.items() if file not in damaged}
        following = replace(
            version,
            name=new_name(),
            batches=kept,
            shards=shards,
            tables=tables,
            dirty=tuple(sorted({*version.dirty, *dirty})),
            dirty_since=version.dirty_since or int(self.now.timestamp()),
        )
        self.lake.publish(following, after=version)
        return True

    def _logged(self, version: Version) -> set[Key]:
        """Every partition that the log has rows of."""
        with closing(connect(memory=f"{MEMORY_MB}MB")) as connection:
            events = Events(connection, self.log.folder, _in_force(version))
            return audit.logged(events)


class _Round:
    """One round: from the log as it is to the version that follows."""

    def __init__(self, builder: _Builder, connection: Connection, *, searching: bool, refining: bool) -> None:
        self.builder, self.connection = builder, connection
        self.lake, self.now = builder.lake, builder.now
        self.searching, self.refining = searching, refining
        self.before, self.name = self.lake.version(), new_name()
        self.events = Events(connection, builder.log.folder, _in_force(self.before))
        if file := self.before.tables.get("quarantine"):
            self.events.load_quarantine(self.lake.path / file)

    def run(self, since: date | None) -> Version:
        placed = place(
            self.events,
            self.lake,
            self.builder.log,
            self.before,
            now=self.now.timestamp(),
            thorough=self.searching,
        )
        known = self.lake.partitions(self.before)
        growth = self._track(since)
        dirty = set(self.before.dirty)
        dirty |= invalidation.mark(
            self.events, placed, growth, self.builder.today, known, thorough=self.refining
        )
        if since is not None:
            dirty |= {key for key in audit.logged(self.events) | known.keys() if key.day >= since.isoformat()}
        elif self.before.name and self.before.definition != definition():
            dirty |= known.keys()
        tables = self._write_tables(placed.kinds)
        chosen = self._chosen(placed.version, dirty, known)
        made = partitions.Made({}, checks.run(self.connection, ["quarantine"]))
        if chosen:
            made = self._make(placed.version, chosen, known)
        following = self._following(placed.version, dirty - set(chosen), made, tables, known)
        if self._is_same(following):
            return self.before
        self.lake.publish(following, after=self.before)
        return following

    def _track(self, since: date | None) -> coverage.Growth:
        """Table ``tracked_day``; with ``since`` made of all sessions in the log."""
        file = self.before.tables.get("tracked_day")
        stored = self.lake.path / file if file and since is None else None
        if stored is None:
            self.events.open("every_session", "session", names=self.events.names("session"))
        return coverage.extend(
            self.connection, stored, "new_session" if stored is not None else "every_session"
        )

    def _write_tables(self, kinds: Collection[str]) -> dict[str, str]:
        """The small tables with what is new in them."""
        tables = dict(self.before.tables)
        for kind in REFERENCE_KINDS:
            if kind in kinds or kind not in tables:
                self.events.open(f"{kind}_event", kind)
                rows = self.connection.sql(sql("tables", kind)).to_arrow_table()
                tables[kind] = self._write(kind, rows)
        for table in ("tracked_day", "quarantine"):
            rows = self.connection.table(table).order("all").to_arrow_table()
            file = tables.get(table, "")
            if not file or not rows.equals(pq.read_table(self.lake.path / file)):
                tables[table] = self._write(table, rows)
        return {table: file for table, file in tables.items() if file}

    def _write(self, table: str, rows: pa.Table) -> str:
        return write_rows(self.lake, rows, f"tables/{self.name}-{table}.parquet")

    def _chosen(self, version: Version, dirty: Collection[Key], known: Mapping[Key, Partition]) -> list[Key]:
        """The dirty partitions to make now: as many of the newest as have some hundred thousand rows."""
        if self.builder.engine is not None:
            return sorted(dirty)
        counts = Counter(key.table for key in {*known, *dirty})
        rows = {"contact": "contact", "session": "session", "queue": "calls_offered"}
        average = {
            table: _rows(self.builder.log, version, rows[table]) / max(count, 1)
            for table, count in counts.items()
        }
        chosen: list[Key] = []
        total = 0.0
        for key in sorted(dirty, key=lambda key: key.day, reverse=True):
            total += known[key].rows if key in known and key.table == "contact" else average[key.table]
            if chosen and total > PASS_ROWS:
                break
            chosen.append(key)
        return chosen

    def _make(
        self, version: Version, chosen: Sequence[Key], known: Mapping[Key, Partition]
    ) -> partitions.Made:
        """Make partitions: few of them here, many in slices on all cores."""
        if self.builder.engine is not None:
            return self.builder.engine(self.events, self.lake, self.name, chosen)
        workers = min(os.cpu_count() or 1, MOST_WORKERS)
        sizes = [known[key].rows if key in known else FEW_ROWS for key in chosen]
        if workers == 1 or len(chosen) < workers or sum(sizes) <= FEW_ROWS:
            return partitions.make(self.events, self.lake, self.name, chosen)
        quarantine = self.connection.table("quarantine").to_arrow_table()
        tracked = self.connection.table("tracked_day").to_arrow_table()

        def make(number: int, keys: Sequence[Key]) -> partitions.Made:
            with closing(connect(memory=f"{MEMORY_MB // workers}MB")) as connection:
                connection.execute("set preserve_insertion_order = false; set threads = 1")
                events = Events(connection, self.builder.log.folder, _in_force(version))
                events.take_quarantine(quarantine)
                connection.from_arrow(tracked).create("tracked_day")
                return partitions.make(events, self.lake, f"{self.name}-{number}", keys)

        # Days on end together: their neighbours are read once.
        size = -(-len(chosen) // workers)
        groups = [chosen[begin : begin + size] for begin in range(0, len(chosen), size)]
        with ThreadPoolExecutor(workers) as pool:
            made = list(pool.map(make, range(len(groups)), groups))
        return partitions.together(made)

    def _following(
        self,
        version: Version,
        dirty: Collection[Key],
        made: partitions.Made,
        tables: dict[str, str],
        known: Mapping[Key, Partition],
    ) -> Version:
        """The version after the round."""
        now = int(self.now.timestamp())
        changes = dict(made.partitions)
        current = {key: each for key, each in {**known, **changes}.items() if each is not None}
        slice_ = f"{self.name}-joined"
        changes |= compaction.compact_slices(self.lake, current, slice_, self.builder.today)
        version = compaction.compact_log(self.builder.log, version, self.now.timestamp())
        new = set(version.batches) - set(self.before.batches)
        everything = len(made.partitions) >= len(current)
        return replace(
            version,
            name=self.name,
            as_of=now,
            definition=definition(),
            dirty=tuple(sorted(dirty)),
            dirty_since=(self.before.dirty_since or now) if dirty else 0,
            deferred=invalidation.deferred_after(version.deferred, new, refined=self.refining),
            refined_on=self.builder.today.isoformat() if self.refining else self.before.refined_on,
            ripened=ripened(self.builder.settings, self.now),
            shards=self.lake.with_partitions(self.before, changes),
            tables=tables,
            checks=checks.after(self.before.checks, made.checks, everything=everything),
        )

    def _is_same(self, following: Version) -> bool:
        """Whether nothing that a reader or the next round needs has changed."""
        same = replace(following, name=self.before.name, as_of=self.before.as_of)
        return same == replace(self.before, verified_at=following.verified_at)


def _in_force(version: Version) -> dict[str, Batch]:
    """The batches that are read: without those that others replace, and those that wait for contacts."""
    left = {*version.retired, *version.waiting.values()}
    return {name: batch for name, batch in version.batches.items() if name not in left}


def _rows(log_: Log, version: Version, kind: str) -> int:
    """How many rows the log has of a kind."""
    names = [name for name in _in_force(version) if name.startswith(f"{kind}/")]
    return sum(_row_count(log_.folder / name) for name in names)


@lru_cache(maxsize=4096)
def _row_count(file: Path) -> int:
    """How many rows a batch has; it never changes."""
    return int(pq.read_metadata(file).num_rows)
