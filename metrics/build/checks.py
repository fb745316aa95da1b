"""What must hold of facts and cubes. A failed check never publishes; a warning is published with it.

The checks are SQL over relations of these names: ``checked_fact`` (facts), ``expected_place`` (contacts
by partner and day, counted apart from the facts), ``checked_sum`` and ``checked_cube`` (sums by day and
partner, of the facts and of each cube), ``quarantine`` (rows of the log that cannot be true), and for what
is no contact ``published_queue``, ``expected_queue``, ``published_session`` and ``expected_session`` (as
published, and anew from the log). Each returns the rows that are wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from metrics.models import measures, names, sql

EXAMPLES = 3
RELATIONS = (
    "checked_fact",
    "expected_place",
    "checked_sum",
    "checked_cube",
    "quarantine",
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


def after(before: Sequence[Result], now: Sequence[Result], *, everything: bool) -> tuple[Result, ...]:
    """What the checks say of the published version: of a pass over some days a warning of others stands."""
    if everything:
        return tuple(now)
    known = {result["check"]: result for result in before}
    for result in now:
        former = known.get(result["check"])
        partial = result["level"] == "warn" and result["check"] != "rows_in_quarantine"
        if not (partial and former and former["rows"] and not result["rows"]):
            known[result["check"]] = result
    return tuple(known[name] for name in sorted(known))


def sums(connection: Connection, cubes: Mapping[str, str]) -> None:
    """Make ``checked_sum`` from relation ``checked_fact``, and ``checked_cube`` from each cube's relation."""
    words = set(re.findall(r"\w+", sql("sums", "by_place")))
    wanted = [name for name in measures("by_team") if name in words]
    facts = f"with fact as (from checked_fact) {sql('cubes', 'measured')}"
    branches = {"checked_sum": {"": f"({facts})"}, "checked_cube": cubes}
    for table, relations in branches.items():
        parts = []
        for cube, relation in relations.items():
            held = measures(cube) if cube else wanted
            # A cube that does not hold a sum has null for it.
            columns = [name if name in held else f"cast(null as bigint) as {name}" for name in wanted]
            parts.append(f"select '{cube}' as cube, day, partner, {', '.join(columns)} from {relation}")  # noqa: S608
        connection.execute(f"create or replace view to_sum as {' union all '.join(parts)}")
        connection.execute(f"create or replace table {table} as {sql('sums', 'by_place')}")
