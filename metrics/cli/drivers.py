"""`python -m metrics drivers` and `comments`: what goes with the scores, and what customers say of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from metrics import Reader
from metrics.analysis import comments as remarks
from metrics.analysis import drivers as score_drivers
from metrics.cli.shared import (
    First,
    Json,
    Language,
    Last,
    NoBuild,
    Partner,
    checked,
    day_of,
    opened,
    print_json,
    reader_of,
    reports,
    scope_of,
)
from metrics.inference.answers.drivers import NOTE, Drivers
from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import to_json
from metrics.wording import drivers as driver_words

USUAL_DAYS = 90  # up to the last one, where no first day is given
OF_PARTNER = Annotated[str, typer.Option("--partner", help="These contacts only.")]
OF_CHANNEL = Annotated[str, typer.Option("--channel", help="These contacts only.")]
OF_TOPIC = Annotated[str, typer.Option("--topic", help="These contacts only.")]


@reports
def drivers(
    *,
    of_partner: OF_PARTNER = "",
    channel: OF_CHANNEL = "",
    topic: OF_TOPIC = "",
    first: First = None,
    last: Last = None,
    language: Language = "en",
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """What goes with high and low scores: shares of what can be explained, with direction."""
    checked(language)
    with opened() as (settings, store):
        reader = reader_of(settings, store, partner, no_build=no_build)
        span = days_of(reader, first, last)
        given = {"partner": of_partner, "channel": channel, "topic": topic}
        where = {name: [value] for name, value in given.items() if value}
        as_of = reader.as_of.astimezone(settings.zone).date()
        found = score_drivers.find(reader, *span, where, as_of=as_of)
    if as_json:
        print_json(as_content(found, language))
        return
    for part in (found.everybody, found.asked):
        typer.echo(f"n = {part.n:,}. {driver_words.sentence(part, language)}")
        for driver in part.drivers:
            if driver.share.value is not None:
                name = driver_words.DRIVERS[driver.name][language]
                way = driver_words.direction(driver, of=len(part.drivers))
                typer.echo(f"  {name}: {100 * driver.share.value:.0f}% {way}")
    typer.echo(NOTE[language])
    typer.echo(f"from {found.source}")


@reports
def comments(
    *,
    query: Annotated[str, typer.Argument(metavar="[WORDS]", help="Comments with all of these words.")] = "",
    of_partner: OF_PARTNER = "",
    channel: OF_CHANNEL = "",
    topic: OF_TOPIC = "",
    first: First = None,
    last: Last = None,
    language: Language = "en",
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Why customers are dissatisfied, what they write about, and which comments hold some words."""
    checked(language)
    with opened() as (settings, store):
        reader = reader_of(settings, store, partner, no_build=no_build)
        span = days_of(reader, first, last)
        where = {"partner": of_partner, "channel": channel, "topic": topic}
        given = remarks.remarks(settings, scope_of(partner), *span, where)
        reading = remarks.read(given, dissatisfied_to=settings.dissatisfied_to)
        hits = remarks.find(scope_of(partner), reading.read, query) if query else None
    if as_json:
        print_json(as_reading(reading, span, hits))
    elif hits is not None:
        typer.echo(f"{hits.number} comments{' (too few to be shown)' if hits.hidden else ''}")
        for remark in hits.shown:
            typer.echo(f"  {remark.day} {remark.score:>2} {remark.text!r}")
    else:
        _print(reading, language)


def days_of(reader: Reader, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    """The days asked about: those given, else the last ninety there is anything of."""
    there = reader.days() or (date.max, date.max)
    end = day_of(last) or there[1]
    return day_of(first) or max(there[0], end - timedelta(days=min(USUAL_DAYS, end.toordinal() - 1) - 1)), end


def as_content(found: score_drivers.Found, language: str = "en") -> dict[str, Any]:
    """The keys of the command line."""
    parts = {"everybody": found.everybody, "asked": found.asked}
    return {
        **_span(found.first, found.last),
        "unknown": list(found.unknown),
        "source": found.source,
        **{name: _part(part, language) for name, part in parts.items()},
        "note": NOTE[language],
    }


def as_reading(
    reading: remarks.Reading, span: tuple[date, date], hits: remarks.Hits | None = None
) -> dict[str, Any]:
    """The keys of the command line for comments."""
    return {
        **_span(*span),
        "comments": reading.there,
        "read": len(reading.read),
        "reasons": [to_json(reason) for reason in reading.reasons],
        "themes": [to_json(theme) for theme in reading.themes],
        "hits": None if hits is None else to_json(hits),
    }


def _span(first: date, last: date) -> dict[str, str | None]:
    """The days asked about; null where there are none of anything."""
    if first == date.max:
        return {"first": None, "last": None}
    return {"first": first.isoformat(), "last": last.isoformat()}


def _part(found: Drivers, language: str) -> dict[str, Any]:
    return {**to_json(found), "sentence": driver_words.sentence(found, language)}


def _print(reading: remarks.Reading, language: str) -> None:
    typer.echo(f"{reading.there:,} comments, of which {len(reading.read):,} say more than a score.")
    for reason in reading.reasons:
        name, share = driver_words.REASONS[reason.reason][language], reason.share
        text = reason_text(share.reason, language) if share.value is None else f"{100 * share.value:.0f}%"
        typer.echo(f"  {name}: {text}")
    for theme in reading.themes[:10]:
        typer.echo(f"  {theme.term}: n = {theme.n}, {theme.pull:+.2f} points, p = {theme.p:.3f}")
