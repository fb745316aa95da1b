"""Contacts that share an agent or a customer share a fate: intervals that know it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from metrics.inference import minimum, reasons
from metrics.inference.differences import welch
from metrics.inference.estimates import ALPHA, AS_IS, Scale, t_quantile
from metrics.inference.results import Difference, Estimate
from metrics.inference.stats import MeanStats, RatioStats, ScoreStats, ShareStats

Averaged = MeanStats | ShareStats | ScoreStats | RatioStats
ROBUST, CLUSTER_MEANS = "robust", "cluster_means"


@dataclass(frozen=True)
class Clustered:
    """A comparison by cluster. ``design_effect`` is its variance ÷ the variance without clusters.

    ``method`` is ``robust`` (the average contact) or ``cluster_means`` (the average agent).
    """

    method: str
    first: Estimate
    second: Estimate
    difference: Difference
    clusters_first: int
    clusters_second: int
    design_effect: float | None


def by_cluster(
    clusters: Mapping[str, tuple[Averaged, Averaged]],
    *,
    minimum_n: int = minimum.TOO_FEW,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> Clustered:
    """Compare two groups over ``{cluster: (its part in the first, in the second)}``.

    Below 40 clusters, when none is in both groups, Welch's test on the clusters' means; from 40 on
    :func:`leverage_corrected` in each group, with Welch's degrees of freedom. Otherwise the sandwich variance
    with the correction G/(G−1)·(N−1)/(N−2) and t with G − 1 degrees of freedom (Cameron and Miller, Journal
    of Human Resources 50, 2015), as statsmodels' ``cov_type="cluster"``.
    """
    table = np.array([[*row(a), *row(b)] for a, b in clusters.values()], dtype=float).reshape(-1, 6)
    in_first, in_second = table[:, 1] > 0, table[:, 4] > 0
    counts = int(in_first.sum()), int(in_second.sum())
    nested = not (in_first & in_second).any()
    sizes = int(table[:, 0].sum()), int(table[:, 3].sum())
    reason = _missing(sizes, counts, minimum_n)
    if reason:
        return _nothing(reason, sizes, counts)
    if nested and sum(counts) < minimum.CLUSTERS:
        found, variance = _on_means(table, in_first, in_second, sizes, scale=scale, alpha=alpha)
    else:
        rows = table[:, [1, 2, 4, 5]]
        # Residuals from the cluster rows themselves keep the digits that sums of squares would lose.
        values = rows[:, 1].sum() / rows[:, 0].sum(), rows[:, 3].sum() / rows[:, 2].sum()
        errors = [(rows[:, i + 1] - values[i // 2] * rows[:, i]) / rows[:, i].sum() for i in (0, 2)]
        if nested:
            noise = [leverage_corrected(errors[g], rows[:, 2 * g] / rows[:, 2 * g].sum()) for g in (0, 1)]
            found, variance = _apart(values, noise, sizes, scale=scale, alpha=alpha)
        else:
            products = (
                float(errors[0] @ errors[0]),
                float(errors[1] @ errors[1]),
                float(errors[0] @ errors[1]),
            )
            found, variance = _sandwich(values, products, sizes, len(table), counts, scale=scale, alpha=alpha)
    naive = scale[1] ** 2 * _naive(list(clusters.values()))
    return Clustered(*found, *counts, variance / naive if naive else None)


def leverage_corrected(added: np.ndarray, share: np.ndarray) -> tuple[float, float]:
    """Variance and degrees of freedom of one group's value, from what each cluster adds to it and each
    cluster's ``share`` of the group.

    CR2 of Bell and McCaffrey (Survey Methodology 28, 2002): Σa²/(1 − h), which is without bias where
    contacts have nothing in common, and Satterthwaite's degrees of freedom for it: G − 1 with clusters of
    one size, fewer where some are large.
    """
    squares = share**2 / (1 - share)
    degrees = 1 / float((share**2).sum() + squares.sum() ** 2 - (squares**2).sum())
    return float((added**2 / (1 - share)).sum()), degrees


def _apart(
    values: tuple[float, float],
    noise: Sequence[tuple[float, float]],
    sizes: tuple[int, int],
    *,
    scale: Scale,
    alpha: float,
) -> tuple[Found, float]:
    """Groups without a cluster in common, from the variance and degrees of freedom of each."""
    a, b = scale
    first, second = (
        interval(size, a + b * value, b * b * variance, df, alpha)
        for size, value, (variance, df) in zip(sizes, values, noise, strict=True)
    )
    variance, df = together([(b * b * v, df) for v, df in noise])
    return (ROBUST, first, second, gap_with(b * (values[0] - values[1]), variance, df, alpha)), variance


def together(noise: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Variance and Welch's degrees of freedom of the difference of two groups, from those of each."""
    variance = sum(v for v, _ in noise)
    below = sum(v**2 / df for v, df in noise)
    return variance, variance**2 / below if below else 1.0


