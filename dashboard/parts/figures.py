"""Every figure. Pure functions: measured values in, a Plotly figure out.

Intervals are always drawn, lines carry their names at their ends, and where n is too small the place
stays empty and the hover text says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import plotly.graph_objects as go

from dashboard.parts.cards import ROUTES
from dashboard.parts.measured import enough, interval_text, n_text, value_text
from dashboard.parts.theme import template
from dashboard.style import Look
from metrics import Value
from metrics.catalog.catalog import unit
from metrics.inference.base import thresholds

LINE_HEIGHT = 340
SMALL_HEIGHT = 200


def course(
    metric: str, series: Mapping[str, Sequence[Value]], look: Look, *, dim: str, height: int = LINE_HEIGHT
) -> go.Figure:
    """A metric over time: one line with its interval as a band for each name in ``series``.

    ``dim`` is ``day`` or ``week``, whose text is ISO; a week stands at its Monday.
    """
    figure = go.Figure(layout={"template": template(look.ground), "height": height})
    days: list[date] = sorted({_day(value, dim) for line in series.values() for value in line})
    lines = {name: sorted(line, key=lambda value: value.dims[dim]) for name, line in series.items()}
    for name, line in lines.items():
        _add_line(figure, metric, name, line, look, dim=dim)
    _name_lines(figure, metric, lines, look, dim)
    if not any(enough(value) for line in series.values() for value in line):
        return _words_alone(figure, look)
    named = _ticks(days, 5 if height == LINE_HEIGHT else 3)
    figure.update_xaxes(
        tickvals=[day.isoformat() for day in named],
        ticktext=[look.formats.day(day).replace("\u00a0", " ") for day in named],
        tickangle=0,
        hoverformat=look.formats.plotly_day,
    )
    _format_values(figure, metric, series, look)
    return figure


def _words_alone(figure: go.Figure, look: Look) -> go.Figure:
    """Words in the place of axes that nothing is drawn on."""
    figure.add_annotation(
        text=look.words("figure.nothing"), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False,
        font={"color": look.palette.muted, "size": 13},
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def histogram(bins: Mapping[str, Sequence[int]], look: Look) -> go.Figure:
    """Share of each score from 1 to 10, for both routes side by side."""
    colours = look.palette
    figure = go.Figure(layout={"template": template(look.ground), "height": LINE_HEIGHT, "barmode": "group"})
    tallest = 0.0
    for at, route in enumerate(ROUTES):
        counts = list(bins.get(route, [0] * 10))
        total = sum(counts)
        shares = [count / total if total >= thresholds.TOO_FEW else 0.0 for count in counts]
        tallest = max(tallest, *shares)
        name = look.words(f"route.{route}")
        figure.add_bar(
            x=list(range(1, 11)),
            y=shares,
            name=name,
            marker={"color": colours.line(route), "line": {"width": 0}},
            customdata=[
                f"{name}: {look.formats.share(share)} (n = {look.formats.number(count)})"
                for share, count in zip(shares, counts, strict=True)
            ]
            if total >= thresholds.TOO_FEW
            else [f"{name}: {_count(total, look)}"] * 10,
            hovertemplate="%{customdata}<extra></extra>",
        )
        figure.add_annotation(
            text=f"<b>{'■' if at else '●'} {name}</b>  {_count(total, look)}",
            font={"color": colours.label(route), "size": 12},
            x=0, y=1 - 0.075 * at, xref="paper", yref="paper", xanchor="left", yanchor="top", showarrow=False,
        )  # fmt: skip
    ticks = [tick for tick in nice_ticks(0.0, tallest or 1.0, "share") if tick <= (tallest or 1.0)]
    figure.update_xaxes(
        tickvals=list(range(1, 11)), title=look.words("figure.score_axis"), hoverformat="d", showline=True
    )
    figure.update_yaxes(
        tickvals=ticks,
        ticktext=[look.formats.share(tick, 0) for tick in ticks],
        range=[0, tallest * 1.28 or 1],
    )
    return figure


def _count(total: int, look: Look) -> str:
    """How many scores stand behind the bars, or that they are too few to be drawn."""
    if 0 < total < thresholds.HIDDEN:
        return look.words("few.hidden")
    if 0 < total < thresholds.TOO_FEW:
        return look.words("few.too_few", n=total)
    return f"n = {look.formats.number(total)}"


def dots(metric: str, values: Sequence[Value], dim: str, whole: Value, look: Look) -> go.Figure:
    """One row per team: dot and interval, the whole as a line to compare with."""
    colours, formats, words = look.palette, look.formats, look.words
    rows = sorted(values, key=lambda value: (enough(value), value.value or 0.0))
    names = [value.dims[dim] or words("table.not_given") for value in rows]
    traces: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    for name, value in zip(names, rows, strict=True):
        if not enough(value) or value.value is None:
            notes.append({
                "text": value_text(metric, value, words, formats), "x": 0.01, "xref": "x domain", "y": name,
                "xanchor": "left", "showarrow": False, "font": {"color": colours.muted, "size": 12},
            })  # fmt: skip
            traces.append(
                {"type": "scatter", "x": [None], "y": [name], "mode": "markers", "hoverinfo": "skip"}
            )
            continue
        low = value.value if value.low is None else value.low
        high = value.value if value.high is None else value.high
        traces.append({
            "type": "scatter", "x": [value.value], "y": [name], "mode": "markers",
            "marker": {"size": 9, "color": colours.neutral},
            "error_x": {"type": "data", "symmetric": False, "array": [high - value.value],
                        "arrayminus": [value.value - low], "thickness": 3, "width": 0,
                        "color": colours.band("", 0.45)},
            "customdata": [f"{name}: {_described(metric, value, look)}"],
            "hovertemplate": "%{customdata}<extra></extra>",
        })  # fmt: skip
    # In one piece: Plotly checks everything that is there each time something is added.
    figure = go.Figure(
        data=traces,
        layout={
            "template": template(look.ground),
            "height": 70 + 34 * max(len(rows), 2),
            "hovermode": "closest",
            "annotations": notes,
            "shapes": [upright(whole.value, {"color": colours.muted, "width": 1, "dash": "dot"})]
            if enough(whole)
            else [],
            "yaxis": {
                "type": "category",
                "categoryorder": "array",
                "categoryarray": names,
                "showgrid": False,
                "tickfont": {"color": colours.text, "size": 13},
            },
            "xaxis": {"showgrid": True},
        },
    )
    _format_axis(figure.update_xaxes, metric, [*rows, whole], look, most=3, zero=False)
    return figure


def upright(x: float | None, line: Mapping[str, object]) -> dict[str, object]:
    """A line from the bottom of a figure to its top, as one of the layout's shapes."""
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain", "line": dict(line)}


