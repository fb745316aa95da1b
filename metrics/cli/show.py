"""`python -m metrics show`: any metric by any dimension."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from metrics.cli import tables
from metrics.cli.shared import (
    Filters,
    First,
    Json,
    Last,
    Names,
    NoBuild,
    Partner,
    asked_for,
    print_json,
    reports,
)

By = Annotated[list[str] | None, typer.Option("--by", metavar="DIM", help="Dimension; again for more.")]


@reports
def show(
    *,
    names: Names,
    by: By = None,
    where: Filters = None,
    first: First = None,
    last: Last = None,
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Any metrics by any dimensions, with n and a 95 % interval."""
    what = asked_for(names, where, (first, last), partner, no_build=no_build, by=by)
    values = what.reader.show(what.metrics, what.cuts, what.filters, what.start, what.end)
    if as_json:
        print_json([value.to_json() for value in values])
    else:
        source = what.reader.source(what.metrics, what.cuts, what.filters)
        Console().print(tables.values(values, what.cuts, source=source))
