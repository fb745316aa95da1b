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

from metrics.catalogue import COLUMNS, SCORES, Dimension, Metric, check_dimensions, dimension
from metrics.catalogue import metric as metric_of
from metrics.exposure import exposed, exposure
from metrics.models import COUNTED, CUBES, SUMS, measures, sql
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
# Sums that look at the need of the topic, as stated now: which needs.
NEEDS = {
    "need_value": ("value",),
    "need_neutral": ("neutral",),
    "need_unwanted": ("unwanted",),
    "need_known": ("value", "neutral", "unwanted"),
    "removable": ("neutral", "unwanted"),
}
DERIVED |= {
    name: (f"case when topic in (from {name}_topic) then contacts else 0 end", ("contacts",))
    for name in ("need_value", "need_neutral", "need_unwanted", "need_known")
}
DERIVED |= {
    f"removable_{name}": (
        f"case when topic in (from removable_topic) then {base} else 0 end",
        (base,),
    )
    for name, base in {"n": "handling_n", "s": "handling_s", "squares": "handling_squares"}.items()
}
# What an hour costs by the contact's partner and day; and whether there is a count of active customers.
_SECOND = "(cost_minor / 360000.0)"
_COSTED = "topic in (from removable_topic) and cost_minor is not null"
DERIVED |= {
    "costed_n": (f"case when {_COSTED} then handling_n else 0 end", ("handling_n",)),
    "costed_nok": (
        f"case when {_COSTED} then handling_s * {_SECOND} else 0 end",
        ("handling_s",),
    ),
    "costed_squares": (
        f"case when {_COSTED} then handling_squares * {_SECOND} * {_SECOND} else 0 end",
        ("handling_squares",),
    ),
    "rated_contacts": ("case when rated then contacts else 0 end", ("contacts",)),
}
_BROKEN = {"costed_nok", "costed_squares"}  # sums that are not whole numbers
# Columns of the source that sums look at, beside the sums they are made of.
_LOOKED_AT = {name: {"topic"} for name in DERIVED if name.startswith(("need_", "removable_", "costed_"))}
CUSTOMER = Dimension("customer", "customer", "customer")
# What a question divides by: a column of its cells, made apart from them.
EXPOSURE = "customer_months"


@dataclass(frozen=True)
class Tables:
    """What a scope has for one version: table names, and files of facts."""

    rows: Mapping[str, int]  # cube → how many rows it has
    delta: str  # table of signed facts
    delta_cube: Callable[[str], str]  # cube → table of the delta's sums; "" when the delta is empty
    selling: str  # table of the partners that record sales
    files: tuple[tuple[str, str, str], ...] = ()  # partner, day, path
    beside: Callable[[str], str] = str  # small table beside the facts → its table
    late: bool = True  # whether there are signed facts
    all_sell: bool = False  # whether every partner records sales
    # column, its values → the partners that have stored facts with one of them; None where nobody knows
    having: Callable[[str, Sequence[str]], frozenset[str] | None] = lambda _column, _values: None
    partner: str | None = None  # whose scope it is; None: everybody's


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
        """The columns that dimensions, filters and sums need."""
        cuts = {cut.column for cut in self.by} | {cut.column for cut, _ in self.where}
        named = {name for metric in self.metrics for name in (*metric.measures, *metric.parts)}
        return cuts.union(*(_LOOKED_AT[name] for name in named if name in _LOOKED_AT))

    @property
    def subject(self) -> str:
        """What the sums are of."""
        return self.metrics[0].subject if self.metrics else "contact"


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
    """A question from names, of metrics of one subject. UnknownNameError for a dimension that does not exist,
    or that one of the metrics does not have."""
    for metric in metrics:
        check_dimensions(metric, [dimension(name).id for name in (*by, *(where or {}))])
    filters = tuple((dimension(name), tuple(values)) for name, values in (where or {}).items())
    return Question(tuple(metrics), tuple(map(dimension, by)), filters, start, end, settings or {}, as_of)


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
    if source != "facts" or not _only_asked(asked):
        conditions = [*days_of(asked, values), *conditions]
    dims = "".join(f"{cut.text} as dim_{number}, " for number, cut in enumerate(asked.by))
    group = ""
    if asked.by:
        # A delta may take away all that a group had.
        names = ", ".join(f"dim_{number}" for number in range(len(asked.by)))
        group = f"group by {names} having sum({COUNTED[asked.subject]}) <> 0"
    summed = [name for name in needed if name != EXPOSURE]
    sums = ", ".join(f"{_sum(name, tables)} as {name}" for name in summed)
    parts = [f"selling as (from {tables.selling})", *_needs(asked, needed, tables)]
    parts.append(_rows(asked, needed, source, tables, values))
    rows, joined = "source", "grouped"
    if _BROKEN & set(needed):
        parts.append(_costed(tables))
        rows = "costed"
    if EXPOSURE in needed:
        parts += exposure(asked, tables, values)
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
    if "need" not in cuts and not any(name in _LOOKED_AT for name in needed):
        return []
    parts = [f"need_of as (select topic as name, need from {tables.beside('topic')})"]
    return parts + [
        f"{name}_topic as (select name from need_of where need in {which!r})"
        if len(which) > 1
        else f"{name}_topic as (select name from need_of where need = {which[0]!r})"
        for name, which in NEEDS.items()
    ]


