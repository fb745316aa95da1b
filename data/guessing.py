"""Proposing a mapping for a stranger's file, for a person to edit: what was concluded, and every doubt.

Nothing here decides an import. Where the values allow two readings the proposal leaves the choice open, so
that the import goes on refusing until a person has chosen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from data import noticing
from data.dating import Moment, moments
from data.duck import connect
from data.layout import header_row
from data.mapping import BadUse, Mapping
from data.noticing import NAMES, Line, quoted
from data.reading import Source, opened, readable, undecodable
from data.sampling import Column, aggregate, look
from data.timing import DURATIONS, Timing
from data.writing import Writer

MISSING = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "NaT", "-", "--", "---", "?", "#N/A",
           "#VALUE!", "#REF!", "#DIV/0!", "(blank)", "(null)")  # fmt: skip
FLAGS = ("self_service_first", "hit")


@dataclass
class Proposal:
    """A mapping as TOML text, and what a person should look at."""

    toml: str
    doubts: list[str] = field(default_factory=list)


def propose(path: Path, zone: str) -> Proposal:
    """Look at a file's rows and propose a mapping. ``BadUse`` where nothing can be proposed.

    ``zone`` is the installation's time zone, in which times are read that tell none.
    """
    encoding, doubts = "utf-8", []
    head = path.read_bytes()[:4] if path.is_file() else b""
    if not head.startswith((b"PAR1", b"PK", b"\xff\xfe", b"\xfe\xff")) and path.is_file():
        wrong = undecodable(path)
        if wrong:
            encoding = "cp1252"
            doubts.append(f"The file is not UTF-8 ({wrong}); Western Windows (cp1252) is assumed.")
    row = header_row(path, encoding) if path.is_file() else 1
    if row > 1:
        doubts.append(f"The header seems to be in row {row}.")
    with connect(memory="1GB") as connection:
        reading = Mapping(by_name=True, encoding=encoding, header_row=row)
        with opened(connection, path, reading) as source, readable(path.name):
            guess = _Guess(source, look(source, draw=True), reading, doubts, ZoneInfo(zone))
            return guess.made(path.name)


class _Guess:
    """One proposal in the making."""

    def __init__(
        self, source: Source, columns: list[Column], reading: Mapping, doubts: list[str], zone: ZoneInfo
    ) -> None:
        self.source, self.reading, self.doubts, self.zone = source, reading, doubts, zone
        self.taken: set[str] = set()
        self.lines: dict[str, str] = {}
        self.found: dict[str, Column] = {}
        self.told: dict[str, list[str]] = defaultdict(list)  # doubts by field
        words = {cell for column in columns for cell in set(column.cells)}
        self.missing = [text for text in MISSING if text in words]
        self.columns = [column.without({*self.missing}) for column in columns]

    def made(self, file: str) -> Proposal:
        if totals := [column for column in self.columns if column.tells_totals]:
            raise BadUse(aggregate(totals))
        for name in DURATIONS:
            self._named(name)
        times = moments([column for column in self.columns if column.name not in self.taken])
        self.taken.update(column.name for moment in times for column in moment.columns)
        for name in NAMES:
            if name not in DURATIONS:
                self._named(name)
        timing = Timing(self.found, self.lines, self.told, self.doubts, self.zone)
        timing.tell(times)
        self._id(times)
        writer = Writer(file, self.source, self.reading, self.missing, elsewhere=timing.elsewhere)
        toml = writer.toml(self.columns, self.lines, self.told, self.doubts)
        return Proposal(toml, [*self.doubts, *(doubt for each in self.told.values() for doubt in each)])

    def _named(self, name: str) -> None:
        """The column that is called like the field and whose values can be it."""
        fits = []
        for column in self.columns:
            called = noticing.bare_name(column)[0] if name in DURATIONS else column.words
            if column.name not in self.taken and column.texts and re.fullmatch(NAMES[name], called):
                fits.append(column)
        if name == "contact_id":
            self.ids = fits
            return
        left_out: list[str] = []
        for column in fits:
            line = self._line(name, column)
            if line.toml is None:
                left_out += line.doubts
                continue
            if others := [each.name for each in fits if each is not column]:
                line.doubts.append(f"{name}: {column.name} was chosen; it could also be {', '.join(others)}.")
            self._take(name, column, line)
            return
        self.told[name] += left_out

    def _line(self, name: str, column: Column) -> Line:
        if name in DURATIONS or name == "score":
            tidy, odd = noticing.tidied(column)
            line = noticing.score(tidy) if name == "score" else noticing.duration(name, tidy)
            if odd and line.toml:
                line.doubts.append(f"{name}: {', '.join(map(repr, odd[:3]))} cannot be read; such rows go.")
            return line
        if name in FLAGS:
            return noticing.flag(name, column)
        makers = {
            "channel": noticing.channel,
            "language": noticing.language,
            "answered": noticing.answered,
            "hit_value": noticing.amount,
            "customer_id": noticing.customer,
        }
        return makers[name](column) if name in makers else noticing.label(name, column)

    def _take(self, name: str, column: Column, line: Line) -> None:
        assert line.toml is not None  # noqa: S101 what has no line is not taken
        self.taken.add(column.name)
        self.found[name] = column
        self.lines.update(line.beside)
        self.lines[name] = line.toml
        self.told[name] += line.doubts

    def _id(self, times: list[Moment]) -> None:
        ids = sorted(self.ids, key=lambda column: -len(set(column.texts)))
        free = [column for column in ids if column.name not in self.taken]
        if not free:
            self._number_rows("No column looks like an id: rows are numbered instead.")
            return
        best = free[0]
        self.taken.add(best.name)
        self.found["contact_id"] = best
        rows, different = self._count(best)
        if rows == different:
            self.lines["contact_id"] = quoted(best.name)
            if len(free) > 1:
                others = ", ".join(column.name for column in free[1:])
                self.told["contact_id"].append(f"{best.name} was chosen; it could also be {others}.")
            return
        if self._versions(best, times):
            self.lines["contact_id"] = quoted(best.name)
            self.told["contact_id"].append(
                f"{best.name} has only {different:,} different values in {rows:,} rows. They look like "
                "versions of one contact each, of which the last row counts. If every row is a contact, "
                f"number the rows: contact_id = {{ row_number = {quoted('row-')} }}"
            )
            return
        self._number_rows(
            f"{best.name} has only {different:,} different values in {rows:,} rows that seem to be different "
            "contacts: rows are numbered instead. If the last row of each is meant, write "
            f"contact_id = {quoted(best.name)}."
        )

    def _number_rows(self, why: str) -> None:
        self.lines["contact_id"] = f"{{ row_number = {quoted('row-')} }}"
        self.told["contact_id"].append(
            f"{why} A corrected file must then keep the order of its rows; another file needs another word."
        )

    def _count(self, column: Column) -> tuple[int, int]:
        """Rows and different values of a column, in the whole file."""
        place = f"c{self.source.columns.index(column.name)}"
        given = self.source.relation.filter(f"{place} is not null and trim({place}) <> ''")
        ((rows, different),) = given.aggregate(f"count(*), count(distinct trim({place}))").fetchall()
        return int(rows), int(different)

    def _versions(self, column: Column, times: list[Moment]) -> bool:
        """Whether rows with one id mostly say the same of when it began."""
        begun = next((each for each in times if each.role in {"offered", "plain"}), None)
        if begun is None:
            return True
        said: dict[str, set[str]] = defaultdict(set)
        rows: dict[str, int] = defaultdict(int)
        for cell, text in zip(column.cells, begun.texts, strict=True):
            said[cell].add(text)
            rows[cell] += 1
        repeated = [cell for cell, count in rows.items() if count > 1 and cell]
        return sum(len(said[cell]) == 1 for cell in repeated) * 10 >= len(repeated) * 9