def _add_line(
    figure: go.Figure, metric: str, name: str, line: Sequence[Value], look: Look, *, dim: str
) -> None:
    colours = look.palette
    colour = colours.line(name)
    x = [_day(value, dim).isoformat() for value in line]
    label = look.words.named("route", name) if name else ""
    for stretch in _stretches(line):
        part = line[stretch]
        figure.add_scatter(
            x=[*x[stretch], *reversed(x[stretch])],
            y=[*(value.high for value in part), *(value.low for value in reversed(part))],
            fill="toself", fillcolor=colours.band(name), line={"width": 0}, mode="lines", hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=x,
        y=[value.value if enough(value) else None for value in line],
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 5, "color": colour, "symbol": "square" if name == "direct" else "circle"},
        error_y=_lone_intervals(line, colours.band(name, 0.45)),
        customdata=[(f"{label}: " if label else "") + _described(metric, value, look) for value in line],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _name_lines(
    figure: go.Figure, metric: str, lines: Mapping[str, Sequence[Value]], look: Look, dim: str
) -> None:
    """Names at the line ends: the upper one above, the others below; a nameless line gets its last value."""
    ends = {name: next((v for v in reversed(line) if enough(v)), None) for name, line in lines.items()}
    upper = max(
        (end.value for end in ends.values() if end is not None and end.value is not None), default=0.0
    )
    for name, end in ends.items():
        if end is None:
            continue
        if not name:
            place = {"xanchor": "left", "xshift": 7}
        elif end.value == upper:
            place = {"xanchor": "right", "yanchor": "bottom", "yshift": 4}
        else:
            place = {"xanchor": "right", "yanchor": "top", "yshift": -4}
        text = look.words.named("route", name) if name else look.formats.value(metric, end.value)
        y = _clear(lines[name], above=end.value == upper) if name else end.value
        figure.add_annotation(
            x=_day(end, dim).isoformat(), y=y,
            text=f"<b>{text}</b>", showarrow=False, **place,
            bgcolor=look.palette.veil,
            font={"color": look.palette.label(name), "size": 12},
        )  # fmt: skip


