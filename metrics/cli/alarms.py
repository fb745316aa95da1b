"""`python -m metrics alarms`: what is out of the ordinary, by cause, and what people did about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from metrics.analysis.alarms import finding, watch
from metrics.analysis.explain_alarm import Inside, days_of, inside
from metrics.analysis.series import Watched
from metrics.cli.shared import Json, Language, NoBuild, Who, checked, opened, print_json, reader_of, reports
from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import to_json
from metrics.inference.over_time.alarms import FALSE_ALARMS, Alarm, Cause, group
from metrics.wording import alarms as alarm_words
from store.metric_alarms import StoredAlarm, acknowledge, close, reopen, stored


@reports
def alarms(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    acknowledge_key: Annotated[
        str, typer.Option("--acknowledge", metavar="KEY", help="Say that somebody looks into it.")
    ] = "",
    close_key: Annotated[
        str, typer.Option("--close", metavar="KEY", help="Say that it is settled; --note says what it was.")
    ] = "",
    reopen_key: Annotated[str, typer.Option("--reopen", metavar="KEY", help="Closed too early.")] = "",
    who: Who = "",
    note: Annotated[str, typer.Option(help="What it turned out to be.")] = "",
    language: Language = "en",
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """What is out of the ordinary, grouped by cause; full alarms first."""
    checked(language)
    now = datetime.now(UTC)
    with opened() as (settings, store):
        reader = reader_of(settings, store, None, no_build=no_build)
        found = watch(settings, store, now)
        if acknowledge_key:
            acknowledge(store, acknowledge_key, who=who, now=now)
        if close_key:
            close(store, close_key, who=who, note=note, now=now)
        if reopen_key:
            reopen(store, reopen_key, who=who, now=now)
        rows = [row for row in stored(store) if everything or row.open]
    if as_json:
        today = now.astimezone(settings.zone).date()
        content = as_content(rows, found, reader.as_of, language)
        for cause, known in zip(content["causes"], causes(rows), strict=True):
            days = days_of(known, today)
            cause["inside"] = as_inside(inside(reader, settings, known.shared, *days))
        print_json(content)
    else:
        _print(rows, found, language)


def as_content(
    rows: list[StoredAlarm], found: Watched, as_of: datetime, language: str = "en"
) -> dict[str, Any]:
    """The keys of the command line."""
    known = {row.key: row for row in rows}
    return {
        "as_of": as_of.isoformat() if as_of.timestamp() else None,  # 0: nothing is published yet
        "series": len(found.series),
        "false_alarms_a_year": FALSE_ALARMS,
        "unwatched": [{"series": name, "reason": reason} for name, reason in found.unwatched().items()],
        "causes": [_cause(cause, known, language) for cause in causes(rows)],
    }


def as_inside(found: Inside) -> dict[str, Any]:
    """What differs inside: the parts that moved, and the words that are more frequent than before."""
    words = [to_json(word) for word in found.words if word.side]
    parts = {name: [to_json(excess) for excess in part] for name, part in found.parts.items()}
    return {"parts": parts, "words": words, "comments": list(found.comments)}


def causes(rows: list[StoredAlarm]) -> tuple[Cause, ...]:
    """Stored alarms by cause."""
    return group([finding(row) for row in rows])


def _cause(cause: Cause, known: dict[str, StoredAlarm], language: str) -> dict[str, Any]:
    return {
        "full": cause.full,
        "shared": dict(cause.shared),
        "alarms": [_alarm(alarm, known[alarm.key], language) for alarm in cause.alarms],
    }


def _alarm(alarm: Alarm, row: StoredAlarm, language: str) -> dict[str, Any]:
    content = to_json(alarm)
    content.pop("closed")
    return {
        **content,
        "dims": dict(alarm.dims),
        "over_on": row.over_on or None,
        "found_at": _moment(row.found_at),
        "acknowledged_at": _moment(row.acknowledged_at),
        "acknowledged_by": row.acknowledged_by,
        "closed_at": _moment(row.closed_at),
        "closed_by": row.closed_by,
        "note": row.note,
        "sentence": alarm_words.sentence(alarm, language),
    }


def _moment(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _print(rows: list[StoredAlarm], found: Watched, language: str) -> None:
    known = {row.key: row for row in rows}
    for cause in causes(rows):
        typer.echo("FULL ALARM" if cause.full else "Alarm")
        for alarm in cause.alarms:
            row = known[alarm.key]
            state = "closed" if not row.open else "looked into" if row.acknowledged_at else "new"
            typer.echo(f"  {alarm_words.sentence(alarm, language)} [{state}] {alarm.key}")
    if not rows:
        typer.echo("Nothing is out of the ordinary.")
    unwatched = found.unwatched()
    typer.echo(
        f"{len(found.series) - len(unwatched)} series watched, {FALSE_ALARMS:.0f} false alarms a year."
    )
    for name, reason in unwatched.items():
        typer.echo(f"  not watched: {name}: {reason_text(reason, language)}")
