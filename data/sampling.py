"""A look at the first rows of a file: which words stand where, before anything is imported or proposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from duckdb import ColumnExpression

from data.mapping import BadUse
from data.reading import TYPED, Source

LOOKED_AT = 5_000  # rows
_COUNTING = re.compile(
    r"(antall|number|num|nr|no|count|total|sum|incoming|inbound|handled|answered|abandoned|offered|of|#| )*"
    r"(calls?|contacts?|tickets?|interactions?|chats?|samtaler|henvendelser|anrop)"
    r"( |handled|answered|abandoned|offered|taken|received|count|volume|antall)*"
)
_PLURAL_OR_COUNT = re.compile(r"s\b|er\b|anrop|count|volume|antall|number|total|#")


@dataclass(frozen=True)
class Column:
    """One column of a file and its first values; blanks are left out of ``texts``."""

    name: str
    texts: list[str]
    rows: int

    @cached_property
    def words(self) -> str:
        """The name in lower-case words: ``callDuration_in-Minutes`` is ``call duration in minutes``."""
        split = re.sub(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])", " ", self.name)
        return " ".join(re.findall(r"[a-zæøå0-9#]+", split.lower()))

    @cached_property
    def numbers(self) -> list[float]:
        """The values as numbers, where all of them are."""
        try:
            return [float(text.replace(TYPED, ".").replace(",", ".").replace(" ", "")) for text in self.texts]
        except ValueError:
            return []

    @property
    def counts_contacts(self) -> bool:
        """Whether a row seems to be many contacts: a name such as "calls answered", numbers above one."""
        named = _COUNTING.fullmatch(self.words) and _PLURAL_OR_COUNT.search(self.words)
        whole = self.numbers and all(number.is_integer() and number >= 0 for number in self.numbers)
        return bool(named and whole and sum(self.numbers) > 1.5 * len(self.numbers))


def look(source: Source) -> list[Column]:
    """Every column of a file with its first values."""
    places = range(len(source.columns))
    rows = source.relation.select(*(ColumnExpression(f"c{place}") for place in places)).limit(LOOKED_AT)
    found = rows.fetchall()
    filled = [row for row in found if any(value and value.strip() for value in row)]
    return [
        Column(
            source.columns[place],
            [row[place].strip() for row in filled if row[place] and row[place].strip()],
            len(filled),
        )
        for place in places
    ]


def refuse_aggregate(source: Source, unused: list[str]) -> None:
    """Refuse a file whose rows stand for many contacts each: as contacts they would be counted once."""
    counting = [column for column in look(source) if column.name in unused and column.counts_contacts]
    if counting:
        names = ", ".join(repr(column.name) for column in counting)
        raise BadUse(
            f"A row of this file seems to be many contacts: {names} counts them ({counting[0].texts[0]}, …). "
            "Totals per day or agent cannot be imported as contacts, since scores, handling times and repeat "
            "contacts belong to single ones: export the single contacts; totals per interval can be imported "
            "as calls_offered. If a row is one contact all the same, declare single_contacts = true."
        )
