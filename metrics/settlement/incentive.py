"""Read an incentive file: strictly, so that whatever could mean two things is refused with its line."""

from __future__ import annotations

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from metrics.settlement.refusal import Lines, Problem, RefusalError

PARTNER = "partner"
ALL = "all"
COUNTED = ("sales", "sales_value", "sales_weighted_value", "sales_cancelled")  # measures made of the sales


def _exact(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise ValueError("must be a number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("must be a finite number")
    return Fraction(value)


def _day(value: Any) -> Any:
    if type(value) is not date:
        raise ValueError("must be a date such as 2026-01-31, without a time")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


Number = Annotated[Fraction, BeforeValidator(_exact)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[str, Field(min_length=1)]


class Entry(BaseModel):
    """A table of the file. A key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Bounds(Entry):
    """A range of values: ``at_least`` and ``at_most`` belong to it, ``above`` and ``below`` do not."""

    at_least: Number | None = None
    above: Number | None = None
    below: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _one_a_side(self) -> Self:
        if self.at_least is not None and self.above is not None:
            raise ValueError("at_least and above exclude each other")
        if self.at_most is not None and self.below is not None:
            raise ValueError("at_most and below exclude each other")
        return self

    def holds(self, value: Fraction) -> bool:
        """Whether a value lies in the range."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.at_most is None or value <= self.at_most)
        )

    @property
    def bounded(self) -> bool:
        """Whether any limit is given."""
        return any(each is not None for each in (self.at_least, self.above, self.below, self.at_most))

    def low(self, step: Fraction | None) -> tuple[Fraction, bool] | None:
        """The lower limit and whether it belongs to the range; ``step`` is that of rounded values."""
        if self.at_least is not None:
            return self.at_least, True
        if self.above is not None:
            return (self.above + step, True) if step else (self.above, False)
        return None

    def high(self, step: Fraction | None) -> tuple[Fraction, bool] | None:
        """The first value past the range, and whether it is past it (False: it is the last one inside)."""
        if self.below is not None:
            return self.below, True
        if self.at_most is not None:
            return (self.at_most + step, True) if step else (self.at_most, False)
        return None


class Band(Bounds):
    """What a range of values gives."""

    gives: Number


class Dated(Entry):
    """An entry that holds from one day to another, both included. Entries of one name follow each other."""

    name: Name
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("valid_until is before valid_from")
        return self

    @property
    def first(self) -> date:
        """The first day on which it holds."""
        return self.valid_from or date.min

    @property
    def last(self) -> date:
        """The last day on which it holds."""
        return self.valid_until or date.max

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.first <= day <= self.last


class Base(Dated):
    """An amount that shares are of: stated in the file, or the month's own figure, less some of its parts."""

    amount: Number | None = None
    figure: Name | None = None
    less: tuple[Name, ...] = ()
    factor: Number = Fraction(1)
    index: Name | None = None  # figure that it is multiplied by

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.amount is None) == (self.figure is None):
            raise ValueError("give amount or figure, one of them")
        return self


class Average(Entry):
    """The mean of this period and those before it."""

    periods: Annotated[Whole, Field(ge=2, le=24)]
    by: Literal["equal", "n"] = "equal"
    missing: Literal["refuse", "available"] = "refuse"


class Qualifier(Bounds):
    """A condition; a criterion falls ``drop`` bands where it is missed."""

    measure: Name
    drop: Annotated[Whole, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if not self.bounded:
            raise ValueError("give at_least, above, below or at_most")
        return self


class EarnBack(Bounds):
    """A credit is returned when a later period, of the next ``within``, reaches the limits."""

    within: Annotated[Whole, Field(ge=1, le=24)]

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if not self.bounded:
            raise ValueError("give at_least, above, below or at_most")
        return self


class Criterion(Dated):
    """What one measure pays: a measure, a scale that turns it into a result, and a unit for the result."""

    measure: Name | None = None
    sum_of: tuple[Name, ...] = ()
    round: Annotated[Whole, Field(ge=0, le=9)] | None = None
    shift: Name | None = None  # figure taken off the measure: the levels move by it
    average: Average | None = None
    minimum_n: Annotated[Whole, Field(ge=1)] | None = None
    too_few: Literal["base_pay", "zero", "previous"] | None = None
    no_data: Literal["base_pay", "zero"] | None = None
    target: Number | None = None
    when_unsure: Literal["base_pay"] | None = None
    dead_zone: Annotated[Number, Field(ge=0)] | None = None
    base_pay: Number | None = None
    bands: tuple[Band, ...] = ()
    interpolate: tuple[tuple[Number, Number], ...] = ()
    rate: Number | None = None
    gives: Number | None = None
    qualifiers: tuple[Qualifier, ...] = ()
    repeat: tuple[Number, ...] = ()
    weight: Number = Fraction(1)
    unit: Literal["share", "kroner", "points"]
    base: Name | None = None
    per: Name | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    gates: tuple[Name, ...] = ()
    when_shut: Number = Fraction(0)
    credit: bool = False
    earn_back: EarnBack | None = None
    first_month: Annotated[Whole, Field(ge=1)] | None = None
    last_month: Annotated[Whole, Field(ge=1)] | None = None

    @property
    def step(self) -> Fraction | None:
        """The distance between two rounded values."""
        return None if self.round is None else Fraction(1, 10**self.round)


class Gate(Dated, Bounds):
    """A condition that criteria and rules name: shut, they pay nothing."""

    measure: Name
    round: Annotated[Whole, Field(ge=0, le=9)] | None = None
    minimum_n: Annotated[Whole, Field(ge=1)] | None = None
    unknown: Literal["open", "shut"] | None = None

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if not self.bounded:
            raise ValueError("give at_least, above, below or at_most")
        return self


class Limit(Dated):
    """A cap or a floor of several lines together, in kroner or as a share of a base."""

    of: tuple[Name, ...]
    at_most: Number | None = None
    at_least: Number | None = None
    at_most_share: Number | None = None
    at_least_share: Number | None = None
    base: Name | None = None
    over: Literal["period", "year"] = "period"

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.at_most is not None and self.at_most_share is not None:
            raise ValueError("at_most and at_most_share exclude each other")
        if self.at_least is not None and self.at_least_share is not None:
            raise ValueError("at_least and at_least_share exclude each other")
        shares = (self.at_most_share, self.at_least_share)
        if all(each is None for each in (self.at_most, self.at_least, *shares)):
            raise ValueError("give at_most, at_least, at_most_share or at_least_share")
        if any(each is not None for each in shares) != (self.base is not None):
            raise ValueError("a share needs a base, and a base a share")
        if not self.of:
            raise ValueError("name the lines it limits")
        return self


class Rule(Dated):
    """What one sale pays to a recipient. Of the rules that hit a sale the highest priority pays."""

    products: tuple[Name, ...] = ()
    campaigns: tuple[Name, ...] = ()
    kinds: tuple[Name, ...] = ()
    teams: tuple[Name, ...] = ()
    priority: Whole = 0
    kroner: Number | None = None
    share: Number | None = None
    weighted: bool = False
    recipient: Literal["partner", "team", "agent", "leader"] = "partner"
    on_top: bool = False
    gates: tuple[Name, ...] = ()
    spared: Literal["agent_left"] | None = None

    @model_validator(mode="after")
    def _one_pay(self) -> Self:
        if (self.kroner is None) == (self.share is None):
            raise ValueError("give kroner or share, one of them")
        return self


class Product(Dated):
    """How much a product counts, by date."""

    weight: Annotated[Number, Field(ge=0)]


class Cancellation(Entry):
    """In which period a cancelled sale is taken back: that of the sale, the cancellation or the deduction."""

    counts_on: Literal["sold_on", "cancelled_on", "deducted_on", "never"]
    within_days: Annotated[Whole, Field(ge=0)] | None = None


class Part(Entry):
    """One part of the partner's pay, divided among the teams or agents by a key of the figures."""

    to: Literal["partner", "team", "agent"]
    share: Annotated[Number, Field(gt=0, le=1)]
    by: Name | None = None

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        if (self.to == PARTNER) != (self.by is None):
            raise ValueError("a part of teams or agents needs by, that of the partner has none")
        return self


class Exclusion(Entry):
    """Days of an event do not count in some measures."""

    event: Name
    measures: tuple[Name, ...] = Field(min_length=1)


class Period(Entry):
    """Which days a month has: from ``first_day`` on, named by the month of its first or its last day."""

    first_day: Annotated[Whole, Field(ge=1, le=28)] = 1
    named_by: Literal["first_day", "last_day"] | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.first_day != 1 and self.named_by is None:
            raise ValueError("say named_by: first_day or last_day")
        return self


class Document(Entry):
    """All tables of an incentive file."""

    name: Name
    partners: tuple[Name, ...] = ()
    valid_from: Day
    valid_until: Day | None = None
    starts: Day | None = None
    currency: Literal["NOK"] = "NOK"
    tie: Literal["highest_pay", "lowest_pay", "latest_from", "first_listed"] | None = None
    carry_negative: bool = False
    period: Period = Period()
    base: tuple[Base, ...] = ()
    gate: tuple[Gate, ...] = ()
    criterion: tuple[Criterion, ...] = ()
    limit: tuple[Limit, ...] = ()
    rule: tuple[Rule, ...] = ()
    product: tuple[Product, ...] = ()
    cancellation: Cancellation | None = None
    split: tuple[Part, ...] = ()
    exclusion: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class Span:
    """The days of a period, both included, and the month it is called by."""

    month: str
    first: date
    last: date

    @property
    def days(self) -> Iterator[date]:
        """Each day."""
        return (self.first + timedelta(i) for i in range((self.last - self.first).days + 1))


@dataclass(frozen=True)
class Incentive:
    """A file that can be settled by, its digest, and where each entry stands in it."""

    document: Document
    digest: str
    lines: Lines

    def line(self, *path: str | int) -> int:
        """The line of an entry."""
        return self.lines.of(path)

    def span(self, month: str) -> Span:
        """The days of the period called by a month (``2026-03``). ValueError for what is no month."""
        return span_of(self.document.period, month)


def month_of(text: str) -> date:
    """The first day of a month ``2026-03``. ValueError for anything else."""
    try:
        year, number = text.split("-")
        if len(year) != 4 or len(number) != 2:
            raise ValueError
        return date(int(year), int(number), 1)
    except ValueError as error:
        raise ValueError(f"expected a month such as 2026-03, got {text!r}") from error


def month_after(month: str, by: int = 1) -> str:
    """The month ``by`` months later."""
    day = month_of(month)
    number = day.year * 12 + day.month - 1 + by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def span_of(period: Period, month: str) -> Span:
    """The days of the period called by a month."""
    if period.named_by == "last_day" and period.first_day != 1:
        start = month_of(month_after(month, -1)).replace(day=period.first_day)
        return Span(month, start, month_of(month).replace(day=period.first_day) - timedelta(1))
    start = month_of(month).replace(day=period.first_day)
    return Span(month, start, month_of(month_after(month)).replace(day=period.first_day) - timedelta(1))


def parse(text: str) -> Incentive:
    """An incentive file. RefusalError with line and reason for whatever is wrong or could mean two things."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RefusalError([Problem(_line_of(str(error)), "no_toml", {"error": str(error)})]) from error
    lines = Lines(text)
    try:
        document = Document.model_validate(content)
    except ValidationError as error:
        raise RefusalError([_structural(lines, each) for each in error.errors()]) from error
    if problems := list(_problems(document, lines)):
        raise RefusalError(problems)
    return Incentive(document, hashlib.sha256(text.encode()).hexdigest(), lines)


def _line_of(message: str) -> int:
    _, _, rest = message.partition("at line ")
    digits = rest.split(",")[0]
    return int(digits) if digits.isdigit() else 1


def _structural(lines: Lines, error: Any) -> Problem:
    path = tuple(error["loc"])
    entry = ".".join(str(part) for part in path if not isinstance(part, int))
    message = str(error["msg"]).removeprefix("Value error, ")
    return Problem(lines.of(path), "entry", {"entry": entry or "file", "error": message})


def _problems(document: Document, lines: Lines) -> Iterator[Problem]:
    yield from _overlaps(document, lines)
    yield from _names(document, lines)
    yield from _dates(document, lines)
    for number, each in enumerate(document.criterion):
        for key, code, values in criterion_problems(each):
            line = lines.of(("criterion", number, key))
            yield Problem(line, code, {"name": each.name, **values})
    yield from _rules(document, lines)
    if document.split and sum(part.share for part in document.split) != 1:
        yield Problem(lines.of(("split", 0)), "split_sum", {})
    kinds = [part.to for part in document.split]
    if len(set(kinds)) < len(kinds):
        yield Problem(lines.of(("split", 0)), "split_twice", {})


_TABLES = ("base", "gate", "criterion", "limit", "rule", "product")


def _overlaps(document: Document, lines: Lines) -> Iterator[Problem]:
    if document.valid_until and document.valid_until < document.valid_from:
        yield Problem(lines.of(("valid_until",)), "file_dates", {})
    owners: dict[str, str] = {}
    for table in _TABLES:
        by_name: dict[str, list[tuple[Dated, int]]] = defaultdict(list)
        for number, each in enumerate(getattr(document, table)):
            by_name[each.name].append((each, number))
        for name, entries in by_name.items():
            ordered = sorted(entries, key=lambda pair: (pair[0].first, pair[0].last))
            for (one, _), (other, number) in pairwise(ordered):
                if other.first <= one.last and not _other_months(one, other):
                    yield Problem(lines.of((table, number)), "overlap", {"name": name})
            if table in ("criterion", "limit", "rule"):
                if name in owners or name in (ALL, "carried", "correction"):
                    yield Problem(lines.of((table, entries[0][1])), "name_twice", {"name": name})
                owners[name] = table


def _other_months(one: Dated, other: Dated) -> bool:
    """Whether two criteria of one name are of different months of the contract."""
    if not isinstance(one, Criterion) or not isinstance(other, Criterion):
        return False
    first, second = sorted((one, other), key=lambda each: each.first_month or 1)
    return first.last_month is not None and (second.first_month or 1) > first.last_month


def _names(document: Document, lines: Lines) -> Iterator[Problem]:
    bases, gates = {each.name for each in document.base}, {each.name for each in document.gate}
    points = {each.name for each in document.criterion if each.unit == "points"}
    paying = {each.name for each in document.criterion if each.unit != "points"}
    paying |= {each.name for each in document.rule if each.recipient == PARTNER}
    seen: set[str] = set()
    for number, each in enumerate(document.criterion):
        for name in each.sum_of:
            if name not in points or name not in seen:
                yield Problem(lines.of(("criterion", number, "sum_of")), "no_points", {"name": name})
        seen.add(each.name)
    for number, limit in enumerate(document.limit):
        for name in set(limit.of) - paying - {ALL}:
            yield Problem(lines.of(("limit", number, "of")), "no_line", {"name": name})
    for table in ("criterion", "limit", "rule"):
        for number, each in enumerate(getattr(document, table)):
            base = getattr(each, "base", None)
            if base and base not in bases:
                yield Problem(lines.of((table, number, "base")), "no_base", {"name": base})
            for gate in set(getattr(each, "gates", ())) - gates:
                yield Problem(lines.of((table, number, "gates")), "no_gate", {"name": gate})


def _dates(document: Document, lines: Lines) -> Iterator[Problem]:
    """Levels change between periods, never within one; rules and products count by the day of a sale."""
    first_day = document.period.first_day
    for table in ("base", "gate", "criterion", "limit"):
        for number, each in enumerate(getattr(document, table)):
            days = (("valid_from", each.valid_from, 0), ("valid_until", each.valid_until, 1))
            for key, day, later in days:
                if day and (day + timedelta(later)).day != first_day:
                    line = lines.of((table, number, key))
                    yield Problem(line, "within_period", {"name": each.name, "day": day.isoformat()})
    for number, each in enumerate(document.criterion):
        if (each.first_month or each.last_month) and document.starts is None:
            yield Problem(lines.of(("criterion", number, "first_month")), "no_start", {"name": each.name})


def _rules(document: Document, lines: Lines) -> Iterator[Problem]:
    if document.rule and document.cancellation is None:
        yield Problem(lines.of(("rule", 0)), "no_cancellation", {})
    for number, rule in enumerate(document.rule):
        if rule.spared and rule.recipient != "leader":
            yield Problem(lines.of(("rule", number, "spared")), "spared_leader", {"name": rule.name})
    if document.tie is None:
        for number, rule in enumerate(document.rule):
            for other in document.rule[:number]:
                if other.name != rule.name and _always_both(rule, other):
                    values = {"name": rule.name, "other": other.name}
                    yield Problem(lines.of(("rule", number)), "tie", values)


def _always_both(one: Rule, other: Rule) -> bool:
    """Whether two rules of equal priority can hit one sale."""
    if one.on_top or other.on_top or one.priority != other.priority or one.recipient != other.recipient:
        return False
    if one.first > other.last or other.first > one.last:
        return False
    pairs = (
        (one.products, other.products),
        (one.campaigns, other.campaigns),
        (one.kinds, other.kinds),
        (one.teams, other.teams),
    )
    return all(not mine or not theirs or set(mine) & set(theirs) for mine, theirs in pairs)


_Found = Iterator[tuple[str, str, dict[str, Any]]]


def criterion_problems(each: Criterion) -> _Found:
    """What a criterion lacks or says twice: the key it is about, a code and its values."""
    scales = [each.bands, each.interpolate, each.rate is not None, each.gives is not None]
    if sum(map(bool, scales)) != 1:
        yield "name", "one_scale", {}
    measured = [each.measure is not None, bool(each.sum_of)]
    if sum(measured) != (0 if each.gives is not None else 1):
        yield "name", "one_measure", {}
    if (each.unit == "share") != (each.base is not None):
        yield "unit", "base_of_share", {}
    if each.per and each.unit == "points":
        yield "per", "per_points", {}
    if each.at_least is not None and each.at_most is not None and each.at_least > each.at_most:
        yield "at_least", "cap_below_floor", {}
    if each.credit and each.gates:
        yield "gates", "gate_of_credit", {}
    if each.credit and each.unit == "points":
        yield "credit", "points_credit", {}
    if each.earn_back and not each.credit:
        yield "earn_back", "earn_back_of_credit", {}
    if each.qualifiers and not each.bands:
        yield "qualifiers", "qualifier_bands", {}
    yield from _chance_problems(each)
    yield from _band_problems(each)
    levels = [level for level, _ in each.interpolate]
    if each.interpolate and (len(levels) < 2 or any(b <= a for a, b in pairwise(levels))):
        yield "interpolate", "levels_rise", {}


def _chance_problems(each: Criterion) -> _Found:
    if (each.minimum_n is None) != (each.too_few is None):
        yield "minimum_n", "fallback", {}
    base_pay = (each.too_few, each.no_data, each.when_unsure)
    needed = "base_pay" in base_pay or each.dead_zone is not None
    if needed != (each.base_pay is not None):
        yield "base_pay", "base_pay", {}
    if (each.when_unsure is not None or each.dead_zone is not None) != (each.target is not None):
        yield "target", "target", {}
    if each.average and (each.minimum_n or each.when_unsure):
        yield "average", "average_chance", {}
    if each.sum_of and (each.minimum_n or each.when_unsure):
        yield "sum_of", "points_chance", {}


def _band_problems(each: Criterion) -> _Found:
    """Bands must cover every value once: from no lower limit to no upper one, without gap or overlap."""
    if not each.bands:
        return
    step = each.step
    lowest = Fraction(-(10**30))
    ordered = sorted(each.bands, key=lambda band: (band.low(step) or (lowest, True), band.high(step) is None))
    if ordered[0].low(step) is not None or ordered[-1].high(step) is not None:
        yield "bands", "open_ends", {}
    for one, other in pairwise(ordered):
        high, low = one.high(step), other.low(step)
        if high is None or low is None or low[0] < high[0] or (low[0] == high[0] and low[1] and not high[1]):
            yield "bands", "bands_overlap", {}
        elif low[0] > high[0] or (low[0] == high[0] and high[1] and not low[1]):
            yield "bands", "bands_gap", {"value": plain(high[0])}


def plain(value: Fraction) -> str:
    """A number as people write it."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10g}"


def check_books(books: Sequence[Incentive]) -> None:
    """RefusalError where two files hold on the same day."""
    ordered = sorted(books, key=lambda each: each.document.valid_from)
    for one, other in pairwise(ordered):
        if other.document.valid_from <= (one.document.valid_until or date.max):
            values = {"name": other.document.name, "other": one.document.name}
            raise RefusalError([Problem(other.line("valid_from"), "files_overlap", values)])
