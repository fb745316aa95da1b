"""What the page of targets asks, once for all viewers of the same rows, and its figure."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go

from dashboard import context
from dashboard.parts.theme import template
from dashboard.queries import shared
from dashboard.style import Look
from metrics import Scope
from metrics.analysis.targets import Standing, standings
from metrics.catalog.catalog import unit
from metrics.inference.base import thresholds
from metrics.wording.numbers import level

HEIGHT = 230


@shared
def all_standings(version: str, scope: Scope, today: date) -> list[Standing]:  # noqa: ARG001
    """Every target that the scope may see, by date."""
    return standings(context.reader(scope), context.settings(), today)


@shared
def course(version: str, scope: Scope, today: date, target_id: str, look: Look) -> go.Figure:
    """Week by week, on to the date, with the target as a line."""
    found = all_standings(version, scope, today)
    return draw(next(each for each in found if each.goal.target_id == target_id), look)


def draw(standing: Standing, look: Look) -> go.Figure:
    """Weeks with their intervals, the level expected at the date with its own, and the target in green."""
    colours, goal = look.palette, standing.goal
    figure = go.Figure(layout={"template": template(look.ground), "height": HEIGHT})
    written = unit(goal.metric)
    weeks = [week for week in standing.weeks if week.value.n >= thresholds.TOO_FEW]
    known = [week for week in weeks if week.value.low is not None and week.value.high is not None]
    x = [week.last.isoformat() for week in known]
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*(week.value.high for week in known), *(week.value.low for week in reversed(known))],
        fill="toself", fillcolor=colours.band(""), line={"width": 0}, mode="lines", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[week.last.isoformat() for week in weeks], y=[week.value.value for week in weeks],
        mode="lines+markers", line={"color": colours.neutral, "width": 2}, marker={"size": 5},
        customdata=[level(week.value.value or 0.0, written, look.language) for week in weeks],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    shown = [limit for week in known for limit in (week.value.low, week.value.high)]
    shown += [*_forecast(figure, standing, written, look), goal.target]
    figure.add_hline(y=goal.target, line={"color": colours.line("target"), "width": 2})
    numbers = [value for value in shown if value is not None]
    low, high = min(numbers), max(numbers)
    pad = (high - low) * 0.12 or 1.0
    ticks = [low + (high - low) * part for part in (0, 0.5, 1)]
    figure.update_yaxes(
        range=[low - pad, high + pad], tickvals=ticks,
        ticktext=[level(tick, written, look.language) for tick in ticks],
    )  # fmt: skip
    figure.add_annotation(
        x=0, xref="paper", y=goal.target, text=f"<b>{look.words('targets.goal')}</b>", showarrow=False,
        xanchor="left", yanchor="bottom", font={"color": colours.label("target"), "size": 12},
    )  # fmt: skip
    days = [*(weeks[i].last for i in (0, -1) if weeks), goal.by]
    figure.update_xaxes(
        tickvals=[day.isoformat() for day in days],
        ticktext=[look.formats.day(day).replace("\u00a0", " ") for day in days],
        hoverformat=look.formats.plotly_day, tickangle=0,
    )  # fmt: skip
    return figure


def _forecast(figure: go.Figure, standing: Standing, written: str, look: Look) -> list[float | None]:
    """The level now and at the date, with the interval it may lie in; returns the numbers drawn."""
    now, then = standing.outlook.now, standing.outlook.at_date
    if then.value is None or now.value is None or not standing.weeks:
        return []
    colours = look.palette
    x = [standing.weeks[-1].last.isoformat(), standing.goal.by.isoformat()]
    figure.add_scatter(
        x=[*x, *reversed(x)], y=[now.high, then.high, then.low, now.low], fill="toself",
        fillcolor=colours.band("", 0.1), line={"width": 0}, mode="lines", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=[now.value, then.value], mode="lines",
        line={"color": colours.muted, "width": 2, "dash": "dot"},
        customdata=[level(value, written, look.language) for value in (now.value, then.value)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    return [then.low, then.high, now.low, now.high]