def _clear(line: Sequence[Value], *, above: bool) -> float:
    """Where a name at the end of a line does not lie on it: beyond what its last fifth reaches."""
    shown = [value.value for value in line if enough(value) and value.value is not None]
    near = shown[-max(2, len(shown) // 5) :]
    return max(near) if above else min(near)


def _stretches(line: Sequence[Value]) -> list[slice]:
    """Runs of neighbours that all have an interval: a band must not bridge a gap."""
    good = [enough(value) and value.low is not None and value.high is not None for value in line]
    edges = [0, *(at for at, (a, b) in enumerate(pairwise(good), 1) if a != b), len(good)]
    return [slice(a, b) for a, b in pairwise(edges) if b - a > 1 and good[a]]


def _lone_intervals(line: Sequence[Value], colour: str) -> dict[str, object]:
    """A band needs two neighbours; what stands alone carries its interval as a bar."""
    in_band = {at for stretch in _stretches(line) for at in range(stretch.start, stretch.stop)}
    bars = [
        (value.high - value.value, value.value - value.low)
        if at not in in_band and value.value is not None and value.high is not None and value.low is not None
        else (None, None)
        for at, value in enumerate(line)
    ]
    return {
        "type": "data", "symmetric": False, "array": [up for up, _ in bars],
        "arrayminus": [down for _, down in bars], "color": colour, "thickness": 2, "width": 0,
    }  # fmt: skip


def _described(metric: str, value: Value, look: Look) -> str:
    text = value_text(metric, value, look.words, look.formats)
    interval = interval_text(metric, value, look.formats)
    n = n_text(value, look.words, look.formats)
    return f"{text} ({interval}), {n}" if interval else f"{text}, {n}" if enough(value) else text


def _format_values(figure: go.Figure, metric: str, series: Mapping[str, Sequence[Value]], look: Look) -> None:
    _format_axis(figure.update_yaxes, metric, [value for line in series.values() for value in line], look)
    # Room for the value at the end of a nameless line.
    figure.update_layout(margin={"r": _value_room(metric) if "" in series else 12})


def _format_axis(
    update: object, metric: str, values: Sequence[Value], look: Look, *, most: int = 5, zero: bool = True
) -> None:
    shown = [limit for v in values if enough(v) for limit in (v.low, v.value, v.high) if limit is not None]
    if not shown or not callable(update):
        return
    low, high = min(shown), max(shown)
    if zero and unit(metric) == "share":
        low = 0.0  # a share has a zero that means something
    ticks = nice_ticks(low, high, unit(metric), most)
    update(
        tickvals=ticks,
        ticktext=[_tick(metric, tick, ticks, look) for tick in ticks],
        range=[
            min(low, ticks[0]) - (high - low) * 0.04 * (low != 0),
            max(high, ticks[-1]) + (high - low) * 0.04,
        ],
    )


def _value_room(metric: str) -> int:
    """Pixels for a value at the end of a line."""
    return 66 if unit(metric) == "seconds" else 42


def _tick(metric: str, tick: float, ticks: Sequence[float], look: Look) -> str:
    if unit(metric) == "share":
        return look.formats.share(tick, 0 if (ticks[-1] - ticks[0]) / len(ticks) >= 0.009 else 1)
    if unit(metric) == "seconds":
        return look.formats.duration(tick)
    return look.formats.number(tick, 0 if all(float(each).is_integer() for each in ticks) else 1)


# The steps between round values; no finer than the texts at the ticks can tell apart.
_STEPS: dict[str, Sequence[float]] = {
    "share": (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "seconds": (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600),
    "score": (0.1, 0.2, 0.5, 1, 2),
    "index": (1, 2, 5, 10, 20, 50),
    "nok": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
}


def nice_ticks(low: float, high: float, kind: str, most: int = 5) -> list[float]:
    """Round values that span ``low`` to ``high`` in at most about ``most`` steps."""
    span = high - low
    step = next((step for step in _STEPS[kind] if span / step <= most), span / 4)
    first, last = int(low // step), int(-(-high // step))
    return [round(at * step, 6) for at in range(first, max(last, first + 1) + 1)]


def _day(value: Value, dim: str) -> date:
    text = value.dims[dim]
    return date.fromisoformat(f"{text}-1" if dim == "week" else text)


def _ticks(days: Sequence[date], most: int) -> list[date]:
    """The days to name: equally far apart, back from the last one; all of them where they are few."""
    if len(days) <= most:
        return list(days)
    span = (days[-1] - days[0]).days
    # Weeks stand at Mondays, and so do the names of a long period.
    whole = 7 if span > 7 * most or all(day.weekday() == days[0].weekday() for day in days) else 1
    step = -(-span // ((most - 1) * whole)) * whole
    return [days[-1] - timedelta(days=step * at) for at in reversed(range(span // step + 1))]
