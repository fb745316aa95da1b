"""Opening a CSV, XLSX or Parquet file as a DuckDB relation of text columns.

Columns are called ``c0``, ``c1``, … in the file's order, whatever a stranger has named them; their names in
the file stand beside. Nothing is converted here, so nothing can be misread here: what was typed in the file
(a number or a time, not text) carries the mark ``TYPED``, so that a mapping's decimal mark and date format,
which are about text, leave it alone.
"""

from __future__ import annotations

import codecs
import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from duckdb import ConstantExpression, Expression, FunctionExpression, SQLExpression

from data.mapping import BadUse, Mapping
from data.saying import Said, say

TYPED = "⎖"  # a typed number's decimal mark, and what a typed time begins with
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 256 * 1024  # bytes looked at for the header
BLOCK = 1024 * 1024  # characters transcoded at a time
csv.field_size_limit(2 * SAMPLE)  # what is looked at may be one long text
_MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]


@dataclass(frozen=True)
class Source:
    """An open file: text columns ``c0``… in ``relation``, their names in the file, and how it was read.

    Where a cell is empty the column is null.
    """

    relation: duckdb.DuckDBPyRelation
    columns: list[str]
    first_row: int  # of data, as a spreadsheet counts
    kind: str  # csv, xlsx or parquet
    read_as: dict[str, str] = field(default_factory=dict)  # encoding, delimiter, sheet

    def position(self, name: str) -> int | None:
        """Which column has this name: exactly, else where only case or white space differ."""
        for fold in (str, _fold):
            found = [place for place, each in enumerate(self.columns) if fold(each) == fold(name)]
            if len(found) > 1:
                raise BadUse(say("refusal.two_columns", columns=len(found), name=name))
            if found:
                return found[0]
        return None


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


