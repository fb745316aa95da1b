"""A proposal as a commented mapping that a person can read from top to bottom and edit."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map

from data.mapping import Mapping
from data.noticing import quoted
from data.reading import TYPED, Source
from data.records import Contact
from data.sampling import Column

EXAMPLES, LONGEST = 3, 40  # values shown of a column, and characters of one
_PERSONAL = re.compile(
    r"\b(first|last|full|customer|client|caller)? ?(name|navn)\b|address|adresse|mail\b|birth"
)
_WORK = re.compile(r"\b(agent|team|partner|product|department|queue|topic|category|channel|agency)\b")


class Writer:
    """Writes the proposal for one file."""

    def __init__(
        self, file: str, source: Source, reading: Mapping, missing: list[str], *, elsewhere: bool
    ) -> None:
        self.file, self.source, self.reading, self.missing = file, source, reading, missing
        self.elsewhere = elsewhere  # its times are of another zone than the installation's
        self.shown: list[str] = []

    def toml(
        self,
        columns: list[Column],
        lines: Map[str, str],
        doubts: Map[str, list[str]],
        general: list[str],
    ) -> str:
        """``lines`` are TOML values by field; ``doubts`` by field, ``general`` of the file as a whole."""
        by_name = {column.name: column for column in columns}
        made = [*self._top(general), "", "[fields]"]
        for name in Contact.model_fields:
            if name in lines:
                made += self._field(name, lines[name], by_name, doubts.get(name, []))
        if "channel" not in lines:
            made += ["", '# channel = { constant = "phone" }   # if they are all of one channel']
        for name, more in doubts.items():
            if name not in lines and more:
                made += ["", *(f"# doubt: {doubt}" for doubt in more)]
        made += self._rest(columns, lines)
        return "\n".join(line.replace("\n", " ") for line in made) + "\n"

    def _top(self, general: list[str]) -> list[str]:
        made = [
            f"# A proposal for {self.file}. Read the doubts, correct what is wrong, then try it:",
            f"#   python -m data import {self.file} --mapping THIS_FILE.toml --dry-run",
            *(f"# doubt: {doubt}" for doubt in general),
            'record = "contact"',
            'time_zone = "UTC"'
            if self.elsewhere
            else '# time_zone = "Europe/Oslo"   # of its times, if it is not the installation\'s',
        ]
        if self.reading.encoding != "utf-8":
            made.append(f"encoding = {quoted(self.reading.encoding)}")
        if self.reading.header_row != 1:
            made.append(f"header_row = {self.reading.header_row}")
        delimiter = self.source.read_as.get("delimiter", ",")
        if delimiter != ",":
            made.append(f"delimiter = {quoted(delimiter)}")
        if self.missing:
            made.append(f"missing = [{', '.join(map(quoted, self.missing))}]   # taken to mean: not given")
        return made

    def _field(self, name: str, line: str, by_name: Map[str, Column], doubts: list[str]) -> list[str]:
        used = [each for each in by_name if quoted(each) in line and each not in self.shown]
        self.shown += used
        shown = [f"# {each}: {_examples(by_name[each])}" for each in used]
        return ["", *shown, *(f"# doubt: {doubt}" for doubt in doubts), f"{name} = {line}"]

    def _rest(self, columns: list[Column], lines: Map[str, str]) -> list[str]:
        rest = [
            column for column in columns if all(quoted(column.name) not in line for line in lines.values())
        ]
        if not rest:
            return []
        made = ["", "# Columns that are not used:"]
        for column in rest:
            personal = _PERSONAL.search(column.words) and not _WORK.search(column.words)
            made.append(f"#   {column.name}: {'may name a person' if personal else _examples(column)}")
        return made


def _examples(column: Column) -> str:
    different = list(dict.fromkeys(column.texts))[:EXAMPLES]
    plain = (re.sub(rf"[\x00-\x1f\x7f{TYPED}]", " ", text).strip() for text in different)
    shown = ", ".join(text[:LONGEST] for text in plain)
    blank = 100 * (1 - column.filled)
    blanks = f" ({'under 1' if blank < 1 else f'{blank:.0f}'} % blank)" if blank > 0 else ""
    return (shown or "nothing but blanks") + (blanks if shown else "")
