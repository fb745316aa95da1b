"""Contacts that share an agent or a customer share a fate: intervals that know it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

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
class ClusterSums:
    """Mergeable sums over clusters, for clusters too many to list (customers).

    A cluster has n₁, n₂ observations of each group (for ratios: sums of x) and totals t₁, t₂ of value −
    shift. The fields are the sums over clusters of what their names say, ``n1t2`` being Σn₁t₂.
    """

    clusters: int
    n1: float
    t1: float
    n2: float
    t2: float
    n1n1: float
    n1t1: float
    t1t1: float
    n2n2: float
    n2t2: float
    t2t2: float
    n1n2: float
    n1t2: float
    t1n2: float
    t1t2: float
    shift: float = 0.0

    @classmethod
    def of(cls, rows: Iterable[tuple[float, float, float, float]], shift: float = 0.0) -> ClusterSums:
        """From one ``(n₁, t₁, n₂, t₂)`` per cluster."""
        table = np.array(list(rows), dtype=float).reshape(-1, 4)
        products = table.T @ table
        n1, t1, n2, t2 = (float(total) for total in table.sum(axis=0))
        pairs = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 3), (3, 3), (0, 2), (0, 3), (1, 2), (1, 3)]
        sums: list[Any] = [len(table), n1, t1, n2, t2, *(float(products[i, j]) for i, j in pairs), shift]
        return cls(*sums)

    def __add__(self, other: ClusterSums) -> ClusterSums:
        if self.shift != other.shift:
            raise ValueError("cluster sums of different shifts cannot be merged")
        names = [f.name for f in fields(self) if f.name != "shift"]
        sums: list[Any] = [*(getattr(self, k) + getattr(other, k) for k in names), self.shift]
        return ClusterSums(*sums)


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
    :func:`leverage_corrected` in each group, with Welch's degrees of freedom. Otherwise :func:`robust`.
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


def robust(
    sums: ClusterSums, sizes: tuple[int, int], *, scale: Scale = AS_IS, alpha: float = ALPHA
) -> tuple[Estimate, Estimate, Difference]:
    """The cluster-robust comparison from sums; ``sizes`` are the observations of each group.

    Sandwich variance with the correction G/(G−1)·(N−1)/(N−2) and t with G − 1 degrees of freedom (Cameron
    and Miller, Journal of Human Resources 50, 2015), as statsmodels' ``cov_type="cluster"``.
    """
    if not sums.n1 or not sums.n2 or sums.clusters < 2 or sum(sizes) < 3:
        code = reasons.ONE_SIDED if not sums.n1 or not sums.n2 else reasons.TOO_FEW_CLUSTERS
        empty = [Estimate(n, None, None, None, code) for n in sizes]
        return empty[0], empty[1], Difference.missing(code)
    m1, m2 = sums.t1 / sums.n1, sums.t2 / sums.n2
    own_1 = (sums.t1t1 - 2 * m1 * sums.n1t1 + m1 * m1 * sums.n1n1) / sums.n1**2
    own_2 = (sums.t2t2 - 2 * m2 * sums.n2t2 + m2 * m2 * sums.n2n2) / sums.n2**2
    both = (sums.t1t2 - m1 * sums.n1t2 - m2 * sums.t1n2 + m1 * m2 * sums.n1n2) / (sums.n1 * sums.n2)
    values = m1 + sums.shift, m2 + sums.shift
    counts = sums.clusters, sums.clusters
    found, _ = _sandwich(values, (own_1, own_2, both), sizes, sums.clusters, counts, scale=scale, alpha=alpha)
    return found[1], found[2], found[3]


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
