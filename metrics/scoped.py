"""Facts row by row, for what no cube can answer: drivers and comments. Within one scope, and it says so.

A database of its own for each question, in which only the files of that scope are ever named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from typing import Any

import duckdb

from data.duck import connect
from data.log import SCHEMAS, Log
from metrics.delta import read_delta
from metrics.lake import Lake
from metrics.scope import Scope
from settings import Settings

MEMORY = "2GB"


@contextmanager
def facts_of(
    settings: Settings, scope: Scope, first: date, last: date, *, before: timedelta = timedelta(0)
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with relation ``signed_fact``: the scope's facts from ``before`` the first day to the last,
    those that came late as signed rows beside the others."""
    lake = Lake(settings.lake_path)
    version = lake.version()
    start = (first - before).isoformat()
    names = lake.base(version.base).files(partner=scope.partner, first=start, last=last.isoformat())
    files = [str(lake.path / name) for name in names]
    with closing(connect(memory=MEMORY)) as connection:
        connection.from_arrow(read_delta(lake, version, partner=scope.partner)).create_view("late")
        if files:
            connection.read_parquet(files, hive_partitioning=False).create_view("stored")
            connection.execute(
                "create view signed_fact as select *, cast(1 as smallint) as sign from stored "
                "union all by name select * from late"
            )
        else:
            connection.execute("create view signed_fact as select * from late")
        yield connection


def with_comments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add relation ``comment_event``: the log of comments."""
    files = [str(file) for file in Log(settings.lake_path).files("comment")]
    if files:
        connection.read_parquet(files, hive_partitioning=False).create_view("comment_event")
    else:
        connection.from_arrow(SCHEMAS["comment"].empty_table()).create_view("comment_event")


def parameters(first: date, last: date, where: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    """The parameters that every scan has: the days, and one value (or none) of each filter."""
    chosen = {name: (where or {}).get(name, "") for name in ("partner", "channel", "topic")}
    return {"first": first, "last": last, **chosen, **more}
