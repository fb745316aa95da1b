"""The one place that builds SQL from parts: dimensions, filters and metrics of the catalogue, by name.

Only names of the catalogue, of the cubes and of tables that a scope has made go into the text; every
value is a parameter. A question becomes one statement: the source (a cube or the facts), its cells (one row
per group), and beside them what each metric's SQL makes of the cells.
"""

# ruff: noqa: S608 — this is the one module that may, and only from names that it or the catalogue states.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from metrics.catalog.catalog import COLUMNS
from metrics.catalog.catalog import metric as metric_of
from metrics.catalog.models import COUNTED, SUMS, sql
from metrics.query.question import (
    BROKEN,
    CUSTOMER,
    DERIVED,
    EXPOSURE,
    LOOKED_AT,
    NEEDS,
    Question,
    needed_sums,
    parameters,
    plain_sums,
)
from metrics.query.sql.exposure import exposed, exposure
from metrics.query.sql.source import Tables, days_of, facts, filters_of, source_of


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters, and what it reads: a cube's name, or ``facts``."""

    text: str
    values: dict[str, Any]
    source: str


def compose(asked: Question, tables: Tables) -> Statement:
    """The statement that answers a question; its columns are given by :func:`layout`."""
    source = source_of(asked, tables)
    values: dict[str, Any] = parameters(asked, needed_sums(asked))
    if asked.subject == "customer":
        parts = _customers(asked, tables, values)
    else:
        parts = _cells(asked, source, tables, values)
    parts += [
        f"metric_{n} as ({sql('metrics', metric.sql or metric.id)})" for n, metric in enumerate(asked.metrics)
    ]
    chosen = [f"cells.dim_{number}" for number in range(len(asked.by))]
    for number, metric in enumerate(asked.metrics):
        chosen += [f"metric_{number}.{column}" for column in COLUMNS[metric.kind]]
        chosen += [f"cells.{part}" for part in metric.parts]
    joins = "".join(f" join metric_{n} using (cell)" for n in range(len(asked.metrics)))
    order = f" order by {', '.join(chosen[: len(asked.by)])}" if asked.by else ""
    text = f"with {', '.join(parts)} select {', '.join(chosen)} from cells{joins}{order}"
    return Statement(text, values, source)


def _cells(asked: Question, source: str, tables: Tables, values: dict[str, Any]) -> list[str]:
    """The relations of a statement up to ``cells``: one row per group, with the sums that metrics need."""
    needed = needed_sums(asked)
    conditions = filters_of(asked, values)
    if source != "facts":
        conditions = [*days_of(asked, values), *conditions]
    dims = "".join(f"{cut.text} as dim_{number}, " for number, cut in enumerate(asked.by))
    group = ""
    if asked.by:
        # A version may take away all that a group of a cube had.
        names = ", ".join(f"dim_{number}" for number in range(len(asked.by)))
        group = f"group by {names} having sum({COUNTED[asked.subject]}) <> 0"
    summed = [name for name in needed if name != EXPOSURE]
    sums = ", ".join(f"{_sum(name, tables, source)} as {name}" for name in summed)
    parts = [f"selling as (from {tables.selling})", *_needs(asked, needed, tables)]
    parts.append(_rows(asked, needed, source, tables, values))
    rows, joined = "source", "grouped"
    if BROKEN & set(needed):
        parts.append(_costed(tables))
        rows = "costed"
    if EXPOSURE in needed:
        parts += exposure(asked, tables, values, rows)
        rows, joined = "rated", "exposed"
    chosen = f"{rows} where {' and '.join(conditions) or 'true'}"
    if _told(asked, source):
        # A text is made for each group of facts alike, not for each fact.
        columns = ", ".join(sorted({cut.column for cut in asked.by}))
        parts.append(f"alike as (select {columns}, {sums} from {chosen} group by {columns})")
        sums, chosen = ", ".join(f"{_added(name)} as {name}" for name in summed), "alike"
    parts.append(f"grouped as (select {dims}{sums} from {chosen} {group})")
    if EXPOSURE in needed:
        parts.append(exposed(asked))
    parts.append(f"cells as materialized (select row_number() over () as cell, * from {joined})")
    return parts


