"""What is watched. One number a day of each series, out of the reader's sums by day.

Three cuts of the cubes, whatever the size of the history: by day, by day and topic, by day and partner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from metrics.analysis.holidays import between
from metrics.catalog import catalog
from metrics.inference.base.stats import MeanStats, ScoreStats, ShareStats, Stats
from metrics.inference.over_time.alarms import FALSE_ALARMS, Alarm, detect, limits, within
from metrics.inference.over_time.baseline import HISTORY, Series, expect, unjudged
from metrics.query.reader import Reader
from metrics.query.sums import Group

# How far back days are judged, beyond the history that the first of them needs.
JUDGED = 92
# So long after its day a number still comes in: replies, the carrier's reports.
REPLIES_IN, REPORTS_IN = timedelta(days=3), timedelta(days=1)
VISITS_IN = timedelta(days=2)  # a contact counts for 24 hours after the visit
# The sums that series are made of, beside a metric that needs most of them anyway: one query for all.
SUMS = replace(
    catalog.metric("response_rate"),
    parts=("contacts", "answered", "self_service_first", "sent", "delivered", "scored"),
)


@dataclass(frozen=True)
class Day:
    """A day of a series: its number, the one expected, and the limits beyond which it is an alarm. None where
    there is none."""

    day: date
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    unfinished: bool = False


@dataclass(frozen=True)
class Watched:
    """All series, the days they span, and the holidays among them."""

    series: tuple[Series, ...]
    first: date | None
    last: date | None
    holidays: frozenset[date]

    def unwatched(self) -> dict[str, str]:
        """Series whose last days cannot be judged, and why (a reason code)."""
        found = {one.name: unjudged(one, holidays=self.holidays) for one in self.series}
        return {name: reason for name, reason in found.items() if reason}

    def course(self, name: str, days: int) -> tuple[Day, ...]:
        """The last ``days`` of a series beside what was expected of each. KeyError where there is none."""
        one = next((series for series in self.series if series.name == name), None)
        if one is None:
            raise KeyError(name)
        found, bounds = expect(one, holidays=self.holidays), limits(len(self.series))
        start = max(0, len(one.total) - days)
        rows = []
        for i in range(start, len(one.total)):
            numbers = (found.value[i], found.expected[i], *within(one, found, i, bounds))
            value, expected, low, high = map(_known, numbers)
            last = one.unfinished and i == len(one.total) - 1
            rows.append(Day(one.day(i), value, expected, low, high, unfinished=last))
        return tuple(rows)

    def alarms(self, *, false_alarms: float = FALSE_ALARMS, since: date | None = None) -> tuple[Alarm, ...]:
        """Alarms of all series, latest first, with that many false ones a year over all of them."""
        return detect(self.series, false_alarms=false_alarms, holidays=self.holidays, since=since)


@dataclass(frozen=True)
class _Kind:
    """A measure that is watched: how a group's day becomes (n, total, squares)."""

    name: str
    kind: str
    bad: str
    day: Callable[[Group], tuple[int, float, float]]
    full: bool = False
    ripe: timedelta = timedelta(0)  # days whose number is still coming in are left out


def _part(name: str) -> Callable[[Group], tuple[int, float, float]]:
    return lambda group: (0, float(group.parts[SUMS.id][name]), 0.0)


def _lacking(of: str, there: str) -> Callable[[Group], tuple[int, float, float]]:
    """The share of ``of`` that is not ``there``."""

    def day(group: Group) -> tuple[int, float, float]:
        parts = group.parts[SUMS.id]
        n = int(parts[of])
        lacking = n - int(parts[there])
        return n, float(lacking), float(lacking)

    return day


def _mean(metric: str) -> Callable[[Group], tuple[int, float, float]]:
    return lambda group: _sums(group.stats[metric])


def _sums(stats: Stats) -> tuple[int, float, float]:
    if isinstance(stats, ScoreStats):
        scored = list(enumerate(stats.bins, 1))
        total, squares = (sum(score**power * count for score, count in scored) for power in (1, 2))
        return stats.n, float(total), float(squares)
    if isinstance(stats, ShareStats):
        return stats.n, float(stats.hits), float(stats.hits)
    if isinstance(stats, MeanStats):
        return stats.n, float(stats.total), float(stats.squares)
    raise TypeError(f"no daily sums of {type(stats).__name__}")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


