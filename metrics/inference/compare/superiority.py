"""Scores against scores: how often would a customer of the first group have given the higher one?"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtr

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import ALPHA, t_quantile
from metrics.inference.base.results import Difference
from metrics.inference.base.stats import ScoreStats


def superiority(
    first: ScoreStats, second: ScoreStats, *, minimum_n: int = thresholds.TOO_FEW, alpha: float = ALPHA
) -> Difference:
    """P(first > second) + ½·P(equal), 0–1; ½ is no difference. ``effect`` is Cliff's delta, 2P − 1.

    p is Brunner and Munzel's test (Biometrical Journal 42, 2000; scipy's ``brunnermunzel`` from ten bins),
    the interval its logit form, which stays inside 0–1. None on complete separation.
    """
    if min(first.n, second.n) == 0:
        return Difference.missing(missing.ONE_SIDED if first.n + second.n else missing.NO_DATA)
    if min(first.n, second.n) < max(minimum_n, 2):
        return Difference.missing(missing.TOO_FEW)
    p, variance, df = placements(first, second)
    effect = 2 * p - 1
    if p in (0.0, 1.0):
        return Difference(p, None, None, None, None, None, effect, missing.SEPARATED)
    if variance == 0:
        return Difference(p, None, None, None, None, None, effect, missing.NO_SPREAD)
    se = math.sqrt(variance)
    half = t_quantile(1 - alpha / 2, df) * se / (p * (1 - p))
    logit = math.log(p / (1 - p))
    p_value = 2 * float(stdtr(df, -abs(p - 0.5) / se))
    return Difference(p, _expit(logit - half), _expit(logit + half), None, None, p_value, effect)


def probabilities(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """P(first > second) + ½·P(equal) of each row of counts of scores; every row has some."""
    below = np.cumsum(second, axis=1) - second / 2
    return np.asarray((first * below).sum(axis=1) / (first.sum(axis=1) * second.sum(axis=1)))


def placements(first: ScoreStats, second: ScoreStats) -> tuple[float, float, float]:
    """The probability of superiority, its variance and Satterthwaite's degrees of freedom; both n ≥ 2."""
    a, b = np.asarray(first.bins, float), np.asarray(second.bins, float)
    # Where a score of one group stands in the other: the share below it and half of the ties.
    in_second = (np.cumsum(b) - b / 2) / b.sum()
    in_first = (np.cumsum(a) - a / 2) / a.sum()
    p = float(a @ in_second / a.sum())
    parts = [
        float(a @ (in_second - p) ** 2) / (first.n - 1) / first.n,
        float(b @ (in_first - (1 - p)) ** 2) / (second.n - 1) / second.n,
    ]
    variance = sum(parts)
    below = parts[0] ** 2 / (first.n - 1) + parts[1] ** 2 / (second.n - 1)
    return p, variance if variance > 1e-15 else 0.0, variance**2 / below if below else 1.0


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-value))
