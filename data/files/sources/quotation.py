"""Quotation marks of a CSV file that are text, not the beginning of a value: found and repaired.

A mark that nobody closed makes one value of all the lines up to the next one, without a word. Lines that
look like rows were rows: the mark is then read as a character. So are marks around a part of a value, as in
``"Kari" <100>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = 1 << 20  # bytes
FEW = 3  # lines: so many must also begin as rows do
NEARLY_ALL = 0.8  # of the lines that a mark would swallow, that look like rows


@dataclass
class Repair:
    """What was read otherwise than it is written."""

    strays: dict[int, int] = field(default_factory=dict)  # by line: how many would have gone into one value
    partly: int = 0  # lines with values that are quoted in part


@dataclass(frozen=True)
class Dialect:
    """Bytes that part the values of a line and that stand around them, and how many values a line has."""

    delimiter: bytes
    quote: bytes
    width: int

    @property
    def partly(self) -> re.Pattern[bytes]:
        """A value that goes on after its closing mark."""
        d, q = re.escape(self.delimiter), re.escape(self.quote)
        return re.compile(rb"(?:^|%s)%s[^%s]*%s[^%s%s\r\n]" % (d, q, q, q, d, q), re.MULTILINE)


def repaired(path: Path, dialect: Dialect, head: bytes) -> tuple[Path, Repair]:
    """The file, or a copy beside it in which every mark stands where it may; and what was repaired."""
    repair = Repair()
    if dialect.width < 2 or not _any(path, dialect.quote):
        return path, repair
    repair.strays = _strays(path, dialect) if _has_odd_line(path, dialect.quote) else {}
    partly = dialect.partly if dialect.partly.search(head) else None
    if not repair.strays and not partly:
        return path, repair
    copy = path.with_name("quotation")
    with path.open("rb") as old, copy.open("wb") as new:
        for number, line in enumerate(old, 1):
            odd = partly is not None and dialect.quote in line and partly.search(line) is not None
            made = _rewritten(line, dialect) if odd or number in repair.strays else line
            repair.partly += made != line and number not in repair.strays
            new.write(made)
    return copy, repair


def _any(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return any(mark in block for block in iter(lambda: file.read(1 << 20), b""))


def _has_odd_line(path: Path, quote: bytes) -> bool:
    """Whether a line has an odd number of marks: hardly any has, and many are seen at once faster."""
    import numpy as np  # heavy, and most files have no quotation marks

    rest = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = rest + block
            signs = np.frombuffer(text, dtype=np.uint8)
            ends = np.flatnonzero(signs == ord("\n"))
            marks = np.flatnonzero(signs == quote[0])
            lines = np.searchsorted(ends, marks)
            whole = lines[lines < len(ends)]
            if np.any(np.bincount(whole) & 1):
                return True
            rest = text[ends[-1] + 1 :] if len(ends) else text
            if len(rest) > BLOCK:
                return True  # no line of a table is so long, unless a mark has swallowed others
    return bool(rest.count(quote) % 2)


def _strays(path: Path, dialect: Dialect) -> dict[int, int]:
    """Lines with a mark that swallows rows, and how many lines it would put into one value."""
    found: dict[int, int] = {}
    quote = dialect.quote
    with path.open("rb") as file:
        number = offset = 0
        open_at: tuple[int, int, bytes] | None = None  # line, where the next begins, and its text
        below: list[int] = [0, 0, 0]  # lines below, those like rows, those that begin as rows do
        while True:
            line = file.readline()
            number, offset = number + 1, offset + len(line)
            closes = not line
            if quote in line and line.count(quote) % 2:
                if open_at is None:
                    if number > 1 and _begins_a_value(line, dialect):
                        open_at, below = (number, offset, line), [0, 0, 0]
                    continue
                closes = True
            if open_at is None:
                if not line:
                    return found
                continue
            if line.strip():
                alike = line.count(dialect.delimiter) == dialect.width - 1
                below[0] += 1
                below[1] += alike
                below[2] += alike and _shape(line, dialect) == _shape(open_at[2], dialect)
            if not closes:
                continue
            if _are_rows(open_at[2], below, dialect, ended=not line):
                found[open_at[0]] = below[0]
                number, offset = open_at[0], open_at[1]
                file.seek(offset)
            elif not line:
                return found
            open_at = None


def _begins_a_value(line: bytes, dialect: Dialect) -> bool:
    return line.startswith(dialect.quote) or dialect.delimiter + dialect.quote in line


def _are_rows(first: bytes, below: list[int], dialect: Dialect, *, ended: bool) -> bool:
    lines, alike, begun = below
    if first.count(dialect.delimiter) < dialect.width - 1:
        return False
    if ended:  # the end of the file closes nothing
        return True
    if lines <= FEW or dialect.width == 2:
        return lines > 0 and begun == lines
    return alike >= NEARLY_ALL * lines


def _shape(line: bytes, dialect: Dialect) -> bytes:
    """How the first two values of a line are written: digits as 9, letters as a."""
    cells = dialect.delimiter.join(line.split(dialect.delimiter)[:2])
    return re.sub(rb"[a-z]+", b"a", re.sub(rb"[0-9]+", b"9", cells.strip().lower()))


def _rewritten(line: bytes, dialect: Dialect) -> bytes:
    """The line with marks around every value that holds one; as it is where that makes no row."""
    body = line.rstrip(b"\r\n")
    d, q = re.escape(dialect.delimiter), re.escape(dialect.quote)
    whole = rb"%s(?:[^%s]|%s%s)*%s(?=%s|$)" % (q, q, q, q, q, d)
    for plain in (rb"(?:%s[^%s]*%s|[^%s])*?(?=%s|$)" % (q, q, q, d, d), rb"[^%s]*" % d):
        values = _values(body, re.compile(rb"(%s)|(%s)" % (whole, plain)), dialect)
        if len(values) == dialect.width:
            return dialect.delimiter.join(values) + line[len(body) :]
    return line


def _values(body: bytes, value: re.Pattern[bytes], dialect: Dialect) -> list[bytes]:
    values, at, quote = [], 0, dialect.quote
    while (found := value.match(body, at)) is not None:
        text = found[0]
        bare = found[1] is None and quote in text
        values.append(quote + text.replace(quote, quote * 2) + quote if bare else text)
        at = found.end()
        if at >= len(body):
            break
        at += len(dialect.delimiter)
    return values