def _told(asked: Question, source: str) -> bool:
    """Whether facts are grouped by their columns before the texts of dimensions: there are few such groups,
    unless each customer is one."""
    if source != "facts" or CUSTOMER in asked.by:
        return False
    return any(cut.text != cut.column for cut in asked.by)


def _customers(asked: Question, tables: Tables, values: dict[str, Any]) -> list[str]:
    """The same of customers: how many stand in each group, and how many of them bought something."""
    last = len(asked.by)
    hits = replace(metric_of("hit_rate"), parts=("contacts",))
    inner = compose(replace(asked, metrics=(hits,), by=(*asked.by, CUSTOMER)), tables)
    values |= inner.values
    dims = "".join(f"dim_{number}, " for number in range(last))
    group = f"group by {dims.rstrip(', ')}" if dims else ""
    return [
        f"unit as ({inner.text})",
        f"""cells as materialized (
            select
                {dims}row_number() over () as cell,
                cast(coalesce(sum(contacts), 0) as bigint) as contacts,
                count(*) filter (dim_{last} <> '' and n > 0) as customers,
                count(*) filter (dim_{last} <> '' and hits > 0) as buyers,
                cast(coalesce(sum(n) filter (dim_{last} = ''), 0) as bigint) as of_nobody_known
            from unit {group}
        )""",
    ]


def _needs(asked: Question, needed: Sequence[str], tables: Tables) -> list[str]:
    """Relation ``need_of``, and one of topics for each need that a sum looks at; where they are looked at."""
    cuts = {cut.id for cut in asked.by} | {cut.id for cut, _ in asked.where}
    if "need" not in cuts and not any(name in LOOKED_AT for name in needed):
        return []
    parts = [f"need_of as (select topic as name, need from {tables.small('topic')})"]
    return parts + [
        f"{name}_topic as (select name from need_of where need in {which!r})"
        if len(which) > 1
        else f"{name}_topic as (select name from need_of where need = {which[0]!r})"
        for name, which in NEEDS.items()
    ]


def _costed(tables: Tables) -> str:
    """Relation ``costed``: the source with what an hour cost then, by the partner's own word or for all."""
    cost = tables.small("hour_cost")

    def holds(name: str) -> str:
        return f"day >= {name}.valid_from and ({name}.valid_until is null or day < {name}.valid_until)"

    return f"""costed as (
        select source.*, coalesce(own.cost_minor, common.cost_minor) as cost_minor
        from source
        left join {cost} as own on own.partner = source.partner and {holds("own")}
        left join {cost} as common on common.partner = '' and {holds("common")}
    )"""


def _sum(name: str, tables: Tables, source: str) -> str:
    """The sum of a measure, or of what is derived from some."""
    if name == COUNTED["contact"] and source == "facts":
        return "count(*)"  # every row adds one
    if name == "answered_selling" and tables.all_sell:
        return _added("answered")
    return _added(name, DERIVED[name][0] if name in DERIVED else name)


def _added(name: str, text: str = "") -> str:
    """What is added up to a sum, or parts of it that were added up before."""
    return f"coalesce(cast(sum({text or name}) as {'double' if name in BROKEN else 'bigint'}), 0)"


def _rows(asked: Question, needed: Sequence[str], source: str, tables: Tables, values: dict[str, Any]) -> str:
    """The relation ``source``: the cube with what the version adds to it, or the facts."""
    keys = {"day", "partner"} & set(SUMS.get(source, ("day", "partner")))
    columns = ", ".join(sorted(keys | asked.columns) + plain_sums(needed))
    if source in SUMS:
        return f"source as (select {columns} from {tables.small(source)})"
    if source != "facts":
        changed = tables.changed(source)
        more = f" union all select {columns} from {changed}" if changed else ""
        return f"source as (select {columns} from {source}{more})"
    source, measured = facts(asked, tables, values), sql("cubes", "measured")
    return f"fact as ({source}), measured as ({measured}), source as (select {columns} from measured)"
