"""Statements for what only a scan of the facts can tell."""

# ruff: noqa: S608 — the text is the composer's own and the cubes', with fixed text around it.
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from metrics.catalog.catalog import SCORES, dimension
from metrics.query.question import CUSTOMER, Question
from metrics.query.sql.compose import Statement, compose
from metrics.query.sql.source import Tables, facts, filters_of
from metrics.query.sql.statements import cube_rows

EPISODE = timedelta(days=7)  # a contact within so long after another of the same customer belongs to it


def episodes(asked: Question, tables: Tables) -> Statement:
    """The statement that sums a question's cells by the number of the contact within its episode as well.

    Columns: the dimensions, the number ("1", "2", "3+"), eligible, asked, and the ten scores. Contacts of the
    same hour have the same number; contacts of nobody known are first ones.
    """
    last = len(asked.by)
    start = asked.start
    wider = replace(
        asked,
        by=(*asked.by, dimension("day"), dimension("hour"), CUSTOMER),
        start=start - EPISODE if start else None,
    )
    inner = compose(wider, tables)
    keys = ", ".join(f"dim_{number}" for number in range(last))
    sums = ", ".join(f"cast(sum({name}) as bigint)" for name in ("eligible", "asked", *SCORES))
    hours = int(EPISODE.total_seconds()) // 3600
    text = f"""
        with unit as ({inner.text}),
        placed as (
            select
                *, dim_{last + 2} as customer, cast(dim_{last} as date) as on_day,
                date_diff('hour', timestamp '1970-01-01', cast(dim_{last} as timestamp))
                + coalesce(try_cast(dim_{last + 1} as integer), 12) as at_hour
            from unit
        ),
        numbered as (
            select *, least(coalesce(sum(contacts) over earlier, 0), 2) as before
            from placed where customer <> ''
            window earlier as (
                partition by customer order by at_hour range between {hours} preceding and 1 preceding
            )
            union all
            select *, 0 from placed where customer = ''
        )
        select {keys}, case when before >= 2 then '3+' else cast(before + 1 as varchar) end as number, {sums}
        from numbered where $from_day is null or on_day >= $from_day
        group by {keys}, number order by {keys}, number
    """
    return Statement(text, inner.values | {"from_day": start}, inner.source)


def rows_of_cube(cube: str, asked: Question, tables: Tables) -> Statement:
    """The statement that makes the rows of a cube of what a question's days and filters leave."""
    values: dict[str, Any] = {}
    source, conditions = facts(asked, tables, values), filters_of(asked, values)
    chosen = f"select * from ({source}) where {' and '.join(conditions) or 'true'}"
    return Statement(cube_rows(cube, chosen, rows="from cube order by day"), values, "facts")
