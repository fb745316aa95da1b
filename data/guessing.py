"""Proposing a mapping for a stranger's file, for a person to edit: what was concluded, and every doubt.

Nothing here decides an import. Where the values allow two readings the proposal leaves the choice open, so
that the import goes on refusing until a person has chosen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from data.duck import connect
from data.mapping import BadUse, Mapping
from data.reading import TYPED, Source, opened, undecodable
from data.sampling import Column, look

_KNOWN = tomllib.loads(Path(__file__).with_name("guess.toml").read_text())
NAMES: dict[str, str] = _KNOWN["names"]
CHANNELS: dict[str, str] = _KNOWN["channels"]
MISSING = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "-", "--", "?", "#N/A", "(blank)")
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
         "%d.%m.%y", "%Y/%m/%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y"]  # fmt: skip
CLOCK_FORMATS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S"]
TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?")


@dataclass
class Proposal:
    """A mapping as TOML text, and what a person should look at."""

    toml: str
    doubts: list[str] = field(default_factory=list)


def propose(path: Path) -> Proposal:
    """Look at a file's first rows and propose a mapping. ``BadUse`` where nothing can be proposed."""
    encoding, doubts = "utf-8", []
    head = path.read_bytes()[:4] if path.is_file() else b""
    if not head.startswith((b"PAR1", b"PK", b"\xff\xfe", b"\xfe\xff")) and path.is_file():
        wrong = undecodable(path)
        if wrong:
            encoding = "cp1252"
            doubts.append(f"The file is not UTF-8 ({wrong}); Western Windows (cp1252) is assumed.")
    with connect(memory="1GB") as connection:
        reading = Mapping(by_name=True, encoding=encoding)
        with opened(connection, path, reading) as source:
            return _Guess(source, look(source), encoding, doubts).made()


