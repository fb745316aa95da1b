"""Who really differs: each group against all, given its size and how much groups differ anyway."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom, false_discovery_control

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import AS_IS, Scale, moments, z_quantile
from metrics.inference.base.stats import MeanStats, ScoreStats, ShareStats
from metrics.inference.groups.shrinkage import PEERS

Judged = MeanStats | ScoreStats | ShareStats
FALSE_SHARE = 0.1  # of those called different, at most this share is expected not to be
WINSORISED = 0.1
RARE = 5.0  # hits (or misses) expected of a group, below which they are counted rather than averaged
# What winsorising a tenth at each end leaves of a standard normal variance.
_LEFT = 0.6786


@dataclass(frozen=True)
class Point:
    """One group in the funnel. ``differs`` is ``above``, ``below`` or empty; ``p`` is adjusted for the number
    of groups (Benjamini–Hochberg)."""

    name: str
    n: int
    value: float | None
    z: float | None
    p: float | None
    differs: str
    reason: str = ""


@dataclass(frozen=True)
class Funnel:
    """All groups about their common ``centre``. ``over_dispersion`` ≥ 1 widens the limits: how much more
    groups scatter than chance alone would make them."""

    centre: float | None
    over_dispersion: float | None
    unit_sd: float | None
    points: tuple[Point, ...]
    reason: str = ""
    shares: bool = False

    def limits(self, sizes: Sequence[int], level: float = 0.95) -> tuple[tuple[float, float], ...]:
        """(low, high) of the funnel at group sizes ``sizes``, of shares the exact binomial ones
        (Spiegelhalter, Statistics in Medicine 24, 2005, appendix); nothing where there is no funnel."""
        if self.centre is None or self.unit_sd is None or self.over_dispersion is None:
            return ()
        z = z_quantile((1 + level) / 2) * math.sqrt(self.over_dispersion)
        if self.shares:
            n, tail = np.array(sizes, dtype=float), float(ndtr(-z))
            low, high = binom.ppf(tail, n, self.centre) / n, binom.isf(tail, n, self.centre) / n
            return tuple(zip(low.tolist(), high.tolist(), strict=True))
        half = [z * self.unit_sd / math.sqrt(size) for size in sizes]
        return tuple((self.centre - one, self.centre + one) for one in half)


def funnel(
    groups: Mapping[str, Judged],
    *,
    minimum_n: int = thresholds.RANKED,
    scale: Scale = AS_IS,
    false_share: float = FALSE_SHARE,
) -> Funnel:
    """z = (value − centre) ÷ (sd/√n·√φ), φ being the winsorised over-dispersion of Spiegelhalter (Statistics
    in Medicine 24, 2005; Qual. Saf. Health Care 14, 2005), corrected for what winsorising takes away. The p
    of means and scores allows for their skewness; that of rare shares
    (below five hits or misses expected of a group) is exact, each group against all others.

    Groups below ``minimum_n`` are neither judged nor counted among the peers; fewer than five peers: none is.
    """
    peers = {name: stats for name, stats in groups.items() if stats.n >= minimum_n}
    if len(peers) < PEERS:
        points = tuple(_unjudged(name, stats, missing.NO_PEERS, scale) for name, stats in groups.items())
        return Funnel(None, None, None, points, missing.NO_PEERS)
    n = np.array([stats.n for stats in peers.values()], dtype=float)
    table = np.array([moments(stats) for stats in peers.values()])
    centre = float(n @ table[:, 0] / n.sum())
    shares = all(isinstance(stats, ShareStats) for stats in peers.values())
    common = float(((n - 1) * table[:, 1]).sum() / (n - 1).sum())
    variance = centre * (1 - centre) if shares else common
    if variance <= 0:
        points = tuple(_unjudged(name, stats, missing.NO_SPREAD, scale) for name, stats in groups.items())
        return Funnel(None, None, None, points, missing.NO_SPREAD)
    z = (table[:, 0] - centre) / np.sqrt(variance / n)
    if shares:
        rare = n * min(centre, 1 - centre) < RARE
        z = np.where(rare, _exact_z(n, np.round(n * table[:, 0])), z)
    phi = over_dispersion(z)
    p = false_discovery_control(
        2 * ndtr(-np.abs(z / math.sqrt(phi) * _skewed(peers.values(), table, variance)))
    )
    z = z / math.sqrt(phi)
    judged = {
        name: Point(
            name,
            int(n[i]),
            scale[0] + scale[1] * float(table[i, 0]),
            math.copysign(1, scale[1]) * float(z[i]),
            float(p[i]),
            "" if p[i] > false_share else "above" if z[i] * scale[1] > 0 else "below",
        )
        for i, name in enumerate(peers)
    }
    points = tuple(
        judged.get(name) or _unjudged(name, stats, missing.TOO_FEW, scale) for name, stats in groups.items()
    )
    unit_sd = abs(scale[1]) * math.sqrt(variance)
    return Funnel(scale[0] + scale[1] * centre, phi, unit_sd, points, shares=shares)


def _exact_z(n: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """z of each group's hits, given those of the others: the normal quantile of the exact probability, which
    knows how skewed rare hits are. Half of the number's own probability counts (mid-p)."""
    others = np.clip((hits.sum() - hits) / np.maximum(n.sum() - n, 1), 1e-12, 1 - 1e-12)
    own = binom.pmf(hits, n, others)
    below, above = binom.cdf(hits, n, others) - own / 2, binom.sf(hits, n, others) + own / 2
    tail = np.clip(np.minimum(below, above), 1e-300, 0.5)
    return np.asarray(np.where(below < above, ndtri(tail), -ndtri(tail)))


def _skewed(groups: Iterable[Judged], table: np.ndarray, common: float) -> np.ndarray:
    """What z is multiplied by, for its p, where values are skewed, as times are: by the spread of all, chance
    alone calls too many groups high; by each group's own, too many low, for a high mean comes with a large
    spread. A third of the own, two thirds of the common variance (as logarithms) let the skewness of the two
    cancel to first order; within bounds, so that no spread alone makes a group stand out. Of shares, whose
    variance follows from the share, 1."""
    if all(isinstance(stats, ShareStats) for stats in groups):
        return np.ones(len(table))
    own = np.where(table[:, 1] > 0, table[:, 1], common)
    return np.asarray(np.clip(common / own, 1 / 8, 8) ** (1 / 6))


def over_dispersion(z: np.ndarray) -> float:
    """φ ≥ 1: the mean of z² after winsorising a tenth at each end, relative to that of a normal z."""
    low, high = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    return max(1.0, float((np.clip(z, low, high) ** 2).mean()) / _LEFT)


def _unjudged(name: str, stats: Judged, reason: str, scale: Scale) -> Point:
    if stats.n < thresholds.TOO_FEW:
        return Point(name, stats.n, None, None, None, "", missing.TOO_FEW if stats.n else missing.NO_DATA)
    return Point(name, stats.n, scale[0] + scale[1] * moments(stats)[0], None, None, "", reason)
