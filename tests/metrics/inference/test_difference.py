"""Two groups: differences, intervals, p and effect sizes against named references and by simulation."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_effectsize, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from metrics.inference import (
    INDEX,
    Difference,
    MeanStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    TimeBins,
    difference,
    from_json,
    to_json,
)
from metrics.inference.base import missing
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.superiority import superiority

FEW = (5, 3, 8, 9, 20, 30, 40, 60, 50, 44)
MANY = (15, 13, 18, 19, 20, 30, 40, 30, 20, 14)
scores = st.lists(st.integers(0, 30), min_size=10, max_size=10).map(tuple)


def spread(bins: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.arange(1, 11), bins)


def test_means_agree_with_scipys_welch_test() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(600, 90, 41), rng.normal(560, 200, 77)
    found = difference(MeanStats.of(one, 600), MeanStats.of(two, 600))
    expected = reference.ttest_ind(one, two, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert found.difference == pytest.approx(one.mean() - two.mean(), abs=1e-9)
    assert (found.low, found.high, found.p) == pytest.approx((low, high, expected.pvalue), abs=1e-9)


def test_means_agree_with_statsmodels_welch_interval() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.exponential(5, 25), rng.exponential(9, 12)
    expected = CompareMeans(DescrStatsW(one), DescrStatsW(two)).tconfint_diff(usevar="unequal")
    found = difference(MeanStats.of(one), MeanStats.of(two))
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_the_published_index_gap_has_the_interval_its_size_implies() -> None:
    # 20,000 contacts, 63 % self-service first, sd 25: 56 against 66 is −10.0 [−10.7, −9.3].
    def group(n: int, mean: float) -> MeanStats:
        return MeanStats(n, 0.0, 25.0**2 * (n - 1), mean)

    found = difference(group(12_600, 56), group(7_400, 66))
    assert (found.difference, found.low, found.high) == pytest.approx((-10.0, -10.7, -9.3), abs=0.02)


@pytest.mark.parametrize(
    ("first", "second"),
    [((70, 56), (80, 48)), ((10, 9), (10, 3)), ((84, 6), (80, 2)), ((56, 5), (29, 0)), ((10, 10), (20, 0))],
)
def test_shares_agree_with_statsmodels_newcombe_interval(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = difference(ShareStats(*first), ShareStats(*second))
    expected = confint_proportions_2indep(first[1], first[0], second[1], second[0], method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
    p = proportions_ztest([first[1], second[1]], [first[0], second[0]])[1]
    assert found.p == pytest.approx(p, abs=1e-9)
    assert found.effect == pytest.approx(
        proportion_effectsize(first[1] / first[0], second[1] / second[0]), abs=1e-9
    )


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0524, 0.3339),
        ((10, 9), (10, 3), 0.1705, 0.8090),
        ((7, 6), (7, 2), 0.0582, 0.8062),
        ((56, 5), (29, 0), -0.0381, 0.1926),
        ((10, 0), (20, 0), -0.1611, 0.2775),
        ((10, 10), (20, 0), 0.6791, 1.0),
        ((10, 10), (10, 0), 0.6075, 1.0),
    ],
)
def test_shares_agree_with_the_table_of_newcombe_1998(first, second, low: float, high: float) -> None:
    # Statistics in Medicine 17, 873–890, table II, method 10.
    found = difference(ShareStats(*first), ShareStats(*second), minimum_n=1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)


def test_ratios_agree_with_tea_tasting() -> None:
    # tea-tasting 1.14.0, RatioOfMeans("y", "x", use_t=True, equal_var=False), treatment − control.
    control = zip(
        [3, 5, 2, 8, 6, 4, 7, 5, 9, 1, 3, 4], [30, 41, 25, 90, 55, 48, 66, 40, 101, 8, 35, 37], strict=True
    )
    treated = zip(
        [4, 6, 2, 7, 7, 3, 8, 5, 6, 2, 5, 4], [52, 61, 20, 88, 95, 29, 99, 61, 70, 31, 54, 50], strict=True
    )
    found = difference(RatioStats.of(treated), RatioStats.of(control))
    assert found.difference == pytest.approx(1.9286351471900076, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((0.7435515174616432, 3.113718776918372), abs=1e-9)
    assert found.p == pytest.approx(0.002763061556714919, abs=1e-9)
    assert found.effect == pytest.approx(0.19085451977401124, abs=1e-9)


def test_scores_agree_with_scipys_brunner_munzel_test() -> None:
    expected = reference.brunnermunzel(spread(MANY), spread(FEW))
    found = superiority(ScoreStats(MANY), ScoreStats(FEW))
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    u = reference.mannwhitneyu(spread(MANY), spread(FEW)).statistic
    assert found.difference == pytest.approx(u / (sum(MANY) * sum(FEW)), abs=1e-12)
    assert found.low < found.difference < found.high


def test_scores_agree_with_the_example_of_brunner_and_munzel_2000() -> None:
    # Pain scores of two groups (Biometrical Journal 42, 17–25): p of the t approximation is .0057862.
    one = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    two = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    found = superiority(
        ScoreStats(tuple(one.count(k) for k in range(1, 11))),
        ScoreStats(tuple(two.count(k) for k in range(1, 11))),
    )
    assert found.p == pytest.approx(0.005786208666151538, abs=1e-9)


@settings(deadline=None)
@given(scores, scores)
def test_superiority_seen_from_the_other_side_is_the_rest(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    there, back = superiority(ScoreStats(one), ScoreStats(two)), superiority(ScoreStats(two), ScoreStats(one))
    assert there.reason == back.reason
    if there.low is not None:
        assert 0 <= there.low <= there.difference <= there.high <= 1
        assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low), abs=1e-9)


@settings(deadline=None)
@given(scores, scores)
def test_a_difference_turned_around_is_its_negative(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    there = difference(ScoreStats(one), ScoreStats(two), fixed_start=True, scale=INDEX)
    back = difference(ScoreStats(two), ScoreStats(one), fixed_start=True, scale=INDEX)
    assert (there.reason, there.p) == (back.reason, back.p)
    for one_way, other_way in ((there.low, back.high), (there.low_always, back.high_always)):
        assert (one_way is None) == (other_way is None)
        if one_way is not None:
            assert one_way == pytest.approx(-other_way, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (ScoreStats(FEW), ScoreStats((0,) * 10), missing.ONE_SIDED),
        (ScoreStats((0,) * 10), ScoreStats((0,) * 10), missing.NO_DATA),
        (ScoreStats(FEW), ScoreStats((9,) + (0,) * 9), missing.TOO_FEW),
        (ScoreStats((10,) + (0,) * 9), ScoreStats((0,) * 9 + (10,)), missing.NO_SPREAD),
        (MeanStats.of([1.0] * 10), MeanStats.of([2.0] * 10), missing.NO_SPREAD),
        (RatioStats.of([(0, 0)] * 10), RatioStats.of([(1, 2)] * 10), missing.NO_DENOMINATOR),
        (TimeBins.of({3: 10}, q=0.9), TimeBins.of({3: 10}, q=0.9), missing.TOO_FEW),
    ],
)
def test_what_cannot_be_compared_has_a_reason_and_no_p(first, second, reason: str) -> None:
    found = difference(first, second)
    assert (found.reason, found.low, found.high, found.p) == (reason, None, None, None)


def test_shares_that_are_both_0_have_an_interval_but_no_p() -> None:
    found = difference(ShareStats(50, 0), ShareStats(80, 0))
    assert found.low < 0 < found.high
    assert (found.p, found.reason) == (None, missing.NO_SPREAD)


def test_separated_scores_have_no_interval_of_superiority() -> None:
    found = superiority(ScoreStats((9, 9) + (0,) * 8), ScoreStats((0,) * 8 + (9, 9)))
    assert (found.difference, found.low, found.p, found.reason) == (0.0, None, None, missing.SEPARATED)


def test_different_kinds_are_not_compared() -> None:
    with pytest.raises(TypeError):
        difference(ShareStats(50, 3), MeanStats(50, 3, 3))


@pytest.mark.parametrize(("n", "shown"), [(29, False), (30, True)])
def test_always_valid_limits_are_shown_from_30_in_each_group(n: int, shown: bool) -> None:
    group = MeanStats(n, 0.0, 20.0)
    assert (difference(group, MeanStats(500, 1, 500), fixed_start=True).low_always is not None) == shown
    assert difference(group, MeanStats(500, 1, 500)).low_always is None


def test_always_valid_limits_follow_the_formula_of_the_paper() -> None:
    # c = 8.21 at α = .05; half-width √(V·(k+1)/k·ln((k+1)/α²)) with k = N·c/N*.
    assert confidence_sequence.tuning() == pytest.approx(8.21, abs=0.005)
    k = 300 * confidence_sequence.tuning() / 2000
    expected = math.sqrt(0.04 * (k + 1) / k * math.log((k + 1) / 0.0025))
    assert confidence_sequence.half_width(0.04, 300) == pytest.approx(expected, abs=1e-12)


def test_always_valid_limits_agree_with_gbstats() -> None:
    # gbstats 0.8.0, SequentialTwoSidedTTest with sequential_tuning_parameter=2000, which approximates c.
    first, second = MeanStats(450, 2900, 20_500), MeanStats(500, 3000, 20_000)
    variance = first.variance / first.n + second.variance / second.n
    c = -2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)
    same = 2000 * confidence_sequence.tuning() / c
    gap = difference(first, second).difference
    half = confidence_sequence.half_width(variance, 950, tightest_at=same)
    assert (gap - half, gap + half) == pytest.approx((0.04159879656624588, 0.8472900923226434), abs=1e-9)
    assert confidence_sequence.p_value(gap, variance, 950, tightest_at=same) == pytest.approx(
        0.02201518494134876, abs=1e-9
    )


@settings(deadline=None)
@given(st.floats(0.001, 5), st.integers(60, 10_000))
def test_the_always_valid_p_is_alpha_where_the_interval_ends(variance: float, n: int) -> None:
    edge = confidence_sequence.half_width(variance, n)
    assert confidence_sequence.p_value(edge, variance, n) == pytest.approx(0.05, abs=1e-9)


def false_claims(streams: int, arm: int, seed: int) -> tuple[float, float]:
    """Share of streams without a difference in which an interval excluded 0 at some look (every 20th)."""
    rng = np.random.default_rng(seed)
    fixed = lasting = 0
    for _ in range(streams):
        sums = [np.cumsum(rng.integers(1, 11, arm)) for _ in range(2)]
        values = np.stack([np.diff(s, prepend=0) for s in sums])
        squares = np.cumsum(values**2, axis=1)
        n = np.arange(1, arm + 1)
        looks = slice(29, None, 20)
        var = sum((squares[i] - sums[i] ** 2 / n)[looks] / (n[looks] - 1) / n[looks] for i in (0, 1))
        gap = (sums[0] / n - sums[1] / n)[looks]
        fixed += bool((np.abs(gap) > 1.96 * np.sqrt(var)).any())
        halves = [confidence_sequence.half_width(v, int(2 * m)) for v, m in zip(var, n[looks], strict=True)]
        lasting += bool((np.abs(gap) > halves).any())
    return fixed / streams, lasting / streams


def test_looking_often_fools_the_ordinary_interval_and_not_the_always_valid_one(figure) -> None:
    fixed, lasting = false_claims(200, 2000, 5)
    assert figure("one-look interval, wrong at some look (2,000 per arm)", fixed) > 0.25
    assert figure("always-valid interval, wrong at some look (2,000 per arm)", lasting) <= 0.06


@pytest.mark.slow
def test_looking_often_up_to_5000_per_arm(figure) -> None:
    fixed, lasting = false_claims(2000, 5000, 6)
    assert figure("one-look interval, wrong at some look (5,000 per arm)", fixed) > 0.35
    assert figure("always-valid interval, wrong at some look (5,000 per arm)", lasting) <= 0.05


def superiority_coverage(runs: int, n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    one, two = np.array(FEW) / sum(FEW), np.array(MANY) / sum(MANY)
    truth = superiority(ScoreStats(tuple(FEW)), ScoreStats(tuple(MANY))).difference
    inside = 0
    for _ in range(runs):
        found = superiority(
            ScoreStats(tuple(map(int, rng.multinomial(n, one)))),
            ScoreStats(tuple(map(int, rng.multinomial(n, two)))),
        )
        inside += found.low is not None and found.low <= truth <= found.high
    return inside / runs


def share_coverage(runs: int, n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    hits = rng.binomial(n, (0.12, 0.2), (runs, 2))
    found = [difference(ShareStats(n, int(a)), ShareStats(n, int(b))) for a, b in hits]
    return sum(f.low <= -0.08 <= f.high for f in found) / runs


def times_coverage(runs: int, n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    truth = math.exp(6.0) - math.exp(5.9)
    inside = 0
    for _ in range(runs):
        groups = [TimeBins.of_seconds(rng.lognormal(mu, 0.7, n)) for mu in (6.0, 5.9)]
        found = difference(*groups)
        inside += found.low <= truth <= found.high
    return inside / runs


def test_two_sample_intervals_cover_as_stated(figure) -> None:
    assert 0.93 < figure("superiority, n = 30, coverage", superiority_coverage(1000, 30, 3)) < 0.98
    assert 0.93 < figure("shares (Newcombe), n = 30, coverage", share_coverage(2000, 30, 3)) < 0.98
    assert 0.92 < figure("medians, n = 100, coverage", times_coverage(300, 100, 3)) < 0.99


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 30, 200])
def test_two_sample_intervals_cover_as_stated_at_every_size(n: int, figure) -> None:
    assert 0.94 < figure(f"superiority, n = {n}, coverage", superiority_coverage(10_000, n, 4)) < 0.985
    assert 0.94 < figure(f"shares (Newcombe), n = {n}, coverage", share_coverage(20_000, n, 4)) < 0.985
    if n > 10:
        assert 0.93 < figure(f"medians, n = {n}, coverage", times_coverage(2000, n, 4)) < 0.985


def test_a_difference_survives_json() -> None:
    found = difference(ScoreStats(FEW), ScoreStats(MANY), fixed_start=True)
    assert from_json(Difference, json.loads(json.dumps(to_json(found), allow_nan=False))) == found
