"""A look at the rows of a file: which words stand where, before anything is imported or proposed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from duckdb import ColumnExpression

from data.files.mapping import BadUse
from data.files.number_marks import marks_of
from data.files.sources.source import Source
from texts.messages import Said, quotes, say

LOOKED_AT = 5_000  # rows, the first of the file
TOTALS = "refusal.totals"
MOST = 20_000  # rows looked at for a proposal
# Drawn from all of a larger file: the first ones may all be of January, or of one team.
_DRAW = "select * from drawn using sample reservoir(20000 rows) repeatable (7)"
_COUNTING = re.compile(
    r"(antall|number|num|nr|no|count|total|sum|incoming|inbound|outbound|handled|answered|abandoned|offered|acd|"
    r"aban|presented|queued|missed|received|daily|weekly|day|eve|night|intl|customer service|unike|unique|of|"
    r"cantidad|quantidade|numero|anzahl|nombre|antal|de|d|#| )*"
    r"(calls?|contacts?|tickets?|interactions?|chats?|samtaler|henvendelser|anrop|samtal|opkald|anrufe|appels|"
    r"llamadas|chamadas|ligacoes|atendimentos)"
    r"( |handled|answered|abandoned|offered|presented|queued|taken|received|count|volume|antall|"
    r"[a-z]+[aei]d[ao]s|diari[oa]s|mensa(is|les)|daily|weekly|monthly|per|day|week|month|dag|uke)*"
)
_PLURAL_OR_COUNT = re.compile(
    r"s\b|er\b|anrop|samtal|opkald|anrufe|count|volume|antall?|anzahl|number|total|#"
)
_DONE = re.compile(
    r"(total |antall )?((offer|answer|abandon|present|handl)(ed)?|"
    r"atendidas|contestadas|abandonadas|recebidas|recibidas|ofrecidas|oferecidas|perdidas|entrantes)"
)  # of an interval: how many were
# Of a campaign or a day: how many there were of something, in numbers that one contact does not have.
_HOW_MANY = re.compile(
    r"(total|sum|unique|antall|number of|no of|count of|num|anzahl|nombre de|cantidad de) ?"
    r"(sent|dialled|dialed|dials?|delivered|opened|clicked|attempts?|sales?|leads?|answers?|replies|surveys?|"
    r"calls?|contacts?|chats?|emails?|customers?|sendt|forsøk|salg|svar|kunder|besvart|tapt)"
)
_FIGURE_NAME = (
    r"(kpi|metric|measure|indicator|nøkkeltall|måltall|kennzahl|indicador|indicateur)( (name|navn|id))?"
)
_FIGURE = r"(value|verdi|result|resultat|amount|score|wert|valor|valeur)"
_MANY_OF_ONE = 10  # in the middle of such a column
_RATE = re.compile(r".*\b(rate|service level|occupancy|svarprosent|servicenivå)\b.*|.*%.*")
_LEVEL = re.compile(
    r".*\b(service ?level|answer rate|occupancy|svarprosent|servicenivå)\b.*|(answer|abandon)(ed)? ?%"
)
_PERCENT = re.compile(r"\d{1,3}([.,]\d+)? ?%")


# Two words in one, as databases write them; calldate is Asterisk's, and known as that.
_GLUED = re.compile(
    r"^(call(?!date)|case|ticket|agent|customer|client|user|team|start|end|answer|hold|talk|wait|queue|wrap|open|"
    r"close)(date|time|name|number|id|type|duration|reason|status)$"
)


def without_accents(text: str) -> str:
    """The text with plain letters, but for the Norwegian ones: ``Duração`` is ``Duracao``."""
    return "".join(
        letter if letter in "æøåÆØÅ" else unicodedata.normalize("NFKD", letter)[0] for letter in text
    )


@dataclass(frozen=True)
class Column:
    """One column of a file: its cells row by row, "" where there is nothing."""

    name: str
    cells: list[str]
    decimals: str = ""  # marks that are plainly decimal in other columns of the file
    above: str = ""  # what its name begins with as all names of the file do: the table's name, mostly

    @cached_property
    def texts(self) -> list[str]:
        """The cells that are not blank."""
        return [cell for cell in self.cells if cell]

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return len(self.cells)

    def is_called(self, field: str) -> bool:
        """Whether its name is the field's own."""
        return self.name.strip().casefold() == field

    @property
    def filled(self) -> float:
        """Share of the rows that have a value."""
        return len(self.texts) / len(self.cells) if self.cells else 0.0

    @cached_property
    def words(self) -> str:
        """The name in lower-case words: ``callDuration_in-Minutes`` is ``call duration in minutes``."""
        split = re.sub(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])", " ", without_accents(self.name.removeprefix(self.above)))
        return " ".join(_GLUED.sub(r"\1 \2", each) for each in re.findall(r"[a-zæøå0-9#%]+", split.lower()))

    @cached_property
    def numbers(self) -> list[float]:
        """The values as numbers, where all of them are."""
        marks = marks_of(self.texts)
        return [marks.number(text) for text in self.texts] if marks else []

    @property
    def tells_totals(self) -> bool:
        """Whether a row seems to be many contacts: a name such as "calls answered", or a rate in per cent."""
        counting = _COUNTING.fullmatch(self.words) and _PLURAL_OR_COUNT.search(self.words)
        named = counting or _DONE.fullmatch(self.words)
        whole = self.numbers and all(number.is_integer() and number >= 0 for number in self.numbers)
        many = sorted(self.numbers)[len(self.numbers) // 2] > _MANY_OF_ONE if whole else False
        if many and _HOW_MANY.fullmatch(self.words):
            return True
        counts = named and whole and sum(self.numbers) > 1.5 * len(self.numbers)
        rates = _RATE.fullmatch(self.words) and self.texts and all(map(_PERCENT.fullmatch, self.texts))
        levels = _LEVEL.fullmatch(self.words) and self.numbers and not {*self.numbers} <= {0, 1}
        return bool(counts or rates or levels)

    def without(self, missing: set[str]) -> Column:
        """The same column, where these words are blanks."""
        return replace(self, cells=["" if cell in missing else cell for cell in self.cells])


def look(source: Source, *, draw: bool = False) -> list[Column]:
    """Every column of a file with its first values, or (``draw``) with those of rows from all of it."""
    places = range(len(source.columns))
    rows = source.relation.select(*(ColumnExpression(f"c{place}") for place in places))
    found = rows.limit(MOST if draw else LOOKED_AT).fetchall()
    if len(found) == MOST and (drawn := rows.query("drawn", _DRAW)) is not None:
        found = drawn.fetchall()
    header = [name.casefold() for name in source.columns]
    filled = [
        row for row in found if any(each and each.strip() for each in row) and not _repeats(row, header)
    ]
    above = _above(source.columns)
    return [
        Column(source.columns[place], [(row[place] or "").strip() for row in filled], above=above)
        for place in places
    ]


def _repeats(row: tuple[str | None, ...], header: list[str]) -> bool:
    """Whether a row is the header once more, as where exports were put together."""
    return [(cell or "").strip().casefold() for cell in row] == header


def _above(names: list[str]) -> str:
    """What all names begin with, up to where a word ends: ``Calls `` in ``Calls Agent``, ``Calls Date``."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(min(names), max(names), strict=False))
    whole = re.match(r".*[ _.:\[-]", "".join(letter for letter, _ in alike)) if len(names) > 2 else None
    return whole[0] if whole and all(len(name) > whole.end() for name in names) else ""


def long_table(columns: list[Column]) -> Said | None:
    """Why a file is refused that has a figure a row, and in a column which figure it is."""
    names = [column for column in columns if re.fullmatch(_FIGURE_NAME, column.words) and column.texts]
    values = [column for column in columns if re.fullmatch(_FIGURE, column.words) and column.numbers]
    if not names or not values or 2 * len({*names[0].texts}) > len(names[0].texts):
        return None
    examples = quotes(sorted({*names[0].texts})[:3])
    return say("refusal.long_table", name=names[0].name, value=values[0].name, examples=examples)


def refuse_aggregate(source: Source, unused: list[str]) -> None:
    """Refuse a file whose rows stand for many contacts each: as contacts they would be counted once."""
    columns = [column for column in look(source) if column.name in unused]
    if totals := [column for column in columns if column.tells_totals]:
        raise BadUse(aggregate(totals))


def aggregate(totals: list[Column]) -> Said:
    """Why a file of totals is refused, and what to do instead."""
    return say(TOTALS, columns=quotes(column.name for column in totals), example=totals[0].texts[0])
