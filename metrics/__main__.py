"""`python -m metrics`: build the facts, show any metric, compare any two groups, check what is there."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from console import bar
from metrics.analysis import compare as comparing
from metrics.build.audit import check as check_facts
from metrics.build.refresh import build as build_facts
from metrics.build.refresh import build_on_spark
from metrics.cli import tables
from metrics.cli.alarms import alarms
from metrics.cli.drivers import comments, drivers
from metrics.cli.groups import asked, rank
from metrics.cli.initiative import app as initiative
from metrics.cli.settle import app as settle
from metrics.cli.shared import (
    Filters,
    First,
    Json,
    Last,
    NoBuild,
    Partner,
    asked_for,
    checked,
    opened,
    print_json,
    reports,
)
from metrics.cli.targets import targets
from metrics.query.request import request
from settings import read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Facts, metrics and comparisons.")

Names = Annotated[list[str], typer.Argument(metavar="METRIC…", help="Metrics of the catalogue.")]
By = Annotated[list[str] | None, typer.Option("--by", metavar="DIM", help="Dimension; again for more.")]


@app.command()
@reports
def build(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Make the facts from this day on again, from the log."),
    ] = None,
    engine: Annotated[str, typer.Option(help="duckdb; spark makes everything anew.")] = "duckdb",
    master: Annotated[str, typer.Option(help="URL of Spark's master.")] = "local[2]",
    as_json: Json = False,
) -> None:
    """Bring facts and cubes up to date, and fold what came late into them."""
    if engine not in {"duckdb", "spark"}:
        raise ValueError(f"there is no engine {engine!r}; there are: duckdb, spark")
    now = datetime.now(UTC)
    with opened() as (settings, store):
        if engine == "spark":
            version = build_on_spark(settings, store, now, master)
        else:
            with bar() as progress:
                version = build_facts(settings, store, now, since.date() if since else None, progress)
    if as_json:
        print_json({"version": version})
    else:
        typer.echo(f"published: {version or 'nothing, the log is empty'}")


@app.command()
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


@app.command()
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


@app.command()
@reports
def check(as_json: Json = False) -> None:
    """Every check on everything that is published; ends with 1 when one fails.

    With --json: whether all is well (no check of the level fail has a row), and every check.
    """
    results = check_facts(read_settings())
    broken = [result for result in results if result["level"] == "fail" and result["rows"]]
    if as_json:
        print_json({"ok": not broken, "checks": list(results)})
    else:
        Console().print(tables.checks(results))
    if broken:
        raise typer.Exit(1)


app.command()(rank)
app.command()(asked)
app.command()(alarms)
app.command()(targets)
app.command()(drivers)
app.command()(comments)
app.add_typer(initiative, name="initiative")
app.add_typer(settle, name="settle")


if __name__ == "__main__":
    sys.exit(app())
