"""Repeat customers in 64 groups by hash: what intervals say when contacts of one customer are alike."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator"

from __future__ import annotations

import numpy as np
import pytest

from metrics.inference import MeanStats, ShareStats, difference
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.clustered.design import Design, design_of, widened_difference, widened_estimate

GROUPS = 64
EVEN = Design(1.0, 1.0, 1.0, (GROUPS, GROUPS), 1e9)


def drawn(
    rng: np.random.Generator, customers: int, icc: float, share: float | None
) -> tuple[np.ndarray, ...]:
    """Customer group, route and value of contacts: one to twelve a customer, who keeps to a route in nine of
    ten. ``share`` draws hits instead of values with sd 1."""
    each = np.minimum(rng.geometric(0.4, customers), 12)
    of = np.repeat(np.arange(customers), each)
    usual = rng.random(customers) < 0.5
    route = np.where(rng.random(len(of)) < 0.9, usual[of], ~usual[of])
    level = rng.normal(0, np.sqrt(icc), customers)[of]
    if share is None:
        value = level + rng.normal(0, np.sqrt(1 - icc), len(of))
    else:
        a = share * (1 - icc) / icc if icc else 0.0
        b = (1 - share) * (1 - icc) / icc if icc else 0.0
        p = rng.beta(a, b, customers)[of] if icc else share
        value = (rng.random(len(of)) < p).astype(float)
    return rng.integers(0, GROUPS, customers)[of], route, value


def sums(values: np.ndarray, share: float | None) -> MeanStats | ShareStats:
    if share is not None:
        return ShareStats(len(values), int(values.sum()))
    return MeanStats(len(values), float(values.sum()), float(values @ values))


def claims(
    runs: int,
    *,
    customers: int = 800,
    icc: float,
    share: float | None = None,
    cut: float = 1.0,
    seed: int = 1,
) -> tuple[float, float, float]:
    """How often two equal routes are called different without and with customers in mind, and how much wider
    the interval became. Of a ``cut`` only that part of the contacts is compared."""
    rng = np.random.default_rng(1)
    plain_claims = wide_claims = 0
    widths = []
    for _ in range(runs):
        group, route, value = drawn(rng, customers, icc, share)
        clusters = {
            str(g): (sums(value[(group == g) & route], share), sums(value[(group == g) & ~route], share))
            for g in range(GROUPS)
        }
        design = design_of(clusters)
        assert design is not None
        inside = rng.random(len(value)) < cut
        plain = difference(sums(value[inside & route], share), sums(value[inside & ~route], share))
        wide = widened_difference(plain, design, int(inside.sum()))
        plain_claims += not plain.low <= 0 <= plain.high
        wide_claims += not wide.low <= 0 <= wide.high
        widths.append((wide.high - wide.low) / (plain.high - plain.low))
    return plain_claims / runs, wide_claims / runs, float(np.mean(widths))


def test_repeat_customers_are_called_different_no_more_often_than_stated(figure) -> None:
    plain, wide, _ = claims(150, icc=0.4)
    assert figure("repeat customers, icc .4, one by one, claimed", plain) > 0.1
    assert figure("repeat customers, icc .4, in 64 groups, claimed", wide) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("icc", "share", "cut"),
    [
        (0.0, None, 1.0),
        (0.2, None, 1.0),
        (0.4, None, 1.0),
        (0.4, None, 0.3),
        (0.3, 0.02, 1.0),
        (0.3, 0.2, 1.0),
    ],
)
def test_equal_routes_of_repeat_customers_hold_the_error_stated(icc, share, cut, figure) -> None:
    plain, wide, width = claims(800, icc=icc, share=share, cut=cut)
    name = f"repeat customers, icc {icc}, share {share}, cut {cut}"
    figure(f"{name}, one by one, claimed", plain)
    assert figure(f"{name}, in 64 groups, claimed", wide) < 0.066
    assert figure(f"{name}, width", width) < (1.12 if icc == 0 else 2)


@pytest.mark.parametrize(
    ("clusters", "there"),
    [
        ({}, False),
        ({"00": (MeanStats(5, 10, 30), MeanStats(5, 12, 40))}, False),
        ({g: (MeanStats(5, 10, 30), MeanStats(5, 12 + len(g), 40)) for g in ("0", "00")}, True),
        ({g: (MeanStats(5, 10, 20), MeanStats(5, 10, 20)) for g in ("0", "00")}, False),  # all alike
    ],
)
def test_a_design_effect_needs_two_clusters_a_group_and_some_spread(clusters, there) -> None:
    assert (design_of(clusters) is not None) is there


def test_a_whole_without_a_second_group_widens_all_parts_alike() -> None:
    none = MeanStats(0, 0, 0)
    loud = {str(g): (MeanStats(4, 4.0 * (g % 2), 4.0 * (g % 2)), none) for g in range(20)}
    design = design_of(loud)
    assert design is not None
    assert design.first == design.second == design.gap > 3


@pytest.mark.parametrize(
    ("design", "low", "high"), [(EVEN, -1.0, 2.0), (Design(4, 4, 4, (64, 64), 1e9), -2.5, 3.5)]
)
def test_limits_move_out_by_the_root_of_the_design_effect(design: Design, low: float, high: float) -> None:
    gap = widened_difference(Difference(0.5, -1, 2, -2, 3, 0.5, None), design, 100)
    assert [gap.low, gap.high] == pytest.approx([low, high], abs=1e-6)
    assert (gap.high_always - gap.low_always) == pytest.approx(5 * design.gap**0.5, abs=1e-5)
    one = widened_estimate(Estimate(10, 0.1, 0.02, 0.3), design.first, design.df, (0.0, 1.0))
    assert one.low >= 0
    assert one.high == pytest.approx(0.1 + 0.2 * design.first**0.5, abs=1e-6)
