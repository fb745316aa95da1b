"""Opening a CSV file, a workbook or a Parquet file as a DuckDB relation of text columns.

Columns are called ``c0``, ``c1``, … in the file's order, whatever a stranger has named them; their names in
the file stand beside. Nothing is converted here, so nothing can be misread here: what was typed in the file
(a number or a time, not text) carries the mark ``TYPED``, so that a mapping's decimal mark and date format,
which are about text, leave it alone.
"""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import duckdb
from duckdb import ConstantExpression, Expression, FunctionExpression, SQLExpression

from data.files.mapping import BadUse, Mapping
from data.files.sources.encodings import utf16_without_mark
from data.files.sources.quotation import Dialect, Repair, repaired
from texts.messages import Said, quotes, say

TYPED = "⎖"  # a typed number's decimal mark, and what a typed time begins with
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 256 * 1024  # bytes looked at for the header
SHORT = 4_096  # bytes that tell a page from a table
SHOWN = 5  # examples in a note
LONGEST_NAME = 100  # characters of a file's name
BLOCK = 1024 * 1024  # characters transcoded at a time
UNPACKED = 20 << 30  # bytes of the file in an archive
WORKBOOK_PARTS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"  # and what Excel puts around a workbook with a password
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
    notes: tuple[Said, ...] = ()  # what was repaired, chosen or left out on the way

    def position(self, name: str) -> int | None:
        """Which column has this name: exactly, else where only case or white space differ."""
        for fold in (str, _fold):
            found = [place for place, each in enumerate(self.columns) if fold(each) == fold(name)]
            if len(found) > 1:
                raise BadUse(say("refusal.two_columns", columns=len(found), name=name))
            if found:
                return found[0]
        return None


def numbered(columns: list[str]) -> tuple[list[str], list[str]]:
    """The names with a number after each that was there before (``agent (2)``), and those that got one."""
    seen: dict[str, int] = {}
    taken = set(columns)
    made, again = [], []
    for name in columns:
        count = seen[name] = seen.get(name, 0) + 1
        unique = name
        while name and count > 1 and (unique == name or unique in taken):
            unique = f"{name} ({count})"
            count += 1
        made.append(unique)
        if unique != name:
            taken.add(unique)
            again.append(unique)
    return made, again


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


@contextmanager
def opened(connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping) -> Iterator[Source]:
    """The file as a :class:`Source`; what had to be written aside is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="svar-import-") as folder, unpacked(path) as (inner, notes):
        head = _head(inner, mapping)
        # Under a name of ours: brackets and stars in a file's name would be read as a pattern.
        plain = Path(folder) / "file"
        plain.symlink_to(inner.resolve())
        if head.startswith(b"PAR1"):
            source = _parquet(connection, plain, inner.name)
        elif is_workbook(inner):
            source = _workbook(connection, inner, mapping)
        else:
            source = _csv(connection, plain, inner.name, mapping, head)
        columns, again = numbered(source.columns)
        if again:
            source = replace(source, notes=(*source.notes, say("note.same_name", columns=quotes(again))))
        yield replace(source, columns=columns, notes=(*notes, *source.notes))


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, tuple[Said, ...]]]:
    """The only file of an archive, unpacked for as long as the block lasts; any other file as it is."""
    head = _first_bytes(path)
    if not head.startswith(b"PK\x03\x04") or is_workbook(path):
        yield path, ()
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise BadUse(say("refusal.cut_short", file=path.name)) from None
    with archive, tempfile.TemporaryDirectory(prefix="svar-archive-") as folder:
        parts = [part for part in archive.infolist() if not part.is_dir() and not _is_beside(part.filename)]
        if len(parts) != 1:
            names = quotes(part.filename for part in parts[:SHOWN])
            raise BadUse(say("refusal.archive", file=path.name, files=len(parts), names=names))
        (part,) = parts
        if part.file_size > UNPACKED:
            raise BadUse(say("refusal.too_large", file=path.name))
        inner = Path(folder) / (Path(part.filename).name[-LONGEST_NAME:] or "file")
        try:
            with archive.open(part) as packed, inner.open("wb") as plain:
                inner.chmod(0o600)
                _copy(packed, plain, part.file_size, path.name)
        except RuntimeError:
            raise BadUse(say("refusal.password", file=path.name)) from None
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error):
            raise BadUse(say("refusal.cut_short", file=path.name)) from None
        yield inner, (say("note.archive", file=part.filename, archive=path.name),)


def _copy(packed: IO[bytes], plain: IO[bytes], size: int, name: str) -> None:
    """Unpack no more than the archive says there is."""
    written = 0
    while block := packed.read(BLOCK):
        written += len(block)
        if written > size:
            raise BadUse(say("refusal.cut_short", file=name))
        plain.write(block)


def _is_beside(name: str) -> bool:
    """Whether a part of an archive is what a Mac puts beside every file."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook by its content, whatever its name."""
    head = _first_bytes(path)
    if head.startswith(OLD_WORKBOOK):
        return True
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not WORKBOOK_PARTS.isdisjoint(archive.namelist())
    except zipfile.BadZipFile:
        return path.suffix.lower() in {".xlsx", ".xlsm", ".xlsb", ".ods"}


