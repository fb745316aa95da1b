"""What must hold of facts and cubes. A failed check never publishes; a warning is published with it.

The checks are SQL over relations of these names: ``checked_fact`` (facts), ``expected_place`` (contacts
by partner and day, counted apart from the facts), ``checked_sum`` and ``checked_cube`` (sums by day and
partner, of the facts and of each cube), ``set_aside`` (rows of the log that cannot be true), and for the
tables beside the facts ``published_queue``, ``expected_queue``, ``published_session`` and
``expected_session`` (as published, and anew from the log). Each returns the rows that are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import duckdb

from metrics.models import CUBES, names, sql
from metrics.statements import to_sum_by_place

EXAMPLES = 3
RELATIONS = (
    "checked_fact",
    "expected_place",
    "checked_sum",
    "checked_cube",
    "set_aside",
    "published_queue",
    "expected_queue",
    "published_session",
    "expected_session",
)
# Without the columns of all views, which "show tables" works out.
_THERE = "select table_name from duckdb_tables() union all select view_name from duckdb_views()"
Connection = duckdb.DuckDBPyConnection
Result = dict[str, Any]


class CheckError(RuntimeError):
    """A check failed: the message says which, and shows examples."""


def run(connection: Connection) -> tuple[Result, ...]:
    """Every check whose relations are there: ``check``, ``level`` (fail, warn), ``rows`` that are wrong, and
    ``examples`` of them."""
    there = {name for (name,) in connection.execute(_THERE).fetchall()}
    results = []
    for name in names("checks"):
        text = sql("checks", name)
        if any(relation in text and relation not in there for relation in RELATIONS):
            continue
        found = connection.execute(text)
        columns = [column[0] for column in found.description or []]
        rows = found.fetchall()
        examples = [dict(zip(columns, map(str, row), strict=True)) for row in rows[:EXAMPLES]]
        level = text.splitlines()[1].removeprefix("-- ")
        results.append({"check": name, "level": level, "rows": len(rows), "examples": examples})
    return tuple(results)


def demand(results: Sequence[Result]) -> None:
    """CheckError when a check that must hold does not."""
    broken = [result for result in results if result["level"] == "fail" and result["rows"]]
    if broken:
        raise CheckError("; ".join(f"{b['check']}: {b['rows']} rows, e.g. {b['examples']}" for b in broken))


def together(parts: Iterable[Sequence[Result]]) -> tuple[Result, ...]:
    """What the checks said of parts, as of the whole."""
    found: dict[str, Result] = {}
    for result in chain.from_iterable(parts):
        before = found.get(result["check"], {"rows": 0, "examples": []})
        found[result["check"]] = result | {
            "rows": before["rows"] + result["rows"],
            "examples": [*before["examples"], *result["examples"]][:EXAMPLES],
        }
    return tuple(found.values())


def sums(connection: Connection) -> None:
    """Make ``checked_sum`` from relation ``measured``, and ``checked_cube`` from each ``checked_<cube>``."""
    relations = {cube: f"checked_{cube}" for cube in CUBES}
    for table, summed in (("checked_sum", {"": "measured"}), ("checked_cube", relations)):
        connection.execute(f"create or replace view to_sum as {to_sum_by_place(summed)}")
        connection.execute(f"create or replace table {table} as {sql('sums', 'by_place')}")
