"""Where a raw gap comes from: another mix of questions, or another result on the same questions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.base.estimates import ALPHA, AS_IS, Scale, moments, z_quantile
from metrics.inference.base.results import Estimate
from metrics.inference.base.stats import RatioStats
from metrics.inference.compare.effects import Averaged
from metrics.inference.compare.score_limits import Tables, score_limits, score_limits_by_stratum, share_p
from metrics.inference.compare.strata import Arrays, Cell, Strata, arrays, measured


@dataclass(frozen=True)
class CellPart:
    """What one stratum contributes; the parts of all strata add up to the whole."""

    cell: Cell
    share_first: float
    share_second: float
    within: Estimate
    mix: Estimate


@dataclass(frozen=True)
class Decomposition:
    """raw = within + mix + unsupported; all first − second, with 95 % intervals.

    ``within``: the gap on the same questions. ``mix``: what the groups' different questions make.
    ``unsupported``: what comes from strata that one group does not have (no interval: a remainder).
    """

    raw: float | None
    within: Estimate
    mix: Estimate
    unsupported: float | None
    cells: tuple[CellPart, ...]
    reason: str = ""


def decompose(
    strata: Strata, *, minimum_n: int = thresholds.TOO_FEW, scale: Scale = AS_IS, alpha: float = ALPHA
) -> Decomposition:
    """Kitagawa's split (JASA 50, 1955) of a raw gap over ``{cell: (first, second)}``.

    within = Σ½(p₁+p₂)(m₁−m₂), mix = Σ½(m₁+m₂)(p₁−p₂), p being a group's share in the stratum. The
    variances (delta method) hold the noise of the shares as well as that of the means; limits of what shares
    differ in within strata are score limits, as in :mod:`metrics.inference.compare.score_limits`. A
    stratum's mix
    part is measured from the average stratum, which changes no sum: a topic as good as the others
    contributes nothing, whoever has more of it.
    """
    sums = [sum(pair[g].n for pair in strata.values()) for g in (0, 1)]
    shared = {cell: pair for cell, pair in strata.items() if all(map(measured, pair))}
    columns = arrays(shared)
    kept = columns.n.sum(axis=1)
    reason = ""
    if min(sums) == 0:
        reason = reasons.ONE_SIDED if sum(sums) else reasons.NO_DATA
    elif not shared:
        reason = reasons.NO_SUPPORT
    elif min(kept) < max(minimum_n, 2):
        reason = reasons.TOO_FEW
    if reason:
        missing = Estimate(int(kept.sum()), None, None, None, reason)
        return Decomposition(None, missing, missing, None, (), reason)
    by = scale[1]
    sizes = np.array([[_size(pair[g]) for pair in shared.values()] for g in (0, 1)])
    shares = sizes / sizes.sum(axis=1, keepdims=True)
    alone = [pair for cell, pair in strata.items() if cell not in shared]
    raw = by * (_overall(columns, sizes, alone, 0) - _overall(columns, sizes, alone, 1))
    within, mix, cells = _parts(columns, shares, by, z_quantile(1 - alpha / 2))
    if columns.shares and scale == AS_IS:
        within, cells = _scored(columns, shares, within, cells, alpha)
    explained = sum(part.value for part in (within, mix) if part.value is not None)
    return Decomposition(raw, within, mix, raw - explained, cells)


def by_leading(split: Decomposition) -> tuple[CellPart, ...]:
    """The parts summed over all but the first dimension of the cells (topics, say), the largest first.

    Their intervals take the cells of one topic for independent, which they are but for their shares.
    """
    found: dict[str, list[CellPart]] = {}
    for part in split.cells:
        found.setdefault(part.cell[0], []).append(part)
    summed = [
        CellPart(
            (name,),
            sum(part.share_first for part in parts),
            sum(part.share_second for part in parts),
            together([part.within for part in parts]),
            together([part.mix for part in parts]),
        )
        for name, parts in found.items()
    ]
    return tuple(sorted(summed, key=lambda part: -abs(part.within.value or 0.0)))


def together(parts: Sequence[Estimate]) -> Estimate:
    """Parts of a gap together, taken for independent."""
    value = math.fsum(part.value or 0.0 for part in parts)
    halves = [0.0 if part.high is None or part.low is None else (part.high - part.low) / 2 for part in parts]
    half = math.hypot(*halves)
    return Estimate(sum(part.n for part in parts), value, value - half, value + half)


def _overall(columns: Arrays, sizes: np.ndarray, alone: Sequence[tuple[Averaged, Averaged]], g: int) -> float:
    """A group's value over the common strata, and those of one group alone."""
    known = [pair[g] for pair in alone if measured(pair[g])]
    total = float(sizes[g] @ columns.mean[g]) + sum(moments(stats)[0] * _size(stats) for stats in known)
    return total / (float(sizes[g].sum()) + sum(map(_size, known)))


