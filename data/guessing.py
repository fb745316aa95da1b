"""Proposing a mapping for a stranger's file, for a person to edit: what was concluded, and every doubt.

Nothing here decides an import. Where the values allow two readings the proposal leaves the choice open, so
that the import goes on refusing until a person has chosen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data import noticing
from data.dating import Moment, exists, gaps, moments, ordered
from data.duck import connect
from data.layout import header_row
from data.mapping import BadUse, Mapping
from data.noticing import NAMES, Line, quoted
from data.reading import Source, opened, undecodable
from data.sampling import Column, aggregate, look
from data.writing import Writer

MISSING = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "NaT", "-", "--", "---", "?", "#N/A",
           "#VALUE!", "#REF!", "#DIV/0!", "(blank)", "(null)")  # fmt: skip
NEARLY_ALL = 0.99  # of the rows
ONE_CONTACT = timedelta(hours=4)  # from beginning to end; what takes longer is a case
DURATIONS = ("wait_s", "talk_s", "hold_s", "wrap_s", "handling_s")
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
        with opened(connection, path, reading) as source:
            guess = _Guess(source, look(source, draw=True), reading, doubts, ZoneInfo(zone))
            return guess.made(path.name)


class _Guess:
    """One proposal in the making."""

    def __init__(
        self, source: Source, columns: list[Column], reading: Mapping, doubts: list[str], zone: ZoneInfo
    ) -> None:
        self.source, self.reading, self.doubts, self.zone = source, reading, doubts, zone
        self.elsewhere = False  # times that this zone does not have
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
        self._times(times)
        self._id(times)
        writer = Writer(file, self.source, self.reading, self.missing, elsewhere=self.elsewhere)
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
        if name in DURATIONS:
            return noticing.duration(name, column)
        if name in FLAGS:
            return noticing.flag(name, column)
        makers = {
            "score": noticing.score,
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

    # When it happened

    def _times(self, times: list[Moment]) -> None:
        by_role: dict[str, list[Moment]] = defaultdict(list)
        for each in sorted(times, key=lambda each: (-round(each.filled, 2), not each.has_clock)):
            by_role[each.role].append(each)
        ended, answered = (next(iter(by_role[role]), None) for role in ("ended", "answered"))
        begun = next(iter(by_role["offered"] + by_role["plain"]), None)
        durations = [name for name in DURATIONS if name in self.found and self.found[name].filled > 0.5]
        if ended and self._is_end(ended, begun):
            self._set("ended_at", [ended])
            self._parts(begun, answered, ended)
        elif begun and begun.has_clock and durations and (begun.role == "offered" or "wait_s" in durations):
            self._add_up(begun, durations)
        elif begun and begun.filled >= NEARLY_ALL:
            self._set("ended_at", [begun])
            self.told["ended_at"].append(f"Is {' + '.join(begun.names)} when the contact ended?")
        elif times:
            fullest = [each for each in (ended, answered, begun, *by_role["beside"]) if each is not None]
            self._set("ended_at", fullest)
            self.told["ended_at"].append("No time is given in every row: the first that is given counts.")
        else:
            self.told["ended_at"].append(
                "ended_at is required and no column looks like a time. If the file has none, give all its "
                'rows one day: ended_at = { constant = "2026-01-31" }'
            )
        self._drop_waiting()

    def _is_end(self, ended: Moment, begun: Moment | None) -> bool:
        if ended.filled < NEARLY_ALL or not ended.has_clock:
            return False
        if begun is None or not begun.has_clock:
            return True
        found = sorted(gaps(begun, ended))
        return not found or (ordered(begun, ended) and found[len(found) // 2] <= ONE_CONTACT)

    def _parts(self, begun: Moment | None, answered: Moment | None, ended: Moment) -> None:
        """When it was offered and answered: only together, as one alone would say that nobody answered."""
        if begun is None or not begun.has_clock:
            return
        if answered is not None and answered.has_clock:
            if ordered(begun, answered, ended):
                self._set("offered_at", [begun])
                self._set("answered_at", [answered])
            else:
                self.told["ended_at"].append(
                    f"{' + '.join(answered.names)} does not always lie between {' + '.join(begun.names)} and "
                    f"{' + '.join(ended.names)}: offered_at and answered_at were left out."
                )
        elif "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])

    def _add_up(self, begun: Moment, durations: list[str]) -> None:
        work = ["handling_s"] if "handling_s" in durations else [d for d in durations if d != "wait_s"]
        self._set("ended_at", [begun], [self.lines[name] for name in ("wait_s", *work) if name in self.lines])
        self.told["ended_at"].append(
            f"{' + '.join(begun.names)} is taken as when the contact began; durations are added to it."
        )
        if "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])

    def _drop_waiting(self) -> None:
        # It is no field: it is told by when the contact was answered.
        if self.lines.pop("wait_s", None) and "answered_at" not in self.lines:
            name = self.found["wait_s"].name
            self.told["answered_at"].append(
                f"{name} tells how long customers waited, but not when that began: it was left out."
            )
            self.taken.discard(name)
        self.told["answered_at"] += self.told.pop("wait_s", [])

    def _place(self, moment: Moment) -> None:
        """Times in the hour that the zone leaves out in spring were told by another clock."""
        strange = [
            time for time in moment.times if time and time.tzinfo is None and not exists(time, self.zone)
        ]
        if strange and not self.elsewhere:
            self.elsewhere = True
            self.doubts.append(
                f"{strange[0]} never was in {self.zone}: the file comes from another time zone. UTC is "
                "assumed, in which every time exists; write the file's own."
            )

    def _set(self, name: str, given: list[Moment], plus: list[str] | None = None) -> None:
        first = given[0]
        for moment in given:
            self._place(moment)
        names = [*dict.fromkeys(each for moment in given for each in moment.names)]
        listed = quoted(names[0]) if len(names) == 1 else f"[{', '.join(map(quoted, names))}]"
        parts = {"column" if len(given) == 1 else "first_of": listed}
        formats = [*dict.fromkeys(each for moment in given for each in self._formats(name, moment))]
        if formats and formats != ["iso"]:
            parts["format"] = (
                quoted(formats[0]) if len(formats) == 1 else f"[{', '.join(map(quoted, formats))}]"
            )
        if plus:
            parts["plus"] = f"[{', '.join(plus)}]"
        alone = len(parts) == 1 and "column" in parts and len(names) == 1
        self.lines[name] = (
            listed if alone else "{ " + ", ".join(f"{key} = {value}" for key, value in parts.items()) + " }"
        )
        self.found[name] = first.columns[0]

    def _formats(self, name: str, moment: Moment) -> list[str]:
        sample = next((text for text in moment.texts if text), "")
        if not moment.formats:
            self.told[name].append(f"The format of {sample!r} was not recognised; declare it.")
            return []
        if len(moment.formats) == 1:
            if moment.formats[0][0] in {"excel", "epoch", "epoch_ms", "%y%m%d", "%Y%m%d"}:
                self.told[name].append(f"{sample} is taken to be written as {moment.formats[0][0]}.")
            return moment.formats[0]
        shown = " or ".join(f"format = {_toml_list(each)}" for each in moment.formats)
        doubt = f"{sample!r} can be read in two ways; declare {shown}."
        if all(doubt not in each for each in self.told.values()):
            self.told[name].append(doubt)
        return []


def _toml_list(formats: list[str]) -> str:
    return quoted(formats[0]) if len(formats) == 1 else f"[{', '.join(map(quoted, formats))}]"
