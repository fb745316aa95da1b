"""Times told to the minute: no difference is made of where they happen to lie within a bin."""

# mypy: disable-error-code="operator"

from __future__ import annotations

import numpy as np
import pytest

from metrics.inference import TimeBins, difference, estimate
from metrics.inference.quantiles import quantiles_alike


def rounded(rng: np.random.Generator, n: int, step: int, spread: float) -> TimeBins:
    """Times with a median of 300 s, told to ``step`` seconds."""
    seconds = np.round(np.exp(np.log(300) + spread * rng.normal(size=n)) / step) * step
    return TimeBins.of_seconds(seconds)


def rates(n: int, step: int, runs: int) -> tuple[float, float]:
    """How often a difference is claimed between two such groups, of unlike spread; and 300 s covered."""
    rng, claimed, covered = np.random.default_rng(5), 0, 0
    for _ in range(runs):
        first, second = rounded(rng, n, step, 0.3), rounded(rng, n, step, 0.7)
        found = difference(first, second)
        claimed += not found.low <= 0 <= found.high
        covered += estimate(first).low <= 300 <= estimate(first).high
    return claimed / runs, covered / runs


@pytest.mark.parametrize("step", [60, 30, 15])
def test_medians_told_to_the_minute_do_not_differ_where_the_times_do_not(step: int, figure) -> None:
    claimed, covered = rates(4000, step, 60)
    assert figure(f"medians told to {step} s, claimed", claimed) <= 0.05
    assert figure(f"medians told to {step} s, covered", covered) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("step", [60, 30, 15, 5, 1])
@pytest.mark.parametrize("n", [200, 4000])
def test_medians_of_rounded_times_are_claimed_no_more_than_stated(n: int, step: int, figure) -> None:
    claimed, covered = rates(n, step, 400)
    assert figure(f"{n} times told to {step} s, claimed", claimed) <= 0.07
    assert figure(f"{n} times told to {step} s, covered", covered) >= 0.93


def test_times_told_to_the_second_keep_limits_narrower_than_a_bin() -> None:
    rng = np.random.default_rng(1)
    found = difference(rounded(rng, 50_000, 1, 0.5), rounded(rng, 50_000, 1, 0.5))
    assert found.high - found.low < 0.02 * 300


def test_times_of_nothing_are_no_half_second() -> None:
    found = estimate(TimeBins.of({-1: 60}))
    assert (found.value, found.low, found.high) == (0.0, 0.0, 1.0)


def test_times_of_one_bin_are_compared_by_agent_within_its_edges() -> None:
    pairs: dict[str, dict[tuple[str, ...], tuple[TimeBins, TimeBins]]] = {
        str(i): {("a",): (TimeBins.of({117: 9}), TimeBins.of({117: 11}))} for i in range(6)
    }
    whole: dict[tuple[str, ...], tuple[TimeBins, TimeBins]] = {
        ("a",): (TimeBins.of({117: 54}), TimeBins.of({117: 66}))
    }
    found = quantiles_alike(pairs, whole).difference
    assert found.difference == 0.0
    assert found.low < 0 < found.high
