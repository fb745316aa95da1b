"""Where the header of a file is: exports often begin with a title or an empty line, and some have none."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from data.reading import DELIMITERS, SAMPLE

LOOKED_AT = 15  # rows


def header_row(path: Path, encoding: str) -> int:
    """The row of the header, from 1: the first of the widest whose cells are all words. 0: there is none."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head.startswith(b"PAR1"):
        return 1
    rows = _workbook(path) if head.startswith(b"PK\x03\x04") else _csv(head, encoding)
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(widths[1:] or widths, default=0)
    for number, (row, width) in enumerate(zip(rows, widths, strict=True), 1):
        if width >= max(2, 0.7 * widest) and not any(map(_is_value, row)):
            return number
    # In a header a value is an oddity; in a file of values alone it stands where the next rows have theirs.
    alike = [[bool(_is_value(cell)) for cell in row] for row in rows[:3]]
    return 0 if len(rows) > 1 and any(alike[0]) and all(each == alike[0] for each in alike) else 1


def single_quoted(path: Path, encoding: str, header: int) -> bool:
    """Whether the rows of a CSV file have single quotation marks around values instead of double ones."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head.startswith((b"PAR1", b"PK\x03\x04")) or b'"' in head:
        return False
    rows = [row for row in _csv(head, encoding)[header:] if len(row) > 1]
    # Counted apart, as a value may hold the delimiter.
    begun = [sum(cell.startswith("'") for cell in row) for row in rows]
    ended = [sum(cell.endswith("'") for cell in row) for row in rows]
    return bool(rows) and all(begun) and begun == ended


def _csv(head: bytes, encoding: str) -> list[list[str]]:
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if marked else "utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    best: list[list[str]] = []
    for delimiter in DELIMITERS:
        rows = []
        for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter):
            rows.append(row)
            if len(rows) == LOOKED_AT:
                break
        if max(map(len, rows), default=0) > max(map(len, best), default=0):
            best = rows
    return best


def _workbook(path: Path) -> list[list[str]]:
    import openpyxl  # heavy, and few files are workbooks

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(max_row=LOOKED_AT, values_only=True)
    found = [["" if cell is None else str(cell) for cell in row] for row in rows]
    book.close()
    return found


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or begins with a date: no name of a column."""
    if re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b", cell.strip()):
        return True
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
