"""`python -m metrics initiative`: register measures, and see how many contacts each has spared."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from metrics.analysis.initiatives import History, Outcome, ahead, history, outcomes, touched_by_others
from metrics.cli.shared import Json, Language, NoBuild, Who, checked, opened, print_json, reader_of, reports
from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import to_json
from metrics.wording import initiatives as initiative_words
from settings import Settings
from store import Store
from store.initiatives import Initiative, initiatives, new_id, register, remove

app = typer.Typer(no_args_is_help=True, help="Measures that shall spare customers a contact.")

Topics = Annotated[list[str], typer.Option("--topic", help="Topic that it touches; again for more.")]
Owner = Annotated[str, typer.Option(help="Who answers for it.")]
Launched = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="Its first day; one to come: a proposal.")
]
Ended = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day without it.")]
Cost = Annotated[str, typer.Option(help="What it cost in NOK.")]
Effect = Annotated[float | None, typer.Option(help="Share of the contacts it shall spare, 0–1.")]


@app.command()
@reports
def add(
    *,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    topic: Topics,
    owner: Owner,
    launched: Launched,
    ended: Ended = None,
    cost: Cost = "",
    effect: Effect = None,
    initiative_id: Annotated[str, typer.Option("--id", help="Of one to be changed; else one is made.")] = "",
    who: Who = "command line",
    as_json: Json = False,
) -> None:
    """Register an initiative, or change the one of an id."""
    with opened() as (_, store):
        own = initiative_id or new_id(name, [each.initiative_id for each in initiatives(store)])
        last = ended.date() if ended else None
        measure = Initiative(own, name, tuple(topic), owner, launched.date(), last, _minor(cost), effect)
        register(store, measure, who=who, now=datetime.now(UTC))
    if as_json:
        print_json(as_registered(measure))
    else:
        typer.echo(f"registered: {own}")


@app.command("list")
@reports
def listed(*, language: Language = "en", no_build: NoBuild = False, as_json: Json = False) -> None:
    """Every initiative by what it has spared, the most first, with how sure its place is."""
    checked(language)
    with opened() as (settings, store):
        past = _past(settings, store, no_build=no_build)
        measures = initiatives(store)
        found = outcomes(past, measures)
    if as_json:
        content = [as_content(outcome, language) for outcome in found]
        costs = dict(past.hour_costs) if past else {}
        print_json({
            "until": past.last.isoformat() if past else None,
            "hour_cost": costs.pop("", None),
            "hour_costs": costs,
            "initiatives": content,
        })  # fmt: skip
        return
    for outcome in found:
        typer.echo(f"{outcome.initiative.initiative_id}: {initiative_words.sentence(outcome, language)}")
    if not measures:
        typer.echo("No initiative is registered. Register one: python -m metrics initiative add NAME …")
    elif past is None:
        typer.echo(reason_text("no_data", language))


@app.command("forecast")
@reports
def forecast_(
    *,
    topic: Topics,
    effect: Annotated[float, typer.Option(help="Share of the contacts it shall spare, 0–1.")] = 0.1,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Before a launch: how many fewer contacts an effect means, and how long until it can be seen."""
    with opened() as (settings, store):
        past = _past(settings, store, no_build=no_build)
        if past is None:
            raise ValueError("there are no contacts yet to forecast from")
        found = ahead(past, topic, effect, touched_by_others(initiatives(store)))
    if as_json:
        print_json({"topics": topic, "effect": effect, **to_json(found)})
        return
    if found.fewer.value is None:
        typer.echo(reason_text(found.reason))
        return
    typer.echo(f"{found.fewer.value:,.0f} fewer of {found.weekly.value:,.0f} contacts a week")
    seen = f"after {found.weeks_until_seen} weeks" if found.weeks_until_seen else "not within a year"
    typer.echo(f"to be seen (80 % certain) {seen}")


@app.command("remove")
@reports
def remove_(
    *,
    initiative_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    who: Who = "command line",
) -> None:
    """Take an initiative off the list; that it was there is written down."""
    with opened() as (_, store):
        remove(store, initiative_id, who=who, now=datetime.now(UTC))
    typer.echo(f"removed: {initiative_id}")


def as_registered(measure: Initiative) -> dict[str, Any]:
    """What was registered, as JSON: dates in ISO form, the cost in NOK."""
    row = asdict(measure)
    cost = row.pop("cost_minor")
    dates = {
        key: row[key].isoformat() if isinstance(row[key], date) else None for key in ("launched", "ended")
    }
    return {**row, **dates, "topics": list(measure.topics), "cost": None if cost is None else cost / 100}


def as_content(outcome: Outcome, language: str = "en") -> dict[str, Any]:
    """The keys of the command line for one initiative."""
    place = to_json(outcome.ranked) if outcome.ranked else {}
    return {
        **as_registered(outcome.initiative),
        **to_json(outcome.impact),
        "net": to_json(outcome.net),
        "place": place.get("place"),
        "place_low": place.get("low"),
        "place_high": place.get("high"),
        "best": place.get("best"),
        "measurable_from": outcome.measurable_from.isoformat() if outcome.measurable_from else None,
        "forecast": to_json(outcome.forecast) if outcome.forecast else None,
        "sentence": initiative_words.sentence(outcome, language),
    }


def _past(settings: Settings, store: Store, *, no_build: bool) -> History | None:
    reader = reader_of(settings, store, None, no_build=no_build)
    return history(reader, settings, datetime.now(settings.zone).date())


def _minor(cost: str) -> int | None:
    if not cost:
        return None
    try:
        return round(100 * Decimal(cost))
    except (InvalidOperation, OverflowError):
        raise ValueError(f"a cost is a number of NOK, not {cost!r}") from None
