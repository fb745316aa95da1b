"""Effect sizes: how large a difference is, without a unit. One meaning for each kind of statistics, whether
the groups are compared as they are, like for like, or by cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metrics.inference.base.estimates import moments
from metrics.inference.base.stats import MeanStats, RatioStats, ScoreStats, ShareStats
from metrics.inference.compare.superiority import probabilities

Averaged = MeanStats | ShareStats | ScoreStats | RatioStats


def effect(
    strata: Sequence[tuple[Averaged, Averaged]], weights: Sequence[float], values: tuple[float, float]
) -> float | None:
    """The effect size over strata whose ``weights`` add up to 1; ``values`` are the groups' standardised.

    Scores: the probability of superiority within a stratum, averaged over the strata. Means: the difference
    in standard deviations within groups and strata (Cohen's d). Shares: Cohen's h. Ratios: first ÷
    second − 1. A single stratum of weight 1 is the plain comparison. None where it is not defined.
    """
    kind = {type(one) for pair in strata for one in pair}
    if kind == {ScoreStats}:
        first, second = (
            np.asarray([one.bins for pair in strata if isinstance(one := pair[g], ScoreStats)], float)
            for g in (0, 1)
        )
        return float(np.dot(weights, probabilities(first, second)))
    if kind == {ShareStats}:
        return _arc(values[0]) - _arc(values[1])
    if kind == {RatioStats}:
        return relative(values)
    return _standardised(strata, values[0] - values[1])


def relative(values: tuple[float, float]) -> float | None:
    """First ÷ second − 1; None where there is nothing to divide by."""
    return values[0] / values[1] - 1 if values[1] else None


def _standardised(strata: Sequence[tuple[Averaged, Averaged]], gap: float) -> float | None:
    degrees = [max(one.n - 1, 0) for pair in strata for one in pair]
    squares = [max(one.n - 1, 0) * moments(one)[1] for pair in strata for one in pair]
    if not sum(squares):
        return None
    return gap / math.sqrt(math.fsum(squares) / sum(degrees))


def _arc(share: float) -> float:
    return 2 * math.asin(math.sqrt(min(max(share, 0.0), 1.0)))
