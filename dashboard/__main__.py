"""``python -m dashboard``: what whoever runs the pages does by hand."""

from __future__ import annotations

import getpass
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from settings import read_settings
from store import open_store

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The pages, by hand.")


@app.callback()
def _commands() -> None:
    """Commands are named even while there is one."""


@app.command(name="sign-out")
def sign_out(
    person: Annotated[str, typer.Argument(help="Address or subject, as the provider knows them.")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="End every sign-in there is.")] = False,
) -> None:
    """End the sign-ins of a person, or of everybody. Open pages close within half a minute."""
    from dashboard import sessions

    if bool(person.strip()) == everybody:
        raise typer.BadParameter("say whom, or --everybody")
    with closing(open_store(read_settings().database_url)) as store:
        whom = sessions.EVERYBODY if everybody else person.strip()
        sessions.end_all(store, whom, getpass.getuser(), datetime.now(UTC))
    typer.echo("Everybody is signed out." if everybody else f"{person.strip()} is signed out.")


if __name__ == "__main__":
    sys.exit(app())
