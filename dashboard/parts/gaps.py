"""Gaps between two groups as dots with intervals about a zero line: what a gap is made of, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.parts.figures import nice_ticks, upright
from dashboard.parts.theme import template
from dashboard.style import Look
from metrics import Comparison
from metrics.catalog.catalog import unit
from metrics.inference import Estimate, reason_text
from metrics.inference.base import thresholds
from metrics.inference.compare.kitagawa import by_leading, together

ROW = 42  # pixels a row is high
TOPICS = 8  # the others are one row together


@dataclass(frozen=True)
class Row:
    """One dot with its interval."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    strong: bool = False


def split(metric: str, found: Comparison, look: Look) -> go.Figure:
    """The raw gap, what other questions make of it, and what is left on the same questions."""
    say, adjusted = look.words, found.adjusted
    rows = [_row(metric, say("gap.raw"), _gap(found), look)]
    if adjusted is not None and adjusted.split is not None and adjusted.split.raw is not None:
        parts = adjusted.split
        rows.append(_row(metric, say("gap.mix"), parts.mix, look))
        if parts.unsupported and abs(parts.unsupported) > 0.02 * abs(parts.raw or 1.0):
            alone = Estimate(0, parts.unsupported, None, None)
            rows.append(_row(metric, say("gap.unsupported"), alone, look))
        rows.append(_row(metric, say("gap.within"), parts.within, look, strong=True))
    return dots(metric, rows, look)


def by_topic(metric: str, found: Comparison, look: Look) -> go.Figure:
    """What each topic adds to the gap on the same questions, the largest first."""
    rows = topic_rows(metric, found, look)
    return dots(metric, rows, look)


def topic_rows(metric: str, found: Comparison, look: Look) -> list[Row]:
    """The topics with the largest part, and the others together."""
    adjusted = found.adjusted
    if adjusted is None or adjusted.split is None:
        return []
    parts = by_leading(adjusted.split)
    rows = [
        _row(metric, part.cell[0] or look.words("table.not_given"), part.within, look)
        for part in parts[:TOPICS]
    ]
    rest = parts[TOPICS:]
    if rest:
        rest_of_them = together([part.within for part in rest])
        rows.append(_row(metric, look.words("gap.others", n=len(rest)), rest_of_them, look))
    return rows


def dots(metric: str, rows: Sequence[Row], look: Look) -> go.Figure:
    """Rows of dots with their intervals and numbers; the zero line means no difference."""
    colours = look.palette
    traces: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    limits = [0.0]
    for at, row in enumerate(rows):
        y = len(rows) - 1 - at
        if row.value is None:
            notes.append({"text": row.text, "x": 0, "y": y, "xanchor": "left", "showarrow": False,
                          "font": {"color": colours.muted}})  # fmt: skip
            continue
        low = row.value if row.low is None else row.low
        high = row.value if row.high is None else row.high
        limits += [low, high]
        colour = colours.text if row.strong else colours.neutral
        traces += [
            {
                "type": "scatter", "x": [low, high], "y": [y, y], "mode": "lines", "hoverinfo": "skip",
                "opacity": 0.35, "line": {"color": colour, "width": 6 if row.strong else 4},
            },
            {
                "type": "scatter", "x": [row.value], "y": [y], "mode": "markers",
                "marker": {"size": 12 if row.strong else 9, "color": colour},
                "customdata": [f"{row.name}: {row.text}"], "hovertemplate": "%{customdata}<extra></extra>",
            },
        ]  # fmt: skip
        notes.append({
            "x": (low + high) / 2, "y": y, "text": f"<b>{row.text}</b>" if row.strong else row.text,
            "showarrow": False, "yshift": 15, "font": {"size": 12, "color": colour}, "bgcolor": colours.veil,
        })  # fmt: skip
    span = (max(limits) - min(limits)) or 1.0
    left, right = min(limits) - 0.14 * span, max(limits) + 0.14 * span
    ticks = [tick for tick in nice_ticks(left, right, unit(metric), 4) if left <= tick <= right]
    # In one piece: Plotly checks everything that is there each time something is added.
    return go.Figure(
        data=traces,
        layout={
            "template": template(look.ground),
            "height": 56 + ROW * max(len(rows), 2),
            "hovermode": "closest",
            "annotations": notes,
            "shapes": [upright(0, {"color": colours.muted, "width": 1})],
            "xaxis": {
                "range": [left, right],
                "tickvals": ticks,
                "ticktext": [look.formats.difference(metric, tick) if tick else "0" for tick in ticks],
                "zeroline": False,
            },
            "yaxis": {
                "tickvals": list(range(len(rows))),
                "ticktext": [_label(row) for row in reversed(rows)],
                "range": [-0.6, len(rows) - 0.2],
                "showgrid": False,
                "zeroline": False,
                "tickfont": {"color": colours.text, "size": 13},
            },
        },
    )


def _label(row: Row) -> str:
    """The row's name, in two lines where it is long: a phone has little room beside the dots."""
    words, lines = row.name.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 16:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(f"<b>{line}</b>" if row.strong else line for line in lines)


def _gap(found: Comparison) -> Estimate:
    n = sum(group.n for group in found.groups.values())
    return Estimate(n, found.difference, *found.interval, found.reason)


def _row(metric: str, name: str, one: Estimate, look: Look, *, strong: bool = False) -> Row:
    formats = look.formats
    if one.value is None:
        return Row(name, None, None, None, reason_text(one.reason, look.language), strong)
    text = formats.difference(metric, one.value)
    if one.low is not None and one.high is not None:
        text += f" ({formats.difference_interval(metric, one.low, one.high)})"
    elif 0 < one.n < thresholds.TOO_FEW:
        text = look.words("few.too_few", n=formats.number(one.n))
    return Row(name, one.value, one.low, one.high, text, strong)
