"""Nothing breaks or lies at the edges: one observation, no spread, shares of 0 and 1, a billion, ties."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, comparison-overlap"

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats as reference
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from metrics.inference import MeanStats, RatioStats, ScoreStats, ShareStats, TimeBins, difference, estimate
from metrics.inference.base import missing
from metrics.inference.compare.kitagawa import decompose
from metrics.inference.compare.strata import like_for_like
from metrics.inference.compare.superiority import superiority
from metrics.inference.groups.ranks import places
from metrics.inference.groups.shrinkage import shrink

ALL_TENS, ALL_ONES = ScoreStats((0,) * 9 + (50,)), ScoreStats((50,) + (0,) * 9)
SKEWED, FLAT = ScoreStats((40, 3, 0, 1, 0, 2, 9, 30, 80, 120)), ScoreStats((7,) * 10)
BILLION = 10**9
MIDDLING = ScoreStats((0, 0, 0, 0, 30, 40, 30, 0, 0, 0))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MeanStats.of([5.0]), MeanStats.of([6.0, 7.0])),
        (MeanStats.of([5.0] * 20), MeanStats.of([6.0] * 20)),
        (MeanStats.of([0.0] * 20), MeanStats.of([6.0, 7.0] * 20)),
        (MeanStats(BILLION, 7 * BILLION, 53 * BILLION), MeanStats(BILLION, 2 * BILLION, 9 * BILLION)),
        (MeanStats(10, 70, 530), MeanStats(BILLION, 2 * BILLION, 9 * BILLION)),
        (ShareStats(50, 0), ShareStats(50, 0)),
        (ShareStats(50, 50), ShareStats(50, 50)),
        (ShareStats(50, 0), ShareStats(50, 50)),
        (ShareStats(1, 1), ShareStats(BILLION, 0)),
        (ShareStats(BILLION, BILLION // 2), ShareStats(BILLION, BILLION // 2 - 1)),
        (ShareStats(BILLION, BILLION - 1), ShareStats(BILLION, 1)),
        (ALL_TENS, ALL_TENS),
        (ALL_TENS, ALL_ONES),
        (ALL_TENS, FLAT),
        (ScoreStats((BILLION,) * 10), ScoreStats((BILLION,) * 9 + (2 * BILLION,))),
        (RatioStats.of([(0, 1)] * 20), RatioStats.of([(1, 1)] * 20)),
        (RatioStats.of([(1, 2)] * 20), RatioStats.of([(1, 0)] * 20)),
        (RatioStats.of([(1, 2), (3, 1)] * 20), RatioStats.of([(1, 0)] * 20)),
        (TimeBins.of({-1: 50}), TimeBins.of({-1: 50})),
        (TimeBins.of({10: 50}), TimeBins.of({200: 1, 10: 50})),
        (TimeBins.of({60: BILLION, 61: BILLION}), TimeBins.of({60: BILLION, 62: BILLION})),
        (TimeBins(()), TimeBins.of({10: 50})),
    ],
)
@pytest.mark.parametrize("minimum_n", [0, 1, 10])
@pytest.mark.parametrize("fixed_start", [False, True])
def test_everything_is_a_finite_number_or_has_a_reason(first, second, minimum_n: int, fixed_start) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = difference(first, second, minimum_n=minimum_n, fixed_start=fixed_start)
        groups = [estimate(one, minimum_n=minimum_n) for one in (first, second)]
    results: list[Any] = [found, *groups]
    for result in results:
        numbers = [value for value in vars(result).values() if isinstance(value, float)]
        assert all(math.isfinite(number) for number in numbers)
        assert result.reason or result.low is not None
    if found.low is not None:
        assert found.low <= found.difference <= found.high
    if found.p is not None:
        assert 0 <= found.p <= 1
    if found.low_always is not None:
        edges = (-1.0, 1.0) if isinstance(first, ShareStats) else (math.nan, math.nan)
        assert found.low_always < found.low or found.low == edges[0]
        assert found.low < found.high
        assert found.high < found.high_always or found.high == edges[1]


def test_sums_of_whole_numbers_keep_a_variance_that_floats_would_lose() -> None:
    # A billion values, half 10⁶ and half 10⁶ + 1, and the same moved: the variance is a quarter.
    half = BILLION // 2
    total, squares = half * 10**6 + half * (10**6 + 1), half * 10**12 + half * (10**6 + 1) ** 2
    exact = Fraction(BILLION * squares - total**2, BILLION * (BILLION - 1))
    assert MeanStats(BILLION, total, squares).variance == float(exact)
    assert float(exact) == pytest.approx(0.25)


@pytest.mark.parametrize(("one", "other"), [(SKEWED, FLAT), (FLAT, SKEWED), (SKEWED, MIDDLING)])
def test_superiority_is_mann_whitneys_u_over_all_pairs_also_with_ties(one, other) -> None:
    a, b = (np.repeat(np.arange(1, 11), scores.bins) for scores in (one, other))
    u = reference.mannwhitneyu(a, b).statistic
    assert difference(one, other).effect == pytest.approx(u / (len(a) * len(b)), abs=1e-12)
    expected = reference.brunnermunzel(b, a)
    assert superiority(one, other).p == pytest.approx(expected.pvalue, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "hits"), [(1, 0), (1, 1), (29, 1), (148, 15), (263, 81), (BILLION, 1), (10, 10)]
)
def test_one_share_agrees_with_statsmodels_wilson(n: int, hits: int) -> None:
    found = estimate(ShareStats(n, hits), minimum_n=1)
    expected = proportion_confint(hits, n, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((70, 56), (80, 48)),
        ((10, 10), (20, 0)),
        ((10, 0), (BILLION, 7)),
        ((1, 1), (1, 0)),
        ((5, 2), (10**6, 9)),
    ],
)
def test_a_difference_of_shares_agrees_with_statsmodels_newcombe(first, second) -> None:
    found = difference(ShareStats(*first), ShareStats(*second), minimum_n=1)
    (n1, x1), (n2, x2) = first, second
    expected = confint_proportions_2indep(x1, n1, x2, n2, compare="diff", method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_degrees_of_freedom_are_welchs_where_one_group_is_tiny() -> None:
    one, two = [1.0, 9.0], list(np.random.default_rng(1).normal(4, 0.1, 5000))
    found = difference(MeanStats.of(one), MeanStats.of(two), minimum_n=2)
    expected = reference.ttest_ind(one, two, equal_var=False)
    assert expected.df == pytest.approx(1, abs=0.01)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-9)


def test_tiny_probabilities_are_those_of_scipy_down_to_where_floats_end() -> None:
    one, two = MeanStats(100, 1000, 10_100), MeanStats(100, 0, 100)
    expected = reference.ttest_ind_from_stats(10, one.variance**0.5, 100, 0, two.variance**0.5, 100, False)
    assert 0 < expected.pvalue < 1e-120
    assert difference(one, two).p == pytest.approx(expected.pvalue, rel=1e-6)


def test_groups_of_equal_value_share_their_place_and_are_sure_of_none() -> None:
    found = places(
        {str(i): MeanStats.of([3.0] * 60) for i in range(4)} | {"x": MeanStats.of([2.0, 4.0] * 30)}
    )
    assert {one.place for one in found} == {1}
    assert all(one.high - one.low >= 3 for one in found)


def test_a_ratio_without_anything_below_the_line_in_a_stratum_drops_out() -> None:
    nothing, some = RatioStats.of([(0, 1)] * 30), RatioStats.of([(1, 1), (2, 3)] * 15)
    strata = {("a",): (nothing, some), ("b",): (some, some)}
    found = like_for_like(strata)
    assert (found.strata, found.dropped, found.difference.difference) == (1, 1, 0.0)
    assert decompose(strata).within.value == pytest.approx(0)
    assert like_for_like({("a",): (nothing, some)}).difference.reason == missing.NO_SUPPORT


def test_a_split_of_ratios_adds_up_to_the_difference_of_the_ratios() -> None:
    rng = np.random.default_rng(1)
    pairs = [
        [RatioStats.of(zip(rng.integers(1, 5, n), rng.integers(0, 9, n), strict=True)) for n in sizes]
        for sizes in ((30, 60), (50, 20))
    ]
    split = decompose({(str(i),): (a, b) for i, (a, b) in enumerate(pairs)})
    (a, b), (c, d) = pairs
    assert split.raw == pytest.approx((a + c).ratio - (b + d).ratio)
    assert split.within.value + split.mix.value == pytest.approx(split.raw)


def test_a_split_without_any_spread_has_no_interval() -> None:
    strata = {(str(i),): (MeanStats.of([float(i)] * 5), MeanStats.of([i + 1.0] * 5)) for i in range(3)}
    assert decompose(strata).within.reason == missing.NO_SPREAD


@pytest.mark.parametrize("hits", [0, 20])
def test_shares_of_0_and_1_are_shrunk_within_0_and_1(hits: int) -> None:
    for member in shrink({str(i): ShareStats(20, hits) for i in range(8)}).members:
        assert 0 <= member.shown.low <= member.shown.value <= member.shown.high <= 1


def test_the_effect_has_one_meaning_raw_and_like_for_like() -> None:
    pairs: list[tuple[Any, Any]] = [
        (SKEWED, FLAT),
        (ShareStats(50, 20), ShareStats(60, 40)),
        (MeanStats.of([1.0, 2, 3, 4] * 5), MeanStats.of([2.0, 3, 5, 8] * 5)),
        (RatioStats.of([(1, 2), (2, 3)] * 10), RatioStats.of([(1, 1), (2, 1)] * 10)),
    ]
    for pair in pairs:
        assert like_for_like({("all",): pair}).difference.effect == pytest.approx(difference(*pair).effect)
