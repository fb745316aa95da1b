"""Access by construction: a scope is a database in which only its rows exist.

A partner's scope takes that partner's rows of the cubes and no others into memory, has a DuckDB of its own
that may open files in that partner's folder of facts and nowhere else, and whose configuration is locked. A
query in it cannot name anybody else's rows, whatever it says.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.duck import connect
from metrics import beside, quick
from metrics.arrays import Cube, labels_with, of_table, totals
from metrics.catalogue import Dimension
from metrics.compose import compose
from metrics.delta import read_delta
from metrics.lake import Base, Lake, Version
from metrics.models import CUBES, measures
from metrics.questions import NEEDS, Question
from metrics.shape import signed_schema, summed_columns
from metrics.sources import Tables, source_of
from metrics.statements import cube_rows, cube_table, dropped, selling_table, texts_of
from metrics.terms import Unsupported

# Tables of one name beside the facts, of as many versions.
KEPT = 8


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
    """The database of one scope over one base of the lake. The versions on that base share it."""

    def __init__(self, lake: Lake, base: Base, scope: Scope) -> None:
        self.lake, self.base, self.scope = lake, base, scope
        self._lock = threading.RLock()
        self._versions = 0
        self._made: set[str] = set()
        self._cubes: dict[str, Cube] = {}
        self._deltas: dict[str, Cube] = {}
        self._selling: dict[str, frozenset[str]] = {}
        self._texts: dict[str, dict[Any, str]] = {}
        self._beside: dict[tuple[str, ...], str] = {}
        self._needs_of: dict[str, dict[str, str]] = {}
        self._connection = connect(memory="2GB")
        # Files of facts never change.
        self._connection.execute("set global parquet_metadata_cache = true")
        self._files = tuple(
            (place.partner, place.day, str(lake.path / file))
            for place in base.places
            if scope.partner in (None, place.partner)
            for file in place.files
        )
        self._connection.from_arrow(signed_schema().empty_table().select(summed_columns())).create("no_fact")
        self._rows = {cube: self._count(cube) for cube in CUBES}
        self._shut()

    def _files_of(self, cube: str) -> list[Path]:
        return [self.lake.path / file for _, file in sorted(self.base.cubes.get(cube, {}).items())]

    def _count(self, cube: str) -> int:
        """How many rows a cube has in all, from which the smallest that fits is chosen."""
        return sum(pq.read_metadata(file).num_rows for file in self._files_of(cube))

    def _load(self, cube: str, names: Sequence[str]) -> pa.Table:
        """Columns of this scope's rows of a cube, in the order of their days."""
        files, mine = self._files_of(cube), self.scope.partner
        if not files:
            with self.cursor() as cursor:
                return cursor.sql(cube_rows(cube, facts="no_fact")).to_arrow_table().select(names)
        wanted = list(names) if mine is None else [*names, "partner"]
        found = []
        for file in files:
            rows = pq.read_table(file, columns=list(dict.fromkeys(wanted)), partitioning=None)
            if mine is not None:
                rows = rows.filter(pc.equal(rows.column("partner"), mine))
            found.append(rows.select(names))
        # Files of different folds need not agree on whether a column may be null.
        return pa.concat_tables(found, promote_options="default")

    def cube(self, name: str) -> Cube:
        """A cube's rows of this scope; each column is read when it is first asked."""
        with self._lock:
            if name not in self._cubes:
                load = partial(self._load, name)
                rows = self._rows[name] if self.scope.partner is None else load(["day"]).num_rows
                self._cubes[name] = Cube(load, CUBES[name], rows)
            return self._cubes[name]

    def _shut(self) -> None:
        """From here on: files of this scope's facts, and no way to change that."""
        if self.scope.partner is None:
            folders = {str(self.lake.path / "facts")}
        else:
            folders = {str(Path(path).parents[1]) for _, _, path in self._files}
        self._connection.execute("set allowed_directories = $folders", {"folders": sorted(folders)})
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def tables(self, version: Version) -> Tables:
        """The tables of a version: what the base has, and the version's delta beside it."""
        with self._lock:
            self._versions += 1
            suffix = f"v{self._versions}"
        cursor = self._connection.cursor()
        delta, rows = "no_fact", self._delta(version)
        if rows.num_rows:
            delta = f"delta_{suffix}"
            cursor.from_arrow(rows).create(delta)
        self._selling[f"selling_{suffix}"] = sellers = self._sold(rows)
        cursor.execute(selling_table(f"selling_{suffix}"), {"partners": sorted(sellers)})
        return Tables(
            self._rows,
            delta,
            partial(self._delta_cube, delta),
            f"selling_{suffix}",
            self._files,
            partial(self._beside_table, version),
            delta != "no_fact",
            self._partners(rows) <= sellers,
            self._having,
            self.scope.partner,
        )

    def _partners(self, delta: pa.Table) -> set[str]:
        """Every partner with facts, those that came late included."""
        late = pc.unique(delta.column("partner")).to_pylist()
        return {partner for partner, _, _ in self._files}.union(late)

    def _having(self, column: str, values: Sequence[str]) -> frozenset[str] | None:
        """The partners that have facts in the lake's files with one of the values, as a cube knows it."""
        fitting = [cube for cube, keys in CUBES.items() if {"partner", column} <= set(keys)]
        if not fitting:
            return None
        smallest = self.cube(min(fitting, key=lambda name: self._rows[name]))
        return labels_with(smallest, "partner", column, values)

    def _beside_table(self, version: Version, name: str) -> str:
        """The table of what stands beside the facts in a version, made when it is first asked."""
        key = (name, *version.beside.get(name, ()), version.delta if name == "topic" else "")
        with self._lock:
            if key not in self._beside:
                table = f"{name}_{self._versions}_{len(self._beside)}"
                with self.cursor() as cursor:
                    cursor.from_arrow(self._visible(version, name)).create(table)
                    # Older versions may ask for theirs anew.
                    for old in [known for known in self._beside if known[0] == name][:-KEPT]:
                        cursor.execute(*dropped([self._beside.pop(old)]))
                self._beside[key] = table
            return self._beside[key]

    def _visible(self, version: Version, name: str) -> pa.Table:
        """This scope's rows of what stands beside the facts. Of what has a partner a partner's own; of topics
        those that it has contacts on; of sessions, which are no partner's, none."""
        rows, mine = beside.read(self.lake.path, version.beside.get(name, ()), name), self.scope.partner
        if mine is None:
            return rows
        if "partner" in rows.column_names:
            return rows.filter(pc.equal(rows.column("partner"), mine))
        if name != "topic":
            return rows.slice(0, 0)
        late = pc.unique(self._delta(version).column("topic")).to_pylist()
        own = pa.array({*self.cube("by_topic").labelled("topic").labels, *late}, pa.string())
        return rows.filter(pc.is_in(rows.column("topic"), value_set=own))

    def sellers(self, tables: Tables) -> frozenset[str]:
        """The partners that have ever recorded a sale, or its absence."""
        return self._selling[tables.selling]

    def _sold(self, delta: pa.Table) -> frozenset[str]:
        cube = self.cube("by_team")
        partners, known = cube.labelled("partner"), cube.sums("sale_known")
        counts = totals(partners.codes, known, len(partners.labels)).tolist()
        found = dict(zip(partners.labels, counts, strict=True))
        late = delta.filter(delta.column("sale_known")).group_by("partner").aggregate([("sign", "sum")])
        for partner, count in zip(*(column.to_pylist() for column in late.columns), strict=True):
            found[partner] = found.get(partner, 0) + count
        return frozenset(partner for partner, count in found.items() if count > 0)

    def answer(self, asked: Question, tables: Tables) -> list[tuple[Any, ...]]:
        """The rows that answer a question: from a cube in memory, or by a statement."""
        source = source_of(asked, tables)
        if source in CUBES:
            with suppress(Unsupported, OverflowError):
                texts = partial(self.texts, tables)
                return quick.answer(asked, self.parts(source, tables), texts, self.small(tables))
            self.as_table(source)
        statement = compose(asked, tables)
        return self.ask(statement.text, statement.values)

    def parts(self, source: str, tables: Tables) -> list[Cube]:
        """A cube, and what the version's delta adds to it."""
        name = tables.delta_cube(source)
        if not name:
            return [self.cube(source)]
        with self._lock:
            if name not in self._deltas:
                with self.cursor() as cursor:
                    self._deltas[name] = of_table(cursor.table(name).to_arrow_table(), CUBES[source])
            return [self.cube(source), self._deltas[name]]

    def as_table(self, cube: str) -> None:
        """A cube as a table of the database, for what is asked as a statement."""
        with self._lock:
            if cube not in self._made:
                with self.cursor() as cursor:
                    columns = [*CUBES[cube], *measures(cube)]
                    cursor.from_arrow(self._load(cube, columns)).create(cube)
                self._made.add(cube)

    def _needs(self, tables: Tables) -> dict[str, str]:
        """The need of every topic, as this version states it."""
        table = tables.beside("topic")
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

    def _delta_cube(self, delta: str, cube: str) -> str:
        """The table of a cube's sums over a delta, made when it is first asked."""
        if delta == "no_fact":
            return ""
        name = f"{delta}_{cube}"
        with self._lock:
            if name not in self._made:
                self._connection.cursor().execute(cube_table(cube, name, facts=delta))
                self._made.add(name)
        return name

    def _delta(self, version: Version) -> pa.Table:
        """The delta's rows of this scope, with the columns that sums are made of."""
        return read_delta(self.lake, version, summed_columns(), partner=self.scope.partner)

    def forget(self, tables: Tables) -> None:
        """Drop a version's tables when nobody asks it any more."""
        with self._lock:
            own = [name for name in self._made if name.startswith(f"{tables.delta}_")]
            self._made.difference_update(own)
            self._selling.pop(tables.selling, None)
            for name in own:
                self._deltas.pop(name, None)
            if tables.delta != "no_fact":
                own.append(tables.delta)
            cursor = self._connection.cursor()
            for statement in dropped([tables.selling, *own]):
                cursor.execute(statement)

    def ask(self, text: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Rows of a statement. Safe from any thread: each call has a cursor of its own."""
        with self.cursor() as cursor:
            return cursor.execute(text, values).fetchall()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor on the locked database."""
        return self._connection.cursor()
