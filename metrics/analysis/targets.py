"""Targets. Each with where it stands, week by week, and how likely it is reached by its date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from metrics.analysis import reference
from metrics.catalog import catalog
from metrics.catalog.catalog import Metric, UnknownNameError
from metrics.inference import INDEX, Estimate, estimate
from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import AS_IS, Scale
from metrics.inference.base.stats import MeanStats, ScoreStats, ShareStats, Stats, TimeBins
from metrics.inference.over_time.targets import LONGEST, Outlook, Target, Weekly, outlook, problems
from metrics.query.reader import Reader
from metrics.query.scope import Scope
from metrics.query.sums import Group
from settings import Settings

LEVEL_WEEKS = 4  # that today's level is taken from
_STILL_COMING = timedelta(days=3)  # replies to the surveys of these days may still come
UNKNOWN = "unknown_name"  # problem: a metric or dimension that does not exist
NO_FORECAST = "no_forecast"  # problem: of such a metric there are no weekly sums


@dataclass(frozen=True)
class Goal:
    """A target as somebody has stated it, for the contacts that ``filters`` leave. Values in the metric's
    unit."""

    target_id: str
    metric: str
    filters: tuple[tuple[str, str], ...]
    baseline: float | None
    target: float
    start: date | None
    by: date
    owner: str


@dataclass(frozen=True)
class Week:
    """One week of a target's metric: seven days that end with ``last``."""

    last: date
    value: Estimate


@dataclass(frozen=True)
class Standing:
    """Where a target stands: ``level`` over the last four weeks (or the last before its date), its weeks, the
    outlook, and what keeps it from being SMART (codes). ``higher`` says which way is better."""

    goal: Goal
    higher: bool
    level: Estimate
    weeks: tuple[Week, ...]
    outlook: Outlook
    problems: tuple[str, ...]


def goals(settings: Settings, scope: Scope) -> list[Goal]:
    """The targets that a scope may see, withdrawn ones apart: all, or those that name the partner."""
    found = [_goal(row) for row in reference.stated(settings, "target") if not row["withdrawn"]]
    if scope.partner is None:
        return found
    return [goal for goal in found if dict(goal.filters).get("partner") == scope.partner]


def standings(reader: Reader, settings: Settings, today: date) -> list[Standing]:
    """Every target of the reader's scope, in the order of their dates. One query of the cubes for each."""
    found = [standing(reader, goal, today) for goal in goals(settings, reader.scope)]
    return sorted(found, key=lambda each: (each.goal.by, each.goal.target_id))


def standing(reader: Reader, goal: Goal, today: date) -> Standing:
    """One target; a metric or dimension that does not exist is a problem of the target, and no error."""
    try:
        entry = catalog.metric(goal.metric)
        where = {catalog.dimension(dim).id: [value] for dim, value in goal.filters}
        catalog.check_dimensions(entry, where)
    except UnknownNameError:
        return _without(goal, UNKNOWN)
    if not forecastable(entry):
        return _without(goal, NO_FORECAST)
    higher = entry.better != "lower" if entry.better else _upwards(goal)
    span = reader.days()
    last = min(span[1] if span else today, today - timedelta(days=1))
    if "still_coming" in entry.parts:
        last = min(last, today - _STILL_COMING)
    sums = _weekly_sums(entry, reader.groups([entry], ["day"], where, None, last), last) if span else []
    return _stand(goal, entry, sums, last, today, higher=higher, hidden=reader.scope.partner is not None)


def forecastable(entry: Metric) -> bool:
    """Whether its weeks have a level of their own: not of rates, nor of sums over a whole period."""
    return entry.kind in ("mean", "share", "score", "quantile")


def _stand(
    goal: Goal, entry: Metric, sums: Sequence[Any], last: date, today: date, *, higher: bool, hidden: bool
) -> Standing:
    scale: Scale = INDEX if entry.scale == "index" else AS_IS
    weeks = tuple(
        Week(last - timedelta(weeks=len(sums) - 1 - i), _shown(each, entry, scale, hidden=hidden))
        for i, each in enumerate(sums)
    )
    kept = [each for week, each in zip(weeks, sums, strict=True) if week.last <= goal.by][-LEVEL_WEEKS:]
    level = Estimate(0, None, None, None, missing.NO_DATA)
    if kept:
        level = _shown(reduce(add, kept), entry, scale, hidden=hidden)
    target = Target(goal.metric, goal.target, goal.by, goal.owner, higher)
    ahead = outlook(target, sums, last, scale=scale)
    if level.reason == missing.HIDDEN:
        empty = Estimate(level.n, None, None, None, missing.HIDDEN)
        ahead = Outlook(empty, empty, empty, None, None, "", missing.HIDDEN)
    return Standing(goal, higher, level, weeks, ahead, problems(target, today, level))


def _shown(stats: Weekly, entry: Metric, scale: Scale, *, hidden: bool) -> Estimate:
    if hidden and 0 < stats.n < thresholds.HIDDEN:
        return Estimate(stats.n, None, None, None, missing.HIDDEN)
    return estimate(stats, minimum_n=entry.minimum_n, scale=scale)


def _weekly_sums(entry: Metric, days: Sequence[Group], last: date) -> list[Stats]:
    """Sums of weeks that end with ``last``, the oldest first; weeks without anything in between stay."""
    by_day: Mapping[date, Stats] = {date.fromisoformat(group.key[0]): group.stats[entry.id] for group in days}
    if not by_day:
        return []
    weeks: dict[int, Stats] = {}
    for day, stats in by_day.items():
        back = (last - day).days // 7
        if 0 <= back < LONGEST:
            weeks[back] = weeks[back] + stats if back in weeks else stats  # type: ignore[operator]
    nothing = next(iter(by_day.values()))
    return [weeks.get(back, _nothing(nothing)) for back in range(max(weeks, default=-1), -1, -1)]


def _nothing(like: Stats) -> Stats:
    """A week without any observation, of the same kind."""
    if isinstance(like, ScoreStats):
        return ScoreStats((0,) * 10)
    if isinstance(like, ShareStats):
        return ShareStats(0, 0)
    if isinstance(like, TimeBins):
        return TimeBins((), like.q)
    return MeanStats(0, 0.0, 0.0) if isinstance(like, MeanStats) else like


def _without(goal: Goal, problem: str) -> Standing:
    empty = Estimate(0, None, None, None, missing.NO_DATA)
    nowhere = Outlook(empty, empty, empty, None, None, "", missing.NO_DATA)
    return Standing(goal, _upwards(goal), empty, (), nowhere, (problem,))


def _upwards(goal: Goal) -> bool:
    return goal.baseline is None or goal.target >= goal.baseline


def _goal(row: Mapping[str, Any]) -> Goal:
    filters = json.loads(row["filters"]) if row["filters"] else {}
    return Goal(
        row["target_id"],
        row["metric"],
        tuple(sorted((str(dim), str(value)) for dim, value in filters.items())),
        row["baseline"],
        row["target"],
        row["start"],
        row["by"],
        row["owner"] or "",
    )
