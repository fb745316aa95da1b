"""One statement for many rows. Composing each row costs more than writing it, so it is done once for all.

The statements are SQLAlchemy's own; their rows go straight to the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Insert, Table, TextClause, Update, insert

from store.documents import to_text

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Prepared:
    text: str
    fixed: Mapping[str, Any]  # what the statement says itself, the same for every row
    documents: tuple[str, ...]  # columns that hold JSON
    in_order: Callable[[Mapping[str, Any]], Any] | None  # for a driver that takes values by position

    def values(self, row: Mapping[str, Any]) -> Any:
        if self.fixed or self.documents:
            row = {**self.fixed, **row}
            for name in self.documents:
                row[name] = to_text(row[name])
        return row if self.in_order is None else self.in_order(row)


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that all have the keys of the first (two at least); other columns get their defaults."""
    if rows:
        _run(connection, _insert(table, connection.dialect, tuple(rows[0])), rows)


def run(connection: Connection, statement: Update | TextClause, rows: Rows) -> int:
    """Run a statement once for each row (its named parameters); returns the rows changed, where that is told.

    Its lists are of literals (a list of values is spelled out anew each time).
    """
    return _run(connection, _statement(statement, connection.dialect), rows) if rows else 0


def _run(connection: Connection, prepared: _Prepared, rows: Rows) -> int:
    return connection.exec_driver_sql(prepared.text, [prepared.values(row) for row in rows]).rowcount


@lru_cache(maxsize=256)
def _insert(table: Table, dialect: Dialect, columns: tuple[str, ...]) -> _Prepared:
    return _prepared(insert(table).inline(), dialect, list(columns))


@lru_cache(maxsize=64)
def _statement(statement: Update | TextClause, dialect: Dialect) -> _Prepared:
    return _prepared(statement, dialect, [])


def _prepared(
    statement: Insert | Update | TextClause, dialect: Dialect, columns: Collection[str]
) -> _Prepared:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns or None)
    given = {name: bind for bind, name in compiled.bind_names.items() if bind.required or name in columns}
    everything = compiled.construct_params(_check=False)
    fixed = {name: value for name, value in everything.items() if name not in given}
    documents = tuple(name for name, bind in given.items() if isinstance(bind.type, JSON))
    positions = compiled.positiontup
    return _Prepared(str(compiled), fixed, documents, itemgetter(*positions) if positions else None)
