"""Where a raw gap between partners comes from, with agents who share a fate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from metrics.inference.base import missing
from metrics.inference.base.estimates import ALPHA, AS_IS, Scale, t_quantile, z_quantile
from metrics.inference.base.results import Estimate
from metrics.inference.clustered.clusters import corrected, crossed
from metrics.inference.clustered.strata import shares, sums_of
from metrics.inference.compare.kitagawa import Decomposition
from metrics.inference.compare.score_limits import stretched
from metrics.inference.compare.strata import Strata


def split_by_cluster(
    split: Decomposition,
    clusters: Mapping[str, Strata],
    *,
    by_day: bool = False,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> Decomposition:
    """A split of :func:`metrics.inference.compare.kitagawa.decompose` with the noise of ``{cluster: {cell:
    (first,
    second)}}`` instead of that of single contacts.

    What each cluster adds to within = Σ½(p₁+p₂)(m₁−m₂) and mix = Σ½(m₁+m₂)(p₁−p₂), through means and
    shares (linearisation, as of :func:`metrics.inference.clustered.strata.like_for_like_by_cluster`).
    """
    if not split.cells:
        return split
    column = {part.cell: i for i, part in enumerate(split.cells)}
    kept = {name: {cell: own[cell] for cell in own if cell in column} for name, own in clusters.items()}
    weight, total = sums_of(kept, column)  # each (group, cluster, cell)
    here = weight.sum(axis=2) > 0
    if here.sum(axis=1).min() < 2:
        return without_intervals(split, missing.TOO_FEW_CLUSTERS)
    n = weight.sum(axis=1)
    size = n.sum(axis=1)
    mean, share = total.sum(axis=1) / n, n / size[:, None]
    by_mean = scale[1] * (total - mean[:, None] * weight) / n[:, None]
    by_share = (weight - share[:, None] * weight.sum(axis=2, keepdims=True)) / size[:, None, None]
    gap, level = scale[1] * (mean[0] - mean[1]), scale[1] * mean.mean(axis=0)
    average, shift = share.mean(axis=0), share[0] - share[1]
    level = level - average @ level
    sign = np.array([1.0, -1.0])[:, None, None]
    within = sign * average * by_mean + gap / 2 * by_share
    mix = shift / 2 * by_mean + sign * level * by_share
    leverage = weight.sum(axis=2) / size[:, None]
    rare = shares(clusters) and scale == AS_IS
    plain = average**2 * (mean * (1 - mean) / n).sum(axis=0) if rare else np.zeros(len(column))

    def widened(part: Estimate, added: np.ndarray, plain: float) -> Estimate:
        """Limits of single contacts, which know that hits are rare, as much wider as clusters make them."""
        if part.value is None or part.low is None or part.high is None:
            return part
        variance, df = noise(added)
        factor = t_quantile(1 - alpha / 2, df) / z_quantile(1 - alpha / 2)
        factor *= math.sqrt(max(variance / plain, 1.0) if plain else 1.0)
        low, high = stretched(part.low, part.high, part.value, factor)
        return replace(part, low=low, high=high)

    def noise(added: np.ndarray) -> tuple[float, float]:
        if crossed(here) and not by_day:
            count = int(here.any(axis=0).sum())
            return count / (count - 1) * float((added.sum(axis=0) ** 2).sum()), count - 1.0
        # Both groups' parts are added up here; what corrects them takes their difference.
        return corrected(added * np.array([[1.0], [-1.0]]), leverage)[2]

    def told(part: Estimate, added: np.ndarray) -> Estimate:
        variance, df = noise(added)
        if part.value is None or (variance <= 0 and part.value):
            return replace(part, low=None, high=None, reason=part.reason or missing.NO_SPREAD)
        half = t_quantile(1 - alpha / 2, df) * math.sqrt(variance)
        return replace(part, low=part.value - half, high=part.value + half)

    cells = tuple(
        replace(
            part,
            within=widened(part.within, within[:, :, i], float(plain[i]))
            if rare
            else told(part.within, within[:, :, i]),
            mix=told(part.mix, mix[:, :, i]),
        )
        for i, part in enumerate(split.cells)
    )
    whole = within.sum(axis=2)
    return replace(
        split,
        within=widened(split.within, whole, float(plain.sum())) if rare else told(split.within, whole),
        mix=told(split.mix, mix.sum(axis=2)),
        cells=cells,
    )


def as_wide(split: Decomposition, design_effect: float | None) -> Decomposition:
    """The same split with intervals as much wider (in variance) as clusters made that of the difference,
    where they are too many to list. Never narrower."""
    factor = math.sqrt(max(design_effect or 1.0, 1.0))

    def wider(part: Estimate) -> Estimate:
        if part.value is None or part.low is None or part.high is None:
            return part
        low, high = (
            part.value - factor * (part.value - part.low),
            part.value + factor * (part.high - part.value),
        )
        return replace(part, low=low, high=high)

    cells = tuple(replace(part, within=wider(part.within), mix=wider(part.mix)) for part in split.cells)
    return replace(split, within=wider(split.within), mix=wider(split.mix), cells=cells)


def without_intervals(split: Decomposition, reason: str) -> Decomposition:
    """The same split where nobody can say how sure it is."""

    def bare(part: Estimate) -> Estimate:
        return replace(part, low=None, high=None, reason=part.reason or reason)

    cells = tuple(replace(part, within=bare(part.within), mix=bare(part.mix)) for part in split.cells)
    return replace(split, within=bare(split.within), mix=bare(split.mix), cells=cells)