def is_binary(path: Path) -> bool:
    """Whether the file says by its first bytes what it is, and is no text in an unknown encoding."""
    return _first_bytes(path).startswith((b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", OLD_WORKBOOK))


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise BadUse(say("refusal.unreadable", file=path.name, message=error.strerror)) from None


def _head(path: Path, mapping: Mapping) -> bytes:
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head.strip():
        raise BadUse(say("refusal.empty", file=path.name))
    if head.startswith((b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd")):
        raise BadUse(say("refusal.compressed", file=path.name))
    text = head[:SHORT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if re.match(rb"\{\s*(\"|\})|\[\s*[{\[]", text):
        raise BadUse(say("refusal.json", file=path.name))
    if re.match(rb"<(!doctype|html|table|head|body|meta|div)\b", text):
        raise BadUse(say("refusal.html", file=path.name))
    if re.match(rb"<[?a-z][^,;\t]*>", text):
        raise BadUse(say("refusal.xml", file=path.name))
    if utf16_without_mark(head) and "16" not in mapping.encoding:
        raise BadUse(say("refusal.utf16", file=path.name, encoding=utf16_without_mark(head)))
    return head


def _parquet(connection: duckdb.DuckDBPyConnection, plain: Path, name: str) -> Source:
    try:
        relation = connection.read_parquet(str(plain))
        lasting = _durations(plain)
        flat = list(_flat(relation.columns, list(map(str, relation.types))))
    except duckdb.Error as error:
        raise BadUse(say("refusal.no_parquet", file=name, message=first_line(error))) from None
    if nested := [column for column, _, kind in flat if re.match(r"(STRUCT|MAP|UNION)\(|.*\[\d*\]$", kind)]:
        raise BadUse(say("refusal.nested", file=name, columns=quotes(nested)))
    texts = [
        _typed(SQLExpression(place), kind, lasting.get(column)).alias(f"c{number}")
        for number, (column, place, kind) in enumerate(flat)
    ]
    return Source(relation.select(*texts), [column for column, _, _ in flat], 1, "parquet")


def _flat(columns: list[str], kinds: list[str]) -> Iterator[tuple[str, str, str]]:
    """Name, place in SQL and type of every column; the fields of a struct are columns such as ``call.id``."""
    for place, (name, kind) in enumerate(zip(columns, kinds, strict=True), 1):
        fields = re.fullmatch(r"STRUCT\((.*)\)", kind)
        plain = fields and not re.search(r"[()\[\]]", re.sub(r"DECIMAL\(\d+,\d+\)", "", fields[1]))
        if not fields or not plain:
            yield name, f"#{place}", kind
            continue
        parts = re.findall(r'("(?:[^"]|"")*"|\w+) ((?:DECIMAL\([^)]*\)|[^,])+)', fields[1])
        for number, (part, of_kind) in enumerate(parts, 1):
            yield f"{name}.{part.strip(chr(34))}", f"struct_extract_at(#{place}, {number})", of_kind.strip()


def _durations(plain: Path) -> dict[str, int]:
    """By column that Arrow calls a duration: how many of its units make a second."""
    import pyarrow.parquet as pq  # heavy, and few files are Parquet

    parts = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
    try:
        schema = pq.read_schema(plain)
    except (OSError, ValueError):  # a schema that Arrow does not know tells no durations
        return {}
    return {each.name: parts[each.type.unit] for each in schema if str(each.type).startswith("duration")}


def _typed(column: Expression, kind: str, a_second: int | None) -> Expression:
    if a_second is not None:
        seconds = FunctionExpression("/", column.cast("double"), ConstantExpression(float(a_second)))
        column, kind = seconds, "DOUBLE"
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
    from data.files.sources import workbook  # heavy, and few files are workbooks

    sheet = workbook.chosen(path, mapping.sheet)
    above = mapping.header_row + (mapping.rows_below_header if mapping.header_row else 0)
    with workbook.rows(path, sheet.name, mapping.header_row, above) as (columns, reader):
        if reader is None:
            place = {"sheet": sheet.name, "file": path.name, "row": mapping.header_row}
            raise BadUse(say("refusal.no_sheet_header", **place))
        connection.from_arrow(reader).create("workbook")
    used = [name for given in mapping.fields.values() for name in given.columns]
    workbook.refuse_unsaved(path, sheet, columns, used if mapping.fields else columns)
    shown = {"sheet": sheet.name}
    notes = tuple(workbook.notes(path, sheet))
    return Source(connection.table("workbook"), columns, above + 1, "xlsx", shown, notes)


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
    above = mapping.header_row + (mapping.rows_below_header if mapping.header_row else 0)
    repair = Repair()
    if mapping.quote:
        dialect = Dialect(delimiter.encode(), mapping.quote.encode(), len(columns))
        plain, repair = repaired(plain, dialect, head)
    relation = connection.read_csv(
        str(plain),
        columns={f"c{place}": "VARCHAR" for place in range(len(columns))},
        header=False,
        skiprows=above,
        sep=delimiter,
        quotechar=mapping.quote,
        escapechar=mapping.quote,
        auto_detect=False,
        store_rejects=True,
    )
    shown = {"encoding": encoding, "delimiter": delimiter}
    return Source(relation, columns, above + 1, "csv", shown, tuple(_repairs(repair)))


def _repairs(repair: Repair) -> Iterator[Said]:
    """What to say of quotation marks that were read as characters."""
    for line, lines in list(repair.strays.items())[:SHOWN]:
        yield say("note.stray_quote", line=line, lines=lines)
    if len(repair.strays) > SHOWN:
        yield say("note.stray_quotes", lines=len(repair.strays))
    if repair.partly:
        yield say("note.partly_quoted", lines=repair.partly)


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
        rows = cells(text, delimiter, mapping.quote)
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


def cells(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    """The rows of a CSV text, as far as it goes; ``quote`` may be nothing."""
    lines = text.splitlines(keepends=True)
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)


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
def readable(source: Source, name: str) -> Iterator[None]:
    """What the engine says of a file that is no table, in words for a person."""
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.InvalidInputException) and "CSV" in str(error):
            raise BadUse(say("refusal.unreadable", file=name, message=first_line(error))) from None
        if source.kind == "parquet" and (damage := _damage(source)):
            raise BadUse(say("refusal.no_parquet", file=name, message=damage)) from None
        raise


def _damage(source: Source) -> str:
    """Why the rows of a Parquet file cannot be read; "" where they can, so that the fault lies elsewhere."""
    try:
        source.relation.aggregate("max(columns(*))").fetchall()
    except duckdb.OutOfMemoryException:
        return ""
    except duckdb.Error as error:
        return re.sub(r'file "[^"]*"', "the file", first_line(error))
    return ""


def first_line(error: Exception) -> str:
    """The first line of an engine's message, which says what; the rest says where in its own terms."""
    return str(error).splitlines()[0].rstrip(".")
