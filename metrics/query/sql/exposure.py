"""What contacts are divided by: customers who are active, for as long as the question spans.

A month's customers count for each of its days as one part of the month, so that a whole month gives the
contacts for every 1,000 of them, and a week or the month so far a rate to be held against that. A company's
customers are those stated for all partners, else the sum of the partners' own; a question about partners, and
a partner's scope, takes the partners' own and nothing else.
"""

# ruff: noqa: S608 — part of compose.py: only from names that it or the catalogue states.
from __future__ import annotations

from datetime import date
from typing import Any

from metrics.query.question import Question
from metrics.query.sql.source import Tables

# The columns that days of active customers have.
_COLUMNS = ("day", "partner")


def exposure(asked: Question, tables: Tables, values: dict[str, Any], rows: str) -> list[str]:
    """Relations ``rated`` (relation ``rows``, and whether customers are stated for each of them) and
    ``exposure`` (how many customer-months each group of days and partners has)."""
    mine = _of_partners(asked, tables)
    stated = tables.small("active_customers")
    if mine:
        active = f"select month, partner, cast(customers as bigint) as customers from {stated}"
        alike = f"and active_of.partner = {rows}.partner"
    else:
        active = f"""
            select month, '' as partner, cast(sum(customers) as bigint) as customers
            from (select *, bool_or(partner = '') over (partition by month) as for_all from {stated})
            where (partner = '') = for_all
            group by month
        """
        alike = ""
    values |= {
        "rate_from": asked.start or date.min,
        "rate_to": asked.end or date.max,
        "rate_as_of": asked.as_of,
    }
    dims = "".join(f"{asked.by[number].text} as dim_{number}, " for number in _places(asked))
    conditions = [
        f"{cut.text} = any($filter_{number})"
        for number, (cut, _) in enumerate(asked.where)
        if cut.column in _COLUMNS
    ]
    group = f"group by {', '.join(f'dim_{number}' for number in _places(asked))}" if dims else ""
    return [
        f"active_of as ({active})",
        f"""rated as (
            select {rows}.*, active_of.customers is not null as rated
            from {rows} left join active_of on active_of.month = date_trunc('month', {rows}.day) {alike}
        )""",
        # Days without a contact count as well, from the first month with one until now.
        """span as (
            select
                greatest($rate_from, cast(date_trunc('month', min(day)) as date)) as first_day,
                least($rate_to, last_day(max(day)), greatest($rate_as_of, max(day))) as final_day
            from source
        )""",
        """dated as (
            select cast(unnest(generate_series(first_day, final_day, interval 1 day)) as date) as day
            from span
        )""",
        """active_day as (
            select dated.day, active_of.partner, active_of.customers * 1.0 / day(last_day(dated.day)) as part
            from dated join active_of on active_of.month = date_trunc('month', dated.day)
        )""",
        f"""exposure as (
            select {dims}sum(part) as customer_months from active_day
            where {" and ".join(conditions) or "true"} {group}
        )""",
    ]


def exposed(asked: Question) -> str:
    """Relation ``exposed``: the groups, each with the customer-months of its days and partners."""
    alike = " and ".join(f"exposure.dim_{n} = grouped.dim_{n}" for n in _places(asked)) or "true"
    return f"""exposed as (
        select grouped.*, coalesce(exposure.customer_months, 0) as customer_months
        from grouped left join exposure on {alike}
    )"""


def _places(asked: Question) -> list[int]:
    """The dimensions of the question that active customers have, too."""
    return [number for number, cut in enumerate(asked.by) if cut.column in _COLUMNS]


def _of_partners(asked: Question, tables: Tables) -> bool:
    cuts = {cut.id for cut in asked.by} | {cut.id for cut, _ in asked.where}
    return "partner" in cuts or tables.partner is not None
