"""Contacts that share an agent or a customer share a fate: intervals that know it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import (
    ALPHA,
    AS_IS,
    Scale,
    effective_size,
    t_beyond,
    t_quantile,
    wilson_limits,
    z_quantile,
)
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import MeanStats, RatioStats, ScoreStats, ShareStats
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.score_limits import Tables, agreeing, score_limits, share_p, stretched

FEW = 10.0  # degrees of freedom, below which the variance of shares by cluster is itself too unsure
Averaged = MeanStats | ShareStats | ScoreStats | RatioStats


@dataclass(frozen=True)
class Clustered:
    """A comparison by cluster. ``design_effect`` is its variance ÷ the variance without clusters."""

    first: Estimate
    second: Estimate
    difference: Difference
    clusters_first: int
    clusters_second: int
    design_effect: float | None


def by_cluster(
    clusters: Mapping[str, tuple[Averaged, Averaged]],
    *,
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    by_day: bool = False,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> Clustered:
    """Compare two groups over ``{cluster: (its part in the first, in the second)}``: the average contact, as
    like for like, however few the clusters.

    Where few clusters are in both groups each is corrected for what it weighs, see :func:`corrected`. Where
    half of them or more are, the sandwich variance with the correction G/(G−1)·(N−1)/(N−2) and t with G − 1
    degrees of freedom (Cameron and Miller, Journal of Human Resources 50, 2015), as statsmodels'
    ``cov_type="cluster"``; clusters that are days, of which there are few, are corrected all the same. Shares
    with rare hits have score limits, see :func:`gap_of_shares`. ``fixed_start`` adds always-valid limits from
    30 per group.
    """
    table = np.array([[*row(a), *row(b)] for a, b in clusters.values()], dtype=float).reshape(-1, 6)
    here = np.array([table[:, 1] > 0, table[:, 4] > 0])
    counts = int(here[0].sum()), int(here[1].sum())
    sizes = int(table[:, 0].sum()), int(table[:, 3].sum())
    reason = _missing(sizes, counts, minimum_n)
    if reason:
        return _nothing(reason, sizes, counts)
    a, b = scale
    below, above = table[:, [1, 4]].T, table[:, [2, 5]].T
    totals = below.sum(axis=1, keepdims=True)
    raw = above.sum(axis=1) / totals[:, 0]
    # Residuals from the cluster rows themselves keep the digits that sums of squares would lose.
    added = (above - raw[:, None] * below) / totals
    if crossed(here) and not by_day:
        noise = _sandwich(added, len(table), counts, sum(sizes))
    else:
        noise = corrected(added, below / totals)
    noise = [(b * b * variance, df) for variance, df in noise]
    shares = scale == AS_IS and all(isinstance(one, ShareStats) for pair in clusters.values() for one in pair)
    first, second = (
        interval(sizes[g], a + b * float(raw[g]), *noise[g], alpha, share=shares) for g in (0, 1)
    )
    looked_at = sum(sizes) if fixed_start and min(sizes) >= thresholds.ALWAYS_VALID else 0
    found = gap_with(b * float(raw[0] - raw[1]), *noise[2], alpha, looked_at=looked_at)
    if shares:
        one = Tables(above[[0]].sum(axis=1), above[[1]].sum(axis=1), totals[0], totals[1])
        found = gap_of_shares(found, one, np.ones(1), noise[2], alpha)
    naive = b * b * _naive(list(clusters.values()))
    return Clustered(first, second, found, *counts, noise[2][0] / naive if naive else None)


def crossed(here: np.ndarray) -> bool:
    """Whether at least half of the clusters, (group, cluster), are in both groups."""
    return bool(2 * here.all(axis=0).sum() >= here.any(axis=0).sum())


def corrected(added: np.ndarray, leverage: np.ndarray) -> list[tuple[float, float]]:
    """Variance and degrees of freedom of the first group's value, the second's, and of their difference, from
    what each cluster adds to them and what it weighs in each, both (group, cluster).

    CR2 of Bell and McCaffrey (Survey Methodology 28, 2002): (Σ ± a/√(1 − h))² over clusters, which is without
    bias where contacts have nothing in common, and Satterthwaite's degrees of freedom under each group's own
    variance: Welch's where no cluster is in both groups, and nearly so where one is.
    """
    here = leverage > 0
    groups = [leverage_corrected(added[g][here[g]], leverage[g][here[g]]) for g in (0, 1)]
    scaled = np.where(here, added / np.sqrt(1 - leverage), 0.0)
    variance = float(((scaled[0] - scaled[1]) ** 2).sum())
    own = np.array([v for v, _ in groups])
    v = leverage / np.sqrt(1 - leverage)
    diagonal = own @ (leverage / (1 - leverage))
    squares = diagonal @ diagonal - 2 * diagonal @ (own @ v**2) + own @ (v @ v.T) ** 2 @ own
    df = float(own.sum()) ** 2 / float(squares) if squares > 0 else 1.0
    return [*groups, (variance, df)]


def leverage_corrected(added: np.ndarray, share: np.ndarray) -> tuple[float, float]:
    """Variance and degrees of freedom of one group's value, from what each cluster adds to it and each
    cluster's ``share`` of the group.

    CR2 of Bell and McCaffrey (Survey Methodology 28, 2002): Σa²/(1 − h), which is without bias where
    contacts have nothing in common, and Satterthwaite's degrees of freedom for it: G − 1 with clusters of
    one size, fewer where some are large.
    """
    squares = share**2 / (1 - share)
    below = float((share**2).sum() + squares.sum() ** 2 - (squares**2).sum())
    return float((added**2 / (1 - share)).sum()), 1 / below if below > 0 else 1.0


def together(noise: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Variance and Welch's degrees of freedom of the difference of two groups, from those of each."""
    variance = sum(v for v, _ in noise)
    below = sum(v**2 / df for v, df in noise)
    return variance, variance**2 / below if below else 1.0


