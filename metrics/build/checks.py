"""What must hold of facts and cubes. A failed check never publishes; a warning is published with it.

The checks are SQL over relations of these names: ``checked_fact`` (facts), ``expected_place`` (contacts
by partner and day, counted apart from the facts), ``checked_sum`` and ``checked_cube`` (sums by day and
partner, of the facts and of each cube), ``quarantine`` (rows of the log that cannot be true), and for what
is no contact ``published_queue``, ``expected_queue``, ``published_session`` and ``expected_session`` (as
published, and anew from the log). Each returns the rows that are wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from metrics.catalog.models import measures, names, sql

EXAMPLES = 3
OF_A_PASS = ("checked_fact", "expected_place", "checked_sum", "checked_cube", "quarantine")
RELATIONS = (*OF_A_PASS, "published_queue", "expected_queue", "published_session", "expected_session")
Connection = duckdb.DuckDBPyConnection
Result = dict[str, Any]


class CheckError(RuntimeError):
    """A check failed: the message says which, and shows examples."""


def run(connection: Connection, there: Collection[str] = RELATIONS) -> tuple[Result, ...]:
    """Every check whose relations are ``there``: ``check``, ``level`` (fail, warn), ``rows`` that are
    wrong, and
    ``examples`` of them."""
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


def sums(connection: Connection, measured: str, cubes: Mapping[str, str]) -> None:
    """Make ``checked_sum`` of what facts add to every sum, and ``checked_cube`` of each cube's relation."""
    words = set(re.findall(r"\w+", sql("sums", "by_place")))
    wanted = [name for name in measures("by_team") if name in words]
    for table, relations in {"checked_sum": {"": measured}, "checked_cube": cubes}.items():
        parts = []
        for cube, relation in relations.items():
            held = measures(cube) if cube else wanted
            # A cube that does not hold a sum has null for it.
            columns = [name if name in held else f"cast(null as bigint) as {name}" for name in wanted]
            parts.append(f"select '{cube}' as cube, day, partner, {', '.join(columns)} from {relation}")  # noqa: S608
        query = f"with to_sum as ({' union all '.join(parts)}) {sql('sums', 'by_place')}"
        connection.execute(f"create or replace table {table} as {query}")


def measured(facts: str) -> str:
    """A query of what the facts of a relation add to every sum."""
    return f"(with fact as (from {facts}) {sql('cubes', 'measured')})"
