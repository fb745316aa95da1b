"""Which columns of a stranger's file are times, and what happened then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from itertools import combinations
from zoneinfo import ZoneInfo

from data.files.profile import Column
from data.guess.times.clocks import MIDNIGHT, is_clock, since_midnight, unit
from data.guess.times.formats import (
    CLOCKS,
    NUMBERS,
    alternatives,
    could_be_date,
    days_of_midnights,
    parse,
    reads,
)

APART = {
    "day": r"(.* )?(day|dag)( of month)?",
    "month": r"(.* )?(month|måned|mnd)",
    "year": r"(.* )?(year|år)",
}
JOINED = ["%d %m %Y", "%d %b %Y", "%d %B %Y", "%m %Y", "%b %Y", "%B %Y"]  # a date in two or three columns
_ADDED = " %H:%M"  # the format of the midnight to which a time of day is added
# What a time is about, by its column's words; the first that fits.
ROLES = {
    "birth": r"birth|born|dob|født|fødsels\w+|nascimento|nacimiento|geburts\w+|naissance",
    "beside": r"purchase|order|due|expected|sla|updated?|modified|survey|rating|score|last|scheduled|target|"
    r"exported|imported|(vru|q|queue|hold|wrap) (exit|end)|q start|queue start|compra|frist|echeance|"
    r"(tiempo|tempo|temps) para|prazo|plazo|agenda\w+|pedido|previs\w+|vencimiento|atualizacao|actualizacion|"
    r"kauf|bestell\w+",
    "answered": r"answer(ed)?|picked|pickup|respon(ded|se)|ser(vice)? start|agent start|connect(ed)?|besvart|"
    r"respuesta|resposta|atendida|contestada|angenommen|reponse",
    "ended": r"end(ed)?|exit|closed?|complet(ed|ion)|resol(ved|ution)|finish(ed)?|hang ?up|released?|"
    r"disconnect(ed)?|slutt|avsluttet|lukket|fi[mn]|cierre|"
    r"encerramento|fechamento|conclusao|finali[sz]a\w+|(re)?solu(cao|cion|tion)|ende|erledigt|fermeture|"
    r"cloture|slut|stangd|afsluttet",
    "offered": r"start(ed)?|beg[iau]n|initiation|originat(ion|ed)|creat(ed|ion)|open(ed)?|offered|received|"
    r"reported|submitted|calldate|entry|arriv(al|ed)|request(ed)?|logged|initiated|queued|mottatt|opprettet|startet|"
    r"inicio|apertura|abertura|creacion|criacao|cr[ei]ado|registro|recepcion|recebimento|beginn|eingang|erstellt|debut|"
    r"ouverture|skapad|oprettet",
}
_DATE_WORDS = re.compile(
    r"\b(date|dato|day|dag|time|tid|at|timestamp|tidspunkt|fecha|data|datum|hora|"
    r"heure|jour|uhrzeit|zeitpunkt)\b"
)


@dataclass(frozen=True)
class Moment:
    """A time in the file: one column, or a date and a clock in two."""

    columns: tuple[Column, ...]
    role: str  # of ROLES, or plain
    formats: list[list[str]]  # alternatives, each a list as a mapping has it; several: a person must choose
    after: str = ""  # what is put after its text
    clock: Column | None = None  # its time of day, where that is to be added
    missing: str = ""  # what its column says where nothing happened

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def called(self) -> str:
        """Its columns, in words."""
        return " + ".join([*self.names, *([self.clock.name] if self.clock else [])])

    @property
    def day(self) -> Moment:
        """Without the time of day that is to be added."""
        if self.clock is None:
            return self
        bare = [[each.removesuffix(_ADDED) if self.after else each for each in way] for way in self.formats]
        return Moment(self.columns, self.role, bare, missing=self.missing)

    @cached_property
    def texts(self) -> list[str]:
        """Row by row; "" where any part is missing."""
        rows = zip(*(column.cells for column in self.columns), strict=True)
        return [" ".join(row) + self.after if all(row) else "" for row in rows]

    @cached_property
    def times(self) -> list[datetime | None]:
        """Row by row, as the first of the alternatives reads them."""
        formats = self.formats[0] if self.formats else []
        known = {text: parse(text, formats) for text in set(self.texts)}
        days = [known[text] for text in self.texts]
        if self.clock is None:
            return days
        told = unit(self.clock) or ""
        both = zip(days, self.clock.cells, strict=True)
        return [day + since_midnight(cell, told) if day and cell else None for day, cell in both]

    @property
    def unread(self) -> list[str]:
        """Texts that no format reads."""
        if not self.formats or not all("%" in each or each == "iso" for each in self.formats[0]):
            return []
        pairs = zip(self.texts, self.times, strict=True)
        return sorted({text for text, time in pairs if text and time is None})

    @property
    def filled(self) -> float:
        parts = [self.texts, *([self.clock.cells] if self.clock else [])]
        return sum(map(all, zip(*parts, strict=True))) / max(1, len(self.texts))

    @property
    def to_the_minute(self) -> bool:
        """Whether it tells no seconds: between two such times lies too much or too little."""
        clocks = [found[0] for text in self.texts if (found := re.search(r"\d:\d\d(:\d\d)?", text))]
        return bool(clocks) and max(map(len, clocks)) == len("0:00") and self.clock is None

    @property
    def number_format(self) -> str:
        """How its times are numbers; "" where they are not."""
        return self.formats[0][0] if self.formats and self.formats[0][0] in NUMBERS else ""

    @property
    def has_clock(self) -> bool:
        if self.clock:
            return True
        # Where every time is midnight only the day is told.
        if self.number_format:
            return any(each.time() != time.min for each in self.times if each)
        dotted = any("%H.%M" in each for formats in self.formats for each in formats)
        return dotted or any(":" in text and not MIDNIGHT.search(text) for text in self.texts)


def moments(columns: list[Column]) -> list[Moment]:
    """Every time of the file, in the order of its columns; clocks stand with the date beside them."""
    clocks = [each for each in columns if each.texts and is_clock(each)]
    packed = [each for each in columns if each.texts and (unit(each) or "").startswith("hh")]
    dates = [each for each in columns if each.texts and each not in [*clocks, *packed] and _is_date(each)]
    alone = [_alone(each) for each in dates]
    days = [each for each in alone if not each.has_clock and each.role not in {"beside", "birth"}]
    if not alone and (whole := _of_parts(columns)):
        days = alone = [whole]
    if not days:
        return alone
    clocks = clocks or [each for each in columns if each not in dates and unit(each)][:1]
    pairs = [(_day_of(clock, days), clock) for clock in clocks]
    used = [id(day) for day, _ in pairs]
    return [*(_pair(day, clock) for day, clock in pairs), *(each for each in alone if id(each) not in used)]


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
    formats = [[each] for each in JOINED if texts and all(reads(text, each) for text in texts)]
    return Moment((*found.values(),), "plain", formats) if formats else None


def _alone(column: Column) -> Moment:
    formats, missing = alternatives(column.texts, packed=_is_named(column)), ""
    if "0" in column.texts:  # a call that nobody took was answered in second 0 of 1970
        given = column.without({"0"})
        found = alternatives(given.texts, packed=_is_named(column))
        if found and found[0][0] in NUMBERS:
            column, formats, missing = given, found, "0"
    if days := days_of_midnights(column.texts):
        formats = [days]
    if told := re.search(r"\b(mm|dd) (mm|dd) yy", column.words):
        formats = [way for way in formats if way[0].startswith(f"%{told[1][0]}")] or formats
    return Moment((column,), role_of(column.words), formats, missing=missing)


def _day_of(clock: Column, days: list[Moment]) -> Moment:
    """The date that a clock belongs to: the one called alike, of several that tell what happened then."""
    called = {*clock.words.split()}

    def likeness(day: Moment) -> tuple[int, bool]:
        alike = len(called & {*" ".join(column.words for column in day.columns).split()})
        return alike, days[0].role != "plain" and day.role == role_of(clock.words)

    return max(days, key=likeness)


def _pair(day: Moment, clock: Column) -> Moment:
    rows = zip(day.texts, clock.cells, strict=True)
    texts = [f"{date} {time}" for date, time in rows if date and time]
    role = role_of(clock.words)
    role = day.role if role == "plain" else role
    timed = any(":" in text for text in day.texts)
    formats = _paired(day, texts) if is_clock(clock) and not timed else []
    if formats or unit(clock) is None:
        return Moment((*day.columns, clock), role, formats)
    # They cannot be read together: the date is a time already, or the clock a number.
    numbers = any("%" not in each and each != "iso" for way in day.formats for each in way)
    if numbers or timed:
        return Moment(day.columns, role, day.formats, clock=clock)
    formats = [[each if each == "iso" else each + _ADDED for each in way] for way in day.formats]
    return Moment(day.columns, role, formats, " 00:00", clock)


def _paired(day: Moment, texts: list[str]) -> list[list[str]]:
    if len(day.columns) == 1:
        return alternatives(texts, packed=True)
    different = sorted({*texts})
    written = [day.formats[0][0] + clock for clock in CLOCKS if clock]
    return [[each] for each in written if all(reads(text, each) for text in different)]


def role_of(words: str) -> str:
    """What happened at a time, by the words of its column."""
    return next((role for role, like in ROLES.items() if re.search(rf"\b({like})\b", words)), "plain")


def _is_named(column: Column) -> bool:
    return bool(_DATE_WORDS.search(column.words)) or role_of(column.words) != "plain"


def _is_date(column: Column) -> bool:
    # Only a look at the first: what is a date there and not below is worth a doubt, not silence.
    sample = [text for text in column.texts[:40] if text != "0"][:20]
    packed = _is_named(column)
    likely = [text for text in sample if packed or could_be_date(text)]
    return 2 * sum(bool(alternatives([text], packed=packed)) for text in likely) > len(sample) > 0


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
