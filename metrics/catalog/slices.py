"""The slices of a cube: which of their rows are current, and the rows in the order of their days.

A build writes the sums of all partitions that it made as one slice. A partition that is made again lies in a
newer slice; its rows in the older one are no longer current.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lake.manifest import Key, Lake, Partition
from metrics.catalog.models import CUBES, CUBES_OF, SUMS, measures

_TYPES: dict[str, pa.DataType] = {
    "day": pa.date32(),
    **dict.fromkeys(("hour", "handling_bin", "resolution_bin", "known"), pa.int16()),
}


def keys_of(cube: str) -> tuple[str, ...]:
    """The dimensions of a cube."""
    return CUBES[cube] if cube in CUBES else SUMS[cube]


def table_of(cube: str) -> str:
    """The table of the partitions whose sums a cube holds."""
    return next(table for table, cubes in CUBES_OF.items() if cube in cubes)


def empty(cube: str) -> pa.Table:
    """A cube in which nothing stands, with its columns."""
    fields = [(name, _TYPES.get(name, pa.string())) for name in keys_of(cube)]
    return pa.schema([*fields, *((name, pa.int64()) for name in measures(cube))]).empty_table()


class Slices:
    """The rows of some partitions in the slices of a cube."""

    def __init__(
        self, lake: Lake, cube: str, partitions: Iterable[Partition], partner: str | None = None
    ) -> None:
        """``partner`` leaves the rows of that partner alone; None leaves everybody's."""
        self.cube, self.partner = cube, partner
        wanted: dict[str, list[Key]] = {}
        for each in partitions:
            if each.key.table == table_of(cube):
                wanted.setdefault(each.slice, []).append(each.key)
        self._files = [
            (lake.path / "cubes" / cube / f"{name}.parquet", keys) for name, keys in sorted(wanted.items())
        ]

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(int(keep.sum()) for keep in self._kept)

    @cached_property
    def size(self) -> int:
        """How many rows the files have: at least as many as there are, told without reading them."""
        return sum(pq.read_metadata(file).num_rows for file, _ in self._files)

    def load(self, names: Sequence[str]) -> pa.Table:
        """Columns of the rows, in the order of their days."""
        columns = list(dict.fromkeys(names))
        parts = [
            pq.read_table(file, columns=columns, partitioning=None).filter(pa.array(keep))
            for (file, _), keep in zip(self._files, self._kept, strict=True)
        ]
        if not parts:
            return empty(self.cube).select(columns)
        # Files of different builds need not agree on whether a column may be null.
        table = pa.concat_tables(parts, promote_options="default")
        return table if self._order is None else table.take(self._order)

    @cached_property
    def _kept(self) -> list[NDArray[np.bool_]]:
        """Which rows of each file are of the partitions."""
        return [self._current(file, keys) for file, keys in self._files]

    def _current(self, file: Path, keys: Collection[Key]) -> NDArray[np.bool_]:
        partners = "partner" in keys_of(self.cube)
        rows = pq.read_table(file, columns=["day", "partner"] if partners else ["day"], partitioning=None)
        days = _days(rows)
        by_partner = table_of(self.cube) == "contact"
        if not by_partner:
            keep = np.isin(days, [_number(key.day) for key in keys])
            names = pc.dictionary_encode(rows.column("partner").combine_chunks()) if partners else None
        else:
            names = pc.dictionary_encode(rows.column("partner").combine_chunks())
            place = {name: number for number, name in enumerate(names.dictionary.to_pylist())}
            size = max(len(place), 1)
            wanted = [_number(key.day) * size + place[key.partner] for key in keys if key.partner in place]
            keep = np.isin(days * size + names.indices.to_numpy(), np.array(wanted, dtype=np.int64))
        if self.partner is not None:
            if names is None:
                return np.zeros(len(days), dtype=bool)
            mine = pc.equal(names.dictionary, self.partner).to_numpy(zero_copy_only=False)
            keep &= mine[names.indices.to_numpy()] if len(mine) else False
        return keep

    @cached_property
    def _order(self) -> NDArray[Any] | None:
        """The order of the days; None where the files follow each other in it."""
        days = [
            _days(pq.read_table(file, columns=["day"], partitioning=None))[keep]
            for (file, _), keep in zip(self._files, self._kept, strict=True)
        ]
        together = np.concatenate(days) if days else np.zeros(0, dtype=np.int64)
        return None if np.all(together[:-1] <= together[1:]) else np.argsort(together, kind="stable")


def changes(
    lake: Lake,
    cube: str,
    before: Mapping[Key, Partition],
    after: Mapping[Key, Partition],
    partner: str | None,
) -> pa.Table:
    """What a version adds to the rows of a cube of another: new rows, and former ones taken away.

    Sums being sums, the rows of a partition as it was are there with the opposite sign.
    """
    changed = [key for key in before.keys() | after.keys() if _slice(before, key) != _slice(after, key)]
    names = [*keys_of(cube), *measures(cube)]
    added = Slices(lake, cube, (after[key] for key in changed if key in after), partner).load(names)
    gone = Slices(lake, cube, (before[key] for key in changed if key in before), partner).load(names)
    if not gone.num_rows:
        return added
    for name in measures(cube):
        negative = pc.negate(gone.column(name))
        gone = gone.set_column(gone.column_names.index(name), name, negative)
    return pa.concat_tables([added, gone], promote_options="default")


def _slice(partitions: Mapping[Key, Partition], key: Key) -> str:
    return partitions[key].slice if key in partitions else ""


def _days(rows: pa.Table) -> NDArray[Any]:
    days: NDArray[Any] = rows.column("day").cast(pa.int32()).to_numpy().astype(np.int64)
    return days


def _number(day: str) -> int:
    return date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
