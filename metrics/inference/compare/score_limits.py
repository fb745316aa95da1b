"""Shares whose hits are few: limits and tests that do not lean on the variance of the hits that were seen.

With one hit in the small group the plug-in variance is itself a matter of luck. Score limits take the
variance that each candidate difference would have, and the exact test counts the ways in which the hits could
have fallen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, gammaln

from metrics.inference.base.results import Difference
from metrics.inference.base.stats import ShareStats

RARE = 10.0  # hits (or misses) expected of a group, below which they are counted rather than averaged
_STEPS = 40  # halvings of the range of differences: to 1e-12


@dataclass(frozen=True)
class Tables:
    """Strata that both groups have, as columns: hits ``a`` of ``n1`` and ``c`` of ``n2``."""

    a: np.ndarray
    c: np.ndarray
    n1: np.ndarray
    n2: np.ndarray

    @classmethod
    def of(cls, pairs: Sequence[tuple[ShareStats, ShareStats]]) -> Tables:
        """From the sums; strata of one group only are left out."""
        rows = [(one.hits, other.hits, one.n, other.n) for one, other in pairs if one.n and other.n]
        return cls(*np.array(rows, dtype=float).reshape(-1, 4).T)

    @property
    def mantel_haenszel(self) -> np.ndarray:
        """The weights of Mantel and Haenszel, adding up to 1."""
        raw = self.n1 * self.n2 / (self.n1 + self.n2)
        return np.asarray(raw / raw.sum())

    @property
    def likely(self) -> tuple[np.ndarray, np.ndarray]:
        """The first group's expected hits and their variance where groups do not differ: hypergeometric."""
        n, hits = self.n1 + self.n2, self.a + self.c
        variance = self.n1 * self.n2 * hits * (n - hits) / (n**2 * np.maximum(n - 1, 1))
        return self.n1 * hits / n, np.where(n > 1, variance, 0.0)

    @property
    def rare(self) -> bool:
        """Whether one of the groups is expected to have so few hits, or misses, that they must be counted."""
        hits, n = self.a + self.c, self.n1 + self.n2
        expected = [float((own * part / n).sum()) for own in (self.n1, self.n2) for part in (hits, n - hits)]
        return min(expected) < RARE


def score_limits(tables: Tables, weights: np.ndarray, z: float) -> tuple[float, float]:
    """Limits of Σw(p₁ − p₂), w adding up to 1: the differences δ that a score test does not reject.

    (Σw(d − δ))² ≤ z²·Σw²·V(δ), V being each stratum's variance at the likeliest shares that differ by δ,
    times N/(N − 1) (Miettinen and Nurminen, Statistics in Medicine 4, 1985). With the weights of Mantel and
    Haenszel 0 lies within exactly where the Cochran–Mantel–Haenszel test does not reject.
    """
    gap = float(weights @ (tables.a / tables.n1 - tables.c / tables.n2))
    low, high = _limits(tables, np.full(1, gap), (weights**2)[:, None], z)
    return float(low[0]), float(high[0])


def score_limits_by_stratum(tables: Tables, z: float) -> tuple[np.ndarray, np.ndarray]:
    """The same limits of p₁ − p₂ of each stratum by itself."""
    return _limits(tables, tables.a / tables.n1 - tables.c / tables.n2, None, z)


def _limits(
    tables: Tables, gaps: np.ndarray, squares: np.ndarray | None, z: float
) -> tuple[np.ndarray, np.ndarray]:
    """Both limits of each gap, found by halving. ``squares`` weigh the variances of the strata (strata ×
    gaps); None: each gap is that of its own stratum."""
    total = tables.n1 + tables.n2
    correction = total / np.maximum(total - 1, 1)
    edges = np.array([[-1.0], [1.0]])
    inside, outside = np.tile(gaps, (2, 1)), np.repeat(edges, gaps.size, axis=1)
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        first, second = restricted(tables, middle)
        variance = (first * (1 - first) / tables.n1 + second * (1 - second) / tables.n2) * correction
        beyond = (gaps - middle) ** 2 > z * z * (variance if squares is None else variance @ squares)
        inside, outside = np.where(beyond, inside, middle), np.where(beyond, middle, outside)
    low, high = np.where(np.abs(inside - edges) < 1e-9, edges, inside)
    return low, high


def restricted(tables: Tables, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest shares of both groups, stratum by stratum, that differ by ``delta``: the root of the
    cubic of Miettinen and Nurminen (1985, appendix 1)."""
    n, hits = tables.n1 + tables.n2, tables.a + tables.c
    second = ((tables.n1 + 2 * tables.n2) * delta - n - hits) / (3 * n)
    first = ((tables.n2 * delta - n - 2 * tables.c) * delta + hits) / (3 * n)
    rest = tables.c * delta * (1 - delta) / (2 * n)
    q = second**3 - 1.5 * first * second + rest
    p = np.copysign(np.sqrt(np.maximum(second**2 - first, 0.0)), q)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(p != 0, q / p**3, 1.0)
    share = 2 * p * np.cos((math.pi + np.arccos(np.clip(angle, -1.0, 1.0))) / 3) - second
    share = np.clip(share, np.maximum(0.0, -delta), np.minimum(1.0, 1 - delta))
    return share + delta, share


def cmh_p(tables: Tables) -> float | None:
    """The Cochran–Mantel–Haenszel test without continuity correction (JNCI 22, 1959); None without spread."""
    expected, variance = tables.likely
    if not variance.sum():
        return None
    return float(chdtrc(1, float((tables.a - expected).sum()) ** 2 / float(variance.sum())))


def exact_p(tables: Tables) -> float:
    """Twice the smaller tail of the first group's hits, given all hits, with half the probability of the
    number itself (mid-p; Lancaster, JASA 56, 1961).

    The hits of a stratum are hypergeometric where the groups do not differ, those of all strata their sum
    (Gart, Biometrika 57, 1970).
    """
    mass, start = np.ones(1), 0
    for a_of, n1, n2 in zip(tables.a + tables.c, tables.n1, tables.n2, strict=True):
        least, most = int(max(0, a_of - n2)), int(min(a_of, n1))
        if most > least:
            k = np.arange(least, most + 1)
            own = np.exp(_choose(n1, k) + _choose(n2, a_of - k) - _choose(n1 + n2, a_of))
            mass = np.convolve(mass, own)
        start += least
    at = int(tables.a.sum()) - start
    below, here = float(mass[:at].sum()), float(mass[at])
    above = max(1.0 - below - here, float(mass[at + 1 :].sum()))
    return min(1.0, 2 * min(below, above) + here)


def share_p(tables: Tables) -> float | None:
    """The exact test where hits or misses are rare in a group, else that of Cochran, Mantel and Haenszel."""
    p = cmh_p(tables)
    return p if p is None or not tables.rare else exact_p(tables)


def stretched(low: float, high: float, gap: float, factor: float) -> tuple[float, float]:
    """Limits moved away from ``gap`` by a factor, within what differences of shares can be."""
    return max(gap - factor * (gap - low), -1.0), min(gap + factor * (high - gap), 1.0)


def agreeing(found: Difference, alpha: float) -> Difference:
    """An interval holds whatever is not rejected: where the test does not reject 0, 0 is in it."""
    if found.p is None or found.p <= alpha or found.low is None or found.high is None:
        return found
    return replace(found, low=min(found.low, 0.0), high=max(found.high, 0.0))


def _choose(n: float, k: np.ndarray | float) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1))
