"""What the pages ask of ``metrics``, once per data version, scope and filter for all viewers together.

The scope is part of every cache key: two viewers share an answer only when they may see the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import streamlit as st

from dashboard import context
from dashboard.parts.cards import ROUTES
from dashboard.parts.filters import DIMENSIONS, Choices, Filters
from dashboard.style import Look
from metrics import Comparison, Scope, Value
from metrics.analysis import response
from metrics.analysis.compare import compare
from metrics.analysis.ranking import Standings, standings
from metrics.analysis.response import WhoAnswers, WhoIsAsked
from metrics.inference.answers.nonresponse import Weighted
from metrics.inference.base import thresholds
from metrics.query.request import request

COMPARED = ("csat_index", "handling_time", "hit_rate")
ALIKE = ("topic", "channel", "partner")  # what a like-for-like gap holds equal; topics are told apart
SCORECARD = ("csat", "handling_time", "hit_rate", "response_rate", "survey_coverage")
GROUP_KINDS = ("team", "agent", "topic", "partner")
GROUP_METRICS = ("csat", "handling_time", "hit_rate", "first_contact_resolution")
ROUTE = "self_service_first"
KEPT = 64  # answers of a kind: old versions make room, those that are looked at stay

Series = dict[str, list[Value]]


@dataclass(frozen=True)
class RouteComparison:
    """The comparison page's data."""

    comparisons: dict[str, Comparison]
    histogram: dict[str, list[int]]

    @property
    def empty(self) -> bool:
        """Not one contact, of known route or not, in what was chosen."""
        return not self.known and not any(comparison.unknown for comparison in self.comparisons.values())

    @property
    def known(self) -> bool:
        """Of some contacts it is known which way they came."""
        return any(group.n for found in self.comparisons.values() for group in found.groups.values())


@dataclass(frozen=True)
class OverTime:
    """A metric's course by route; ``step`` is the dimension of time, day or week."""

    step: str
    series: Series


@dataclass(frozen=True)
class Scorecard:
    """One partner's (or everybody's) results: the whole, by week and by team."""

    whole: dict[str, Value]
    before: dict[str, Value]  # the same number of days just before
    weekly: Series
    teams: Series

    @property
    def empty(self) -> bool:
        return not any(value.n for value in self.whole.values())


# Computed once for all viewers who ask the same of the same rows, also when they ask at once.
shared = st.cache_resource(
    max_entries=KEPT, show_spinner=False, hash_funcs={Scope: repr, Filters: repr, Look: repr}
)


@shared
def choices(version: str, scope: Scope) -> Choices:  # noqa: ARG001
    """What the filters can offer within a scope."""
    reader = context.reader(scope)
    members = {name: [member for member in reader.members(name) if member] for name in DIMENSIONS}
    return Choices(reader.days(), members)


@shared
def route_comparison(version: str, scope: Scope, filters: Filters) -> RouteComparison:  # noqa: ARG001
    """Self-service first against direct; ``version`` is part of the key only."""
    reader = context.reader(scope)
    comparisons = {
        metric: compare(
            reader,
            request(
                metric,
                where=filters.where,
                start=filters.start,
                end=filters.end,
                fixed_start=filters.growing,
            ),
        )
        for metric in COMPARED
    }
    return RouteComparison(
        comparisons,
        reader.histogram(filters.where, filters.start, filters.end),
    )


@shared
def like_for_like(version: str, scope: Scope, filters: Filters, metric: str) -> Comparison:  # noqa: ARG001
    """The routes on one metric, with the same among contacts alike in what they were about."""
    reader = context.reader(scope)
    span = {"where": filters.where, "start": filters.start, "end": filters.end}
    return compare(reader, request(metric, **span, alike=ALIKE, fixed_start=filters.growing))  # type: ignore[arg-type]


@shared
def over_time(version: str, scope: Scope, filters: Filters, metric: str) -> OverTime:  # noqa: ARG001
    """A metric by route, day by day; week by week in a long period or where most days have too few."""
    reader = context.reader(scope)
    for step in ("week",) if filters.long else ("day", "week"):
        values = reader.show([metric], [step, ROUTE], filters.where, filters.start, filters.end)
        known = [value for value in values if value.dims[ROUTE] in ROUTES]
        sparse = sum(value.n < thresholds.TOO_FEW for value in known) * 4 > len(known)
        if not sparse:
            break
    return OverTime(step, _grouped(values, ROUTE))


