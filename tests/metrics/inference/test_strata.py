"""Like for like: standardisation, the split of a gap, shares over strata."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import StratifiedTable

from metrics.inference import INDEX, MeanStats, ScoreStats, ShareStats, difference, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.compare.kitagawa import Decomposition, decompose
from metrics.inference.compare.mantel_haenszel import mantel_haenszel
from metrics.inference.compare.strata import LikeForLike, like_for_like

FEW = ScoreStats((5, 3, 8, 9, 20, 30, 40, 60, 50, 44))
MANY = ScoreStats((15, 13, 18, 19, 20, 30, 40, 30, 20, 14))
NONE = ScoreStats((0,) * 10)


def test_one_stratum_gives_what_the_raw_comparison_gives() -> None:
    raw = difference(FEW, MANY, scale=INDEX, fixed_start=True)
    found = like_for_like({("all",): (FEW, MANY)}, scale=INDEX, fixed_start=True).difference
    for key in ("difference", "low", "high", "low_always", "high_always", "p"):
        assert getattr(found, key) == pytest.approx(getattr(raw, key), abs=1e-9)


def test_the_difference_and_its_variance_follow_cochran() -> None:
    rng = np.random.default_rng(1)
    values = [(rng.normal(7, 2, 40), rng.normal(6, 1, 400)), (rng.normal(4, 2, 90), rng.normal(3, 3, 30))]
    found = like_for_like({(str(i),): (MeanStats.of(a), MeanStats.of(b)) for i, (a, b) in enumerate(values)})
    w = np.array([440, 120]) / 560
    gap = sum(wi * (a.mean() - b.mean()) for wi, (a, b) in zip(w, values, strict=True))
    parts = [
        (wi**2 * x.var(ddof=1) / len(x), len(x) - 1) for wi, pair in zip(w, values, strict=True) for x in pair
    ]
    v = sum(part for part, _ in parts)
    degrees = v**2 / sum(part**2 / df for part, df in parts)
    assert found.difference.difference == pytest.approx(gap, abs=1e-9)
    half = (found.difference.high - found.difference.low) / 2
    assert half == pytest.approx(student.ppf(0.975, degrees) * v**0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("weights", "expected"), [("pooled", 1.5), ("first", 1.1), ("second", 1.9), ("equal", 1.5)]
)
def test_weights_answer_different_questions(weights: str, expected: float) -> None:
    def group(n: int, mean: float) -> MeanStats:
        return MeanStats(n, 0.0, 4.0 * (n - 1), mean)

    strata = {("easy",): (group(900, 9), group(100, 8)), ("hard",): (group(100, 6), group(900, 4))}
    assert like_for_like(strata, weights=weights).difference.difference == pytest.approx(expected)


def test_strata_of_one_side_drop_out_and_support_says_how_many() -> None:
    found = like_for_like({("a",): (FEW, MANY), ("b",): (FEW, NONE), ("c",): (NONE, NONE)})
    assert (found.strata, found.dropped) == (1, 2)
    assert found.support_first == pytest.approx(0.5)
    assert found.support_second == 1.0
    assert found.support == pytest.approx((FEW.n + MANY.n) / (2 * FEW.n + MANY.n))
    assert found.first.n == FEW.n


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ({}, missing.NO_DATA),
        ({("a",): (FEW, NONE)}, missing.ONE_SIDED),
        ({("a",): (FEW, NONE), ("b",): (NONE, MANY)}, missing.NO_SUPPORT),
        ({("a",): (FEW, ScoreStats((1,) * 9 + (0,)))}, missing.TOO_FEW),
        ({("a",): (FEW, ScoreStats((1,) * 10))}, ""),
    ],
)
def test_what_cannot_be_compared_like_for_like_has_a_reason(strata, reason: str) -> None:
    found = like_for_like(strata)
    split = decompose(strata)
    assert found.difference.reason == found.first.reason == split.reason == reason
    assert (found.difference.difference is None) == (split.raw is None) == bool(reason)


def test_a_single_observation_borrows_its_groups_variance() -> None:
    one = ScoreStats((0, 0, 0, 0, 0, 1, 0, 0, 0, 0))
    found = like_for_like({("a",): (FEW, MANY), ("b",): (one, FEW)})
    assert found.difference.low < found.difference.difference < found.difference.high


def test_unknown_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="pooled"):
        like_for_like({("a",): (FEW, MANY)}, weights="random")


def test_the_split_adds_up_to_the_raw_gap() -> None:
    strata = {("a",): (FEW, MANY), ("b",): (MANY, MANY + FEW), ("c",): (FEW, NONE)}
    found = decompose(strata, scale=INDEX)
    raw = difference(FEW + MANY + FEW, MANY + MANY + FEW, scale=INDEX).difference
    assert found.raw == pytest.approx(raw, abs=1e-9)
    assert found.within.value + found.mix.value + found.unsupported == pytest.approx(raw, abs=1e-9)
    assert sum(c.within.value for c in found.cells) == pytest.approx(found.within.value, abs=1e-9)
    assert sum(c.mix.value for c in found.cells) == pytest.approx(found.mix.value, abs=1e-9)


def test_the_split_agrees_with_kitagawas_formula_by_hand() -> None:
    # Two strata; means 8 and 6 against 7 and 5, shares .75/.25 against .40/.60.
    def group(n: int, mean: float) -> MeanStats:
        return MeanStats(n, 0.0, 4.0 * (n - 1), mean)

    found = decompose({("a",): (group(300, 8), group(160, 7)), ("b",): (group(100, 6), group(240, 5))})
    assert found.raw == pytest.approx(7.5 - 5.8)
    assert found.within.value == pytest.approx(0.575 * 1 + 0.425 * 1)
    assert found.mix.value == pytest.approx(7.5 * 0.35 - 5.5 * 0.35)


def test_stratified_shares_agree_with_statsmodels_cmh_test_and_odds_ratio() -> None:
    tables = [((80, 56), (70, 48)), ((30, 9), (25, 3)), ((84, 6), (80, 2)), ((12, 12), (40, 20))]
    found = mantel_haenszel([(ShareStats(*a), ShareStats(*b)) for a, b in tables])
    expected = StratifiedTable([np.array([[a[1], a[0] - a[1]], [b[1], b[0] - b[1]]]) for a, b in tables])
    assert found.p == pytest.approx(expected.test_null_odds(correction=False).pvalue, abs=1e-9)
    assert found.effect == pytest.approx(expected.oddsratio_pooled, abs=1e-9)


def test_one_large_table_of_mantel_haenszel_is_the_plain_difference_with_nearly_its_wald_limits() -> None:
    found = mantel_haenszel([(ShareStats(2000, 300), ShareStats(2000, 240))])
    wald = (0.15 * 0.85 / 2000 + 0.12 * 0.88 / 2000) ** 0.5
    assert found.difference == pytest.approx(0.03)
    assert found.high - found.difference == pytest.approx(1.959964 * wald, rel=5e-3)


def test_shares_like_for_like_are_mantel_haenszels_difference_between_values_of_the_same_mix() -> None:
    tables = [((80, 56), (70, 48)), ((30, 9), (25, 3)), ((84, 6), (80, 2))]
    strata = {(str(i),): (ShareStats(*a), ShareStats(*b)) for i, (a, b) in enumerate(tables)}
    found, alone = like_for_like(strata, fixed_start=True), mantel_haenszel(list(strata.values()))
    assert found.weights == "mantel_haenszel"
    for key in ("difference", "low", "high", "p"):
        assert getattr(found.difference, key) == pytest.approx(getattr(alone, key), abs=1e-12)
    assert found.first.value - found.second.value == pytest.approx(alone.difference, abs=1e-12)
    assert found.difference.low_always < alone.low
    assert like_for_like(strata, weights="pooled").difference.difference != pytest.approx(alone.difference)
    turned = like_for_like(strata, scale=(1, -1)).difference
    assert (turned.difference, turned.low) == pytest.approx((-alone.difference, -alone.high), abs=1e-12)


def test_mantel_haenszel_weights_are_for_shares() -> None:
    with pytest.raises(TypeError, match="shares"):
        like_for_like({("a",): (FEW, MANY)}, weights="mantel_haenszel")


def test_shares_without_any_hit_have_no_test() -> None:
    found = mantel_haenszel([(ShareStats(20, 0), ShareStats(30, 0))])
    assert (found.difference, found.p, found.reason) == (0.0, None, missing.NO_SPREAD)
    assert mantel_haenszel([(ShareStats(0, 0), ShareStats(30, 3))]).reason == missing.ONE_SIDED
    apart = [(ShareStats(0, 0), ShareStats(30, 3)), (ShareStats(10, 2), ShareStats(0, 0))]
    assert mantel_haenszel(apart).reason == missing.NO_SUPPORT


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.tuples(st.integers(1, 50), st.floats(0, 1))] * 2), min_size=1, max_size=6))
def test_shares_turned_around_give_the_negative(tables) -> None:
    shares = [tuple(ShareStats(n, round(n * p)) for n, p in pair) for pair in tables]
    there, back = mantel_haenszel(shares), mantel_haenszel([(b, a) for a, b in shares])
    assert there.difference == pytest.approx(-back.difference, abs=1e-12)
    assert there.reason == back.reason
    if there.low is not None:
        assert there.low == pytest.approx(-back.high, abs=1e-9)


def simulate(runs: int, n: int, seed: int) -> dict[str, float]:
    """Coverage with four topics, another mix in each group, and a gap of −.4 within each topic."""
    rng = np.random.default_rng(seed)
    mixes, levels = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]]), np.array([8.0, 7.0, 6.0, 5.0])
    gaps = np.array([-0.2, -0.6, -0.4, -0.4])
    average = mixes.mean(axis=0)
    truth = {
        "within": float(average @ gaps),
        "mix": float((levels + gaps / 2) @ (mixes[0] - mixes[1])),
        "adjusted": float(average @ gaps),
    }
    inside = dict.fromkeys(truth, 0)
    for _ in range(runs):
        counts = [rng.multinomial(n, mix) for mix in mixes]
        strata = {
            (str(s),): (
                MeanStats.of(rng.normal(levels[s] + gaps[s], 2, counts[0][s])),
                MeanStats.of(rng.normal(levels[s], 2, counts[1][s])),
            )
            for s in range(4)
        }
        split, adjusted = decompose(strata), like_for_like(strata).difference
        found: dict[str, Any] = {"within": split.within, "mix": split.mix, "adjusted": adjusted}
        for name, one in found.items():
            inside[name] += one.low <= truth[name] <= one.high
    return {name: count / runs for name, count in inside.items()}


def sato_coverage(runs: int, strata: int, size: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.1, 0.6, strata)
    inside = 0
    for _ in range(runs):
        a, c = rng.binomial(size, base + 0.1), rng.binomial(size, base)
        pairs = [(ShareStats(size, int(x)), ShareStats(size, int(y))) for x, y in zip(a, c, strict=True)]
        found = mantel_haenszel(pairs)
        inside += found.low <= 0.1 <= found.high
    return inside / runs


def test_like_for_like_intervals_cover_as_stated(figure) -> None:
    for name, share in simulate(400, 400, 1).items():
        assert 0.92 < figure(f"{name}, 400 per group, coverage", share) < 0.98
    assert 0.92 < figure("Mantel–Haenszel, 40 strata of 4 + 4, coverage", sato_coverage(600, 40, 4, 1)) < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 1000, 5000])
def test_like_for_like_intervals_cover_as_stated_at_every_size(n: int, figure) -> None:
    for name, share in simulate(2000, n, 2).items():
        assert 0.935 < figure(f"{name}, {n} per group, coverage", share) < 0.965


@pytest.mark.slow
@pytest.mark.parametrize(("strata", "size"), [(5, 100), (40, 4), (200, 2)])
def test_mantel_haenszel_covers_with_few_large_and_many_small_strata(strata: int, size: int, figure) -> None:
    name = f"Mantel–Haenszel, {strata} strata of {size} + {size}, coverage"
    assert 0.93 < figure(name, sato_coverage(4000, strata, size, 3)) < 0.97


def test_results_survive_json() -> None:
    strata = {
        ("a", "phone"): (ShareStats(50, 30), ShareStats(80, 30)),
        ("b", "chat"): (ShareStats(9, 1),) * 2,
    }
    found = like_for_like(strata)
    for result, kind in ((found, LikeForLike), (decompose(strata), Decomposition)):
        assert from_json(kind, json.loads(json.dumps(to_json(result), allow_nan=False))) == result
