"""``python -m data``: import files, load the demonstration's data."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from console import bar
from data.files import importer, mapping
from data.guess import propose
from data.tokens import app as tokens
from settings import SettingsError, read_settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(tokens, name="tokens")
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("import")
def import_file(  # noqa: PLR0917 the command line names them
    file: Annotated[Path, typer.Argument(help="CSV, a workbook or Parquet, also in a .zip.")],
    mapping_name: Annotated[
        str, typer.Option("--mapping", help="A shipped mapping's name, or a TOML file.")
    ] = "generic",
    kind: Annotated[
        str,
        typer.Option(help="What a row is, where the columns do not tell: contact, sale, topic, …"),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The file may take the place of records of other days.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import a file of contacts or what belongs to them, or a reference table."""
    now = datetime.now(UTC)
    try:
        chosen = mapping.load(mapping_name)
        if kind:
            chosen = mapping.of_kind(chosen, kind)
        with bar() as progress:
            summary = importer.run(
                read_settings(), file, chosen, now=now, dry_run=dry_run, replace=replace, progress=progress
            )
    except (mapping.BadUse, SettingsError) as error:
        errors.print(f"[red]Not imported.[/red] {escape(str(error))}", markup=True)
        raise typer.Exit(2) from None
    print(json.dumps(asdict(summary), ensure_ascii=False) if as_json else describe(summary))
    if summary.rejected == summary.read:
        raise typer.Exit(1)


@app.command()
def guess(
    file: Annotated[Path, typer.Argument(help="CSV, a workbook or Parquet, from any system.")],
    sheet: Annotated[str, typer.Option(help="Of a workbook; left out: the one that has contacts.")] = "",
    single: Annotated[
        bool,
        typer.Option("--single-contacts", help="A row is one contact, whatever a column seems to count."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Propose a mapping for a file, with every doubt, to be edited by a person."""
    try:
        proposal = propose.propose(file, read_settings().timezone, single=single, sheet=sheet)
    except (mapping.BadUse, SettingsError) as error:
        errors.print(f"[red]No proposal.[/red] {escape(str(error))}", markup=True)
        raise typer.Exit(2) from None
    print(json.dumps(asdict(proposal), ensure_ascii=False) if as_json else proposal.toml, end="")
    if as_json:
        print()


def describe(summary: importer.Summary) -> str:
    """A summary in words."""
    lines = [
        f"{summary.file} as {summary.record} by mapping {summary.mapping}"
        + (" (dry run: nothing was written)" if summary.dry_run else ""),
        f"read {summary.read:,}: accepted {summary.accepted:,}, updated {summary.updated:,}, "
        f"unchanged {summary.unchanged:,}, rejected {summary.rejected:,}",
    ]
    if summary.first_day:
        lines.append(f"days {summary.first_day} to {summary.last_day}")
    lines += [f"note: {note}" for note in summary.notes]
    lines += [f"rejected {each['rows']:,}: {each['field']} {each['reason']}" for each in summary.faults]
    if summary.unused_columns:
        lines.append(f"columns not used: {', '.join(summary.unused_columns)}")
    if summary.rejects_file:
        lines.append(f"what was rejected, and why: {summary.rejects_file}")
    return "\n".join(lines)


@app.command()
def demo(
    contacts: Annotated[int | None, typer.Option(help="How many contacts.")] = None,
    days: Annotated[int | None, typer.Option(help="How many days, up to today.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same data.")] = None,
    if_missing: Annotated[bool, typer.Option("--if-missing", help="Only where there is none.")] = False,
) -> None:
    """Load the demonstration's data: fictitious partners, ninety days of contacts and their answers."""
    import demo
    from metrics.build.refresh import build
    from store import open_store

    try:
        settings = read_settings()
        settings.claim_home()
    except SettingsError as error:
        errors.print(f"[red]Not loaded.[/red] {error}", markup=True)
        raise typer.Exit(2) from None
    try:
        store = open_store(settings.database_url)
    except OSError as error:
        errors.print(f"[red]Not loaded.[/red] {escape(str(error))}", markup=True)
        raise typer.Exit(1) from None
    if if_missing and demo.is_loaded(store):
        store.close()
        return
    errors.print("Loading the demonstration's data; this happens once.")
    try:
        with bar() as progress:
            summary = demo.load(
                settings,
                store,
                contacts=contacts or demo.CONTACTS,
                days=days or demo.DAYS,
                seed=demo.SEED if seed is None else seed,
                until=datetime.now(settings.zone).date(),
                progress=lambda done, total, text: progress(text, done / total),
            )
            # So that the first page need not wait for it.
            build(settings, store, datetime.now(UTC), progress=progress)
    except demo.DemoError as error:
        errors.print(f"[red]Not loaded.[/red] {error}", markup=True)
        raise typer.Exit(1) from None
    finally:
        store.close()
    print("\n".join(f"{name}: {value}" for name, value in asdict(summary).items()))


if __name__ == "__main__":
    app(prog_name="python -m data")
