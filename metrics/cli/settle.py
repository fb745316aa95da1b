"""`python -m metrics settle`: what a partner is paid for a month, line by line, and the tests of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from metrics.cli.shared import Json, Language, NoBuild, checked, opened, print_json, reader_of, reports
from metrics.settlement import measures
from metrics.settlement.evaluate import Settlement, ore_text, settle_months, to_json
from metrics.settlement.incentive import month_of
from metrics.settlement.refusal import RefusalError
from metrics.settlement.verification import run
from metrics.wording import settlement as words

app = typer.Typer(add_completion=False, help="Settle a partner's month, and test incentive files.")


@app.callback(invoke_without_command=True)
@reports
def settle(
    context: typer.Context,
    *,
    partner: Annotated[str, typer.Option(help="Whose month it is.")] = "",
    month: Annotated[str, typer.Option(help="The month, such as 2026-03.")] = "",
    file: Annotated[Path | None, typer.Option(help="Incentive file instead of the partner's own.")] = None,
    figures: Annotated[Path | None, typer.Option(help="Stated figures instead of the partner's own.")] = None,
    language: Language = "en",
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """What a partner is paid for a month, with the reason of every line.

    A file or month that cannot be settled ends with 2, and says which line is to blame and why.
    """
    if context.invoked_subcommand:
        return
    checked(language)
    if not partner or not month:
        raise ValueError("say --partner and --month")
    month_of(month)
    try:
        with opened() as (settings, store):
            place = measures.folder(settings, partner)
            books = [measures.book_of_file(file, partner)] if file else measures.books_of(place, partner)
            known = measures.stated(figures or place / measures.FIGURES)
            reader = reader_of(settings, store, partner, no_build=no_build)
            settled = settle_months(books, measures.months_of(books, month, known, reader))[-1]
    except RefusalError as error:
        refused(error, language, as_json=as_json)
        raise typer.Exit(2) from error
    if as_json:
        print_json({"partner": partner, **to_json(settled)})
        return
    for text in sentences(settled, language):
        typer.echo(text)


@app.command("test")
@reports
def run_tests(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Incentive file.")],
    language: Language = "en",
    as_json: Json = False,
) -> None:
    """Run the tests beside an incentive file; ends with 1 where one does not come out."""
    checked(language)
    try:
        count, failures = run(file)
    except RefusalError as error:
        refused(error, language, as_json=as_json)
        raise typer.Exit(2) from error
    if as_json:
        print_json({"tests": count, "failures": [vars(each) for each in failures]})
    else:
        for each in failures:
            typer.echo(f"line {each.line}: {each.test} {each.what}: {each.expected} expected, {each.actual}")
        typer.echo(f"{count} tests, {len(failures)} failures")
    if failures:
        raise typer.Exit(1)


def refused(error: RefusalError, language: str, *, as_json: bool) -> None:
    """Say why something is not settled, by line."""
    if as_json:
        print_json({"refused": [_problem(each, language) for each in error.problems]})
        return
    for each in error.problems:
        where = f"line {each.line}" if each.line else "figures"
        typer.echo(f"metrics: {where}: {words.problem(each, language)}", err=True)


def _problem(each: Any, language: str) -> dict[str, Any]:
    return {"line": each.line, "code": each.code, "reason": words.problem(each, language)}


def sentences(settled: Settlement, language: str) -> list[str]:
    """A settlement as lines of text: each line with its kroner and reason, then what is paid to whom."""
    found = [
        f"{ore_text(line.ore):>14}  {line.name} ({line.account}): {words.reason(line, language)}"
        for line in settled.lines
    ]
    for names in (settled.payable, settled.parts):
        found += [f"{ore_text(ore):>14}  = {name}" for name, ore in names.items()]
    return found
