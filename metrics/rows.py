"""Rows found by a key, at a cost that does not grow with the history: what late events need of it.

Facts lie in Parquet, where one row costs its whole file. So every fold also appends a segment of its rows
in records of one width, and beside it, for each key, the sorted hashes of the key with their row numbers.
Looking up a key is a binary search and one small read. Segments of facts overtake older ones: the newest
row of a contact counts. Those of events add to them: every version of an event counts.

::

    rows/<base>-<kind>-<n>.npy        records, in the order they came
    rows/<base>-<kind>-<n>.json       what the columns mean: labels, and what all rows have in common
    rows/<base>-<kind>-<n>-<key>.idx  hashes (8 bytes each), then row numbers (4 bytes each)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.log import publish
from metrics.lake import Base, Lake

# By what rows are looked up, and what their columns are found by.
KEYS: dict[str, tuple[str, ...]] = {
    "fact": ("contact_id", "customer_key", "case_id"),
    "sale": ("sale_id", "contact_id"),
    "session": ("session_id", "customer_key"),
    "link": ("phone_key", "customer_key"),
    "case": ("case_id",),
    "calls_offered": ("interval_id",),
}
LARGEST = 4_000_000  # rows of a segment
SAMPLE, FEW, MANY = 20_000, 2_000, 5_000  # a text with few values in a sample and not many in all is a label
NO_TEXT = b"\xff"  # stands for null, and is no UTF-8

Hashes = NDArray[np.uint64]
Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Segment:
    """One segment, opened: its records by memory mapping, so that only what is asked is read."""

    records: NDArray[Any]
    columns: dict[str, dict[str, Any]]

    @classmethod
    def open(cls, stem: Path) -> Segment:
        columns = json.loads(_beside(stem, ".json").read_text(encoding="utf-8"))
        return cls(np.load(_beside(stem, ".npy"), mmap_mode="r"), columns)

    def table(self, schema: pa.Schema, numbers: NDArray[Any] | None = None) -> pa.Table:
        """Rows by their numbers (None: all) with the columns of a schema; null where there was none."""
        records = self.records if numbers is None else self.records[numbers]
        return pa.table(
            [_decoded(field, self.columns.get(field.name), records) for field in schema], schema=schema
        )


def extended(
    lake: Lake, connection: Connection, kind: str, base: Base, batches: Iterable[pa.Table]
) -> tuple[str, ...]:
    """The base's segments with more rows behind them; small ones before are made one with what comes."""
    kept = list(base.rows.get(kind, ()))
    stems: list[str] = []
    for number, more in enumerate(_sized(batches)):
        rows = more
        while not stems and kept and (before := _count(lake, kept[-1])) <= 2 * len(rows) <= LARGEST - before:
            earlier = Segment.open(lake.path / kept.pop()).table(more.schema)
            rows = _merged(connection, kind, earlier, rows)
        stem = f"rows/{base.name}-{kind}-{number:03d}"
        lake.folder("rows")
        _write(lake.path / stem, rows, _hashes(connection, rows, KEYS[kind]))
        stems.append(stem)
    return (*kept, *stems)


def found(
    lake: Lake, segments: Sequence[str], key: str, wanted: Hashes, schema: pa.Schema
) -> Iterator[tuple[int, pa.Table]]:
    """``(number of the segment, rows)`` whose key has one of the sorted hashes, oldest segments first."""
    for order, stem in enumerate(segments):
        hashes, numbers = _index(_beside(lake.path / stem, f"-{key}.idx"))
        first = np.searchsorted(hashes, wanted, side="left")
        # Most keys are in few segments: where one ends is looked for only where it is.
        there = first < len(hashes)
        there[there] = hashes[first[there]] == wanted[there]
        first, last = first[there], np.searchsorted(hashes, wanted[there], side="right")
        counts = last - first
        if total := int(counts.sum()):
            # The places from each first to its last, one behind the other.
            starts = np.cumsum(counts) - counts
            places = np.repeat(first - starts, counts) + np.arange(total)
            yield order, Segment.open(lake.path / stem).table(schema, np.unique(numbers[places]))


def hashes_of(wanted: duckdb.DuckDBPyRelation) -> Hashes:
    """The sorted hashes of the keys in a relation's one column ``key``; "" is none."""
    keys = wanted.filter("key <> ''").project("md5_number_lower(key) as hash").distinct()
    return np.sort(keys.fetchnumpy()["hash"].astype(np.uint64))


def files(segments: Iterable[str], kind: str) -> set[str]:
    """The files of segments, relative to the lake."""
    endings = (".npy", ".json", *(f"-{key}.idx" for key in KEYS[kind]))
    return {f"{stem}{ending}" for stem in segments for ending in endings}


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)


def _count(lake: Lake, stem: str) -> int:
    return len(Segment.open(lake.path / stem).records)


