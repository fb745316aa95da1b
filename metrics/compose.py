"""The one place that builds SQL from parts: dimensions, filters and metrics of the catalogue, by name.

Only names of the catalogue, of the cubes and of tables that a scope has made go into the text; every
value is a parameter. A question becomes one statement: the source (a cube or the facts, with the delta on
top), its cells (one row per group), and beside them what each metric's SQL makes of the cells.
"""

# ruff: noqa: S608 — this is the one module that may, and only from names that it or the catalogue states.
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from metrics.catalogue import COLUMNS, SCORES, Dimension, Metric, dimension
from metrics.models import CUBES, SUMS, measures, sql
from metrics.shape import summed_columns

# Sums made of other sums, or of what is known about the partner.
DERIVED: dict[str, tuple[str, tuple[str, ...]]] = {
    "scored": (" + ".join(SCORES), SCORES),
    "unknown": ("route_unknown", ("route_unknown",)),
    "answered_selling": ("case when partner in (from selling) then answered else 0 end", ("answered",)),
    "return_n_mature": ("case when day <= $mature then return_n else 0 end", ("return_n",)),
    "still_coming": ("case when day > $recent then delivered else 0 end", ("delivered",)),
    "return_none_mature": ("case when day <= $mature then return_none else 0 end", ("return_none",)),
}
# So long after a contact its survey may still be answered.
ANSWER_WINDOW = timedelta(days=3)


@dataclass(frozen=True)
class Tables:
    """What a scope has for one version: table names, and files of facts."""

    rows: Mapping[str, int]  # cube → how many rows it has
    delta: str  # table of signed facts
    delta_cube: Callable[[str], str]  # cube → table of the delta's sums; "" when the delta is empty
    selling: str  # table of the partners that record sales
    files: tuple[tuple[str, str, str], ...] = ()  # partner, day, path


@dataclass(frozen=True)
class Question:
    """What is asked, in names of the catalogue."""

    metrics: tuple[Metric, ...]
    by: tuple[Dimension, ...] = ()
    where: tuple[tuple[Dimension, tuple[str, ...]], ...] = ()
    start: date | None = None
    end: date | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    as_of: date = date.max

    @property
    def columns(self) -> set[str]:
        """The columns that dimensions and filters need."""
        return {cut.column for cut in self.by} | {cut.column for cut, _ in self.where}


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters, and what it reads: a cube's name, or ``facts``."""

    text: str
    values: dict[str, Any]
    source: str


def question(
    metrics: Sequence[Metric],
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    *,
    start: date | None = None,
    end: date | None = None,
    settings: Mapping[str, int] | None = None,
    as_of: date = date.max,
) -> Question:
    """A question from names. UnknownNameError for a dimension that does not exist."""
    filters = tuple((dimension(name), tuple(values)) for name, values in (where or {}).items())
    return Question(tuple(metrics), tuple(map(dimension, by)), filters, start, end, settings or {}, as_of)


def compose(asked: Question, tables: Tables) -> Statement:
    """The statement that answers a question; its columns are given by :func:`layout`."""
    needed = needed_sums(asked)
    source = source_of(asked, tables)
    values: dict[str, Any] = {}
    conditions = _conditions(asked, values)
    dims = "".join(f"{cut.text} as dim_{number}, " for number, cut in enumerate(asked.by))
    group = ""
    if asked.by:
        # A delta may take away all that a group had.
        names = ", ".join(f"dim_{number}" for number in range(len(asked.by)))
        group = f"group by {names} having sum(contacts) <> 0"
    sums = ", ".join(f"coalesce(cast(sum({_measure(name)}) as bigint), 0) as {name}" for name in needed)
    parts = [
        f"selling as (from {tables.selling})",
        _rows(asked, needed, source, tables, values),
        f"""grouped as (
            select {dims}{sums} from source
            where {" and ".join(conditions) or "true"} {group}
        )""",
        "cells as materialized (select row_number() over () as cell, * from grouped)",
    ]
    parts += [f"metric_{n} as ({sql('metrics', metric.id)})" for n, metric in enumerate(asked.metrics)]
    chosen = [f"cells.dim_{number}" for number in range(len(asked.by))]
    for number, metric in enumerate(asked.metrics):
        chosen += [f"metric_{number}.{column}" for column in COLUMNS[metric.kind]]
        chosen += [f"cells.{part}" for part in metric.parts]
    joins = "".join(f" join metric_{n} using (cell)" for n in range(len(asked.metrics)))
    order = f" order by {', '.join(chosen[: len(asked.by)])}" if asked.by else ""
    text = f"with {', '.join(parts)} select {', '.join(chosen)} from cells{joins}{order}"
    return Statement(text, values | parameters(asked, needed), source)


