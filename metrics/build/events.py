"""The log's events as relations of a connection: of some days, without what cannot be true or has moved.

A value that intake should have refused (a score of 11, a wait of minus five seconds) must neither reach a
figure nor stop all others. Every new batch is judged by ``sql/events``; a row with an impossible value goes
into quarantine: it stays in the log, no relation of events has it, so that an earlier version of the same
record goes on counting, and table ``quarantine`` tells of it until a later version is right.

A record that moves to another day leaves a tombstone on the former one: rows there that are older than the
tombstone are no events any more.
"""

# ruff: noqa: S608 — only names of the log's own columns and days that are dates go into the text.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.log import FILE_VERSION, KEYS, SCHEMAS, VERSION
from lake.manifest import Batch
from metrics.catalog.models import sql

Connection = duckdb.DuckDBPyConnection
Days = Sequence[tuple[date, date]]  # runs of days, both ends included

PLACED = ("outcome", "sale")  # kinds that are laid beside their contact
# The column that says on which day a row lies: the record's own, or its contact's.
DAY_OF = dict.fromkeys(("contact", "session", "case", "calls_offered"), "day") | dict.fromkeys(
    PLACED, "contact_day"
)
MOVING = ("contact", "sale", "session", "case")  # kinds whose records can move to another day
REASSIGNABLE = tuple(kind for kind in PLACED if kind in MOVING)  # a later version may name another contact
TOMBSTONE = "tombstone"
_ORDER = [("version", pa.int64()), ("accepted_us", pa.int64()), ("seq", pa.int64())]
TOMBSTONES = pa.schema([("kind", pa.string()), ("key", pa.string()), ("day", pa.date32()), *_ORDER])
QUARANTINE = pa.schema(
    [*((name, pa.string()) for name in ("kind", "key", "field", "value")), *_ORDER, ("mended", pa.bool_())]
)
# What models ask of the contacts around those that they make.
KEY_COLUMNS = (
    "contact_id", "partner", "day", "hour", "topic", "case_id", "ended_at", "handling_s", "wait_s",
    "customer_key", "version", "accepted_us", "seq",
)  # fmt: skip
ORDERING = "(version, accepted_us, seq)"


def columns_of(kind: str) -> pa.Schema:
    """The columns of a kind's events: those of the log, ``version``, and of placed kinds ``contact_day``."""
    if kind == TOMBSTONE:
        return TOMBSTONES
    schema = SCHEMAS[kind].append(VERSION)
    return schema.append(pa.field("contact_day", pa.date32())) if kind in PLACED else schema


def runs(days: Iterable[date], before: int = 0, after: int = 0) -> list[tuple[date, date]]:
    """The runs of days that begin so many days before and end so many after each of some days."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        first, last = day - timedelta(days=before), day + timedelta(days=after)
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def within(column: str, days: Days | None) -> str:
    """A condition that a column's day lies in one of the runs; without runs that it holds for all."""
    if days is None:
        return "true"
    between = [f"{column} between date '{first}' and date '{last}'" for first, last in days]
    return f"({' or '.join(between)})" if between else "false"


