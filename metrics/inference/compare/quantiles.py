"""Medians and other quantiles of times, like for like and by cluster, read off standardised distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr

from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.base.estimates import ALPHA, t_beyond, t_quantile, z_quantile
from metrics.inference.base.heaping import heaped, lower_edge, upper_edge
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import BIN_WIDTH, TimeBins
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.effects import relative
from metrics.inference.compare.strata import Cell, LikeForLike, missing, stratum_weights

Pair = tuple[TimeBins, TimeBins]


@dataclass(frozen=True)
class Standardised:
    """One group's times over strata of weight ``w``: row s of ``counts`` is the histogram of stratum s."""

    bins: np.ndarray
    counts: np.ndarray  # (strata, bins)
    w: np.ndarray

    @property
    def n(self) -> np.ndarray:
        """Times measured in each stratum."""
        return np.asarray(self.counts.sum(axis=1))

    def quantile(self, q: float) -> float:
        """Seconds below which a share q lies, interpolated on the log scale within the bin."""
        at, inside = self._place(q)
        return _seconds(float(self.bins[at]), inside)

    def below(self, q: float) -> np.ndarray:
        """How much of each bin lies below the q-quantile: 1, 0, or in the quantile's own bin in between."""
        at, inside = self._place(q)
        share = np.zeros(len(self.bins))
        share[:at], share[at] = 1.0, inside
        return share

    def _place(self, q: float) -> tuple[int, float]:
        mass = self.w @ (self.counts / self.n[:, None])
        reached = np.cumsum(mass)
        at = min(int(np.searchsorted(reached, q - 1e-12)), len(mass) - 1)
        before = float(reached[at - 1]) if at else 0.0
        return at, min(max((q - before) / (float(mass[at]) or 1.0), 0.0), 1.0)

    def limits(self, q: float, half: float, *, edges: bool) -> tuple[float, float] | None:
        """Woodruff's limits (JASA 47, 1952), the quantiles at q ± half, or the ``edges`` of their bins; None
        where those were not seen."""
        if q - half <= 0 or q + half >= 1:
            return None
        if edges:
            low, high = (int(self.bins[self._place(at)[0]]) for at in (q - half, q + half))
            return lower_edge(low), upper_edge(high)
        return self.quantile(q - half), self.quantile(q + half)

    def heaped(self, q: float) -> bool:
        """Whether times were told to the minute, say, near the quantile."""
        return heaped(self.bins, self.counts.sum(axis=0), int(self.bins[self._place(q)[0]]))


def quantiles_alike(
    clusters: Mapping[str, Mapping[Cell, Pair]] | None,
    strata: Mapping[Cell, Pair],
    *,
    weights: str = "",
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    alpha: float = ALPHA,
) -> LikeForLike:
    """As :func:`metrics.inference.compare.strata.like_for_like`, for the quantile that the bins ask for.

    Each group's distribution is the weighted mean of its strata's, its quantile is read off that, and limits
    are Woodruff's with the variance of the standardised share. ``clusters`` are the same times by cluster
    (agents), whose noise then counts; None: contacts have nothing in common. A single stratum is the plain
    comparison.
    """
    sizes = np.array([[pair[g].n for pair in strata.values()] for g in (0, 1)], dtype=float).reshape(2, -1)
    shared = {cell: pair for cell, pair in strata.items() if pair[0].n and pair[1].n}
    n = np.array([[pair[g].n for pair in shared.values()] for g in (0, 1)], dtype=float).reshape(2, -1)
    kept, all_, weights = n.sum(axis=1), sizes.sum(axis=1), weights or "pooled"
    reason = missing(sizes, kept, minimum_n)
    groups: tuple[Standardised, Standardised] | None = None
    if not reason:
        groups = standardised(list(shared.values()), stratum_weights(n, weights))
        place = {cell: s for s, cell in enumerate(shared)}
        own = [{place[c]: p for c, p in cells.items() if c in place} for cells in (clusters or {}).values()]
        if clusters is not None and min(_clusters(own)) < 2:
            reason = reasons.TOO_FEW_CLUSTERS
    if reason or groups is None:
        first, second = (Estimate(int(k), None, None, None, reason) for k in kept)
        gap = Difference.missing(reason)
    else:
        q = next(iter(shared.values()))[0].q
        if clusters is None:
            noise_ = Noise(independent(groups[0], q), independent(groups[1], q))
        else:
            noise_ = clustered(own, groups, q)
        first, second, gap = compare_quantiles(groups, noise_, q, fixed_start=fixed_start, alpha=alpha)
    supported = [float(k / t) if t else None for k, t in zip(kept, all_, strict=True)]
    support = float(kept.sum() / all_.sum()) if all_.sum() else None
    dropped = sizes.shape[1] - len(shared)
    return LikeForLike(weights, first, second, gap, support, supported[0], supported[1], len(shared), dropped)


