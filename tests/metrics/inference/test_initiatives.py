"""Initiatives: against statsmodels' generalised least squares, and by simulation of weeks."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.linalg import toeplitz

from metrics.inference import Estimate, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.over_time import weekly
from metrics.inference.over_time.initiatives import Forecast, Impact, Ranked, forecast, impact, rank
from metrics.inference.over_time.weekly import step, step_error


def ar1(rng: np.random.Generator, n: int, rho: float, sd: float) -> np.ndarray:
    noise = rng.normal(0, sd * np.sqrt(1 - rho**2), n)
    noise[0] /= np.sqrt(1 - rho**2)
    for i in range(1, n):
        noise[i] += rho * noise[i - 1]
    return noise


def weeks(
    rng: np.random.Generator,
    *,
    per_day: float = 60,
    before: int = 40,
    after: int = 12,
    effect: float = 0.0,
    rho: float = 0.4,
    sd: float = 0.06,
) -> tuple[list[float], dict[str, list[float]]]:
    """A touched topic and five untouched ones, that share the seasons and have noise of their own."""
    n = before + after
    season = 0.15 * np.sin(np.arange(n) / 52 * 2 * np.pi) + ar1(rng, n, 0.7, 0.1)
    level = np.log(7 * per_day) + season + ar1(rng, n, rho, sd)
    level[before:] += np.log1p(-effect) if effect else 0.0
    others = {
        str(i): rng.poisson(np.exp(np.log(7 * per_day) + season + ar1(rng, n, rho, sd)))
        .astype(float)
        .tolist()
        for i in range(5)
    }
    return rng.poisson(np.exp(level)).astype(float).tolist(), others


def test_each_correlation_gives_what_statsmodels_gls_gives() -> None:
    y = ar1(np.random.default_rng(1), 30, 0.5, 0.1)
    b, se, _, _, df = weekly._gls(y, 22)
    design = np.column_stack([np.ones(30), np.arange(30) >= 22]).astype(float)
    for i in (0, 20, 49):
        fit = sm.GLS(y, design, sigma=toeplitz(weekly._RHO[i] ** np.arange(30))).fit()
        assert (b[i], se[i], df) == pytest.approx((fit.params[1], fit.bse[1], fit.df_resid), abs=1e-8)


def test_the_error_of_a_planned_step_agrees_with_statsmodels_gls() -> None:
    sigma = 0.1**2 * toeplitz(0.4 ** np.arange(30))
    design = np.column_stack([np.ones(30), np.arange(30) >= 22]).astype(float)
    expected = np.linalg.inv(design.T @ np.linalg.inv(sigma) @ design)[1, 1] ** 0.5
    assert step_error(22, 8, 0.1, 0.4) == pytest.approx(expected, abs=1e-12)


def test_avoided_contacts_follow_from_the_step() -> None:
    treated, others = weeks(np.random.default_rng(2), effect=0.3, before=52)
    found = impact(treated, others, 52, cost_per_contact=80)
    assert found.effect.low < -0.3 < found.effect.high < 0
    factor = -found.effect.value / (1 + found.effect.value)
    assert found.avoided.value == pytest.approx(sum(treated[52:]) * factor)
    assert found.money.low == pytest.approx(80 * found.avoided.low)
    assert (found.reason, found.p < 0.001, found.topics_tried) == ("", True, 5)
    assert found.placebo_dates < 0.1


def test_no_effect_is_not_yet_measurable() -> None:
    treated, others = weeks(np.random.default_rng(3))
    found = impact(treated, others, 40)
    assert found.reason == found.avoided.reason == missing.NOT_MEASURABLE
    assert found.avoided.low < 0 < found.avoided.high
    assert found.money.value is None


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [(7, 3, missing.TOO_SHORT), (8, 2, missing.TOO_SHORT), (8, 3, None), (20, 0, missing.TOO_SHORT)],
)
def test_eight_weeks_before_and_three_after_are_needed(before: int, after: int, reason: str | None) -> None:
    treated, others = weeks(np.random.default_rng(4), before=before, after=after)
    found = impact(treated, others, before)
    assert (found.reason == missing.TOO_SHORT) == (reason == missing.TOO_SHORT)
    assert (found.avoided.value is None) == (reason is not None)


def test_untouched_topics_are_needed() -> None:
    assert impact([100.0] * 30, {}, 20).reason == missing.NO_COMPARISON
    assert forecast([100.0] * 30, {}, 0.1).reason == missing.NO_COMPARISON
    assert impact(*weeks(np.random.default_rng(4)), 40).topics_tried == 5
    alone = impact([100.0, 120.0] * 15, {"a": [90.0, 100.0, 95.0] * 10}, 20)
    assert (alone.topics_tried, alone.placebo_topics) == (0, None)


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same weeks"):
        impact([100.0] * 30, {"a": [100.0] * 29}, 20)


def test_settling_weeks_are_left_out_of_the_estimate() -> None:
    treated, others = weeks(np.random.default_rng(5), effect=0.3, before=52)
    treated[52] *= 4
    with_them, without = impact(treated, others, 52), impact(treated, others, 52, settling=1)
    assert without.effect.high - without.effect.low < with_them.effect.high - with_them.effect.low
    assert without.weeks_after == with_them.weeks_after == 12


def test_a_forecast_tells_how_long_until_an_effect_can_be_seen() -> None:
    treated, others = weeks(np.random.default_rng(6), before=52, after=0)
    large, small = forecast(treated, others, 0.3, cost_per_contact=80), forecast(treated, others, 0.02)
    assert large.weeks_until_seen in range(3, 9)
    assert large.seen_in_8 < 0.3
    assert (small.weeks_until_seen, small.reason) == (None, missing.NOT_MEASURABLE)
    assert large.fewer.value == pytest.approx(0.3 * np.mean(treated[-13:]))
    assert large.money_a_year == pytest.approx(52 * 80 * large.fewer.value)
    with pytest.raises(ValueError, match="share"):
        forecast(treated, others, 12)


def test_a_ranking_shows_how_little_a_place_may_mean() -> None:
    given = {
        "chatbot": Estimate(10, 500.0, 100.0, 900.0),
        "new bill": Estimate(10, 480.0, 440.0, 520.0),
        "letter": Estimate(10, 20.0, -50.0, 90.0, missing.NOT_MEASURABLE),
        "app": Estimate(2, None, None, None, missing.TOO_SHORT),
    }
    found = {r.name: r for r in rank(given)}
    assert [r.name for r in rank(given)] == ["chatbot", "new bill", "letter", "app"]
    assert (found["chatbot"].low, found["chatbot"].high) == (1, 2)
    assert found["new bill"].best + found["chatbot"].best == pytest.approx(1, abs=0.01)
    assert found["letter"].reason == missing.NOT_MEASURABLE
    assert (found["app"].place, found["app"].reason) == (None, missing.TOO_SHORT)
    assert rank({}) == ()


def coverage(runs: int, seed: int, **options: Any) -> tuple[float, float]:
    """Coverage of the effect, and how often something is claimed."""
    rng, inside, claimed = np.random.default_rng(seed), 0, 0
    effect = options.get("effect", 0.0)
    for _ in range(runs):
        treated, others = weeks(rng, **options)
        start = options.get("before", 40)
        ratio = np.log(np.array(treated) + 0.5) - np.log(np.sum(list(others.values()), axis=0) + 0.5)
        found = step(ratio, start)
        inside += found.low <= np.log1p(-effect) <= found.high
        claimed += found.low > 0 or found.high < 0
    return inside / runs, claimed / runs


def test_effects_are_covered_as_stated(figure) -> None:
    covered, _ = coverage(250, 1, effect=0.12, before=40, after=8)
    assert figure("initiative, 12 %, 40 + 8 weeks, coverage", covered) > 0.91
    _, claimed = coverage(250, 2)
    assert figure("initiative without effect, claimed", claimed) < 0.09


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
@pytest.mark.parametrize(("before", "after"), [(12, 6), (26, 4), (26, 12), (52, 8)])
def test_effects_are_covered_as_stated_at_length(before: int, after: int, rho: float, figure) -> None:
    covered, claimed = coverage(1000, 3, effect=0.12, before=before, after=after, rho=rho)
    name = f"initiative, 12 %, {before} + {after} weeks, correlation {rho}"
    # Counts hide part of a strong correlation behind their own noise.
    assert (0.87 if rho > 0.6 else 0.93) < figure(f"{name}, coverage", covered) < 0.99
    figure(f"{name}, claimed", claimed)


def test_an_impact_with_all_its_placebos_takes_a_moment() -> None:
    treated, others = weeks(np.random.default_rng(7))
    impact(treated, others, 40)
    started = time.perf_counter()
    impact(treated, others, 40)
    assert time.perf_counter() - started < 0.25


def test_results_survive_json() -> None:
    treated, others = weeks(np.random.default_rng(8))
    ranked = rank({"a": Estimate(10, 500.0, 100.0, 900.0)})[0]
    found = impact(treated, others, 40, cost_per_contact=70)
    for result, kind in ((found, Impact), (forecast(treated, others, 0.1), Forecast), (ranked, Ranked)):
        assert from_json(kind, json.loads(json.dumps(to_json(result), allow_nan=False))) == result


def drifting(rng: np.random.Generator, weeks: int, drift: float) -> Any:
    """A topic's weekly contacts that grow by a share each week."""
    return rng.poisson(420 * np.exp(drift * np.arange(weeks)))


def claims_of_drift(drift: float, runs: int, before: int = 40, after: int = 8) -> tuple[float, float]:
    """How often an interval alone leaves 0 out, and how often an effect is claimed, where there is none."""
    rng, alone, claimed = np.random.default_rng(6), 0, 0
    for _ in range(runs):
        others = {name: drifting(rng, before + after, 0.0) for name in "abcd"}
        found = impact(drifting(rng, before + after, drift), others, before)
        alone += not found.avoided.low <= 0 <= found.avoided.high
        claimed += not found.reason
    return alone / runs, claimed / runs


def test_a_topic_that_drifts_is_no_effect_of_what_was_launched_meanwhile(figure) -> None:
    alone, claimed = claims_of_drift(0.005, 60)
    figure("drift of .5 % a week, interval without 0", alone)
    assert figure("drift of .5 % a week, claimed", claimed) <= alone / 2