def _size(stats: Averaged) -> float:
    """What a group's values are weighted by: observations, or the sum that a ratio divides by."""
    return stats.x_total if isinstance(stats, RatioStats) else float(stats.n)


def _parts(
    columns: Arrays, p: np.ndarray, by: float, z: float
) -> tuple[Estimate, Estimate, tuple[CellPart, ...]]:
    totals = columns.n.sum(axis=1)
    gap = by * (columns.mean[0] - columns.mean[1])
    level = by * columns.mean.mean(axis=0)
    level -= float(p.mean(axis=0) @ level)
    noise = by * by * (columns.variance / columns.n).sum(axis=0)
    average, shift = p.mean(axis=0), p[0] - p[1]

    def share_noise(values: np.ndarray) -> float:
        # Variance of Σp·values over both groups, p being multinomial shares.
        return sum(
            max(float(p[g] @ values**2) - float(p[g] @ values) ** 2, 0.0) / float(totals[g]) for g in (0, 1)
        )

    within_v = float(average**2 @ noise) + share_noise(gap) / 4
    mix_v = float(shift**2 @ noise) / 4 + share_noise(level)
    n = int(totals.sum())
    binomial = (p * (1 - p) / totals[:, None]).sum(axis=0)
    cell_within_v = average**2 * noise + gap**2 * binomial / 4
    cell_mix_v = shift**2 * noise / 4 + level**2 * binomial
    cells = tuple(
        CellPart(
            cell,
            float(p[0, i]),
            float(p[1, i]),
            _with_interval(
                int(columns.n[:, i].sum()), float(average[i] * gap[i]), float(cell_within_v[i]), z
            ),
            _with_interval(int(columns.n[:, i].sum()), float(level[i] * shift[i]), float(cell_mix_v[i]), z),
        )
        for i, cell in enumerate(columns.cells)
    )
    return (
        _with_interval(n, float(average @ gap), within_v, z),
        _with_interval(n, float(level @ shift), mix_v, z),
        cells,
    )


def _scored(
    columns: Arrays, p: np.ndarray, within: Estimate, cells: tuple[CellPart, ...], alpha: float
) -> tuple[Estimate, tuple[CellPart, ...]]:
    """The same within parts, whose limits do not lean on the variance of the few hits that were seen."""
    tables = tables_of(columns)
    z, average = z_quantile(1 - alpha / 2), p.mean(axis=0)
    gap, totals = columns.mean[0] - columns.mean[1], columns.n.sum(axis=1)
    noise = sum(
        max(float(p[g] @ gap**2) - float(p[g] @ gap) ** 2, 0.0) / float(totals[g]) / 4 for g in (0, 1)
    )
    whole = with_limits(within, score_limits(tables, average, z), z * math.sqrt(noise))
    whole = agreeing_estimate(whole, share_p(tables), alpha)
    own = 0.25 * gap**2 * (p * (1 - p) / totals[:, None]).sum(axis=0)
    lows, highs = (average * limits for limits in score_limits_by_stratum(tables, z))
    parts = []
    for i, part in enumerate(cells):
        one = Tables(tables.a[[i]], tables.c[[i]], tables.n1[[i]], tables.n2[[i]])
        limits = float(lows[i]), float(highs[i])
        scored = with_limits(part.within, limits, z * math.sqrt(float(own[i])))
        parts.append(replace(part, within=agreeing_estimate(scored, share_p(one), alpha)))
    return whole, tuple(parts)


def tables_of(columns: Arrays) -> Tables:
    """The hits of shares in the strata that both groups have."""
    hits = np.round(columns.mean * columns.n)
    return Tables(hits[0], hits[1], columns.n[0], columns.n[1])


def with_limits(part: Estimate, limits: tuple[float, float], more: float) -> Estimate:
    """A part of a gap with these limits and, squared and added, ``more`` noise on either side."""
    if part.value is None:
        return part
    low, high = math.hypot(part.value - limits[0], more), math.hypot(limits[1] - part.value, more)
    return Estimate(part.n, part.value, part.value - low, part.value + high)


def agreeing_estimate(part: Estimate, p: float | None, alpha: float) -> Estimate:
    """An interval that holds 0 where the test does not reject it."""
    if p is None or p <= alpha or part.low is None or part.high is None:
        return part
    return replace(part, low=min(part.low, 0.0), high=max(part.high, 0.0))


def _with_interval(n: int, value: float, variance: float, z: float) -> Estimate:
    if variance <= 0 and value:
        return Estimate(n, value, None, None, reasons.NO_SPREAD)
    half = z * math.sqrt(max(variance, 0.0))
    return Estimate(n, value, value - half, value + half)
