"""Clusters: against statsmodels' sandwich, and by simulation of agents and customers."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import stats as reference

from metrics.inference import (
    INDEX,
    Difference,
    Estimate,
    MeanStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    difference,
    from_json,
    to_json,
)
from metrics.inference.base import missing
from metrics.inference.clustered.clusters import Clustered, by_cluster
from metrics.inference.clustered.strata import like_for_like_by_cluster, linearised

NONE = MeanStats(0, 0.0, 0.0)


def crossed(agents: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(7 + fate, 2, rng.integers(3, 20)), rng.normal(6 + fate, 2, rng.integers(3, 20)))
        for fate in rng.normal(0, 0.7, agents)
    ]


def nested(
    agents: int, seed: int, gap: float = 0.0, scores: int = 80
) -> dict[str, tuple[MeanStats, MeanStats]]:
    """Half of the agents with each partner; intraclass correlation .03."""
    rng = np.random.default_rng(seed)
    sd, between = 2 * np.sqrt(0.97), 2 * np.sqrt(0.03)
    found = {}
    for agent in range(agents):
        own = MeanStats.of(rng.normal(7 + gap * (agent % 2 == 0) + rng.normal(0, between), sd, scores))
        found[str(agent)] = (own, NONE) if agent % 2 == 0 else (NONE, own)
    return found


def expected_sandwich(groups: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float, float, float]:
    y = np.concatenate([np.concatenate(pair) for pair in groups])
    first = np.concatenate([np.r_[np.ones(len(a)), np.zeros(len(b))] for a, b in groups])
    agent = np.concatenate([np.full(len(a) + len(b), i) for i, (a, b) in enumerate(groups)])
    fit = sm.OLS(y, sm.add_constant(first)).fit(cov_type="cluster", cov_kwds={"groups": agent}, use_t=True)
    return fit.params[1], *fit.conf_int()[1], fit.pvalues[1]


def from_sums(rows: ArrayLike) -> tuple[Estimate, Estimate, Difference]:
    """The comparison from (n, total) of each group of each customer, by what SQL sums of them."""
    n1, t1, n2, t2 = np.array(rows, dtype=float).T
    means = t1.sum() / n1.sum(), t2.sum() / n2.sum()
    added = (t1 - means[0] * n1) / n1.sum(), (t2 - means[1] * n2) / n2.sum()
    squares = float(added[0] @ added[0]), float(added[1] @ added[1]), float(added[0] @ added[1])
    counts = int((n1 > 0).sum()), int((n2 > 0).sum()), len(n1)
    return linearised(means, squares, counts, (int(n1.sum()), int(n2.sum())), 1, shared=True)


def test_agents_in_both_groups_agree_with_statsmodels_cluster_covariance() -> None:
    groups = crossed(15, 1)
    found = by_cluster({str(i): (MeanStats.of(a, 6.5), MeanStats.of(b)) for i, (a, b) in enumerate(groups)})
    gap = found.difference
    assert (gap.difference, gap.low, gap.high, gap.p) == pytest.approx(expected_sandwich(groups), abs=1e-9)


def test_a_group_by_itself_agrees_with_statsmodels_cluster_covariance() -> None:
    groups = crossed(15, 1)
    found = by_cluster({str(i): (MeanStats.of(a), MeanStats.of(b)) for i, (a, b) in enumerate(groups)})
    for own, estimate in ((0, found.first), (1, found.second)):
        y = np.concatenate([pair[own] for pair in groups])
        agent = np.concatenate([np.full(len(pair[own]), i) for i, pair in enumerate(groups)])
        fit = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": agent}, use_t=True)
        assert (estimate.low, estimate.high) == pytest.approx(tuple(fit.conf_int()[0]), abs=1e-9)


def test_what_customers_add_gives_what_the_list_of_customers_gives() -> None:
    groups = crossed(200, 2)
    first, second, gap = from_sums([(len(a), a.sum(), len(b), b.sum()) for a, b in groups])
    assert (gap.difference, gap.low, gap.high, gap.p) == pytest.approx(expected_sandwich(groups), abs=1e-9)
    assert first.value == pytest.approx(np.concatenate([a for a, _ in groups]).mean())
    assert second.low < second.value < second.high


@pytest.mark.parametrize("agents", [4, 38, 39, 40, 41])
def test_however_few_the_agents_the_average_contact_is_compared_as_like_for_like_does(agents: int) -> None:
    rows = nested(agents, 1)
    raw = by_cluster(rows).difference
    alike = like_for_like_by_cluster({name: {("one topic for all",): pair} for name, pair in rows.items()})
    whole = [sum((pair[g] for pair in rows.values()), NONE).mean for g in (0, 1)]
    assert raw.difference == pytest.approx(whole[0] - whole[1])
    for key in ("difference", "low", "high", "p"):
        assert getattr(alike.difference, key) == pytest.approx(getattr(raw, key), rel=1e-9)


def test_an_agent_who_helped_the_other_partner_once_moves_nothing_much() -> None:
    rows = nested(24, 1)
    name = next(name for name, pair in rows.items() if pair[0].n)
    helped = rows | {name: (rows[name][0], MeanStats.of([7.0]))}
    before, after = by_cluster(rows).difference, by_cluster(helped).difference
    assert after.difference == pytest.approx(before.difference, abs=0.02)
    assert after.high - after.low == pytest.approx(before.high - before.low, rel=0.02)


def test_groups_apart_have_the_variance_and_the_degrees_of_freedom_of_bell_and_mccaffrey() -> None:
    # Bell and McCaffrey (2002) written out with matrices, for 44 agents with 2 to 60 contacts each.
    rng = np.random.default_rng(8)
    agents: dict[str, tuple[MeanStats, MeanStats]] = {}
    noise = []
    for g, count in ((0, 20), (1, 24)):
        own = [rng.normal(7 + rng.normal(0, 0.5), 2, int(rng.integers(2, 60))) for _ in range(count)]
        agents |= {
            f"{g}-{i}": (NONE,) * g + (MeanStats.of(x),) + (NONE,) * (1 - g) for i, x in enumerate(own)
        }
        y, of_agent = np.concatenate(own), np.repeat(np.arange(count), [len(x) for x in own])
        size = len(y)
        residual = np.eye(size) - np.full((size, size), 1 / size)
        rows = []
        for i in range(count):
            mine = of_agent == i
            values, vectors = np.linalg.eigh(residual[np.ix_(mine, mine)])
            adjust = vectors @ np.diag(values**-0.5) @ vectors.T
            # What the agent's corrected residuals add to the mean, as a linear form of all y.
            rows.append((np.ones(mine.sum()) / size) @ adjust @ residual[mine])
        forms = np.array(rows)
        spread = forms @ forms.T
        noise.append((float(((forms @ y) ** 2).sum()), np.trace(spread) ** 2 / np.trace(spread @ spread)))
    found = by_cluster(agents)
    (v1, df1), (v2, df2) = noise
    df = (v1 + v2) ** 2 / (v1**2 / df1 + v2**2 / df2)
    half = reference.t.ppf(0.975, df) * np.sqrt(v1 + v2)
    assert found.difference.high - found.difference.difference == pytest.approx(half, rel=1e-9)
    first = reference.t.ppf(0.975, df1) * np.sqrt(v1)
    assert found.first.high - found.first.value == pytest.approx(first, rel=1e-9)
    one_stratum = like_for_like_by_cluster({name: {("x",): pair} for name, pair in agents.items()})
    assert one_stratum.difference.low == pytest.approx(found.difference.low, rel=1e-12)


def test_agents_of_equal_size_give_nearly_scipys_welch_test_of_their_means() -> None:
    rng = np.random.default_rng(3)
    rows = {
        f"{g} {i}": MeanStats.of(rng.normal(6 + g, 2, 40) + rng.normal()) for g in (0, 1) for i in range(9)
    }
    means = [[one.mean for name, one in rows.items() if name[0] == g] for g in "01"]
    expected = reference.ttest_ind(*means, equal_var=False)
    pairs = {name: (one, NONE) if name[0] == "0" else (NONE, one) for name, one in rows.items()}
    found = by_cluster(pairs).difference
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-6)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6)


def test_a_cluster_for_each_contact_gives_nearly_the_plain_interval() -> None:
    rng = np.random.default_rng(4)
    one, two = rng.normal(7, 2, 400), rng.normal(6, 2, 300)
    rows = {f"a{i}": (MeanStats.of([x]), NONE) for i, x in enumerate(one)}
    rows |= {f"b{i}": (NONE, MeanStats.of([x])) for i, x in enumerate(two)}
    found, plain = by_cluster(rows), difference(MeanStats.of(one), MeanStats.of(two))
    assert found.difference.low == pytest.approx(plain.low, abs=0.002)
    assert found.design_effect == pytest.approx(1.0, abs=0.01)


def test_shares_scores_and_ratios_are_clustered_alike() -> None:
    scores = {str(i): (ScoreStats((i, *(1,) * 9)), ScoreStats((0, i, *(1,) * 8))) for i in range(1, 9)}
    plain, scaled = by_cluster(scores), by_cluster(scores, scale=INDEX)
    assert scaled.difference.low == pytest.approx(plain.difference.low * 100 / 9)
    assert scaled.first.high == pytest.approx((plain.first.high - 1) * 100 / 9)
    assert scaled.design_effect == pytest.approx(plain.design_effect)
    shares = by_cluster({str(i): (ShareStats(20, i), ShareStats(30, 12 - i)) for i in range(8)})
    assert shares.difference.difference == pytest.approx(28 / 160 - 68 / 240)
    ratios = {str(i): (RatioStats.of([(2, i), (1, 3)]), RatioStats.of([(4, 1), (1, i)])) for i in range(8)}
    assert by_cluster(ratios).difference.difference == pytest.approx(52 / 24 - 36 / 40)


@pytest.mark.parametrize(
    ("clusters", "reason"),
    [
        ({}, missing.NO_DATA),
        ({"a": (MeanStats.of([1, 2] * 9), NONE)}, missing.ONE_SIDED),
        ({"a": (MeanStats.of([1, 2] * 9), MeanStats.of([1, 2]))}, missing.TOO_FEW),
        ({"a": (MeanStats.of([1, 2] * 9), MeanStats.of([1, 2] * 9))}, missing.TOO_FEW_CLUSTERS),
        ({k: (MeanStats.of([3] * 9), MeanStats.of([3] * 9)) for k in "ab"}, missing.NO_SPREAD),
        ({k: (MeanStats.of([i, 2] * 9), MeanStats.of([1, 2 * i] * 9)) for i, k in enumerate("ab")}, ""),
    ],
)
def test_what_cannot_be_clustered_has_a_reason(clusters, reason: str) -> None:
    found = by_cluster(clusters)
    assert found.difference.reason == reason
    assert (found.difference.low is None) == bool(reason)


def partner_coverage(runs: int, agents: int, seed: int) -> tuple[float, float]:
    """Coverage of the naive and of the clustered interval of two partners that do not differ."""
    naive = own = 0
    for run in range(runs):
        data = nested(agents, seed + run)
        found = by_cluster(data).difference
        own += found.low <= 0 <= found.high
        groups = [sum((pair[g] for pair in data.values()), start=NONE) for g in (0, 1)]
        plain = difference(*groups)
        naive += plain.low <= 0 <= plain.high
    return naive / runs, own / runs


def customer_coverage(runs: int, customers: int, seed: int) -> float:
    """Customers with one to four contacts each, by either route, and a fate of their own."""
    rng, inside = np.random.default_rng(seed), 0
    for _ in range(runs):
        n = rng.integers(1, 5, customers)
        n1 = rng.binomial(n, 0.6)
        fate = rng.normal(0, 1.2, customers)
        t1 = n1 * (7 + fate) + rng.normal(0, 1, customers) * np.sqrt(n1) * 1.6
        t2 = (n - n1) * (7 + fate) + rng.normal(0, 1, customers) * np.sqrt(n - n1) * 1.6
        gap = from_sums(np.stack([n1, t1, n - n1, t2], axis=1))[2]
        inside += gap.low <= 0 <= gap.high
    return inside / runs


def both_routes_coverage(runs: int, agents: int, seed: int) -> float:
    """Agents with contacts of both routes, who differ in level and in how much the route matters to them."""
    rng, inside = np.random.default_rng(seed), 0
    for _ in range(runs):
        data = {}
        for i in range(agents):
            fate, slope = rng.normal(0, 0.5, 2)
            groups = (
                rng.normal(7 + fate + slope, 2, rng.integers(10, 80)),
                rng.normal(7 + fate, 2, rng.integers(10, 80)),
            )
            data[str(i)] = tuple(MeanStats(len(x), x.sum(), (x * x).sum()) for x in groups)
        found = by_cluster(data).difference
        inside += found.low <= 0 <= found.high
    return inside / runs


@pytest.mark.slow
@pytest.mark.parametrize("agents", [5, 10, 20, 60])
def test_routes_of_the_same_agents_are_compared_with_the_coverage_stated(agents: int, figure) -> None:
    covered = both_routes_coverage(3000, agents, 4)
    assert 0.93 < figure(f"routes of the same {agents} agents, coverage", covered) < 0.97


def test_partners_are_compared_with_the_coverage_stated(figure) -> None:
    naive, own = partner_coverage(300, 20, 1)
    assert figure("partners, 20 agents, icc .03, naive interval, coverage", naive) < 0.8
    assert 0.92 < figure("partners, 20 agents, icc .03, by agent, coverage", own) < 0.98
    assert 0.92 < figure("300 customers as clusters, coverage", customer_coverage(300, 300, 1)) < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("agents", [10, 20, 40, 60])
def test_partners_are_compared_with_the_coverage_stated_at_every_size(agents: int, figure) -> None:
    naive, own = partner_coverage(2000, agents, 10_000)
    figure(f"partners, {agents} agents, icc .03, naive interval, coverage", naive)
    assert 0.93 < figure(f"partners, {agents} agents, icc .03, by agent, coverage", own) < 0.97


@pytest.mark.slow
def test_customers_as_clusters_are_covered_as_stated(figure) -> None:
    assert 0.94 < figure("1,000 customers as clusters, coverage", customer_coverage(3000, 1000, 2)) < 0.96


def test_a_clustered_result_survives_json() -> None:
    found = by_cluster(nested(12, 3))
    assert from_json(Clustered, json.loads(json.dumps(to_json(found), allow_nan=False))) == found
