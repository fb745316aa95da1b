"""A delta is read as it was written: whole, in some columns, or one partner's."""

from __future__ import annotations

import pyarrow as pa
import pytest

from metrics.delta import keep_delta, read_delta
from metrics.lake import NOTHING, Lake, Version
from metrics.shape import signed_schema

ROWS = [
    {"contact_id": "c1", "partner": "A", "sign": -1},
    {"contact_id": "c1", "partner": "B/C", "sign": 1},
    {"contact_id": "c2", "partner": "A", "sign": 1},
]


@pytest.fixture
def version(lake: Lake) -> Version:
    rows = pa.Table.from_pylist(ROWS, schema=signed_schema())
    return Version("v", 0, "", delta=keep_delta(lake, rows, "v"))


def test_all_of_it_comes_back(lake: Lake, version: Version) -> None:
    assert read_delta(lake, version) == pa.Table.from_pylist(ROWS, schema=signed_schema())


@pytest.mark.parametrize(
    ("partner", "rows"), [(None, [0, 1, 2]), ("A", [0, 2]), ("B/C", [1]), ("nobody", [])], ids=str
)
@pytest.mark.parametrize("columns", [["sign", "contact_id"], ["partner"], None], ids=str)
def test_columns_come_in_the_order_asked_for_and_rows_of_the_partner_alone(
    lake: Lake, version: Version, columns: list[str] | None, partner: str | None, rows: list[int]
) -> None:
    read = read_delta(lake, version, columns, partner=partner)
    wanted = signed_schema().names if columns is None else columns
    assert read.column_names == wanted
    assert read.to_pylist() == [{name: ROWS[row].get(name) for name in wanted} for row in rows]


@pytest.mark.parametrize("columns", [["sign", "contact_id"], None], ids=str)
def test_without_a_delta_there_are_columns_and_no_rows(lake: Lake, columns: list[str] | None) -> None:
    assert keep_delta(lake, signed_schema().empty_table(), "v") == ""
    read = read_delta(lake, NOTHING, columns)
    assert (read.num_rows, read.column_names) == (0, columns or signed_schema().names)
