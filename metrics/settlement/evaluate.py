"""Settle one period: figures and the periods before it in, lines with reasons and whole øre out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from metrics.settlement import commission
from metrics.settlement.commission import Payment
from metrics.settlement.figures import Figures, Measure, Sale, sales_of
from metrics.settlement.incentive import (
    ALL,
    COUNTED,
    PARTNER,
    Base,
    Criterion,
    Dated,
    Gate,
    Incentive,
    Limit,
    Qualifier,
    Span,
    plain,
)
from metrics.settlement.refusal import RefusalError, refuse
from metrics.settlement.rounding import divide, half_up

CARRIED = "carried"
CORRECTION = "correction"


@dataclass(frozen=True)
class Line:
    """One line of a settlement: what it is called, whose it is, its øre, and why it is so (a code).

    ``number`` is the line of the incentive file that it comes from; ``sales`` what each sale came to.
    """

    name: str
    account: str
    ore: int
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    sales: tuple[Payment, ...] = ()


@dataclass(frozen=True)
class State:
    """What later periods need to know of a criterion: its value, its result, and how often it was missed."""

    value: Fraction | None
    n: int | None
    gives: Fraction
    misses: int
    credit: int = 0  # øre taken off in this period
    returned: tuple[str, ...] = ()  # months whose credits this period gave back


@dataclass(frozen=True)
class Settlement:
    """A settled period. ``payable`` and ``balance`` (carried to the next one) in øre, by account."""

    month: str
    file: str
    digest: str
    lines: tuple[Line, ...]
    payable: Mapping[str, int]
    balance: Mapping[str, int]
    parts: Mapping[str, int]
    states: Mapping[str, State]

    @property
    def total(self) -> int:
        """What is paid in this period to all accounts, in øre."""
        return sum(self.payable.values())


def settle_months(books: Sequence[Incentive], months: Sequence[Figures]) -> list[Settlement]:
    """Settle periods that follow one another, each with those before it as its history."""
    ordered = sorted(months, key=lambda each: each.month)
    sales = sales_of(ordered)
    settled: list[Settlement] = []
    for each in ordered:
        try:
            settled.append(settle(books, each, settled, sales))
        except RefusalError as error:
            if each is ordered[-1] or {problem.code for problem in error.problems} != {"no_history"}:
                raise
            settled.append(_observed(books, each, settled, sales))
    return settled


def _observed(
    books: Sequence[Incentive], figures: Figures, history: Sequence[Settlement], sales: Sequence[Sale]
) -> Settlement:
    """A period too early for a mean: its figures count for later ones, and it pays nothing."""
    month = _Month(books, book_of(books, figures.month), figures, history, sales)
    month.observing = True
    month.criteria()
    document = month.document
    return Settlement(figures.month, document.name, month.book.digest, (), {PARTNER: 0}, {}, {}, month.states)


def book_of(books: Sequence[Incentive], month: str) -> Incentive:
    """The file that holds for all of a period. RefusalError where none does, or another begins within it."""
    fitting = []
    for book in books:
        span, document = book.span(month), book.document
        if document.valid_from <= span.last and (document.valid_until or date.max) >= span.first:
            if document.valid_from > span.first or (document.valid_until or date.max) < span.last:
                values = {"month": month, "name": document.name}
                raise refuse(book.line("valid_from"), "file_within_period", **values)
            fitting.append(book)
    if not fitting:
        raise refuse(0, "no_file", month=month)
    if len(fitting) > 1:
        names = {"name": fitting[1].document.name, "other": fitting[0].document.name}
        raise refuse(fitting[1].line("valid_from"), "files_overlap", **names)
    return fitting[0]


def settle(
    books: Sequence[Incentive],
    figures: Figures,
    history: Sequence[Settlement] = (),
    sales: Sequence[Sale] | None = None,
    corrections: Sequence[Line] = (),
) -> Settlement:
    """Settle the period of the figures. RefusalError where it cannot be told what is owed.

    ``history`` are the settled periods before it, the oldest first; ``sales`` those of all periods that are
    known (default: the figures' own); ``corrections`` lines for periods that are closed.
    """
    book = book_of(books, figures.month)
    known = sales_of([figures]) if sales is None else sales
    month = _Month(books, book, figures, history, known)
    lines = [*month.carried(), *corrections, *month.criteria()]
    lines += month.sales_lines()
    lines += month.limits(lines)
    totals: dict[str, int] = {PARTNER: 0}
    for line in lines:
        totals[line.account] = totals.get(line.account, 0) + line.ore
    carry = book.document.carry_negative
    payable = {name: max(ore, 0) if carry else ore for name, ore in sorted(totals.items())}
    balance = {name: ore for name, ore in sorted(totals.items()) if carry and ore < 0}
    parts = month.parts(payable[PARTNER])
    return Settlement(
        figures.month, book.document.name, book.digest, tuple(lines), payable, balance, parts, month.states
    )


def _paid(history: Iterable[Settlement]) -> dict[tuple[str, str, str], int]:
    """What each sale has been paid so far, by rule and account, net of what was taken back."""
    paid: dict[tuple[str, str, str], int] = {}
    for settled in history:
        for line in settled.lines:
            for sale in line.sales:
                key = (sale.sale_id, sale.rule, line.account)
                paid[key] = paid.get(key, 0) + sale.ore
    return paid


class _Month:
    """One period while it is settled: what it knows, and the states of its criteria."""

    def __init__(
        self,
        books: Sequence[Incentive],
        book: Incentive,
        figures: Figures,
        history: Sequence[Settlement],
        sales: Sequence[Sale],
    ) -> None:
        self.books, self.book, self.document = books, book, book.document
        self.figures, self.history = figures, list(history)
        self.span: Span = book.span(figures.month)
        self.states: dict[str, State] = {}
        self.sales = sales
        self.observing = False  # whether a mean may lack periods, for nothing is paid
        self.excluded = self._excluded()

    @property
    def known_from(self) -> date:
        """The first day of the periods that are known."""
        if not self.history:
            return self.span.first
        first = self.history[0].month
        return book_of(self.books, first).span(first).first

    # What is measured

    def _excluded(self) -> dict[str, frozenset[date]]:
        found: dict[str, frozenset[date]] = {}
        for exclusion in self.document.exclusion:
            days = frozenset(
                day
                for event in self.figures.events
                if event.kind == exclusion.event
                for day in self.span.days
                if event.first <= day <= event.last
            )
            for name in exclusion.measures:
                found[name] = found.get(name, frozenset()) | days
        return found

    def measure(self, name: str, line: int) -> Measure:
        """A measure of the period; without a value where there are no data."""
        given = self.figures.measures.get(name)
        if given is None and name in COUNTED:
            return commission.counted(name, self.document, self.span, self.sales)
        if given is None:
            return Measure()
        days = self.excluded.get(name, frozenset())
        if days and not given.days:
            raise refuse(line, "no_days", name=name)
        return given.without(days)

    def figure(self, name: str, line: int) -> Fraction:
        """A stated amount in NOK, or a measure's value. RefusalError where there is neither."""
        if name in self.figures.amounts:
            return self.figures.amounts[name]
        value = self.measure(name, line).value
        if value is None:
            raise refuse(line, "no_figure", name=name, month=self.figures.month)
        return value

    def base(self, name: str, line: int) -> Fraction:
        """A base of the period in øre."""
        entry = self._entry(self.document.base, "base", name, line)
        assert isinstance(entry, Base)  # noqa: S101 - the table holds nothing else
        where = self.book.line("base", self.document.base.index(entry))
        amount = entry.amount if entry.amount is not None else self.figure(entry.figure or "", where)
        for part in entry.less:
            amount -= self.figure(part, where)
        if entry.index:
            amount *= self.figure(entry.index, where)
        return amount * entry.factor * 100

    def _entry(self, table: Sequence[Dated], kind: str, name: str, line: int) -> Dated:
        for entry in table:
            if entry.name == name and self.holds(entry):
                return entry
        raise refuse(line, f"no_{kind}_then", name=name, month=self.figures.month)

    def holds(self, entry: Dated) -> bool:
        """Whether an entry holds in this period, by its dates and by the months of the contract."""
        if not entry.holds_on(self.span.first):
            return False
        if isinstance(entry, Criterion) and self.document.starts:
            number = self.number
            return (entry.first_month or 1) <= number and (entry.last_month or number) >= number
        return True

    @property
    def number(self) -> int:
        """Which month of the contract this is, counted from the period in which it starts."""
        start = self.document.starts
        assert start is not None  # noqa: S101 - asked only where it is given
        return (
            (self.span.first.year - start.year) * 12
            + self.span.first.month
            - start.month
            + (1 if start.day >= self.document.period.first_day else 2)
        )

    def open(self, name: str, line: int) -> bool:
        """Whether a gate is open. RefusalError where its measure has no data and nobody said what then."""
        gate = self._entry(self.document.gate, "gate", name, line)
        assert isinstance(gate, Gate)  # noqa: S101 - the table holds nothing else
        where = self.book.line("gate", self.document.gate.index(gate))
        measure = self.measure(gate.measure, where)
        few = gate.minimum_n is not None and (measure.n or 0) < gate.minimum_n
        if measure.value is None or few:
            if gate.unknown is None:
                raise refuse(where, "gate_without_data", name=name, measure=gate.measure)
            return gate.unknown == "open"
        return gate.holds(rounded(measure.value, gate.round))

    # Criteria

    def carried(self) -> list[Line]:
        """The balance of the period before, by account."""
        if not self.history:
            return []
        before = self.history[-1]
        return [
            Line(CARRIED, account, ore, CARRIED, {"month": before.month})
            for account, ore in before.balance.items()
        ]

    def criteria(self) -> list[Line]:
        """The lines of all criteria that hold, in the order of the file."""
        lines: list[Line] = []
        for number, criterion in enumerate(self.document.criterion):
            if self.holds(criterion):
                lines += self._criterion(criterion, number)
        return lines

    def _criterion(self, criterion: Criterion, number: int) -> list[Line]:
        line = self.book.line("criterion", number)
        value, n, gives, code = self._result(criterion, number)
        values = {"value": "" if value is None else plain(value), "n": "" if n is None else str(n)}
        misses = self._misses(criterion, gives)
        if criterion.repeat and misses:
            factor = criterion.repeat[min(misses, len(criterion.repeat)) - 1]
            if factor != 1:
                code, values["factor"] = "repeated", plain(factor)
            gives *= factor
        gives *= criterion.weight
        if criterion.at_most is not None and gives > criterion.at_most:
            gives, code = criterion.at_most, "capped"
        if criterion.at_least is not None and gives < criterion.at_least:
            gives, code = criterion.at_least, "floored"
        shut = [gate for gate in criterion.gates if not self.open(gate, line)]
        if shut and gives > criterion.when_shut:
            gives, code, values["gate"] = criterion.when_shut, "gate_shut", ", ".join(shut)
        values["gives"] = plain(gives)
        if criterion.unit == "points":
            self.states[criterion.name] = State(value, n, gives, misses)
            return [Line(criterion.name, PARTNER, 0, "points", values, line)]
        ore = self._ore(criterion, gives, line)
        state = State(value, n, gives, misses, -ore if criterion.credit else 0)
        found = [Line(criterion.name, PARTNER, ore, code, values, line)]
        if criterion.earn_back and value is not None and criterion.earn_back.holds(value):
            earned = self._earn_back(criterion, line)
            state = replace(state, returned=tuple(each.values["month"] for each in earned))
            found += earned
        self.states[criterion.name] = state
        return found

    def _ore(self, criterion: Criterion, gives: Fraction, line: int) -> int:
        exact = gives * self.base(criterion.base, line) if criterion.base else gives * 100
        if criterion.per:
            exact *= self.figure(criterion.per, line)
        return half_up(-exact if criterion.credit else exact)

    def _misses(self, criterion: Criterion, gives: Fraction) -> int:
        """How many periods in a row, this one included, the criterion gave something other than 0."""
        if gives == 0:
            return 0
        before = self.history[-1].states.get(criterion.name) if self.history else None
        return 1 + (before.misses if before else 0)

    def _earn_back(self, criterion: Criterion, line: int) -> list[Line]:
        assert criterion.earn_back is not None  # noqa: S101 - asked only where it is given
        name = criterion.name
        states = [(each.month, each.states[name]) for each in self.history if name in each.states]
        returned = {month for _, state in states for month in state.returned}
        recent = states[-criterion.earn_back.within :]
        return [
            Line(criterion.name, PARTNER, state.credit, "earned_back", {"month": month}, line)
            for month, state in recent
            if state.credit and month not in returned
        ]

    def _result(self, criterion: Criterion, number: int) -> tuple[Fraction | None, int | None, Fraction, str]:
        """The value, its n, what the scale gives for it, and the code of the reason."""
        line = self.book.line("criterion", number)
        if criterion.gives is not None:
            return None, None, criterion.gives, "fixed"
        measure = self._measured(criterion, line)
        value, n = measure.value, measure.n
        if value is None:
            if criterion.no_data is None:
                raise refuse(line, "no_data", name=criterion.name, measure=criterion.measure or "")
            return None, n, self._fallback(criterion, criterion.no_data, line), "no_data"
        value = self._averaged(criterion, value, n, line)
        if criterion.shift:
            value -= self.figure(criterion.shift, line)
        value = rounded(value, criterion.round)
        if criterion.minimum_n is not None:
            if n is None:
                raise refuse(line, "no_n", name=criterion.name)
            if n < criterion.minimum_n:
                return value, n, self._fallback(criterion, criterion.too_few or "zero", line), "too_few"
        if self._unsure(criterion, value, measure, line):
            return value, n, criterion.base_pay or Fraction(0), "cannot_tell"
        missed = [each for each in criterion.qualifiers if not self._met(each, line)]
        gives = scaled(criterion, value, sum(each.drop for each in missed))
        return value, n, gives, "qualifier" if missed else "scale"

    def _measured(self, criterion: Criterion, line: int) -> Measure:
        if not criterion.sum_of:
            return self.measure(criterion.measure or "", line)
        states = [self.states[name] for name in criterion.sum_of if name in self.states]
        return Measure(value=sum((state.gives for state in states), Fraction(0)))

    def _averaged(self, criterion: Criterion, value: Fraction, n: int | None, line: int) -> Fraction:
        """The mean with the periods before. What is kept of a period is its own figure, before the mean."""
        if criterion.average is None:
            return value
        wanted = criterion.average.periods - 1
        own = f"{criterion.name}{OWN}"
        before = [each.states[own] for each in self.history[-wanted:] if own in each.states]
        if len(before) < wanted and criterion.average.missing == "refuse" and not self.observing:
            raise refuse(line, "no_history", name=criterion.name, periods=criterion.average.periods)
        self.states[own] = State(value, n, Fraction(0), 0)
        pairs = [(state.value, state.n) for state in before if state.value is not None]
        pairs.append((value, n))
        if criterion.average.by == "equal":
            return sum((each for each, _ in pairs if each is not None), Fraction(0)) / len(pairs)
        if any(count is None for _, count in pairs) or not sum(count or 0 for _, count in pairs):
            raise refuse(line, "no_n", name=criterion.name)
        total = sum((each * (count or 0) for each, count in pairs if each is not None), Fraction(0))
        return total / sum(count or 0 for _, count in pairs)

    def _fallback(self, criterion: Criterion, which: str, line: int) -> Fraction:
        if which == "base_pay":
            return criterion.base_pay or Fraction(0)
        if which == "zero":
            return Fraction(0)
        before = self.history[-1].states.get(criterion.name) if self.history else None
        if before is None:
            raise refuse(line, "no_previous", name=criterion.name)
        return before.gives / criterion.weight if criterion.weight else Fraction(0)

    def _unsure(self, criterion: Criterion, value: Fraction, measure: Measure, line: int) -> bool:
        target = criterion.target
        if target is None:
            return False
        if criterion.dead_zone is not None and abs(value - target) <= criterion.dead_zone:
            return True
        if criterion.when_unsure is None:
            return False
        if measure.low is None or measure.high is None:
            raise refuse(line, "no_interval", name=criterion.name)
        shift = self.figure(criterion.shift, line) if criterion.shift else Fraction(0)
        return measure.low - shift <= target <= measure.high - shift

    def _met(self, qualifier: Qualifier, line: int) -> bool:
        value = self.measure(qualifier.measure, line).value
        if value is None:
            raise refuse(line, "no_data", name=qualifier.measure, measure=qualifier.measure)
        return qualifier.holds(value)

    def sales_lines(self) -> list[Line]:
        """The lines of all rules: what sales pay, and what cancelled ones take back."""
        found = commission.groups(
            self.books,
            self.book,
            self.sales,
            span=self.span,
            paid=_paid(self.history),
            known_from=self.known_from,
            is_open=self.open,
        )
        return [
            Line(
                each.rule,
                each.account,
                sum(payment.ore for payment in each.payments),
                each.code,
                {"count": str(len(each.payments))},
                each.line,
                each.payments,
            )
            for each in found
        ]

    # Caps, floors and parts

    def limits(self, lines: Sequence[Line]) -> list[Line]:
        """The lines that caps and floors add, in the order of the file; a later one sees the earlier."""
        found: list[Line] = []
        for number, limit in enumerate(self.document.limit):
            if self.holds(limit):
                found += self._limit(limit, self.book.line("limit", number), [*lines, *found])
        return found

    def _limit(self, limit: Limit, line: int, lines: Sequence[Line]) -> list[Line]:
        before = 0
        if limit.over == "year":
            year = self.figures.month[:4]
            before = sum(_of(limit, each.lines) for each in self.history if each.month[:4] == year)
        total = before + _of(limit, lines)
        base = self.base(limit.base, line) if limit.base else Fraction(0)
        most = _amount(limit.at_most, limit.at_most_share, base)
        least = _amount(limit.at_least, limit.at_least_share, base)
        if most is not None and least is not None and least > most:
            raise refuse(line, "cap_below_floor", name=limit.name)
        wanted = total if most is None else min(total, most)
        wanted = wanted if least is None else max(wanted, least)
        if wanted == total:
            return []
        code = "cap" if wanted < total else "floor"
        values = {"of": ", ".join(limit.of), "limit": ore_text(wanted)}
        return [Line(limit.name, PARTNER, wanted - total, code, values, line)]

    def parts(self, total: int) -> dict[str, int]:
        """The partner's pay divided by ``[[split]]``: whole øre that add up to it."""
        if not self.document.split:
            return {}
        levels = divide(total, {part.to: part.share for part in self.document.split})
        found: dict[str, int] = {}
        for number, part in enumerate(self.document.split):
            if part.to == PARTNER:
                found[PARTNER] = levels[PARTNER]
                continue
            keys = (self.figures.teams if part.to == "team" else self.figures.agents).get(part.by or "", {})
            try:
                shares = divide(levels[part.to], keys)
            except ValueError as error:
                line = self.book.line("split", number)
                raise refuse(line, "no_keys", name=part.by or "", to=part.to) from error
            found |= {f"{part.to}:{name}": ore for name, ore in shares.items()}
        return found


OWN = " (own)"  # a criterion's state before the mean with other periods


def _of(limit: Limit, lines: Iterable[Line]) -> int:
    """The øre of the lines that a limit is about, with what earlier limits have changed of them.

    ``all`` are the partner's lines of this period: neither a balance carried over nor a correction.
    """
    names = set(limit.of)
    return sum(
        line.ore
        for line in lines
        if line.account == PARTNER and line.code not in (CARRIED, CORRECTION)
        if ALL in names or line.name in names or (line.code in ("cap", "floor") and _about(line, names))
    )


def _about(line: Line, names: set[str]) -> bool:
    return line.name in names or set(line.values["of"].split(", ")) <= names


def _amount(kroner: Fraction | None, share: Fraction | None, base: Fraction) -> int | None:
    if kroner is not None:
        return half_up(kroner * 100)
    return None if share is None else half_up(share * base)


def rounded(value: Fraction, decimals: int | None) -> Fraction:
    """A value with so many decimals, halves away from zero; as it is for None."""
    return value if decimals is None else Fraction(half_up(value * 10**decimals), 10**decimals)


def scaled(criterion: Criterion, value: Fraction, dropped: int = 0) -> Fraction:
    """What a criterion's scale gives for a value, ``dropped`` bands further down."""
    if criterion.rate is not None:
        return criterion.rate * value
    if criterion.bands:
        gives = next(band.gives for band in criterion.bands if band.holds(value))
        levels = sorted({band.gives for band in criterion.bands}, reverse=criterion.credit)
        return levels[max(levels.index(gives) - dropped, 0)]
    (low, first), *rest = criterion.interpolate
    if value <= low:
        return first
    for high, last in rest:
        if value <= high:
            return first + (last - first) * (value - low) / (high - low)
        low, first = high, last
    return first


def ore_text(ore: int) -> str:
    """Øre as kroner with two decimals: ``-1234.50``."""
    sign = "-" if ore < 0 else ""
    return f"{sign}{abs(ore) // 100}.{abs(ore) % 100:02d}"


def to_json(settled: Settlement) -> dict[str, Any]:
    """A settlement as a document: øre as whole numbers beside kroner as text, exact values as fractions."""
    return {
        "month": settled.month,
        "file": settled.file,
        "digest": settled.digest,
        "total": ore_text(settled.total),
        "total_ore": settled.total,
        "lines": [
            {
                "name": line.name,
                "account": line.account,
                "amount": ore_text(line.ore),
                "ore": line.ore,
                "code": line.code,
                "values": dict(line.values),
                "line": line.number,
                "sales": [{"sale_id": s.sale_id, "rule": s.rule, "ore": s.ore} for s in line.sales],
            }
            for line in settled.lines
        ],
        "payable_ore": dict(settled.payable),
        "balance_ore": dict(settled.balance),
        "parts_ore": dict(settled.parts),
        "states": {
            name: {
                "value": None if state.value is None else str(state.value),
                "n": state.n,
                "gives": str(state.gives),
                "misses": state.misses,
                "credit_ore": state.credit,
                "returned": list(state.returned),
            }
            for name, state in settled.states.items()
        },
    }


def from_json(content: Mapping[str, Any]) -> Settlement:
    """The settlement that :func:`to_json` made a document of."""
    lines = tuple(
        Line(
            each["name"],
            each["account"],
            each["ore"],
            each["code"],
            dict(each["values"]),
            each["line"],
            tuple(Payment(s["sale_id"], s["rule"], s["ore"]) for s in each["sales"]),
        )
        for each in content["lines"]
    )
    states = {
        name: State(
            None if each["value"] is None else Fraction(each["value"]),
            each["n"],
            Fraction(each["gives"]),
            each["misses"],
            each["credit_ore"],
            tuple(each["returned"]),
        )
        for name, each in content["states"].items()
    }
    return Settlement(
        content["month"],
        content["file"],
        content["digest"],
        lines,
        dict(content["payable_ore"]),
        dict(content["balance_ore"]),
        dict(content["parts_ore"]),
        states,
    )