def _costed(tables: Tables) -> str:
    """Relation ``costed``: the source with what an hour cost then, by the partner's own word or for all."""
    cost = tables.beside("hour_cost")

    def holds(name: str) -> str:
        return f"day >= {name}.valid_from and ({name}.valid_until is null or day < {name}.valid_until)"

    return f"""costed as (
        select source.*, coalesce(own.cost_minor, common.cost_minor) as cost_minor
        from source
        left join {cost} as own on own.partner = source.partner and {holds("own")}
        left join {cost} as common on common.partner = '' and {holds("common")}
    )"""


def parameters(asked: Question, needed: Sequence[str]) -> dict[str, Any]:
    """What the metrics' SQL names as ``$parameters``."""
    used = {name for metric in asked.metrics for name in metric.settings}
    values: dict[str, Any] = {name: asked.settings[name] for name in used}
    if waits := {metric.matures_days for metric in asked.metrics} - {0}:
        values["mature"] = asked.as_of - timedelta(days=max(waits))
    if "still_coming" in needed:
        window = timedelta(hours=asked.settings.get("answer_window_h", 72))
        values["recent"] = asked.as_of - timedelta(days=-(-window // timedelta(days=1)))
    return values


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
    if asked.subject == "customer":
        return ["contacts", "customers", "buyers", "of_nobody_known"]
    named = [COUNTED[asked.subject]]
    named += [name for metric in asked.metrics for name in (*metric.measures, *metric.parts)]
    return list(dict.fromkeys(named))


def _sum(name: str, tables: Tables) -> str:
    """The sum of a measure, or of what is derived from some."""
    if name == "answered_selling" and tables.all_sell:
        return _added("answered")
    return _added(name, DERIVED[name][0] if name in DERIVED else name)


def _added(name: str, text: str = "") -> str:
    """What is added up to a sum, or parts of it that were added up before."""
    return f"coalesce(cast(sum({text or name}) as {'double' if name in _BROKEN else 'bigint'}), 0)"


def plain_sums(needed: Sequence[str]) -> list[str]:
    """The measures of cubes that the needed ones are made of."""
    made = [name for name in needed if name != EXPOSURE]
    plain = [base for name in made for base in (DERIVED[name][1] if name in DERIVED else (name,))]
    return list(dict.fromkeys(plain))


def source_of(asked: Question, tables: Tables) -> str:
    """The smallest cube that has the columns and the sums; the facts where there is none."""
    if asked.subject in SUMS:
        return asked.subject
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
    keys = {"day", "partner"} & set(SUMS.get(source, ("day", "partner")))
    columns = ", ".join(sorted(keys | asked.columns) + plain_sums(needed))
    if source in SUMS:
        return f"source as (select {columns} from {tables.beside(source)})"
    if source != "facts":
        delta = tables.delta_cube(source)
        more = f" union all select {columns} from {delta}" if delta else ""
        return f"source as (select {columns} from {source}{more})"
    facts, measured = signed_facts(asked, tables, values), sql("cubes", "measured")
    return f"signed_fact as ({facts}), measured as ({measured}), source as (select {columns} from measured)"


def signed_facts(asked: Question, tables: Tables, values: dict[str, Any]) -> str:
    """The signed facts that a question can touch: those of its days."""
    branches = []
    if files := _files(asked, tables):
        values["files"] = files
        plain = ", ".join(name for name in summed_columns() if name != "sign")
        branches.append(f"""
            select {plain}, cast(1 as smallint) as sign
            from read_parquet($files, hive_partitioning = false)
        """)
    if tables.late or not files:
        days = days_of(asked, values) if _only_asked(asked) else []
        names = ", ".join(summed_columns())
        branches.append(f"select {names} from {tables.delta} where {' and '.join(days) or 'true'}")
    return " union all by name ".join(branches)


def _only_asked(asked: Question) -> bool:
    """Whether facts of the asked days and filters are all that a question needs. Customer-months are counted
    from the first day of all, whoever is chosen."""
    return EXPOSURE not in needed_sums(asked)


def _files(asked: Question, tables: Tables) -> list[str]:
    """The files of facts that a question can touch; each is of one partner and one day."""
    partners = [frozenset(values) for cut, values in asked.where if cut.id == "partner"]
    if _only_asked(asked):
        known = [tables.having(cut.column, values) for cut, values in asked.where if cut.text == cut.column]
        partners += [found for found in known if found is not None]
    first = asked.start.isoformat() if asked.start else ""
    last = asked.end.isoformat() if asked.end else "~"
    return [
        path
        for partner, day, path in tables.files
        if first <= day <= last and all(partner in chosen for chosen in partners)
    ]


def days_of(asked: Question, values: dict[str, Any]) -> list[str]:
    """What a question's days ask of a row."""
    conditions = []
    if asked.start:
        conditions.append("day >= $start_day")
        values["start_day"] = asked.start
    if asked.end:
        conditions.append("day <= $end_day")
        values["end_day"] = asked.end
    return conditions


def filters_of(asked: Question, values: dict[str, Any]) -> list[str]:
    """What a question's filters ask of a row."""
    conditions = []
    for number, (cut, chosen) in enumerate(asked.where):
        conditions.append(f"{cut.text} = any($filter_{number})")
        values[f"filter_{number}"] = list(chosen)
    return conditions
