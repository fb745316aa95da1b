"""The sums of one group, and what they say of it: a value with its n and interval, or a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics import catalogue
from metrics.catalogue import Metric
from metrics.inference import (
    INDEX,
    Estimate,
    MeanStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
    estimate,
)
from metrics.inference.estimates import AS_IS, Scale
from metrics.reasons import NO_SALES

Key = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The sums of one group: statistics and parts of each metric, by its name."""

    key: Key
    contacts: int
    stats: Mapping[str, Stats]
    parts: Mapping[str, dict[str, float | int]]


def scale_of(metric: Metric) -> Scale:
    """What its statistics are multiplied by and added to."""
    return INDEX if metric.scale == "index" else AS_IS


def stats_of(metric: Metric, row: Sequence[Any]) -> Stats:
    """The sufficient statistics of a row of the metric's SQL."""
    if metric.kind == "score":
        return ScoreStats(tuple(row))
    if metric.kind == "share":
        return ShareStats(*row)
    return MeanStats(*row)


def nobody(metric: Metric, key: Key) -> Group:
    """A group without a contact."""
    if metric.kind == "quantile":
        return Group(key, 0, {metric.id: TimeBins.of({}, metric.q)}, {})
    return Group(key, 0, {metric.id: stats_of(metric, (0,) * len(catalogue.COLUMNS[metric.kind]))}, {})


def unsold(metric: Metric, group: Group) -> bool:
    """There are contacts, but of partners none of which has ever recorded a sale."""
    return "answered_selling" in metric.measures and group.stats[metric.id].n == 0 and group.contacts > 0


def estimated(metric: Metric, group: Group) -> Estimate:
    """The group's value of a metric."""
    found = estimate(group.stats[metric.id], minimum_n=metric.minimum_n, scale=scale_of(metric))
    if unsold(metric, group):
        return Estimate(found.n, None, None, None, NO_SALES)
    return found
