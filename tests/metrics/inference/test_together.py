"""Calls of a day share its queue, contacts of a day its weather: nothing is claimed of either."""

# mypy: disable-error-code="operator, no-untyped-def, union-attr"

from __future__ import annotations

import numpy as np
import pytest

from metrics.inference import RateStats, ShareStats, difference
from metrics.inference.base.results import Difference
from metrics.inference.clustered.clusters import by_cluster
from metrics.inference.clustered.daily_rates import rates_by_day
from metrics.inference.groups.funnel import funnel


def claimed(found: Difference) -> bool:
    limits = found.interval
    return limits is not None and not limits[0] <= 0 <= limits[1]


def queues(runs: int, days: int = 30, calls: int = 200) -> tuple[float, float]:
    """Two partners with the same queue process: claimed call by call, and day by day."""
    rng, made = np.random.default_rng(1), np.zeros(2)
    for _ in range(runs):
        share = 1 / (1 + np.exp(-1.4 - rng.normal(0, 1, (2, days))))
        hits = rng.binomial(calls, share)
        days_ = {
            str(d): (ShareStats(calls, int(hits[0, d])), ShareStats(calls, int(hits[1, d])))
            for d in range(days)
        }
        whole = [ShareStats(calls * days, int(hits[g].sum())) for g in (0, 1)]
        made += claimed(difference(*whole)), claimed(by_cluster(days_, by_day=True).difference)
    return made[0] / runs, made[1] / runs


def counts(runs: int, days: int, rho: float, season: float = 0.0) -> tuple[float, float]:
    """Contacts of two groups whose days are busy or quiet each by itself, weekends being quiet."""
    rng, made = np.random.default_rng(2), np.zeros(2)
    weekday = np.arange(days) % 7
    for _ in range(runs):
        level = np.zeros((2, days))
        shock = rng.normal(0, 0.25, (2, days))
        level[:, 0] = shock[:, 0]
        for d in range(1, days):
            level[:, d] = rho * level[:, d - 1] + (1 - rho * rho) ** 0.5 * shock[:, d]
        base = 60 * np.where(weekday > 4, 0.3, 1.0) * (1 + season * np.sin(2 * np.pi * np.arange(days) / 365))
        y = rng.poisson(base * np.exp(level))
        groups = tuple(RateStats(int(n), float(n), float(n), 1.0) for n in y.sum(axis=1))
        rows = [(int(weekday[d]), float(y[0, d]), float(y[1, d])) for d in range(days)]
        made += claimed(difference(*groups)), claimed(rates_by_day(rows, groups).difference)  # type: ignore[arg-type]
    return made[0] / runs, made[1] / runs


def ever(runs: int, share: float, sizes: tuple[int, int], *, by_day: bool = False) -> float:
    """How often a month that is looked at every day ever claims a difference; days have a level of their own
    where they are clusters."""
    rng, wrong, days = np.random.default_rng(3), 0, 30
    for _ in range(runs):
        level = rng.normal(0, 0.5 if by_day else 0.0, (2, days))
        odds = share / (1 - share) * np.exp(level)
        n = rng.poisson(np.array(sizes)[:, None] / days, (2, days)) + 1
        hits = rng.binomial(n, odds / (1 + odds))
        for d in range(4, days):
            if by_day:
                rows = {
                    str(i): (
                        ShareStats(int(n[0, i]), int(hits[0, i])),
                        ShareStats(int(n[1, i]), int(hits[1, i])),
                    )
                    for i in range(d)
                }
                found = by_cluster(rows, by_day=True, fixed_start=True).difference
            else:
                pair = [ShareStats(int(n[g, :d].sum()), int(hits[g, :d].sum())) for g in (0, 1)]
                found = difference(*pair, fixed_start=True)
            if found.low_always is not None and claimed(found):
                wrong += 1
                break
    return wrong / runs


def some_named(share: float, runs: int) -> float:
    """How often one of forty equal groups is called different, of 10 % stated."""
    rng, made = np.random.default_rng(4), 0
    for _ in range(runs):
        groups = {
            str(i): ShareStats(int(n), int(rng.binomial(n, share)))
            for i, n in enumerate(rng.integers(60, 400, 40))
        }
        made += any(point.differs for point in funnel(groups).points)
    return made / runs


def test_a_shared_queue_is_no_difference_between_partners(figure) -> None:
    calls, days = queues(150)
    assert figure("shared queue, call by call", calls) > 0.5
    assert figure("shared queue, by day", days) <= 0.09


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_busy_and_quiet_days_are_no_difference_in_contacts(rho: float, figure) -> None:
    single, days = counts(150, 84, rho)
    assert figure(f"contacts of days, correlation {rho}, one by one", single) > 0.3
    assert figure(f"contacts of days, correlation {rho}, by day", days) <= 0.05 + (0.05 if not rho else 0.10)


def test_a_month_looked_at_every_day_seldom_ever_claims_rare_hits(figure) -> None:
    assert figure("ever in a month, 1 % of 300 and 6,000", ever(200, 0.01, (300, 6000))) <= 0.08


def test_a_month_looked_at_every_day_seldom_ever_claims_what_days_share(figure) -> None:
    assert figure("ever in a month, by day", ever(60, 0.3, (3000, 3000), by_day=True)) <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.002, 0.01, 0.05, 0.12])
@pytest.mark.parametrize("sizes", [(100, 3000), (300, 6000), (1000, 1000)])
def test_months_looked_at_every_day_are_ever_wrong_no_more_than_stated(share: float, sizes, figure) -> None:
    found = figure(f"ever in a month, {share:.1%} of {sizes[0]} and {sizes[1]}", ever(600, share, sizes))
    assert found <= 0.05 + 0.018


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("days", [28, 84, 182])
def test_contacts_of_days_are_claimed_no_more_than_shown(rho: float, days: int, figure) -> None:
    figure(f"{days} days, correlation {rho}, one by one", counts(400, days, rho)[0])
    limit = {0.0: 0.09, 0.4: 0.14, 0.8: 0.40}[rho]
    assert figure(f"{days} days, correlation {rho}, by day", counts(400, days, rho)[1]) <= limit


@pytest.mark.parametrize("share", [0.01, 0.02, 0.97])
def test_rare_hits_of_equal_groups_name_nobody_more_often_than_stated(share: float, figure) -> None:
    assert figure(f"funnel, {share:.0%}: some of 40 named", some_named(share, 150)) <= 0.1 + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.002, 0.01, 0.02, 0.12, 0.5, 0.97])
def test_equal_groups_are_called_different_no_more_than_stated(share: float, figure) -> None:
    assert figure(f"funnel, {share:.1%}: some of 40 named", some_named(share, 1000)) <= 0.1 + 0.02
