"""`python -m metrics targets`: where each target stands, and how likely it is reached by its date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import typer

from metrics.analysis.targets import Standing, standings
from metrics.cli.shared import (
    Json,
    Language,
    NoBuild,
    Partner,
    checked,
    opened,
    print_json,
    reader_of,
    reports,
)
from metrics.inference.base.results import to_json
from metrics.wording import targets as target_words


@reports
def targets(
    *, language: Language = "en", partner: Partner = None, no_build: NoBuild = False, as_json: Json = False
) -> None:
    """Where each target stands, and how likely it is reached by its date."""
    checked(language)
    with opened() as (settings, store):
        reader = reader_of(settings, store, partner, no_build=no_build)
        found = standings(reader, settings, datetime.now(settings.zone).date())
    if as_json:
        print_json([as_content(each, language) for each in found])
        return
    for each in found:
        typer.echo(f"{target_words.headline(each, language)}. {target_words.sentence(each, language)}")
        for problem in target_words.problem_texts(each, language):
            typer.echo(f"  {problem}")
    if not found:
        typer.echo("No target is set. Set one: POST /api/targets, or python -m data import.")


def as_content(each: Standing, language: str = "en") -> dict[str, Any]:
    """The keys of the command line for one target."""
    goal = each.goal
    return {
        "target_id": goal.target_id,
        "metric": goal.metric,
        "filters": dict(goal.filters),
        "baseline": goal.baseline,
        "target": goal.target,
        "start": _iso(goal.start),
        "by": goal.by.isoformat(),
        "owner": goal.owner,
        "level": to_json(each.level),
        **to_json(each.outlook),
        "weeks": [{"last": week.last.isoformat(), **to_json(week.value)} for week in each.weeks],
        "problems": list(each.problems),
        "headline": target_words.headline(each, language),
        "sentence": target_words.sentence(each, language),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
