"""Shares over strata, also when the strata are many and small."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc

from metrics.inference import reasons
from metrics.inference.estimates import ALPHA, z_quantile
from metrics.inference.results import Difference
from metrics.inference.stats import ShareStats


def mantel_haenszel(tables: Sequence[tuple[ShareStats, ShareStats]], *, alpha: float = ALPHA) -> Difference:
    """The common difference of shares, first − second; ``effect`` is the common odds ratio.

    Estimate of Mantel and Haenszel with the variance of Sato (Sato, Greenland and Robins, Biometrics 45,
    1989), which holds for few large as for many small strata. p is the Cochran–Mantel–Haenszel test
    without continuity correction (JNCI 22, 1959). Strata with one group only carry no weight.
    """
    a = np.array([first.hits for first, _ in tables], dtype=float)
    c = np.array([second.hits for _, second in tables], dtype=float)
    n1 = np.array([first.n for first, _ in tables], dtype=float)
    n2 = np.array([second.n for _, second in tables], dtype=float)
    if not n1.sum() or not n2.sum():
        return Difference.missing(reasons.ONE_SIDED if n1.sum() + n2.sum() else reasons.NO_DATA)
    shared = (n1 > 0) & (n2 > 0)
    if not shared.any():
        return Difference.missing(reasons.NO_SUPPORT)
    a, c, n1, n2 = a[shared], c[shared], n1[shared], n2[shared]
    n = n1 + n2
    weight = float((n1 * n2 / n).sum())
    gap = float((a * n2 / n - c * n1 / n).sum()) / weight
    p_part = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    q_part = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    variance = (gap * float(p_part.sum()) + float(q_part.sum())) / weight**2
    odds_below = float((c * (n1 - a) / n).sum())
    odds_ratio = float((a * (n2 - c) / n).sum()) / odds_below if odds_below else None
    p = _cmh(a, c, n1, n2)
    if variance <= 0 or p is None:
        return Difference(gap, None, None, None, None, p, odds_ratio, reasons.NO_SPREAD)
    half = z_quantile(1 - alpha / 2) * math.sqrt(variance)
    return Difference(gap, gap - half, gap + half, None, None, p, odds_ratio)


def _cmh(a: np.ndarray, c: np.ndarray, n1: np.ndarray, n2: np.ndarray) -> float | None:
    many = n1 + n2 > 1
    a, c, n1, n2 = a[many], c[many], n1[many], n2[many]
    n, hits = n1 + n2, a + c
    variance = float((n1 * n2 * hits * (n - hits) / (n**2 * (n - 1))).sum())
    if variance == 0:
        return None
    return float(chdtrc(1, float((a - n1 * hits / n).sum()) ** 2 / variance))
