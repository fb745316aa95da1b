"""Partners compared like for like, by agent."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.inference import INDEX, MeanStats, ScoreStats, ShareStats, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.clustered.clusters import by_cluster
from metrics.inference.clustered.strata import like_for_like_by_cluster
from metrics.inference.compare.strata import LikeForLike, Strata, like_for_like

NONE = MeanStats(0, 0.0, 0.0)


def partners(rng: np.random.Generator, agents: int, between: float = 0.35) -> dict[str, Strata]:
    """Two partners, equal on each of three topics, with other mixes of them and agents that differ."""
    levels, mixes = (8.0, 6.5, 5.0), ((40, 25, 15), (15, 25, 40))
    found: dict[str, Strata] = {}
    for i in range(agents):
        g, fate = i % 2, rng.normal(0, between)
        own = {(str(t),): MeanStats.of(rng.normal(levels[t] + fate, 2, mixes[g][t])) for t in range(3)}
        found[str(i)] = {cell: (stats, NONE) if g == 0 else (NONE, stats) for cell, stats in own.items()}
    return found


def merged(clusters: dict[str, Strata]) -> Strata:
    found: dict[tuple[str, ...], list[MeanStats]] = {}
    for own in clusters.values():
        for cell, pair in own.items():
            both = found.setdefault(cell, [NONE, NONE])
            found[cell] = [both[0] + pair[0], both[1] + pair[1]]
    return {cell: (pair[0], pair[1]) for cell, pair in found.items()}


def test_the_difference_is_that_without_clusters() -> None:
    data = partners(np.random.default_rng(1), 12)
    found, plain = like_for_like_by_cluster(data), like_for_like(merged(data))
    assert found.difference.difference == pytest.approx(plain.difference.difference, abs=1e-9)
    assert found.first.value == pytest.approx(plain.first.value, abs=1e-9)
    assert (found.support, found.strata, found.first.n) == (plain.support, plain.strata, plain.first.n)
    assert found.difference.high - found.difference.low > plain.difference.high - plain.difference.low


def test_one_stratum_with_agents_of_one_size_is_welchs_test_on_their_means() -> None:
    rng = np.random.default_rng(2)
    data = {str(i): MeanStats.of(rng.normal(7, 2, 50)) for i in range(12)}
    pairs = {name: (own, NONE) if int(name) % 2 else (NONE, own) for name, own in data.items()}
    found = like_for_like_by_cluster({name: {("all",): pair} for name, pair in pairs.items()}).difference
    expected = by_cluster(pairs).difference
    for key in ("difference", "low", "high", "p"):
        assert getattr(found, key) == pytest.approx(getattr(expected, key), abs=1e-9)


@pytest.mark.parametrize("topics", [1, 3])
def test_agents_in_both_groups_agree_with_statsmodels_sandwich(topics: int) -> None:
    # A regression on group, topic and their product; the difference is a contrast with the pooled mix.
    rng = np.random.default_rng(3)
    rows = [
        (str(agent), f"t{topic}", group, rng.normal(7 - group + level + topic, 2))
        for agent, level in enumerate(rng.normal(0, 1, 10))
        for group in (0, 1)
        for topic in range(topics)
        for _ in range(int(rng.integers(4, 12)))
    ]
    data: dict[str, Strata] = {}
    cells = sorted({(topic, group) for _, topic, group, _ in rows})
    for agent in {row[0] for row in rows}:
        own = {
            cell: MeanStats.of([y for a, *where, y in rows if (a, *where) == (agent, *cell)])
            for cell in cells
        }
        data[agent] = {(f"t{i}",): (own[f"t{i}", 0], own[f"t{i}", 1]) for i in range(topics)}
    y = np.array([row[3] for row in rows])
    design = np.array([[(topic, group) == cell for cell in cells] for _, topic, group, _ in rows], float)
    mix = design.sum(axis=0).reshape(topics, 2).sum(axis=1) / len(rows)
    contrast = np.array([mix[int(topic[1:])] * (1 - 2 * group) for topic, group in cells])
    of_agent = {"groups": np.array([int(row[0]) for row in rows])}
    expected = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds=of_agent, use_t=True).t_test(contrast)
    found = like_for_like_by_cluster(data).difference
    assert (found.difference, found.p) == pytest.approx(
        (expected.effect[0], float(expected.pvalue)), abs=1e-9
    )
    assert (found.low, found.high) == pytest.approx(tuple(expected.conf_int()[0]), abs=1e-9)


def test_shares_keep_the_weights_of_mantel_and_haenszel() -> None:
    none = ShareStats(0, 0)
    data: dict[str, Strata] = {
        str(i): {
            (t,): (ShareStats(30 + i, 6 + i), none) if i % 2 else (none, ShareStats(20 + 2 * i, 3 + i))
            for t in "ab"
        }
        for i in range(10)
    }
    found = like_for_like_by_cluster(data)
    assert found.weights == "mantel_haenszel"
    assert found.difference.difference == pytest.approx(found.first.value - found.second.value)


@pytest.mark.parametrize(
    ("clusters", "reason"),
    [
        ({}, missing.NO_DATA),
        ({"a": {("x",): (MeanStats.of([1, 2] * 9), NONE)}}, missing.ONE_SIDED),
        (
            {
                "a": {("x",): (MeanStats.of([1, 2] * 9), NONE)},
                "b": {("y",): (NONE, MeanStats.of([1, 2] * 9))},
            },
            missing.NO_SUPPORT,
        ),
        ({k: {("x",): (MeanStats.of([1, 2]), MeanStats.of([1, 3] * 9))} for k in "ab"}, missing.TOO_FEW),
        ({"a": {("x",): (MeanStats.of([1, 2] * 9), MeanStats.of([1, 3] * 9))}}, missing.TOO_FEW_CLUSTERS),
        (
            {k: {("x",): (MeanStats.of([1, 2] * 9), MeanStats.of([1, 3] * 9))} for k in "ab"},
            missing.NO_SPREAD,
        ),
        (
            {
                k: {("x",): (MeanStats.of([1, 2 + i] * 9), MeanStats.of([2 * i, 3] * 9))}
                for i, k in enumerate("abc")
            },
            "",
        ),
    ],
)
def test_what_cannot_be_compared_has_a_reason(clusters, reason: str) -> None:
    found = like_for_like_by_cluster(clusters)
    assert found.difference.reason == reason
    assert (found.difference.low is None) == bool(reason)


def test_scores_are_scaled_to_an_index() -> None:
    rng = np.random.default_rng(4)
    none = ScoreStats((0,) * 10)
    own = {str(i): ScoreStats(tuple(map(int, rng.multinomial(40, np.ones(10) / 10)))) for i in range(10)}
    data: dict[str, Strata] = {k: {("x",): (v, none) if int(k) % 2 else (none, v)} for k, v in own.items()}
    plain, index = like_for_like_by_cluster(data), like_for_like_by_cluster(data, scale=INDEX)
    assert index.first.low == pytest.approx((plain.first.low - 1) / 9 * 100)
    assert index.difference.p == pytest.approx(plain.difference.p)


def coverage(runs: int, agents: int, seed: int) -> tuple[float, float]:
    """Of partners that do not differ: by agent, and as if contacts were independent."""
    rng = np.random.default_rng(seed)
    own = plain = 0
    for _ in range(runs):
        data = partners(rng, agents)
        found, naive = like_for_like_by_cluster(data).difference, like_for_like(merged(data)).difference
        own += found.low <= 0 <= found.high
        plain += naive.low <= 0 <= naive.high
    return own / runs, plain / runs


def test_partners_like_for_like_are_covered_as_stated(figure) -> None:
    own, plain = coverage(250, 20, 1)
    assert 0.9 < figure("partners like for like, 20 agents, by agent, coverage", own) < 0.98
    assert figure("partners like for like, 20 agents, contacts independent, coverage", plain) < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("agents", [10, 20, 60])
def test_partners_like_for_like_are_covered_as_stated_at_every_size(agents: int, figure) -> None:
    own, plain = coverage(2000, agents, 2)
    assert 0.93 < figure(f"partners like for like, {agents} agents, by agent, coverage", own) < 0.97
    figure(f"partners like for like, {agents} agents, contacts independent, coverage", plain)


def test_the_result_survives_json() -> None:
    found = like_for_like_by_cluster(partners(np.random.default_rng(5), 8))
    assert from_json(LikeForLike, json.loads(json.dumps(to_json(found), allow_nan=False))) == found
