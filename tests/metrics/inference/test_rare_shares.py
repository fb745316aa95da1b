"""Rare shares: nothing is claimed more often than stated, however few hits the small group has."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, union-attr, assignment"

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import hypergeom

from metrics.inference import ShareStats, difference
from metrics.inference.clustered.clusters import by_cluster
from metrics.inference.clustered.split import split_by_cluster
from metrics.inference.clustered.strata import like_for_like_by_cluster
from metrics.inference.compare.kitagawa import decompose
from metrics.inference.compare.mantel_haenszel import mantel_haenszel
from metrics.inference.compare.score_limits import Tables, exact_p, score_limits
from metrics.inference.compare.strata import like_for_like

TOPICS = 5
# (contacts of the small group, of the large one, share of hits)
RARE = [
    (100, 3000, 0.01),
    (100, 3000, 0.02),
    (100, 3000, 0.03),
    (60, 3000, 0.02),
    (100, 3000, 0.12),
    (400, 400, 0.002),
]


def claimed(low: float | None, high: float | None) -> bool:
    """Whether an interval leaves 0 out."""
    return low is not None and high is not None and not low <= 0 <= high


def drawn(rng: np.random.Generator, n: int, share: float) -> list[ShareStats]:
    """A group's topics."""
    sizes = rng.multinomial(n, [1 / TOPICS] * TOPICS)
    return [ShareStats(int(size), int(rng.binomial(size, share))) for size in sizes]


def rates(small: int, large: int, share: float, runs: int, seed: int = 1) -> dict[str, float]:
    """How often each statement claims a difference between groups of the same share."""
    rng, made = np.random.default_rng(seed), {"raw": 0, "alike": 0, "within": 0, "mix": 0}
    for _ in range(runs):
        first, second = drawn(rng, small, share), drawn(rng, large, share)
        strata = {(str(i),): pair for i, pair in enumerate(zip(first, second, strict=True))}
        raw = difference(sum(first[1:], first[0]), sum(second[1:], second[0]))
        alike, split = like_for_like(strata).difference, decompose(strata)
        made["raw"] += claimed(raw.low, raw.high)
        made["alike"] += claimed(alike.low, alike.high)
        made["within"] += claimed(split.within.low, split.within.high)
        made["mix"] += claimed(split.mix.low, split.mix.high)
    return {name: count / runs for name, count in made.items()}


def clustered_rates(agents: tuple[int, int], contacts: int, share: float, runs: int) -> dict[str, float]:
    """The same of two partners whose agents are the clusters."""
    rng, made = np.random.default_rng(2), {"raw": 0, "alike": 0, "within": 0}
    nothing = ShareStats(0, 0)
    for _ in range(runs):
        clusters = {}
        for g in (0, 1):
            for agent in range(agents[g]):
                topics = drawn(rng, int(rng.poisson(contacts)) + 1, share)
                pairs = [(one, nothing) if g == 0 else (nothing, one) for one in topics]
                clusters[f"{g} {agent}"] = {(str(i),): pair for i, pair in enumerate(pairs)}
        whole = {
            name: tuple(sum((pair[g] for pair in own.values()), nothing) for g in (0, 1))
            for name, own in clusters.items()
        }
        strata = {
            (str(i),): tuple(sum((own[(str(i),)][g] for own in clusters.values()), nothing) for g in (0, 1))
            for i in range(TOPICS)
        }
        raw, alike = by_cluster(whole).difference, like_for_like_by_cluster(clusters).difference
        split = split_by_cluster(decompose(strata), clusters)
        made["raw"] += claimed(raw.low, raw.high)
        made["alike"] += claimed(alike.low, alike.high)
        made["within"] += claimed(split.within.low, split.within.high)
    return {name: count / runs for name, count in made.items()}


CLUSTERED = [
    ((25, 25), 100, 0.002),
    ((25, 25), 500, 0.002),
    ((10, 10), 100, 0.01),
    ((5, 45), 100, 0.01),
    ((3, 20), 300, 0.05),
]


def stated(runs: int) -> float:
    """6 % and what so few runs may be off."""
    return 0.06 + 2 * math.sqrt(0.06 * 0.94 / runs)


def test_no_hit_of_a_hundred_is_no_difference_from_three_in_a_hundred() -> None:
    found = like_for_like({("all",): (ShareStats(102, 0), ShareStats(3000, 90))}).difference
    assert not claimed(found.low, found.high)
    assert (found.low, found.high) == pytest.approx((-0.0367, 0.0063), abs=1e-4)


@pytest.mark.parametrize(("small", "large", "share"), [(100, 3000, 0.01), (60, 3000, 0.02)])
def test_rare_hits_seldom_make_a_difference_where_there_is_none(small, large, share) -> None:
    for name, rate in rates(small, large, share, 150).items():
        assert rate <= stated(150), name


@pytest.mark.slow
@pytest.mark.parametrize(("small", "large", "share"), RARE)
def test_rare_hits_are_claimed_no_more_than_stated(small, large, share, figure) -> None:
    for name, rate in rates(small, large, share, 1000).items():
        assert figure(f"{small} against {large}, {share:.1%}: {name}", rate) <= stated(1000)


@pytest.mark.slow
@pytest.mark.parametrize(("agents", "contacts", "share"), CLUSTERED)
def test_rare_hits_of_agents_are_claimed_no_more_than_stated(agents, contacts, share, figure) -> None:
    for name, rate in clustered_rates(agents, contacts, share, 300).items():
        assert figure(f"{agents} agents of {contacts}, {share:.1%}: {name}", rate) <= stated(300)


@pytest.mark.parametrize("second", [(90, 3000), (30, 3000), (1, 40), (39, 40)])
@pytest.mark.parametrize("hits", [0, 1, 4])
def test_the_exact_test_of_one_table_agrees_with_scipys_hypergeometric(hits: int, second) -> None:
    k, n = second
    mine = exact_p(Tables.of([(ShareStats(60, hits), ShareStats(n, k))]))
    of = hypergeom(60 + n, hits + k, 60)
    tails = of.cdf(hits) - of.pmf(hits) / 2, of.sf(hits) + of.pmf(hits) / 2
    assert mine == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_score_limits_leave_0_out_exactly_where_the_test_of_cochran_mantel_and_haenszel_rejects() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        pairs = [
            (ShareStats(30, int(rng.binomial(30, 0.5))), ShareStats(50, int(rng.binomial(50, 0.36))))
            for _ in "abc"
        ]
        low, high = score_limits(Tables.of(pairs), Tables.of(pairs).mantel_haenszel, 1.959964)
        assert claimed(low, high) == (mantel_haenszel(pairs).p < 0.05)


@pytest.mark.parametrize("share", [0.0, 0.004, 0.5, 1.0])
def test_the_value_of_a_share_by_agent_stays_within_0_and_1(share: float) -> None:
    rows = {
        str(i): (ShareStats(50, round(50 * share) + (i == 1) * (0 < share < 0.1)), ShareStats(0, 0))
        for i in range(12)
    }
    rows |= {f"b{i}": (ShareStats(0, 0), ShareStats(50, 10 + i)) for i in range(12)}
    found = by_cluster(rows).first
    assert 0 <= found.low <= found.value <= found.high <= 1
