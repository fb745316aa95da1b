"""Access by construction: a scope is a database in which only its rows exist.

A partner's scope takes that partner's rows of the cubes and no others into memory, has a DuckDB of its own
that may open files in that partner's folder of facts and nowhere else, and whose configuration is locked. A
query in it cannot name anybody else's rows, whatever it says.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.duck import connect
from lake.manifest import Key, Lake, Partition, Version
from metrics.catalog import slices
from metrics.catalog.catalog import Dimension
from metrics.catalog.columns import FACT, summed_columns
from metrics.catalog.models import CUBES, REFERENCE_KINDS, SUMS, measures
from metrics.query.cubes import cubes
from metrics.query.cubes.arrays import Cube, labels_with, of_table, totals
from metrics.query.cubes.terms import Unsupported
from metrics.query.question import NEEDS, Question
from metrics.query.sql.compose import compose
from metrics.query.sql.source import Tables, source_of
from metrics.query.sql.statements import dropped, selling_table, texts_of

# Small tables of one name, of as many versions.
KEPT = 8
# Slices whose days are all so new are made again all the time, and are no part of what stays in memory.
LIVELY_DAYS = 2
# A room is left for a new one when so large a share of its partitions has changed.
LARGEST_CHANGE = 0.1
_REFERENCE = {
    "topic": [("topic", pa.string()), ("need", pa.string())],
    "active_customers": [("month", pa.date32()), ("partner", pa.string()), ("customers", pa.int32())],
    "hour_cost": [
        ("partner", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_until", pa.date32()),
        ("cost_minor", pa.int64()),
    ],
}


@dataclass(frozen=True)
class Scope:
    """Whose contacts a viewer sees: everybody's, or one partner's."""

    partner: str | None = None

    @classmethod
    def everything(cls) -> Scope:
        """Management, team leads, whoever runs it."""
        return cls()

    @classmethod
    def of_partner(cls, name: str) -> Scope:
        """One partner's contacts and nobody else's."""
        return cls(name)


class Room:
    """The database of one scope, with the cubes of one version in memory. Later versions share it: what they
    change is added to the cubes when it is asked."""

    def __init__(self, lake: Lake, version: Version, scope: Scope) -> None:
        self.lake, self.scope = lake, scope
        self._lock = threading.RLock()
        self._versions = 0
        self._made: set[str] = set()
        self._cubes: dict[str, Cube] = {}
        self._changes: dict[str, Cube] = {}
        self._selling: dict[str, frozenset[str]] = {}
        self._texts: dict[str, dict[Any, str]] = {}
        self._small: dict[tuple[str, ...], str] = {}
        self._needs_of: dict[str, dict[str, str]] = {}
        self._connection = connect(memory="2GB")
        # Files of facts never change.
        self._connection.execute("set global parquet_metadata_cache = true")
        partitions = self._mine(lake.partitions(version))
        self.kept = _without_lively(partitions, version)
        self._connection.from_arrow(FACT.empty_table().select(summed_columns())).create("no_fact")
        self._slices = {
            cube: slices.Slices(lake, cube, self.kept.values(), scope.partner) for cube in (*CUBES, *SUMS)
        }
        self._sizes = {cube: self._slices[cube].size for cube in CUBES}
        self._folders = self._folders_of(partitions)
        self._shut()

    def serves(self, version: Version) -> bool:
        """Whether the version can be read from this room: it changes little, and lies in the same folders."""
        partitions = self._mine(self.lake.partitions(version))
        settled = _without_lively(partitions, version)
        changed = sum(1 for key, each in settled.items() if self.kept.get(key) != each)
        return changed <= LARGEST_CHANGE * len(self.kept) and self._folders_of(partitions) <= self._folders

    def _mine(self, partitions: Mapping[Key, Partition]) -> Mapping[Key, Partition]:
        """The partitions that have rows of this scope. Calls offered are of all partners in one."""
        if self.scope.partner is None:
            return partitions
        return {
            key: each
            for key, each in partitions.items()
            if key.table == "queue" or (key.table == "contact" and key.partner == self.scope.partner)
        }

    def _folders_of(self, partitions: Mapping[Key, Partition]) -> set[str]:
        if self.scope.partner is None:
            return {str(self.lake.path / "facts")}
        files = (file for each in partitions.values() for file in each.files)
        return {str((self.lake.path / file).parents[1]) for file in files}

    def cube(self, name: str) -> Cube:
        """The rows of a cube that stay in memory; each column is read when it is first asked."""
        with self._lock:
            if name not in self._cubes:
                self._cubes[name] = Cube(self._slices[name].load, CUBES[name], self._slices[name].rows)
            return self._cubes[name]

    def _shut(self) -> None:
        """From here on: files of this scope's facts, and no way to change that."""
        self._connection.execute("set allowed_directories = $folders", {"folders": sorted(self._folders)})
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def tables(self, version: Version) -> Tables:
        """The tables of a version: what stays in memory, and what the version changes in it."""
        with self._lock:
            self._versions += 1
            suffix = f"v{self._versions}"
        partitions = self._mine(self.lake.partitions(version))
        changed = partial(self._changed, suffix, partitions)
        self._selling[f"selling_{suffix}"] = sellers = self._sold([self.cube("by_team"), changed("by_team")])
        with self.cursor() as cursor:
            cursor.execute(selling_table(f"selling_{suffix}"), {"partners": sorted(sellers)})
        files = tuple(
            (key.partner, key.day, str(self.lake.path / file))
            for key, each in sorted(partitions.items())
            if key.table == "contact"
            for file in each.files
        )
        return Tables(
            self._sizes,
            partial(self._changed_table, suffix, partitions),
            changed,
            f"selling_{suffix}",
            files,
            self.lake.superseded(version),
            partial(self._small_table, version, partitions, changed),
            {partner for partner, _, _ in files} <= sellers,
            partial(self._having, changed),
            self.scope.partner,
        )

    def _changed(self, suffix: str, partitions: Mapping[Key, Partition], cube: str) -> Cube:
        """What a version adds to a cube, which may be nothing."""
        name = f"changed_{suffix}_{cube}"
        with self._lock:
            if name not in self._changes:
                rows = slices.changes(self.lake, cube, self.kept, partitions, self.scope.partner)
                self._changes[name] = of_table(rows, CUBES[cube])
            return self._changes[name]

    def _changed_table(self, suffix: str, partitions: Mapping[Key, Partition], cube: str) -> str:
        """The same as a table of the database; "" for nothing."""
        name = f"changed_{suffix}_{cube}"
        with self._lock:
            if name not in self._made:
                rows = slices.changes(self.lake, cube, self.kept, partitions, self.scope.partner)
                if not rows.num_rows:
                    return ""
                with self.cursor() as cursor:
                    cursor.from_arrow(rows).create(name)
                self._made.add(name)
        return name

    def _having(self, changed: partial[Cube], column: str, values: Sequence[str]) -> frozenset[str] | None:
        """The partners that have facts with one of the values, as a cube knows it."""
        fitting = [cube for cube, keys in CUBES.items() if {"partner", column} <= set(keys)]
        if not fitting:
            return None
        smallest = min(fitting, key=lambda name: self._sizes[name])
        parts = (self.cube(smallest), changed(smallest))
        return frozenset().union(*(labels_with(part, "partner", column, values) for part in parts))

    def _small_table(
        self, version: Version, partitions: Mapping[Key, Partition], changed: partial[Cube], name: str
    ) -> str:
        """A small table, or the sums of what is no contact, as a version has it; made when it is first
        asked."""
        stamp = version.tables.get(name, "")
        if name in SUMS:
            used = {each.slice for key, each in partitions.items() if key.table == name}
            stamp = ",".join(sorted(used))
        key = (name, stamp, version.name if name == "topic" and self.scope.partner is not None else "")
        with self._lock:
            if key not in self._small:
                table = f"{name}_{self._versions}_{len(self._small)}"
                with self.cursor() as cursor:
                    cursor.from_arrow(self._visible(version, partitions, changed, name)).create(table)
                    # Older versions may ask for theirs anew.
                    for old in [known for known in self._small if known[0] == name][:-KEPT]:
                        cursor.execute(*dropped([self._small.pop(old)]))
                self._small[key] = table
            return self._small[key]

    def _visible(
        self, version: Version, partitions: Mapping[Key, Partition], changed: partial[Cube], name: str
    ) -> pa.Table:
        """This scope's rows of a small table. Of what has a partner a partner's own; of topics those that
        it has
        contacts on; of sessions, which are no partner's, none."""
        if name in SUMS:
            rows = slices.Slices(self.lake, name, partitions.values(), self.scope.partner)
            return rows.load([*SUMS[name], *measures(name)])
        table, mine = self._reference(version, name), self.scope.partner
        if mine is None or "partner" in table.column_names:
            return table if mine is None else table.filter(pc.equal(table.column("partner"), mine))
        topics = {
            *self.cube("by_topic").labelled("topic").labels,
            *changed("by_topic").labelled("topic").labels,
        }
        return table.filter(pc.is_in(table.column("topic"), value_set=pa.array(topics, pa.string())))

    def _reference(self, version: Version, name: str) -> pa.Table:
        assert name in REFERENCE_KINDS  # noqa: S101 - the composer names no other
        if file := version.tables.get(name):
            return pq.read_table(self.lake.path / file)
        return pa.schema(_REFERENCE[name]).empty_table()

    def sellers(self, tables: Tables) -> frozenset[str]:
        """The partners that have ever recorded a sale, or its absence."""
        return self._selling[tables.selling]

    def _sold(self, parts: Sequence[Cube]) -> frozenset[str]:
        found: dict[str, int] = {}
        for cube in parts:
            partners, known = cube.labelled("partner"), cube.sums("sale_known")
            counts = totals(partners.codes, known, len(partners.labels)).tolist()
            for partner, count in zip(partners.labels, counts, strict=True):
                found[partner] = found.get(partner, 0) + count
        return frozenset(partner for partner, count in found.items() if count > 0)

    def answer(self, asked: Question, tables: Tables) -> list[tuple[Any, ...]]:
        """The rows that answer a question: from a cube in memory, or by a statement."""
        source = source_of(asked, tables)
        if source in CUBES:
            with suppress(Unsupported, OverflowError):
                texts = partial(self.texts, tables)
                return cubes.answer(asked, self.parts(source, tables), texts, self.small(tables))
            self.as_table(source)
        statement = compose(asked, tables)
        return self.ask(statement.text, statement.values)

    def parts(self, source: str, tables: Tables) -> list[Cube]:
        """A cube, and what the version adds to it."""
        changed = tables.changes(source)
        return [self.cube(source), changed] if changed.rows else [self.cube(source)]

    def as_table(self, cube: str) -> None:
        """A cube as a table of the database, for what is asked as a statement."""
        with self._lock:
            if cube not in self._made:
                with self.cursor() as cursor:
                    columns = [*CUBES[cube], *measures(cube)]
                    cursor.from_arrow(self._slices[cube].load(columns)).create(cube)
                self._made.add(cube)

    def _needs(self, tables: Tables) -> dict[str, str]:
        """The need of every topic, as this version states it."""
        table = tables.small("topic")
        with self._lock:
            if table not in self._needs_of:
                with self.cursor() as cursor:
                    self._needs_of[table] = dict(cursor.table(table).project("topic, need").fetchall())
            return self._needs_of[table]

    def small(self, tables: Tables) -> dict[str, frozenset[str]]:
        """What sums look into: the partners that sell, and the topics of each need."""
        needs = self._needs(tables)
        found = {
            f"{name}_topic": frozenset(topic for topic, need in needs.items() if need in which)
            for name, which in NEEDS.items()
        }
        return found | {"selling": self.sellers(tables)}

    def texts(self, tables: Tables, cut: Dimension, labels: Sequence[Any]) -> Sequence[str]:
        """The texts that a dimension shows for labels."""
        if cut.text == cut.column:
            return labels
        if cut.id == "need":
            needs = self._needs(tables)
            return [needs.get(label, "") for label in labels]
        known = self._texts.setdefault(cut.id, {})
        if missing := [label for label in labels if label not in known]:
            rows = self.ask(texts_of(cut), {"labels": missing})
            known.update(zip(missing, (text for (text,) in rows), strict=True))
        return [known[label] for label in labels]

    def forget(self, tables: Tables) -> None:
        """Drop a version's tables when nobody asks it any more."""
        prefix = tables.selling.replace("selling", "changed") + "_"
        with self._lock:
            own = [name for name in self._made if name.startswith(prefix)]
            self._made.difference_update(own)
            self._selling.pop(tables.selling, None)
            for name in [name for name in self._changes if name.startswith(prefix)]:
                self._changes.pop(name)
            with self.cursor() as cursor:
                for statement in dropped([tables.selling, *own]):
                    cursor.execute(statement)

    def ask(self, text: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Rows of a statement. Safe from any thread: each call has a cursor of its own."""
        with self.cursor() as cursor:
            return cursor.execute(text, values).fetchall()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor on the locked database."""
        return self._connection.cursor()


def _without_lively(partitions: Mapping[Key, Partition], version: Version) -> dict[Key, Partition]:
    """The partitions whose slices are not made again all the time."""
    today = datetime.fromtimestamp(version.as_of, UTC).date()
    lively_from = (today - timedelta(days=LIVELY_DAYS)).isoformat()
    oldest: dict[str, str] = {}
    for key, each in partitions.items():
        oldest[each.slice] = min(oldest.get(each.slice, key.day), key.day)
    return {key: each for key, each in partitions.items() if oldest[each.slice] < lively_from}
