"""Design effects: how much wider intervals are because contacts of one customer have something in common.

Measured once on coarse groups and applied to finer cuts, in which a customer has fewer contacts: there it is
rather too much than too little (Kish, *Survey Sampling*, 1965, 5.4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtr

from metrics.inference.base.estimates import ALPHA, t_beyond, t_quantile, z_quantile
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import ScoreStats, ShareStats
from metrics.inference.clustered.clusters import Averaged, row
from metrics.inference.compare import confidence_sequence

WHOLE = (float("-inf"), float("inf"))


@dataclass(frozen=True)
class Design:
    """Variance by cluster ÷ variance without clusters, at least 1, of the first group's value, the second's,
    and of their difference; and over how many clusters it was measured."""

    first: float
    second: float
    gap: float
    clusters: tuple[int, int]
    df: float


def design_of(clusters: Mapping[str, tuple[Averaged, Averaged]]) -> Design | None:
    """The design effects over ``{cluster: (its part in the first, in the second)}``; None where a group has
    fewer than two clusters or no spread. A second group that is empty everywhere is taken to be as the first.
    """
    if not clusters:
        return None
    table = np.array([[*row(a), *row(b)] for a, b in clusters.values()], dtype=float).reshape(-1, 6)
    present = [int((table[:, column] > 0).sum()) for column in (1, 4)]
    alone = present[1] == 0
    groups = [0] if alone else [0, 1]
    if min(present[g] for g in groups) < 2:
        return None
    added, naive = np.zeros((2, len(table))), [0.0, 0.0]
    for g in groups:
        below, above = table[:, 3 * g + 1], table[:, 3 * g + 2]
        total = below.sum()
        added[g] = (above - above.sum() / total * below) / total
        naive[g] = _naive([pair[g] for pair in clusters.values()])
    if min(naive[g] for g in groups) <= 0:
        return None
    size = len(table) / (len(table) - 1)
    own = [max(size * float(added[g] @ added[g]) / naive[g], 1.0) if g in groups else 1.0 for g in (0, 1)]
    gap = size * float(((added[0] - added[1]) ** 2).sum()) / sum(naive[g] for g in groups)
    second = own[0] if alone else own[1]
    return Design(own[0], second, max(gap, 1.0), (present[0], present[1]), len(table) - 1.0)


def widened_estimate(
    estimate: Estimate,
    design: float,
    df: float,
    within: tuple[float, float] = WHOLE,
    alpha: float = ALPHA,
) -> Estimate:
    """A value whose interval is as much wider, no further than what is possible."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    factor = math.sqrt(design) * t_quantile(1 - alpha / 2, df) / z_quantile(1 - alpha / 2)
    low, high = _moved(estimate.low, estimate.high, estimate.value, factor, within)
    return replace(estimate, low=low, high=high)


def widened_difference(
    gap: Difference,
    design: Design,
    looked_at: int,
    within: tuple[float, float] = WHOLE,
    alpha: float = ALPHA,
) -> Difference:
    """A difference whose limits are as much further out, with the p that belongs to them; ``looked_at`` are
    the observations of both groups, by which always-valid limits go."""
    if gap.difference is None or gap.low is None or gap.high is None:
        return gap
    root, z = math.sqrt(design.gap), z_quantile(1 - alpha / 2)
    factor = root * t_quantile(1 - alpha / 2, design.df) / z
    low, high = _moved(gap.low, gap.high, gap.difference, factor, within)
    p = None if gap.p is None else 2 * float(stdtr(design.df, ndtri(max(gap.p, 1e-300) / 2) / root))
    always: tuple[float | None, float | None] = None, None
    if gap.low_always is not None and gap.high_always is not None:
        z = confidence_sequence.quantile(looked_at, alpha)
        factor = root * t_beyond(z, design.df) / z
        always = _moved(gap.low_always, gap.high_always, gap.difference, factor, within)
    return replace(gap, low=low, high=high, low_always=always[0], high_always=always[1], p=p)


def _moved(
    low: float, high: float, value: float, factor: float, within: tuple[float, float]
) -> tuple[float, float]:
    return max(value - factor * (value - low), within[0]), min(value + factor * (high - value), within[1])


def _naive(parts: list[Averaged]) -> float:
    """Variance of a group's value if no two contacts had anything in common."""
    there = [part for part in parts if part.n]
    if not there:
        return 0.0
    whole = sum(there[1:], start=there[0])
    sums = whole.mean_stats() if isinstance(whole, ScoreStats | ShareStats) else whole
    return sums.variance / sums.n if sums.n > 1 else 0.0
