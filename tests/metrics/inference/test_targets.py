"""Targets: what makes one SMART, and how honest the forecast of reaching it is."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.inference import Estimate, MeanStats, ScoreStats, ShareStats, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.over_time.targets import (
    OFF_TRACK,
    ON_TRACK,
    PROBLEMS,
    REACHED,
    UNCERTAIN,
    Outlook,
    Target,
    _fit,
    outlook,
    outlook_text,
    problems,
)

SUNDAY = date(2026, 3, 1)
IN_13_WEEKS = SUNDAY + timedelta(weeks=13)
TARGET = Target("csat", 7.5, IN_13_WEEKS, "Kari")


def week(mean: float, n: int = 400, sd: float = 2.0) -> MeanStats:
    return MeanStats(n, 0.0, sd**2 * (n - 1), mean)


def steadily(start: float, pace: float, weeks: int = 26) -> list[MeanStats]:
    return [week(start + pace * i + 0.05 * (-1) ** i) for i in range(weeks)]


@pytest.mark.parametrize(
    ("weeks", "status"),
    [
        (steadily(7.8, 0.0), REACHED),
        (steadily(6.0, 0.045), ON_TRACK),
        (steadily(6.0, 0.0405), UNCERTAIN),
        (steadily(6.5, 0.0), OFF_TRACK),
        (steadily(7.0, -0.02), OFF_TRACK),
    ],
)
def test_a_target_has_a_status(weeks: list[MeanStats], status: str) -> None:
    found = outlook(TARGET, weeks, SUNDAY)
    assert found.status == status, found
    assert found.now.low < found.now.value < found.now.high
    assert found.at_date.high - found.at_date.low > found.now.high - found.now.low


def test_a_target_downwards_is_the_mirror_image() -> None:
    up = outlook(TARGET, steadily(6.0, 0.045), SUNDAY)
    mirrored = [week(-w.mean) for w in steadily(6.0, 0.045)]
    down = outlook(replace(TARGET, goal=-7.5, higher=False), mirrored, SUNDAY)
    assert down.probability == pytest.approx(up.probability, abs=1e-6)
    assert down.needed_pace == pytest.approx(-up.needed_pace, abs=1e-6)
    assert down.status == up.status


def test_the_needed_pace_leads_from_now_to_the_goal() -> None:
    found = outlook(TARGET, steadily(6.5, 0.01), SUNDAY)
    assert found.now.value + 13 * found.needed_pace == pytest.approx(7.5)


def test_a_level_that_does_not_wander_agrees_with_statsmodels_weighted_least_squares() -> None:
    rng = np.random.default_rng(1)
    at, v = np.arange(20.0), np.full(20, 0.01)
    y = 7 + 0.3 * at + rng.normal(0, 0.1, 20)
    _, slope, level = _fit(at, y, v, np.array([30.0]))
    fit = sm.WLS(y, sm.add_constant(at), weights=1 / v).fit()
    # The prior of the slope holds back a little.
    assert slope[0, 0] == pytest.approx(fit.params[1], rel=1e-3)
    assert level[0, 0, 0] == pytest.approx(fit.predict([[1, 30.0]])[0], rel=1e-3)
    exact = np.linalg.inv(fit.model.exog.T @ np.diag(1 / v) @ fit.model.exog)[1, 1]
    assert slope[0, 1] == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize(("weeks", "reason"), [(5, missing.TOO_SHORT), (6, "")])
def test_six_weeks_are_needed(weeks: int, reason: str) -> None:
    empty = ScoreStats((0,) * 10)
    some = [ScoreStats((i, 2, 3, 1, 4, 2, 2, 1, 1, 10 - i)) for i in range(weeks)]
    found = outlook(TARGET, [empty, *some, empty], SUNDAY)
    assert (found.reason, found.at_date.reason) == (reason, reason)
    assert (found.probability is None) == bool(reason)


@pytest.mark.parametrize(("days", "reason"), [(0, missing.NO_TARGET_DATE), (1, "")])
def test_a_date_that_has_passed_has_no_forecast(days: int, reason: str) -> None:
    found = outlook(replace(TARGET, by=SUNDAY + timedelta(days=days)), steadily(7, 0), SUNDAY)
    assert found.reason == reason


def test_weeks_without_any_spread_have_no_forecast() -> None:
    found = outlook(TARGET, [ShareStats(50, 0)] * 10, SUNDAY)
    assert found.reason == missing.NO_SPREAD
    assert outlook_text(found, "en") == missing.reason_text(missing.NO_SPREAD)


def test_a_target_without_number_owner_or_time_is_not_smart() -> None:
    today = date(2026, 3, 1)
    assert problems(TARGET, today, Estimate(900, 6.0, 5.9, 6.1)) == ()
    assert problems(replace(TARGET, metric=" ", owner=""), today) == ("no_metric", "no_owner")
    assert problems(replace(TARGET, by=today), today) == ("date_passed",)
    assert problems(replace(TARGET, by=today + timedelta(days=13)), today) == ("too_soon",)
    assert problems(replace(TARGET, by=today + timedelta(days=14)), today) == ()
    assert problems(TARGET, today, Estimate(900, 7.8, 7.5, 8.1)) == ("already_reached",)
    assert problems(TARGET, today, Estimate(90, 7.3, 6.9, 7.7)) == ("too_small",)
    assert problems(replace(TARGET, goal=6.0, higher=False), today, Estimate(90, 5, 4, 6)) == (
        "already_reached",
    )
    assert all(set(texts) == {"nb", "en"} for texts in PROBLEMS.values())


def test_the_outlook_is_told_without_false_precision() -> None:
    assert outlook_text(outlook(TARGET, steadily(6.5, 0.0), SUNDAY)) == (
        "Målet nås neppe: under 5 % sannsynlig med dagens utvikling."
    )
    assert outlook_text(outlook(TARGET, steadily(7.8, 0.0), SUNDAY), "en") == "The target is reached."


@pytest.mark.parametrize(
    ("probability", "told"),
    [(1e-9, "less than 5%"), (0.024, "less than 5%"), (0.026, "5%"), (0.5, "50%"), (0.974, "95%"),
     (0.976, "more than 95%")],
)  # fmt: skip
def test_no_probability_reads_as_sure(probability: float, told: str) -> None:
    found = outlook(TARGET, steadily(6.5, 0.0), SUNDAY)
    said = outlook_text(replace(found, probability=probability, status=UNCERTAIN), "en")
    assert said == f"It is open whether the target is reached: {told} likely as things develop."


def forecasts(runs: int, seed: int, *, drift: float, wander: float, history: int = 26) -> tuple[float, float]:
    """Coverage of the level 13 weeks ahead, and how well probabilities are calibrated: the mean probability
    given to a goal less the share of goals reached."""
    rng = np.random.default_rng(seed)
    inside, given_, got = 0, 0.0, 0
    for _ in range(runs):
        pace = rng.normal(0, drift)
        level = 7 + np.cumsum(pace + rng.normal(0, wander, history + 13))
        weeks = [week(level[i] + rng.normal(0, 2 / 20)) for i in range(history)]
        goal = level[history - 1] + rng.normal(0, 0.3)
        found = outlook(Target("csat", goal, IN_13_WEEKS, "Kari"), weeks, SUNDAY)
        inside += found.at_date.low <= level[-1] <= found.at_date.high
        given_ += found.probability
        got += level[-1] >= goal
    return inside / runs, (given_ - got) / runs


def test_forecasts_are_covered_and_calibrated(figure) -> None:
    covered, off = forecasts(120, 1, drift=0.01, wander=0.03)
    assert 0.88 < figure("target, level in 13 weeks, coverage", covered) <= 1
    assert abs(figure("target, probability given less share reached", off)) < 0.08


@pytest.mark.slow
@pytest.mark.parametrize(("drift", "wander"), [(0.0, 0.0), (0.02, 0.0), (0.0, 0.05), (0.02, 0.05)])
def test_forecasts_are_covered_and_calibrated_at_length(drift: float, wander: float, figure) -> None:
    covered, off = forecasts(1500, 2, drift=drift, wander=wander)
    name = f"target, drift {drift}, wandering {wander}"
    assert figure(f"{name}, level in 13 weeks, coverage", covered) > 0.9
    assert abs(figure(f"{name}, probability given less share reached", off)) < 0.04


def test_an_outlook_takes_a_moment() -> None:
    weeks = steadily(6.0, 0.04, 52)
    outlook(TARGET, weeks, SUNDAY)
    started = time.perf_counter()
    outlook(TARGET, weeks, SUNDAY)
    assert time.perf_counter() - started < 0.2


def test_an_outlook_survives_json() -> None:
    found = outlook(TARGET, steadily(6.0, 0.04), SUNDAY)
    assert from_json(Outlook, json.loads(json.dumps(to_json(found), allow_nan=False))) == found
    assert from_json(Target, json.loads(json.dumps(to_json(TARGET)))) == TARGET
