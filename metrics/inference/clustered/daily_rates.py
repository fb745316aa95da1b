"""Counts by day: contacts come in busy and quiet days, so a count scatters more than its own square root."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import ALPHA, estimate, t_beyond, t_quantile
from metrics.inference.base.results import Difference, Estimate
from metrics.inference.base.stats import RateStats
from metrics.inference.clustered.clusters import Clustered
from metrics.inference.compare import confidence_sequence
from metrics.inference.compare.differences import difference

FEWEST = 5  # days
WEEKDAYS_FROM = 21  # days, from which on each weekday has a level of its own


def rates_by_day(
    days: Sequence[tuple[int, float, float]],
    groups: tuple[RateStats, RateStats],
    *,
    minimum_n: int = thresholds.TOO_FEW,
    fixed_start: bool = False,
    alpha: float = ALPHA,
) -> Clustered:
    """Compare two rates over ``(weekday, total of the first, total of the second)`` of each day of the span,
    days without anything included.

    The long-run variance of the days about their weekdays' means (Newey and West, Econometrica 55, 1987;
    Bartlett weights up to the cube root of the days), with 3D ÷ 2L degrees of freedom; never less than what a
    count has by itself.
    """
    plain = difference(*groups, minimum_n=minimum_n, alpha=alpha)
    singles = [estimate(one, minimum_n=minimum_n, alpha=alpha) for one in groups]
    counts = len(days), len(days)
    if plain.difference is None or plain.low is None or plain.high is None:
        return Clustered(singles[0], singles[1], plain, *counts, None)
    if len(days) < FEWEST:
        few = Difference.missing(missing.TOO_FEW_CLUSTERS)
        first, second = (_unsure(one, few.reason) for one in singles)
        return Clustered(first, second, few, *counts, None)
    weekday = (
        np.array([day for day, _, _ in days]) if len(days) >= WEEKDAYS_FROM else np.zeros(len(days), int)
    )
    totals = np.array([pair for _, *pair in days], dtype=float).T
    scaled = totals / np.array([[one.exposure] for one in groups])
    first, second = (_by_day(one, scaled[g], weekday, alpha) for g, one in enumerate(singles))
    own = [one.squares / one.exposure**2 for one in groups]
    variance, df = long_run(scaled[0] - scaled[1], weekday)
    variance = max(variance, sum(own))
    t, se, gap = t_quantile(1 - alpha / 2, df), math.sqrt(variance), plain.difference
    p = 2 * float(stdtr(df, -abs(gap) / se))
    low, high = min(gap - t * se, plain.low), max(gap + t * se, plain.high)
    found = Difference(gap, low, high, None, None, max(p, plain.p or 0.0), plain.effect)
    n = groups[0].n + groups[1].n
    if fixed_start and min(one.n for one in groups) >= thresholds.ALWAYS_VALID:
        wide = t_beyond(confidence_sequence.quantile(n, alpha), df) * se
        found = Difference(gap, low, high, gap - wide, gap + wide, found.p, plain.effect)
    return Clustered(first, second, found, *counts, variance / sum(own) if sum(own) else None)


def long_run(values: np.ndarray, weekday: np.ndarray) -> tuple[float, float]:
    """Variance of the sum of daily values, and its degrees of freedom."""
    days, levels = len(values), np.unique(weekday)
    rest = values.astype(float).copy()
    for level in levels:
        rest[weekday == level] -= rest[weekday == level].mean()
    lags = int(days ** (1 / 3))
    total = float(rest @ rest)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(rest[lag:] @ rest[:-lag])
    return max(total, 0.0) * days / (days - len(levels)), min(1.5 * days / lags, float(days - len(levels)))


def _by_day(one: Estimate, values: np.ndarray, weekday: np.ndarray, alpha: float) -> Estimate:
    """A rate with limits on the log scale, so that they stay above 0; no narrower than those of a count."""
    if not one.value or one.low is None or one.high is None:
        return one
    variance, df = long_run(values, weekday)
    reach = math.exp(min(t_quantile(1 - alpha / 2, df) * math.sqrt(variance) / one.value, 50.0))
    return Estimate(
        one.n, one.value, min(one.low, one.value / reach), max(one.high, one.value * reach), one.reason
    )


def _unsure(one: Estimate, reason: str) -> Estimate:
    return Estimate(one.n, one.value, None, None, one.reason or reason)