def parameters(asked: Question, needed: Sequence[str]) -> dict[str, Any]:
    """What the metrics' SQL names as ``$parameters``."""
    used = {name for metric in asked.metrics for name in metric.settings}
    values: dict[str, Any] = {name: asked.settings[name] for name in used}
    if waits := {metric.matures_days for metric in asked.metrics} - {0}:
        values["mature"] = asked.as_of - timedelta(days=max(waits))
    if "still_coming" in needed:
        values["recent"] = asked.as_of - ANSWER_WINDOW
    return values


# What a metric's columns say of one contact: how many, the total of its values, and of their squares.
_VALUES = {
    "mean": ("n", "total", "squares"),
    "share": ("n", "hits", "hits"),
    "score": tuple(
        " + ".join(f"{number**power} * {name}" for number, name in enumerate(SCORES, 1))
        for power in (0, 1, 2)
    ),
    "count": ("count", "0", "0"),
}
CUSTOMER = Dimension("customer", "customer", "customer")


def contributions(
    asked: Question, tables: Tables, pair: tuple[str, str], rows: Sequence[tuple[Sequence[str], float, float]]
) -> Statement:
    """The statement that sums what customers add to two groups, ``pair``, of the first dimension asked by.

    ``rows`` are (key, of n, of total), the key being the text of the dimensions: a contact there adds of n +
    of total · value. Columns: customers of the first, the second, both together and in both; Σa², Σb², Σab.
    Contacts of nobody known are a customer each, whose squares follow from the sums.
    """
    last = len(asked.by)
    inner = compose(replace(asked, by=(*asked.by, CUSTOMER)), tables)
    n, total, squares = _VALUES[asked.metrics[0].kind]
    keys = [f"dim_{number}" for number in range(last)]
    given = [f"unnest($of_{name}) as {name}" for name in keys]
    given += ["unnest($of_n) as of_n", "unnest($of_total) as of_total"]
    text = f"""
        with unit as ({inner.text}),
        of_one as (select {", ".join(given)}),
        placed as (
            select
                dim_{last} as customer, dim_0 = $first as is_first, {n} as n, {total} as total,
                {squares} as squares, of_n, of_total
            from unit join of_one using ({", ".join(keys)})
        ),
        customers as (
            select
                max(n > 0 and is_first) as in_first, max(n > 0 and not is_first) as in_second,
                coalesce(sum(of_n * n + of_total * total) filter (is_first), 0) as one,
                coalesce(sum(of_n * n + of_total * total) filter (not is_first), 0) as other
            from placed where customer <> '' group by customer
        ),
        nobody as (
            select
                is_first as in_first, not is_first as in_second, sum(n) as n,
                sum(of_n * of_n * n + 2 * of_n * of_total * total + of_total * of_total * squares) as square
            from placed where customer = '' group by is_first
        ),
        everybody as (
            select in_first, in_second, 1 as n, one * one as one, other * other as other, one * other as product
            from customers where in_first or in_second
            union all
            select
                in_first, in_second, n, case when in_first then square else 0 end,
                case when in_second then square else 0 end, 0
            from nobody
        )
        select
            coalesce(cast(sum(n) filter (in_first) as bigint), 0),
            coalesce(cast(sum(n) filter (in_second) as bigint), 0),
            coalesce(cast(sum(n) as bigint), 0),
            coalesce(cast(sum(n) filter (in_first and in_second) as bigint), 0),
            coalesce(sum(one), 0.0), coalesce(sum(other), 0.0), coalesce(sum(product), 0.0)
        from everybody
    """
    values = inner.values | {"first": pair[0]}
    values |= {f"of_{name}": [key[number] for key, _, _ in rows] for number, name in enumerate(keys)}
    values |= {"of_n": [one for _, one, _ in rows], "of_total": [one for _, _, one in rows]}
    return Statement(text, values, inner.source)


