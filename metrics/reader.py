"""Step 7: the facts read. Every metric by any dimension, within one scope and one published version."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from metrics import catalogue
from metrics.answers import Comparison, Value
from metrics.catalogue import Metric
from metrics.compose import Question, compose, layout, question
from metrics.inference import (
    INDEX,
    Difference,
    Estimate,
    MeanStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
    difference,
    estimate,
    minimum,
)
from metrics.inference.estimates import AS_IS, Scale
from metrics.inference.reasons import HIDDEN
from metrics.inference.strata import like_for_like
from metrics.lake import Version
from metrics.reasons import NO_SALES
from metrics.scope import Room, Scope

ROUTES = ("self_service_first", "direct")
Where = Mapping[str, Sequence[str]]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The sums of one group: statistics and parts of each metric, by its name."""

    key: Key
    contacts: int
    stats: Mapping[str, Stats]
    parts: Mapping[str, dict[str, float | int]]


class Reader:
    """Answers from one published version, for one scope. Safe from any thread."""

    def __init__(self, room: Room, version: Version, settings: Mapping[str, int]) -> None:
        self.version = version.name
        self.as_of = datetime.fromtimestamp(version.as_of, UTC)
        self.settings = dict(settings)
        self._room = room
        self._tables = room.tables(version)
        # The version's tables go with the last that holds its reader.
        weakref.finalize(self, room.forget, self._tables)

    @property
    def scope(self) -> Scope:
        """Whose contacts it sees."""
        return self._room.scope

    def days(self) -> tuple[date, date] | None:
        """The first and the last day with a contact, None where there is none."""
        found = [date.fromisoformat(day) for day in self.members("day")]
        return (found[0], found[-1]) if found else None

    def members(self, dim: str) -> list[str]:
        """The values that a dimension has, in order; "" is "not given"."""
        return [group.key[0] for group in self.groups([], [dim])]

    def show(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> list[Value]:
        """The metrics of each group, in the order of the groups; a day range includes both ends.

        UnknownNameError for a metric or dimension that the catalogue does not have.
        """
        entries = [catalogue.metric(name) for name in metrics]
        groups = self.groups(entries, by, where, start, end)
        hidden = minimum.HIDDEN if self.scope.partner is not None else 0
        return [_value(entry, by, group, hidden=hidden) for group in groups for entry in entries]

    def compare(
        self,
        metric: str,
        groups: str = "self_service_first",
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
        *,
        fixed_start: bool = False,
        alike: Sequence[str] = (),
    ) -> Comparison:
        """Two groups of a dimension: the first minus the second.

        Of ``self_service_first`` these are self_service_first and direct; of another dimension the two that
        are there in the selection (ValueError when they are not two). ``fixed_start`` says that the data
        grow from a fixed start, and adds intervals that allow for repeated looks. ``alike`` dimensions add
        ``adjusted``: the same comparison among contacts alike in them.
        """
        entry = catalogue.metric(metric)
        found = {group.key[0]: group for group in self.groups([entry], [groups], where, start, end)}
        names = ROUTES if groups == "self_service_first" else _two(groups, list(found))
        pair = [found.get(name) or _nobody(entry, (name,)) for name in names]
        one, other = (group.stats[metric] for group in pair)
        scale = _scale(entry)
        result = difference(one, other, minimum_n=entry.minimum_n, fixed_start=fixed_start, scale=scale)
        if found and all(_unsold(entry, group) for group in found.values()):
            result = Difference.missing(NO_SALES)
        adjusted = None
        if alike:
            if entry.kind == "quantile":
                raise ValueError(f"{metric} is a quantile, which cannot be compared like for like")
            strata = self.groups([entry], [groups, *alike], where, start, end)
            adjusted = _adjusted(entry, strata, names, fixed_start=fixed_start)
        unknown = found["unknown"].contacts if groups == "self_service_first" and "unknown" in found else 0
        estimates = {name: _estimate(entry, group) for name, group in zip(names, pair, strict=True)}
        return Comparison.of(metric, estimates, result, unknown=unknown, adjusted=adjusted)

    def histogram(
        self, where: Where | None = None, start: date | None = None, end: date | None = None
    ) -> dict[str, list[int]]:
        """How many gave each score from 1 to 10, by route."""
        csat = catalogue.metric("csat")
        groups = self.groups([csat], ["self_service_first"], where, start, end)
        bins = {group.key[0]: group.stats["csat"] for group in groups}
        return {route: list(stats.bins) for route, stats in bins.items() if isinstance(stats, ScoreStats)}

    def source(self, metrics: Sequence[str], by: Sequence[str] = (), where: Where | None = None) -> str:
        """Where such a question is answered from: a cube's name, or ``facts`` when it needs a scan."""
        entries = [catalogue.metric(name) for name in metrics]
        summed = [entry for entry in entries if entry.kind != "quantile"]
        names = {self._compose(summed or [catalogue.CONTACTS], by, where).source}
        if len(summed) < len(entries):
            names.add(self._compose([catalogue.TIMED], [*by, "handling_bin"], where).source)
        if any(entry.reasons for entry in entries):
            names.add(self._compose([catalogue.CONTACTS], [*by, "survey_reason"], where).source)
        return ", ".join(sorted(names))

    def groups(
        self,
        metrics: Sequence[Metric],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> list[Group]:
        """The sufficient statistics of each group, from which every answer is made."""
        summed = [metric for metric in metrics if metric.kind != "quantile"]
        asked = self._asked([*summed, catalogue.CONTACTS], by, where, start, end)
        times = self._inner(catalogue.TIMED, "handling_bin", asked) if len(summed) < len(metrics) else {}
        reasons: Mapping[Key, Mapping[str, int]] = {}
        if any(metric.reasons for metric in metrics):
            reasons = self._inner(catalogue.CONTACTS, "survey_reason", asked)
        *places, counted = layout(asked)
        groups = []
        for row in self._rows(asked):
            key = row[: len(by)]
            stats: dict[str, Stats] = {}
            parts: dict[str, dict[str, float | int]] = {metric.id: {} for metric in metrics}
            for metric, (begin, middle, end_) in zip(summed, places, strict=True):
                stats[metric.id] = _stats(metric, row[begin:middle])
                parts[metric.id] |= zip(metric.parts, row[middle:end_], strict=True)
                if metric.reasons:
                    parts[metric.id] |= {f"reason:{k}": n for k, n in reasons.get(key, {}).items()}
            for metric in metrics:
                if metric.kind == "quantile":
                    bins = {int(text): n for text, n in times.get(key, {}).items() if text}
                    stats[metric.id] = TimeBins.of(bins, metric.q)
            groups.append(Group(key, row[counted[0]], stats, parts))
        return groups

    def _inner(self, metric: Metric, dim: str, asked: Question) -> Mapping[Key, Mapping[str, int]]:
        """A count within each group, by one dimension more."""
        by = [*(cut.id for cut in asked.by), dim]
        where = {cut.id: values for cut, values in asked.where}
        found: defaultdict[Key, dict[str, int]] = defaultdict(dict)
        for row in self._rows(self._asked([metric], by, where, asked.start, asked.end)):
            found[row[: len(asked.by)]][row[len(asked.by)]] = row[len(asked.by) + 1]
        return found

    def _asked(
        self,
        metrics: Sequence[Metric],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Question:
        as_of = self.as_of.date()
        return question(metrics, by, where, start=start, end=end, settings=self.settings, as_of=as_of)

    def _compose(self, metrics: Sequence[Metric], by: Sequence[str], where: Where | None) -> Any:
        return compose(self._asked(metrics, by, where), self._tables)

    def _rows(self, asked: Question) -> list[tuple[Any, ...]]:
        return self._room.answer(asked, self._tables)


def _scale(metric: Metric) -> Scale:
    return INDEX if metric.scale == "index" else AS_IS


def _stats(metric: Metric, row: Sequence[Any]) -> Stats:
    """The sufficient statistics of a row of the metric's SQL."""
    if metric.kind == "score":
        return ScoreStats(tuple(row))
    if metric.kind == "share":
        return ShareStats(*row)
    return MeanStats(*row)


def _nobody(metric: Metric, key: Key) -> Group:
    """A group without a contact."""
    if metric.kind == "quantile":
        return Group(key, 0, {metric.id: TimeBins.of({}, metric.q)}, {})
    return Group(key, 0, {metric.id: _stats(metric, (0,) * len(catalogue.COLUMNS[metric.kind]))}, {})


def _unsold(metric: Metric, group: Group) -> bool:
    """There are contacts, but of partners none of which has ever recorded a sale."""
    return "answered_selling" in metric.measures and group.stats[metric.id].n == 0 and group.contacts > 0


def _estimate(metric: Metric, group: Group) -> Estimate:
    found = estimate(group.stats[metric.id], minimum_n=metric.minimum_n, scale=_scale(metric))
    if _unsold(metric, group):
        return Estimate(found.n, None, None, None, NO_SALES)
    return found


def _value(metric: Metric, by: Sequence[str], group: Group, *, hidden: int) -> Value:
    """The group's value; below ``hidden`` observations somebody could be recognised."""
    found = _estimate(metric, group)
    if 0 < found.n < hidden:
        found = Estimate(found.n, None, None, None, HIDDEN)
    dims = dict(zip(by, group.key, strict=True))
    return Value(
        metric.id,
        dims,
        found.value,
        found.n,
        found.low,
        found.high,
        found.reason,
        group.parts[metric.id],
    )


def _two(groups: str, there: Sequence[str]) -> tuple[str, str]:
    if len(there) != 2:
        raise ValueError(f"comparing {groups} needs exactly two of them; choose two of: {', '.join(there)}")
    return there[0], there[1]


def _adjusted(
    metric: Metric, strata: Sequence[Group], names: tuple[str, str], *, fixed_start: bool
) -> Comparison:
    """The comparison within strata; a key is the group's name and then the stratum's."""
    pairs: dict[Key, list[Any]] = {}
    nothing = _nobody(metric, ()).stats[metric.id]
    for group in strata:
        if group.key[0] in names:
            pair = pairs.setdefault(group.key[1:], [nothing, nothing])
            pair[names.index(group.key[0])] = group.stats[metric.id]
    found = like_for_like(
        {cell: (pair[0], pair[1]) for cell, pair in pairs.items()},
        minimum_n=metric.minimum_n,
        fixed_start=fixed_start,
        scale=_scale(metric),
    )
    groups = dict(zip(names, (found.first, found.second), strict=True))
    return Comparison.of(metric.id, groups, found.difference, support=found.support)
