"""Access by construction: a scope is a database in which only its rows exist.

A partner's scope loads that partner's part of the cubes into a DuckDB of its own, lets it open files in
that partner's folder of facts and nowhere else, and then locks the configuration. A query in it cannot
name anybody else's rows, whatever it says.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.duck import connect
from metrics.compose import Tables, cube_table, dropped, loading, selling_table
from metrics.lake import Base, Lake, Version
from metrics.models import CUBES
from metrics.shape import signed_schema, summed_columns


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
        self._lock = threading.Lock()
        self._versions = 0
        self._made: set[str] = set()
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
        self._rows = {cube: self._load(cube) for cube in CUBES}
        self._shut()

    def _load(self, cube: str) -> int:
        run = self._connection.execute
        run(cube_table(cube, cube, facts="no_fact"))
        files = [str(self.lake.path / file) for file in self.base.cubes.get(cube, {}).values()]
        if files:
            self._connection.read_parquet(files, hive_partitioning=False).create_view("loading")
            mine = self.scope.partner is not None
            run(loading(cube, partner=mine), {"partner": self.scope.partner} if mine else {})
            run("drop view loading")
        ((rows,),) = self._connection.table(cube).count("*").fetchall()
        return int(rows)

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
            if rows is not None and rows.num_rows:
                delta = f"delta_{suffix}"
                cursor.from_arrow(rows).create(delta)
            cursor.execute(selling_table(f"selling_{suffix}", delta))
        return Tables(self._rows, delta, partial(self._delta_cube, delta), f"selling_{suffix}", self._files)

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

    def _delta(self, version: Version) -> pa.Table | None:
        """The delta's rows of this scope, with the columns that sums are made of."""
        if not version.delta:
            return None
        mine = None if self.scope.partner is None else [("partner", "=", self.scope.partner)]
        file = self.lake.path / version.delta
        return pq.read_table(file, columns=list(summed_columns()), filters=mine)

    def forget(self, tables: Tables) -> None:
        """Drop a version's tables when nobody asks it any more."""
        with self._lock:
            own = [name for name in self._made if name.startswith(f"{tables.delta}_")]
            self._made.difference_update(own)
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
