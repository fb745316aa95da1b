"""`python -m metrics rank` and `asked`: small groups and who differs; who was asked and who answered."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from metrics.analysis.ranking import Standings, standings
from metrics.analysis.response import WhoAnswers, by_episode, who_answers, who_is_asked
from metrics.catalog import catalog
from metrics.cli.shared import (
    Filters,
    First,
    Json,
    Language,
    Last,
    NoBuild,
    Partner,
    asked_for,
    checked,
    print_json,
    reports,
)
from metrics.cli.tables import LANGUAGE, cells, note, number_columns
from metrics.inference import to_json
from metrics.wording import ranking, response
from metrics.wording.numbers import decimal, level

Name = Annotated[list[str], typer.Argument(metavar="METRIC", help="A mean, a score or a share.")]


@reports
def rank(
    *,
    names: Name,
    by: Annotated[str, typer.Option(help="team, agent, partner, topic or channel.")] = "team",
    where: Filters = None,
    first: First = None,
    last: Last = None,
    language: Language = "en",
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Groups of a kind: shrunk where small, with places that know how unsure they are, and who differs."""
    checked(language)
    what = asked_for(names, where, (first, last), partner, no_build=no_build)
    found = [
        standings(what.reader, name, by, where=what.filters, start=what.start, end=what.end)
        for name in what.metrics
    ]
    if as_json:
        content = [one.to_json() | {"sentence": ranking.sentence(one, language)} for one in found]
        print_json(content[0] if len(content) == 1 else content)
        return
    for one in found:
        Console().print(_standings(one))
        typer.echo(ranking.sentence(one, language))


@reports
def asked(
    *,
    by: Annotated[str, typer.Option(help="Cells to list: topic, channel, partner or team.")] = "topic",
    episodes: Annotated[
        bool, typer.Option("--episodes", help="Weight by the number of the contact as well; scans the facts.")
    ] = False,
    topics: Annotated[
        bool, typer.Option("--topics", help="Agents against others on the same topics; scans the facts.")
    ] = False,
    where: Filters = None,
    first: First = None,
    last: Last = None,
    language: Language = "en",
    partner: Partner = None,
    no_build: NoBuild = False,
    as_json: Json = False,
) -> None:
    """Who could be asked, who was, who answered; what that may do to the score; which agents ask less."""
    checked(language)
    what = asked_for(["csat"], where, (first, last), partner, no_build=no_build)
    span = what.filters, what.start, what.end
    answers = who_answers(what.reader, by, span)
    agents = who_is_asked(what.reader, what.filters, what.end, by_topic=topics)
    repeat = by_episode(what.reader, span) if episodes else None
    said = response.sentences(answers, agents, repeat, language)
    if as_json:
        told = None if repeat is None else to_json(repeat) | {"cells": len(repeat.cells)}
        content = {"answers": answers.to_json(), "agents": agents.to_json(), "episodes": told}
        print_json(content | {"sentences": said})
        return
    Console().print(_heard(answers))
    for sentence in said:
        typer.echo(sentence)


def _standings(found: Standings) -> Table:
    """One row per group, the best first where groups are ranked."""
    unit = catalog.metric(found.metric).unit
    table = Table(caption=f"from {found.source}", caption_justify="left")
    table.add_column(catalog.dimension(found.by).name[LANGUAGE])
    number_columns(table)
    table.add_column("Place", justify="right")
    table.add_column("Differs")
    ordered = sorted(found.groups, key=lambda one: (one.place is None, one.place or 0, one.name))
    for one in ordered:
        place = "" if one.place is None else f"{one.place} ({one.place_low}–{one.place_high})"
        remark = "shrunk" if one.shrunk else note(one.shown.reason)
        n = "" if one.n is None else decimal(one.n, 0, LANGUAGE)
        name = ranking.name_of(one, found, LANGUAGE)
        table.add_row(
            name, found.metric, n, *cells(one.shown, unit)[1:], remark, place, one.judged or one.differs
        )
    return table


def _heard(found: WhoAnswers) -> Table:
    """One row per cell: who could be asked, was, and answered."""
    table = Table(caption=f"from {found.source}", caption_justify="left")
    table.add_column(catalog.dimension(found.by).name[LANGUAGE])
    for name in (
        "Contacts",
        "Could be asked",
        "Asked",
        "Delivered",
        "Answers",
        "Coverage",
        "Response",
        "Score",
    ):
        table.add_column(name, justify="right")
    for one in found.cells:
        numbers = (one.contacts, one.eligible, one.asked, one.delivered, one.answers)
        shown = ["" if number is None else decimal(number, 0, LANGUAGE) for number in numbers]
        values = [
            note(part.reason) if part.value is None else level(part.value, unit, LANGUAGE)
            for part, unit in ((one.coverage, "share"), (one.response, "share"), (one.score, "score"))
        ]
        table.add_row(next(iter(one.dims.values())) or "–", *shown, *values)
    return table
