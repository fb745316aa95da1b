"""Cubes in memory, column by column: what the pages ask is answered from here in a few milliseconds.

A cube's rows stand in the order of their days. Dimensions are kept as small numbers with their labels,
sums in the narrowest integers that hold them, and each only when it is first asked for. Grouping is
counting: rows of a group add up in one pass, exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[Any]
Sums = NDArray[Any]
# What reads columns of the cube's rows, in their order.
Load = Callable[[Sequence[str]], pa.Table]

EXACT = 2.0**53  # below it floating point counts integers exactly
LOW_BITS = 24
# Cubes of so many rows are rolled up by fewer dimensions; larger ones are first summed up by whole months.
ROLLED_FROM, ROLLED_TO = 5_000, 2_000_000
# More groups than this are numbered by sorting rather than by counting.
DENSE = 4_000_000

# In cubes of more rows those of a label are kept in order: four bytes a row and dimension asked for.
ORDERED_FROM = 200_000


@dataclass(frozen=True)
class Labelled:
    """A dimension of the rows: the number of each row's label, and the labels."""

    codes: Codes
    labels: tuple[Any, ...]


class Cube:
    """The rows of one cube."""

    def __init__(self, load: Load, keys: Sequence[str], rows: int) -> None:
        self.keys, self.rows = tuple(keys), rows
        self._load = load
        self._lock = threading.RLock()
        self._labelled: dict[str, Labelled] = {}
        self._sums: dict[str, Sums] = {}
        self._rolled: dict[frozenset[str], Cube] = {}
        self._monthly: Cube | None = None
        self._ordered: dict[str, tuple[Codes, Codes]] = {}

    def labelled(self, key: str) -> Labelled:
        """A dimension of every row. Days are their own labels, in days since 1970."""
        with self._lock:
            if key not in self._labelled:
                self._labelled[key] = _labelled(self._load([key]).column(key))
            return self._labelled[key]

    def sums(self, name: str) -> Sums:
        """One sum of every row."""
        with self._lock:
            if name not in self._sums:
                self._sums[name] = _narrow(self._load([name]).column(name).to_numpy())
            return self._sums[name]

    def ahead(self, names: Sequence[str]) -> None:
        """Load several sums at once, which is cheaper than one by one."""
        with self._lock:
            missing = [name for name in names if name not in self._sums]
            if missing:
                table = self._load(missing)
                self._sums |= {name: _narrow(table.column(name).to_numpy()) for name in missing}

    def span(self, first: int | None, last: int | None) -> slice:
        """The rows from one day to another, both included, in days since 1970."""
        days = self.labelled("day").codes
        begin = 0 if first is None else _place(days, first, "left")
        end = self.rows if last is None else _place(days, last, "right")
        return slice(begin, end)

    def having(self, key: str, inside: NDArray[np.bool_], span: slice) -> Codes:
        """The rows of a span whose label of a dimension is among those marked, in their order.

        Rows of a label are found without looking at the others, once they have been put in order.
        """
        codes = self.labelled(key).codes
        if self.rows < ORDERED_FROM:
            few: Codes = np.flatnonzero(inside[codes[span]]) + span.start
            return few
        with self._lock:
            if key not in self._ordered:
                order = np.argsort(codes, kind="stable").astype(np.int32)
                ends = np.cumsum(np.bincount(codes, minlength=len(inside)))
                self._ordered[key] = order, ends
            order, ends = self._ordered[key]
        found = []
        for code in np.flatnonzero(inside).tolist():
            rows = order[ends[code - 1] if code else 0 : ends[code]]
            found.append(rows[_place(rows, span.start, "left") : _place(rows, span.stop, "left")])
        together: Codes = np.concatenate([order[:0], *found])
        return together if len(found) == 1 else np.sort(together)

    def by_month(self) -> Cube:
        """The same sums by whole months, whose day is their first; the cube itself where that saves little.

        Rows stand in the order of their days, so a month's are numbered by themselves.
        """
        if self.rows <= ROLLED_TO:
            return self
        with self._lock:
            if self._monthly is None:
                self._monthly = self._by_month()
            return self._monthly

    def _by_month(self) -> Cube:
        others = [key for key in self.keys if key != "day"]
        columns = [_ranked(self.labelled(key)) for key in others]
        size = size_of(columns)
        days, inverse = np.empty(0, dtype=np.int32), np.empty(self.rows, dtype=np.int32)
        codes: dict[str, list[Codes]] = {key: [] for key in others}
        for first, rows in _months(self.labelled("day").codes):
            there, numbers = numbered(mixed([(column[rows], each) for column, each in columns]), size)
            inverse[rows] = numbers + len(days)
            days = np.concatenate([days, np.full(len(there), first, dtype=np.int32)])
            for key, (_, each) in zip(reversed(others), reversed(columns), strict=True):
                codes[key].append(there % each)
                there = there // each
        count = len(days)

        def add_up(names: Sequence[str]) -> pa.Table:
            return pa.table({name: totals(inverse, self.sums(name), count) for name in names})

        monthly = Cube(add_up, self.keys, count)
        monthly._labelled = {"day": Labelled(days, ())} | {
            key: Labelled(_narrow(np.concatenate(codes[key])), self.labelled(key).labels) for key in others
        }
        return monthly

    def rolled(self, keys: frozenset[str]) -> Cube:
        """The same sums by fewer dimensions, beside the day; the cube itself where that saves little."""
        wanted = keys | {"day"}
        if wanted >= set(self.keys) or not ROLLED_FROM <= self.rows <= ROLLED_TO:
            return self
        with self._lock:
            if wanted not in self._rolled:
                self._rolled[wanted] = self._roll(tuple(key for key in self.keys if key in wanted))
            return self._rolled[wanted]

    def _roll(self, keys: tuple[str, ...]) -> Cube:
        columns = [self.labelled(key) for key in keys]
        groups = mixed([_ranked(column) for column in columns])
        distinct, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
        if len(distinct) * 2 > self.rows:
            return self
        count = len(distinct)

        def add_up(names: Sequence[str]) -> pa.Table:
            return pa.table({name: totals(inverse, self.sums(name), count) for name in names})

        rolled = Cube(add_up, keys, count)
        rolled._labelled = {
            key: Labelled(column.codes[first], column.labels)
            for key, column in zip(keys, columns, strict=True)
        }
        return rolled


