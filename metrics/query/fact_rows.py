"""Facts row by row, for what no cube can answer: drivers and comments. Within one scope, and it says so.

A database of its own for each question, in which only the files of that scope are ever named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from typing import Any

import duckdb

from lake.duck import connect
from lake.facts import create_view
from lake.log import SCHEMAS, VERSION, Log
from lake.manifest import Lake
from metrics.catalog.columns import FACT
from metrics.query.scope import Scope
from settings import Settings

MEMORY = "2GB"


@contextmanager
def facts_of(
    settings: Settings, scope: Scope, first: date, last: date, *, before: timedelta = timedelta(0)
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with relation ``fact``: the scope's facts from ``before`` the first day to the last."""
    lake = Lake(settings.lake_path)
    version, start = lake.version(), first - before
    partitions = [
        partition
        for key, partition in sorted(lake.partitions(version).items())
        if key.table == "contact" and scope.partner in (None, key.partner)
        if start.isoformat() <= key.day <= last.isoformat()
    ]
    with closing(connect(memory=MEMORY)) as connection:
        create_view(connection, "fact", lake, version, partitions=partitions, columns=FACT)
        yield connection


def with_comments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add relation ``comment_event``: the log of comments."""
    none = connection.from_arrow(SCHEMAS["comment"].append(VERSION).empty_table())
    none.create_view("no_comment")
    query = "from no_comment"
    if files := [str(file) for file in Log(settings.lake_path).files("comment")]:
        rows = connection.read_parquet(files, hive_partitioning=False, union_by_name=True)
        rows.create_view("stored_comment")
        query += " union all by name from stored_comment"
    connection.execute(
        f"create view comment_event as select * replace (coalesce(version, 0) as version) from ({query})"  # noqa: S608
    )


def parameters(first: date, last: date, where: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    """The parameters that every scan has: the days, and one value (or none) of each filter."""
    chosen = {name: (where or {}).get(name, "") for name in ("partner", "channel", "topic")}
    return {"first": first, "last": last, **chosen, **more}
