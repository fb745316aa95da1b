"""Proposing a mapping for a stranger's file, for a person to edit: what was concluded, and every doubt.

Nothing here decides an import. Where the values allow two readings the proposal leaves the choice open, so
that the import goes on refusing until a person has chosen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from data.files.mapping import BadUse, Mapping
from data.files.number_marks import marks_of
from data.files.profile import Column, aggregate, long_table, look
from data.files.report import broken_lines
from data.files.sources.encodings import encoding_of
from data.files.sources.header import first_rows, header, single_quoted
from data.files.sources.source import Source, is_binary, is_workbook, opened, readable, undecodable, unpacked
from data.guess import customers, scores, values
from data.guess.durations import settle
from data.guess.kinds import kind_of, lines_of
from data.guess.overlaps import overlapping
from data.guess.times.contact_times import DURATIONS, Timing
from data.guess.times.times import Moment, moments, role_of
from data.guess.values import NAMES, OTHER_ID, Line, id_line, quoted
from data.guess.write_toml import Writer
from data.records.events import Contact
from lake.duck import connect
from texts.messages import ENGLISH, Said, quotes, say

MISSING = ("NA", "N/A", "N / A", "n/a", "N/D", "n/d", "S/D", "\\N", "<NA>", "NULL", "null", "None", "NaN",
           "nan", "NaT", "-", "--", "---", "?", "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "(blank)",
           "(null)", "0000-00-00 00:00:00", "0000-00-00", "00/00/0000", "00.00.0000")  # fmt: skip
A_WEEK_AND_MORE = 8  # rows
# What happened to a call, as queues of telephone systems log it, a row each.
EVENTS = {"ENTERQUEUE", "CONNECT", "ABANDON", "COMPLETECALLER", "COMPLETEAGENT", "RINGNOANSWER",
          "EXITWITHTIMEOUT", "CHAN_START", "ANSWER", "HANGUP", "CHAN_END",
          "LINKEDID_END", "BRIDGE_ENTER", "BRIDGE_EXIT"}  # fmt: skip
FLAGS = ("self_service_first", "hit")


@dataclass
class Proposal:
    """A mapping as TOML text, and what a person should look at."""

    toml: str  # with the doubts as comments, in English or the language asked for
    doubts: list[Said] = field(default_factory=list)


def propose(
    path: Path, zone: str, *, single: bool = False, sheet: str = "", language: str = ENGLISH
) -> Proposal:
    """Look at a file's rows and propose a mapping. ``BadUse`` where nothing can be proposed.

    ``zone`` is the installation's time zone, in which times are read that tell none. ``single``: a person has
    said that a row is one contact, although a column seems to count contacts. ``sheet``: of a workbook; left
    out, the one that has contacts.
    """
    with unpacked(path) as (inner, notes), connect(memory="1GB") as connection:
        doubts = [*notes]
        reading = _reading(inner, sheet, doubts, single=single)
        with opened(connection, inner, reading) as source, readable(source, path.name):
            columns = look(source, draw=True)
            if broken := broken_lines(connection):
                doubts.append(say("doubt.lines", lines=len(broken), example=broken[0]["text"][:60]))
            if not columns or not columns[0].rows:
                raise BadUse(say("refusal.no_rows", file=path.name))
            doubts += source.notes
            guess = _Guess(source, columns, reading, doubts, ZoneInfo(zone))
            return guess.made(path.name, language)


def _reading(path: Path, sheet: str, doubts: list[Said], *, single: bool) -> Mapping:
    """How the file is to be read, before anything is said of its fields."""
    encoding = "utf-8"
    if is_workbook(path):
        sheet = sheet or _likely_sheet(path)
    elif not is_binary(path):
        encoding = encoding_of(path)
        if encoding != "utf-8":
            where = undecodable(path) if "16" not in encoding else say("doubt.zeros")
            doubts.append(say("doubt.encoding", where=where, encoding=encoding))
    rows = first_rows(path, encoding, sheet) if path.stat().st_size else []
    found = header(rows)
    told = re.search(r'"timeZone"\s*:\s*"([\w/+-]+)"', " ".join(cell for row in rows[:3] for cell in row))
    zone = told[1] if told and told[1] in available_timezones() else ""
    if zone:
        doubts.append(say("doubt.column_zone", column=say("doubt.file"), zone=zone))
    if found.row != 1:
        doubts.append(say("doubt.header_row", row=found.row) if found.row else say("doubt.no_header"))
    if found.below:
        doubts.append(say("doubt.rows_below", rows=found.below, row=found.row))
    return Mapping(
        by_name=True,
        encoding=encoding,
        header_row=found.row,
        rows_below_header=found.below,
        single_contacts=single,
        quote="'" if single_quoted(path, encoding, found.row) else '"',
        sheet=sheet,
        time_zone=zone,
    )


def _likely_sheet(path: Path) -> str:
    """The sheet whose header names most of what a contact has; the first of several."""
    from data.files.sources import workbook  # heavy, and few files are workbooks

    def likeness(sheet: workbook.Sheet) -> tuple[bool, int]:
        rows = [list(row) for row in sheet.head]
        names = rows[max(header(rows).row, 1) - 1] if rows else []
        words = [Column(name, []).words for name in names]
        known = sum(
            any(re.fullmatch(like, each) for likes in NAMES.values() for like in likes) for each in words
        )
        return sheet.shown and sheet.rows > 0, known + sum(role_of(each) != "plain" for each in words)

    there = workbook.sheets(path)
    return max(there, key=likeness).name if len(there) > 1 else ""


class _Guess:
    """One proposal in the making."""

    def __init__(
        self, source: Source, columns: list[Column], reading: Mapping, doubts: list[Said], zone: ZoneInfo
    ) -> None:
        self.source, self.reading, self.doubts, self.zone = source, reading, doubts, zone
        self.taken: set[str] = set()
        self.lines: dict[str, str] = {}
        self.found: dict[str, Column] = {}
        self.told: dict[str, list[Said]] = defaultdict(list)  # doubts by field
        self.left_out: dict[str, list[tuple[str, Said]]] = {}  # by field: columns that are not it, and why
        words = {cell for column in columns for cell in set(column.cells)}
        self.missing = [text for text in MISSING if text in words]
        known = [marks_of(column.texts) for column in columns]
        decimals = "".join({marks.decimal for marks in known if marks and marks.certain})
        self.columns = [replace(column.without({*self.missing}), decimals=decimals) for column in columns]

    def made(self, file: str, language: str) -> Proposal:
        self.file = file
        self._refuse_events()
        if kind := kind_of(self.columns):
            writer = Writer(file, self.source, self.reading, self.missing, elsewhere=False, language=language)
            toml = writer.toml(self.columns, lines_of(kind, self.columns), {}, self.doubts, record=kind)
            return Proposal(toml, self.doubts)
        if told := long_table(self.columns):
            raise BadUse(told)
        totals = [column for column in self.columns if column.tells_totals]
        if totals and not self.reading.single_contacts:
            raise BadUse(aggregate(totals))
        answered_form = {"responseid", "recordeddate"}, {"respondent id", "collector id"}
        is_form = any(each <= {name.casefold() for name in self.source.columns} for each in answered_form)
        if is_form:
            self._leave_out_form()
        for name in DURATIONS:
            self._named(name)
        times = moments([column for column in self.columns if column.name not in self.taken])
        self.times = times
        self.taken.update(column.name for moment in times for column in moment.columns)
        for name in NAMES:
            if name not in DURATIONS:
                self._named(name)
        settle(self.found, self.lines, self.told, times)
        self._drop_overlaps()
        self._drop_place()
        timing = Timing(self.found, self.lines, self.told, self.doubts, self.zone)
        timing.tell(times, [column for column in self.columns if column.name not in self.taken])
        if is_form:  # neither is the time between its beginning and its end
            self.lines.pop("handling_s", None)
        self._id(times)
        for name, columns in self.left_out.items():
            self.told[name] += [why for column, why in columns if column not in self.taken]
        writer = Writer(
            file, self.source, self.reading, self.missing, elsewhere=timing.elsewhere, language=language
        )
        toml = writer.toml(self.columns, self.lines, self.told, self.doubts)
        return Proposal(toml, [*self.doubts, *(doubt for each in self.told.values() for doubt in each)])

    def _leave_out_form(self) -> None:
        """Leave out how long a customer took to fill in a form: it is nobody's handling time."""
        for column in self.columns:
            if column.words.startswith("duration"):
                self.taken.add(column.name)
                self.told["handling_s"].append(say("doubt.form", column=column.name))

    def _refuse_events(self) -> None:
        """Refuse a log in which a contact is several rows, one for each thing that happened to it."""
        for column in self.columns:
            said = {*column.texts}
            if len(said & EVENTS) > 1 and 2 * sum(text in EVENTS for text in column.texts) > len(
                column.texts
            ):
                raise BadUse(say("refusal.events", column=column.name, examples=quotes(sorted(said)[:3])))

    def _named(self, name: str) -> None:
        """The column that is called like the field and whose values can be it."""
        ranked: list[tuple[int, bool, Column]] = []
        for column in self.columns:
            called = values.bare_name(column)[0] if name in DURATIONS else column.words
            ranks = (rank for rank, like in enumerate(NAMES[name]) if re.fullmatch(like, called))
            rank = -1 if column.is_called(name) else next(ranks, None)
            if any(column.is_called(other) for other in Contact.model_fields if other != name):
                rank = None  # a field's own name is that field's
            if rank is not None and column.name not in self.taken and column.texts:
                ranked.append((rank, len({*column.texts}) == 1, column))  # what says nothing new goes last
        fits = [column for *_, column in sorted(ranked, key=lambda each: each[:2])]
        if name == "contact_id":
            self.ids = fits
            return
        left_out: list[tuple[str, Said]] = []
        for column in fits:
            line = self._line(name, column)
            if line.toml is None:
                left_out += [(column.name, doubt) for doubt in line.doubts]
                continue
            if others := [each.name for each in fits if each is not column]:
                line.doubts.append(say("doubt.chosen", field=name, column=column.name, others=others))
            self._take(name, column, line)
            return
        self.left_out[name] = left_out

    def _line(self, name: str, column: Column) -> Line:
        if name in DURATIONS or name == "score":
            tidy, odd = values.tidied(column)
            line = scores.score(tidy) if name == "score" else values.duration(name, tidy)
            if odd and line.toml:
                line.doubts.append(say("doubt.slips", field=name, examples=quotes(odd[:3])))
            return line
        if name in FLAGS:
            return values.flag(name, column)
        if name == "answered":
            return values.answered(column, self.found.get("talk_s") or self.found.get("handling_s"))
        makers = {
            "channel": values.channel,
            "language": values.language,
            "hit_value": values.amount,
            "customer_id": customers.customer,
            "phone": customers.phone,
        }
        return makers[name](column) if name in makers else values.label(name, column)

    def _take(self, name: str, column: Column, line: Line) -> None:
        assert line.toml is not None  # noqa: S101 what has no line is not taken
        self.taken.add(column.name)
        self.found[name] = column
        self.lines.update(line.beside)
        self.lines[name] = line.toml
        self.told[name] += line.doubts

    def _drop_overlaps(self) -> None:
        """Leave out a handling time that is told in parts as well, and a duration that is part of another."""
        if {"talk_s", "hold_s", "wrap_s", "handling_s"} <= self.lines.keys():
            self._drop("handling_s", say("doubt.all_parts", column=self.found["handling_s"].name))
        for name, why in overlapping(self.found, self.lines).items():
            self._drop(name, why)

    def _drop_place(self) -> None:
        """Leave out a place where the same agents are in many of: it is the customers'."""
        place, agent = self.found.get("partner"), self.found.get("agent")
        if place is None or agent is None or not values.is_place(place):
            return
        seen: dict[str, list[str]] = defaultdict(list)
        for who, where in zip(agent.cells, place.cells, strict=True):
            if who and where:
                seen[who].append(where)
        often = [places for places in seen.values() if len(places) > 1]
        if 2 * sum(len({*places}) > 1 for places in often) > len(often):
            self._drop("partner", say("doubt.many_places", column=place.name, agent=agent.name))

    def _drop(self, name: str, why: Said) -> None:
        del self.lines[name], self.found[name]
        self.told[name] = [why]

    def _one_a_day(self, times: list[Moment]) -> None:
        """A doubt where rows without an id are of one day each: they may be its totals."""
        day = self.found.get("ended_at")
        when = next((each for each in times if each.columns[0] is day), None)
        if when and not when.has_clock and len({*when.texts}) == len(when.texts) >= A_WEEK_AND_MORE:
            self.doubts.append(say("doubt.one_a_day", column=when.called))

    def _id(self, times: list[Moment]) -> None:
        ids = sorted(self.ids, key=lambda column: -len(set(column.texts)))
        free = [column for column in ids if column.name not in self.taken] or self._other_ids()
        if not free:
            self._number_rows(say("doubt.no_id"))
            self._one_a_day(times)
            return
        best = free[0]
        self.taken.add(best.name)
        self.found["contact_id"] = best
        if customers.are_phones(best):
            self.told["contact_id"].append(say("doubt.phones", column=best.name))
        rows, different = self._count(best)
        if rows == different:
            self.lines["contact_id"] = id_line(best)
            if len(free) > 1:
                names = [column.name for column in free[1:]]
                doubt = say("doubt.chosen", field="contact_id", column=best.name, others=names)
                self.told["contact_id"].append(doubt)
            return
        if self._versions(best, times):
            self.lines["contact_id"] = id_line(best)
            doubt = say("doubt.versions", column=best.name, different=different, rows=rows)
            self.told["contact_id"].append(doubt)
            return
        line = id_line(best)
        self._number_rows(say("doubt.no_key", column=best.name, different=different, rows=rows, line=line))

    def _other_ids(self) -> list[Column]:
        """Columns that only sound like an id, where every row has another one; a case's as well."""
        found = []
        for column in self.columns:
            called = column in self.ids or (
                re.fullmatch(OTHER_ID["id"], column.words)
                and not re.fullmatch(OTHER_ID["none"], column.words)
            )
            free = column.name not in self.taken or column is self.found.get("case_id")
            if called and free and len({*column.texts}) == len(column.cells):
                rows, different = self._count(column)
                found += [column] if rows == different else []
        if found and found[0] is self.found.get("case_id"):
            # One row for each: it is the contact's id, and there is no more to a case.
            del self.lines["case_id"], self.found["case_id"]
            self.told.pop("case_id", None)
        return found

    def _number_rows(self, why: Said) -> None:
        self.lines["contact_id"] = f"{{ row_number = {quoted(self._word())} }}"
        self.told["contact_id"].append(why)

    def _word(self) -> str:
        """A word for the numbers of this file's rows that no other file has: its name and first day."""
        stem = re.sub(r"[^\w.-]+", "_", Path(self.file).stem)[:60] or "file"
        day = self.found.get("ended_at")
        when = next((each for each in self.times if day in each.columns), None)
        days = sorted(time for time in when.times if time) if when else []
        return f"{stem}-{days[0]:%Y-%m-%d}-" if days else f"{stem}-"

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
