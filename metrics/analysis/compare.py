"""Two groups compared: as they are, like for like, and by cluster. From the sums that a reader gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from metrics.catalog.models import CUBES
from metrics.inference import Difference, Estimate, Stats, difference
from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.clustered.clusters import Clustered, by_cluster
from metrics.inference.clustered.daily_rates import rates_by_day
from metrics.inference.clustered.design import WHOLE, Design, design_of, widened_difference, widened_estimate
from metrics.inference.clustered.split import as_wide, split_by_cluster, without_intervals
from metrics.inference.clustered.strata import like_for_like_by_cluster
from metrics.inference.compare.kitagawa import Decomposition, decompose
from metrics.inference.compare.quantiles import quantiles_alike
from metrics.inference.compare.strata import Cell, LikeForLike, like_for_like
from metrics.query.answers import Comparison
from metrics.query.reader import Reader
from metrics.query.request import ROUTE, Request
from metrics.query.sums import Group, estimated, missing, nobody, scale_of

# The dimensions that tell clusters apart. Agents of different partners may share a name; customers are too
# many to list, and stand in 64 groups by hash.
LISTED = {"agent": ("partner", "agent"), "day": ("day",), "customer": ("customer_group",)}
GROUPED = frozenset(CUBES["by_customer_group"])
# The metric whose noise stands for that of quantiles of the same times.
MEANS = {"handling_bin": "handling_time"}
Pair = tuple[Any, Any]  # the sums of the first and the second group
Pairs = Mapping[Cell, Pair]


def compare(reader: Reader, query: Request) -> Comparison:
    """Compare two groups: the first minus the second, like for like in ``adjusted`` where that is wanted.

    ValueError where the selection has not two groups.
    """
    comparison = _compare(reader, query)
    pending = reader.pending(query.start, query.end, subject=query.metric.subject)
    return replace(comparison, pending=True) if pending else comparison


def _compare(reader: Reader, asked: Request) -> Comparison:
    entry = asked.metric
    if asked.no_groups:
        return _nothing(asked, asked.named(reader.members(asked.groups)))
    found = {group.key[0]: group for group in reader.groups([entry], [asked.groups], *asked.span)}
    names = asked.named(list(found) or reader.members(asked.groups))
    groups = [found.get(name) or nobody(entry, (name,)) for name in names]
    raw = groups[0].stats[entry.id], groups[1].stats[entry.id]
    sums = Sums(
        names,
        _strata(reader, asked, names) if asked.alike and not asked.no_strata else {(): raw},
        _clusters(reader, asked, names) if asked.listed else {},
        None if asked.listed or not asked.cluster or asked.no_clusters else _design(reader, asked, names),
    )
    estimates = {name: estimated(entry, group) for name, group in zip(names, groups, strict=True)}
    absent = {missing(entry, group) for group in found.values()}
    if absent and "" not in absent:
        nothing = Comparison.of(entry.id, estimates, Difference.missing(min(absent)))
        return _described(reader, asked, replace(nothing, adjusted=nothing if asked.alike else None))
    plain = difference(*raw, minimum_n=entry.minimum_n, fixed_start=asked.fixed_start, scale=scale_of(entry))
    unknown = found["unknown"].contacts if asked.groups == ROUTE and "unknown" in found else 0
    result = Comparison.of(entry.id, estimates, plain, unknown=unknown)
    if asked.no_clusters:
        result = _unsure(asked, result)
    elif asked.cluster:
        whole = replace(sums.whole, strata={(): raw})
        result = _clustered(reader, replace(asked, alike=()), result, whole)
    if asked.alike and asked.no_strata:
        nothing = Comparison.of(entry.id, estimates, Difference.missing(asked.no_strata), alike=asked.alike)
        result = replace(result, adjusted=nothing)
    elif asked.alike:
        result = replace(result, adjusted=_adjusted(reader, asked, sums))
    return _described(reader, asked, result)


def _nothing(asked: Request, names: tuple[str, str]) -> Comparison:
    """What can be told of a metric that does not have the groups: that it does not have them."""
    groups = {name: Estimate(0, None, None, None, asked.no_groups) for name in names}
    missing_ = Difference.missing(asked.no_groups)
    found = Comparison.of(asked.metric.id, groups, missing_, cluster=asked.cluster)
    found = replace(found, reason_always=_always(asked, found))
    return replace(found, adjusted=replace(found, alike=asked.alike) if asked.alike else None)


def _unsure(asked: Request, plain: Comparison) -> Comparison:
    """A comparison whose noise by cluster cannot be told: the values stand all the same."""
    reason = plain.reason or asked.no_clusters
    groups = {name: replace(one, low=None, high=None, reason=one.reason or reason)
              for name, one in plain.groups.items()}  # fmt: skip
    return replace(
        plain, groups=groups, low=None, high=None, low_always=None, high_always=None, p=None, reason=reason,
        cluster=asked.cluster,
    )  # fmt: skip


def _strata(reader: Reader, asked: Request, names: tuple[str, str]) -> Pairs:
    groups = reader.groups([asked.metric], [asked.groups, *asked.alike], *asked.span)
    return _paired(asked.metric, names, [(group.key[0], group.key[1:], group) for group in groups])


def _clusters(reader: Reader, asked: Request, names: tuple[str, str]) -> Mapping[str, Pairs]:
    """The strata of each day, or of each agent. Agents of different partners may share a name."""
    of = LISTED[asked.cluster]
    own = [dim for dim in of if dim != asked.groups]
    rows: dict[Cell, list[tuple[str, Cell, Group]]] = {}
    alike = () if asked.no_strata else asked.alike
    for group in reader.groups([asked.metric], [asked.groups, *own, *alike], *asked.span):
        name = group.key[:2] if asked.groups in of else group.key[1 : 1 + len(own)]
        rows.setdefault(name, []).append((group.key[0], group.key[1 + len(own) :], group))
    paired = {" · ".join(name): _paired(asked.metric, names, found) for name, found in rows.items()}
    # An agent may have contacts of neither group.
    return {name: cells for name, cells in paired.items() if cells}


def _paired(metric: Metric, names: tuple[str, str], rows: Sequence[tuple[str, Cell, Group]]) -> Pairs:
    nothing = nobody(metric, ()).stats[metric.id]
    pairs: dict[Cell, list[Stats]] = {}
    for name, cell, group in rows:
        if name in names:
            pairs.setdefault(cell, [nothing, nothing])[names.index(name)] = group.stats[metric.id]
    return {cell: (pair[0], pair[1]) for cell, pair in pairs.items()}


def _whole(cells: Pairs) -> Pair:
    first, *others = cells.values()
    for pair in others:
        first = (first[0] + pair[0], first[1] + pair[1])
    return first


def _alike(asked: Request, strata: Pairs) -> LikeForLike:
    """Within strata, contacts having nothing in common."""
    entry = asked.metric
    if entry.kind == "quantile":
        return quantiles_alike(
            None,
            strata,
            weights=asked.weights,
            minimum_n=entry.minimum_n,
            fixed_start=asked.fixed_start,
        )
    return like_for_like(
        strata,
        weights=asked.weights,
        minimum_n=entry.minimum_n,
        fixed_start=asked.fixed_start,
        scale=scale_of(entry),
    )


@dataclass(frozen=True)
class Sums:
    """What the two groups have in each stratum, and in each cluster where those are listed."""

    names: tuple[str, str]
    strata: Pairs
    clusters: Mapping[str, Pairs]
    design: Design | None  # how much wider clusters make intervals, where they are not listed

    @property
    def whole(self) -> Sums:
        """The same in a single stratum."""
        clusters: dict[str, Pairs] = {name: {(): _whole(cells)} for name, cells in self.clusters.items()}
        return Sums(self.names, {(): _whole(self.strata)} if self.strata else {}, clusters, self.design)

    @property
    def present(self) -> tuple[int, int]:
        """How many clusters each group has something of."""
        there = [
            [any(pair[g].n for pair in cells.values()) for g in (0, 1)] for cells in self.clusters.values()
        ]
        return sum(first for first, _ in there), sum(second for _, second in there)


def _adjusted(reader: Reader, asked: Request, sums: Sums) -> Comparison:
    """The comparison within strata, and where the raw gap comes from."""
    entry, plain = asked.metric, _alike(asked, sums.strata)
    groups = dict(zip(sums.names, (plain.first, plain.second), strict=True))
    found = Comparison.of(
        entry.id,
        groups,
        plain.difference,
        support=plain.support,
        weights=plain.weights,
        alike=asked.alike,
        strata=plain.strata,
        dropped=plain.dropped,
    )
    if asked.no_clusters:
        found = _unsure(asked, found)
    elif asked.cluster:
        found = _clustered(reader, asked, found, sums)
    if entry.kind != "quantile":
        found = replace(found, split=_split(asked, sums, found.design_effect))
    return found


def _split(asked: Request, sums: Sums, design_effect: float | None) -> Decomposition:
    """Where the raw gap comes from, as sure as the comparison is: by cluster, or as much wider as the
    comparison became where clusters cannot be listed."""
    entry = asked.metric
    split = decompose(sums.strata, minimum_n=entry.minimum_n, scale=scale_of(entry))
    if asked.no_clusters:
        return without_intervals(split, asked.no_clusters)
    if asked.listed:
        by_day = asked.cluster == "day"
        return split_by_cluster(split, sums.clusters, by_day=by_day, scale=scale_of(entry))
    return as_wide(split, design_effect) if asked.cluster else split


def _clustered(reader: Reader, asked: Request, plain: Comparison, sums: Sums) -> Comparison:
    """The same with the noise of clusters. The effect stays that of the contacts."""
    entry, first, second = asked.metric, *plain.groups.values()
    if plain.reason and plain.difference is None:
        return replace(plain, cluster=asked.cluster)
    design = None
    if not asked.listed:
        return _widened(asked, plain, sums.design)
    if entry.kind == "quantile":
        found = quantiles_alike(
            sums.clusters,
            sums.strata,
            weights=asked.weights,
            minimum_n=entry.minimum_n,
            fixed_start=asked.fixed_start,
        )
        one, other, gap = found.first, found.second, found.difference
        counts = sums.present
    elif asked.alike:
        found = like_for_like_by_cluster(
            sums.clusters,
            weights=asked.weights,
            minimum_n=entry.minimum_n,
            fixed_start=asked.fixed_start,
            by_day=asked.cluster == "day",
            scale=scale_of(entry),
        )
        one, other, gap = found.first, found.second, found.difference
        counts = sums.present
    else:
        raw = _rates(reader, asked, sums) if entry.kind == "rate" else _by_cluster(asked, sums)
        one, other, gap = raw.first, raw.second, raw.difference
        counts, design = (raw.clusters_first, raw.clusters_second), raw.design_effect
    if gap.difference is None:
        # Too few clusters to say how sure it is; the values stand all the same.
        one, other = (Estimate(e.n, e.value, None, None, gap.reason) for e in (first, second))
        gap = replace(Difference.missing(gap.reason), difference=plain.difference)
    return replace(
        plain,
        groups=dict(zip(sums.names, (one, other), strict=True)),
        difference=gap.difference,
        low=gap.low,
        high=gap.high,
        low_always=gap.low_always,
        high_always=gap.high_always,
        p=gap.p,
        reason=gap.reason,
        method="robust",
        cluster=asked.cluster,
        clusters=dict(zip(sums.names, counts, strict=True)),
        design_effect=_wider(gap, plain) if design is None else design,
    )


def _design(reader: Reader, asked: Request, names: tuple[str, str]) -> Design | None:
    """How much wider repeat customers make intervals: of the two groups where the cube of customers has them,
    else of all contacts together."""
    entry = (
        catalog.metric(MEANS.get(asked.metric.bins, "")) if asked.metric.kind == "quantile" else asked.metric
    )
    where = {dim: members for dim, members in asked.where.items() if catalog.dimension(dim).column in GROUPED}
    groups = [asked.groups] if catalog.dimension(asked.groups).column in GROUPED else []
    nothing = nobody(entry, ()).stats[entry.id]
    clusters: dict[str, list[Any]] = {}
    for group in reader.groups([entry], [*groups, "customer_group"], where, asked.start, asked.end):
        *name, cluster = group.key
        if not name or name[0] in names:
            pair = clusters.setdefault(cluster, [nothing, nothing])
            pair[names.index(name[0]) if name else 0] = group.stats[entry.id]
    return design_of({name: (first, second) for name, (first, second) in clusters.items()})


def _widened(asked: Request, plain: Comparison, design: Design | None) -> Comparison:
    """The same with intervals as much wider as repeat customers make them; where nobody comes again they
    are as they were."""
    if design is None:
        return replace(plain, cluster=asked.cluster)
    names, estimates = list(plain.groups), list(plain.groups.values())
    share = asked.metric.kind == "share"
    widths = zip(estimates, (design.first, design.second), strict=True)
    groups = [
        widened_estimate(one, width, design.df, (0.0, 1.0) if share else WHOLE) for one, width in widths
    ]
    gap = Difference(
        plain.difference, plain.low, plain.high, plain.low_always, plain.high_always, plain.p, plain.effect
    )
    looked_at = sum(one.n for one in estimates)
    gap = widened_difference(gap, design, looked_at, (-1.0, 1.0) if share else WHOLE)
    return replace(
        plain,
        groups=dict(zip(names, groups, strict=True)),
        low=gap.low,
        high=gap.high,
        low_always=gap.low_always,
        high_always=gap.high_always,
        p=gap.p,
        method="robust",
        cluster=asked.cluster,
        clusters=dict(zip(names, design.clusters, strict=True)),
        design_effect=design.gap,
    )


def _by_cluster(asked: Request, sums: Sums) -> Clustered:
    entry = asked.metric
    return by_cluster(
        {name: cells[()] for name, cells in sums.clusters.items()},
        minimum_n=entry.minimum_n,
        fixed_start=asked.fixed_start,
        by_day=asked.cluster == "day",
        scale=scale_of(entry),
    )


def _rates(reader: Reader, asked: Request, sums: Sums) -> Clustered:
    """Rates by day, of all days of the span: one without a contact counts as well."""
    (groups,) = sums.strata.values()
    known = sorted(date.fromisoformat(name) for name in sums.clusters)
    first, last = asked.start or known[0], min(asked.end or known[-1], reader.as_of.date())
    first, last = min(first, known[0]), max(last, known[-1])
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        cells = sums.clusters.get(day.isoformat())
        pair = cells[()] if cells else None
        days.append((day.weekday(), pair[0].total if pair else 0.0, pair[1].total if pair else 0.0))
    return rates_by_day(days, groups, minimum_n=asked.metric.minimum_n, fixed_start=asked.fixed_start)


def _wider(gap: Difference, plain: Comparison) -> float | None:
    """How much wider the interval became, in variance."""
    if None in (gap.low, gap.high, plain.low, plain.high) or plain.high == plain.low:
        return None
    return ((gap.high - gap.low) / (plain.high - plain.low)) ** 2  # type: ignore[operator]


def _described(reader: Reader, asked: Request, found: Comparison) -> Comparison:
    """With where it was read, and why there are no always-valid limits where there are none."""
    entry, parts = asked.metric, [asked.groups]
    parts += LISTED[asked.cluster] if asked.listed else ()
    cuts = {(), () if asked.no_strata else asked.alike}
    sources = {reader.source([entry.id], [*parts, *alike], asked.where) for alike in cuts}
    if found.cluster == "customer" and not asked.listed and found.clusters:
        sources.add("by_customer_group")
    source = ", ".join(sorted(sources))
    adjusted = found.adjusted
    if adjusted is not None:
        adjusted = replace(adjusted, source=source, reason_always=_always(asked, adjusted))
    return replace(found, source=source, reason_always=_always(asked, found), adjusted=adjusted)


def _always(asked: Request, found: Comparison) -> str:
    """Why there are no always-valid limits; empty where there are."""
    if found.low_always is not None:
        return ""
    if not asked.fixed_start:
        return reasons.NO_FIXED_START
    if min(group.n for group in found.groups.values()) < thresholds.ALWAYS_VALID:
        return reasons.TOO_FEW
    return found.reason or reasons.NO_SPREAD