@shared
def groups(version: str, scope: Scope, filters: Filters, what: tuple[str, str]) -> Standings:  # noqa: ARG001
    """The groups of a kind on a metric (``what``: metric and kind), and which of them really differ."""
    metric, by = what
    reader = context.reader(scope)
    return standings(reader, metric, by, where=filters.where, start=filters.start, end=filters.end)


@shared
def who_answers(version: str, scope: Scope, filters: Filters, by: str) -> WhoAnswers:  # noqa: ARG001
    """Who could be asked, was and answered, and what that may mean for the score."""
    return response.who_answers(context.reader(scope), by, (filters.where, filters.start, filters.end))


@shared
def who_is_asked(version: str, scope: Scope, filters: Filters) -> WhoIsAsked:  # noqa: ARG001
    """Agents whose customers are asked less or more than others'."""
    return response.who_is_asked(context.reader(scope), filters.where, filters.end)


@shared
def asked_by_topic(day: date, scope: Scope, filters: Filters) -> WhoIsAsked:  # noqa: ARG001
    """The same on the same topics. Reads every contact of eight weeks, so once a ``day`` at most."""
    return response.who_is_asked(context.reader(scope), filters.where, filters.end, by_topic=True)


@shared
def by_episode(day: date, scope: Scope, filters: Filters) -> Weighted:  # noqa: ARG001
    """The score with repeat callers weighted in. Reads every contact, so once a ``day`` at most."""
    return response.by_episode(context.reader(scope), (filters.where, filters.start, filters.end))


def _grouped(values: Sequence[Value], dim: str) -> Series:
    series: Series = {}
    for value in values:
        series.setdefault(value.dims[dim], []).append(value)
    return series


@shared
def scorecard(version: str, scope: Scope, filters: Filters) -> Scorecard:  # noqa: ARG001
    """Results and how much is known about them, for the rows the scope and the filters leave."""
    reader = context.reader(scope)
    span = (filters.where, filters.start, filters.end)
    before = (filters.where, *_days_before(filters))
    return Scorecard(
        {value.metric: value for value in reader.show(SCORECARD, (), *span)},
        {value.metric: value for value in reader.show(SCORECARD, (), *before)},
        _by_metric(reader.show(SCORECARD, ("week",), *span)),
        _by_metric(_told_apart(reader.show(SCORECARD, ("partner", "team"), *span))),
    )


def _told_apart(values: Sequence[Value]) -> list[Value]:
    """Teams of different partners are different teams: those of one name get their partner's beside it."""
    partners: dict[str, set[str]] = {}
    for value in values:
        partners.setdefault(value.dims["team"], set()).add(value.dims["partner"])
    return [
        replace(value, dims={"team": f"{value.dims['team']} ({value.dims['partner']})"})
        if len(partners[value.dims["team"]]) > 1
        else value
        for value in values
    ]


def _days_before(filters: Filters) -> tuple[date, date]:
    length = filters.end - filters.start
    last = filters.start - timedelta(days=1)
    return last - length, last


def _by_metric(values: Sequence[Value]) -> Series:
    series: Series = {metric: [] for metric in SCORECARD}
    for value in values:
        series[value.metric].append(value)
    return series


def not_asked(parts: Mapping[str, float | int]) -> list[tuple[str, float | int]]:
    """Why customers were not asked, the commonest reason first, from the parts of survey_coverage.

    Empty where the reasons do not account for exactly the contacts that were not asked, as with a file that
    brings scores: its contacts count as asked and still have the reason ``imported``.
    """
    reasons = [
        (name.removeprefix("reason:"), count)
        for name, count in parts.items()
        if name.startswith("reason:") and name != "reason:asked" and count
    ]
    if sum(count for _, count in reasons) != parts.get("contacts", 0) - parts.get("asked", 0):
        return []
    return sorted(reasons, key=lambda reason: -reason[1])
