"""Statements that build: queries around the SQL files, over relations of given names.

Only names of the package's own relations, sums and kinds go into the text, never a value.
"""

# ruff: noqa: S608 — see above: there is nothing in the text that comes from anywhere else.
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from metrics.catalogue import Dimension
from metrics.models import SUMS, measures, sql


def cube_table(cube: str, name: str, *, facts: str) -> str:
    """A statement that makes a table of a cube's sums over a table of signed facts."""
    return f"create table {name} as {cube_rows(cube, facts=facts)}"


def cube_rows(cube: str, *, facts: str) -> str:
    """A query of a cube's sums over a table of signed facts."""
    measured = sql("cubes", "measured")
    return f"""
        with signed_fact as (from {facts}), measured as ({measured}), cube as ({sql("cubes", cube)})
        from cube
    """


def summed_up(name: str, rows: str) -> str:
    """A query of sums beside the facts, of a relation of such sums; groups of nothing are left out."""
    sums = ", ".join(f"cast(sum({measure}) as bigint) as {measure}" for measure in measures(name))
    nothing = " or ".join(f"sum({measure}) <> 0" for measure in measures(name))
    dims = ", ".join(SUMS[name])
    return f"select {dims}, {sums} from {rows} group by {dims} having {nothing} order by {dims}"


def to_sum_by_place(relations: Mapping[str, str]) -> str:
    """A query of what ``sums/by_place`` adds up, of relations by cube; null for what a cube does not hold.

    The cube ``""`` is of the facts, and holds everything.
    """
    words = set(re.findall(r"\w+", sql("sums", "by_place")))
    wanted = [name for name in measures("by_team") if name in words]
    branches = []
    for cube, relation in relations.items():
        held = measures(cube) if cube else wanted
        sums = [name if name in held else f"cast(null as bigint) as {name}" for name in wanted]
        branches.append(f"select '{cube}' as cube, day, partner, {', '.join(sums)} from {relation}")
    return " union all ".join(branches)


def judged(kind: str, rows: str) -> str:
    """A query of a relation's events of a kind, with what is impossible of each."""
    return f"with event_row as (from {rows}) {sql('events', kind)}"


def possible(kind: str, rows: str) -> str:
    """The same of those events that can be true."""
    return f"select * exclude (record_key, impossible) from ({judged(kind, rows)}) where impossible is null"


def signed(rows: str) -> str:
    """A query of a relation as it is now, and with sign -1 as it was before (schemas main and before)."""
    return f"""
        select *, cast(1 as bigint) as sign from main.{rows}
        union all
        select *, cast(-1 as bigint) as sign from before.{rows}
    """


def tracked_days(stored: str, sessions: str) -> str:
    """A query of the days with sessions: those stored, and those of a relation of sessions on top."""
    return f"""
        with session_event as (
            select day, first_at as started_at from {stored}
            union all
            select day, last_at from {stored}
            union all
            select day, started_at from {sessions}
        )
        {sql("beside", "tracked_day")}
    """


def texts_of(cut: Dimension) -> str:
    """A statement that gives the texts of a dimension for its ``$labels``."""
    return f"select {cut.text} from (select unnest($labels) as {cut.column})"


def selling_table(name: str) -> str:
    """A statement that makes a table of partners, which are the ``$partners``."""
    return f"create table {name} as select unnest(cast($partners as varchar[])) as partner"


def dropped(names: Sequence[str]) -> list[str]:
    """Statements that drop tables."""
    return [f"drop table if exists {name}" for name in names]
