"""Drivers of the score: how much of what differs between answers goes with each of them. Not why.

Shares are of the variance explained, and they are associations: a driver without any effect of its own gets
a few percent through those it goes with. Small shares mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from scipy.special import fdtrc

from metrics.inference.base import missing, thresholds
from metrics.inference.base.results import Estimate
from texts.sentences import Names

DRAWS = 100
_RIDGE = 1e-10

NOTE = Names("notes")["drivers"]


@dataclass(frozen=True)
class CrossSums:
    """Sums of products over contacts: ``products[i][j]`` = Σvᵢvⱼ where v = (1, drivers…, score).

    One per block (a day, or an agent), for the blocks are what is drawn again for the intervals.
    """

    products: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> CrossSums:
        """From one row of drivers and then the score per contact."""
        table = np.array([[1.0, *row] for row in rows], dtype=float)
        return cls(tuple(map(tuple, (table.T @ table).tolist())))


@dataclass(frozen=True)
class Driver:
    """One driver: its ``share`` of the explained variance (0–1), and ``direction``, its standardised slope
    with all others held (None for a driver of several columns, such as the team).

    ``p`` is how often so much would be explained by chance alone: of R² near nothing even a driver without
    any effect has a large share, the larger the more columns it has.
    """

    name: str
    share: Estimate
    direction: Estimate | None
    p: float | None = None


@dataclass(frozen=True)
class Drivers:
    """All drivers, the largest share first; ``explained`` is R² (0–1), what is left is nobody's."""

    n: int
    explained: Estimate
    drivers: tuple[Driver, ...]
    reason: str = ""


def drivers(
    blocks: Sequence[CrossSums] | np.ndarray,
    columns: Mapping[str, Sequence[int]],
    *,
    minimum_n: int = thresholds.RANKED,
    draws: int = DRAWS,
    seed: int = 0,
) -> Drivers:
    """LMG shares: R² gained by a driver, averaged over all orders of entering (Lindeman, Merenda and Gold
    1980; Grömping, Journal of Statistical Software 17, 2006; the Shapley value of R²).

    ``blocks`` may be an array (blocks, size, size) of the same products. ``columns`` names the drivers and
    their columns in the rows (from 0; several for a factor's dummies).
    Intervals: percentiles over blocks drawn again (Efron and Tibshirani 1993); they need ten blocks.
    Up to eight drivers (ValueError beyond): the work doubles with each.
    """
    if not 0 < len(columns) <= 8:
        raise ValueError(f"one to eight drivers, not {len(columns)}")
    stack = blocks if isinstance(blocks, np.ndarray) else np.array([b.products for b in blocks], dtype=float)
    n = int(stack[:, 0, 0].sum()) if len(blocks) else 0
    used = sorted(j for own in columns.values() for j in own)
    reason = _missing(stack, n, used, minimum_n)
    if reason:
        empty = Estimate(n, None, None, None, reason)
        return Drivers(n, empty, tuple(Driver(name, empty, None) for name in columns), reason)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=draws)
    size = stack.shape[1]
    # Without the threads of a matrix product, which would wait for each other while other pages are drawn.
    drawn = np.einsum("db,bp->dp", counts, stack.reshape(len(blocks), -1)).reshape(draws, size, size)
    correlation = _correlations(np.concatenate([stack.sum(axis=0)[None], drawn]))
    if np.linalg.cond(correlation[0][np.ix_(used, used)]) > 1 / _RIDGE:
        empty = Estimate(n, None, None, None, missing.COLLINEAR)
        return Drivers(n, empty, tuple(Driver(name, empty, None) for name in columns), missing.COLLINEAR)
    groups = [list(own) for own in columns.values()]
    gained, explained = _shapley(correlation, groups)
    slopes = _slopes(correlation, used)
    with_interval = len(blocks) >= thresholds.TOO_FEW
    shares = gained / np.maximum(explained[:, None], 1e-12)
    whole, *parts = _estimates(n, np.column_stack([explained, shares, slopes]), with_interval)
    widths = np.array([len(own) for own in groups])
    chance = _by_chance(gained[0], float(explained[0]), widths, n)
    found = [
        Driver(name, share, parts[len(groups) + used.index(own[0])] if len(own) == 1 else None, p)
        for share, (name, own), p in zip(parts, columns.items(), chance, strict=False)
    ]
    found.sort(key=lambda driver: (-(driver.share.value or 0.0), driver.name))
    return Drivers(n, whole, tuple(found))


