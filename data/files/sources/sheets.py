"""The sheets of a workbook, read in a process of its own.

``python -m data.sheets look FILE`` or ``python -m data.sheets rows FILE SHEET HEADER ABOVE``.

A small file can unpack to gigabytes, and no reader of workbooks stops by itself. Here the system does it:
what takes more memory or time than a workbook may ends this process, and not the one that asked.

``look`` prints one JSON document, a list of sheets. ``rows`` prints a line of JSON (the names of the columns
and what was filled) and then the rows below the header as an Arrow stream of text columns ``c0``, ``c1``, ….
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

TYPED = "⎖"  # as in data/files/sources/source.py
MEMORY = 3 << 30  # bytes of a process that reads a workbook
SECONDS = 600  # of CPU
UNPACKED = 4 << 30  # bytes of all parts: a full sheet of ten columns has half a gigabyte
CELLS = 60_000_000
BATCH = 10_000  # rows handed on at a time
LOOKED_AT = 15  # rows shown of a sheet
BLOCK, OVERLAP = 1 << 20, 1 << 12  # bytes of a sheet's XML looked at together

_HIDDEN = re.compile(rb'<row [^>]*\bhidden="(?:1|true)"')
_FORMULA_ALONE = re.compile(
    rb'<c r="([A-Z]+)\d+"[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


class TooLarge(ValueError):
    """A workbook that would take more than a workbook may."""


def look(path: Path) -> list[dict[str, Any]]:
    """Every sheet: its name, rows below the first filled one, whether it is shown, and its first rows.

    ``hidden`` counts rows that a filter or a person has hidden; ``unsaved`` are the numbers of columns with
    formulas whose values the file does not hold.
    """
    made = []
    book = _opened(path)
    parts = _parts(path)
    for sheet in book.sheets_metadata:
        table = _table(book, sheet.name)
        head = [[text_of(cell) or "" for cell in row] for row in islice(table.iter_rows(), LOOKED_AT)]
        hidden, unsaved = _marks(path, parts.get(sheet.name, ""))
        first = (table.start or (0, 0))[1]
        made.append(
            {
                "name": sheet.name,
                "rows": max(0, table.height - 1),
                "shown": sheet.visible == SheetVisibleEnum.Visible,
                "head": head,
                "hidden": hidden,
                "unsaved": sorted({column - first for column in unsaved}),
            }
        )
    return made


def rows(path: Path, name: str, header_row: int, above: int) -> None:
    """Write the columns' names and the rows below the first ``above`` to standard output."""
    import pyarrow as pa

    table = _table(_opened(path), name)
    lines = _filled_down(table)
    header: list[Any] = []
    if header_row:
        header = [(text_of(cell) or "").strip() for cell in _nth(lines, header_row)]
        while header and not header[-1]:
            header.pop()
        _nth(lines, above - header_row)
    else:
        header = [str(place + 1) for place in range(table.width)]
    out = sys.stdout.buffer
    out.write(json.dumps({"columns": header}).encode() + b"\n")
    if not header:
        return
    schema = pa.schema([(f"c{place}", pa.string()) for place in range(len(header))])
    with pa.ipc.new_stream(out, schema) as stream:
        while block := list(islice(lines, BATCH)):
            texts = [[text_of(cell) for cell in row[: len(header)]] for row in block]
            columns = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
            stream.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _nth(lines: Iterator[list[Any]], number: int) -> list[Any]:
    taken = [*islice(lines, number)]
    return taken[-1] if len(taken) == number > 0 else []


def _filled_down(table: CalamineSheet) -> Iterator[list[Any]]:
    """The rows, where a cell that was merged over several rows says the same in each."""
    left = (table.start or (0, 0))[1]
    merged = {
        (row, column - left): end_row
        for (row, column), (end_row, _) in table.merged_cell_ranges or []
        if end_row > row and column >= left
    }
    columns = {column for _, column in merged}
    held: dict[int, tuple[int, Any]] = {}  # by column: the last row of what is merged there, and its value
    for number, row in enumerate(table.iter_rows()):
        for column in columns:
            if (number, column) in merged:
                held[column] = merged[number, column], row[column]
            elif column in held and number <= held[column][0]:
                row[column] = held[column][1]
        yield row


def text_of(cell: Any) -> str | None:  # noqa: PLR0911 one for each type
    """A cell as text. Typed numbers and times are marked, so that no mapping takes them for text.

    A midnight is a date: what a workbook holds is the same for both, and few contacts end at that second.
    """
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell).replace(".", TYPED)
    if isinstance(cell, datetime):
        return TYPED + cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return TYPED + cell.isoformat()
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(cell, time):
        return cell.isoformat(timespec="seconds")
    return None if cell is None else str(cell) or None


def _opened(path: Path) -> CalamineWorkbook:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED:
                raise TooLarge
    with path.open("rb") as file:  # so that its content tells what it is, not its name
        return CalamineWorkbook.from_filelike(file)


def _table(book: CalamineWorkbook, name: str) -> CalamineSheet:
    table = book.get_sheet_by_name(name)
    if table.height * table.width > CELLS:
        raise TooLarge
    return table


def _parts(path: Path) -> dict[str, str]:
    """Where in an XLSX file each sheet's XML lies, by its name."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        try:
            book = archive.read("xl/workbook.xml").decode(errors="replace")
            links = archive.read("xl/_rels/workbook.xml.rels").decode(errors="replace")
        except KeyError:
            return {}
    targets = {}
    for link in re.findall(r"<Relationship\b[^>]*>", links):
        told = _attributes(link)
        targets[told.get("Id", "")] = "xl/" + told.get("Target", "").removeprefix("/xl/")
    sheets = map(_attributes, re.findall(r"<sheet\b[^>]*>", book))
    return {_plain(each.get("name", "")): targets.get(each.get("r:id", ""), "") for each in sheets}


def _attributes(tag: str) -> dict[str, str]:
    return {name: value for name, _, value in re.findall(r"""([\w:]+)=(["'])(.*?)\2""", tag)}


def _plain(text: str) -> str:
    from html import unescape

    return unescape(text)


def _marks(path: Path, part: str) -> tuple[int, set[int]]:
    """Rows that are hidden in a sheet's XML, and columns with formulas that have no value."""
    hidden, unsaved, tail = 0, set(), b""
    if not part:
        return 0, set()
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return 0, set()
        with archive.open(part) as xml:
            while block := xml.read(BLOCK):
                # A tag that the last block began is looked at with its end, and none twice.
                text = tail + block
                cut = len(text) if len(block) < BLOCK else max(text.rfind(b"<c "), text.rfind(b"<row "), 0)
                cut = cut or len(text)
                hidden += len(_HIDDEN.findall(text, 0, cut)) if b"hidden=" in text else 0
                if b"<f" in text:
                    unsaved |= {_number(found[1]) for found in _FORMULA_ALONE.finditer(text, 0, cut)}
                tail = text[cut:][-OVERLAP:]
    return hidden, unsaved


def _number(letters: bytes) -> int:
    """The place of a column such as AB, from 0."""
    place = 0
    for letter in letters:
        place = 26 * place + letter - ord("A") + 1
    return place - 1


def main(arguments: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = Path(arguments[1])
    try:
        if arguments[0] == "look":
            sys.stdout.write(json.dumps(look(path)))
        else:
            rows(path, arguments[2], int(arguments[3]), int(arguments[4]))
    except (TooLarge, MemoryError):
        print("too large", file=sys.stderr)
        return 3
    except (CalamineError, zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        print(str(error).splitlines()[0] if str(error) else type(error).__name__, file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
