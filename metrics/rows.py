"""Rows found by a key, at a cost that does not grow with the history: what late events need of it.

Facts lie in Parquet, where one row costs its whole file. So every fold also appends a segment of its rows
in records of one width, and tells an index (index.py) where each key stands. Looking up a key is a binary
search and one small read. Segments of facts overtake older ones: the newest row of a contact counts. Those
of events add to them: every version of an event counts.

::

    rows/<base>-<kind>-<n>.npy     records, in the order they came
    rows/<base>-<kind>-<n>.json    what the columns mean: labels, and what all rows have in common
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.log import publish
from metrics import index
from metrics.entries import Hashes, announce
from metrics.lake import Base, Lake, Rows, Run

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

Connection = duckdb.DuckDBPyConnection
# How a segment keeps a column; None: not at all.
Way = dict[str, Any] | None


@dataclass(frozen=True)
class Segment:
    """One segment, opened: its records by memory mapping, so that only what is asked is read."""

    records: NDArray[Any]
    columns: dict[str, dict[str, Any]]

    @classmethod
    def open(cls, stem: Path) -> Segment:
        columns, form, count, offset = _form(stem)
        records = np.memmap(_beside(stem, ".npy"), form, mode="r", offset=offset, shape=(count,))
        return cls(records.view(np.ndarray), columns)

    def table(self, schema: pa.Schema) -> pa.Table:
        """All rows with the columns of a schema; null where there was none."""
        return _table([(self.columns, self.records)], schema)


def extended(lake: Lake, connection: Connection, kind: str, base: Base, batches: Iterable[pa.Table]) -> Rows:
    """The base's rows of a kind with more behind them; small segments before become one with what comes."""
    before = base.rows.get(kind, Rows())
    kept, runs = list(before.segments), list(before.runs)
    stems: list[str] = []
    for number, more in enumerate(_sized(batches)):
        rows = more
        while not stems and kept and runs[-1].counts[-1] <= 2 * len(rows) <= LARGEST - runs[-1].counts[-1]:
            earlier = Segment.open(lake.path / kept.pop()).table(more.schema)
            runs = list(index.without_last(runs))
            rows = _merged(connection, kind, earlier, rows)
        stem = f"rows/{base.name}-{kind}-{number:03d}"
        lake.folder("rows")
        _write(lake.path / stem, rows)
        given = {key: pc.not_equal(rows.column(key), "").fill_null(False) for key in KEYS[kind]}
        truths = {key: keyed.to_numpy() for key, keyed in given.items()}
        index.write(lake.path, stem, _hashes(connection, rows, KEYS[kind]), truths)
        stems.append(stem)
        runs.append(Run(stem, (len(rows),)))
    return Rows((*kept, *stems), index.joined(lake.path, runs, KEYS[kind], f"rows/{base.name}-{kind}"))


def found(lake: Lake, rows: Rows, key: str, wanted: Hashes, schema: pa.Schema) -> pa.Table:
    """Rows whose key has one of the sorted hashes, those of older segments first."""
    places = [
        (lake.path / rows.segments[order], numbers)
        for order, numbers in index.find(lake.path, rows.runs, key, wanted)
    ]
    for stem, numbers in places:
        _, form, _, offset = _form(stem)
        announce(_beside(stem, ".npy"), offset + numbers.astype(np.int64) * form.itemsize, form.itemsize)
    parts = index.together(_read, places)
    return _table(parts, schema) if parts else schema.empty_table()


def _read(place: tuple[Path, NDArray[np.uint32]]) -> tuple[dict[str, dict[str, Any]], NDArray[Any]]:
    """What the columns of a segment mean, and some of its records."""
    segment = Segment.open(place[0])
    return segment.columns, segment.records[place[1]]


def hashes_of(wanted: duckdb.DuckDBPyRelation) -> Hashes:
    """The sorted hashes of the keys in a relation's one column ``key``; "" is none."""
    keys = wanted.filter("key <> ''").project("md5_number_lower(key) as hash")
    return np.unique(keys.fetchnumpy()["hash"].astype(np.uint64))


