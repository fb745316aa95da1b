"""A proposal as a commented mapping that a person can read from top to bottom and edit."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from typing import Any

from data.files.mapping import Mapping
from data.files.profile import Column
from data.files.sources.source import TYPED, Source
from data.guess.values import quoted
from data.records.events import RECORDS
from texts.messages import Said, say

EXAMPLES, LONGEST = 3, 40  # values shown of a column, and characters of one
_PERSONAL = re.compile(
    r"\b(first|last|full|customer|client|caller)? ?(name|navn)\b|address|adresse|mail\b|birth"
)
_WORK = re.compile(r"\b(agent|team|partner|product|department|queue|topic|category|channel|agency)\b")


class Writer:
    """Writes the proposal for one file."""

    def __init__(
        self,
        file: str,
        source: Source,
        reading: Mapping,
        missing: list[str],
        *,
        elsewhere: bool,
        language: str,
    ) -> None:
        self.file, self.source, self.reading, self.missing = file, source, reading, missing
        self.elsewhere = elsewhere  # its times are of another zone than the installation's
        self.shown: list[str] = []
        self.language = language

    def toml(
        self,
        columns: list[Column],
        lines: Map[str, str],
        doubts: Map[str, list[Said]],
        general: list[Said],
        *,
        record: str = "contact",
    ) -> str:
        """``lines`` are TOML values by field; ``doubts`` by field, ``general`` of the file as a whole."""
        by_name = {column.name: column for column in columns}
        made = [*self._top(general, record), "", "[fields]"]
        for name in RECORDS[record].model_fields:
            if name in lines:
                made += self._field(name, lines[name], by_name, doubts.get(name, []))
        if "channel" not in lines and record == "contact":
            made += ["", f'# channel = {{ constant = "phone" }}   # {self._say("channel")}']
        for name, more in doubts.items():
            if name not in lines and more:
                made += ["", *map(self._doubt, more)]
        made += self._rest(columns, lines)
        return "\n".join(line.replace("\n", " ") for line in made) + "\n"

    def _top(self, general: list[Said], record: str) -> list[str]:
        made = [
            f"# {self._say('title', file=self.file)}",
            f"#   python -m data import {self.file} --mapping THIS_FILE.toml --dry-run",
            *map(self._doubt, general),
            f"record = {quoted(record)}",
            f"time_zone = {quoted(self.reading.time_zone or 'UTC')}"
            if self.elsewhere or self.reading.time_zone
            else f'# time_zone = "Europe/Oslo"   # {self._say("zone")}',
        ]
        if self.reading.encoding != "utf-8":
            made.append(f"encoding = {quoted(self.reading.encoding)}")
        if self.reading.single_contacts:
            made.append("single_contacts = true")
        if self.reading.header_row != 1:
            made.append(f"header_row = {self.reading.header_row}")
        if self.reading.rows_below_header:
            made.append(f"rows_below_header = {self.reading.rows_below_header}")
        if self.reading.sheet:
            made.append(f"sheet = {quoted(self.reading.sheet)}")
        delimiter = self.source.read_as.get("delimiter", ",")
        if delimiter != ",":
            made.append(f"delimiter = {quoted(delimiter)}")
        if self.reading.quote != '"':
            made.append(f"quote = {quoted(self.reading.quote)}")
        if self.missing:
            made.append(f"missing = [{', '.join(map(quoted, self.missing))}]   # {self._say('missing')}")
        return made

    def _field(self, name: str, line: str, by_name: Map[str, Column], doubts: list[Said]) -> list[str]:
        used = [each for each in by_name if quoted(each) in line and each not in self.shown]
        self.shown += used
        shown = [f"# {each}: {self._examples(by_name[each])}" for each in used]
        return ["", *shown, *map(self._doubt, doubts), f"{name} = {line}"]

    def _rest(self, columns: list[Column], lines: Map[str, str]) -> list[str]:
        rest = [
            column for column in columns if all(quoted(column.name) not in line for line in lines.values())
        ]
        if not rest:
            return []
        made = ["", f"# {self._say('unused')}"]
        for column in rest:
            personal = _PERSONAL.search(column.words) and not _WORK.search(column.words)
            made.append(f"#   {column.name}: {self._say('personal') if personal else self._examples(column)}")
        return made

    def _examples(self, column: Column) -> str:
        different = list(dict.fromkeys(column.texts))[:EXAMPLES]
        plain = (re.sub(rf"[\x00-\x1f\x7f{TYPED}]", " ", text).strip() for text in different)
        shown = ", ".join(text[:LONGEST] for text in plain)
        blank = 100 * (1 - column.filled)
        if not shown:
            return self._say("blank")
        few = self._say("few_blanks") if blank < 1 else self._say("blanks", percent=round(blank))
        return shown + (f" ({few})" if blank > 0 else "")

    def _doubt(self, doubt: Said) -> str:
        return f"# {self._say('doubt', doubt=doubt)}"

    def _say(self, code: str, **values: Any) -> str:
        return say(f"toml.{code}", **values).within(self.language)
