"""`python -m metrics compare`: two groups, and what their difference means."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from metrics.analysis import compare as comparing
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
    checked,
    print_json,
    reports,
)
from metrics.query.request import request


@reports
def compare(
    *,
    names: Names,
    groups: Annotated[str, typer.Option(help="Dimension whose two groups are compared.")] = (
        "self_service_first"
    ),
    like_for_like: Annotated[
        str, typer.Option(metavar="DIM,DIM…", help="Compare only what is alike in these.")
    ] = "",
    cluster: Annotated[
        str, typer.Option(help="What they have in common: agent, customer, day; contact: nothing.")
    ] = "",
    weights: Annotated[
        str, typer.Option(help="Of the strata: pooled, first, second, equal, mantel_haenszel.")
    ] = "",
    where: Filters = None,
    first: First = None,
    last: Last = None,
    fixed_start: Annotated[
        bool, typer.Option(help="The data grow from a fixed start: add always-valid limits.")
    ] = False,
    language: Annotated[str, typer.Option(help="Of the verdict: nb or en.")] = "en",
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Two groups, with the difference, its interval and what it means."""
    checked(language)
    what = asked_for(names, where, (first, last), partner, no_build=no_build)
    alike = [name for name in like_for_like.split(",") if name]
    found = [
        comparing.compare(
            what.reader,
            request(
                name,
                groups,
                what.filters,
                what.start,
                what.end,
                fixed_start=fixed_start,
                alike=alike,
                cluster=cluster,
                weights=weights,
            ),
        )
        for name in what.metrics
    ]
    if as_json:
        content = [comparison.to_json(language) for comparison in found]
        print_json(content[0] if len(content) == 1 else content)
        return
    for comparison in found:
        Console().print(tables.comparison(comparison))
        for sentence in comparison.sentences(language):
            typer.echo(sentence)
