"""Initiatives. What each has spared in contacts and money, from the reader's sums by day and topic.

Weeks are counted from the day of the launch, so that none lies on both sides of it. One query of the cubes
serves all initiatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from metrics.analysis import reference
from metrics.catalog import catalog
from metrics.inference.base import missing as reasons
from metrics.inference.base.results import Estimate
from metrics.inference.base.stats import MeanStats
from metrics.inference.over_time.initiatives import (
    FEWEST_AFTER,
    FEWEST_BEFORE,
    Forecast,
    Impact,
    Ranked,
    forecast,
    impact,
    rank,
)
from metrics.query.reader import Reader
from settings import Settings
from store.initiatives import Initiative

LONGEST = timedelta(weeks=104)  # before the launch, of the history that is compared with
Daily = Mapping[str, Mapping[date, int]]  # topic → day → contacts


@dataclass(frozen=True)
class History:
    """Contacts by topic and day, and what a contact costs; ``first`` and ``last`` are the whole days."""

    daily: Daily
    first: date
    last: date
    seconds: Mapping[str, Mapping[str, MeanStats]]  # topic → partner → handling times
    hour_costs: Mapping[str, float]  # NOK, by partner; "" for those of which nothing is stated
    contact_costs: Mapping[str, float]  # NOK, where stated

    def cost_per_contact(self, topics: Sequence[str]) -> float | None:
        """NOK for a contact on these topics: as stated, else handling time at the hour's cost of the partners
        who had it. None where neither is known."""
        weights = {topic: sum(self.daily.get(topic, {}).values()) for topic in topics}
        costs = {topic: self._cost(topic) for topic in topics}
        known = {topic: cost for topic, cost in costs.items() if cost is not None and weights[topic]}
        total = sum(weights[topic] for topic in known)
        return sum(cost * weights[topic] for topic, cost in known.items()) / total if total else None

    def _cost(self, topic: str) -> float | None:
        if topic in self.contact_costs:
            return self.contact_costs[topic]
        common = self.hour_costs.get("")
        spent = [
            (times, cost)
            for partner, times in self.seconds.get(topic, {}).items()
            if times.n and (cost := self.hour_costs.get(partner, common)) is not None
        ]
        known = sum(times.n for times, _ in spent)
        return sum(times.n * times.mean * cost for times, cost in spent) / 3600 / known if known else None


@dataclass(frozen=True)
class Weeks:
    """Weekly contacts on the touched topics and on each untouched one; ``start`` is the first week since the
    launch, ``days`` the first day of each week."""

    touched: tuple[float, ...]
    untouched: dict[str, tuple[float, ...]]
    start: int
    days: tuple[date, ...]

    @property
    def without(self) -> tuple[float, ...]:
        """What the touched topics would have had, had they gone on moving with the others as before."""
        others = [sum(week) for week in zip(*self.untouched.values(), strict=True)]
        before = sum(others[: self.start])
        if not before:
            return ()
        share = sum(self.touched[: self.start]) / before
        return tuple(share * other for other in others)


@dataclass(frozen=True)
class Outcome:
    """An initiative with what it did ``until`` the last whole day (or, before its launch, what to expect) and
    its place among all.

    ``measurable_from`` is the day from which an effect may be measured at all, None where it never can be;
    ``long_enough_before`` says whether there are weeks enough from before the launch, and ``ahead`` whether
    the launch is to come. ``net`` is the money spared less its cost.
    """

    initiative: Initiative
    impact: Impact
    weeks: Weeks
    net: Estimate
    measurable_from: date | None
    until: date
    long_enough_before: bool
    ahead: bool
    ranked: Ranked | None = None
    forecast: Forecast | None = None


def history(reader: Reader, settings: Settings, today: date) -> History | None:
    """What initiatives are measured by; days that are not over are left out. None without any day."""
    span = reader.days()
    if span is None:
        return None
    first, last = span[0], min(span[1], today - timedelta(days=1))
    handling = catalog.metric("handling_time")
    daily: dict[str, dict[date, int]] = {}
    for group in reader.groups([], ["topic", "day"], None, first, last):
        daily.setdefault(group.key[0], {})[date.fromisoformat(group.key[1])] = group.contacts
    seconds: dict[str, dict[str, MeanStats]] = {}
    for group in reader.groups([handling], ["topic", "partner"], None, first, last):
        if isinstance(stats := group.stats[handling.id], MeanStats):
            seconds.setdefault(group.key[0], {})[group.key[1]] = stats
    daily.pop("", None)
    return History(
        daily, first, last, seconds, reference.hour_costs(settings, last), reference.contact_costs(settings)
    )


def outcomes(past: History | None, measures: Sequence[Initiative]) -> list[Outcome]:
    """Every initiative measured, those that spared most first and those without a number last."""
    if past is None:
        return []
    found = [_outcome(past, measure, measures) for measure in measures]
    places = {r.name: r for r in rank({o.initiative.initiative_id: o.impact.avoided for o in found})}
    ranked = [replace(outcome, ranked=places[outcome.initiative.initiative_id]) for outcome in found]
    return sorted(ranked, key=lambda o: (_place(o), -o.initiative.launched.toordinal()))


def weekly(past: History, topics: Sequence[str], launched: date, others: set[str], until: date) -> Weeks:
    """Whole weeks counted from ``launched``; ``others`` are topics to leave out beside the touched ones."""
    earliest = max(past.first, launched - LONGEST)
    before = (launched - earliest).days // 7
    after = ((min(past.last, until) - launched).days + 1) // 7
    # A launch to come: the weeks end with the last whole day.
    first = launched - timedelta(weeks=before)
    if launched > past.last:
        whole = ((past.last - earliest).days + 1) // 7
        first, before, after = past.last + timedelta(days=1) - timedelta(weeks=whole), whole, 0
    days = tuple(first + timedelta(weeks=i) for i in range(before + max(after, 0)))
    weeks = {name: _summed(past.daily.get(name, {}), days) for name in {*past.daily, *topics}}
    touched = tuple(map(sum, zip(*(weeks[topic] for topic in topics), strict=True)))
    untouched = {
        name: counts
        for name, counts in weeks.items()
        if name not in topics and name not in others and any(counts)
    }
    return Weeks(touched, untouched, before, days)


def ahead(past: History, topics: Sequence[str], effect: float, others: set[str]) -> Forecast:
    """What an effect of ``effect`` (.12: 12 % fewer) on the topics would spare, and when it could be seen.

    ValueError for an effect outside 0–1, and for topics without any contact.
    """
    missing = [topic for topic in topics if topic not in past.daily]
    if missing or not topics:
        known = ", ".join(sorted(past.daily))
        raise ValueError(f"there is no topic {', '.join(missing) or '(none given)'}; there are: {known}")
    weeks = weekly(past, topics, past.last + timedelta(days=1), others, past.last)
    return forecast(weeks.touched, weeks.untouched, effect, cost_per_contact=past.cost_per_contact(topics))


def touched_by_others(measures: Sequence[Initiative], own: str = "") -> set[str]:
    """Topics that other initiatives touch: they are no measure of what would have been."""
    return {topic for measure in measures if measure.initiative_id != own for topic in measure.topics}


def _outcome(past: History, measure: Initiative, measures: Sequence[Initiative]) -> Outcome:
    until = measure.ended - timedelta(days=1) if measure.ended else past.last
    # What is only proposed, or came when this one was over, has touched nothing yet.
    begun = [one for one in measures if one.launched <= min(until, past.last)]
    others = touched_by_others(begun, measure.initiative_id)
    weeks = weekly(past, measure.topics, measure.launched, others, until)
    cost = past.cost_per_contact(measure.topics)
    found = impact(weeks.touched, weeks.untouched, weeks.start, cost_per_contact=cost)
    expected = None
    if found.avoided.value is None and measure.assumed_effect and set(measure.topics) <= set(past.daily):
        expected = ahead(past, measure.topics, measure.assumed_effect, others)
    enough = (measure.launched - past.first).days >= 7 * FEWEST_BEFORE
    return Outcome(
        measure,
        found,
        weeks,
        _net(found.money, measure.cost_minor),
        _measurable(measure) if enough else None,
        past.last,
        long_enough_before=enough,
        ahead=measure.launched > past.last,
        forecast=expected,
    )


def _net(money: Estimate, cost_minor: int | None) -> Estimate:
    if cost_minor is None:
        return Estimate(money.n, None, None, None, reasons.NO_COST)
    if money.value is None or money.low is None or money.high is None:
        return money
    cost = cost_minor / 100
    return Estimate(money.n, money.value - cost, money.low - cost, money.high - cost, money.reason)


def _measurable(measure: Initiative) -> date | None:
    """The day on which enough whole weeks have passed; None where it ended before."""
    day = measure.launched + timedelta(weeks=FEWEST_AFTER)
    return None if measure.ended and day > measure.ended else day


def _summed(daily: Mapping[date, int], days: Sequence[date]) -> tuple[float, ...]:
    counts = dict.fromkeys(range(len(days)), 0.0)
    for day, contacts in daily.items():
        week = (day - days[0]).days // 7 if days else -1
        if 0 <= week < len(days):
            counts[week] += contacts
    return tuple(counts.values())


def _place(outcome: Outcome) -> int:
    known = outcome.ranked.place if outcome.ranked else None
    return known if known is not None else 10**6