class _Guess:
    def __init__(self, source: Source, columns: list[Column], encoding: str, doubts: list[str]) -> None:
        self.source, self.columns, self.doubts = source, columns, doubts
        self.head = [f'encoding = "{encoding}"'] if encoding != "utf-8" else []
        self.lines: dict[str, str] = {}
        self.taken: set[str] = set()

    def made(self) -> Proposal:
        counting = [column.name for column in self.columns if column.counts_contacts]
        if counting:
            raise BadUse(
                f"A row of this file seems to be many contacts ({', '.join(counting)} counts them): "
                "export the single contacts."
            )
        self._missing()
        for name in NAMES:
            column = self._named(name)
            if column is not None:
                made = self._field(name, column)
                if made:
                    self.lines[name] = made
                    self.taken.add(column.name)
        self._require()
        return Proposal(self._toml(), self.doubts)

    def _named(self, name: str) -> Column | None:
        fits = [
            column
            for column in self.columns
            if column.name not in self.taken and re.fullmatch(NAMES[name], column.words)
        ]
        filled = [column for column in fits if column.texts]
        if name == "ended_at":
            filled = [column for column in filled if re.search(r"\d", column.texts[0])]
        if name == "contact_id":
            filled.sort(key=lambda column: -len(set(column.texts)))
        if len(filled) > 1:
            others = ", ".join(column.name for column in filled[1:])
            self.doubts.append(f"{name}: {filled[0].name} was chosen; it could also be {others}.")
        return filled[0] if filled else None

    def _missing(self) -> None:
        found = sorted({text for column in self.columns for text in set(column.texts) if text in MISSING})
        self.missing = found
        if found:
            self.head.append(f"missing = [{', '.join(map(_quoted, found))}]")
            self.doubts.append(f"{', '.join(found)} are taken to mean: not given.")

    def _field(self, name: str, column: Column) -> str | None:
        texts = [text for text in column.texts if text not in self.missing]
        makers: dict[str, Callable[[Column, list[str]], str | None]] = {
            "contact_id": self._id,
            "ended_at": self._time,
            "score": self._score,
            "channel": self._channel,
            "hit_value": self._amount,
        }
        if name.endswith("_s"):
            return self._duration(name, column, texts)
        return makers[name](column, texts) if name in makers else _quoted(column.name)

    def _id(self, column: Column, texts: list[str]) -> str:
        repeated = len(texts) - len(set(texts))
        if repeated:
            self.doubts.append(f"contact_id: {column.name} has {repeated} repeated values in the first rows.")
        return _quoted(column.name)

    def _time(self, column: Column, texts: list[str]) -> str:
        parts = [column]
        if not any(":" in text for text in texts):
            clock = next(filter(_is_clock, self.columns), None)
            if clock:
                parts.append(clock)
                self.taken.add(clock.name)
                texts = [f"{a} {b}" for a, b in zip(texts, clock.texts, strict=False)]
        self.doubts.append(f"ended_at: is {column.name} when the contact ended, and in which time zone?")
        names = (
            _quoted(parts[0].name) if len(parts) == 1 else f"[{', '.join(_quoted(p.name) for p in parts)}]"
        )
        formats = time_formats(texts)
        if not formats or formats == ["iso"]:
            if not formats:
                self.doubts.append(f"ended_at: the format of {texts[0]!r} was not recognised; declare it.")
            return names if len(parts) == 1 else f"{{ column = {names} }}"
        if len(formats) > 1:
            shown = " or ".join(f'format = "{each}"' for each in formats)
            self.doubts.append(f"ended_at: {texts[0]!r} can be read in two ways; declare {shown}.")
            return f"{{ column = {names} }}"
        return f'{{ column = {names}, format = "{formats[0]}" }}'

    def _score(self, column: Column, texts: list[str]) -> str | None:
        numbers = Column(column.name, texts, column.rows).numbers
        if not numbers or not all(number.is_integer() for number in numbers):
            self.doubts.append(f"score: {column.name} is not a whole number from 1 to 10; it was left out.")
            return None
        low, high = int(min(numbers)), int(max(numbers))
        if low < 1 or high > 10 or high <= 7:
            self.doubts.append(
                f"score: {column.name} runs from {low} to {high}, another scale than 1–10; it was left out."
            )
            return None
        return _quoted(column.name)

    def _channel(self, column: Column, texts: list[str]) -> str:
        words = {}
        for text in sorted(set(texts)):
            ours = next((key for key, like in CHANNELS.items() if re.fullmatch(like, text.lower())), None)
            if ours is None:
                self.doubts.append(f"channel: which of phone, chat, email, store, web is {text!r}?")
            elif ours != text.lower():
                words[text] = ours
        if not words:
            return _quoted(column.name)
        pairs = ", ".join(f"{_quoted(text)} = {_quoted(ours)}" for text, ours in words.items())
        return f"{{ column = {_quoted(column.name)}, values = {{ {pairs} }} }}"

    def _duration(self, name: str, column: Column, texts: list[str]) -> str | None:
        given = f"column = {_quoted(column.name)}"
        if all(re.fullmatch(r"\d+:\d\d:\d\d(\.\d+)?", text) for text in texts):
            return f"{{ {given} }}"
        if all(re.fullmatch(r"\d+:\d\d", text) for text in texts):
            self.doubts.append(
                f'{name}: {texts[0]} may be minutes and seconds or hours and minutes; "m:s" assumed.'
            )
            return f'{{ {given}, unit = "m:s" }}'
        numbers = Column(column.name, texts, column.rows).numbers
        if not numbers:
            self.doubts.append(f"{name}: {column.name} ({texts[0]!r}) is not a duration; it was left out.")
            return None
        if "0" in texts:
            self.doubts.append(f'{name}: does 0 in {column.name} mean not given? Then add missing = ["0"].')
        marks = ', decimal = ","' if any("," in text for text in texts) else ""
        for unit, like in (("minutes", r"\b(m|min|mins|minutes|minutter)\b"), ("hours", r"\bhours?|timer\b")):
            if re.search(like, column.words):
                return f'{{ {given}, unit = "{unit}"{marks} }}'
        if not re.search(r"\b(s|sec|secs|seconds|sekunder)\b", column.words):
            middle = sorted(numbers)[len(numbers) // 2]
            unit = "days" if middle < 0.2 else "minutes" if middle <= 30 else "seconds"
            self.doubts.append(
                f"{name}: the unit of {column.name} (median {middle:g}) is not told; {unit} assumed."
            )
            return f'{{ {given}, unit = "{unit}"{marks} }}'
        return f"{{ {given}{marks} }}"

    def _amount(self, column: Column, texts: list[str]) -> str:
        comma = any(re.search(r",\d{1,2}$", text) for text in texts)
        return f"{{ column = {_quoted(column.name)}{', decimal = ' + _quoted(',') if comma else ''} }}"

    def _require(self) -> None:
        for name in ("contact_id", "ended_at"):
            if name not in self.lines:
                self.doubts.append(f"{name} is required and no column looks like it: add it.")

    def _toml(self) -> str:
        unused = [column for column in self.columns if column.name not in self.taken]
        personal = [
            column.name for column in unused if re.search(r"\bname|navn|address|adresse|mail\b", column.words)
        ]
        lines = ["# A proposal. Read the doubts, correct, then import with --dry-run first."]
        lines += [f"# doubt: {doubt}" for doubt in self.doubts]
        if personal:
            lines.append(f"# left out, as they may name a person: {', '.join(personal)}")
        rest = [column.name for column in unused if column.name not in personal]
        if rest:
            lines.append(f"# not used: {', '.join(rest)}")
        delimiter = self.source.read_as.get("delimiter", ",")
        if delimiter != ",":
            self.head.append(f"delimiter = {_quoted(delimiter)}")
        lines += ['record = "contact"', *self.head, "", "[fields]"]
        lines += [f"{name} = {self.lines[name]}" for name in self.lines]
        return "\n".join(line.replace("\n", " ") for line in lines) + "\n"


def time_formats(texts: list[str]) -> list[str]:
    """The formats that read every text: one if the values decide, several if they do not, else none."""
    if texts and all(text.startswith(TYPED) or _is_iso(text) for text in texts):
        return ["iso"]
    plain = [text for text in texts if not text.startswith(TYPED)]
    found = []
    for date_format in DATES:
        for clock in CLOCK_FORMATS:
            if plain and all(_reads(text, date_format + clock) for text in plain):
                found.append(date_format + clock)
    return found


def _is_clock(column: Column) -> bool:
    named = re.fullmatch(r"(call )?(time|klokkeslett|tid)( of call)?", column.words)
    return bool(named and column.texts and all(map(TIME_OF_DAY.fullmatch, column.texts)))


def _is_iso(text: str) -> bool:
    try:
        return bool(re.match(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _reads(text: str, written: str) -> bool:
    try:
        return datetime.strptime(text, written).year >= 1990  # noqa: DTZ007 only whether it can be read
    except ValueError:
        return False


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
