"""The columns of a fact, as the models give them when nothing goes in."""

from __future__ import annotations

import re
from functools import cache

import duckdb
import pyarrow as pa

from data.duck import connect
from data.log import SCHEMAS
from metrics.inference import time_bin
from metrics.models import CUBES, EVENT_KINDS, FACT_MODELS, sql

# Talk, hold and wrap-up have at most a day each.
LONGEST_S = 3 * 86_400
# Cases take longer; from there on whole hours are fine enough, and beyond ten years nobody asks.
LONGEST_CASE_S = 10 * 365 * 86_400


@cache
def fact_schema() -> pa.Schema:
    """Names and types of the columns of ``fact``."""
    with connect() as connection:
        for kind in EVENT_KINDS:
            connection.from_arrow(SCHEMAS[kind].empty_table()).create_view(f"{kind}_event")
        connection.execute(f"create table tracked_day as {sql('beside', 'tracked_day')}")
        make_facts(connection, time_bins().slice(0, 0))
        return connection.table("fact").to_arrow_table().schema


def make_facts(connection: duckdb.DuckDBPyConnection, bins: pa.Table) -> None:
    """A table of each model, the last of them ``fact``, of relations ``<kind>_event`` and ``tracked_day``."""
    connection.from_arrow(bins).create_view("time_bin")
    for model in FACT_MODELS:
        connection.execute(f"create table {model} as {sql('facts', model)}")


@cache
def signed_schema() -> pa.Schema:
    """The same with the sign of a delta's rows."""
    return fact_schema().append(pa.field("sign", pa.int16()))


@cache
def summed_columns() -> list[str]:
    """The columns of signed facts that sums are made of."""
    words = {word for name in ("measured", *CUBES) for word in re.findall(r"\w+", sql("cubes", name))}
    return [name for name in signed_schema().names if name in words]


@cache
def time_bins() -> pa.Table:
    """Relation ``time_bin``: the bin of every time in whole seconds, beyond three days in whole hours.

    A table rather than a formula: engines do not round logarithms alike.
    """
    seconds = [*range(LONGEST_S + 1), *range(LONGEST_S + 3600, LONGEST_CASE_S + 1, 3600)]
    bins = [time_bin(second) for second in seconds]
    return pa.table({"seconds": pa.array(seconds, pa.int32()), "bin": pa.array(bins, pa.int16())})
