"""`python -m metrics rank` and `asked`: small groups and who differs; who was asked and who answered."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from metrics.analysis.ranking import standings
from metrics.analysis.response import by_episode, who_answers, who_is_asked
from metrics.cli import tables
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
from metrics.inference import to_json
from metrics.wording import ranking, response

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
        Console().print(tables.standings(one))
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
    Console().print(tables.heard(answers))
    for sentence in said:
        typer.echo(sentence)
