"""Answers from cubes in memory: the same as the composed statement's, without the database.

Whatever cannot be worked out here raises :class:`~metrics.query.cubes.terms.Unsupported` (or
OverflowError), and is asked
as a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.catalog.catalog import COLUMNS, Dimension
from metrics.catalog.models import sql
from metrics.query.cubes.arrays import Cube, mixed, month_of, numbered, size_of, totals
from metrics.query.cubes.terms import Inputs, Unsupported, expression, named, selected, value
from metrics.query.question import DERIVED, Question, needed_sums, parameters, plain_sums

Array = NDArray[Any]
# The texts of a dimension's labels.
Texts = Callable[[Dimension, Sequence[Any]], Sequence[str]]

# The first and the last day, both included, in days since 1970; None: as far as there are any.
Span = tuple[int | None, int | None]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class _Work:
    """A question, and what working it out needs."""

    asked: Question
    needed: Sequence[str]
    values: Mapping[str, Any]
    texts: Texts
    tables: Mapping[str, frozenset[str]]
    # The groups of the answer, numbered as they are met.
    groups: dict[tuple[str, ...], int]


def answer(
    asked: Question, parts: Sequence[Cube], texts: Texts, tables: Mapping[str, frozenset[str]]
) -> list[tuple[Any, ...]]:
    """The rows that the composed statement would give, from the sum of some cubes of the same dimensions.

    ``tables`` are small tables of one column that expressions may look into.
    """
    needed = needed_sums(asked)
    groups: dict[tuple[str, ...], int] = {} if asked.by else {(): 0}
    work = _Work(asked, needed, parameters(asked, needed), texts, tables, groups)
    found = [_partial(work, *piece) for part in parts for piece in _pieces(work, part)]
    cells = {
        name: sum(
            (totals(places, sums[name], len(groups)) for places, sums in found),
            start=np.zeros(len(groups), dtype=np.int64),
        )
        for name in needed
    }
    keys = list(groups)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if asked.by:
        # A version may take away all that a group had.
        contacts = cells["contacts"].tolist()
        order = [number for number in order if contacts[number]]
    cells = {name: sums[order] for name, sums in cells.items()}
    columns = _metrics(work, cells, len(order))
    return [(*keys[number], *row) for number, row in zip(order, zip(*columns, strict=True), strict=True)]


def _pieces(work: _Work, cube: Cube) -> list[tuple[Cube, Span]]:
    """The cube's whole months and what the question wants of the days before and after them."""
    first, last = _day(work.asked.start), _day(work.asked.end)
    monthly = cube.by_month()
    if monthly is cube or "day" in work.asked.columns | _looked_at(work):
        return [(cube, (first, last))]
    days = cube.labelled("day").codes
    begin, end = int(days[0]), int(days[-1])
    first = begin if first is None else max(first, begin)
    last = end if last is None else min(last, end)
    if first > begin:
        begin = _month(first) if _month(first) == first else _following(first)
    if last < end:
        end = last if _following(last) == last + 1 else _month(last) - 1
    if begin > end:
        return [(cube, (first, last))]
    pieces: list[tuple[Cube, Span]] = [(monthly, (_month(begin), end))]
    if first < begin:
        pieces.append((cube, (first, begin - 1)))
    if end < last:
        pieces.append((cube, (end + 1, last)))
    return pieces


def _looked_at(work: _Work) -> set[str]:
    """The columns that sums made of other sums look at."""
    return {column for name in work.needed if name in DERIVED for column in named(DERIVED[name][0])}


def _partial(work: _Work, cube: Cube, span: Span) -> tuple[Array, dict[str, Array]]:
    """One cube's sums by the raw labels of the groups, and the place of each among all groups."""
    derived = {name: DERIVED[name][0] for name in work.needed if name in DERIVED}
    looked_at = _looked_at(work)
    cube = cube.rolled(frozenset(work.asked.columns | looked_at & set(cube.keys)))
    plain = plain_sums(work.needed)
    cube.ahead(plain)
    rows = _rows(work, cube, span)
    names = list(dict.fromkeys(cut.column for cut in work.asked.by))
    codes, numbers = _grouped(cube, names, rows)
    count = len(codes[names[0]]) if names else 1
    columns = {name: cube.sums(name)[rows] for name in plain}
    given = _given(work, cube, rows, {name: columns[name] for name in plain if name in looked_at})
    sums = {}
    for name in work.needed:
        terms = value(expression(derived[name]), given) if name in derived else columns[name]
        sums[name] = totals(numbers, np.asarray(terms), count)
    return _places(work, cube, codes, count), sums