def standardised(strata: Sequence[Pair], w: np.ndarray) -> tuple[Standardised, Standardised]:
    """Both groups over strata that both have."""
    bins = sorted({k for pair in strata for one in pair for k, count in one.counts if count})
    column = {k: i for i, k in enumerate(bins)}
    counts = np.zeros((2, len(strata), len(bins)))
    for s, pair in enumerate(strata):
        for g in (0, 1):
            for k, count in pair[g].counts:
                if count:
                    counts[g, s, column[k]] = count
    places = np.array(bins)
    return Standardised(places, counts[0], w), Standardised(places, counts[1], w)


def independent(one: Standardised, q: float) -> float:
    """Variance of the share below the q-quantile when contacts have nothing in common.

    Σw²p(1 − p)/(n − 1), p being a stratum's own share; a stratum of one borrows what the others have.
    """
    n, p = one.n, (one.counts @ one.below(q)) / one.n
    many = n > 1
    variance = np.where(many, p * (1 - p) * n / np.maximum(n - 1, 1), 0.0)
    common = ((n - 1) * variance).sum() / (n - 1).sum() if many.any() else q * (1 - q)
    return float(one.w**2 @ (np.where(many, variance, common) / n))


@dataclass(frozen=True)
class Noise:
    """How unsure the shares below each group's quantile are: variances, their covariance (of clusters that
    are in both groups), and degrees of freedom (None: many)."""

    first: float
    second: float
    both: float = 0.0
    df: tuple[float, float, float] | None = None  # of the first, the second, the difference


def compare_quantiles(
    groups: tuple[Standardised, Standardised],
    noise: Noise,
    q: float,
    *,
    fixed_start: bool = False,
    alpha: float = ALPHA,
) -> tuple[Estimate, Estimate, Difference]:
    """Both quantiles with Woodruff limits, and their difference by MOVER (Zou and Donner, Statistics in
    Medicine 27, 2008), with the correlation of the groups where clusters are in both."""
    sizes = [int(one.n.sum()) for one in groups]
    values = groups[0].quantile(q), groups[1].quantile(q)
    levels = noise.df or (math.inf, math.inf, math.inf)
    spread = [math.sqrt(max(v, 0.0)) for v in (noise.first, noise.second)]
    own = [one.limits(q, _t(levels[g], alpha) * spread[g], edges=True) for g, one in enumerate(groups)]
    estimates = [_estimate(sizes[g], values[g], own[g]) for g in (0, 1)]
    t = _t(levels[2], alpha)
    # Where times are not heaped, those of two groups lie alike in their bins.
    heaps = any(one.heaped(q) for one in groups)
    limits = [one.limits(q, t * spread[g], edges=heaps) for g, one in enumerate(groups)]
    gap, size = values[0] - values[1], relative(values)
    known = any(spread) or heaps
    if limits[0] is None or limits[1] is None or not known:
        code = reasons.TOO_FEW if any(spread) else reasons.NO_SPREAD
        return estimates[0], estimates[1], Difference(gap, None, None, None, None, None, size, code)
    r = noise.both / (spread[0] * spread[1]) if all(spread) else 0.0
    low = gap - _mover(values[0] - limits[0][0], limits[1][1] - values[1], r)
    high = gap + _mover(limits[0][1] - values[0], values[1] - limits[1][0], r)
    towards_zero = (gap - low if gap > 0 else high - gap) / t
    p = None
    if towards_zero:
        score = -abs(gap) / towards_zero
        p = 2 * float(ndtr(score) if math.isinf(levels[2]) else stdtr(levels[2], score))
    low_always = high_always = None
    if fixed_start and min(sizes) >= thresholds.ALWAYS_VALID:
        z = confidence_sequence.quantile(sum(sizes), alpha)
        factor = (z if math.isinf(levels[2]) else t_beyond(z, levels[2])) / t
        low_always, high_always = gap - factor * (gap - low), gap + factor * (high - gap)
    found = Difference(gap, low, high, low_always, high_always, p, size)
    return estimates[0], estimates[1], found


