"""Intervals that stay true however often one looks, for data growing from a fixed start.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476,
theorem 2.2): with k = N·c ÷ N*, the half-width is √(V·(k + 1)/k·ln((k + 1)/α²)), V being the squared
standard error and N the observations of both groups. It is tightest at N = N*, which is fixed
beforehand. Never for rolling windows: what leaves the window takes the guarantee with it.
"""

from __future__ import annotations

import math

from scipy.special import lambertw

TIGHTEST_AT = 2000


def tuning(alpha: float = 0.05) -> float:
    """c, which makes the interval tightest at N*: −W₋₁(−α²/e) − 1, 8.21 at α = .05."""
    return float(-lambertw(-alpha * alpha / math.e, -1).real - 1)


def quantile(n: int, alpha: float = 0.05) -> float:
    """The standard errors that each side is wide at ``n`` observations, as a normal quantile for one look.

    With it as their quantile score limits stay true for rare shares, whose plug-in variance would not."""
    return half_width(1.0, n, alpha=alpha)


def half_width(variance: float, n: int, *, alpha: float = 0.05, tightest_at: int = TIGHTEST_AT) -> float:
    """Half-width around an estimate with squared standard error ``variance`` from ``n`` observations."""
    k = n * tuning(alpha) / tightest_at
    return math.sqrt(variance * (k + 1) / k * math.log((k + 1) / alpha**2))


def p_value(
    difference: float, variance: float, n: int, *, alpha: float = 0.05, tightest_at: int = TIGHTEST_AT
) -> float:
    """Always-valid two-sided p: min(1, √(k+1)·exp(−k/(k+1)·d²/2V)); ≤ alpha where 0 is outside."""
    k = n * tuning(alpha) / tightest_at
    return min(1.0, math.sqrt(k + 1) * math.exp(-k / (k + 1) * difference**2 / (2 * variance)))
