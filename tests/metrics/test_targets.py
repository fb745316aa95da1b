"""Targets as stated, over weekly sums: who sees them, where they stand, and what a forecast needs."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type"

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from lake.log import Log
from metrics import Scope
from metrics.analysis.targets import Goal, goals, standing, standings
from metrics.catalog.catalog import Metric
from metrics.cli.targets import as_content
from metrics.inference import MeanStats, ScoreStats, ShareStats, TimeBins
from metrics.inference.base import missing
from metrics.inference.over_time.targets import OFF_TRACK, ON_TRACK, REACHED
from metrics.query.sums import Group
from metrics.wording import targets
from settings import Settings
from tests.metrics.given import logged

TODAY = date(2026, 6, 15)  # a Monday
GOAL = Goal("t1", "csat", (), 6.0, 7.5, date(2026, 1, 1), date(2026, 9, 1), "Kari")


class Days:
    """A reader of one statistic a day, the same for every question but as many days as asked for."""

    def __init__(self, stats: Any, days: int = 140, scope: Scope | None = None) -> None:
        self.scope = scope or Scope.everything()
        self.asked: list[Any] = []
        self._days = [TODAY - timedelta(days=i) for i in range(days)]
        self._stats = stats if callable(stats) else lambda _: stats

    def days(self) -> tuple[date, date] | None:
        return (self._days[-1], self._days[0]) if self._days else None

    def groups(
        self, metrics: Sequence[Metric], by: Sequence[str], where: Any, start: date | None, end: date
    ) -> list[Group]:
        self.asked.append((where, start, end))
        (metric,) = metrics
        used = [day for day in self._days if day <= end]
        return [Group((day.isoformat(),), 1, {metric.id: self._stats(day)}, {metric.id: {}}) for day in used]


def scores(mean: float, n: int = 60, seed: int = 1) -> ScoreStats:
    values = np.clip(np.round(np.random.default_rng(seed).normal(mean, 2, n)), 1, 10).astype(int)
    return ScoreStats(tuple(int((values == score).sum()) for score in range(1, 11)))


def test_a_target_far_above_is_off_track_and_one_below_is_reached() -> None:
    reader = Days(lambda day: scores(6.5, seed=day.toordinal()))
    assert standing(reader, replace(GOAL, target=8.5), TODAY).outlook.status == OFF_TRACK
    low = standing(reader, replace(GOAL, target=5.5), TODAY)
    assert (low.outlook.status, low.problems) == (REACHED, ("already_reached",))
    assert low.level.n == 4 * 7 * 60
    assert low.level.low < 6.5 < low.level.high


def test_a_day_that_is_not_over_counts_nowhere() -> None:
    reader = Days(scores(6.5))
    found = standing(reader, GOAL, TODAY)
    assert reader.asked[0][2] == TODAY - timedelta(days=1)
    assert found.weeks[-1].last == TODAY - timedelta(days=1)
    assert {week.value.n for week in found.weeks[:-1]} <= {7 * 60, 6 * 60}


def test_replies_that_may_still_come_are_waited_for() -> None:
    reader = Days(ShareStats(50, 20))
    standing(reader, replace(GOAL, metric="response_rate", target=0.5), TODAY)
    assert reader.asked[0][2] == TODAY - timedelta(days=3)


def test_lower_is_better_where_the_catalogue_says_so() -> None:
    reader = Days(MeanStats.of([400.0, 500.0, 600.0] * 20))
    found = standing(reader, replace(GOAL, metric="handling_time", baseline=600.0, target=550.0), TODAY)
    assert (found.higher, found.outlook.status) == (False, REACHED)
    assert (
        targets.headline(found, "nb")
        == "Behandlingstiden ned til 9\u00a0min\u00a010\u00a0s innen 1. september 2026"
    )


@pytest.mark.parametrize(
    ("metric", "goal", "told"),
    [("csat", 7.5, "7,5"), ("csat", 7.75, "7,75"), ("csat", 7.125, "7,125"), ("csat", 22 / 3, "7,333"),
     ("satisfied", 0.4, "40,0\u00a0%"), ("satisfied", 0.4025, "40,25\u00a0%")],
)  # fmt: skip
def test_a_target_is_told_as_it_was_set(metric: str, goal: float, told: str) -> None:
    found = standing(Days(scores(6.5)), replace(GOAL, metric=metric, target=goal), TODAY)
    assert f"opp til {told} innen" in targets.headline(found, "nb")


@pytest.mark.parametrize(
    ("days", "reason"), [(0, missing.TOO_SHORT), (7, missing.TOO_SHORT), (36, missing.TOO_SHORT), (43, "")]
)
def test_six_weeks_are_needed_for_a_forecast(days: int, reason: str) -> None:
    found = standing(Days(lambda day: scores(6.5, seed=day.toordinal()), days=days), GOAL, TODAY)
    assert found.outlook.reason == reason
    assert (found.outlook.probability is None) == bool(reason)


def test_a_date_that_has_passed_has_a_level_and_no_forecast() -> None:
    reader = Days(lambda day: scores(9.5 if day > date(2026, 5, 1) else 4.0, seed=day.toordinal()))
    found = standing(reader, replace(GOAL, by=date(2026, 5, 1)), TODAY)
    assert (found.outlook.probability, found.outlook.reason) == (None, missing.NO_TARGET_DATE)
    assert found.level.value < 5
    assert targets.sentence(found, "nb") == "Fristen er passert."


def times(seconds: float, seed: int, q: float = 0.5) -> TimeBins:
    given = np.random.default_rng(seed).lognormal(np.log(seconds), 0.5, 60)
    return TimeBins.of_seconds(given.tolist(), q)


@pytest.mark.parametrize(
    ("metric", "q", "goal", "status"),
    [
        ("handling_time_median", 0.5, 330.0, REACHED),
        ("handling_time_median", 0.5, 240.0, OFF_TRACK),
        ("handling_time_p90", 0.9, 640.0, REACHED),
    ],
)
def test_medians_have_a_level_and_a_forecast(metric: str, q: float, goal: float, status: str) -> None:
    reader = Days(lambda day: times(300, day.toordinal(), q))
    found = standing(reader, replace(GOAL, metric=metric, baseline=320.0, target=goal), TODAY)
    assert (found.outlook.status, found.outlook.reason) == (status, "")
    assert found.level.low < 300 * np.exp(0.5 * (0 if q == 0.5 else 1.2816)) < found.level.high
    assert found.weeks[-1].value.low < found.weeks[-1].value.value < found.weeks[-1].value.high


@pytest.mark.parametrize(
    ("metric", "filters", "problem"),
    [
        ("contact_rate", (), "no_forecast"),
        ("removable_time", (), "no_forecast"),
        ("answer_rate", (("topic", "bill"),), "unknown_name"),  # calls offered have no topic
        ("leakage", (("partner", "Nord"),), "unknown_name"),
    ],
)
def test_what_has_no_weekly_level_or_no_such_cut_says_so(
    metric: str, filters: tuple[tuple[str, str], ...], problem: str
) -> None:
    reader = Days(ShareStats(50, 20))
    found = standing(reader, replace(GOAL, metric=metric, filters=filters), TODAY)
    assert found.problems == (problem,)
    assert reader.asked == []
    assert all(targets.problem_texts(found, language) for language in ("nb", "en"))


def test_weeks_that_are_all_alike_and_gaps_make_no_error() -> None:
    alike = standing(Days(ScoreStats((0,) * 9 + (20,))), GOAL, TODAY)
    assert (alike.outlook.reason, alike.outlook.probability) == (missing.NO_SPREAD, None)
    gap = Days(lambda day: ScoreStats((0,) * 10) if day.month == 4 else scores(6.5, seed=day.toordinal()))
    found = standing(gap, GOAL, TODAY)
    assert found.outlook.probability is not None
    assert any(week.value.reason == missing.NO_DATA for week in found.weeks)


@pytest.mark.parametrize(
    ("wrong", "problem", "text"),
    [
        ({"metric": "happiness"}, "unknown_name", "finnes"),
        ({"filters": (("planet", "Mars"),)}, "unknown_name", "finnes"),
    ],
)
def test_a_target_that_means_nothing_says_so(wrong: dict[str, Any], problem: str, text: str) -> None:
    found = standing(Days(scores(6.5)), replace(GOAL, **wrong), TODAY)
    assert found.problems == (problem,)
    assert text in targets.problem_texts(found, "nb")[0]
    assert found.outlook.probability is None
    assert targets.headline(found, "en")


def test_a_target_without_owner_or_time_is_not_smart() -> None:
    found = standing(Days(scores(6.5)), replace(GOAL, owner="", by=TODAY + timedelta(days=5)), TODAY)
    assert {"no_owner", "too_soon"} <= set(found.problems)
    assert all(targets.problem_texts(found, language) for language in ("nb", "en"))


def test_a_partner_sees_no_level_of_fewer_than_five_answers() -> None:
    few = Days(lambda day: scores(6.5, n=1) if day.weekday() == 0 else ScoreStats((0,) * 10), days=30,
               scope=Scope.of_partner("Nord"))  # fmt: skip
    found = standing(few, GOAL, TODAY)
    assert found.level.reason == found.outlook.reason == missing.HIDDEN
    assert found.level.value is None


def stated(settings: Settings, *rows: Goal) -> None:
    Log(settings.lake_path).append(
        "target",
        [
            logged({
                "target_id": goal.target_id, "metric": goal.metric, "baseline": goal.baseline,
                "filters": json.dumps(dict(goal.filters)) if goal.filters else "", "target": goal.target,
                "start": goal.start, "by": goal.by, "owner": goal.owner,
            })
            for goal in rows
        ],
    )  # fmt: skip


def test_a_partner_sees_the_targets_that_name_it_and_no_others(settings: Settings) -> None:
    own = replace(GOAL, target_id="own", filters=(("partner", "Nord"),))
    other = replace(GOAL, target_id="other", filters=(("partner", "Sør"),))
    stated(settings, GOAL, own, other)
    assert {goal.target_id for goal in goals(settings, Scope.everything())} == {"t1", "own", "other"}
    assert goals(settings, Scope.of_partner("Nord")) == [own]
    assert goals(settings, Scope.of_partner("Vest")) == []


def test_the_latest_statement_counts_and_the_next_date_comes_first(settings: Settings) -> None:
    stated(settings, GOAL, replace(GOAL, target_id="soon", by=date(2026, 7, 1)))
    stated(settings, replace(GOAL, target=8.0))
    found = standings(Days(lambda day: scores(6.5, seed=day.toordinal())), settings, TODAY)
    assert [(each.goal.target_id, each.goal.target) for each in found] == [("soon", 7.5), ("t1", 8.0)]
    content = [as_content(each) for each in found]
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_a_steady_rise_is_on_track() -> None:
    first = TODAY - timedelta(days=140)
    reader = Days(lambda day: scores(6.0 + (day - first).days * 0.012, n=200, seed=day.toordinal()))
    assert standing(reader, replace(GOAL, target=7.7), TODAY).outlook.status == ON_TRACK
