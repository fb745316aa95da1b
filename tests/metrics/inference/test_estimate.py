"""One group: estimates and intervals against named references."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from statsmodels.stats.proportion import proportion_confint

from metrics.inference import (
    INDEX,
    Estimate,
    MeanStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    TimeBins,
    estimate,
    from_json,
    time_bin,
    to_json,
)
from metrics.inference.base import missing

# Darwin's maize (R. A. Fisher, The Design of Experiments, 1935): differences in eighths of an inch.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_a_mean_agrees_with_scipys_one_sample_t_interval() -> None:
    found = estimate(MeanStats.of(DARWIN))
    expected = reference.ttest_1samp(DARWIN, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(20.933333, abs=1e-6)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "n"), [(0, 10), (1, 10), (10, 10), (81, 263), (15, 148), (1, 29), (5_000, 20_000)]
)
def test_a_share_agrees_with_statsmodels_wilson_interval(hits: int, n: int) -> None:
    found = estimate(ShareStats(n, hits))
    assert (found.low, found.high) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-9)


def test_a_share_agrees_with_the_table_of_newcombe_1998() -> None:
    # Statistics in Medicine 17, 857–872, table I, method 3 (score): 81/263 and 15/148.
    assert estimate(ShareStats(263, 81)).low == pytest.approx(0.2553, abs=5e-5)
    assert estimate(ShareStats(263, 81)).high == pytest.approx(0.3662, abs=5e-5)
    assert estimate(ShareStats(148, 15)).low == pytest.approx(0.0624, abs=5e-5)
    assert estimate(ShareStats(148, 15)).high == pytest.approx(0.1605, abs=5e-5)


def test_an_index_is_the_mean_score_moved_to_0_and_100() -> None:
    scores = ScoreStats((5, 3, 8, 9, 20, 30, 40, 60, 50, 44))
    plain, index = estimate(scores), estimate(scores, scale=INDEX)
    for before, after in ((plain.value, index.value), (plain.low, index.low), (plain.high, index.high)):
        assert after == pytest.approx((before - 1) / 9 * 100, abs=1e-9)


def test_a_falling_scale_keeps_low_below_high() -> None:
    found = estimate(MeanStats.of(DARWIN), scale=(0, -1))
    assert found.low < found.value < found.high


def test_scores_give_what_their_expanded_list_gives() -> None:
    bins = (595, 571, 1575, 1526, 1899, 1865, 1314, 1266, 1092, 568)
    scores = np.repeat(np.arange(1, 11), bins)
    found = ScoreStats(bins).mean_stats()
    assert found.mean == pytest.approx(scores.mean(), abs=1e-12)
    assert found.variance == pytest.approx(scores.var(ddof=1), abs=1e-9)
    assert ScoreStats(bins).at_least(8) == ShareStats(len(scores), int((scores >= 8).sum()))
    assert ScoreStats(bins).at_most(4) == ShareStats(len(scores), int((scores <= 4).sum()))


def test_a_shift_keeps_the_digits_of_a_large_mean() -> None:
    values = [1e8 + x for x in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)]
    kept = MeanStats.of(values, shift=1e8)
    assert kept.variance == pytest.approx(np.var(values, ddof=1), rel=1e-6)
    assert estimate(kept).low is not None
    # Without it the sums hold no trace of the variance, and none is made up.
    assert estimate(MeanStats.of(values)).reason == missing.NO_SPREAD


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30),
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30),
    st.floats(-500, 500),
)
def test_merged_sums_are_the_sums_of_the_whole(one: list[float], two: list[float], shift: float) -> None:
    merged = MeanStats.of(one, shift) + MeanStats.of(two, -shift)
    assert merged.n == len(one) + len(two)
    assert merged.mean == pytest.approx(np.mean(one + two), abs=1e-6)
    assert merged.variance == pytest.approx(np.var(one + two, ddof=1), rel=1e-6, abs=1e-4)


def test_a_ratio_of_ones_is_a_mean() -> None:
    ratio = RatioStats.of((1, y) for y in DARWIN)
    assert estimate(ratio).value == pytest.approx(estimate(MeanStats.of(DARWIN)).value, abs=1e-9)
    assert estimate(ratio).low == pytest.approx(estimate(MeanStats.of(DARWIN)).low, abs=1e-9)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (ShareStats(0, 0), missing.NO_DATA),
        (ShareStats(9, 3), missing.TOO_FEW),
        (ShareStats(10, 3), ""),
        (MeanStats(0, 0, 0), missing.NO_DATA),
        (MeanStats.of([3.0] * 9), missing.TOO_FEW),
        (MeanStats.of([3.0] * 10), missing.NO_SPREAD),
        (ScoreStats((0,) * 9 + (12,)), missing.NO_SPREAD),
        (RatioStats.of([(0, 0)] * 12), missing.NO_DENOMINATOR),
        (TimeBins(()), missing.NO_DATA),
        (TimeBins.of({40: 9}), missing.TOO_FEW),
        (TimeBins.of({40: 10}), ""),
    ],
)
def test_what_cannot_be_computed_has_a_reason(given, reason: str) -> None:
    found = estimate(given)
    assert found.reason == reason
    assert (found.low is None) == bool(reason)
    if reason in {missing.NO_DATA, missing.TOO_FEW, missing.NO_DENOMINATOR}:
        assert found.value is None


def test_one_observation_has_a_value_and_no_interval() -> None:
    assert estimate(MeanStats.of([7.0]), minimum_n=1) == Estimate(1, 7.0, None, None, missing.TOO_FEW)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: ShareStats(3, 4),
        lambda: ShareStats(-1, 0),
        lambda: ScoreStats((1,) * 9),
        lambda: ScoreStats((-1,) + (1,) * 9),
        lambda: MeanStats(3, math.nan, 1),
        lambda: TimeBins(((3, 1), (2, 1))),
        lambda: TimeBins(((3, 1),), q=1.0),
    ],
)
def test_sums_that_cannot_be_are_refused(bad) -> None:
    with pytest.raises(ValueError, match=r".+"):
        bad()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, -1), (0.99, -1), (1, 0), (1.049, 0), (1.051, 1), (600, 131)]
)
def test_a_time_has_its_bin(seconds: float, expected: int) -> None:
    assert time_bin(seconds) == expected


@settings(deadline=None)
@given(st.floats(1, 1e6))
def test_a_time_lies_within_the_edges_of_its_bin(seconds: float) -> None:
    k = time_bin(seconds)
    assert 1.05**k * (1 - 1e-9) <= seconds < 1.05 ** (k + 1) * (1 + 1e-9)


def test_medians_and_p90_are_within_two_percent_of_the_exact_ones() -> None:
    times = np.random.default_rng(3).lognormal(6, 0.7, 5_000)
    for q in (0.5, 0.9):
        assert estimate(TimeBins.of_seconds(times, q)).value == pytest.approx(np.quantile(times, q), rel=0.02)


def median_coverage(runs: int, n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    truth, inside = math.exp(6), 0
    for _ in range(runs):
        found = estimate(TimeBins.of_seconds(rng.lognormal(6, 0.7, n)))
        inside += found.low <= truth <= found.high
    return inside / runs


def test_a_median_is_covered_as_stated(figure) -> None:
    assert figure("median, n = 70, coverage", median_coverage(400, 70, 1)) > 0.92


@pytest.mark.slow
@pytest.mark.parametrize("n", [70, 350, 4500])
def test_a_median_is_covered_as_stated_at_every_size(n: int, figure) -> None:
    assert 0.93 < figure(f"median, n = {n}, coverage", median_coverage(2000, n, 2)) < 0.99


def test_an_estimate_survives_json() -> None:
    found = estimate(ShareStats(20, 3))
    assert from_json(Estimate, to_json(found)) == found
