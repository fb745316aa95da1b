"""The facts read. Every metric by any dimension, within one scope and one published version."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from lake.manifest import Version
from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from metrics.catalog.models import CUBES
from metrics.inference import Estimate, ScoreStats, Stats, TimeBins
from metrics.inference.base import thresholds
from metrics.inference.base.missing import HIDDEN, NO_GROUPS
from metrics.query.answers import Value
from metrics.query.cubes.arrays import Cube, of_table
from metrics.query.question import Question, layout, question
from metrics.query.scope import Room, Scope
from metrics.query.sql.compose import compose
from metrics.query.sql.scans import episodes, rows_of_cube
from metrics.query.sums import Group, Key, estimated, merged, stats_of

Where = Mapping[str, Sequence[str]]


class Reader:
    """Answers from one published version, for one scope. Safe from any thread."""

    def __init__(self, room: Room, version: Version, settings: Mapping[str, int]) -> None:
        self.version = version.name
        self.as_of = datetime.fromtimestamp(version.as_of, UTC)
        self.settings = dict(settings)
        self._room = room
        self._dirty = tuple(
            key for key in version.dirty if room.scope.partner in (None, key.partner) or not key.partner
        )
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

    def pending(
        self,
        start: date | None = None,
        end: date | None = None,
        *,
        subject: str = "contact",
        partner: str = "",
    ) -> bool:
        """Whether some of the days of a question, both ends included, are still to be made anew."""
        table = "contact" if subject == "customer" else subject
        first, last = (start or date.min).isoformat(), (end or date.max).isoformat()
        return any(
            key.table == table and first <= key.day <= last and partner in ("", key.partner)
            for key in self._dirty
        )

    def members(self, dim: str, subject: str = "contact") -> list[str]:
        """The values that a dimension has, in order; "" is "not given". Of contacts, or another subject."""
        return [group.key[0] for group in self._groups(subject, [], [dim], (None, None, None))]

    def show(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> list[Value]:
        """The metrics of each group, in the order of the groups; a day range includes both ends.

        A metric that is not kept by one of the dimensions has no value, and says so. UnknownNameError for
        a metric or dimension that the catalogue does not have.
        """
        entries = [catalog.metric(name) for name in metrics]
        kept = self._kept(entries, by, where)
        groups = self.groups(kept, by, where, start, end)
        hidden = thresholds.HIDDEN if self.scope.partner is not None else 0
        values = [
            _value(entry, by, group, hidden=hidden) if entry in kept else _without(entry, by, group)
            for group in groups
            for entry in entries
        ]
        return [self._marked(value, start, end) for value in values] if self._dirty else values

    def _marked(self, value: Value, start: date | None, end: date | None) -> Value:
        """The value, marked where some of its days are still to be made anew."""
        subject = catalog.metric(value.metric).subject
        if day := value.dims.get("day"):
            start = end = date.fromisoformat(day)
        partner = value.dims.get("partner", "")
        return replace(value, pending=self.pending(start, end, subject=subject, partner=partner))

    def histogram(
        self, where: Where | None = None, start: date | None = None, end: date | None = None
    ) -> dict[str, list[int]]:
        """How many gave each score from 1 to 10, by route."""
        csat = catalog.metric("csat")
        groups = self.groups([csat], ["self_service_first"], where, start, end)
        bins = {group.key[0]: group.stats["csat"] for group in groups}
        return {route: list(stats.bins) for route, stats in bins.items() if isinstance(stats, ScoreStats)}

    def source(self, metrics: Sequence[str], by: Sequence[str] = (), where: Where | None = None) -> str:
        """Where such a question is answered from: a cube's name, or ``facts`` when it needs a scan."""
        entries = self._kept([catalog.metric(name) for name in metrics], by, where)
        return self.source_of(entries or [catalog.CONTACTS], by, where)

    def _kept(self, entries: Sequence[Metric], by: Sequence[str], where: Where | None) -> list[Metric]:
        """Those of the metrics that are kept by all dimensions of a question."""
        return [entry for entry in entries if catalog.kept_by(entry, (*by, *(where or {})))]

    def source_of(self, entries: Sequence[Metric], by: Sequence[str] = (), where: Where | None = None) -> str:
        """The same for metrics that are given, rather than named."""
        names = set()
        for subject, mine in _by_subject(entries).items():
            summed = [entry for entry in mine if entry.kind != "quantile"]
            names.add(self._compose(summed or [catalog.COUNTS[subject]], by, where).source)
            for bins in {entry.bins for entry in mine if entry.kind == "quantile"}:
                names.add(self._compose([catalog.BINNED[bins]], [*by, bins], where).source)
        if any(entry.reasons for entry in entries):
            names.add(self._compose([catalog.CONTACTS], [*by, "survey_reason"], where).source)
        return ", ".join(sorted(names))

    def groups(
        self,
        metrics: Sequence[Metric],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> list[Group]:
        """The sufficient statistics of each group, from which every answer is made.

        Metrics of different subjects (contacts, calls offered, sessions) may be asked together: a group that
        one of them lacks has nothing of it.
        """
        by_subject = _by_subject(metrics) or {"contact": []}
        found: dict[Key, list[Group]] = defaultdict(list)
        for subject, mine in by_subject.items():
            for group in self._groups(subject, mine, by, (where, start, end)):
                found[group.key].append(group)
        if len(by_subject) == 1:
            return [group for groups in found.values() for group in groups]
        return [merged(metrics, key, groups) for key, groups in sorted(found.items())]

    def _groups(
        self,
        subject: str,
        metrics: Sequence[Metric],
        by: Sequence[str],
        span: tuple[Where | None, date | None, date | None],
    ) -> list[Group]:
        """The same of metrics of one subject."""
        quantiles = [metric for metric in metrics if metric.kind == "quantile"]
        summed = [metric for metric in metrics if metric.kind != "quantile"]
        # What belongs beside a quantile is a sum as others are.
        summed += [
            replace(catalog.COUNTS[subject], id=metric.id, parts=metric.parts, sql=catalog.CONTACTS.id)
            for metric in quantiles
            if metric.parts
        ]
        asked = self._asked([*summed, catalog.COUNTS[subject]], by, *span)
        times = {
            bins: self._inner(catalog.BINNED[bins], bins, asked)
            for bins in {metric.bins for metric in quantiles}
        }
        reasons: Mapping[Key, Mapping[str, int]] = {}
        if any(metric.reasons for metric in metrics):
            reasons = self._inner(catalog.CONTACTS, "survey_reason", asked)
        *places, counted = layout(asked)
        # Worked out before the rows: a year of days by route has a thousand of them.
        told = [
            (metric, slice(begin, middle), slice(middle, end) if metric.parts else None)
            for metric, (begin, middle, end) in zip(summed, places, strict=True)
        ]
        groups = []
        for row in self._rows(asked):
            key = row[: len(by)]
            stats: dict[str, Stats] = {}
            parts: dict[str, dict[str, float | int]] = {metric.id: {} for metric in metrics}
            for metric, sums, beside in told:
                if metric.kind != "count":
                    stats[metric.id] = stats_of(metric, row[sums])
                if beside:
                    parts[metric.id] |= zip(metric.parts, row[beside], strict=True)
                if metric.reasons:
                    parts[metric.id] |= {f"reason:{k}": n for k, n in reasons.get(key, {}).items()}
            for metric in quantiles:
                bins = {int(text): n for text, n in times[metric.bins].get(key, {}).items() if text}
                stats[metric.id] = TimeBins.of(bins, metric.q)
            groups.append(Group(key, row[counted[0]], stats, parts))
        return groups

    def episodes(
        self, by: Sequence[str], span: tuple[Where | None, date | None, date | None]
    ) -> dict[Key, tuple[int, int, tuple[int, ...]]]:
        """Scans the facts for who could be asked, who was, and the ten counts of scores, by dimensions and
        the number of the contact within its episode ("1", "2", "3+"): so many within seven days."""
        entries = [catalog.metric("csat"), catalog.metric("survey_coverage")]
        statement = episodes(self._asked(entries, by, *span), self._tables)
        size = len(by) + 1
        return {
            row[:size]: (row[size], row[size + 1], row[size + 2 :])
            for row in self._room.ask(statement.text, statement.values)
        }

    def rows(
        self, cube: str, where: Where, start: date | None = None, end: date | None = None
    ) -> tuple[list[Cube], str]:
        """The rows of a cube, all of them, and its name; where the cube lacks a filter's dimension those that
        a scan of the facts makes of the days and filters, and ``facts``."""
        asked = self._asked([], (), where, start, end)
        if asked.columns <= set(CUBES[cube]):
            return self._room.parts(cube, self._tables), cube
        statement = rows_of_cube(cube, asked, self._tables)
        with self._room.cursor() as cursor:
            table = cursor.sql(statement.text, params=statement.values).to_arrow_table()
        return [of_table(table, CUBES[cube])], statement.source

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


def _by_subject(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The metrics apart, by what their sums are of."""
    found: dict[str, list[Metric]] = {}
    for metric in metrics:
        found.setdefault(metric.subject, []).append(metric)
    return found


def _without(metric: Metric, by: Sequence[str], group: Group) -> Value:
    """No value, since the metric is not kept for such groups."""
    return Value(metric.id, dict(zip(by, group.key, strict=True)), None, 0, None, None, NO_GROUPS)


def _value(metric: Metric, by: Sequence[str], group: Group, *, hidden: int) -> Value:
    """The group's value; below ``hidden`` observations somebody could be recognised."""
    found = estimated(metric, group)
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
