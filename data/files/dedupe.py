"""From the draft of a file to a batch of the log.

The draft holds every row that was read, in the file's order, with a null id where the row was refused. Of
rows with the same id the last one counts; what the log has already, word for word, is not written again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import ColumnExpression, StarExpression

from data.files.fields import call, constant
from data.files.labels import settle
from lake.log import FILE_VERSION, KEYS, SCHEMAS, VERSION, Log, publish, versioned

SQL = Path(__file__).with_name("sql")
ORDERING = ("version", "accepted_us", "seq")


@dataclass(frozen=True)
class Met:
    """How the rows of a draft stand to each other and to the log."""

    accepted: int
    updated: int
    unchanged: int
    conflicting: int  # rows of the file replaced by a later one that says something else
    examples: list[str]  # ids of such rows


class Draft:
    """The draft of one import; ``extra`` names its columns that do not belong to its kind of the log."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, record: str, path: Path, extra: list[str], log: Log
    ) -> None:
        self.connection, self.record, self.path, self.extra = connection, record, path, extra
        self.log = log
        self.names = list(SCHEMAS[record].names)
        rows = connection.read_parquet(str(path), file_row_number=True)
        rows, self.respelt = settle(connection, rows, record, log)
        # Reference tables have no day to be in the order of.
        day = [] if "day" in self.names else [constant(None).cast("date").alias("day")]
        place = ColumnExpression("file_row_number").alias("place")
        rows.select(StarExpression(), place, *day, *self._identity(), self._said()).create_view("draft")
        self.rows, self.good, self.rising = self._one("counts")

    def meet(self) -> Met:
        """Compare the draft with itself and with the log."""
        if not self.rising and self._one("ids")[0] < self.good:
            self._execute("duplicates")
        self._execute("none")
        if before := self.logged(self.record):
            days = (
                [ColumnExpression("day")]
                if "day" in self.names
                else [constant(None).cast("date").alias("day")]
            )
            before.select(*map(ColumnExpression, ORDERING), *days, *self._identity()).create_view("known")
            self.connection.execute("drop table met")
            self._execute("known")
            if "comment" in self.extra:
                (self.logged("comment") or self._empty("comment")).create_view("known_comment")
                self._execute("commented")
        self._execute("batch")
        repeated, conflicting, undone, examples = self._one("conflicts")
        same, other = self._one("met")
        unchanged, updated = repeated + undone + same, conflicting + other
        accepted = self.good - unchanged - updated
        return Met(accepted, updated, unchanged, conflicting + undone, (examples or [])[:3])

    def span(self) -> tuple[str | None, str | None]:
        """First and last day of what is new or changed."""
        first, last = self._one("span")
        return first, last

    def moved(self) -> tuple[int, list[str]]:
        """How many rows replace a record of another day, and some of their ids."""
        moved, examples = self._one("moved")
        return moved, (examples or [])[:3]

    def rows_of(self, question: str) -> list[tuple[Any, ...]]:
        """The answer to one of the questions of ``sql/`` about the draft."""
        return self.connection.execute(_text(question)).fetchall()

    def publish(self, final: Path, met: Met, draw_version: Callable[[], int]) -> None:
        """Make the batch visible, and beside it the comments and links that it brings."""
        if met.accepted + met.updated == 0:
            return
        for column, kind in (("comment", "comment"), ("phone_key", "link")):
            if column in self.extra:
                self._publish_beside(kind, draw_version)
        whole = met.accepted == self.rows and not self.extra and not self.respelt
        if not whole or self._one("unordered")[0]:
            batch = self.connection.view("batch").order("day, place")
            write(self.connection, batch.select(*map(ColumnExpression, self.names)), self._second)
            self._second.replace(self.path)
        # Drawn last: what was committed before counts for less, and what comes after for more.
        publish(self.path, versioned(final, draw_version()))

    @property
    def _second(self) -> Path:
        return self.path.with_name(self.path.name + ".second")

    def _publish_beside(self, kind: str, draw_version: Callable[[], int]) -> None:
        rows = self.connection.sql(_text(f"{kind}s"))
        draft, final = self.log.new_batch(kind)
        try:
            write(self.connection, rows, draft)
            if self.connection.read_parquet(str(draft)).limit(1).fetchall():
                publish(draft, versioned(final, draw_version()))
        finally:
            draft.unlink(missing_ok=True)

    def _identity(self) -> list[duckdb.Expression]:
        """A row's id, and a digest of all it says whichever way it came."""
        content = [name for name in self.names if name not in {"source", *ORDERING}]
        return [
            ColumnExpression(KEYS[self.record]).alias("record_id"),
            call("hash", *map(ColumnExpression, content)).alias("content"),
        ]

    def _said(self) -> duckdb.Expression:
        """A digest of all that a row of the file says, what is kept elsewhere included."""
        more = [ColumnExpression("comment")] if "comment" in self.extra else []
        own = [name for name in self.names if name not in {"source", *ORDERING}]
        return call("hash", *map(ColumnExpression, own), *more).alias("said")

    def logged(self, kind: str) -> duckdb.DuckDBPyRelation | None:
        """Every row of the log of a kind, with the columns of today; None where there is none."""
        files = [str(path) for path in self.log.files(kind)]
        if not files:
            return None
        rows = self.connection.read_parquet(files, union_by_name=True, filename=True)
        versions = f"version, {FILE_VERSION}" if "version" in rows.columns else FILE_VERSION
        version = duckdb.SQLExpression(f"coalesce({versions}, 0)").alias("version")
        names = [ColumnExpression(name) for name in rows.columns if name not in ("version", "filename")]
        rows = rows.select(*names, version)
        # A log that was begun before a column came into being does not have it.
        later = [
            constant(None).cast(str(of_kind)).alias(name)
            for name, of_kind in zip(self._empty(kind).columns, self._empty(kind).types, strict=True)
            if name not in rows.columns
        ]
        return rows.select(StarExpression(), *later)

    def _empty(self, kind: str) -> duckdb.DuckDBPyRelation:
        # Schema.empty_table would bring in pandas, which takes longer than most imports.
        return self.connection.from_arrow(pa.Table.from_batches([], SCHEMAS[kind].append(VERSION)))

    def _execute(self, statement: str) -> None:
        self.connection.execute(_text(statement))

    def _one(self, statement: str) -> tuple[Any, ...]:
        (row,) = self.connection.execute(_text(statement)).fetchall()
        return row


def write(connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write rows of the log to a file."""
    rows.create_view("written", replace=True)
    connection.execute(_text("write"), {"path": str(path)})


def _text(statement: str) -> str:
    return (SQL / f"{statement}.sql").read_text()
