"""The figures of initiatives: what each avoided, with its interval, and how its topics went week by week."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.parts.theme import template
from dashboard.style import Look
from metrics.analysis.initiatives import Outcome

ROW = 44
HEIGHT = 260


def ranking(outcomes: Sequence[Outcome], look: Look) -> go.Figure:
    """Dot and interval of the contacts each initiative avoided; grey and open where 0 fits as well."""
    colours, number = look.palette, look.formats.number
    shown = [outcome for outcome in outcomes if outcome.impact.avoided.low is not None]
    names = [outcome.initiative.name for outcome in shown]
    figure = go.Figure(
        layout={"template": template(look.ground), "height": 70 + ROW * len(shown), "hovermode": "closest"}
    )
    for name, outcome in zip(names, shown, strict=True):
        avoided = outcome.impact.avoided
        symbol = "circle-open" if outcome.impact.reason else "circle"
        value, low, high = avoided.value or 0.0, avoided.low or 0.0, avoided.high or 0.0
        colour = (
            colours.neutral if outcome.impact.reason else colours.line("target" if value > 0 else "alarm")
        )
        figure.add_scatter(
            x=[value], y=[name], mode="markers",
            marker={"size": 11, "color": colour, "symbol": symbol},
            error_x={"type": "data", "symmetric": False, "array": [high - value],
                     "arrayminus": [value - low], "thickness": 3, "width": 0, "color": colour},
            customdata=[f"{name}: {number(value)} ({number(low)} – {number(high)})"],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": colours.muted, "width": 1})
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=names[::-1], showgrid=False)
    figure.update_yaxes(tickfont={"color": colours.text, "size": 13}, ticklabelstandoff=8)
    limits = [limit for o in shown for limit in (o.impact.avoided.low, o.impact.avoided.high, 0.0)]
    known = [limit for limit in limits if limit is not None]
    pad = (max(known) - min(known)) * 0.05 or 1.0
    figure.update_xaxes(
        title=look.words("initiatives.axis"), showgrid=True, nticks=6,
        range=[min(known) - pad, max(known) + pad], tickformat=",d", separatethousands=True,
    )  # fmt: skip
    figure.update_layout(separators=look.formats.plotly_separators)
    return figure


def course(outcome: Outcome, look: Look) -> go.Figure:
    """Contacts on the touched topics by week, beside what they would have been without the initiative."""
    colours, weeks = look.palette, outcome.weeks
    figure = go.Figure(layout={"template": template(look.ground), "height": HEIGHT})
    days = [day.isoformat() for day in weeks.days]
    labels = [look.formats.day(day) for day in weeks.days]
    without = weeks.without
    if without:
        figure.add_scatter(
            x=days, y=without, mode="lines", line={"color": colours.muted, "width": 2, "dash": "dot"},
            customdata=[look.formats.number(value) for value in without],
            hovertemplate=look.words("initiatives.without") + ": %{customdata}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=days, y=weeks.touched, mode="lines+markers",
        line={"color": colours.line("target"), "width": 2}, marker={"size": 6},
        customdata=[look.formats.number(value) for value in weeks.touched],
        hovertemplate=look.words("initiatives.contacts") + ": %{customdata}<extra></extra>",
    )  # fmt: skip
    _name_ends(figure, outcome, look)
    top = max([*weeks.touched, *without, 1.0])
    figure.update_yaxes(range=[0, top * 1.15], nticks=4)
    places = sorted({0, len(days) // 2, len(days) - 1}) if days else []
    figure.update_xaxes(
        tickvals=[days[i] for i in places], ticktext=[labels[i].replace("\u00a0", " ") for i in places],
        hoverformat=look.formats.plotly_day, tickangle=0,
    )  # fmt: skip
    return figure


def _name_ends(figure: go.Figure, outcome: Outcome, look: Look) -> None:
    """The launch as a line, and the names of both courses at their ends."""
    colours, weeks = look.palette, outcome.weeks
    if weeks.start < len(weeks.days):
        at = weeks.days[weeks.start].isoformat()
        figure.add_shape(
            type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": colours.muted, "width": 1}
        )
        figure.add_annotation(
            x=at, y=1, yref="paper", text=look.words("initiatives.launch"), showarrow=False, xanchor="right",
            yanchor="top", xshift=-4, font={"color": colours.muted, "size": 12},
        )  # fmt: skip
    if not weeks.days:
        return
    without, last = weeks.without, weeks.days[-1].isoformat()
    below = bool(without) and weeks.touched[-1] <= without[-1]
    for key, values, thing, under in (
        ("initiatives.without", without, "", not below),
        ("initiatives.contacts", weeks.touched, "target", below),
    ):
        if values:
            figure.add_annotation(
                x=last, y=values[-1], text=f"<b>{look.words(key)}</b>", showarrow=False, xanchor="right",
                yanchor="top" if under else "bottom", yshift=-8 if under else 8, bgcolor=colours.veil,
                font={"color": colours.label(thing) if thing else colours.muted, "size": 12},
            )  # fmt: skip