@contextmanager
def opened(connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping) -> Iterator[Source]:
    """The file as a :class:`Source`; what had to be written aside is gone afterwards."""
    head = _head(path)
    with tempfile.TemporaryDirectory(prefix="svar-import-") as folder:
        # Under a name of ours: brackets and stars in a file's name would be read as a pattern.
        plain = Path(folder) / "file"
        plain.symlink_to(path.resolve())
        if head.startswith(b"PAR1"):
            yield _parquet(connection, plain, path.name)
        elif head.startswith(b"PK\x03\x04"):
            yield _workbook(connection, path, mapping)
        else:
            yield _csv(connection, plain, path.name, mapping, head)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE)
    except OSError as error:
        raise BadUse(say("refusal.unreadable", file=str(path), message=error.strerror)) from None
    if not head.strip():
        raise BadUse(say("refusal.empty", file=path.name))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadUse(say("refusal.old_workbook", file=path.name))
    if head.startswith(b"PK\x03\x04") and path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise BadUse(say("refusal.archive", file=path.name))
    if head.startswith((b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd")):
        raise BadUse(say("refusal.compressed", file=path.name))
    return head


def _parquet(connection: duckdb.DuckDBPyConnection, plain: Path, name: str) -> Source:
    try:
        relation = connection.read_parquet(str(plain))
    except duckdb.Error as error:
        raise BadUse(say("refusal.no_parquet", file=name, message=first_line(error))) from None
    texts = [
        _typed(SQLExpression(f"#{place + 1}"), str(kind)).alias(f"c{place}")
        for place, kind in enumerate(relation.types)
    ]
    return Source(relation.select(*texts), relation.columns, 1, "parquet")


def _typed(column: Expression, kind: str) -> Expression:
    text = column.cast("varchar")
    if kind.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        whole = FunctionExpression(
            "regexp_replace", text, ConstantExpression(r"\.0+$"), ConstantExpression("")
        )
        return FunctionExpression("replace", whole, ConstantExpression("."), ConstantExpression(TYPED))
    if kind.startswith(("TIMESTAMP", "DATE")):
        # `||` keeps a null a null, where concat would make it text.
        return FunctionExpression("||", ConstantExpression(TYPED), text)
    return FunctionExpression("nullif", text, ConstantExpression(""))


def _workbook(connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping) -> Source:
    from data.workbook import read_sheet  # heavy, and few files are workbooks

    sheet, columns, reader = read_sheet(path, mapping)
    connection.from_arrow(reader).create("workbook")
    return Source(connection.table("workbook"), columns, mapping.header_row + 1, "xlsx", {"sheet": sheet})


def _csv(
    connection: duckdb.DuckDBPyConnection, plain: Path, name: str, mapping: Mapping, head: bytes
) -> Source:
    encoding = _encoding(mapping, head)
    if encoding != "utf-8":
        plain = _transcoded(plain, name, encoding)
        with plain.open("rb") as file:
            head = file.read(SAMPLE)
    elif _ends_in_two_ways(plain):
        plain = _plain_lines(plain)
    delimiter, columns = _header(head, name, mapping)
    relation = connection.read_csv(
        str(plain),
        columns={f"c{place}": "VARCHAR" for place in range(len(columns))},
        header=False,
        skiprows=mapping.header_row,
        sep=delimiter,
        quotechar=mapping.quote,
        escapechar=mapping.quote,
        auto_detect=False,
        store_rejects=True,
    )
    shown = {"encoding": encoding, "delimiter": delimiter}
    return Source(relation, columns, mapping.header_row + 1, "csv", shown)


def _encoding(mapping: Mapping, head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    try:
        return codecs.lookup(mapping.encoding).name
    except LookupError:
        raise BadUse(say("refusal.no_encoding", encoding=mapping.encoding)) from None


def _transcoded(plain: Path, name: str, encoding: str) -> Path:
    copy = plain.with_name("utf-8")
    try:
        with (
            plain.open(encoding=encoding, newline="") as old,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            while block := old.read(BLOCK):
                new.write(block)
    except UnicodeError as error:
        raise BadUse(
            say("refusal.other_encoding", file=name, encoding=encoding, message=str(error))
        ) from None
    return copy


def _ends_in_two_ways(plain: Path) -> bool:
    """Whether some lines end as on Windows and some do not: two exports put together, or texts with lines."""
    # Whether there is any is seen ten times faster than how many there are, and most files have none.
    if not any(b"\r" in block for block in _blocks(plain)):
        return False
    returns = lines = 0
    for block in _blocks(plain):
        returns += block.count(b"\r")
        lines += block.count(b"\n")
    return 0 < returns != lines > 0


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _plain_lines(plain: Path) -> Path:
    """A copy in which every line ends alike, which the engine's reader insists on."""
    copy = plain.with_name("lines")
    with plain.open("rb") as old, copy.open("wb") as new:
        while block := old.read(BLOCK):
            if block.endswith(b"\r"):
                block += old.read(1)
            # A return that ends no line stands within a text: no line may end there.
            new.write(block.replace(b"\r\n", b"\n").replace(b"\r", b" "))
    return copy


def _header(head: bytes, name: str, mapping: Mapping) -> tuple[str, list[str]]:
    """The delimiter and the column names: of all delimiters the one that shows most of the mapped columns."""
    text = head.decode("utf-8-sig", errors="replace")
    wanted = {_fold(column) for given in mapping.fields.values() for column in given.columns}
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in [mapping.delimiter] if mapping.delimiter else DELIMITERS:
        rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quotechar=mapping.quote)
        columns: list[str] = []
        for _ in range(max(mapping.header_row, 1)):
            columns = next(rows, [])
        if mapping.header_row == 0:
            columns = [str(place + 1) for place in range(len(columns))]
        columns = [column.strip() for column in columns]
        fit = (len(wanted & {_fold(column) for column in columns}), len(columns))
        if best is None or fit > best[0]:
            best = fit, delimiter, columns
    if best is None or not any(best[2]):
        raise BadUse(say("refusal.no_header", file=name, row=mapping.header_row))
    return best[1], best[2]


def undecodable(path: Path) -> Said | None:
    """Where a file that should be UTF-8 is not; None when it is."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                near = line[max(0, error.start - 20) : error.start + 10]
                byte = f"{line[error.start]:02X}"
                return say("refusal.byte", byte=byte, row=number, near=repr(near))
    return None


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What the engine says of a file that is no table, in words for a person."""
    try:
        yield
    except duckdb.InvalidInputException as error:
        if "CSV" not in str(error):
            raise
        raise BadUse(say("refusal.unreadable", file=name, message=first_line(error))) from None


def first_line(error: Exception) -> str:
    """The first line of an engine's message, which says what; the rest says where in its own terms."""
    return str(error).splitlines()[0].rstrip(".")
