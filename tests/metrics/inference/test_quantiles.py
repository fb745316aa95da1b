"""Medians like for like and by cluster: known quantiles, one stratum, and coverage by simulation."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, comparison-overlap"

from __future__ import annotations

import json

import numpy as np
import pytest

from metrics.inference import TimeBins, difference, estimate, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.compare.quantiles import Pair, quantiles_alike
from metrics.inference.compare.strata import Cell, LikeForLike

NOTHING = TimeBins(())


def times(seed: int, mu: float, n: int, q: float = 0.5) -> TimeBins:
    return TimeBins.of_seconds(np.random.default_rng(seed).lognormal(mu, 0.5, n), q)


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_one_stratum_is_the_plain_comparison(q: float) -> None:
    one, two = times(1, 6, 4000, q), times(2, 6.2, 3000, q)
    found, plain = quantiles_alike(None, {(): (one, two)}), difference(one, two)
    assert found.first.value == pytest.approx(estimate(one).value, rel=1e-9)
    assert found.difference.difference == pytest.approx(plain.difference, rel=1e-9)
    # The variance has n − 1 below the line, which the plain one has not.
    assert found.difference.low == pytest.approx(plain.low, rel=1e-3)
    assert found.difference.effect == pytest.approx(plain.effect, rel=1e-9)


def test_medians_of_known_strata_are_those_of_the_mixed_distribution() -> None:
    # Both strata count half: the first group's times are 100 and 400 s, half of each, as the second's.
    short, long = TimeBins.of_seconds([100] * 90), TimeBins.of_seconds([400] * 30)
    found = quantiles_alike(None, {("a",): (short, TimeBins.of_seconds([100] * 30)), ("b",): (long, long)})
    assert found.weights == "pooled"
    assert found.first.value == pytest.approx(found.second.value)
    assert found.difference.difference == pytest.approx(0)
    assert found.support == 1.0


def test_harder_questions_in_one_group_make_the_raw_gap_and_not_the_adjusted_one() -> None:
    easy, hard = [times(seed, 5, 200) for seed in (1, 2)], [times(seed, 6.5, 200) for seed in (3, 4)]
    few_easy, few_hard = times(5, 5, 40), times(6, 6.5, 40)
    strata = {("easy",): (few_easy, easy[0]), ("hard",): (hard[0], few_hard)}
    raw = difference(few_easy + hard[0], easy[0] + few_hard)
    found = quantiles_alike(None, strata).difference
    assert raw.low > 100
    assert found.low < 0 < found.high


def test_strata_of_one_side_drop_out() -> None:
    found = quantiles_alike(
        None, {("a",): (times(1, 6, 50), times(2, 6, 50)), ("b",): (times(3, 6, 100), NOTHING)}
    )
    assert (found.strata, found.dropped, found.support) == (1, 1, 0.5)


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ({}, missing.NO_DATA),
        ({("a",): (times(1, 6, 50), NOTHING)}, missing.ONE_SIDED),
        ({("a",): (times(1, 6, 50), NOTHING), ("b",): (NOTHING, times(1, 6, 50))}, missing.NO_SUPPORT),
        ({("a",): (times(1, 6, 50), times(1, 6, 9))}, missing.TOO_FEW),
    ],
)
def test_what_cannot_be_compared_has_a_reason(strata, reason: str) -> None:
    found = quantiles_alike(None, strata)
    assert (found.difference.reason, found.first.reason, found.difference.low) == (reason, reason, None)


def test_one_agent_on_a_side_has_no_interval() -> None:
    pair = times(1, 6, 50), times(2, 6, 50)
    found = quantiles_alike({"ann": {(): (pair[0], NOTHING)}, "bo": {(): (NOTHING, pair[1])}}, {(): pair})
    assert found.difference.reason == missing.TOO_FEW_CLUSTERS


def test_equal_times_differ_by_no_more_than_their_bin_is_wide() -> None:
    same = TimeBins.of_seconds([300] * 50)
    agents = {f"{g}{i}": {(): (same, NOTHING) if g else (NOTHING, same)} for g in (0, 1) for i in range(4)}
    whole = TimeBins.of_seconds([300] * 200)
    found = quantiles_alike(agents, {(): (whole, whole)}).difference
    assert (found.difference, found.reason) == (0.0, "")
    assert found.low == pytest.approx(-found.high)
    assert 5 < found.high < 15


def test_the_tenth_slowest_of_few_has_a_value_without_limits() -> None:
    found = quantiles_alike(None, {(): (times(1, 6, 12, 0.9), times(2, 6, 12, 0.9))})
    assert found.first.value is not None
    assert (found.difference.low, found.difference.reason) == (None, missing.TOO_FEW)


def coverage(runs: int, seed: int, *, agents: int, icc: float, shared: bool) -> tuple[float, float]:
    """Of the median's interval by agent, and of the one that takes contacts for independent."""
    rng, hits = np.random.default_rng(seed), []
    for _ in range(runs):
        clusters: dict[str, dict[Cell, Pair]] = {}
        whole: dict[Cell, Pair] = {}
        for agent in range(agents):
            level = rng.normal(0, 0.5 * icc**0.5)
            own: dict[Cell, Pair] = {}
            for stratum in range(3):
                drawn = [
                    TimeBins.of_seconds(rng.lognormal(5 + 0.4 * stratum + level, 0.5 * (1 - icc) ** 0.5, 25))
                    for _ in range(2)
                ]
                pair = (
                    (drawn[0], drawn[1])
                    if shared
                    else (drawn[0], NOTHING)
                    if agent % 2
                    else (NOTHING, drawn[1])
                )
                own[(str(stratum),)] = pair
                before = whole.get((str(stratum),), (NOTHING, NOTHING))
                whole[(str(stratum),)] = (before[0] + pair[0], before[1] + pair[1])
            clusters[str(agent)] = own
        found = [quantiles_alike(given, whole).difference for given in (clusters, None)]
        hits.append([one.low <= 0 <= one.high for one in found])
    by_agent, plain = np.mean(hits, axis=0)
    return float(by_agent), float(plain)


def test_medians_by_agent_are_covered_as_stated(figure) -> None:
    by_agent, plain = coverage(120, 3, agents=20, icc=0.05, shared=False)
    assert figure("median like for like, 20 agents, coverage", by_agent) > 0.9
    assert figure("median like for like, 20 agents, taken for independent", plain) < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("agents", [10, 60])
def test_medians_by_agent_are_covered_as_stated_at_every_size(agents: int, shared: bool, figure) -> None:
    where = "in both groups" if shared else "in one group each"
    by_agent, _ = coverage(400, 4, agents=agents, icc=0.05, shared=shared)
    assert figure(f"median like for like, {agents} agents {where}, coverage", by_agent) > 0.925


def test_the_result_survives_json() -> None:
    found = quantiles_alike(None, {(): (times(1, 6, 50), times(2, 6, 50))})
    assert from_json(LikeForLike, json.loads(json.dumps(to_json(found), allow_nan=False))) == found
