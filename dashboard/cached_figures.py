"""The figures of the pages, drawn once per data version, scope, filter and look for all viewers together.

Drawing takes Plotly ten to twenty times as long as sending what has been drawn.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial

import plotly.graph_objects as go

from dashboard import queries
from dashboard.pages.groups import figures as group_figures
from dashboard.parts import figures, gaps
from dashboard.parts.cards import ROUTES
from dashboard.parts.filters import Filters
from dashboard.queries import shared
from dashboard.style import Look
from metrics import Scope


@dataclass(frozen=True)
class _Drawing:
    """A figure to be drawn; equal to another when the same numbers are to be drawn in the same way."""

    numbers: bytes
    draw: Callable[[], go.Figure] = field(compare=False)


@lru_cache(maxsize=512)
def _once(drawing: _Drawing) -> go.Figure:
    return drawing.draw()


def _same(draw: Callable[..., go.Figure], *given: object, **more: object) -> go.Figure:
    """What has been drawn of the same numbers before: a reply changes few of the figures of a version."""
    return _once(_Drawing(pickle.dumps((draw.__qualname__, given, more)), partial(draw, *given, **more)))


@shared
def over_time(version: str, scope: Scope, filters: Filters, metric: str, look: Look) -> go.Figure:
    """A metric's course, a line for each route."""
    found = queries.over_time(version, scope, filters, metric)
    lines = {route: found.series.get(route, []) for route in ROUTES}
    return _same(figures.course, metric, lines, look, dim=found.step)


@shared
def gap(version: str, scope: Scope, filters: Filters, metric: str, look: Look) -> go.Figure:
    """The raw gap between the routes, and what it is made of."""
    return gaps.split(metric, queries.like_for_like(version, scope, filters, metric), look)


@shared
def gap_by_topic(version: str, scope: Scope, filters: Filters, metric: str, look: Look) -> go.Figure:
    """Which topics the gap on the same questions comes from."""
    return gaps.by_topic(metric, queries.like_for_like(version, scope, filters, metric), look)


@shared
def funnel(version: str, scope: Scope, filters: Filters, asked: tuple[str, str], look: Look) -> go.Figure:
    """Groups by size and value, with what chance makes of equals; of a metric by a kind of groups."""
    return group_figures.funnel(queries.groups(version, scope, filters, asked), look)


@shared
def worst_case(version: str, scope: Scope, filters: Filters, look: Look) -> go.Figure:
    """The score raw and weighted, and how far those who kept silent could move it."""
    return group_figures.worst_case(queries.who_answers(version, scope, filters, "topic").weighted, look)


@shared
def histogram(version: str, scope: Scope, filters: Filters, look: Look) -> go.Figure:
    """Which scores each route gives."""
    return figures.histogram(queries.route_comparison(version, scope, filters).histogram, look)


@shared
def weekly(version: str, scope: Scope, filters: Filters, metric: str, look: Look) -> go.Figure:
    """A metric of the scorecard week by week."""
    line = queries.scorecard(version, scope, filters).weekly[metric]
    return _same(figures.course, metric, {"": line}, look, dim="week", height=figures.SMALL_HEIGHT)


@shared
def teams(version: str, scope: Scope, filters: Filters, metric: str, look: Look) -> go.Figure:
    """A metric of the scorecard team by team."""
    card = queries.scorecard(version, scope, filters)
    return _same(figures.dots, metric, card.teams[metric], "team", card.whole[metric], look)