class Events:
    """The events of one version of the log, opened kind by kind and days by days."""

    def __init__(self, connection: Connection, folder: Path, batches: Mapping[str, Batch]) -> None:
        """``batches`` by name (``<kind>/<file>``), without those that others replace."""
        self.connection, self.folder, self.batches = connection, folder, dict(batches)
        self._quarantined: set[str] | None = None
        connection.execute(_empty_tables())

    def load_quarantine(self, file: Path) -> None:
        """Take over what earlier rounds have put into quarantine."""
        self.connection.execute(
            "insert into quarantine by name from read_parquet($file)", {"file": str(file)}
        )
        self._quarantined = None

    def take_quarantine(self, rows: pa.Table) -> None:
        """The same of rows in memory."""
        self.connection.from_arrow(rows).insert_into("quarantine")
        self._quarantined = None

    def names(self, kind: str, days: Days | None = None) -> list[str]:
        """The batches of a kind that may have events of some days (None: of all), oldest first."""
        return [
            name
            for name, batch in sorted(self.batches.items())
            if name.startswith(f"{kind}/") and _overlaps(batch, days)
        ]

    def open(
        self,
        relation: str,
        kind: str,
        *,
        days: Days | None = None,
        names: Sequence[str] | None = None,
        impossible: bool = False,
    ) -> None:
        """View ``relation`` of a kind's events of some days (None: of all), in the columns of today.

        ``names`` reads those batches alone. With ``impossible`` rows that cannot be true are in it, too.
        """
        column = DAY_OF.get(kind)
        chosen = self.names(kind, days if column else None) if names is None else names
        query = self._rows(f"{relation}_files", kind, chosen)
        if column and days is not None:
            query += f" where {within(column, days)}"
        if not impossible and chosen and self.quarantined(kind):
            query = _possible(kind, f"({query})")
        if names is None and kind in MOVING and chosen:
            query = self._without_moved(relation, kind, query, days)
        self.connection.execute(f"create or replace view {relation} as {query}")

    def open_contacts(self, days: Days | None, *, keys: bool) -> None:
        """Table ``contact_event`` of contacts of some days: with the columns that neighbours need
        (``keys``), or
        with all. A table, since the models look at it several times."""
        self.open("contact_log", "contact", days=days)
        columns = ", ".join(KEY_COLUMNS) if keys else "*"
        self.connection.execute(f"create or replace table contact_event as select {columns} from contact_log")

    def _without_moved(self, relation: str, kind: str, query: str, days: Days | None) -> str:
        """A query of a kind's events without those that have moved to another day."""
        names = self.names(TOMBSTONE, days)
        if not names:
            return query
        tombstones = self._rows(f"{relation}_tombstones", TOMBSTONE, names)
        return f"""
            select event.* from ({query}) as event
            where not exists (
                select 1 from ({tombstones}) as moved
                where moved.kind = '{kind}' and moved.key = event.{KEYS[kind]} and moved.day =
                event.{DAY_OF[kind]}
                    and {_order("moved")} >= {_order("event")}
            )
        """

    def quarantined(self, kind: str) -> bool:
        """Whether a row of the kind is in quarantine."""
        if self._quarantined is None:
            rows = self.connection.execute("select distinct kind from quarantine").fetchall()
            self._quarantined = {name for (name,) in rows}
        return kind in self._quarantined

    def judge(self, kind: str, names: Sequence[str]) -> None:
        """Put rows of new batches that cannot be true into quarantine, and mark what later versions put
        right."""
        self.open("judged_batch", kind, names=names, impossible=True)
        ((added,),) = self.connection.execute(
            f"""
            insert into quarantine by name
            select
                $kind as kind, record_key as key, impossible as field,
                json_extract_string(to_json(judged), '$.' || impossible) as value,
                version, accepted_us, seq, false as mended
            from ({_judged(kind, "judged_batch")}) as judged
            where impossible is not null
            """,
            {"kind": kind},
        ).fetchall()
        self._quarantined = None
        if self.quarantined(kind):
            # What puts a row right may have come before it.
            if added:
                self.open("judged_batch", kind, names=sorted({*self.names(kind), *names}), impossible=True)
            self.connection.execute(
                f"""
                update quarantine set mended = true
                where kind = $kind and exists (
                    select 1 from ({_judged(kind, "judged_batch")}) as judged
                    where judged.impossible is null and judged.record_key = quarantine.key
                        and {_order("judged")} > {_order("quarantine")}
                )
                """,
                {"kind": kind},
            )

    def _rows(self, variable: str, kind: str, names: Sequence[str]) -> str:
        """A query of the rows of batches, in the columns of today. ``variable`` holds their paths."""
        if not names:
            return f"select * from none_{kind}"
        files = [str(self.folder / name) for name in names]
        self.connection.execute(f"set variable {variable} = $files", {"files": files})
        # Reading file names costs a little of every row, and only imported files carry a version in theirs.
        drawn = any("-v" in name for name in names)
        versions = f"version, {FILE_VERSION}" if drawn else "version"
        columns = [f'"{name}"' for name in columns_of(kind).names if name != "version"]
        stored = f"read_parquet(getvariable('{variable}'), union_by_name = true, hive_partitioning = false"
        # What was written before a column came into being does not have it.
        return f"""
            select {", ".join(columns)}, coalesce({versions}, 0) as version
            from (from none_{kind} union all by name from {stored}{", filename = true" if drawn else ""}))
        """


@cache
def _empty_tables() -> str:
    """The statements that make table ``quarantine``, and ``none_<kind>`` in which no event of a kind
    stands."""
    tables = {"quarantine": QUARANTINE} | {f"none_{kind}": columns_of(kind) for kind in (*SCHEMAS, TOMBSTONE)}
    return "; ".join(f"create table {name} ({_declared(schema)})" for name, schema in tables.items())


def _declared(schema: pa.Schema) -> str:
    names = {"string": "varchar", "date32[day]": "date", "bool": "boolean", "int64": "bigint"}
    names |= {"int32": "integer", "int16": "smallint", "double": "double"}
    return ", ".join(f'"{field.name}" {names[str(field.type)]}' for field in schema)


def _overlaps(batch: Batch, days: Days | None) -> bool:
    if days is None or not batch.first:
        return True
    return any(batch.first <= last.isoformat() and first.isoformat() <= batch.last for first, last in days)


def _order(relation: str) -> str:
    return f"({relation}.version, {relation}.accepted_us, {relation}.seq)"


def _judged(kind: str, rows: str) -> str:
    """A query of a relation's events of a kind, with what is impossible of each."""
    return f"with event_row as (select * from {rows}) {sql('events', kind)}"


def _possible(kind: str, rows: str) -> str:
    """The same of those events that can be true."""
    return f"select * exclude (record_key, impossible) from ({_judged(kind, rows)}) where impossible is null"
