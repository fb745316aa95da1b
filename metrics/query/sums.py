"""The sums of one group, and what they say of it: a value with its n and interval, or a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from metrics.catalog.models import SUMS
from metrics.inference import (
    INDEX,
    Estimate,
    MeanStats,
    RateStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
    estimate,
)
from metrics.inference.base.estimates import AS_IS, Scale

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
    if metric.kind == "rate":
        n, *sums = row
        return RateStats(n, *map(float, sums))
    return MeanStats(*row)


def nobody(metric: Metric, key: Key) -> Group:
    """A group without a contact."""
    if metric.kind == "quantile":
        return Group(key, 0, {metric.id: TimeBins.of({}, metric.q)}, {})
    return Group(key, 0, {metric.id: stats_of(metric, (0,) * len(catalog.COLUMNS[metric.kind]))}, {})


def merged(metrics: Sequence[Metric], key: Key, groups: Sequence[Group]) -> Group:
    """One group out of what different subjects have of it."""
    stats: dict[str, Stats] = {}
    parts: dict[str, dict[str, float | int]] = {}
    for group in groups:
        stats |= group.stats
        parts |= group.parts
    for metric in metrics:
        if metric.id not in stats:
            stats |= nobody(metric, key).stats
            parts[metric.id] = {}
    return Group(key, groups[0].contacts, stats, parts)


def missing(metric: Metric, group: Group) -> str:
    """Why nothing was counted where something could have been: of a partner that records no sales, say.

    Empty where something was counted, or where there is nobody to count."""
    there = group.contacts > 0 or metric.subject in SUMS
    return metric.missing if there and group.stats[metric.id].n == 0 else ""


def estimated(metric: Metric, group: Group) -> Estimate:
    """The group's value of a metric."""
    found = estimate(group.stats[metric.id], minimum_n=metric.minimum_n, scale=scale_of(metric))
    if reason := missing(metric, group):
        return Estimate(found.n, None, None, None, reason)
    return found
