"""Weeks in which nothing differs: how often a page's sentence claims that something does."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from metrics.inference import MeanStats, ScoreStats, ShareStats, Stats, difference, estimate
from metrics.inference.clustered.clusters import by_cluster
from metrics.inference.compare.strata import like_for_like
from metrics.wording.verdict import Labels, verdict

SCORES = np.array([4, 3, 5, 6, 8, 11, 15, 19, 16, 13]) / 100
CLAIM = " is higher, which", " is lower, which"
Draw = Callable[[np.random.Generator, int], Stats]


def scores(rng: np.random.Generator, n: int) -> Stats:
    return ScoreStats(tuple(map(int, rng.multinomial(n, SCORES))))


def times(rng: np.random.Generator, n: int) -> Stats:
    return MeanStats.of(rng.lognormal(6, 0.7, n).tolist(), shift=500)


def hits(rng: np.random.Generator, n: int) -> Stats:
    return ShareStats(n, int(rng.binomial(n, 0.12)))


METRICS: dict[str, tuple[Draw, Labels]] = {
    "csat": (scores, Labels("satisfaction", "self-service first", "direct", "score", "higher")),
    "handling_time": (times, Labels("handling time", "self-service first", "direct", "seconds", "lower")),
    "hit_rate": (hits, Labels("hit-rate", "self-service first", "direct", "share", "higher")),
}


def claims(first: Stats, second: Stats, labels: Labels, *, fixed_start: bool = False) -> bool:
    """The sentence of the page says that one group is higher or lower."""
    found = difference(first, second, fixed_start=fixed_start)
    text = verdict(estimate(first), estimate(second), found, labels, language="en")
    return any(word in text for word in CLAIM)


def weekly_claims(name: str, weeks: int, seed: int) -> float:
    """Share of weeks, each with its own 300 and 180 contacts, in which the sentence claims a difference."""
    rng = np.random.default_rng(seed)
    draw, labels = METRICS[name]
    return sum(claims(draw(rng, 300), draw(rng, 180), labels) for _ in range(weeks)) / weeks


def growing_claims(name: str, streams: int, seed: int, looks: int = 26) -> float:
    """Share of half-years, growing week by week from a fixed start, that hold any claim at all."""
    rng = np.random.default_rng(seed)
    draw, labels = METRICS[name]
    wrong = 0
    for _ in range(streams):
        one, two = draw(rng, 60), draw(rng, 40)
        for _ in range(looks):
            one, two = one + draw(rng, 60), two + draw(rng, 40)
            if claims(one, two, labels, fixed_start=True):
                wrong += 1
                break
    return wrong / streams


def partner_claims(weeks: int, seed: int) -> float:
    """Share of weeks in which two partners are told apart, by agent, where only agents differ (icc .03)."""
    rng = np.random.default_rng(seed)
    labels = Labels("satisfaction", "Alfa", "Beta", "score", "higher")
    none = ScoreStats((0,) * 10)
    wrong = 0
    for _ in range(weeks):
        agents = {}
        for agent in range(24):
            tilt = SCORES * np.exp(rng.normal(0, 0.07) * np.arange(10))
            own = ScoreStats(tuple(map(int, rng.multinomial(40, tilt / tilt.sum()))))
            agents[str(agent)] = (own, none) if agent % 2 else (none, own)
        found = by_cluster(agents)
        text = verdict(found.first, found.second, found.difference, labels, language="en")
        wrong += text.startswith("Satisfaction is")
    return wrong / weeks


def adjusted_claims(weeks: int, seed: int) -> float:
    """Share of weeks in which like for like claims a difference, where topics differ and routes do not."""
    rng = np.random.default_rng(seed)
    tilts: Sequence[np.ndarray] = [SCORES * np.exp(t * np.arange(10)) for t in (-0.3, 0.0, 0.2, 0.4)]
    labels = METRICS["csat"][1]
    wrong = 0
    for _ in range(weeks):
        mixes = (120, 90, 60, 30), (30, 60, 90, 120)
        strata = {
            (str(i),): tuple(
                ScoreStats(tuple(map(int, rng.multinomial(mix[i], tilts[i] / tilts[i].sum()))))
                for mix in mixes
            )
            for i in range(4)
        }
        found = like_for_like(strata)
        text = verdict(found.first, found.second, found.difference, labels, language="en")
        wrong += text.startswith("Satisfaction is")
    return wrong / weeks


def test_the_words_of_a_claim_are_recognised() -> None:
    labels = METRICS["hit_rate"][1]
    assert claims(ShareStats(300, 90), ShareStats(300, 30), labels)
    assert claims(ShareStats(300, 30), ShareStats(300, 90), labels)
    assert not claims(ShareStats(300, 30), ShareStats(300, 31), labels)
    assert not claims(ShareStats(30, 30), ShareStats(300, 31), labels)


CALL_CENTRES = Path(__file__).parents[4] / "shared" / "data" / "call_center_rwfd.csv"


@pytest.mark.skipif(not CALL_CENTRES.exists(), reason=f"{CALL_CENTRES} is not here")
def test_four_call_centres_that_hardly_differ_have_no_winner() -> None:
    bins: dict[str, list[int]] = {}
    with CALL_CENTRES.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            own = bins.setdefault(row["call_center"], [0] * 10)
            if row["csat_score"]:
                own[int(row["csat_score"]) - 1] += 1
    groups = {name: ScoreStats(tuple(counts)) for name, counts in bins.items()}
    assert sum(group.n for group in groups.values()) == 12_271
    labels = METRICS["csat"][1]
    assert not any(claims(one, two, labels) for one, two in combinations(groups.values(), 2))


@pytest.mark.parametrize("name", METRICS)
def test_weeks_without_a_difference_seldom_claim_one(name: str, figure) -> None:
    assert figure(f"A/A, {name}, weeks that claim a difference", weekly_claims(name, 400, 1)) < 0.08


def test_comparisons_without_a_difference_seldom_claim_one(figure) -> None:
    assert figure("A/A, partners by agent, weeks that claim a difference", partner_claims(200, 1)) < 0.09
    assert figure("A/A, like for like, weeks that claim a difference", adjusted_claims(300, 1)) < 0.08
    assert figure("A/A, growing half-year, any claim", growing_claims("hit_rate", 40, 1)) < 0.08


@pytest.mark.slow
def test_no_difference_at_length(figure) -> None:
    for name in METRICS:
        assert figure(f"A/A, {name}, weeks that claim a difference", weekly_claims(name, 5000, 2)) < 0.06
        assert figure(f"A/A, {name}, growing half-year, any claim", growing_claims(name, 500, 2)) <= 0.05
    assert figure("A/A, partners by agent, weeks that claim a difference", partner_claims(3000, 2)) < 0.06
    assert figure("A/A, like for like, weeks that claim a difference", adjusted_claims(3000, 2)) < 0.06
