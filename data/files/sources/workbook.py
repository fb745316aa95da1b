"""Workbooks (XLSX, XLS, XLSB, ODS): which sheets there are, and the rows of one of them.

The reading itself is done by a process of its own (``data/files/sources/sheets.py``), which has limits and
can be ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from data.files.mapping import BadUse
from settings import PROJECT_ROOT
from texts.messages import Said, quotes, say

TOO_LARGE = 3  # how data/files/sources/sheets.py ends then
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STARTED_S = 900


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, as far as it is told without reading it all."""

    name: str
    rows: int
    shown: bool
    head: tuple[tuple[str, ...], ...]
    hidden: int  # rows
    unsaved: tuple[int, ...]  # places of columns with formulas that have no value

    @property
    def called(self) -> str:
        """Its name and size in words."""
        return str(say("note.sheet", sheet=self.name, rows=self.rows))


def sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook in its order. ``BadUse`` where it cannot be read."""
    stat = path.stat()
    return list(_sheets(path, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=8)
def _sheets(path: Path, _changed: int, _size: int) -> tuple[Sheet, ...]:
    process = _process("look", str(path.resolve()))
    try:
        told, complaint = process.communicate(timeout=_STARTED_S)
    except subprocess.TimeoutExpired:
        complaint = b""
    finally:
        process.kill()
    if process.wait():
        raise BadUse(_refusal(path, process.returncode, complaint))
    return tuple(
        Sheet(**each | {"head": tuple(map(tuple, each["head"])), "unsaved": tuple(each["unsaved"])})
        for each in json.loads(told)
    )


def chosen(path: Path, name: str) -> Sheet:
    """The sheet of this name; without one the first that is shown and has rows."""
    there = sheets(path)
    if name:
        found = [sheet for sheet in there if sheet.name == name]
        if not found:
            names = [sheet.called for sheet in there]
            raise BadUse(say("refusal.no_sheet", file=path.name, sheet=name, sheets=names))
        return found[0]
    if not there:
        raise BadUse(say("refusal.empty", file=path.name))
    return next((sheet for sheet in there if sheet.shown and sheet.rows), there[0])


def notes(path: Path, sheet: Sheet) -> list[Said]:
    """What the workbook has besides the rows of the sheet, or has hidden in it."""
    told = []
    others = [
        say("note.hidden_sheet", sheet=each.called) if not each.shown else each.called
        for each in sheets(path)
        if each.name != sheet.name
    ]
    if others:
        told.append(say("note.other_sheets", sheet=sheet.called, others=others))
    if not sheet.shown:
        told.append(say("note.sheet_is_hidden", sheet=sheet.called))
    if sheet.hidden:
        told.append(say("note.hidden_rows", rows=sheet.hidden, sheet=sheet.name))
    return told


def refuse_unsaved(path: Path, sheet: Sheet, columns: list[str], used: list[str]) -> None:
    """Refuse a sheet where a column that is used holds formulas without their values."""
    blank = [columns[place] for place in sheet.unsaved if place < len(columns) and columns[place] in used]
    if blank:
        raise BadUse(say("refusal.formulas", file=path.name, columns=quotes(blank)))


@contextmanager
def rows(
    path: Path, sheet: str, header_row: int, above: int
) -> Iterator[tuple[list[str], pa.RecordBatchReader | None]]:
    """The names of the columns, and the rows below the first ``above`` as text columns ``c0``, ``c1``, ….

    The reading ends with the block.
    """
    process = _process("rows", str(path.resolve()), sheet, str(header_row), str(above))
    assert process.stdout is not None  # noqa: S101 it is a pipe
    assert process.stderr is not None  # noqa: S101
    try:
        first = process.stdout.readline()
        if not first:
            complaint = process.stderr.read()
            raise BadUse(_refusal(path, process.wait(), complaint))
        columns = json.loads(first)["columns"]
        try:
            yield columns, pa.ipc.open_stream(process.stdout) if columns else None
        except pa.ArrowInvalid:
            raise BadUse(_refusal(path, process.wait(), process.stderr.read())) from None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def _process(*arguments: str) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SVAR_")}
    return subprocess.Popen(  # noqa: S603 this program, and a file by its path
        [sys.executable, "-m", "data.files.sources.sheets", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=PROJECT_ROOT,
        env=inherited,
    )


def _refusal(path: Path, code: int, complaint: bytes) -> Said:
    with path.open("rb") as file:
        head = file.read(1 << 20)
    if ENCRYPTED in head or (head.startswith(b"\xd0\xcf\x11\xe0") and path.suffix.lower() == ".xlsx"):
        return say("refusal.password", file=path.name)
    if code < 0 or code == TOO_LARGE:
        return say("refusal.too_large", file=path.name)
    message = complaint.decode(errors="replace").strip().splitlines()
    if b"assword" in complaint:
        return say("refusal.password", file=path.name)
    if head.startswith(b"PK") and not zipfile.is_zipfile(path):
        return say("refusal.cut_short", file=path.name)
    return say("refusal.no_workbook", file=path.name, message=message[-1] if message else str(code))
