"""When sessions were tracked: the spans in which a customer without a session is known to have had none.

Nobody who has no session may count as having come directly before sessions were seen at all, on days when
none came in, or after the last that has come in so far. A span runs over days on end that all have
sessions, from the first of them to the last one (``sql/facts/tracked_span``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from metrics.models import sql
from metrics.statements import tracked_days

Connection = duckdb.DuckDBPyConnection
# First and last moment, both included, in epoch seconds.
Span = tuple[int, int]

_DAYS = pa.schema([("day", pa.date32()), ("first_at", pa.int64()), ("last_at", pa.int64())])
_NEEDED = 86_400  # a session counts for a contact this long
# A contact's local day is that of its end: not before the day it began, in any time zone, nor long after.
_EARLIER, _LATER = timedelta(days=1), timedelta(days=4)


def open_days(connection: Connection, files: Sequence[str], sessions: str) -> None:
    """Table ``tracked_day``: what files of it say, and the sessions of a relation on top."""
    if files:
        connection.read_parquet(list(files)).create_view("tracked_before", replace=True)
    else:
        connection.from_arrow(_DAYS.empty_table()).create_view("tracked_before", replace=True)
    query = tracked_days("tracked_before", sessions)
    connection.execute(f"create or replace table tracked_day as {query}")


def spans(connection: Connection) -> list[Span]:
    """When a contact that began had all of the time before it tracked, by ``tracked_day``."""
    connection.execute(f"create or replace table tracked_span as {sql('facts', 'tracked_span')}")
    query = "select from_at + $needed, to_at from tracked_span order by from_at"
    rows = connection.execute(query, {"needed": _NEEDED}).fetchall()
    connection.execute("drop table tracked_span")
    return [(first, last) for first, last in rows if first <= last]


def difference(now: Sequence[Span], before: Sequence[Span]) -> list[Span]:
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


def open_pieces(connection: Connection, pieces: Sequence[Span]) -> None:
    """Table ``newly_tracked`` with the pieces."""
    schema = pa.schema([("from_at", pa.int64()), ("to_at", pa.int64())])
    rows = pa.table({"from_at": [f for f, _ in pieces], "to_at": [t for _, t in pieces]}, schema=schema)
    connection.from_arrow(rows).create("newly_tracked")


def days(pieces: Sequence[Span]) -> set[str]:
    """The days on which contacts may stand that began in the pieces, as ISO text."""
    found = set()
    for first, last in pieces:
        day = datetime.fromtimestamp(first, UTC).date() - _EARLIER
        end = datetime.fromtimestamp(last, UTC).date() + _LATER
        while day <= end:
            found.add(day.isoformat())
            day += timedelta(days=1)
    return found
