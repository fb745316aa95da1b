"""The columns of a fact, as the models give them when nothing goes in."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from data.duck import connect
from data.log import SCHEMAS
from metrics.models import EVENT_KINDS, FACT_MODELS, sql


@cache
def fact_schema() -> pa.Schema:
    """Names and types of the columns of ``fact``."""
    with connect() as connection:
        for kind in EVENT_KINDS:
            connection.from_arrow(SCHEMAS[kind].empty_table()).create_view(f"{kind}_event")
        connection.execute("create table tracked_day as select day from contact_event")
        for model in FACT_MODELS:
            connection.execute(f"create table {model} as {sql('facts', model)}")
        return connection.table("fact").to_arrow_table().schema


@cache
def signed_schema() -> pa.Schema:
    """The same with the sign of a delta's rows."""
    return fact_schema().append(pa.field("sign", pa.int16()))
