"""The figures of one period: amounts, measures with their n and interval, events, sales and keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from metrics.settlement.incentive import Day, Entry, Name, Number, Whole, month_of
from metrics.settlement.refusal import Lines, Problem, RefusalError


class DayFigure(Entry):
    """The sum and the number of what was measured on one day."""

    day: Day
    total: Number
    n: Annotated[Whole, Field(ge=0)]


def _value(given: Any) -> Any:
    return given if isinstance(given, dict | Measure) else {"value": given}


class Measure(Entry):
    """One measured figure: its value, how many it is made of and its 95 % interval; or its days."""

    value: Number | None = None
    n: Annotated[Whole, Field(ge=0)] | None = None
    low: Number | None = None
    high: Number | None = None
    days: tuple[DayFigure, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.days and self.value is not None:
            raise ValueError("give value or days, not both")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has low and high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        return self

    def without(self, days: frozenset[date]) -> Measure:
        """The measure of the other days, as a value with its n."""
        if not self.days:
            return self
        kept = [each for each in self.days if each.day not in days]
        n = sum(each.n for each in kept)
        total = sum((each.total for each in kept), Fraction(0))
        return Measure(value=total / n if n else None, n=n)


class Event(Entry):
    """Something that happened on some days, both included: a planned outage, force majeure."""

    kind: Name
    first: Day
    last: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("last is before first")
        return self


class Sale(Entry):
    """One sale with the days that count, and who sold it."""

    sale_id: Name
    sold_on: Day
    value: Number = Fraction(0)
    product: str = ""
    campaign: str = ""
    kind: str = ""
    team: str = ""
    agent: str = ""
    leader: str = ""
    cancelled_on: Day | None = None
    deducted_on: Day | None = None
    agent_left_on: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.cancelled_on and self.cancelled_on < self.sold_on:
            raise ValueError("cancelled_on is before sold_on")
        if self.deducted_on and not self.cancelled_on:
            raise ValueError("deducted_on without cancelled_on")
        return self


Keys = dict[str, dict[str, Number]]


class Figures(Entry):
    """All figures of one period. ``amounts`` in NOK; ``teams`` and ``agents``: key → name → number."""

    month: Name
    amounts: dict[str, Number] = Field(default_factory=dict)
    measures: dict[str, Annotated[Measure, BeforeValidator(_value)]] = Field(default_factory=dict)
    events: tuple[Event, ...] = ()
    sales: tuple[Sale, ...] = ()
    teams: Keys = Field(default_factory=dict)
    agents: Keys = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_month(self) -> Self:
        month_of(self.month)
        return self


def sales_of(months: Iterable[Figures]) -> tuple[Sale, ...]:
    """The sales of all months, each once, in the order of day and id, so that arrival does not matter.

    RefusalError where one sale is told in two ways.
    """
    found: dict[str, Sale] = {}
    for sale in (sale for figures in months for sale in figures.sales):
        if found.setdefault(sale.sale_id, sale) != sale:
            raise RefusalError([Problem(0, "sale_twice", {"name": sale.sale_id})])
    return tuple(sorted(found.values(), key=lambda sale: (sale.sold_on, sale.sale_id)))


def figures(content: Mapping[str, Any], lines: Lines | None = None, at: Sequence[str | int] = ()) -> Figures:
    """Figures from a table of TOML. RefusalError with the line for what is no figure."""
    try:
        return Figures.model_validate(content)
    except ValidationError as error:
        problems = []
        for each in error.errors():
            path = list(each["loc"])
            entry = ".".join(str(part) for part in path if not isinstance(part, int))
            line = lines.of([*at, *path]) if lines else 0
            values = {"entry": entry or "figures", "error": str(each["msg"]).removeprefix("Value error, ")}
            problems.append(Problem(line, "entry", values))
        raise RefusalError(problems) from error


@dataclass(frozen=True)
class Case:
    """A test of an incentive file: months of figures, and what the last one must come to."""

    name: str
    line: int
    months: tuple[Figures, ...]
    expected: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""  # code of the refusal that is expected


def cases(text: str) -> list[Case]:
    """The tests of a file of figures: ``[[test]]`` with ``[[test.month]]`` and ``[test.expected]``."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RefusalError([Problem(1, "no_toml", {"error": str(error)})]) from error
    lines = Lines(text)
    found = []
    for number, test in enumerate(content.get("test", [])):
        line = lines.of(("test", number))
        if extra := set(test) - {"name", "month", "expected", "refused"}:
            values = {"entry": ", ".join(sorted(extra)), "error": "not a key of a test"}
            raise RefusalError([Problem(line, "entry", values)])
        months = tuple(
            figures(each, lines, ("test", number, "month", i)) for i, each in enumerate(test.get("month", []))
        )
        if not months or not (test.get("expected") or test.get("refused")):
            values = {"entry": "test", "error": "needs month, and expected or refused"}
            raise RefusalError([Problem(line, "entry", values)])
        expected = dict(test.get("expected", {}))
        found.append(Case(test.get("name", ""), line, months, expected, test.get("refused", "")))
    return found
