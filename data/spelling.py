"""Labels that differ only in case are one label: "Faktura" and "FAKTURA" are not two topics.

(White space is settled when a value is read.) The spelling that the log uses most counts, else the one that
the file uses most. Labels that are part of an id are left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import CoalesceOperator, ColumnExpression

from data.columns import constant
from data.log import Log

LABELS = {
    "contact": ("partner", "team", "agent", "topic"),
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


def settle(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, record: str, log: Log
) -> tuple[duckdb.DuckDBPyRelation, list[Respelt]]:
    """The rows with every label in one spelling, and which labels were brought into it."""
    found: list[Respelt] = []
    for column in LABELS.get(record, ()):
        words = rows.filter(ColumnExpression(column) != constant(""))
        words.select(ColumnExpression(column).alias("word")).create_view("file_word", replace=True)
        known = {str(path) for kind in {record, LEADERS.get(column, record)} for path in log.files(kind)}
        _known(connection, sorted(known), column)
        connection.execute((SQL / "spellings.sql").read_text())
        respelt = connection.execute(
            "select wanted, list(given order by given) from spelling group by wanted"
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
