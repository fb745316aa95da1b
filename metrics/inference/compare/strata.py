"""Like for like: the difference that is left when both groups have the same mix of questions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.base.estimates import (
    ALPHA,
    AS_IS,
    Scale,
    effective_size,
    moments,
    t_quantile,
    wilson_limits,
    z_quantile,
)
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import RatioStats, ScoreStats, ShareStats
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.effects import Averaged, effect
from metrics.inference.compare.score_limits import Tables, agreeing, score_limits, share_p

Cell = tuple[str, ...]
Strata = Mapping[Cell, tuple[Averaged, Averaged]]
MANTEL_HAENSZEL = "mantel_haenszel"
WEIGHTS = ("pooled", "first", "second", "equal", MANTEL_HAENSZEL)


@dataclass(frozen=True)
class LikeForLike:
    """Two groups as they would be with the same mix.

    ``support`` is the share of all observations in strata that both groups have; the rest drops out.
    ``n`` of the groups counts those with support; the difference is that of the groups' values.
    """

    weights: str
    first: Estimate
    second: Estimate
    difference: Difference
    support: float | None
    support_first: float | None
    support_second: float | None
    strata: int
    dropped: int


@dataclass(frozen=True)
class Arrays:
    """Strata as columns; row 0 of each is the first group, row 1 the second."""

    cells: tuple[Cell, ...]
    n: np.ndarray  # (2, strata)
    mean: np.ndarray
    variance: np.ndarray  # of one observation
    shares: bool = False


def like_for_like(
    strata: Strata,
    *,
    weights: str = "",
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> LikeForLike:
    """Two groups over ``{cell: (first, second)}``, as if both had the same mix; ``scale = (a, b)`` as for an
    estimate.

    Means, scores and ratios: direct standardisation, d = Σw(m₁ − m₂), V = Σw²(v₁/n₁ + v₂/n₂) (Cochran,
    *Sampling Techniques*, 1977, 5.6) with Welch's degrees of freedom, so that one stratum gives what the
    raw comparison gives. A stratum with one observation in a group borrows that group's variance within
    strata. Shares: Mantel–Haenszel weights and the CMH test, with score limits whatever the weights, which
    hold for many small strata and for rare hits.

    Other ``weights``: ``pooled`` (the mix of both; the default but for shares), ``first`` ("what if the
    second had come with these questions?"), ``second``, ``equal``, ``mantel_haenszel`` (shares only).
    """
    weights = weights or (MANTEL_HAENSZEL if all_shares(strata) else "pooled")
    sizes = np.array([[pair[0].n, pair[1].n] for pair in strata.values()], dtype=float).reshape(-1, 2).T
    shared = {cell: pair for cell, pair in strata.items() if all(map(measured, pair))}
    columns = arrays(shared)
    kept = columns.n.sum(axis=1)
    support = [float(k / t) if t else None for k, t in zip(kept, sizes.sum(axis=1), strict=True)]
    all_support = float(kept.sum() / sizes.sum()) if sizes.sum() else None
    reason = missing(sizes, kept, minimum_n)
    groups: list[Estimate]
    if reason:
        groups = [Estimate(int(k), None, None, None, reason) for k in kept]
        gap = Difference.missing(reason)
    else:
        w = stratum_weights(columns.n, weights)
        parts = w**2 * columns.variance / columns.n
        groups = [_group(columns, w, parts, g, scale=scale, alpha=alpha) for g in (0, 1)]
        if all_shares(shared):
            gap = _share_difference(shared, w, fixed_start=fixed_start, alpha=alpha).scaled(scale[1])
        elif weights == MANTEL_HAENSZEL:
            raise TypeError("Mantel–Haenszel weights are for shares")
        else:
            gap = _difference(columns, w, parts, fixed_start=fixed_start, by=scale[1], alpha=alpha)
        values = float(w @ columns.mean[0]), float(w @ columns.mean[1])
        gap = replace(gap, effect=effect(list(shared.values()), w.tolist(), values))
    return LikeForLike(
        weights,
        groups[0],
        groups[1],
        gap,
        all_support,
        support[0],
        support[1],
        len(shared),
        sizes.shape[1] - len(shared),
    )


def all_shares(strata: Strata) -> bool:
    """Whether the strata are of shares."""
    return bool(strata) and all(isinstance(one, ShareStats) for pair in strata.values() for one in pair)


def measured(stats: Averaged) -> bool:
    """Whether a group has a value in a stratum: observations, and for ratios something to divide by."""
    return stats.n > 0 and not (isinstance(stats, RatioStats) and stats.x_total == 0)


def arrays(strata: Strata) -> Arrays:
    """Strata that both groups have, as arrays."""
    n = np.array([[pair[g].n for pair in strata.values()] for g in (0, 1)], dtype=float).reshape(2, -1)
    mean, variance = _moments(strata, n)
    for g in (0, 1):
        degrees = n[g] - 1
        if degrees.sum() > 0:
            variance[g, degrees == 0] = (degrees * variance[g]).sum() / degrees.sum()
    return Arrays(tuple(strata), n, mean, variance, all_shares(strata))


def _moments(strata: Strata, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances (2, strata); those of scores, of which pages have most, all at once."""
    both = [[pair[g] for pair in strata.values()] for g in (0, 1)]
    if strata and all(isinstance(one, ScoreStats) for group in both for one in group):
        given = [[one.bins for one in group if isinstance(one, ScoreStats)] for group in both]
        bins, scores = np.array(given, dtype=float), np.arange(1.0, 11.0)
        mean = bins @ scores / n
        squares = (bins * (scores - mean[:, :, None]) ** 2).sum(axis=2)
        return mean, np.where(n > 1, squares / np.maximum(n - 1, 1), 0.0)
    if strata and all(isinstance(one, ShareStats) for group in both for one in group):
        hits = np.array([[one.hits for one in group if isinstance(one, ShareStats)] for group in both], float)
        share = hits / n
        return share, np.where(n > 1, share * (1 - share) * n / np.maximum(n - 1, 1), 0.0)
    table = np.array([[moments(one) for one in group] for group in both], dtype=float)
    table = table.reshape(2, len(strata), 2)
    return table[:, :, 0], table[:, :, 1].copy()


def missing(sizes: np.ndarray, kept: np.ndarray, minimum_n: int) -> str:
    """Why groups of these sizes (by stratum), and with these left in common strata, are not compared."""
    totals = sizes.sum(axis=1)
    if not totals.all():
        return reasons.ONE_SIDED if totals.any() else reasons.NO_DATA
    if not kept.all():
        return reasons.NO_SUPPORT
    return reasons.TOO_FEW if min(kept) < max(minimum_n, 2) else ""


def stratum_weights(n: np.ndarray, weights: str) -> np.ndarray:
    """Weights of the strata, adding up to 1, from n (2, strata). ValueError for unknown ones."""
    if weights not in WEIGHTS:
        raise ValueError(f"weights are one of {', '.join(WEIGHTS)}, not {weights!r}")
    raw = {
        "pooled": n.sum(axis=0),
        "first": n[0],
        "second": n[1],
        "equal": np.ones(n.shape[1]),
        MANTEL_HAENSZEL: n[0] * n[1] / n.sum(axis=0),
    }[weights]
    return np.asarray(raw / raw.sum())


def _degrees(parts: np.ndarray, n: np.ndarray) -> float:
    known = n > 1
    below = float((parts[known] ** 2 / (n[known] - 1)).sum())
    return float(parts.sum()) ** 2 / below if below else 1.0


def _group(
    columns: Arrays, w: np.ndarray, parts: np.ndarray, g: int, *, scale: Scale, alpha: float
) -> Estimate:
    a, b = scale
    n, raw = int(columns.n[g].sum()), float(w @ columns.mean[g])
    value, variance = a + b * raw, float(parts[g].sum())
    if columns.shares:
        size = effective_size(raw, variance, 1 / float((w**2 / columns.n[g]).sum()))
        low, high = sorted(a + b * limit for limit in wilson_limits(raw, size, z_quantile(1 - alpha / 2)))
        return Estimate(n, value, low, high)
    if variance == 0:
        return Estimate(n, value, None, None, reasons.NO_SPREAD)
    half = abs(b) * t_quantile(1 - alpha / 2, _degrees(parts[g], columns.n[g])) * math.sqrt(variance)
    return Estimate(n, value, value - half, value + half)


def _difference(
    columns: Arrays, w: np.ndarray, parts: np.ndarray, *, fixed_start: bool, by: float, alpha: float
) -> Difference:
    gap, variance = by * float(w @ (columns.mean[0] - columns.mean[1])), by * by * float(parts.sum())
    if variance == 0:
        return Difference(gap, None, None, None, None, None, None, reasons.NO_SPREAD)
    df, se = _degrees(parts, columns.n), math.sqrt(variance)
    half = t_quantile(1 - alpha / 2, df) * se
    p = 2 * float(stdtr(df, -abs(gap) / se))
    low_always = high_always = None
    if fixed_start and columns.n.sum(axis=1).min() >= thresholds.ALWAYS_VALID:
        wide = confidence_sequence.half_width(variance, int(columns.n.sum()), alpha=alpha)
        low_always, high_always = gap - wide, gap + wide
    return Difference(gap, gap - half, gap + half, low_always, high_always, p, None)


def _share_difference(strata: Strata, w: np.ndarray, *, fixed_start: bool, alpha: float) -> Difference:
    """Score limits with these weights; p does not depend on the weights."""
    pairs = [(a, b) for a, b in strata.values() if isinstance(a, ShareStats) and isinstance(b, ShareStats)]
    tables = Tables.of(pairs)
    gap, p = float(w @ (tables.a / tables.n1 - tables.c / tables.n2)), share_p(tables)
    if p is None:
        return Difference(gap, None, None, None, None, None, None, reasons.NO_SPREAD)
    low, high = score_limits(tables, w, z_quantile(1 - alpha / 2))
    low_always = high_always = None
    sizes = float(tables.n1.sum()), float(tables.n2.sum())
    if fixed_start and min(sizes) >= thresholds.ALWAYS_VALID:
        low_always, high_always = score_limits(
            tables, w, confidence_sequence.quantile(int(sum(sizes)), alpha)
        )
    return agreeing(Difference(gap, low, high, low_always, high_always, p, None), alpha)
