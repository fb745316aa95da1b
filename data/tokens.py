"""``python -m data tokens``: make, list and revoke the tokens of sources."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from data.api.access import OF_A_PARTNER
from data.records.events import RECORDS
from data.records.types import Label
from settings import SettingsError, read_settings
from store import Store, api_tokens, open_store

app = typer.Typer(no_args_is_help=True, help="Tokens of the sources that send records.")
DAYS = 365


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The source's name, such as the system that sends.")],
    partner: Annotated[str, typer.Option(help="Only this partner's records; empty = everybody's.")] = "",
    kinds: Annotated[str, typer.Option(help="Kinds of record, with commas; empty = all it may.")] = "",
    read: Annotated[bool, typer.Option("--read", help="The token reads, and writes nothing.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="So long it is valid.")] = DAYS,
) -> None:
    """Make a token and print it: it is shown this once."""
    chosen = {kind.strip() for kind in kinds.split(",") if kind.strip()}
    possible = OF_A_PARTNER if partner else frozenset(RECORDS)
    if unknown := chosen - possible:
        raise typer.BadParameter(
            f"{', '.join(sorted(unknown))}: such a token opens {', '.join(sorted(possible))}"
        )
    try:
        label = TypeAdapter(Label).validate_python(partner) if partner else None
    except ValidationError:
        raise typer.BadParameter("this cannot be the name of a partner") from None
    store = _store()
    try:
        token = api_tokens.create(
            store,
            name,
            partner=label,
            kinds=sorted(chosen),
            may="read" if read else "write",
            days=days,
            who=getpass.getuser(),
            now=datetime.now(UTC),
        )
    except api_tokens.TokenError as error:
        raise typer.BadParameter(str(error)) from None
    finally:
        store.close()
    print(token)


@app.command("list")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """List the tokens: what each opens, until when, and when it was last used."""
    store, now = _store(), int(datetime.now(UTC).timestamp())
    sources = api_tokens.sources(store)
    store.close()
    if as_json:
        rows = [{**asdict(s), "kinds": sorted(s.kinds), "valid": s.is_valid(now)} for s in sources]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for source in sources:
        print(
            f"{source.name}: {source.may} {', '.join(sorted(source.kinds)) or 'all kinds'}"
            f" of {source.partner or 'all partners'}; {'valid' if source.is_valid(now) else 'not valid'}"
            f" until {_day(source.revoked_at or source.expires_at)}, last used {_day(source.used_at)}"
        )
    if not sources:
        print("There is no token: `python -m data tokens create NAME` makes one.")


@app.command()
def revoke(name: str) -> None:
    """End a token: the next request with it is refused."""
    store = _store()
    try:
        api_tokens.revoke(store, name, datetime.now(UTC))
    except api_tokens.TokenError as error:
        raise typer.BadParameter(str(error)) from None
    finally:
        store.close()
    print(f"The token {name} is revoked.")


def _day(at: int | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, UTC).date().isoformat()


def _store() -> Store:
    try:
        return open_store(read_settings().database_url)
    except (SettingsError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