def layout(asked: Question) -> list[tuple[int, int, int]]:
    """Where each metric's columns and then its parts begin, and where they end, in a row of the answer."""
    places, at = [], len(asked.by)
    for metric in asked.metrics:
        middle = at + len(COLUMNS[metric.kind])
        places.append((at, middle, middle + len(metric.parts)))
        at = middle + len(metric.parts)
    return places


def needed_sums(asked: Question) -> list[str]:
    """The sums that a question's metrics are made of: of the cubes, or derived from those."""
    named = ["contacts"]
    named += [name for metric in asked.metrics for name in (*metric.measures, *metric.parts)]
    return list(dict.fromkeys(named))


def _measure(name: str) -> str:
    return DERIVED[name][0] if name in DERIVED else name


def plain_sums(needed: Sequence[str]) -> list[str]:
    """The measures of cubes that the needed ones are made of."""
    plain = [base for name in needed for base in (DERIVED[name][1] if name in DERIVED else (name,))]
    return list(dict.fromkeys(plain))


def source_of(asked: Question, tables: Tables) -> str:
    """The smallest cube that has the columns and the sums; the facts where there is none."""
    needed = needed_sums(asked)
    fitting = [
        cube
        for cube, columns in CUBES.items()
        if cube in tables.rows
        and asked.columns <= set(columns)
        and set(plain_sums(needed)) <= set(measures(cube))
    ]
    return min(fitting, key=lambda cube: tables.rows[cube], default="facts")


def _rows(asked: Question, needed: Sequence[str], source: str, tables: Tables, values: dict[str, Any]) -> str:
    """The relation ``source``: the cube or the facts, and the delta on top of either."""
    columns = ", ".join(sorted({"day", "partner"} | asked.columns) + plain_sums(needed))
    if source != "facts":
        delta = tables.delta_cube(source)
        more = f" union all select {columns} from {delta}" if delta else ""
        return f"source as (select {columns} from {source}{more})"
    files = _files(asked, tables)
    facts = f"select {', '.join(summed_columns())} from {tables.delta}"
    if files:
        values["files"] = files
        stored = ", ".join(name for name in summed_columns() if name != "sign")
        facts = f"""
            select {stored}, cast(1 as smallint) as sign
            from read_parquet($files, hive_partitioning = false)
            union all by name {facts}
        """
    measured = sql("cubes", "measured")
    return f"signed_fact as ({facts}), measured as ({measured}), source as (select {columns} from measured)"


def _files(asked: Question, tables: Tables) -> list[str]:
    """The files of facts that a question can touch."""
    partners = [set(values) for cut, values in asked.where if cut.id == "partner"]
    first = asked.start.isoformat() if asked.start else ""
    last = asked.end.isoformat() if asked.end else "~"
    return [
        path
        for partner, day, path in tables.files
        if first <= day <= last and all(partner in chosen for chosen in partners)
    ]


def _conditions(asked: Question, values: dict[str, Any]) -> list[str]:
    conditions = []
    if asked.start:
        conditions.append("day >= $start_day")
        values["start_day"] = asked.start
    if asked.end:
        conditions.append("day <= $end_day")
        values["end_day"] = asked.end
    for number, (cut, chosen) in enumerate(asked.where):
        conditions.append(f"{cut.text} = any($filter_{number})")
        values[f"filter_{number}"] = list(chosen)
    return conditions


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
