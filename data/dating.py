"""Which columns of a stranger's file are times, how they are written, and what happened then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import combinations
from zoneinfo import ZoneInfo

from data.reading import TYPED
from data.sampling import Column

DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
         "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
         "%d %b %y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%A, %B %d, %Y", "%b %d %Y", "%Y %b %d",
         "%d/%b/%Y", "%a, %d %b %Y", "%a %b %d %Y"]  # fmt: skip
PACKED = ["%Y%m%d", "%y%m%d"]
APART = {
    "day": r"(.* )?(day|dag)( of month)?",
    "month": r"(.* )?(month|måned|mnd)",
    "year": r"(.* )?(year|år)",
}
JOINED = ["%d %m %Y", "%d %b %Y", "%d %B %Y", "%m %Y", "%b %Y", "%B %Y"]  # a date in two or three columns
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", "T%H:%M:%S", "T%H:%M",
          ", %H:%M", ", %H:%M:%S", ", %I:%M %p", ", %I:%M:%S %p", " %H.%M", " %H:%M:%S.%f",
          " %H.%M.%S", " %I:%M:%S %p %z", " %H:%M:%S %z", " %H:%M %z"]  # fmt: skip
TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?")
_DOTTED = re.compile(r"\d{1,2}\.\d\d(\.\d\d)?")
MOST_FORMATS = 3  # in one column
NEARLY = 0.95  # of the values: the rest are slips, which an import rejects
# What a time is about, by its column's words; the first that fits.
ROLES = {
    "beside": r"birth|dob|purchase|order|due|expected|sla|updated?|modified|survey|rating|last|scheduled|"
    r"exported|imported|(vru|q|queue|hold|wrap) (exit|end)|q start|queue start",
    "answered": r"answer(ed)?|picked|pickup|respon(ded|se)|ser(vice)? start|agent start|connected|besvart",
    "ended": r"end(ed)?|exit|closed?|complet(ed|ion)|resol(ved|ution)|finish(ed)?|hang ?up|released?|"
    r"disconnect(ed)?|slutt|avsluttet|lukket",
    "offered": r"start(ed)?|beg[iau]n|initiation|creat(ed|ion)|open(ed)?|offered|received|reported|submitted|"
    r"calldate|entry|arriv(al|ed)|request(ed)?|logged|initiated|queued|mottatt|opprettet|startet",
}
_DATE_WORDS = re.compile(r"\b(date|dato|day|dag|time|tid|at|timestamp|tidspunkt)\b")


@dataclass(frozen=True)
class Moment:
    """A time in the file: one column, or a date and a clock in two."""

    columns: tuple[Column, ...]
    role: str  # of ROLES, or plain
    formats: list[list[str]]  # alternatives, each a list as a mapping has it; several: a person must choose

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def called(self) -> str:
        """Its columns, in words."""
        return " + ".join(self.names)

    @cached_property
    def texts(self) -> list[str]:
        """Row by row; "" where any part is missing."""
        rows = zip(*(column.cells for column in self.columns), strict=True)
        return [" ".join(row) if all(row) else "" for row in rows]

    @cached_property
    def times(self) -> list[datetime | None]:
        """Row by row, as the first of the alternatives reads them."""
        formats = self.formats[0] if self.formats else []
        known = {text: _parse(text, formats) for text in set(self.texts)}
        return [known[text] for text in self.texts]

    @property
    def unread(self) -> list[str]:
        """Texts that no format reads."""
        if not self.formats or not all("%" in each or each == "iso" for each in self.formats[0]):
            return []
        pairs = zip(self.texts, self.times, strict=True)
        return sorted({text for text, time in pairs if text and time is None})

    @property
    def filled(self) -> float:
        return sum(bool(text) for text in self.texts) / max(1, len(self.texts))

    @property
    def has_clock(self) -> bool:
        dotted = any("%H" in each for formats in self.formats for each in formats)
        return dotted or any(":" in text for text in self.texts)


def moments(columns: list[Column]) -> list[Moment]:
    """Every time of the file, in the order of its columns; clocks stand with the date beside them."""
    clocks = [each for each in columns if each.texts and _is_clock(each)]
    dates = [each for each in columns if each.texts and each not in clocks and _is_date(each)]
    alone = [
        Moment((each,), role_of(each.words), alternatives(each.texts, packed=_is_named(each)))
        for each in dates
    ]
    days = [each for each in alone if not each.has_clock and each.role != "beside"]
    if not alone and (whole := _of_parts(columns)):
        days = alone = [whole]
    if not days:
        return alone
    paired = [_pair(days[0], clock) for clock in clocks]
    return [*paired, *(each for each in alone if not (paired and each is days[0]))]


def _is_clock(column: Column) -> bool:
    dotted = bool(re.search(r"\b(time|tid|klokkeslett|kl)\b", column.words))
    like = [TIME_OF_DAY, *([_DOTTED] if dotted else [])]
    return any(all(map(each.fullmatch, column.texts)) for each in like)


def parts(columns: list[Column]) -> dict[str, Column]:
    """The columns of a date that stands in several: day, month and year, as far as they are there."""
    found: dict[str, Column] = {}
    for name, like in APART.items():
        for column in columns:
            if name not in found and column.texts and re.fullmatch(like, column.words):
                found[name] = column
    return found


def _of_parts(columns: list[Column]) -> Moment | None:
    found = parts(columns)
    if not {"month", "year"} <= found.keys():
        return None
    rows = zip(*(column.cells for column in found.values()), strict=True)
    texts = sorted({" ".join(row) for row in rows if all(row)})
    formats = [[each] for each in JOINED if texts and all(_reads(text, each) for text in texts)]
    return Moment((*found.values(),), "plain", formats) if formats else None


def _pair(day: Moment, clock: Column) -> Moment:
    rows = zip(day.texts, clock.cells, strict=True)
    texts = [f"{date} {time}" for date, time in rows if date and time]
    role = role_of(clock.words)
    return Moment((*day.columns, clock), day.role if role == "plain" else role, _paired(day, texts))


def _paired(day: Moment, texts: list[str]) -> list[list[str]]:
    if len(day.columns) == 1:
        return alternatives(texts, packed=True)
    different = sorted({*texts})
    written = [day.formats[0][0] + clock for clock in CLOCKS if clock]
    return [[each] for each in written if all(_reads(text, each) for text in different)]


def role_of(words: str) -> str:
    """What happened at a time, by the words of its column."""
    return next((role for role, like in ROLES.items() if re.search(rf"\b({like})\b", words)), "plain")


def _is_named(column: Column) -> bool:
    return bool(_DATE_WORDS.search(column.words)) or role_of(column.words) != "plain"


def _is_date(column: Column) -> bool:
    # Only a look at the first: what is a date there and not below is worth a doubt, not silence.
    sample = column.texts[:20]
    packed = _is_named(column)
    return 2 * sum(bool(alternatives([text], packed=packed)) for text in sample) > len(sample)


def alternatives(texts: list[str], *, packed: bool = False) -> list[list[str]]:
    """The ways in which every text can be read, each a list of formats; none where there is no way.

    ``packed``: digits alone may be a date, too, as the column's name says so.
    """
    different = sorted(set(texts))
    if different and all(text.startswith(TYPED) or _is_iso(text) for text in different):
        return [["iso"]]
    plain = [text for text in different if not text.startswith(TYPED)]
    if packed and plain and all(re.fullmatch(r"\d+([.,⎖]\d+)?", text) for text in plain):
        return _of_numbers(plain)
    written = [date + clock for date in (DATES + PACKED if packed else DATES) for clock in CLOCKS]
    single = [[each] for each in written if plain and all(_reads(text, each) for text in plain)]
    return single or (_mixed(plain, written) or _nearly(plain, written) if plain else [])


def _nearly(texts: list[str], written: list[str]) -> list[list[str]]:
    """The formats that read nearly every text, where none reads all: a few are plainly wrong."""
    some = texts[:: max(1, len(texts) // 200)]
    likely = [each for each in ["iso", *written] if 2 * sum(_reads(text, each) for text in some) > len(some)]
    reads = {each: sum(_reads(text, each) for text in texts) for each in likely or ["iso"]}
    most = max(reads.values())
    return [[each] for each, read in reads.items() if read == most] if most >= NEARLY * len(texts) else []


def _of_numbers(texts: list[str]) -> list[list[str]]:
    packed = [[each] for each in PACKED if all(_reads(text, each) for text in texts)]
    if packed:
        return packed[:1]
    numbers = [float(text.replace(TYPED, ".").replace(",", ".")) for text in texts]
    ranges = {"excel": (20_000, 80_000), "epoch": (6e8, 4e9), "epoch_ms": (6e11, 4e12)}
    return [[name] for name, (low, high) in ranges.items() if all(low <= each <= high for each in numbers)]


def _mixed(texts: list[str], written: list[str]) -> list[list[str]]:
    """Several formats in one column: those that read most, and never one text as two different days."""
    found = []
    for first in ("%d", "%m"):
        usable = [each for each in ["iso", *written] if not _other_order(each, first)]
        chosen: list[str] = []
        left = texts
        while left and len(chosen) < MOST_FORMATS:
            best = max(usable, key=lambda each: sum(_reads(text, each) for text in left[:500]))
            chosen.append(best)
            still = [text for text in left if not _reads(text, best)]
            if len(still) == len(left):
                break
            left = still
        if not left and chosen not in found:
            found.append(chosen)
    return found


def _other_order(written: str, first: str) -> bool:
    digits = re.match(r"%([dm])[./-]%([dm])", written)
    return bool(digits) and f"%{digits[1]}" != first if digits else False


def _is_iso(text: str) -> bool:
    try:
        return bool(re.match(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _reads(text: str, written: str) -> bool:
    return _is_iso(text) if written == "iso" else _strptime(text, written) is not None


_TWO, _NAME = r"\d\d?", r"[^\W\d]+"
_SHAPES = {"d": _TWO, "m": _TWO, "H": _TWO, "I": _TWO, "M": _TWO, "S": _TWO, "y": r"\d\d",
           "Y": r"\d{4}", "f": r"\d+", "p": "[AaPp][Mm]", "a": _NAME, "A": _NAME, "b": _NAME, "B": _NAME,
           "z": r"[+-]\d\d:?\d\d|Z"}  # fmt: skip


@cache
def _shape(written: str) -> re.Pattern[str]:
    """What a text of this format looks like: strptime makes a pattern anew for nearly every call."""
    parts = re.split("%(.)", written)
    return re.compile(
        "".join(f"({_SHAPES[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    )


def _strptime(text: str, written: str) -> datetime | None:
    if not _shape(written).fullmatch(text):
        return None
    try:
        found = datetime.strptime(text, written)  # noqa: DTZ007 only to compare with its like
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None


def _parse(text: str, formats: list[str]) -> datetime | None:
    for written in formats:
        if text.startswith(TYPED) or written == "iso":
            bare = text.removeprefix(TYPED)
            found = datetime.fromisoformat(bare).replace(tzinfo=None) if _is_iso(bare) else None
        elif "%" in written:
            found = _strptime(text, written)
        else:
            found = None
        if found:
            return found
    return None


def clock_of(written: str) -> str:
    """The format of the time of day within a format."""
    return max((each for each in CLOCKS if written.endswith(each)), key=len).strip(" ,T")


def gaps(earlier: Moment, later: Moment) -> list[timedelta]:
    """From the earlier to the later, where both are known."""
    return [b - a for a, b in zip(earlier.times, later.times, strict=True) if a and b]


def ordered(*moments_: Moment | None) -> bool:
    """Whether the moments come one after the other in nearly every row."""
    known = [each for each in moments_ if each is not None]
    for earlier, later in combinations(known, 2):
        found = gaps(earlier, later)
        if 1000 * sum(gap < timedelta(0) for gap in found) > len(found):
            return False
    return True


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in the zone ever showed this time: in spring they leave out an hour."""
    there = local.replace(tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
