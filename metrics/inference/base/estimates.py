"""One group: an estimate with its interval, for every kind of statistics."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri, ndtr, ndtri, stdtrit

from metrics.inference.base import missing, thresholds
from metrics.inference.base.heaping import heaped, lower_edge, upper_edge
from metrics.inference.base.results import Estimate
from metrics.inference.base.stats import (
    BIN_WIDTH,
    MeanStats,
    RateStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
)

ALPHA = 0.05
Scale = tuple[float, float]
AS_IS: Scale = (0.0, 1.0)
INDEX: Scale = (-100 / 9, 100 / 9)  # a score of 1–10 as an index of 0–100


def estimate(
    stats: Stats, *, minimum_n: int = thresholds.TOO_FEW, scale: Scale = AS_IS, alpha: float = ALPHA
) -> Estimate:
    """Mean, share, ratio or quantile of one group with its (1 − alpha) interval.

    Means and scores: Student's t. Shares: Wilson (1927). Ratios: delta method with t. Rates:
    gamma limits. Time bins: the quantile they ask for, with Woodruff limits (1952).
    ``scale = (a, b)`` gives a + b·x, so that ``scale=INDEX`` makes a csat_index of scores. Below
    ``minimum_n`` there is a reason and no value.
    """
    reason = _missing(stats, minimum_n)
    if reason:
        return Estimate(stats.n, None, None, None, reason)
    if isinstance(stats, ShareStats):
        return _scaled(stats.n, stats.share, wilson(stats, alpha), scale)
    if isinstance(stats, RateStats):
        return _scaled(stats.n, stats.rate, gamma(stats, alpha), scale)
    if isinstance(stats, TimeBins):
        return _scaled(stats.n, quantile(stats, stats.q), woodruff(stats, alpha), scale)
    value, variance = moments(stats)
    if stats.n < 2 or variance == 0:
        return _scaled(stats.n, value, None, scale, missing.TOO_FEW if stats.n < 2 else missing.NO_SPREAD)
    half = t_quantile(1 - alpha / 2, stats.n - 1) * math.sqrt(variance / stats.n)
    return _scaled(stats.n, value, (value - half, value + half), scale)


def _missing(stats: Stats, minimum_n: int) -> str:
    if stats.n == 0:
        return missing.NO_DATA
    if stats.n < minimum_n:
        return missing.TOO_FEW
    if (isinstance(stats, RatioStats) and stats.x_total == 0) or (
        isinstance(stats, RateStats) and stats.exposure == 0
    ):
        return missing.NO_DENOMINATOR
    return ""


def moments(stats: MeanStats | ScoreStats | RatioStats | ShareStats) -> tuple[float, float]:
    """Value and the variance of one observation (0 where n < 2)."""
    if isinstance(stats, RatioStats):
        return stats.ratio, stats.variance if stats.n > 1 else 0.0
    sums = stats if isinstance(stats, MeanStats) else stats.mean_stats()
    return sums.mean, sums.variance if sums.n > 1 else 0.0


def wilson(stats: ShareStats, alpha: float = ALPHA) -> tuple[float, float]:
    """Wilson's score interval of a share (JASA 22, 1927), without continuity correction. Needs n ≥ 1."""
    return wilson_limits(stats.share, stats.n, z_quantile(1 - alpha / 2))


def wilson_limits(share: float, size: float, z: float) -> tuple[float, float]:
    """Wilson's limits of a share worth ``size`` independent observations; z may be a quantile of t."""
    share = min(max(share, 0.0), 1.0)
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    # At the ends the limits are 0 and 1 exactly; rounding would leave 1e-17.
    return (0.0 if share == 0 else middle - half, 1.0 if share == 1 else middle + half)


def effective_size(share: float, variance: float, size: float) -> float:
    """How many independent observations a share of known variance is worth, at most the ``size`` it has (Korn
    and Graubard, Survey Methodology 24, 1998); all of them where nothing varied."""
    return min(size, share * (1 - share) / variance) if variance > 0 and 0 < share < 1 else size


def gamma(stats: RateStats, alpha: float = ALPHA) -> tuple[float, float]:
    """Gamma limits of a rate (Fay and Feuer, Statistics in Medicine 16, 1997), with the mean weight Σx² ÷ Σx
    as that of one more. Of a plain count they are the exact Poisson limits (Garwood, Biometrika 28, 1936)."""
    total, squares = stats.total, stats.squares
    if total == 0 or squares == 0:
        return 0.0, 0.0
    weight = squares / total
    low = weight / 2 * float(chdtri(2 * total / weight, 1 - alpha / 2))
    high = weight / 2 * float(chdtri(2 * (total / weight + 1), alpha / 2))
    return low / stats.exposure, high / stats.exposure


def quantile(stats: TimeBins, q: float) -> float:
    """The q-quantile in seconds, interpolated on the log scale within its bin. Needs n ≥ 1."""
    k, inside = _place(stats, q)
    return float(BIN_WIDTH ** (k + inside)) if k >= 0 else 0.0


def _place(stats: TimeBins, q: float) -> tuple[int, float]:
    """The bin of the q-quantile, and how far into it that lies."""
    wanted, before = q * stats.n, 0
    for k, count in stats.counts:
        if count and before + count >= wanted:
            return k, (wanted - before) / count
        before += count
    raise ValueError("a histogram without times has no quantile")


def heaped_times(stats: TimeBins) -> bool:
    """Whether times were told to the minute, say, near the quantile."""
    bins, counts = np.array(stats.counts).T
    return heaped(bins, counts, _place(stats, stats.q)[0])


def woodruff(stats: TimeBins, alpha: float = ALPHA, *, edges: bool = True) -> tuple[float, float] | None:
    """Limits of the quantile: the quantiles at q ± z√(q(1−q)/n) (Woodruff, JASA 47, 1952), out to the edges
    of their bins (unless ``edges`` is off), since times told to the minute may lie anywhere in a bin.

    None where those lie outside of what was observed.
    """
    half = z_quantile(1 - alpha / 2) * math.sqrt(stats.q * (1 - stats.q) / stats.n)
    if stats.q - half <= 0 or stats.q + half >= 1:
        return None
    if not edges:
        return quantile(stats, stats.q - half), quantile(stats, stats.q + half)
    return lower_edge(_place(stats, stats.q - half)[0]), upper_edge(_place(stats, stats.q + half)[0])


def t_beyond(z: float, df: float) -> float:
    """The quantile of t that is as far out as z is in a normal distribution."""
    return -float(stdtrit(df, ndtr(-z)))


def z_quantile(p: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(ndtri(p))


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t; df may be broken."""
    return float(stdtrit(df, p))


def _scaled(
    n: int, value: float, limits: tuple[float, float] | None, scale: Scale, reason: str = ""
) -> Estimate:
    a, b = scale
    if limits is None:
        return Estimate(n, a + b * value, None, None, reason or missing.TOO_FEW)
    low, high = sorted((a + b * limits[0], a + b * limits[1]))
    return Estimate(n, a + b * value, low, high, reason)
