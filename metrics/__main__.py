"""`python -m metrics`: build the facts, show any metric, compare any two groups, check what is there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from metrics import Scope, UnknownNameError, catalogue, open_reader, tables
from metrics.audit import check as check_facts
from metrics.build import build as build_facts
from metrics.build import build_on_spark, refresh
from metrics.checks import CheckError
from metrics.commands.alarms import alarms
from metrics.reader import Reader
from settings import Settings
from store import open_store

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Facts, metrics and comparisons.")
Arguments = ParamSpec("Arguments")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else.")]
Names = Annotated[list[str], typer.Argument(metavar="METRIC…", help="Metrics of the catalogue.")]
By = Annotated[list[str] | None, typer.Option("--by", metavar="DIM", help="Dimension; again for more.")]
Filters = Annotated[
    list[str] | None, typer.Option("--where", metavar="DIM=VALUE", help="Filter; again for more values.")
]
First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]
Partner = Annotated[str | None, typer.Option("--as-partner", help="See only what this partner may see.")]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Answer from what is published already.")]


def _reports(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Bad names and values end with 2 and a message that says what there is; a failed check with 1."""

    @wraps(command)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (UnknownNameError, ValueError) as error:
            typer.echo(f"metrics: {error}", err=True)
            raise typer.Exit(2) from error
        except CheckError as error:
            typer.echo(f"metrics: a check failed, nothing was published: {error}", err=True)
            raise typer.Exit(1) from error

    return guarded


@app.command()
@_reports
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
    settings, now = Settings(), datetime.now(UTC)
    with closing(open_store(settings.database_url)) as store:
        if engine == "spark":
            version = build_on_spark(settings, store, now, master)
        else:
            version = build_facts(settings, store, now, since.date() if since else None)
    _print({"version": version}, as_json, f"published: {version or 'nothing, the log is empty'}")


@app.command()
@_reports
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
    metrics, cuts, filters = _sorted_out(names, by, where)
    reader = _reader(partner, no_build=no_build)
    values = reader.show(metrics, cuts, filters, _day(first), _day(last))
    if as_json:
        _print([value.to_json() for value in values], True)
    else:
        Console().print(tables.values(values, cuts, source=reader.source(metrics, cuts, filters)))


@app.command()
@_reports
def compare(
    *,
    names: Names,
    groups: Annotated[str, typer.Option(help="Dimension whose two groups are compared.")] = (
        "self_service_first"
    ),
    like_for_like: Annotated[
        str, typer.Option(metavar="DIM,DIM…", help="Compare only what is alike in these.")
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
    if language not in {"nb", "en"}:
        raise ValueError(f"there is no language {language!r}; there are: nb, en")
    metrics, _, filters = _sorted_out(names, None, where)
    reader = _reader(partner, no_build=no_build)
    alike = [name for name in like_for_like.split(",") if name]
    found = [
        reader.compare(name, groups, filters, _day(first), _day(last), fixed_start=fixed_start, alike=alike)
        for name in metrics
    ]
    if as_json:
        content = [comparison.to_json(language) for comparison in found]
        _print(content[0] if len(content) == 1 else content, True)
        return
    for comparison in found:
        Console().print(tables.comparison(comparison))
        typer.echo(comparison.sentence(language))


@app.command()
@_reports
def check(as_json: Json = False) -> None:
    """Every check on everything that is published; ends with 1 when one fails."""
    results = check_facts(Settings())
    broken = [result for result in results if result["level"] == "fail" and result["rows"]]
    if as_json:
        _print(list(results), True)
    else:
        Console().print(tables.checks(results))
    if broken:
        raise typer.Exit(1)


app.command()(alarms)


def _sorted_out(
    names: Sequence[str], by: Sequence[str] | None, where: Sequence[str] | None
) -> tuple[list[str], list[str], dict[str, list[str]]]:
    """Metrics, dimensions and filters, which may follow an option more than one at a time.

    ``--by partner team`` leaves ``team`` among the metrics: it is no metric, so it belongs to ``--by``.
    """
    cuts = [name for given in by or [] for name in given.split(",")]
    pairs = list(where or [])
    metrics = []
    for name in names:
        if where and "=" in name:
            pairs.append(name)
        elif by and name not in catalogue.metrics() and name in catalogue.DIMENSIONS:
            cuts.append(name)
        else:
            metrics.append(catalogue.metric(name).id)
    filters: dict[str, list[str]] = {}
    for pair in pairs:
        dim, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"expected DIM=VALUE, got {pair!r}")
        filters.setdefault(catalogue.dimension(dim).id, []).append(value)
    if not metrics:
        raise ValueError(f"name a metric; there are: {', '.join(catalogue.metrics())}")
    return metrics, [catalogue.dimension(cut).id for cut in cuts], filters


def _reader(partner: str | None, *, no_build: bool) -> Reader:
    settings = Settings()
    if not no_build:
        with closing(open_store(settings.database_url)) as store:
            refresh(settings, store, datetime.now(UTC))
    return open_reader(settings, Scope.everything() if partner is None else Scope.of_partner(partner))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _print(content: Mapping[str, Any] | list[Any], as_json: bool, text: str = "") -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False) if as_json else text)


if __name__ == "__main__":
    sys.exit(app())
