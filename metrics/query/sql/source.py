"""What a question reads: the cube chosen for it, or the facts that it can touch."""

# ruff: noqa: S608 — part of compose.py: only from names that it or the catalogue states.
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lake.facts import counted_rows
from metrics.catalog.columns import summed_columns
from metrics.catalog.models import CUBES, SUMS, measures
from metrics.query.cubes.arrays import Cube
from metrics.query.question import EXPOSURE, Question, needed_sums, plain_sums


@dataclass(frozen=True)
class Tables:
    """What a scope has for one version: table names, and files of facts."""

    sizes: Mapping[str, int]  # cube → how many rows it has at most
    changed: Callable[[str], str]  # cube → table of what the version adds to it; "" when that is nothing
    changes: Callable[[str], Cube]  # the same in memory
    selling: str  # table of the partners that record sales
    files: tuple[tuple[str, str, str], ...] = ()  # partner, day, path
    superseded: Sequence[tuple[str, date]] = ()  # paths, with days of which their rows do not count
    small: Callable[[str], str] = str  # small table, or sums of what is no contact → its table
    all_sell: bool = False  # whether every partner records sales
    # column, its values → the partners that have stored facts with one of them; None where nobody knows
    having: Callable[[str, Sequence[str]], frozenset[str] | None] = lambda _column, _values: None
    partner: str | None = None  # whose scope it is; None: everybody's


def source_of(asked: Question, tables: Tables) -> str:
    """The smallest cube that has the columns and the sums; the facts where there is none."""
    if asked.subject in SUMS:
        return asked.subject
    needed = needed_sums(asked)
    fitting = [
        cube
        for cube, columns in CUBES.items()
        if cube in tables.sizes
        and asked.columns <= set(columns)
        and set(plain_sums(needed)) <= set(measures(cube))
    ]
    return min(fitting, key=lambda cube: tables.sizes[cube], default="facts")


def facts(asked: Question, tables: Tables, values: dict[str, Any]) -> str:
    """A query of the facts that a question can touch: those of its days."""
    names = ", ".join(summed_columns())
    rows, files = counted_rows(_files(asked, tables), tables.superseded)
    if not rows:
        return f"select {names} from no_fact"
    values |= files
    return f"select {names} from ({rows}) where {' and '.join(days_of(asked, values)) or 'true'}"


def only_asked(asked: Question) -> bool:
    """Whether facts of the asked days and filters are all that a question needs. Customer-months are counted
    from the first day of all, whoever is chosen."""
    return EXPOSURE not in needed_sums(asked)


def _files(asked: Question, tables: Tables) -> list[str]:
    """The files of facts that a question can touch; each is of one partner."""
    partners = [frozenset(values) for cut, values in asked.where if cut.id == "partner"]
    if only_asked(asked):
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