WHOLE = (
    _Kind("contacts", "count", "both", lambda group: (0, float(group.contacts), 0.0)),
    _Kind("no_reply", "share", "up", _lacking("delivered", "scored"), ripe=REPLIES_IN),
    _Kind("send_failure", "share", "up", _lacking("sent", "delivered"), ripe=REPORTS_IN),
)
BY_TOPIC = (
    _Kind("contacts", "count", "up", lambda group: (0, float(group.contacts), 0.0)),
    # They tried the website or app and had to get in touch all the same.
    _Kind("self_service_failed", "count", "up", _part("self_service_first"), full=True),
)
BY_PARTNER = (
    _Kind("unanswered", "share", "up", _lacking("contacts", "answered")),
    _Kind("csat", "mean", "down", _mean("csat")),
    _Kind("hit_rate", "share", "down", _mean("hit_rate")),
    _Kind("handling_time", "mean", "up", _mean("handling_time")),
)
# Of what is no contact, where it is recorded: visits to self-service, and calls offered to a queue.
VISITS = (
    _Kind("leakage", "share", "up", _mean("leakage"), full=True, ripe=VISITS_IN),
    _Kind("self_service_rate", "share", "down", _mean("self_service_rate"), full=True, ripe=VISITS_IN),
)
QUEUE = (_Kind("answer_rate", "share", "down", _mean("answer_rate")),)
_CUTS: tuple[tuple[str, tuple[_Kind, ...], tuple[str, ...]], ...] = (
    ("", WHOLE, (SUMS.id,)),
    ("topic", BY_TOPIC, (SUMS.id,)),
    ("partner", BY_PARTNER, (SUMS.id, "csat", "hit_rate", "handling_time")),
    ("topic", VISITS, ("leakage", "self_service_rate")),
    ("partner", QUEUE, ("answer_rate",)),
)


def watched(reader: Reader, today: date, *, until: date | None = None) -> Watched:
    """Every series up to ``today`` (the local day), whose own numbers are marked as unfinished; or ``until``
    an earlier day."""
    span = reader.days()
    if span is None:
        return Watched((), None, None, frozenset())
    last = min(span[1], until or today)
    if last < span[0]:  # nothing had come in by then
        return Watched((), None, None, frozenset())
    first = max(span[0], last - timedelta(days=HISTORY + JUDGED))
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    series: list[Series] = []
    filled: frozenset[date] = frozenset()
    for cut, kinds, metrics in _CUTS:
        if not set(metrics) <= set(catalog.metrics()):
            continue
        by = ["day", cut] if cut else ["day"]
        entries = [SUMS if name == SUMS.id else catalog.metric(name) for name in metrics]
        groups = reader.groups(entries, by, None, first, last)
        if not cut:
            filled = frozenset(date.fromisoformat(group.key[0]) for group in groups)
        for name in sorted({group.key[1] for group in groups} - {""}) if cut else [""]:
            own = {date.fromisoformat(g.key[0]): g for g in groups if not cut or g.key[1] == name}
            # A day on which nothing came in at all says nothing about any one topic.
            empty = {day for day in days if cut and day not in filled}
            dims = ((cut, name),) if cut else ()
            series += [_series(kind, own, days, empty=empty, today=today, dims=dims) for kind in kinds]
    return Watched(tuple(series), first, last, between(first, last))


def _series(
    kind: _Kind,
    groups: dict[date, Group],
    days: Sequence[date],
    *,
    empty: set[date],
    today: date,
    dims: tuple[tuple[str, str], ...],
) -> Series:
    used = [day for day in days if not kind.ripe or day + kind.ripe <= today]
    counted = kind.kind == "count"
    nothing = {day: (0, math.nan if counted and day in empty else 0.0, 0.0) for day in used}
    rows = [kind.day(groups[day]) if day in groups else nothing[day] for day in used]
    return Series(
        "|".join([kind.name, *(f"{dim}={value}" for dim, value in dims)]),
        kind.kind,
        days[0],
        tuple(total for _, total, _ in rows),
        () if counted else tuple(n for n, _, _ in rows),
        () if kind.kind != "mean" else tuple(squares for *_, squares in rows),
        dims,
        kind.bad,
        kind.full,
        unfinished=bool(used) and used[-1] == today,
    )
