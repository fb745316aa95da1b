"""Where each new event of the log belongs: surveys and sales to the day of their contact, records that
have moved away from the day they have left.

Every record lies on one day. A survey's snapshot and a sale lie on the day of their contact, whatever their
own day is: their batch is written again with the column ``contact_day``, and the batch as it came retires.
What has no contact yet waits, and is tried again whenever contacts come. A record whose later version lies
on another day leaves a tombstone on the former one; its survey and sales move along.

Former versions are looked for among the days around the new ones in every round. All of the log is
searched when a round is thorough, and otherwise once a minute: one scan of the column of ids.
"""

# ruff: noqa: S608 — only names of the log's own kinds and columns go into the text.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb

from lake.log import KEYS, SCHEMAS, Log, publish
from lake.manifest import Batch, Lake, Version
from metrics.build import drain
from metrics.build.events import (
    DAY_OF,
    MOVING,
    ORDERING,
    PLACED,
    REASSIGNABLE,
    TOMBSTONE,
    Days,
    Events,
    columns_of,
    runs,
)
from metrics.catalog import models

Connection = duckdb.DuckDBPyConnection

# Seconds between two searches of all of the log, unless a round is thorough.
SEARCH_S = 60
# Days before the newest one in which most events find their contact.
RECENT_DAYS = 15
# Kinds whose new events are relations of their own.
NEW_RELATIONS = tuple(dict.fromkeys((*MOVING, *PLACED, "link", "product", "calls_offered")))
# From so many new records of a kind on, everything near them is dirty, and nobody's history is looked up.
BULK = 50_000

# What is kept of each version of a record, beside its key, its day and its order.
_VERSIONS = {
    "contact": "partner, customer_key, topic, case_id, ended_at, handling_s, wait_s",
    "session": "customer_key, started_at",
    "case": "opened_at",
} | dict.fromkeys(REASSIGNABLE, "contact_id")

# Contacts whose versions lie on several days: which, and on which the latest lies.
_MOVED = f"""
    create table moved_contact as
    select contact_id, list(distinct day) as days, arg_max(day, {ORDERING}) as day
    from touched_contact
    group by contact_id
    having min(day) <> max(day)
"""


@dataclass(frozen=True)
class Placed:
    """What a round has taken in. ``kinds`` are those with new events, ``bulk`` those with very many."""

    version: Version
    kinds: frozenset[str]
    bulk: frozenset[str]


def place(events: Events, lake: Lake, log: Log, version: Version, *, now: float, thorough: bool) -> Placed:
    """Take new batches in: relations ``new_<kind>`` of their events, ``touched_<kind>`` of every version of
    their records that was found, and ``contact_place`` of the contacts that they name.

    What is written to the log is seen by no reader until the version that comes back is published.
    """
    return _Placement(events, lake, log, version, now=now, thorough=thorough).run()


