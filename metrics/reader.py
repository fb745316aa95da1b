"""Step 7: the facts read. Every metric by any dimension, within one scope and one published version."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from metrics import catalogue
from metrics.answers import Comparison, Value
from metrics.catalogue import SCORES, Metric
from metrics.compose import Question, compose, layout, question
from metrics.inference import (
    INDEX,
    Difference,
    MeanStats,
    ScoreStats,
    ShareStats,
    Stats,
    difference,
    estimate,
)
from metrics.inference.estimates import AS_IS
from metrics.inference.strata import like_for_like
from metrics.lake import Lake, Version
from metrics.reasons import NO_SALES
from metrics.scope import Room, Scope
from settings import Settings

ROUTES = ("self_service_first", "direct")
Where = Mapping[str, Sequence[str]]
# Databases kept open: one for each scope somebody looks through.
ROOMS = 8


class Reader:
    """Answers from one published version, for one scope. Safe from any thread."""

    def __init__(self, room: Room, version: Version, settings: Mapping[str, int]) -> None:
        self.version = version.name
        self.as_of = version.as_of
        self._room = room
        self._tables = room.tables(version)
        self._settings = dict(settings)
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
        rows, _ = self._rows(self._asked([catalogue.CONTACTS], [dim]))
        return [row[0] for row in rows if row[1]]

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
        found = [catalogue.metric(name) for name in metrics]
        asked = self._asked(found, by, where, start, end)
        rows, _ = self._rows(asked)
        reasons = self._reasons(asked) if any(metric.reasons for metric in found) else {}
        return [
            self._value(metric, asked, row, place, reasons)
            for row in rows
            for metric, place in zip(found, layout(asked), strict=True)
        ]

    def source(self, metrics: Sequence[str], by: Sequence[str] = (), where: Where | None = None) -> str:
        """Where such a question is answered from: a cube's name, or ``facts`` when it needs a scan."""
        asked = self._asked([catalogue.metric(name) for name in metrics], by, where)
        return compose(asked, self._tables).source

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
        grow from a fixed start, and adds intervals that allow for repeated looks. ``alike``
        dimensions add ``adjusted``: the same comparison among contacts alike in them.
        """
        entry = catalogue.metric(metric)
        asked = self._asked([entry, catalogue.CONTACTS], [groups], where, start, end)
        rows, _ = self._rows(asked)
        (place, counted) = layout(asked)
        contacts = {row[0]: row[counted[0]] for row in rows}
        stats = {row[0]: _stats(entry, row[slice(*place[:2])]) for row in rows}
        first, second = ROUTES if groups == "self_service_first" else _two(groups, contacts)
        nothing = _stats(entry, (0,) * len(catalogue.COLUMNS[entry.kind]))
        one, other = stats.get(first, nothing), stats.get(second, nothing)
        scale = INDEX if entry.scale == "index" else AS_IS
        found = difference(one, other, minimum_n=entry.minimum_n, fixed_start=fixed_start, scale=scale)
        if self._unsold(entry, one, contacts.get(first, 0)) and self._unsold(
            entry, other, contacts.get(second, 0)
        ):
            found = Difference.missing(NO_SALES)
        estimates = {
            name: estimate(of, minimum_n=entry.minimum_n, scale=scale)
            for name, of in ((first, one), (second, other))
        }
        unknown = contacts.get("unknown", 0) if groups == "self_service_first" else 0
        adjusted = None
        if alike:
            cuts = [groups, *alike]
            strata = self._asked([entry], cuts, where, start, end)
            adjusted = _adjusted(entry, self._rows(strata)[0], (first, second), fixed_start=fixed_start)
        return Comparison.of(metric, estimates, found, unknown=unknown, adjusted=adjusted)

    def histogram(
        self, where: Where | None = None, start: date | None = None, end: date | None = None
    ) -> dict[str, list[int]]:
        """How many gave each score from 1 to 10, by route."""
        asked = self._asked([catalogue.metric("csat")], ["self_service_first"], where, start, end)
        rows, _ = self._rows(asked)
        return {row[0]: list(row[1 : 1 + len(SCORES)]) for row in rows}

    def _asked(
        self,
        metrics: Sequence[Metric],
        by: Sequence[str] = (),
        where: Where | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Question:
        return question(metrics, by, where, start=start, end=end, settings=self._settings)

    def _rows(self, asked: Question) -> tuple[list[tuple[Any, ...]], str]:
        statement = compose(asked, self._tables)
        return self._room.ask(statement.text, statement.values), statement.source

    def _reasons(self, asked: Question) -> dict[tuple[str, ...], dict[str, int]]:
        """Contacts by the reason of their decision, for each group."""
        by = [*(cut.id for cut in asked.by), "survey_reason"]
        where = {cut.id: values for cut, values in asked.where}
        rows, _ = self._rows(self._asked([catalogue.CONTACTS], by, where, asked.start, asked.end))
        width = len(asked.by)
        return {
            group: {f"reason:{row[width]}": row[width + 1] for row in members}
            for group, members in groupby(rows, key=lambda row: row[:width])
        }

    def _value(
        self,
        metric: Metric,
        asked: Question,
        row: tuple[Any, ...],
        place: tuple[int, int, int],
        reasons: Mapping[tuple[str, ...], dict[str, int]],
    ) -> Value:
        begin, middle, end = place
        width = len(asked.by)
        stats = _stats(metric, row[begin:middle])
        scale = INDEX if metric.scale == "index" else AS_IS
        found = estimate(stats, minimum_n=metric.minimum_n, scale=scale)
        reason = NO_SALES if self._unsold(metric, stats, 1) else found.reason
        parts: dict[str, float | int] = dict(zip(metric.parts, row[middle:end], strict=True))
        if metric.reasons:
            parts |= reasons.get(row[:width], {})
        dims = {cut.id: text for cut, text in zip(asked.by, row[:width], strict=True)}
        return Value(metric.id, dims, found.value, found.n, found.low, found.high, reason, parts)

    @staticmethod
    def _unsold(metric: Metric, stats: Stats, contacts: int) -> bool:
        """No contact is left because none of the partners has ever recorded a sale."""
        return "answered_selling" in metric.measures and stats.n == 0 and contacts > 0


def _two(groups: str, contacts: Mapping[str, int]) -> tuple[str, str]:
    there = [name for name, count in contacts.items() if count]
    if len(there) != 2:
        raise ValueError(f"comparing {groups} needs exactly two of them; choose two of: {', '.join(there)}")
    return there[0], there[1]


def _adjusted(
    metric: Metric, rows: Sequence[tuple[Any, ...]], names: tuple[str, str], *, fixed_start: bool
) -> Comparison:
    """The comparison among strata; a row is the group, the stratum's values, and the metric's columns."""
    width = len(catalogue.COLUMNS[metric.kind])
    nothing = _stats(metric, (0,) * width)
    strata: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        if row[0] in names:
            pair = strata.setdefault(row[1:-width], [nothing, nothing])
            pair[names.index(row[0])] = _stats(metric, row[-width:])
    scale = INDEX if metric.scale == "index" else AS_IS
    pairs = {cell: (pair[0], pair[1]) for cell, pair in strata.items()}
    found = like_for_like(pairs, minimum_n=metric.minimum_n, fixed_start=fixed_start, scale=scale)
    groups = dict(zip(names, (found.first, found.second), strict=True))
    return Comparison.of(metric.id, groups, found.difference, support=found.support)


def _stats(metric: Metric, row: Sequence[Any]) -> Stats:
    """The sufficient statistics of a row of the metric's SQL."""
    if metric.kind == "score":
        return ScoreStats(tuple(row))
    if metric.kind == "share":
        return ShareStats(*row)
    return MeanStats(*row)


class _Readers:
    """The newest reader of each lake and scope, and the databases they stand on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Scope], tuple[Room, Reader]] = OrderedDict()

    def open(self, settings: Settings, scope: Scope) -> Reader:
        lake = Lake(settings.lake_path)
        key = (str(lake.path), scope)
        thresholds = {
            name: getattr(settings, name) for name in ("satisfied_from", "top_box_from", "dissatisfied_to")
        }
        with self._lock:
            version = lake.version()
            room, reader = self._kept.get(key, (None, None))
            if reader is None or reader.version != version.name or reader._settings != thresholds:
                if room is None or room.base.name != version.base:
                    room = Room(lake, lake.base(version.base), scope)
                reader = Reader(room, version, thresholds)
                self._kept[key] = (room, reader)
            self._kept.move_to_end(key)
            while len(self._kept) > ROOMS:
                self._kept.popitem(last=False)
        return reader


_readers = _Readers()


def open_reader(settings: Settings, scope: Scope) -> Reader:
    """A reader of the published version for a scope; the same one until a newer version is published."""
    return _readers.open(settings, scope)
