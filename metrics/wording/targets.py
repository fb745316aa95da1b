"""Targets in words: what is to be reached by when, and how it looks (nb, en)."""

from __future__ import annotations

from metrics.analysis.targets import Standing
from metrics.catalog import catalog
from metrics.inference.over_time.targets import outlook_text
from metrics.wording.numbers import day, decimals, level
from texts.sentences import Names, Sentences

_PROBLEMS = Names("targets_problems")
_TEXT = Sentences("targets")


def headline(standing: Standing, language: str) -> str:
    """What is to be reached: ``Behandlingstiden (telefon) ned til 7 min innen 31. desember 2026``."""
    goal, key = standing.goal, "up" if standing.higher else "down"
    where = ", ".join(value for _, value in goal.filters)
    known = catalog.metrics().get(goal.metric)
    name = known.name[language] if known else goal.metric
    unit = known.unit if known else "number"
    return _TEXT[language][key].format(
        name=f"{name} ({where})" if where else name,
        goal=level(goal.target, unit, language, _more(goal.target, unit)),
        by=day(goal.by, language),
    )


def _more(target: float, unit: str) -> int:
    """As many more decimals than usual (two at most) as it takes to say the target as it was set."""
    told, places = 100 * target if unit == "share" else target, decimals(unit, [target])
    return next((more for more in range(2) if abs(round(told, places + more) - told) < 1e-6), 2)


def sentence(standing: Standing, language: str) -> str:
    """How it looks: reached, likely, open, hardly, or why nothing can be said."""
    return outlook_text(standing.outlook, language)


def problem_texts(standing: Standing, language: str) -> list[str]:
    """What keeps the target from being SMART, in words."""
    return [_PROBLEMS[code][language] for code in standing.problems]