def _by_chance(gained: np.ndarray, explained: float, columns: np.ndarray, n: int) -> list[float]:
    """The F test of each driver's part of R² against what is left, with its number of columns."""
    left = n - 1 - int(columns.sum())
    noise = max(1 - explained, 1e-12) / left
    return [float(p) for p in fdtrc(columns, left, np.maximum(gained, 0.0) / columns / noise)]


def _missing(stack: np.ndarray, n: int, used: Sequence[int], minimum_n: int) -> str:
    if n == 0:
        return missing.NO_DATA
    if n < max(minimum_n, 3 * len(used)):
        return missing.TOO_FEW
    total = stack.sum(axis=0)
    looked_at = [*(j + 1 for j in used), -1]
    squares, sums = np.diag(total)[looked_at] / n, total[0, looked_at] / n
    alike = squares - sums**2 <= 1e-12 * np.maximum(squares, 1e-300)
    return missing.NO_SPREAD if alike.any() else ""


def _correlations(products: np.ndarray) -> np.ndarray:
    """(draws, columns + 1, columns + 1) of drivers and score, from sums of products."""
    n = products[:, 0, 0][:, None, None]
    mean = products[:, 0, 1:] / n[:, 0]
    covariance = products[:, 1:, 1:] / n - mean[:, :, None] * mean[:, None, :]
    sd = np.sqrt(np.maximum(np.einsum("bii->bi", covariance), 1e-300))
    return np.asarray(covariance / sd[:, :, None] / sd[:, None, :])


def _slopes(correlation: np.ndarray, used: list[int]) -> np.ndarray:
    # The ridge only matters where a draw leaves a driver without variation.
    inside = correlation[:, used][:, :, used] + _RIDGE * np.eye(len(used))
    return np.asarray(np.linalg.solve(inside, correlation[:, used, -1][:, :, None])[:, :, 0])


def _shapley(correlation: np.ndarray, groups: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """(draws, groups) of R² gained, and R² of all groups together."""
    k = len(groups)
    worth = _explained(correlation, groups)
    sets = np.arange(2**k)
    size = np.array([int(one).bit_count() for one in sets])
    weight = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)])
    gained = np.empty((len(correlation), k))
    for g in range(k):
        without = sets[sets & 1 << g == 0]
        gained[:, g] = weight[size[without]] @ (worth[without | 1 << g] - worth[without])
    return gained, worth[-1]


def _explained(correlation: np.ndarray, groups: list[list[int]]) -> np.ndarray:
    """(sets of groups, draws) of R²; bit g of a set's number says that group g is in it.

    Groups are swept out of the correlations one after the other, of all sets at once; the widest first, so
    that what is left soon is small.
    """
    order = sorted(range(len(groups)), key=lambda g: -len(groups[g]))
    columns = [*(j for g in order for j in groups[g]), correlation.shape[1] - 1]
    # The ridge only matters where a draw leaves a driver without variation.
    ridge = np.diag([_RIDGE] * (len(columns) - 1) + [0.0])
    left = (correlation[:, columns][:, :, columns] + ridge)[None]
    numbers = np.zeros(1, dtype=int)
    for g in order:
        m = len(groups[g])
        kept, across = left[..., m:, m:], left[..., m:, :m]
        if m == 1:
            gone = kept - across * across.swapaxes(-1, -2) / left[..., :1, :1]
        else:
            gone = kept - across @ np.linalg.solve(left[..., :m, :m], across.swapaxes(-1, -2))
        left = np.concatenate([kept, gone])
        numbers = np.concatenate([numbers, numbers | 1 << g])
    found = np.empty((len(numbers), len(correlation)))
    found[numbers] = correlation[:, -1, -1] - left[..., 0, 0]
    return found


def _estimates(n: int, values: np.ndarray, with_interval: bool) -> list[Estimate]:
    """Of each column the first value, with percentiles of the others about it."""
    first = values[0].tolist()
    if not with_interval:
        return [Estimate(n, value, None, None, missing.TOO_FEW_CLUSTERS) for value in first]
    lows, highs = np.quantile(values[1:], [0.025, 0.975], axis=0).tolist()
    return [
        Estimate(n, value, min(low, value), max(high, value))
        for value, low, high in zip(first, lows, highs, strict=True)
    ]
