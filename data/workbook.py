"""Reading a sheet of an XLSX workbook, row by row in bounded memory (a sheet has at most 1,048,576 rows)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from data.mapping import BadUse, Mapping
from data.saying import say

TYPED = "⎖"  # as in data/reading.py
BATCH = 10_000  # rows handed on at a time


def read_sheet(path: Path, mapping: Mapping) -> tuple[str, list[str], pa.RecordBatchReader]:
    """The sheet's name, its column names, and its rows as text columns ``c0``, ``c1``, …"""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise BadUse(say("refusal.no_workbook", file=path.name, message=str(error))) from None
    if mapping.sheet and mapping.sheet not in book.sheetnames:
        raise BadUse(say("refusal.no_sheet", file=path.name, sheet=mapping.sheet, sheets=book.sheetnames))
    sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
    rows = sheet.iter_rows()
    header: list[Any] = []
    for _ in range(max(mapping.header_row, 1)):
        header = [cell_text(cell) for cell in next(rows, ())]
    if mapping.header_row == 0:
        columns = [str(place + 1) for place in range(len(header))]
        rows = sheet.iter_rows()
    else:
        columns = [(name or "").strip() for name in header]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise BadUse(
            say("refusal.no_sheet_header", sheet=sheet.title, file=path.name, row=mapping.header_row)
        )
    schema = pa.schema([(f"c{place}", pa.string()) for place in range(len(columns))])
    return sheet.title, columns, pa.RecordBatchReader.from_batches(schema, _batches(rows, schema))


def _batches(rows: Iterator[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    width = len(schema)
    while block := list(islice(rows, BATCH)):
        texts = [[cell_text(cell) for cell in row[:width]] for row in block]
        full = [row + [None] * (width - len(row)) for row in texts]
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, pa.string()) for column in zip(*full, strict=True)], schema=schema
        )


def cell_text(cell: Any) -> str | None:
    """A cell as text. Typed numbers and times are marked, so that no mapping takes them for text."""
    value = cell.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value).replace(".", TYPED)
    if isinstance(value, datetime | date):
        return TYPED + _moment_text(value, cell.number_format)
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    return None if value is None else str(value) or None


def _moment_text(value: datetime | date, number_format: str) -> str:
    # A date comes as a time at midnight: only the cell's format tells which is meant.
    if isinstance(value, datetime) and (value.time() != time() or "h" in number_format.lower()):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat()[:10]
