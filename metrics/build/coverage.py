"""When sessions were tracked: the spans in which a customer without a session is known to have had none.

Nobody who has no session may count as having come directly before sessions were seen at all, on days when
none came in, or after the last that has come in so far. A span runs over days on end that all have
sessions, from the first of them to the last one (``sql/facts/tracked_span``).
"""

# ruff: noqa: S608 — only relations of this module go into the text.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from metrics.catalog.models import sql

Connection = duckdb.DuckDBPyConnection
Span = tuple[int, int]  # first and last moment, both included, in epoch seconds

DAYS = pa.schema([("day", pa.date32()), ("first_at", pa.int64()), ("last_at", pa.int64())])
_PIECES = pa.schema([("from_at", pa.int64()), ("to_at", pa.int64())])
_NEEDED = 86_400  # a session counts for a contact this long
# A contact's local day is that of its end: not before the day it began, in any time zone, nor long after.
_EARLIER, _LATER = 1, 4


@dataclass(frozen=True)
class Growth:
    """The pieces of the tracked spans that are new."""

    pieces: tuple[Span, ...] = ()

    def days(self) -> list[date]:
        """The days on which contacts may lie that began in the pieces."""
        found: set[date] = set()
        for first, last in self.pieces:
            day = datetime.fromtimestamp(first, UTC).date() - timedelta(days=_EARLIER)
            end = datetime.fromtimestamp(last, UTC).date() + timedelta(days=_LATER)
            while day <= end:
                found.add(day)
                day += timedelta(days=1)
        return sorted(found)


def extend(connection: Connection, stored: Path | None, sessions: str) -> Growth:
    """Table ``tracked_day``: the days of a file of it and the sessions of a relation on top. Returns what
    grew,
    which is table ``newly_tracked`` as well."""
    if stored is not None:
        connection.read_parquet(str(stored)).create_view("tracked_before", replace=True)
    else:
        connection.from_arrow(DAYS.empty_table()).create_view("tracked_before", replace=True)
    connection.execute("create or replace table tracked_day as from tracked_before")
    before = _spans(connection)
    connection.execute(
        f"""
        create or replace table tracked_day as
        with session_event as (
            select day, first_at as started_at from tracked_before
            union all
            select day, last_at from tracked_before
            union all
            select day, started_at from {sessions}
        )
        {sql("tables", "tracked_day")}
        """
    )
    pieces = _difference(_spans(connection), before)
    rows = pa.table(
        {"from_at": [first for first, _ in pieces], "to_at": [last for _, last in pieces]}, schema=_PIECES
    )
    connection.execute("drop table if exists newly_tracked")
    connection.from_arrow(rows).create("newly_tracked")
    return Growth(tuple(pieces))


def _spans(connection: Connection) -> list[Span]:
    """When a contact that began had all of the time before it tracked, by ``tracked_day``."""
    query = f"select from_at + $needed, to_at from ({sql('facts', 'tracked_span')}) order by from_at"
    rows = connection.execute(query, {"needed": _NEEDED}).fetchall()
    return [(first, last) for first, last in rows if first <= last]


def _difference(now: Sequence[Span], before: Sequence[Span]) -> list[Span]:
    """The pieces of the spans now that no span before covers. Spans only ever grow, and grow together."""
    pieces = []
    for first, last in now:
        at = first
        for begun, ended in before:
            if first <= begun and ended <= last:
                pieces.append((at, begun - 1))
                at = ended + 1
        pieces.append((at, last))
    return [(first, last) for first, last in pieces if first <= last]
