"""Where the header of a file is: exports often begin with a title or an empty line, and some have none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from data.files.sources.source import DELIMITERS, SAMPLE, cells, is_workbook

LOOKED_AT = 15  # rows


@dataclass(frozen=True)
class Header:
    """The row of the header, from 1 (0: there is none), and how many rows below it are no data either."""

    row: int
    below: int = 0


def header_row(path: Path, encoding: str) -> int:
    """The row of the header, from 1: the first of the widest whose cells are all words. 0: there is none."""
    return header(first_rows(path, encoding)).row


def first_rows(path: Path, encoding: str, sheet: str = "") -> list[list[str]]:
    """The first rows of a file as they are, none of a Parquet file."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head.startswith(b"PAR1"):
        return []
    if is_workbook(path):
        from data.files.sources import workbook  # heavy, and few files are workbooks

        return [list(row) for row in workbook.chosen(path, sheet).head]
    return _csv(head, encoding)


def header(rows: list[list[str]]) -> Header:
    """Where the header is among the first rows of a file."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(widths[1:] or widths, default=0)
    if rows and widths[0] >= 0.7 * widest and _is_data(rows):
        return Header(0)
    for number, (row, width) in enumerate(zip(rows, widths, strict=True), 1):
        if width >= max(2, 0.7 * widest) and not any(map(_is_value, row)):
            return Header(number, _questions(rows[number:]))
    return Header(1)


def _is_data(rows: list[list[str]]) -> bool:
    """Whether the first row is one like those below: it has values where they have values, and nowhere else.

    In a header a value is an oddity, and above values stand words.
    """
    first, below = rows[0], rows[1:]
    if not below or not any(map(_is_value, first)):
        return False
    for place, cell in enumerate(first):
        under = [row[place] for row in below if place < len(row) and row[place].strip()]
        values = sum(map(_is_value, under))
        if _is_value(cell) and under and 2 * values < len(under):
            return False
        if cell.strip() and not _is_value(cell) and len(under) > 1 and values == len(under):
            return False
    return True


def _questions(rows: list[list[str]]) -> int:
    """How many rows below a header are no data: questions, possible answers, names for programs."""
    marked = [place for place, row in enumerate(rows[:3], 1) if any('{"ImportId"' in cell for cell in row)]
    if marked:
        return marked[-1]
    for count in (2, 1):
        under = rows[count:]
        if len(under) < 3:
            continue
        width = max(map(len, under))
        told = [
            place
            for place in range(width)
            if all(place < len(row) and _is_value(row[place]) for row in under)
        ]
        above = [row[place] for row in rows[:count] for place in told if place < len(row)]
        last = [rows[count - 1][place] for place in told if place < len(rows[count - 1])]
        if len(told) > 1 and last and not any(map(_is_value, above)):
            return count
    return 0


def single_quoted(path: Path, encoding: str, header: int) -> bool:
    """Whether the rows of a CSV file have single quotation marks around values instead of double ones."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head.startswith(b"PAR1") or is_workbook(path) or b'"' in head:
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
        for row in cells(text, delimiter, '"'):
            rows.append(row)
            if len(rows) == LOOKED_AT:
                break
        if max(map(len, rows), default=0) > max(map(len, best), default=0):
            best = rows
    return best


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or begins with a date: no name of a column."""
    if re.match(r"⎖?\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b", cell.strip()):
        return True
    try:
        float(cell.replace(",", ".").replace("⎖", "."))
    except ValueError:
        return False
    return True
