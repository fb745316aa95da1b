"""Places in a ranking, and how little they often mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from metrics.inference.base import missing, thresholds
from metrics.inference.base.estimates import moments
from metrics.inference.base.stats import MeanStats, ScoreStats, ShareStats

DRAWS = 1000


@dataclass(frozen=True)
class Place:
    """Place 1 is the highest value, equal values share a place. ``low``–``high`` holds the true place with
    about 95 % probability."""

    name: str
    n: int
    place: int | None
    low: int | None
    high: int | None
    reason: str = ""


def places(
    groups: Mapping[str, MeanStats | ScoreStats | ShareStats],
    *,
    higher_first: bool = True,
    minimum_n: int = thresholds.RANKED,
    seed: int = 0,
) -> tuple[Place, ...]:
    """Rank intervals by drawing each group's value again (Goldstein and Spiegelhalter, JRSS A 159, 1996).

    Draws are normal for means, and from the Jeffreys posterior for shares; the seed makes them repeatable.
    Groups below ``minimum_n`` have no place and a reason.
    """
    ranked = {name: stats for name, stats in groups.items() if stats.n >= max(minimum_n, 2)}
    found: dict[str, Place] = {}
    if len(ranked) > 1:
        draws = _draws(list(ranked.values()), np.random.default_rng(seed))
        sign = -1.0 if higher_first else 1.0
        first, last = _drawn_places(sign * draws)
        low = np.quantile(first, 0.025, axis=0, method="closest_observation")
        high = np.quantile(last, 0.975, axis=0, method="closest_observation")
        order = rankdata([sign * moments(stats)[0] for stats in ranked.values()], "min")
        found = {
            name: Place(name, stats.n, int(order[i]), int(low[i]), int(high[i]))
            for i, (name, stats) in enumerate(ranked.items())
        }
    alone = missing.NO_PEERS if len(ranked) == 1 else missing.TOO_FEW
    return tuple(
        found.get(name)
        or Place(name, stats.n, None, None, None, alone if name in ranked else missing.TOO_FEW)
        for name, stats in groups.items()
    )


def _drawn_places(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last place that each draw may have; they differ only among equal values."""
    order = np.argsort(draws, axis=1)
    if (np.diff(np.take_along_axis(draws, order, axis=1), axis=1) > 0).all():
        places_ = np.empty_like(order)
        np.put_along_axis(places_, order, np.arange(1, draws.shape[1] + 1)[None], axis=1)
        return places_, places_
    return rankdata(draws, "min", axis=1), rankdata(draws, "max", axis=1)


def _draws(groups: list[MeanStats | ScoreStats | ShareStats], rng: np.random.Generator) -> np.ndarray:
    if all(isinstance(stats, ShareStats) for stats in groups):
        hits = np.array([stats.hits for stats in groups if isinstance(stats, ShareStats)])
        n = np.array([stats.n for stats in groups])
        return np.asarray(rng.beta(hits + 0.5, n - hits + 0.5, (DRAWS, len(groups))))
    table, n = np.array([moments(stats) for stats in groups]), np.array([stats.n for stats in groups])
    # A group of equal values is not therefore sure of its place: the variance within all of them stands in.
    common = float(((n - 1) * table[:, 1]).sum() / (n - 1).sum())
    se = np.sqrt(np.where(table[:, 1] > 0, table[:, 1], common) / n)
    return np.asarray(rng.normal(table[:, 0], se, (DRAWS, len(groups))))
