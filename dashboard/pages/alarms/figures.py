"""The figure of an alarm: each day as it was, on the band it was expected to lie within."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.parts.theme import template
from dashboard.style import Look
from metrics.analysis.series import Day
from metrics.wording.numbers import level

HEIGHT = 240
_STEPS: dict[str, Sequence[float]] = {
    "count": (1, 2, 5, 10),
    "score": (0.5, 1, 2, 5),
    "share": (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "seconds": (15, 30, 60, 120, 300, 600, 1800, 3600),
}


def course(days: Sequence[Day], unit: str, look: Look) -> go.Figure:
    """A series by day; what lies outside of its band is marked by colour and shape."""
    colours, words = look.palette, look.words
    figure = go.Figure(layout={"template": template(look.ground), "height": HEIGHT})
    banded = [day for day in days if day.low is not None and day.high is not None]
    x = [day.day.isoformat() for day in banded]
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*(day.high for day in banded), *(day.low for day in reversed(banded))],
        fill="toself", fillcolor=colours.band("", 0.14), line={"width": 0}, mode="lines", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=[day.expected for day in banded], mode="lines", hoverinfo="skip",
        line={"color": colours.muted, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_scatter(
        x=[day.day.isoformat() for day in days],
        y=[day.value for day in days],
        mode="lines+markers",
        line={"color": colours.neutral, "width": 2},
        marker={
            "size": [11 if _outside(day) else 5 for day in days],
            "symbol": ["diamond" if _outside(day) else "circle" for day in days],
            "color": [colours.line("alarm") if _outside(day) else colours.neutral for day in days],
        },
        customdata=[_described(day, unit, look) for day in days],
        hovertemplate="%{customdata}<extra></extra>",
    )
    _name_values(
        figure, [limit for day in days for limit in (day.value, day.high) if limit is not None], unit, look
    )
    named = [days[i] for i in (0, len(days) // 2, len(days) - 1)] if days else []
    figure.update_xaxes(
        tickvals=[day.day.isoformat() for day in named],
        ticktext=[look.formats.day(day.day).replace("\u00a0", " ") for day in named],
        hoverformat=look.formats.plotly_day,
        tickangle=0,
    )
    if banded:
        end = banded[-1]
        figure.add_annotation(
            x=end.day.isoformat(), y=end.high, text=words("alarms.band"), showarrow=False, xanchor="right",
            yanchor="bottom", font={"color": colours.muted, "size": 12},
        )  # fmt: skip
    return figure


def _name_values(figure: go.Figure, shown: Sequence[float], unit: str, look: Look) -> None:
    top = max(shown, default=1.0) or 1.0
    step = _step(top / 3, _STEPS.get(unit, _STEPS["count"]))
    ticks = [step * i for i in range(int(top / step) + 1)]
    figure.update_yaxes(
        tickvals=ticks, ticktext=[_rounded(tick, unit, look) for tick in ticks], range=[0, top * 1.06]
    )


def _step(least: float, steps: Sequence[float]) -> float:
    """The smallest round step that is large enough; tenfold beyond the largest."""
    scale = 1.0
    while least > steps[-1] * scale:
        scale *= 10
    return next(step * scale for step in steps if step * scale >= least)


def _outside(day: Day) -> bool:
    if day.value is None or day.low is None or day.high is None:
        return False
    return day.value > day.high or (day.value < day.low and not day.unfinished)


def _described(day: Day, unit: str, look: Look) -> str:
    if day.value is None:
        return look.words("alarms.no_number")
    text = _rounded(day.value, unit, look)
    if day.unfinished:
        text += f" {look.words('alarms.so_far')}"
    if day.expected is None or day.low is None or day.high is None:
        return text
    limits = f"{_rounded(day.low, unit, look)}–{_rounded(day.high, unit, look)}"
    return f"{text} ({look.words('alarms.expected')} {_rounded(day.expected, unit, look)}, {limits})"


def _rounded(value: float, unit: str, look: Look) -> str:
    return look.formats.number(value) if unit == "count" else level(value, unit, look.language)
