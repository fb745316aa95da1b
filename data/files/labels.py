"""Labels of a file: each different one is looked at once, when the file is read, not in each of its rows.

Where one does not stand as it should (white space, control characters, too long), as few do, the file is
read again and every label of every row is looked at.

Labels that differ only in case are one label: "Faktura" and "FAKTURA" are not two topics. The spelling that
the log uses most counts, else the one that the file uses most. Labels that are part of an id are left as
they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from duckdb import CoalesceOperator, ColumnExpression

from data.files.fields import Field, constant
from lake.log import KEYS, Log

LABELS = {
    "contact": ("partner", "team", "agent", "channel", "topic"),
    "sale": ("product",),
    "case": ("topic",),
    "session": ("topic",),
    "topic": ("topic",),
    "product": ("product",),
}
# Whose spelling a label follows besides that of its own kind.
LEADERS = {"product": "sale", "topic": "contact"}
SQL = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class Respelt:
    """A label that was written in several ways: the one that counts and those that became it."""

    column: str
    wanted: str
    others: tuple[str, ...]


def postponed(fields: list[Field], record: str) -> list[Field]:
    """The fields with every label left to :func:`stand`."""
    labels = {*LABELS.get(record, ())} - {KEYS[record]}
    return [replace(field, later=field.name in labels) for field in fields]


def count(connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, record: str) -> None:
    """Make the table ``label``: how often the rows use each word of each column."""
    connection.execute("create or replace temp table label (name varchar, word varchar, uses bigint)")
    for column in LABELS.get(record, ()):
        word = ColumnExpression(column).alias("word")
        rows.select(constant(column).alias("name"), word).create_view("labelled", replace=True)
        connection.execute((SQL / "labels.sql").read_text())


def stand(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> bool:
    """Whether every label that was counted stands as it should, of the fields that were postponed."""
    odd = (SQL / "odd_labels.sql").read_text()
    limits = [{"name": field.name, "most": field.limits["maxLength"]} for field in fields if field.later]
    return not any(connection.execute(odd, limit).fetchall() for limit in limits)


def settle(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, record: str, log: Log
) -> tuple[duckdb.DuckDBPyRelation, list[Respelt]]:
    """The rows with every label in one spelling, and which labels were brought into it.

    Their labels must have been counted.
    """
    found: list[Respelt] = []
    for column in LABELS.get(record, ()):
        known = {str(path) for kind in {record, LEADERS.get(column, record)} for path in log.files(kind)}
        _known(connection, sorted(known), column)
        connection.execute((SQL / "spellings.sql").read_text(), {"name": column})
        respelt = connection.execute(
            "select wanted, list(given order by given) from spelling group by wanted order by wanted"
        )
        mine = [Respelt(column, wanted, tuple(others)) for wanted, others in respelt.fetchall()]
        if mine:
            rows = _joined(connection, rows, column)
            found += mine
    return rows, found


def _known(connection: duckdb.DuckDBPyConnection, files: list[str], column: str) -> None:
    if files:
        log = connection.read_parquet(files, union_by_name=True)
        log.select(ColumnExpression(column).alias("word")).create_view("log_word", replace=True)
    else:
        connection.execute("create or replace view log_word as select '' as word where false")


def _joined(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, column: str
) -> duckdb.DuckDBPyRelation:
    """The rows with this column respelt."""
    table = f"spelling_of_{column}"
    connection.table("spelling").create(table)
    words = connection.table(table).select(
        ColumnExpression("given").alias("given_word"), ColumnExpression("wanted").alias("wanted_word")
    )
    both = rows.join(words, ColumnExpression(column) == ColumnExpression("given_word"), how="left")
    spelt = CoalesceOperator(ColumnExpression("wanted_word"), ColumnExpression(column)).alias(column)
    names = [ColumnExpression(name) for name in rows.columns if name != column]
    return both.select(*names, spelt)
