"""Two groups: the difference of the first and the second, with its intervals, p and effect size."""

from __future__ import annotations

import math
from dataclasses import replace

from scipy.special import ndtr, stdtr

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import (
    ALPHA,
    AS_IS,
    Scale,
    gamma,
    heaped_times,
    moments,
    quantile,
    t_quantile,
    wilson,
    woodruff,
    z_quantile,
)
from metrics.inference.base.results import Difference
from metrics.inference.base.stats import (
    MeanStats,
    RateStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
)
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.effects import effect, relative


def difference(
    first: Stats,
    second: Stats,
    *,
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> Difference:
    """First minus second; both of the same kind (TypeError otherwise).

    Means, scores and ratios: Welch's t (Biometrika 34, 1947). Shares: Newcombe's hybrid score interval
    (Statistics in Medicine 17, 1998, method 10), p from the pooled z test. Quantiles of times: Woodruff
    limits of both, squared and added (MOVER; Zou and Donner 2008). ``fixed_start`` says that the data grow
    from a fixed start, and adds always-valid limits from 30 per group. Of ``scale = (a, b)`` b counts.
    """
    if type(first) is not type(second):
        raise TypeError(f"cannot compare {type(first).__name__} with {type(second).__name__}")
    if min(first.n, second.n) == 0:
        return Difference.missing(missing.ONE_SIDED if first.n + second.n else missing.NO_DATA)
    if min(first.n, second.n) < minimum_n:
        return Difference.missing(missing.TOO_FEW)
    if isinstance(first, ShareStats) and isinstance(second, ShareStats):
        found = _shares(first, second, alpha)
    elif isinstance(first, TimeBins) and isinstance(second, TimeBins):
        found = _quantiles(first, second, alpha)
    elif isinstance(first, RateStats) and isinstance(second, RateStats):
        found = _rates(first, second, alpha)
    else:
        found = _welch(first, second, alpha)  # type: ignore[arg-type]
    result, variance = found
    n = first.n + second.n
    if fixed_start and min(first.n, second.n) >= thresholds.ALWAYS_VALID:
        if isinstance(first, ShareStats) and isinstance(second, ShareStats):
            if not result.reason:
                low, high = newcombe(first, second, 2 * float(ndtr(-confidence_sequence.quantile(n, alpha))))
                result = replace(result, low_always=low, high_always=high)
        elif variance:
            result = _looked_at(result, confidence_sequence.half_width(variance, n, alpha=alpha))
    return result.scaled(scale[1])


def welch(
    means: tuple[float, float], variances: tuple[float, float], sizes: tuple[int, int], alpha: float = ALPHA
) -> tuple[Difference, float]:
    """Welch's difference (without effect) from means, variances of one observation and n ≥ 2 each.

    The squared standard error stands beside it. With no variance at all there is no interval.
    """
    parts = [v / n for v, n in zip(variances, sizes, strict=True)]
    gap, squared = means[0] - means[1], sum(parts)
    if squared == 0:
        return Difference(gap, None, None, None, None, None, None, missing.NO_SPREAD), 0.0
    df = squared**2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    se = math.sqrt(squared)
    half = t_quantile(1 - alpha / 2, df) * se
    p = 2 * float(stdtr(df, -abs(gap) / se))
    return Difference(gap, gap - half, gap + half, None, None, p, None), squared


def newcombe(first: ShareStats, second: ShareStats, alpha: float = ALPHA) -> tuple[float, float]:
    """Limits of the difference of two shares: the Wilson limits of both, squared and added."""
    return _squared_and_added(first.share, wilson(first, alpha), second.share, wilson(second, alpha))


def _welch(
    first: MeanStats | ScoreStats | RatioStats, second: MeanStats | ScoreStats | RatioStats, alpha: float
) -> tuple[Difference, float]:
    if (
        isinstance(first, RatioStats)
        and isinstance(second, RatioStats)
        and 0 in (first.x_total, second.x_total)
    ):
        return Difference.missing(missing.NO_DENOMINATOR), 0.0
    (mean_1, variance_1), (mean_2, variance_2) = moments(first), moments(second)
    if min(first.n, second.n) < 2:
        return Difference(mean_1 - mean_2, None, None, None, None, None, None, missing.TOO_FEW), 0.0
    found, squared = welch((mean_1, mean_2), (variance_1, variance_2), (first.n, second.n), alpha)
    return replace(found, effect=effect([(first, second)], [1.0], (mean_1, mean_2))), squared


def _shares(first: ShareStats, second: ShareStats, alpha: float) -> tuple[Difference, float]:
    gap = first.share - second.share
    low, high = newcombe(first, second, alpha)
    pooled = (first.hits + second.hits) / (first.n + second.n)
    null = pooled * (1 - pooled) * (1 / first.n + 1 / second.n)
    p = 2 * float(ndtr(-abs(gap) / math.sqrt(null))) if null else None
    size = effect([(first, second)], [1.0], (first.share, second.share))
    squared = sum(moments(stats)[1] / stats.n for stats in (first, second))
    reason = missing.NO_SPREAD if p is None else ""
    return Difference(gap, low, high, None, None, p, size, reason), squared


def _rates(first: RateStats, second: RateStats, alpha: float) -> tuple[Difference, float]:
    if 0 in (first.exposure, second.exposure):
        return Difference.missing(missing.NO_DENOMINATOR), 0.0
    low, high = _squared_and_added(first.rate, gamma(first, alpha), second.rate, gamma(second, alpha))
    gap, squared = first.rate - second.rate, sum(s.squares / s.exposure**2 for s in (first, second))
    p = 2 * float(ndtr(-abs(gap) / math.sqrt(squared))) if squared else None
    size = relative((first.rate, second.rate))
    return Difference(gap, low, high, None, None, p, size, missing.NO_SPREAD if p is None else ""), squared


def _quantiles(first: TimeBins, second: TimeBins, alpha: float) -> tuple[Difference, float]:
    values = quantile(first, first.q), quantile(second, second.q)
    # Where times are not heaped, those of two groups lie alike in their bins.
    edges = heaped_times(first) or heaped_times(second)
    limits = woodruff(first, alpha, edges=edges), woodruff(second, alpha, edges=edges)
    gap, size = values[0] - values[1], relative(values)
    if limits[0] is None or limits[1] is None:
        return Difference(gap, None, None, None, None, None, size, missing.TOO_FEW), 0.0
    low, high = _squared_and_added(values[0], limits[0], values[1], limits[1])
    z = z_quantile(1 - alpha / 2)
    # The side that faces zero decides whether zero is inside, so p and interval agree.
    towards_zero = gap - low if gap > 0 else high - gap
    p = 2 * float(ndtr(-abs(gap) / (towards_zero / z))) if towards_zero else None
    return Difference(gap, low, high, None, None, p, size), ((high - low) / (2 * z)) ** 2


def _squared_and_added(
    value_1: float, limits_1: tuple[float, float], value_2: float, limits_2: tuple[float, float]
) -> tuple[float, float]:
    gap = value_1 - value_2
    low = gap - math.hypot(value_1 - limits_1[0], limits_2[1] - value_2)
    return low, gap + math.hypot(limits_1[1] - value_1, value_2 - limits_2[0])


def _looked_at(found: Difference, half: float) -> Difference:
    gap = found.difference
    return found if gap is None else replace(found, low_always=gap - half, high_always=gap + half)