def clustered(
    clusters: Sequence[Mapping[int, Pair]], groups: tuple[Standardised, Standardised], q: float
) -> Noise:
    """Noise from what each cluster, ``{stratum: (first, second)}``, adds to the shares (linearisation)."""
    coefficients = [contributions(one, q) for one in groups]
    added = np.zeros((2, len(clusters)))
    present = np.zeros((2, len(clusters)), dtype=bool)
    for i, own in enumerate(clusters):
        for s, pair in own.items():
            for g in (0, 1):
                columns = np.searchsorted(groups[g].bins, [k for k, _ in pair[g].counts])
                counts = np.array([count for _, count in pair[g].counts], dtype=float)
                added[g, i] += float(counts @ coefficients[g][s, columns])
                present[g, i] |= counts.sum() > 0
    sums = float(added[0] @ added[0]), float(added[1] @ added[1]), float(added[0] @ added[1])
    counts_ = int(present[0].sum()), int(present[1].sum()), int(present.any(axis=0).sum())
    return noise(sums, counts_, shared=bool(present.all(axis=0).any()))


def _clusters(clusters: Sequence[Mapping[int, Pair]]) -> tuple[int, int]:
    """In how many clusters each group has times."""
    there = [tuple(any(pair[g].n for pair in own.values()) for g in (0, 1)) for own in clusters]
    return sum(first for first, _ in there), sum(second for _, second in there)


def contributions(one: Standardised, q: float) -> np.ndarray:
    """What one contact of (stratum, bin) adds to the share below the quantile: w/n·(below − p)."""
    below = one.below(q)
    p = (one.counts @ below) / one.n
    return np.asarray((one.w / one.n)[:, None] * (below[None] - p[:, None]))


def noise(sums: tuple[float, float, float], counts: tuple[int, int, int], *, shared: bool) -> Noise:
    """From Σa², Σb² and Σab over clusters, with G/(G − 1); ``counts`` of the first, the second and all."""
    first, second, all_ = counts
    own = [total * g / (g - 1) for total, g in zip(sums[:2], (first, second), strict=True)]
    if shared:
        factor = all_ / (all_ - 1)
        df = (first - 1.0, second - 1.0, all_ - 1.0)
        return Noise(sums[0] * factor, sums[1] * factor, sums[2] * factor, df)
    total = sum(own)
    below = own[0] ** 2 / (first - 1) + own[1] ** 2 / (second - 1)
    return Noise(own[0], own[1], 0.0, (first - 1.0, second - 1.0, total**2 / below if below else 1.0))


def _mover(a: float, b: float, r: float) -> float:
    return math.sqrt(max(a * a + b * b - 2 * r * a * b, 0.0))


def _t(df: float, alpha: float) -> float:
    return z_quantile(1 - alpha / 2) if math.isinf(df) else t_quantile(1 - alpha / 2, df)


def _seconds(k: float, inside: float) -> float:
    return float(BIN_WIDTH ** (k + inside)) if k >= 0 else 0.0


def _estimate(n: int, value: float, limits: tuple[float, float] | None) -> Estimate:
    if limits is None:
        return Estimate(n, value, None, None, reasons.TOO_FEW)
    return Estimate(n, value, limits[0], limits[1])
