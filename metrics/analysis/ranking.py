"""Small groups: teams, agents, partners or topics on one metric, and which of them really differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from metrics.inference import Estimate, to_json
from metrics.inference.base import thresholds
from metrics.inference.base.missing import HIDDEN, NOT_RANKED
from metrics.inference.groups.funnel import Funnel, Point, funnel
from metrics.inference.groups.ranks import Place, places
from metrics.inference.groups.shrinkage import Member, shrink
from metrics.inference.groups.suppression import hidden
from metrics.query.reader import Reader
from metrics.query.sums import Group, scale_of

# What can be laid beside each other, and what a group of each is told apart by.
GROUPS: dict[str, tuple[str, ...]] = {
    "team": ("partner", "team"),
    "agent": ("partner", "agent"),
    "partner": ("partner",),
    "topic": ("topic",),
    "channel": ("channel",),
}
RANKED = ("team", "partner", "topic", "channel")  # agents are not: their places span nearly all there are


@dataclass(frozen=True)
class Standing:
    """One group. ``shown`` is its value as measured, or drawn towards its peers where ``shrunk``.

    ``differs`` is ``above``, ``below`` or empty, ``judged`` ``better``, ``worse`` or empty; ``p`` is adjusted
    for the number of groups. ``n`` is None where the group is hidden. ``weight`` (0–1) is the group's own
    part of a shrunk value. ``place`` 1 is the best (the highest where neither direction is better).
    """

    dims: dict[str, str]
    n: int | None
    raw: Estimate
    shown: Estimate
    shrunk: bool
    weight: float | None
    differs: str
    judged: str
    z: float | None
    p: float | None
    place: int | None
    place_low: int | None
    place_high: int | None
    place_reason: str

    @property
    def name(self) -> str:
        """The group's own name, without what tells it apart from others."""
        return next(reversed(self.dims.values()))


@dataclass(frozen=True)
class Standings:
    """All groups of a kind. ``centre`` is the value of all judged together, ``spread`` the standard deviation
    of true values; ``over_dispersion`` is how much more groups differ than chance would make them."""

    metric: str
    by: str
    centre: float | None
    spread: float | None
    over_dispersion: float | None
    judged: int  # how many have enough to be judged
    groups: tuple[Standing, ...]
    funnel: tuple[tuple[int, float, float], ...]  # n, lower and upper 95 % limit
    reason: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """The keys of the command line."""
        return to_json(self)


def standings(
    reader: Reader,
    metric: str,
    by: str,
    *,
    where: Mapping[str, Sequence[str]] | None = None,
    start: date | None = None,
    end: date | None = None,
) -> Standings:
    """The groups of ``by`` on a metric. ValueError for a quantile, or for what is no group."""
    entry = catalog.metric(metric)
    if by not in GROUPS:
        raise ValueError(f"groups are {', '.join(GROUPS)}; not {by!r}")
    if entry.kind == "quantile":
        raise ValueError(f"{metric} is a quantile, which is not shrunk or judged; choose a mean or a share")
    dims = GROUPS[by]
    groups = reader.groups([entry], dims, where, start, end)
    found = {group.key: group for group in groups if group.stats[entry.id].n}
    stats: dict[str, Any] = {_id(key): group.stats[entry.id] for key, group in found.items()}
    scale = scale_of(entry)
    peers = shrink(stats, scale=scale)
    shrunk = {member.name: member for member in peers.members}
    limits = funnel(stats, scale=scale)
    points = {point.name: point for point in limits.points}
    ranked = places(stats, higher_first=entry.better != "lower") if by in RANKED else ()
    placed = {place.name: place for place in ranked}
    secret = hidden({name: one.n for name, one in stats.items()}) if reader.scope.partner else frozenset()
    members = tuple(
        _standing(
            entry,
            dict(zip(dims, key, strict=True)),
            shrunk[_id(key)],
            points[_id(key)],
            placed.get(_id(key)),
            secret=_id(key) in secret,
        )
        for key in found
    )
    return Standings(
        metric,
        by,
        limits.centre,
        peers.spread,
        limits.over_dispersion,
        sum(point.z is not None for point in limits.points),
        members,
        _funnel(limits, found, entry),
        limits.reason,
        reader.source([metric], dims, where),
    )


def _id(key: Sequence[str]) -> str:
    return "\x1f".join(key)


def _standing(
    metric: Metric, dims: dict[str, str], member: Member, point: Point, place: Place | None, *, secret: bool
) -> Standing:
    if secret:
        nothing = Estimate(0, None, None, None, HIDDEN)
        return Standing(
            dims, None, nothing, nothing, False, None, "", "", None, None, None, None, None, HIDDEN
        )
    good = {"higher": "above", "lower": "below"}.get(metric.better)
    judged = "" if not point.differs or good is None else "better" if point.differs == good else "worse"
    shrunk = member.shown == member.shrunk and member.shown.value is not None and member.weight is not None
    return Standing(
        dims,
        member.raw.n,
        member.raw,
        member.shown,
        shrunk,
        member.weight if shrunk else None,
        point.differs,
        judged,
        point.z,
        point.p,
        place.place if place else None,
        place.low if place else None,
        place.high if place else None,
        place.reason if place else NOT_RANKED,
    )


def _funnel(
    limits: Funnel, groups: Mapping[Any, Group], metric: Metric
) -> tuple[tuple[int, float, float], ...]:
    """The funnel at sizes from the smallest judged to the largest, evenly spread on the root of n."""
    sizes = [group.stats[metric.id].n for group in groups.values()]
    largest = max([thresholds.RANKED, *sizes])
    low, high = thresholds.RANKED**0.5, largest**0.5
    at = sorted({round((low + (high - low) * step / 24) ** 2) for step in range(25)})
    return tuple((n, *pair) for n, pair in zip(at, limits.limits(at), strict=False))
