"""A known table of contacts, written as some system might write it: the strategy of the random-file test."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from hypothesis import strategies as st

OSLO = ZoneInfo("Europe/Oslo")
NAMES = {
    "contact_id": ["contact_id", "Call ID", "Samtale-ID", "ticket number", "Interaction Id"],
    "ended_at": ["ended_at", "End Time", "Closed At", "Avsluttet", "End date"],
    "offered_at": ["Start Time", "Created At", "Startet", "Call start"],
    "handling_s": ["Handle Time", "Behandlingstid", "Call Duration", "AHT", "handling_time"],
    "score": ["score", "CSAT", "Satisfaction rating", "Tilfredshet", "Karakter"],
    "agent": ["agent", "Agent Name", "Saksbehandler", "Rådgiver", "Assignee"],
    "topic": ["topic", "Tema", "Call Reason", "Årsak", "Category"],
    "hit_value": ["hit_value", "Sale amount", "Beløp", "Salgsbeløp"],
}
FORMATS = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "iso_t": "%Y-%m-%dT%H:%M:%S",
    "iso_minutes": "%Y-%m-%d %H:%M",
    "norwegian": "%d.%m.%Y %H:%M:%S",
    "norwegian_minutes": "%d.%m.%Y %H:%M",
    "google_norwegian": "%d.%m.%Y kl. %H.%M.%S",
    "british": "%d/%m/%Y %H:%M",
    "american": "%m/%d/%Y %I:%M %p",
    "american_seconds": "%m/%d/%Y %H:%M:%S",
    "short_year": "%d.%m.%y %H:%M",
    "named_month": "%d-%b-%Y %H:%M:%S",
    "offset": "%Y-%m-%dT%H:%M:%S%z",
    "zulu": "%Y-%m-%dT%H:%M:%SZ",
    "epoch": "",
    "epoch_ms": "",
    "excel": "",
    "two_columns": "%d.%m.%Y|%H:%M:%S",
}
MOMENTS = {"offset", "zulu", "epoch", "epoch_ms"}  # formats that need no zone
UNITS = ["seconds", "named_seconds", "minutes", "h:m:s", "m:s", "milliseconds", "spoken", "iso"]
MARKS = {"plain": ("", "."), "comma": ("", ","), "norwegian": ("\u00a0", ","), "german": (".", ","),
         "english": (",", "."), "swiss": ("'", ".")}  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"]
DIRT = ["spaces", "blank_lines", "totals", "title", "header_again", "bad_duration", "comment", "float_ids"]
MISSING = ["", "NA", "-", "NULL", "n/a"]
AGENTS = ["Kari", "Bjørn Åse", "Ola", "O'Neill", "Berg, Siri"]
TOPICS = ["Faktura", "Levering", "Oppsigelse av avtale", "Teknisk feil"]


@dataclass(frozen=True)
class Contact:
    """What is true of one contact."""

    number: int
    ended_at: datetime
    handling_s: int
    score: int | None
    agent: str
    topic: str
    value: Decimal | None


@dataclass(frozen=True)
class Style:
    """How the table is written."""

    names: dict[str, str]
    time: str
    zone: str  # of times without an offset: Europe/Oslo, or UTC, which the header says
    times: str  # end, both, start
    unit: str
    scale: int
    score: str  # plain, out_of, decimals
    marks: str
    missing: str
    dirt: frozenset[str]
    order: list[str]
    file: str  # csv, xlsx
    encoding: str
    delimiter: str
    line_end: str
    quoting: int


@dataclass(frozen=True)
class Written:
    """A file and what an import of it must give: values by contact, and the columns that hold each field."""

    style: Style
    name: str
    content: bytes
    contacts: dict[str, dict[str, Any]]
    columns: dict[str, list[str]] = field(default_factory=dict)


@st.composite
def files(draw: Callable[[Any], Any], kinds: tuple[str, ...] = ("csv",)) -> Written:
    """Any known table, written in any style."""
    style = draw(styles(kinds))
    rng = random.Random(draw(st.integers(0, 2**32)))
    return written(contacts(rng, style), style, rng)


@st.composite
def styles(draw: Callable[[Any], Any], kinds: tuple[str, ...]) -> Style:
    order = [each for each in NAMES if each not in {"offered_at", "ended_at"}]
    return Style(
        names={each: draw(st.sampled_from(names)) for each, names in NAMES.items()},
        time=draw(st.sampled_from([*FORMATS])),
        zone=draw(st.sampled_from(["Europe/Oslo", "Europe/Oslo", "UTC"])),
        times=draw(st.sampled_from(["end", "both", "start"])),
        unit=draw(st.sampled_from(UNITS)),
        scale=draw(st.sampled_from([10, 10, 5])),
        score=draw(st.sampled_from(["plain", "plain", "out_of", "decimals"])),
        marks=draw(st.sampled_from([*MARKS])),
        missing=draw(st.sampled_from(MISSING)),
        dirt=frozenset(draw(st.sets(st.sampled_from(DIRT), max_size=2))),
        order=draw(st.permutations(["times", *order])),
        file=draw(st.sampled_from(kinds)),
        encoding=draw(st.sampled_from(ENCODINGS)),
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )


def contacts(rng: random.Random, style: Style) -> list[Contact]:
    """Contacts of some weeks in working hours; finer than the file tells is nothing known."""
    begin = datetime(2025, 1, 1, tzinfo=OSLO) + timedelta(days=rng.randrange(300))
    span = rng.choice([3, 40, 150])
    whole_minutes = not any(part in FORMATS[style.time] for part in ("%S",)) and FORMATS[style.time]
    made = []
    for number in range(rng.randrange(15, 40)):
        day = begin + timedelta(days=rng.randrange(span))
        ended = day.replace(hour=rng.randrange(9, 20), minute=rng.randrange(60), second=rng.randrange(60))
        lasting = max(20, min(3_500, int(rng.lognormvariate(5.6, 0.7))))
        if style.unit == "minutes":
            lasting = lasting // 6 * 6  # a tenth of a minute
        if whole_minutes:
            ended = ended.replace(second=0)
            lasting = lasting // 60 * 60 + 60 if style.times == "start" else lasting
        value = Decimal(rng.randrange(9_900, 499_900)) / 100 if rng.random() < 0.5 else None
        score = rng.randint(1, style.scale) if rng.random() < 0.7 else None
        made.append(Contact(number, ended, lasting, score, rng.choice(AGENTS), rng.choice(TOPICS), value))
    made[0] = Contact(
        0, made[0].ended_at, made[0].handling_s, style.scale, "Kari", "Faktura", Decimal("2499")
    )
    made[1] = Contact(1, made[1].ended_at, made[1].handling_s, 1, "Ola", "Levering", None)
    return made


def written(table: list[Contact], style: Style, rng: random.Random) -> Written:
    """The table as a file in this style."""
    header, columns = _header(style)
    rows = [_row(contact, style) for contact in table]
    kept = list(table)
    places = {name: header.index(columns[name][0]) for name in columns}
    if "bad_duration" in style.dirt:
        odd = rng.randrange(2, len(rows))
        rows[odd][places["handling_s"]] = rng.choice(["Unknown", "-5", "#VALUE!x"])
        del kept[odd]
    if "comment" in style.dirt:
        header.append("Comment")
        for row in rows:
            row.append(rng.choice(['said "hello"', f"one{style.delimiter} two", "two\nlines", "plain"]))
    if "spaces" in style.dirt:
        rows = [[f"{rng.choice(['', ' '])}{cell}{rng.choice(['', ' '])}" for cell in row] for row in rows]
    if "header_again" in style.dirt:
        rows.insert(rng.randrange(5, len(rows)), list(header))
    if "totals" in style.dirt:
        total = ["" for _ in header]
        total[places["contact_id"]] = "Total"
        total[places["handling_s"]] = _duration(sum(each.handling_s for each in table), style)
        rows.append(total)
    if "blank_lines" in style.dirt:
        rows += [["" for _ in header] for _ in range(2)]
    above = [["Export of calls"], []] if "title" in style.dirt else []
    content = _xlsx([*above, header, *rows]) if style.file == "xlsx" else _csv([*above, header, *rows], style)
    return Written(
        style,
        f"calls.{style.file}",
        content,
        {str(100_000 + each.number): values(each) for each in kept},
        columns,
    )


def values(contact: Contact) -> dict[str, Any]:
    """What an import must give of a contact."""
    return {
        "ended_at": int(contact.ended_at.timestamp()),
        "handling_s": contact.handling_s,
        "score": contact.score,
        "agent": contact.agent,
        "topic": contact.topic,
        "hit_value": None if contact.value is None else int(100 * contact.value),
    }


def _header(style: Style) -> tuple[list[str], dict[str, list[str]]]:
    names = dict(style.names)
    if style.time not in MOMENTS and style.zone == "UTC":
        names |= {each: f"{names[each]} (UTC)" for each in ("ended_at", "offered_at")}
    unit = {"named_seconds": " (s)", "minutes": " (min)", "milliseconds": " (ms)"}.get(style.unit, "")
    names["handling_s"] += unit
    times = {"end": ["ended_at"], "both": ["offered_at", "ended_at"], "start": ["offered_at"]}[style.times]
    columns: dict[str, list[str]] = {}
    header: list[str] = []
    for each in style.order:
        for name in times if each == "times" else [each]:
            own = [names[name]]
            if name in times and style.time == "two_columns":
                own = [
                    f"{style.names[name]} date",
                    names[name].replace(style.names[name], f"{style.names[name]} time"),
                ]
            header += own
            columns[name] = own
    if style.times == "start":
        columns["ended_at"] = columns.pop("offered_at")
    return header, columns


def _row(contact: Contact, style: Style) -> list[str]:
    times = {"end": [contact.ended_at], "start": [_start(contact)],
             "both": [_start(contact), contact.ended_at]}[style.times]  # fmt: skip
    cells: list[str] = []
    for each in style.order:
        if each == "times":
            cells += [part for time in times for part in _time(time, style).split("|")]
        elif each == "contact_id":
            key = 100_000 + contact.number
            cells.append(f"{key}.0" if "float_ids" in style.dirt else str(key))
        elif each == "handling_s":
            cells.append(_duration(contact.handling_s, style))
        elif each == "score":
            cells.append(_score(contact.score, style))
        elif each == "hit_value":
            cells.append(style.missing if contact.value is None else number(contact.value, style.marks, 2))
        else:
            cells.append(getattr(contact, each))
    return cells


def _start(contact: Contact) -> datetime:
    return (contact.ended_at.astimezone(UTC) - timedelta(seconds=contact.handling_s)).astimezone(OSLO)


def _time(moment: datetime, style: Style) -> str:
    if style.time in {"epoch", "epoch_ms"}:
        return str(int(moment.timestamp()) * (1_000 if style.time == "epoch_ms" else 1))
    if style.time == "zulu":
        return moment.astimezone(UTC).strftime(FORMATS["zulu"])
    local = moment.astimezone(ZoneInfo(style.zone))
    if style.time == "excel":
        days = (local.replace(tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1)
        mark = MARKS[style.marks][1]
        return f"{days:.10f}".replace(".", mark)
    return local.strftime(FORMATS[style.time])


def _duration(seconds: int, style: Style) -> str:
    minutes, rest = divmod(seconds, 60)
    return {
        "seconds": lambda: str(seconds),
        "named_seconds": lambda: number(Decimal(seconds), style.marks, 0),
        "minutes": lambda: number(Decimal(seconds) / 60, style.marks, 1),
        "milliseconds": lambda: str(1_000 * seconds),
        "h:m:s": lambda: f"{minutes // 60}:{minutes % 60:02}:{rest:02}",
        "m:s": lambda: f"{minutes}:{rest:02}",
        "spoken": lambda: f"{minutes}m {rest}s",
        "iso": lambda: f"PT{minutes}M{rest}S",
    }[style.unit]()


def number(value: Decimal, marks: str, places: int) -> str:
    """A number with the marks between thousands and before decimals of a locale."""
    thousands, decimal = MARKS[marks]
    return f"{value:,.{places}f}".replace(",", "T").replace(".", decimal).replace("T", thousands)


def _score(score: int | None, style: Style) -> str:
    if score is None:
        return style.missing
    return {"plain": f"{score}", "out_of": f"{score}/{style.scale}", "decimals": f"{score}.0"}[style.score]


def _csv(rows: list[list[str]], style: Style) -> bytes:
    text = io.StringIO(newline="")
    out = csv.writer(text, delimiter=style.delimiter, lineterminator=style.line_end, quoting=style.quoting)  # type: ignore[arg-type]
    out.writerows(rows)
    return text.getvalue().encode(style.encoding)


def _xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def save(folder: Path, file: Written) -> Path:
    """The file in a folder."""
    path = folder / file.name
    path.write_bytes(file.content)
    return path
