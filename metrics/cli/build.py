"""`python -m metrics build` and `check`: facts and cubes brought up to date, and looked through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from console import bar
from metrics.build.audit import check as check_facts
from metrics.build.refresh import build as build_facts
from metrics.build.refresh import build_on_spark
from metrics.cli import tables
from metrics.cli.shared import Json, opened, print_json, reports
from settings import read_settings


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