def _sized(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of at most :data:`LARGEST`, none of them empty."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch)
        while sum(rows.num_rows for rows in waiting) >= LARGEST:
            rows = pa.concat_tables(waiting)
            yield rows.slice(0, LARGEST).combine_chunks()
            waiting = [rows.slice(LARGEST)]
    if any(rows.num_rows for rows in waiting):
        yield pa.concat_tables(waiting).combine_chunks()


def _merged(connection: Connection, kind: str, earlier: pa.Table, later: pa.Table) -> pa.Table:
    """Earlier rows and later ones; of facts only those that were not overtaken."""
    if kind == "fact":
        connection.from_arrow(earlier).create_view("earlier_row", replace=True)
        connection.from_arrow(later).create_view("later_row", replace=True)
        earlier = connection.sql(
            "select * from earlier_row where contact_id not in (select contact_id from later_row)"
        ).to_arrow_table()
    return pa.concat_tables([earlier.cast(later.schema), later]).combine_chunks()


def _hashes(connection: Connection, rows: pa.Table, keys: Sequence[str]) -> dict[str, Hashes]:
    columns = ", ".join(f"md5_number_lower({key}) as {key}" for key in keys)
    hashed = connection.from_arrow(rows.select(list(keys))).project(columns).fetchnumpy()
    return {key: np.ma.filled(numbers, 0).astype(np.uint64) for key, numbers in hashed.items()}


def _write(stem: Path, rows: pa.Table, hashes: dict[str, Hashes]) -> None:
    columns: dict[str, dict[str, Any]] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in rows.column_names:
        columns[name], values = _encoded(rows.column(name).combine_chunks())
        if values is not None:
            arrays[name] = values
    records = np.empty(rows.num_rows, dtype=[(name, values.dtype) for name, values in arrays.items()])
    for name, values in arrays.items():
        records[name] = values
    for key, hashed in hashes.items():
        given = pc.not_equal(rows.column(key), "").fill_null(False).to_numpy(zero_copy_only=False)
        _write_index(_beside(stem, f"-{key}.idx"), hashed, np.flatnonzero(given))
    final = _beside(stem, ".npy")
    draft = final.with_name(f".draft-{final.name}")
    with draft.open("wb") as out:
        np.save(out, records)
    publish(draft, final)
    final = _beside(stem, ".json")
    draft = final.with_name(f".draft-{final.name}")
    draft.write_text(json.dumps(columns), encoding="utf-8")
    publish(draft, final)


def _write_index(file: Path, hashes: Hashes, given: NDArray[Any]) -> None:
    """The index of the rows whose key is given."""
    order = given[np.argsort(hashes[given], kind="stable")]
    draft = file.with_name(f".draft-{file.name}")
    with draft.open("wb") as out:
        hashes[order].tofile(out)
        order.astype(np.uint32).tofile(out)
    publish(draft, file)


def _index(file: Path) -> tuple[Hashes, NDArray[np.uint32]]:
    count = file.stat().st_size // 12
    if count == 0:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32)
    hashes = np.memmap(file, dtype=np.uint64, mode="r", shape=(count,))
    return hashes, np.memmap(file, dtype=np.uint32, mode="r", offset=8 * count, shape=(count,))


def _encoded(values: pa.Array) -> tuple[dict[str, Any], NDArray[Any] | None]:
    """How a column is kept, and what of it each record keeps (None: nothing, all rows have the same)."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _encoded_text(values.cast(pa.string()))
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    elif pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    low, high = (pc.min_max(values)[end].as_py() for end in ("min", "max"))
    if low is None or (low == high and values.null_count == 0):
        return {"kept": "same", "value": low}, None
    sizes = (np.int8, np.int16, np.int32, np.int64)
    fitting = next(size for size in sizes if np.iinfo(size).min < low and high <= np.iinfo(size).max)
    filled = values.fill_null(0).to_numpy(zero_copy_only=False).astype(fitting)
    if values.null_count:
        filled[values.is_null().to_numpy(zero_copy_only=False)] = np.iinfo(fitting).min
    return {"kept": "number"}, filled


def _encoded_text(values: pa.Array) -> tuple[dict[str, Any], NDArray[Any] | None]:
    many = len(values.slice(0, SAMPLE).unique()) > FEW
    if not many:
        coded = values.dictionary_encode(null_encoding="encode")
        labels = coded.dictionary.to_pylist()
        if len(labels) == 1:
            return {"kept": "same", "value": labels[0]}, None
        many = len(labels) > MANY
    if many and not pc.any(pc.ends_with(values, "\0")).as_py():
        width = max(1, pc.max(pc.binary_length(values)).as_py())
        padded = pc.ascii_rpad(values.fill_null(""), width=width, padding="\0")
        texts = np.frombuffer(padded.buffers()[2], dtype=f"S{width}", count=len(padded))
        if values.null_count:
            texts = texts.copy()
            texts[values.is_null().to_numpy(zero_copy_only=False)] = NO_TEXT
        return {"kept": "text"}, texts
    coded = values.dictionary_encode(null_encoding="encode")
    labels = coded.dictionary.to_pylist()
    size = np.uint16 if len(labels) <= np.iinfo(np.uint16).max else np.uint32
    return {"kept": "label", "labels": labels}, coded.indices.to_numpy().astype(size)


def _decoded(field: pa.Field, column: dict[str, Any] | None, records: NDArray[Any]) -> pa.Array:
    if column is None:
        return pa.nulls(len(records), field.type)
    if column["kept"] == "same":
        value = pa.scalar(column["value"])
        if pa.types.is_date32(field.type) and value.is_valid:
            value = value.cast(pa.int32())
        return pa.repeat(value.cast(field.type), len(records))
    values = np.ascontiguousarray(records[field.name])
    if column["kept"] == "label":
        return pa.array(column["labels"], field.type).take(pa.array(values))
    if column["kept"] == "text":
        texts = pa.array(values)
        if (missing := values == NO_TEXT).any():
            texts = pc.if_else(pa.array(missing), None, texts)
        return texts.cast(field.type)
    numbers = pa.array(values, mask=values == np.iinfo(values.dtype).min)
    if pa.types.is_date32(field.type):
        numbers = numbers.cast(pa.int32())
    return numbers.cast(field.type)
