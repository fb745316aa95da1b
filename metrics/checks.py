"""What must hold of facts and cubes. A failed check never publishes; a warning is published with it."""

from __future__ import annotations

from typing import Any

import duckdb

from metrics.models import names, sql

EXAMPLES = 3


class CheckError(RuntimeError):
    """A check failed: the message says which, and shows examples."""


def run(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], ...]:
    """Every check on the relations it names: ``check``, ``level`` (fail, warn), ``rows``, ``examples``."""
    results = []
    for name in names("checks"):
        text = sql("checks", name)
        found = connection.execute(text)
        columns = [column[0] for column in found.description or []]
        rows = found.fetchall()
        examples = [dict(zip(columns, map(str, row), strict=True)) for row in rows[:EXAMPLES]]
        level = "warn" if text.splitlines()[1] == "-- warn" else "fail"
        results.append({"check": name, "level": level, "rows": len(rows), "examples": examples})
    return tuple(results)


def after_fold(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], ...]:
    """The checks on what a fold has written. CheckError when one fails."""
    results = run(connection)
    broken = [result for result in results if result["level"] == "fail" and result["rows"]]
    if broken:
        raise CheckError("; ".join(f"{b['check']}: {b['rows']} rows, e.g. {b['examples']}" for b in broken))
    return results
