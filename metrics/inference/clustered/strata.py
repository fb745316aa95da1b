"""Like for like between partners: the same questions, and agents who share a fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import ALPHA, AS_IS, Scale
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import ShareStats
from metrics.inference.clustered.clusters import (
    corrected,
    crossed,
    gap_of_shares,
    gap_with,
    interval,
    row,
    together,
)
from metrics.inference.compare.score_limits import Tables
from metrics.inference.compare.strata import MANTEL_HAENSZEL, LikeForLike, Strata, stratum_weights


def like_for_like_by_cluster(
    clusters: Mapping[str, Strata],
    *,
    weights: str = "",
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    by_day: bool = False,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> LikeForLike:
    """As :func:`metrics.inference.compare.strata.like_for_like`, over ``{cluster: {cell: (first,
    second)}}``, with
    the noise of clusters (agents) instead of that of single contacts; ``fixed_start`` and ``by_day`` as in
    :func:`metrics.inference.clustered.clusters.by_cluster`.

    V sums the squares of what each cluster adds to d (linearisation; Särndal, Swensson and Wretman, *Model
    Assisted Survey Sampling*, 1992, 5.5). Where few clusters are in both groups each is corrected for what
    its clusters weigh in it, see :func:`metrics.inference.clustered.clusters.corrected`; else t with G − 1.
    Shares keep the weights of Mantel and Haenszel.
    """
    cells = sorted({cell for own in clusters.values() for cell in own})
    sums = sums_of(clusters, {cell: i for i, cell in enumerate(cells)})
    n = sums[0].sum(axis=1)  # (group, cell)
    shared = (n > 0).all(axis=0)
    kept, all_ = n[:, shared].sum(axis=1), n.sum(axis=1)
    here = sums[0][:, :, shared].sum(axis=2) > 0  # (group, cluster)
    counts = here.sum(axis=1)
    weights = weights or (MANTEL_HAENSZEL if shares(clusters) else "pooled")

    def result(groups: list[Estimate], gap: Difference) -> LikeForLike:
        supported = [_share(k, a) for k, a in zip(kept, all_, strict=True)]
        support = _share(kept.sum(), all_.sum())
        strata, dropped = int(shared.sum()), int((~shared).sum())
        return LikeForLike(
            weights, groups[0], groups[1], gap, support, supported[0], supported[1], strata, dropped
        )

    reason = _missing(all_, kept, counts, minimum_n)
    if reason:
        empty = [Estimate(int(k), None, None, None, reason) for k in kept]
        return result(empty, Difference.missing(reason))
    w = stratum_weights(n[:, shared], weights)
    mean = sums[1].sum(axis=1)[:, shared] / n[:, shared]
    # What each cluster adds to each group's standardised mean, (group, cluster).
    added = (
        (sums[1][:, :, shared] - mean[:, None] * sums[0][:, :, shared]) * (w / n[:, shared])[:, None]
    ).sum(axis=2)
    values = float(mean[0] @ w), float(mean[1] @ w)
    looked_at = int(kept.sum()) if fixed_start and min(kept) >= thresholds.ALWAYS_VALID else 0
    tables = _tables(n[:, shared], mean) if shares(clusters) and scale == AS_IS else None
    if by_day or not crossed(here):
        noise = corrected(added, (sums[0][:, :, shared] * (w / n[:, shared])[:, None]).sum(axis=2))
        return result(*_apart(values, noise, kept, tables, w, looked_at=looked_at, scale=scale, alpha=alpha))
    squares = float(added[0] @ added[0]), float(added[1] @ added[1]), float(added[0] @ added[1])
    present = int(counts[0]), int(counts[1]), int(here.any(axis=0).sum())
    first, second, gap = linearised(
        values,
        squares,
        present,
        (int(kept[0]), int(kept[1])),
        int(shared.sum()),
        shared=True,
        tables=tables,
        weights=w,
        looked_at=looked_at,
        scale=scale,
        alpha=alpha,
    )
    return result([first, second], gap)


def _apart(
    values: tuple[float, float],
    noise: Sequence[tuple[float, float]],
    kept: np.ndarray,
    tables: Tables | None,
    weights: np.ndarray,
    *,
    looked_at: int,
    scale: Scale,
    alpha: float,
) -> tuple[list[Estimate], Difference]:
    """Groups with few clusters in common."""
    a, b = scale
    noise = [(b * b * variance, df) for variance, df in noise]
    groups = [
        interval(int(kept[g]), a + b * values[g], *noise[g], alpha, share=tables is not None) for g in (0, 1)
    ]
    gap = gap_with(b * (values[0] - values[1]), *noise[2], alpha, looked_at=looked_at)
    return groups, gap if tables is None else gap_of_shares(gap, tables, weights, noise[2], alpha)


def _tables(n: np.ndarray, mean: np.ndarray) -> Tables:
    hits = np.round(n * mean)
    return Tables(hits[0], hits[1], n[0], n[1])


def linearised(
    values: tuple[float, float],
    squares: tuple[float, float, float],
    counts: tuple[int, int, int],
    sizes: tuple[int, int],
    strata: int,
    *,
    shared: bool,
    tables: Tables | None = None,
    weights: np.ndarray | None = None,
    looked_at: int = 0,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> tuple[Estimate, Estimate, Difference]:
    """Both groups and their difference from what clusters add to each group's value: ``squares`` are Σa², Σb²
    and Σab over clusters, ``counts`` how many the first, the second and both together have (2 or more each);
    ``shared`` says that some are in both.

    Shares come with their ``tables`` and ``weights`` of strata, for limits that hold where hits are rare. The
    correction is that of a regression on groups and strata and the product of both, as statsmodels'
    ``cov_type="cluster"`` has it: G/(G−1)·(N−1)/(N−2·strata). A group by itself has G/(G−1).
    """
    a, b = scale
    variances = [b * b * counts[g] / (counts[g] - 1) * squares[g] for g in (0, 1)]
    told = [a + b * value for value in values]
    scored = tables is not None
    first, second = (
        interval(sizes[g], told[g], variances[g], counts[g] - 1.0, alpha, share=scored) for g in (0, 1)
    )
    if shared:
        n = sum(sizes)
        left = max(n - 2 * strata, 1)  # none where every stratum has but one contact of each group
        factor = b * b * counts[2] / (counts[2] - 1) * (n - 1) / left
        variance, df = factor * (squares[0] + squares[1] - 2 * squares[2]), counts[2] - 1.0
    else:
        variance, df = together([(variances[g], counts[g] - 1.0) for g in (0, 1)])
    found = gap_with(told[0] - told[1], variance, df, alpha, looked_at=looked_at)
    if tables is not None and weights is not None:
        found = gap_of_shares(found, tables, weights, (variance, df), alpha)
    return first, second, found


def sums_of(clusters: Mapping[str, Strata], column: Mapping[tuple[str, ...], int]) -> np.ndarray:
    """(n and total, group, cluster, cell)."""
    sums = np.zeros((2, 2, len(clusters), len(column)))
    for i, own in enumerate(clusters.values()):
        for cell, pair in own.items():
            for g in (0, 1):
                if pair[g].n:
                    sums[:, g, i, column[cell]] = row(pair[g])[1:]
    return sums


def shares(clusters: Mapping[str, Strata]) -> bool:
    """Whether the clusters' strata are of shares."""
    pairs = [pair for own in clusters.values() for pair in own.values()]
    return bool(pairs) and all(isinstance(pair[0], ShareStats) for pair in pairs)


def _missing(all_: np.ndarray, kept: np.ndarray, counts: np.ndarray, minimum_n: int) -> str:
    if not all_.all():
        return missing.ONE_SIDED if all_.any() else missing.NO_DATA
    if not kept.all():
        return missing.NO_SUPPORT
    if min(kept) < minimum_n:
        return missing.TOO_FEW
    return missing.TOO_FEW_CLUSTERS if min(counts) < 2 else ""


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