def of_table(table: pa.Table, keys: Sequence[str]) -> Cube:
    """A cube of rows that are there already."""
    rows = table.sort_by("day")
    return Cube(rows.select, keys, rows.num_rows)


def labels_with(cube: Cube, key: str, other: str, values: Sequence[Any]) -> frozenset[Any]:
    """The labels of a dimension that a cube has together with one of the values of another."""
    cube = cube.rolled(frozenset({key, other}))
    wanted, found = cube.labelled(other), cube.labelled(key)
    inside = np.array([label in values for label in wanted.labels], dtype=bool)
    codes = found.codes[inside[wanted.codes]] if len(inside) else found.codes[:0]
    return frozenset(found.labels[code] for code in np.unique(codes).tolist())


def totals(groups: Codes, numbers: Sums, count: int) -> Sums:
    """The exact sum of each group, whose numbers run from 0 to ``count``. OverflowError beyond 64 bits."""
    if _bound(numbers) < EXACT:
        return np.bincount(groups, weights=numbers, minlength=count).astype(np.int64)
    high, low = numbers >> LOW_BITS, numbers & ((1 << LOW_BITS) - 1)
    if _bound(high) * 2.0**LOW_BITS >= 2.0**63:
        raise OverflowError("the sums leave 64 bits")
    return (totals(groups, high, count) << LOW_BITS) + totals(groups, low, count)


def mixed(columns: Sequence[tuple[Codes, int]]) -> Codes:
    """One number for each combination of codes, given each column's codes and how many there are."""
    groups = np.zeros(len(columns[0][0]), dtype=np.int64)
    for codes, size in columns:
        groups = groups * size + codes
    return groups


def numbered(groups: Codes, size: int) -> tuple[Codes, Codes]:
    """The groups that occur, of so many that there may be, and the place of each row's among them."""
    if size > DENSE:
        return np.unique(groups, return_inverse=True)
    there = np.flatnonzero(np.bincount(groups, minlength=size))
    places = np.zeros(size, dtype=np.int64)
    places[there] = np.arange(len(there))
    return there, places[groups]


def month_of(days: Codes) -> Codes:
    """The first days of the months of some days, all in days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)


def size_of(columns: Sequence[tuple[Codes, int]]) -> int:
    """How many combinations there may be."""
    size = 1
    for _, each in columns:
        size *= max(each, 1)
    return size


def _months(days: Codes) -> Iterator[tuple[int, slice]]:
    """The first day and the rows of every month, of days in rising order."""
    if not len(days):
        return
    firsts = np.unique(month_of(np.arange(days[0], days[-1] + 1)))
    edges = [_place(days, first, "left") for first in firsts.tolist()] + [len(days)]
    for first, begin, end in zip(firsts.tolist(), edges, edges[1:], strict=False):
        yield first, slice(begin, end)


def _place(numbers: Codes, wanted: int, side: Literal["left", "right"]) -> int:
    # A number of another type would have all of them converted first.
    return int(np.searchsorted(numbers, numbers.dtype.type(wanted), side=side))


def _bound(numbers: Sums) -> float:
    """No sum of some of the numbers is larger than this."""
    if numbers.dtype.itemsize < 8 and len(numbers) < 1 << 21:
        return 0.0
    return float(np.abs(numbers.astype(np.float64)).sum())


def _ranked(column: Labelled) -> tuple[Codes, int]:
    if not column.labels:  # days
        low = int(column.codes[0]) if len(column.codes) else 0
        return column.codes - low, int(column.codes[-1]) - low + 1 if len(column.codes) else 1
    return column.codes, len(column.labels)


def _labelled(values: pa.ChunkedArray) -> Labelled:
    if pa.types.is_date(values.type):
        return Labelled(values.cast(pa.int32()).to_numpy(), ())
    coded = pc.dictionary_encode(values.combine_chunks(), null_encoding="encode")
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    return Labelled(_narrow(coded.indices.to_numpy()), tuple(coded.dictionary.to_pylist()))


def _narrow(numbers: Sums) -> Sums:
    if not len(numbers):
        return numbers.astype(np.int64)
    low, high = int(numbers.min()), int(numbers.max())
    for size in (np.int8, np.int16, np.int32):
        if np.iinfo(size).min <= low and high <= np.iinfo(size).max:
            return numbers.astype(size)
    return numbers.astype(np.int64)