class _Placement:
    def __init__(
        self, events: Events, lake: Lake, log: Log, version: Version, *, now: float, thorough: bool
    ) -> None:
        self.events, self.lake, self.log, self.version = events, lake, log, version
        self.connection, self.now = events.connection, now
        self.new: dict[str, list[str]] = {}
        for kind in (*SCHEMAS, TOMBSTONE):
            names = [drain.batch_name(file) for file in log.files(kind)]
            if fresh := [name for name in names if name not in version.batches]:
                self.new[kind] = fresh
        overdue = bool(version.unverified) and now - version.verified_at >= SEARCH_S
        self.everywhere = thorough or overdue
        self.batches: dict[str, Batch] = dict(version.batches)
        self.retired = dict(version.retired)
        self.waiting_now = dict(version.waiting)
        self.bulk: set[str] = set()

    def run(self) -> Placed:
        self._register()
        self._judge()
        for kind in ("contact", "session", "case"):
            self._find_versions(kind)
        self.connection.execute(_MOVED)
        waiting = self._place_beside_contacts()
        self._write_tombstones()
        version = replace(
            self.version,
            batches=self.batches,
            retired=self.retired,
            waiting=waiting,
            unverified=self._left_to_verify(waiting),
            verified_at=int(self.now) if self.everywhere else self.version.verified_at,
        )
        reached = {kind for kind in MOVING if self._any(f"touched_{kind}")}
        reached |= {kind for kind in PLACED if self._any(f"placed_{kind}")}
        return Placed(version, frozenset({*self.new, *reached}), frozenset(self.bulk))

    def _any(self, table: str) -> bool:
        return bool(self.connection.execute(f"select 1 from {table} limit 1").fetchall())

    # --- new batches ---

    def _register(self) -> None:
        """Views ``new_<kind>``, and the new batches with their days in what is read as the log."""
        for kind in NEW_RELATIONS:
            self.events.open(f"new_{kind}", kind, names=self.new.get(kind, []))
        for kind, names in self.new.items():
            for name in names:
                self.batches[name] = Batch()
                if kind == TOMBSTONE or (kind in DAY_OF and kind not in PLACED):
                    self.batches[name] = self._days_of(kind, name)
        # Surveys and sales as they came are read no more once they have been laid beside their contacts.
        self._refresh_events()

    def _days_of(self, kind: str, name: str) -> Batch:
        column = DAY_OF.get(kind, "day")
        rows = self.connection.read_parquet(str(self.events.folder / name), hive_partitioning=False)
        first, last = rows.aggregate(f"min({column}), max({column})").fetchall()[0]
        return Batch(first.isoformat(), last.isoformat()) if first else Batch()

    def _refresh_events(self) -> None:
        raw = {name for kind in PLACED for name in self.new.get(kind, [])} | set(self.waiting_now.values())
        self.events.batches = {
            name: batch
            for name, batch in self.batches.items()
            if name not in self.retired and name not in raw
        }

    def _judge(self) -> None:
        for kind, names in self.new.items():
            if kind in SCHEMAS and _is_judged(kind):
                self.events.judge(kind, names)
                if self.events.quarantined(kind) and kind in NEW_RELATIONS:
                    self.events.open(f"new_{kind}", kind, names=names)

    # --- versions of a record ---

    def _find_versions(self, kind: str) -> None:
        """Table ``touched_<kind>``: versions of new records, new and former, with where they lie.

        Of very many new records, and of those only searched for again, it has the ones that lie on several
        days.
        """
        key, column, run = KEYS[kind], DAY_OF[kind], self.connection.execute
        if kind not in self.new and not (self.everywhere and self._searched(kind)):
            run(f"create table touched_{kind} as select {_versions(kind)} from none_{kind}")
            return
        self.events.open("searched", kind, names=self._searched(kind) if self.everywhere else [])
        days = None if self.everywhere else self._near(f"new_{kind}", column, RECENT_DAYS)
        self.events.open("log_versions", kind, days=days)
        ((count,),) = run(f"select count(*) from new_{kind}").fetchall()
        moved = f"select {key} from log_versions group by {key} having min({column}) <> max({column})"
        if count > BULK:
            self.bulk.add(kind)
            chosen = f"{key} in ({moved})"
        else:
            moved = moved.replace("group by", f"where {key} in (select {key} from searched) group by")
            chosen = f"{key} in (select {key} from new_{kind}) or {key} in ({moved})"
        run(f"create table touched_{kind} as select {_versions(kind)} from log_versions where {chosen}")

    def _searched(self, kind: str) -> list[str]:
        """Batches of a kind whose records are still to be looked for in all of the log."""
        return [name for name in self.version.unverified if name.startswith(f"{kind}/")]

    def _near(self, relation: str, column: str, days: int) -> Days:
        found = self.connection.execute(f"select distinct {column} from {relation}").fetchall()
        return runs([day for (day,) in found if day is not None], days, days)

    def _left_to_verify(self, waiting: Mapping[str, str]) -> tuple[str, ...]:
        """Batches whose records may have former versions, or contacts, on days that were not looked at."""
        if self.everywhere:
            return ()
        there = set(self.batches) - set(self.retired)
        fresh = {name for kind in MOVING for name in self.new.get(kind, [])} | set(self.batches) - set(
            self.version.batches
        )
        moving = {name for name in fresh if name.partition("/")[0] in MOVING}
        unsearched = {name for name in waiting.values() if name not in self.version.batches}
        return tuple(sorted((set(self.version.unverified) | moving | unsearched) & there))

    # --- surveys and sales ---

    def _place_beside_contacts(self) -> dict[str, str]:
        """Lay new and waiting surveys and sales beside their contacts; returns the batches that still
        wait."""
        for kind in PLACED:
            self._open_unplaced(kind)
        for kind in REASSIGNABLE:
            self._find_former(kind)
        self._locate()
        return {kind: name for kind in PLACED if (name := self._place_kind(kind))}

    def _open_unplaced(self, kind: str) -> None:
        """Table ``unplaced_<kind>``: new rows, and those that wait."""
        waits = self.version.waiting.get(kind)
        names = [*self.new.get(kind, []), *([waits] if waits else [])]
        self.events.open(f"unplaced_{kind}_batch", kind, names=names)
        self.connection.execute(f"create table unplaced_{kind} as from unplaced_{kind}_batch")

    def _find_former(self, kind: str) -> None:
        """Table ``former_<kind>``: versions of new records that lie beside a contact already."""
        key = KEYS[kind]
        days: Days | None = None if self.everywhere else runs([*self._own_days(), *self._recent()], 1, 1)
        if not (self._any(f"unplaced_{kind}") or (self.everywhere and self._searched(kind))):
            days = []
        self.events.open(f"log_{kind}", kind, days=days)
        self.events.open("searched", kind, names=self._searched(kind) if self.everywhere else [])
        self.connection.execute(
            f"""
            create table former_{kind} as select {_versions(kind)} from log_{kind}
            where {key} in (select {key} from unplaced_{kind} union select {key} from searched)
            """
        )

    def _own_days(self) -> list[date]:
        """The own days of unplaced rows: most of their contacts lie on the same."""
        query = " union ".join(f"select distinct day from unplaced_{kind}" for kind in PLACED)
        return [day for (day,) in self.connection.execute(query).fetchall() if day is not None]

    def _recent(self) -> list[date]:
        today = datetime.fromtimestamp(self.now, UTC).date()
        return [today - timedelta(days=number) for number in range(-1, RECENT_DAYS)]

    def _locate(self) -> None:
        """Table ``contact_place``: partner and day of each contact that a new survey or sale names."""
        run = self.connection.execute
        naming = [f"unplaced_{kind}" for kind in PLACED] + [f"former_{kind}" for kind in REASSIGNABLE]
        run(f"create table named as {' union '.join(f'select contact_id from {table}' for table in naming)}")
        days: Days | None = None
        if not run("from named limit 1").fetchall():
            days = []
        elif not self.everywhere:
            added = [day for (day,) in run("select distinct day from new_contact").fetchall()]
            days = runs([*self._own_days(), *self._recent(), *added])
        self.events.open("log_places", "contact", days=days)
        run(
            f"""
            create table contact_place as
            select contact_id, arg_max(partner, {ORDERING}) as partner, arg_max(day, {ORDERING}) as day
            from log_places where contact_id in (select contact_id from named)
            group by contact_id
            """
        )

    def _place_kind(self, kind: str) -> str:
        """Write the rows of a kind whose contact is known beside it, and beside a contact that has moved
        those
        that lay beside it before. Returns the batch of what still waits, "" where nothing does."""
        run = self.connection.execute
        columns = [name for name in columns_of(kind).names if name != "contact_day"]
        unplaced = ", ".join(f"unplaced.{name}" for name in columns)
        if not (self._any(f"unplaced_{kind}") or self._any("moved_contact")):
            run(f"create table placed_{kind} as from none_{kind}")
            return ""
        run(
            f"""
            create table placed_{kind} as
            select {unplaced}, contact_place.day as contact_day
            from unplaced_{kind} as unplaced join contact_place using (contact_id)
            """
        )
        moved = run("from moved_contact").fetchall()
        self.events.open("left_behind", kind, days=runs(day for _, days, _ in moved for day in days))
        run(
            f"""
            insert into placed_{kind}
            select {", ".join(f"left_behind.{name}" for name in columns)}, moved_contact.day
            from left_behind join moved_contact using (contact_id)
            where left_behind.contact_day <> moved_contact.day
            """
        )
        waiting = self.connection.sql(
            f"from unplaced_{kind} where contact_id not in (select contact_id from contact_place)"
        )
        before = self.version.waiting.get(kind, "")
        self.retired |= dict.fromkeys(self.new.get(kind, []), int(self.now))
        ((count, first, last),) = run(
            f"select count(*), min(contact_day), max(contact_day) from placed_{kind}"
        ).fetchall()
        if count:
            rows = self.connection.table(f"placed_{kind}").order(f"contact_day, {KEYS[kind]}")
            self.batches[self._append(kind, rows)] = Batch(first.isoformat(), last.isoformat())
        if before and not self.new.get(kind) and not count:
            return before
        if before:
            self.retired[before] = int(self.now)
        name = ""
        if waiting.limit(1).fetchall():
            name = self._append(kind, waiting)
            self.batches[name] = Batch()
        self.waiting_now = {**self.waiting_now, kind: name}
        self._refresh_events()
        return name

    def _append(self, kind: str, rows: duckdb.DuckDBPyRelation) -> str:
        """Write rows as one durable batch of the log; returns its name."""
        draft, final = self.log.new_batch(kind)
        rows.write_parquet(str(draft), compression="zstd")
        publish(draft, final)
        return drain.batch_name(final)

    # --- tombstones ---

    def _write_tombstones(self) -> None:
        """Where a later version lies on another day, the former one is left with a tombstone."""
        run = self.connection.execute
        for kind in REASSIGNABLE:
            placed, unplaced = _versions(kind), _versions(kind, day="cast(null as date)")
            run(
                f"""
                create table touched_{kind} as
                from former_{kind}
                union all select {placed} from placed_{kind}
                union all select {unplaced} from unplaced_{kind}
                where contact_id not in (select contact_id from contact_place)
                """
            )
        touched = [kind for kind in MOVING if self._any(f"touched_{kind}")]
        if not touched:
            return
        run(f"create table new_tombstone as {' union all '.join(map(_tombstones, touched))}")
        ((count, first, last),) = run("select count(*), min(day), max(day) from new_tombstone").fetchall()
        if count:
            name = self._append(TOMBSTONE, self.connection.table("new_tombstone").order("kind, day, key"))
            self.batches[name] = Batch(first.isoformat(), last.isoformat())
            self._refresh_events()


def _versions(kind: str, day: str = "") -> str:
    """The columns of table ``touched_<kind>``; ``day`` is an expression where no column tells the day."""
    return f"{KEYS[kind]}, {day or DAY_OF[kind]} as day, {_VERSIONS[kind]}, version, accepted_us, seq"


def _tombstones(kind: str) -> str:
    """A query of the tombstones that a kind's touched records leave."""
    key = KEYS[kind]
    return f"""
        select
            '{kind}' as kind, touched.{key} as key, touched.day,
            latest.version, latest.accepted_us, latest.seq
        from (select distinct {key}, day from touched_{kind} where day is not null) as touched
        join (
            select
                {key}, arg_max(coalesce(day, date '0001-01-01'), {ORDERING}) as day,
                arg_max(version, {ORDERING}) as version, arg_max(accepted_us, {ORDERING}) as accepted_us,
                arg_max(seq, {ORDERING}) as seq
            from touched_{kind} group by {key}
        ) as latest on touched.{key} = latest.{key}
        where touched.day <> latest.day
    """


def _is_judged(kind: str) -> bool:
    return kind in models.names("events")