def gap_with(gap: float, variance: float, df: float, alpha: float = ALPHA) -> Difference:
    """A difference with its interval and p by t; without effect."""
    if variance <= 0:
        return Difference(gap, None, None, None, None, None, None, reasons.NO_SPREAD)
    se = math.sqrt(variance)
    half = t_quantile(1 - alpha / 2, df) * se
    return Difference(gap, gap - half, gap + half, None, None, 2 * float(stdtr(df, -abs(gap) / se)), None)


def row(stats: Averaged) -> tuple[float, float, float]:
    """Observations, the weight below the line (n, or Σx of a ratio), and the sum above it."""
    if isinstance(stats, RatioStats):
        return stats.n, stats.x_total, stats.y_total
    sums = stats if isinstance(stats, MeanStats) else stats.mean_stats()
    return sums.n, sums.n, sums.n * sums.shift + sums.total


def _missing(sizes: tuple[int, int], counts: tuple[int, int], minimum_n: int) -> str:
    if min(sizes) == 0:
        return reasons.ONE_SIDED if sum(sizes) else reasons.NO_DATA
    if min(sizes) < minimum_n:
        return reasons.TOO_FEW
    return reasons.TOO_FEW_CLUSTERS if min(counts) < 2 else ""


def _nothing(reason: str, sizes: tuple[int, int], counts: tuple[int, int]) -> Clustered:
    groups = [Estimate(n, None, None, None, reason) for n in sizes]
    return Clustered(ROBUST, groups[0], groups[1], Difference.missing(reason), *counts, None)


Found = tuple[str, Estimate, Estimate, Difference]


def _on_means(
    table: np.ndarray,
    in_first: np.ndarray,
    in_second: np.ndarray,
    sizes: tuple[int, int],
    *,
    scale: Scale,
    alpha: float,
) -> tuple[Found, float]:
    a, b = scale
    means = [
        a + b * table[own, column + 1] / table[own, column] for own, column in ((in_first, 1), (in_second, 4))
    ]
    centres = float(means[0].mean()), float(means[1].mean())
    spreads = float(means[0].var(ddof=1)), float(means[1].var(ddof=1))
    gap, variance = welch(centres, spreads, (len(means[0]), len(means[1])), alpha)
    groups = [
        interval(n, centre, spread / len(m), len(m) - 1, alpha)
        for n, centre, spread, m in zip(sizes, centres, spreads, means, strict=True)
    ]
    return (CLUSTER_MEANS, groups[0], groups[1], gap), variance


def _sandwich(
    values: tuple[float, float],
    products: tuple[float, float, float],
    sizes: tuple[int, int],
    clusters: int,
    counts: tuple[int, int],
    *,
    scale: Scale,
    alpha: float,
) -> tuple[Found, float]:
    a, b = scale
    n = sum(sizes)
    correction = b * b * clusters / (clusters - 1) * (n - 1) / (n - 2)
    own_1, own_2, both = products
    variance, df = max(correction * (own_1 + own_2 - 2 * both), 0.0), clusters - 1
    # A group by itself is a regression on nothing but its mean: G/(G − 1) of its own clusters.
    groups = [
        interval(size, a + b * value, b * b * count / (count - 1) * own, count - 1, alpha)
        for size, value, own, count in zip(sizes, values, products[:2], counts, strict=True)
    ]
    found = gap_with(b * (values[0] - values[1]), variance, df, alpha)
    return (ROBUST, groups[0], groups[1], found), variance


def interval(n: int, value: float, variance: float, df: float, alpha: float = ALPHA) -> Estimate:
    """A value with its interval by t."""
    if variance <= 0:
        return Estimate(n, value, None, None, reasons.NO_SPREAD)
    half = t_quantile(1 - alpha / 2, df) * math.sqrt(variance)
    return Estimate(n, value, value - half, value + half)


def _naive(pairs: list[tuple[Averaged, Averaged]]) -> float:
    """Variance of the difference if no two contacts had anything in common."""
    total = 0.0
    for group in (0, 1):
        parts = [pair[group] for pair in pairs if pair[group].n]
        whole = sum(parts[1:], start=parts[0])
        sums = whole.mean_stats() if isinstance(whole, ScoreStats | ShareStats) else whole
        total += sums.variance / sums.n if sums.n > 1 else 0.0
    return total