def _given(work: _Work, cube: Cube, rows: slice | Array, columns: Mapping[str, Array]) -> Inputs:
    """What sums made of other sums may name."""

    def member(column: str, table: str) -> Array:
        labelled = cube.labelled(column)
        inside = np.array([label in work.tables[table] for label in labelled.labels], dtype=bool)
        return inside[labelled.codes[rows]]

    # Columns are as narrow as what they hold, and not what is made of them.
    wide = {name: numbers.astype(np.int64) for name, numbers in columns.items()}
    return Inputs(wide | {"day": cube.labelled("day").codes[rows]}, work.values, member)


def _rows(work: _Work, cube: Cube, span: Span) -> slice | Array:
    """The rows that the span and the filters leave."""
    rows: slice | Array = cube.span(*span)
    for cut, chosen in work.asked.where:
        labelled = cube.labelled(cut.column)
        if labelled.labels:
            wanted = set(chosen)
            inside = np.array([text in wanted for text in work.texts(cut, labelled.labels)], dtype=bool)
            if isinstance(rows, slice):
                rows = cube.having(cut.column, inside, rows)
                continue
            hit = inside[labelled.codes[rows]]
        else:
            days, inverse = np.unique(labelled.codes[rows], return_inverse=True)
            inside = np.isin(np.array(work.texts(cut, _dates(days)), dtype=object), list(chosen))
            hit = inside[inverse] if len(days) else np.zeros(0, dtype=bool)
        rows = np.flatnonzero(hit) + rows.start if isinstance(rows, slice) else rows[hit]
    return rows


def _grouped(cube: Cube, names: Sequence[str], rows: slice | Array) -> tuple[dict[str, Array], Array]:
    """The codes of each group in the rows, by column, and the number of every row's group."""
    columns: list[tuple[Array, int]] = []
    bases = []
    for name in names:
        labelled = cube.labelled(name)
        codes = labelled.codes[rows]
        low = int(codes.min()) if not labelled.labels and len(codes) else 0
        size = len(labelled.labels) or (int(codes.max()) - low + 1 if len(codes) else 1)
        columns.append((codes - low if low else codes, size))
        bases.append(low)
    if not columns:
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        return {}, np.zeros(max(count, 0), dtype=np.int64)
    there, numbers = numbered(mixed(columns), size_of(columns))
    found: dict[str, Array] = {}
    for name, (_, each), low in zip(reversed(names), reversed(columns), reversed(bases), strict=True):
        found[name] = there % each + low
        there = there // each
    return found, numbers


def _places(work: _Work, cube: Cube, codes: Mapping[str, Array], count: int) -> Array:
    """The place of each raw group among all groups."""
    if not work.asked.by:
        return np.zeros(count, dtype=np.int64)
    shown = []
    for cut in work.asked.by:
        labels = cube.labelled(cut.column).labels
        if labels:
            words = work.texts(cut, labels)
            shown.append([words[code] for code in codes[cut.column].tolist()])
        else:
            days, inverse = np.unique(codes[cut.column], return_inverse=True)
            words = work.texts(cut, _dates(days))
            shown.append([words[number] for number in inverse.tolist()])
    groups = work.groups
    return np.array([groups.setdefault(key, len(groups)) for key in zip(*shown, strict=True)], dtype=np.int64)


def _metrics(work: _Work, cells: Mapping[str, Array], count: int) -> list[list[Any]]:
    """The columns of the answer behind the dimensions: each metric's, and what belongs beside it."""
    columns = []
    given = Inputs(cells, work.values)
    for metric in work.asked.metrics:
        terms = selected(sql("metrics", metric.sql or metric.id))
        for name in COLUMNS[metric.kind]:
            if name not in terms:
                raise Unsupported(name)
            columns.append(np.broadcast_to(value(terms[name], given), count).tolist())
        columns += [cells[part].tolist() for part in metric.parts]
    return columns


def _day(day: date | None) -> int | None:
    return None if day is None else (day - _EPOCH).days


def _month(day: int) -> int:
    return int(month_of(np.array([day]))[0])


def _following(day: int) -> int:
    """The first day of the month after a day's."""
    return _month(_month(day) + 31)


def _dates(days: Array) -> list[date]:
    return [_EPOCH + timedelta(days=day) for day in days.tolist()]
