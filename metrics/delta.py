"""The delta of a version: signed rows on top of its base, which every version has anew.

In Arrow's own file format. A delta is read by everybody as soon as it is there and lives for minutes;
Parquet would take several times as long both ways for a file that is smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from metrics.lake import Lake, Version, keep_rows
from metrics.shape import signed_schema

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def keep_delta(lake: Lake, rows: pa.Table, name: str) -> str:
    """Write the delta of a version to be, durably; its file, relative to the lake, "" for no rows."""
    return keep_rows(lake, rows, f"delta/{name}.arrow", _write)


def _write(rows: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema, options=_OPTIONS) as out:
        out.write_table(rows)


def read_delta(
    lake: Lake, version: Version, columns: Sequence[str] | None = None, *, partner: str | None = None
) -> pa.Table:
    """The rows of a version's delta: of all partners or of one, with all columns or some."""
    if not version.delta:
        none = signed_schema().empty_table()
        return none if columns is None else none.select(columns)
    with pa.memory_map(str(lake.path / version.delta)) as source:
        options = pa.ipc.IpcReadOptions()
        if columns is not None:
            there = pa.ipc.open_file(source).schema
            wanted = {*columns, "partner"}
            options.included_fields = [there.get_field_index(name) for name in wanted]
        rows = pa.ipc.open_file(source, options=options).read_all()
    if partner is not None:
        rows = rows.filter(pc.equal(rows.column("partner"), partner))
    return rows if columns is None else rows.select(columns)
