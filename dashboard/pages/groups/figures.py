"""Groups in a funnel, and a score with what it may be for all. Pure functions: measured in, figure out."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.parts.figures import LINE_HEIGHT, nice_ticks
from dashboard.parts.theme import template
from dashboard.style import Look
from metrics.analysis.ranking import Standing, Standings
from metrics.catalog.catalog import unit
from metrics.inference.answers.nonresponse import Weighted
from metrics.inference.base import thresholds
from metrics.wording import ranking

NAMED = 6  # of those who differ, the surest have their names beside them


def funnel(found: Standings, look: Look) -> go.Figure:
    """Each group by its size and value; the band holds what chance and ordinary variation make of equals."""
    colours = look.palette
    figure = go.Figure(
        layout={"template": template(look.ground), "height": LINE_HEIGHT + 40, "hovermode": "closest"}
    )
    groups = [one for one in found.groups if one.raw.value is not None and one.n]
    if found.funnel:
        x = [n for n, _, _ in found.funnel]
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*(high for _, _, high in found.funnel), *(low for _, low, _ in reversed(found.funnel))],
            fill="toself", fillcolor=colours.band(""), line={"width": 0}, mode="lines", hoverinfo="skip",
        )  # fmt: skip
    if found.centre is not None:
        figure.add_hline(y=found.centre, line={"color": colours.muted, "width": 1, "dash": "dot"})
    named = {id(one) for one in sorted(_differing(groups), key=lambda one: one.p or 0.0)[:NAMED]}
    for one in groups:
        _add(figure, one, found, look, named=id(one) in named)
    values = [one.raw.value for one in groups if one.raw.value is not None]
    values += [limit for _, low, high in found.funnel[:1] for limit in (low, high)]
    if values:
        low, high = min(values), max(values)
        pad = 0.08 * ((high - low) or abs(high) or 1.0)
        ticks = nice_ticks(low, high, unit(found.metric))
        shown = [tick for tick in ticks if low - pad <= tick <= high + pad]
        text = [look.formats.value(found.metric, tick) for tick in shown]
        figure.update_yaxes(tickvals=shown, ticktext=text, range=[low - pad, high + pad])
    sizes = [one.n or 0 for one in groups] or [1]
    figure.update_xaxes(title=look.words("groups.size"), rangemode="tozero", nticks=5, showgrid=False)
    figure.update_xaxes(range=[0, max(sizes) * 1.12])
    return figure


def _differing(groups: Sequence[Standing]) -> list[Standing]:
    return [one for one in groups if one.differs]


def _add(figure: go.Figure, one: Standing, found: Standings, look: Look, *, named: bool) -> None:
    colours, formats = look.palette, look.formats
    judged_well = one.judged == "better" or (not one.judged and one.differs == "above")
    colour = colours.neutral if not one.differs else colours.line("target" if judged_well else "alarm")
    # Shape says it too: a triangle up or down for those who differ.
    symbol = {"above": "triangle-up", "below": "triangle-down"}.get(one.differs, "circle")
    name = ranking.name_of(one, found, look.language)
    text = f"{formats.value(found.metric, one.raw.value)}, n = {formats.number(one.n)}"
    figure.add_scatter(
        x=[one.n], y=[one.raw.value], mode="markers",
        marker={"size": 11 if one.differs else 8, "color": colour, "symbol": symbol,
                "opacity": 1.0 if (one.n or 0) >= thresholds.RANKED else 0.4},
        customdata=[f"{name}: {text}"], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    if named:
        figure.add_annotation(
            x=one.n, y=one.raw.value, text=f"<b>{name}</b>", showarrow=False, xanchor="left", xshift=9,
            font={"size": 12, "color": colour}, bgcolor=colours.veil,
        )  # fmt: skip


def worst_case(found: Weighted, look: Look) -> go.Figure:
    """The raw mean, the weighted one, and how far the silent could move either, on the whole scale."""
    colours, formats, say = look.palette, look.formats, look.words
    figure = go.Figure(layout={"template": template(look.ground), "height": 200, "hovermode": "closest"})
    rows = [
        (say("heard.raw"), found.raw.value, found.raw.low, found.raw.high),
        (say("heard.weighted"), found.weighted.value, found.weighted.low, found.weighted.high),
        (say("heard.worst"), None, found.worst_low, found.worst_high),
    ]
    for at, (name, value, low, high) in enumerate(rows):
        y = len(rows) - 1 - at
        if low is None or high is None:
            continue
        limits = f"{formats.number(low, 2)}–{formats.number(high, 2)}"
        text = limits if value is None else f"{formats.number(value, 2)} ({limits})"
        figure.add_scatter(
            x=[low, high], y=[y, y], mode="lines", hoverinfo="skip", opacity=0.35,
            line={"color": colours.neutral, "width": 6},
        )  # fmt: skip
        if value is not None:
            figure.add_scatter(
                x=[value], y=[y], mode="markers", marker={"size": 10, "color": colours.text},
                customdata=[f"{name}: {text}"], hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
        figure.add_annotation(
            x=(low + high) / 2, y=y, yshift=15, text=text, showarrow=False, font={"size": 12},
            bgcolor=colours.veil,
        )  # fmt: skip
    figure.update_xaxes(range=[0.7, 10.3], tickvals=list(range(1, 11)), showgrid=True, zeroline=False)
    figure.update_yaxes(
        tickvals=[2, 1, 0], ticktext=[name for name, *_ in rows], range=[-0.6, 2.7], showgrid=False,
        zeroline=False, tickfont={"color": colours.text, "size": 13},
    )  # fmt: skip
    return figure