def gap_with(
    gap: float, variance: float, df: float, alpha: float = ALPHA, *, looked_at: int = 0
) -> Difference:
    """A difference with its interval and p by t, without effect; with always-valid limits where
    ``looked_at``, the observations of both groups, is given."""
    if variance <= 0:
        return Difference(gap, None, None, None, None, None, None, missing.NO_SPREAD)
    se = math.sqrt(variance)
    half = t_quantile(1 - alpha / 2, df) * se
    found = Difference(gap, gap - half, gap + half, None, None, 2 * float(stdtr(df, -abs(gap) / se)), None)
    if not looked_at:
        return found
    wide = max(t_beyond(confidence_sequence.quantile(looked_at, alpha), df) * se, half)
    return replace(found, low_always=gap - wide, high_always=gap + wide)


def gap_of_shares(
    found: Difference,
    tables: Tables,
    weights: np.ndarray,
    noise: tuple[float, float],
    alpha: float = ALPHA,
) -> Difference:
    """A difference of shares by cluster, with limits that hold where hits are rare or clusters few.

    The score limits of single contacts, moved out by how much more clusters scatter than those would (a
    design effect, at least 1; Rao and Scott, Biometrics 48, 1992) and by t ÷ z; p is the larger of
    both tests'. ``noise`` is the variance by cluster and its degrees of freedom.
    """
    variance, df = noise
    if found.difference is None or share_p(tables) is None or not (tables.rare or df < FEW):
        return found
    first, second = tables.a / tables.n1, tables.c / tables.n2
    plain = float(weights**2 @ (first * (1 - first) / tables.n1 + second * (1 - second) / tables.n2))
    design = max(variance / plain, 1.0) if plain else 1.0
    z = z_quantile(1 - alpha / 2)
    factor = t_quantile(1 - alpha / 2, df) / z * math.sqrt(design)
    low, high = stretched(*score_limits(tables, weights, z), found.difference, factor)
    p = max(found.p or 0.0, share_p(tables) or 0.0)
    low_always = high_always = None
    if found.low_always is not None:
        z = confidence_sequence.quantile(int(tables.n1.sum() + tables.n2.sum()), alpha)
        factor = t_beyond(z, df) / z * math.sqrt(design)
        low_always, high_always = stretched(*score_limits(tables, weights, z), found.difference, factor)
    scored = Difference(found.difference, low, high, low_always, high_always, p, found.effect)
    return agreeing(scored, alpha)


def row(stats: Averaged) -> tuple[float, float, float]:
    """Observations, the weight below the line (n, or Σx of a ratio), and the sum above it."""
    if isinstance(stats, RatioStats):
        return stats.n, stats.x_total, stats.y_total
    sums = stats if isinstance(stats, MeanStats) else stats.mean_stats()
    return sums.n, sums.n, sums.n * sums.shift + sums.total


def _missing(sizes: tuple[int, int], counts: tuple[int, int], minimum_n: int) -> str:
    if min(sizes) == 0:
        return missing.ONE_SIDED if sum(sizes) else missing.NO_DATA
    if min(sizes) < minimum_n:
        return missing.TOO_FEW
    return missing.TOO_FEW_CLUSTERS if min(counts) < 2 else ""


def _nothing(reason: str, sizes: tuple[int, int], counts: tuple[int, int]) -> Clustered:
    groups = [Estimate(n, None, None, None, reason) for n in sizes]
    return Clustered(groups[0], groups[1], Difference.missing(reason), *counts, None)


def _sandwich(added: np.ndarray, clusters: int, counts: tuple[int, int], n: int) -> list[tuple[float, float]]:
    """As :func:`corrected`. A group by itself is a regression on nothing but its mean: G/(G − 1) of its own
    clusters."""
    correction = clusters / (clusters - 1) * (n - 1) / (n - 2)
    groups = [(counts[g] / (counts[g] - 1) * float(added[g] @ added[g]), counts[g] - 1.0) for g in (0, 1)]
    return [*groups, (correction * float(((added[0] - added[1]) ** 2).sum()), clusters - 1.0)]


def interval(
    n: int, value: float, variance: float, df: float, alpha: float = ALPHA, *, share: bool = False
) -> Estimate:
    """A value with its interval by t; of a ``share`` Wilson's, of as many contacts as it is worth."""
    if share:
        size = effective_size(value, variance, n)
        return Estimate(n, value, *wilson_limits(value, size, t_quantile(1 - alpha / 2, df)))
    if variance <= 0:
        return Estimate(n, value, None, None, missing.NO_SPREAD)
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
