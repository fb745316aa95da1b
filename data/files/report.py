"""What an import refused: each fault with its row, field, value and reason."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any

import duckdb
from duckdb import ColumnExpression, SQLExpression

from data.files.fields import Field
from data.files.sources.source import Source
from data.files.stage import log_rows
from texts.messages import ENGLISH, SEPARATOR, Said, say, templates

SHOWN = 200  # characters of a refused value


def broken_lines(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Lines of a CSV file that are no rows of its table, each once: line, text, kind and message."""
    if not connection.execute("select 1 from duckdb_tables() where table_name = 'reject_errors'").fetchall():
        return []
    query = """
        select line, any_value(csv_line) as text, any_value(error_type)::varchar as kind,
            any_value(error_message) as message
        from reject_errors
        group by line
        order by line
    """
    names = ("line", "text", "kind", "message")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query).fetchall()]


def faults(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    fields: list[Field],
    record: str,
    broken: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Every fault of the file, ``{row, field, value, reason}``; rows count as a spreadsheet does.

    The view ``checked`` must be numbered.
    """
    for line in broken:
        reason = say("fault.line", message=line["message"])
        yield {"row": line["line"], "field": "", "value": line["text"][:SHOWN], "reason": reason}
    skipped = [line["line"] - source.first_row + 1 for line in broken]
    rows = log_rows(connection, record).filter(ColumnExpression("fault").isnotnull())
    wanted = ["origin.place", "fault"]
    for field in fields:
        wanted += [f"origin.{field.name}_given", f"origin.{field.name}_fault"]
    rows.select(*(SQLExpression(name) for name in wanted)).create_view("flagged")
    result = connection.execute("from flagged")
    while chunk := result.fetchmany(1_000):
        for place, whole, *found in chunk:
            row = _in_file(place, skipped) + source.first_row - 1
            by_field = [
                {
                    "row": row,
                    "field": field.name,
                    "value": (found[2 * i] or "")[:SHOWN],
                    "reason": said(found[2 * i + 1]),
                }
                for i, field in enumerate(fields)
                if found[2 * i + 1] is not None
            ]
            yield from by_field or [{"row": row, "field": "", "value": "", "reason": said(whole)}]


def said(fault: str) -> Said:
    """What SQL tells of a fault: its code and its values, in the order of the English sentence."""
    code, *values = fault.split(SEPARATOR)
    code = f"fault.{code}"
    names = (name for _, name, _, _ in Formatter().parse(templates(ENGLISH)[code]) if name)
    return say(code, **dict(zip(names, values, strict=True)))


def _in_file(place: int, skipped: list[int]) -> int:
    # Broken lines were not numbered: each one before a row moves it down by one.
    for line in skipped:
        if line > place:
            break
        place += 1
    return place
