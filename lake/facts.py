"""Which rows of the files of facts count.

A build writes the facts of a partner's month that it has made as one file. A day that is made anew later
lies in another file; its former rows stay where they are and no longer count: the manifest names the file and
the day as superseded.
"""

# ruff: noqa: S608 — only names of parameters or variables go into the text.
from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from lake.manifest import Lake, Partition, Version


def counted_rows(
    files: Iterable[str], superseded: Iterable[tuple[str, date]], placeholder: str = "${}"
) -> tuple[str, dict[str, Any]]:
    """Return a query of the rows of some files that count, and the values that it needs; "" for no files.

    ``superseded`` has the files and days that do not count, of these files and perhaps of others.
    ``placeholder`` says how the query names a value.
    """
    chosen = dict.fromkeys(files)
    left_out = [(file, day) for file, day in superseded if file in chosen]
    partly = list(dict.fromkeys(file for file, _ in left_out))
    wholly = [file for file in chosen if file not in set(partly)]
    queries: list[str] = []
    values: dict[str, Any] = {}
    if wholly:
        values["files"] = wholly
        queries.append(f"from read_parquet({placeholder.format('files')}, hive_partitioning = false)")
    if partly:
        values |= {
            "files_in_part": partly,
            "superseded_files": [file for file, _ in left_out],
            "superseded_days": [day for _, day in left_out],
        }
        names = [placeholder.format(name) for name in list(values)[-3:]]
        queries.append(
            f"""select * exclude (filename)
            from read_parquet({names[0]}, hive_partitioning = false, filename = true)
            where (filename, day) not in (select unnest({names[1]}), unnest({names[2]}))"""
        )
    return " union all ".join(queries), values


def create_view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    lake: Lake,
    version: Version,
    *,
    partitions: Iterable[Partition],
    columns: pa.Schema,
) -> None:
    """Create or replace a view of the facts of some partitions of a version, which may be none."""
    chosen = {each.key: each for each in partitions}
    files = [file for each in chosen.values() for file in each.files]
    others = [
        (file, date.fromisoformat(key.day))
        for key, each in lake.readable_partitions(version).items()
        if key not in chosen
        for file in each.files
    ]
    left_out = [*lake.superseded(version), *((str(lake.path / file), day) for file, day in others)]
    query, values = counted_rows(
        [str(lake.path / file) for file in files], left_out, f"getvariable('{name}_{{}}')"
    )
    for variable, value in values.items():
        connection.execute(f"set variable {name}_{variable} = $value", {"value": value})
    if query:
        connection.execute(f"create or replace view {name} as {query}")
    else:
        connection.from_arrow(columns.empty_table()).create_view(name, replace=True)
