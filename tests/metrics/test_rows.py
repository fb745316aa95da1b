"""Rows kept by key come back as they were, and the newest of a contact counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.duck import connect
from data.log import SCHEMAS
from metrics import rows
from metrics.lake import Base
from metrics.shape import fact_schema

VALUES: dict[pa.DataType, tuple[list[Any], ...]] = {
    pa.string(): (["one", "", None], ["ø" * 40, "a\0", "x"], [None, None, None], ["same"] * 3),
    pa.int64(): ([0, None, -(2**62)], [7, 7, 7], [None, None, None], [-1, 2**40, 3]),
    pa.int16(): ([-(2**15), 2**15 - 1, None], [1, 2, 3]),
    pa.int32(): ([2**31 - 1, -(2**31), 0], [127, -128, None]),
    pa.bool_(): ([True, False, None], [True, True, True], [None, None, None]),
    pa.date32(): ([date(1970, 1, 1), date(2026, 11, 1), None], [date(2026, 2, 28)] * 3),
}


@pytest.mark.parametrize(
    ("kind", "values"), [(kind, values) for kind, lists in VALUES.items() for values in lists], ids=str
)
def test_every_value_comes_back_as_it_was(kind, values):
    field = pa.field("value", kind)
    column, kept = rows._encoded(pa.array(values, kind))
    records = pa.array(range(len(values))).to_numpy() if kept is None else kept.view([("value", kept.dtype)])
    assert rows._decoded(field, [column], [records]).to_pylist() == values


@pytest.mark.parametrize("kind", VALUES, ids=str)
def test_rows_of_several_segments_come_back_together_whatever_they_were_kept_as(kind):
    schema, parts = pa.schema([("value", kind), ("other", pa.string())]), []
    for values in VALUES[kind] * 2:
        way, kept = rows._encoded(pa.array(values, kind))
        fields = {} if kept is None else {"value": kept}
        records = np.zeros(3, dtype=[(name, array.dtype) for name, array in fields.items()])
        for name, array in fields.items():
            records[name] = array
        parts.append(({"value": way}, records))
    table = rows._table(parts, schema)
    assert table.column("value").to_pylist() == [value for values in VALUES[kind] * 2 for value in values]
    assert table.column("other").null_count == len(table)


def test_texts_that_are_many_come_back_as_they_were():
    values = [*(f"id {number}" for number in range(6_000)), None, ""]
    column, kept = rows._encoded(pa.array(values))
    assert column == {"kept": "text"}
    assert kept is not None
    records = kept.view([("value", kept.dtype)])
    assert rows._decoded(pa.field("value", pa.string()), [column], [records]).to_pylist() == values


def _fact(contact_id: str, **given: object) -> dict[str, object]:
    return {"contact_id": contact_id, "customer_key": "", "case_id": ""} | given


def _keep(lake, base: Base, name: str, facts: list[dict[str, object]]) -> Base:
    table = pa.Table.from_pylist(facts, schema=fact_schema())
    with connect() as connection:
        kept = rows.extended(lake, connection, "fact", Base(name, rows=base.rows), [table])
    return Base(name, rows={"fact": kept})


def _found(lake, base: Base, key: str, *wanted: str) -> list[tuple[str, object]]:
    with connect() as connection:
        keys = connection.from_arrow(pa.table({"key": pa.array(wanted, pa.string())}))
        hashes = rows.hashes_of(keys)
    return [
        (row["contact_id"], row["topic"])
        for row in rows.found(lake, base.rows["fact"], key, hashes, fact_schema()).to_pylist()
    ]


def test_rows_are_found_by_each_of_their_keys_and_by_none_that_they_lack(lake):
    base = _keep(lake, Base(""), "1-a", [_fact("c1", customer_key="k", topic="x"), _fact("c2", topic="y")])
    assert _found(lake, base, "contact_id", "c2", "c3") == [("c2", "y")]
    assert _found(lake, base, "customer_key", "k", "") == [("c1", "x")]
    assert _found(lake, base, "customer_key", "") == []


def test_a_small_segment_becomes_part_of_the_next_without_what_that_overtakes(lake):
    base = _keep(lake, Base(""), "1-a", [_fact("c1", topic="old"), _fact("c2", topic="old")])
    base = _keep(lake, base, "2-b", [_fact("c2", topic="new"), _fact("c3", topic="new")])
    assert len(base.rows["fact"].segments) == 1
    assert _found(lake, base, "contact_id", "c1", "c2", "c3") == [("c1", "old"), ("c2", "new"), ("c3", "new")]


def test_of_larger_segments_the_later_ones_come_last(lake):
    base = _keep(lake, Base(""), "1-a", [_fact(f"c{n}", topic="old") for n in range(9)])
    base = _keep(lake, base, "2-b", [_fact("c2", topic="new")])
    assert len(base.rows["fact"].segments) == 2
    assert _found(lake, base, "contact_id", "c2") == [("c2", "old"), ("c2", "new")]


def test_many_rows_become_segments_of_bounded_size(lake, monkeypatch):
    monkeypatch.setattr(rows, "LARGEST", 4)
    tables = [
        pa.Table.from_pylist([{"sale_id": f"s{n}-{i}"} for i in range(3)], schema=SCHEMAS["sale"])
        for n in range(3)
    ]
    with connect() as connection:
        kept = rows.extended(lake, connection, "sale", Base("1-a"), tables)
    assert [len(rows.Segment.open(lake.path / segment).records) for segment in kept.segments] == [4, 4, 1]


def test_a_column_that_came_later_is_null_in_older_rows(lake):
    table = pa.table({"sale_id": ["s1"], "contact_id": ["c1"]})
    with connect() as connection:
        kept = rows.extended(lake, connection, "sale", Base("1-a"), [table])
    (row,) = rows.Segment.open(lake.path / kept.segments[0]).table(SCHEMAS["sale"]).to_pylist()
    assert (row["sale_id"], row["value_minor"]) == ("s1", None)