@lru_cache(maxsize=512)
def _form(stem: Path) -> tuple[dict[str, dict[str, Any]], np.dtype[Any], int, int]:
    """What the columns of a segment mean, what a record looks like, how many there are and where they begin.

    Segments never change; reading their descriptions takes longer than reading some rows of them.
    """
    columns = json.loads(_beside(stem, ".json").read_text(encoding="utf-8"))
    with _beside(stem, ".npy").open("rb") as file:
        np.lib.format.read_magic(file)
        (count,), _, form = np.lib.format.read_array_header_1_0(file)
        return columns, form, count, file.tell()


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)


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


def _write(stem: Path, rows: pa.Table) -> None:
    columns: dict[str, dict[str, Any]] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in rows.column_names:
        columns[name], values = _encoded(rows.column(name).combine_chunks())
        if values is not None:
            arrays[name] = values
    records = np.empty(rows.num_rows, dtype=[(name, values.dtype) for name, values in arrays.items()])
    for name, values in arrays.items():
        records[name] = values
    final = _beside(stem, ".npy")
    draft = final.with_name(f".draft-{final.name}")
    with draft.open("wb") as out:
        np.lib.format.write_array(out, records, version=(1, 0))
    publish(draft, final)
    final = _beside(stem, ".json")
    draft = final.with_name(f".draft-{final.name}")
    draft.write_text(json.dumps(columns), encoding="utf-8")
    publish(draft, final)


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


def _table(parts: Sequence[tuple[dict[str, dict[str, Any]], NDArray[Any]]], schema: pa.Schema) -> pa.Table:
    """Records of several segments, each with what its columns mean, one behind the other."""
    columns = []
    for field in schema:
        ways = [meaning.get(field.name) for meaning, _ in parts]
        records = [found for _, found in parts]
        kinds = {way and (way["kept"], way.get("value")) for way in ways}
        if len(kinds) == 1:
            columns.append(_decoded(field, ways, records))
        else:
            # Few columns are kept in different ways; converting each part by itself costs its time.
            pairs = zip(ways, records, strict=True)
            columns.append(pa.chunked_array([_decoded(field, [way], [found]) for way, found in pairs]))
    return pa.table(columns, schema=schema)


def _decoded(field: pa.Field, ways: Sequence[Way], records: Sequence[NDArray[Any]]) -> pa.Array:
    """A column of records that are all kept in the same way, but for widths and labels."""
    way, count = ways[0], sum(map(len, records))
    if way is None:
        return pa.nulls(count, field.type)
    if way["kept"] == "same":
        value = pa.scalar(way["value"])
        if pa.types.is_date32(field.type) and value.is_valid:
            value = value.cast(pa.int32())
        return pa.repeat(value.cast(field.type), count)
    if way["kept"] == "label":
        labels, codes = _labelled(ways, [found[field.name] for found in records])
        return pa.array(labels, field.type).take(pa.array(codes))
    if way["kept"] == "text":
        values = np.concatenate([found[field.name] for found in records])
        texts = pa.array(values)
        if (missing := values == NO_TEXT).any():
            texts = pc.if_else(pa.array(missing), None, texts)
        return texts.cast(field.type)
    return _numbered(field, [found[field.name] for found in records])


def _numbered(field: pa.Field, parts: Sequence[NDArray[Any]]) -> pa.Array:
    """Numbers, of which the least of their width stands for null."""
    missing = np.concatenate([part == np.iinfo(part.dtype).min for part in parts])
    numbers = pa.array(np.concatenate(parts), mask=missing)
    if pa.types.is_date32(field.type):
        numbers = numbers.cast(pa.int32())
    return numbers.cast(field.type)


def _labelled(
    ways: Sequence[Way], parts: Sequence[NDArray[Any]]
) -> tuple[list[str | None], NDArray[np.int64]]:
    """Labels of several segments one behind the other, and codes that look into them."""
    labels: list[str | None] = []
    codes = []
    for way, part in zip(ways, parts, strict=True):
        codes.append(part.astype(np.int64) + len(labels))
        labels += way["labels"] if way else ()
    return labels, np.concatenate(codes)
