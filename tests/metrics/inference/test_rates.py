"""Sums of what happened over an exposure: exact Poisson limits of counts, gamma limits of the rest."""

from __future__ import annotations

import math
import random

import pytest

from metrics.inference import RateStats, difference, estimate


def _counted(number: int, exposure: float = 1.0) -> RateStats:
    return RateStats(number, number, number, exposure)


@pytest.mark.parametrize(
    ("number", "low", "high"),
    # R: poisson.test(10), poisson.test(100)
    [(10, 4.7954, 18.3904), (100, 81.3640, 121.627)],
)
def test_counts_have_the_exact_limits_of_poisson(number, low, high):
    found = estimate(_counted(number))
    assert (found.value, found.n) == (number, number)
    assert [found.low, found.high] == pytest.approx([low, high], rel=1e-5)
    per_four = estimate(_counted(number, 4.0))
    assert [per_four.value, per_four.high] == pytest.approx([number / 4, high / 4], rel=1e-5)


@pytest.mark.parametrize(
    ("stats", "reason"),
    [
        (_counted(0), "no_data"),
        (_counted(9), "too_few"),
        (_counted(10, 0.0), "no_denominator"),
        (_counted(10), ""),
    ],
)
def test_without_enough_there_is_a_reason_and_no_number(stats, reason):
    found = estimate(stats)
    assert (found.reason, found.value is None) == (reason, bool(reason))


def test_parts_add_up_and_nothing_is_negative():
    assert _counted(3) + RateStats(2, 5.0, 13.0, 2.0) == RateStats(5, 8.0, 16.0, 3.0)
    with pytest.raises(ValueError, match="from 0 on"):
        RateStats(1, -1.0, 1.0, 1.0)


def test_two_rates_differ_when_their_limits_say_so():
    # 300 of 1,000 against 200 of 1,000: the plain z is 100 ÷ √500 = 4.47.
    found = difference(_counted(300, 1.0), _counted(200, 1.0))
    assert found.difference == 100
    assert found.p == pytest.approx(math.erfc(100 / math.sqrt(500) / math.sqrt(2)), rel=1e-9)
    assert [found.low, found.high] == pytest.approx([55.5, 145.5], abs=2.5)
    assert difference(_counted(300, 0.0), _counted(200)).reason == "no_denominator"
    same = difference(_counted(50), _counted(50))
    assert same.low is not None
    assert same.high == pytest.approx(-same.low)


def test_limits_of_sums_hold_what_they_promise():
    # Hours of 40 contacts on average of a tenth of an hour on average: 95 % of the intervals hold 4.
    chance, held, rounds = random.Random(5), 0, 2_000
    for _ in range(rounds):
        number, waited = 0, chance.expovariate(40)
        while waited < 1:
            number, waited = number + 1, waited + chance.expovariate(40)
        hours = [chance.expovariate(10) for _ in range(number)]
        found = estimate(RateStats(number, sum(hours), sum(h * h for h in hours), 1.0), minimum_n=1)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 4.0 <= found.high
    assert 0.93 < held / rounds < 0.975
