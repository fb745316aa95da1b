"""Key figures: small blocks of our own HTML, so that a number that moved can be marked.

Every text that comes from data is escaped here. The parts of a block are drawn with plain elements:
``st.html`` lets no inline SVG through.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from dashboard.parts.highlight import Marks
from dashboard.parts.measured import Measured, enough, interval_text, n_text, value_text
from dashboard.parts.theme import Palette
from dashboard.style import Look
from metrics import Comparison

ROUTES = ("self_service_first", "direct")


def grid(cards: Sequence[str], *, narrow: bool = False) -> str:
    """Cards beside each other as far as the screen is wide; ``narrow`` ones two on a phone."""
    return f'<div class="svar-cards{" svar-counts" if narrow else ""}">{"".join(cards)}</div>'


def comparison_card(metric: str, comparison: Comparison, look: Look, marks: Marks) -> str:
    """Both groups with interval and n, the gap between them drawn and in words."""
    words, formats = look.words, look.formats
    rows = "".join(_route_row(metric, route, comparison.groups[route], look, marks) for route in ROUTES)
    difference = formats.difference(metric, comparison.difference)
    limits = formats.difference_interval(metric, *comparison.interval)
    mark = marks.css(f"{metric}.difference", difference)
    apart = (
        f'<div class="svar-sub">{escape(words("card.difference"))} '
        f'<b class="{mark}">{difference}</b> ({limits})</div>'
        if limits
        else f'<div class="svar-sub">{escape(words("card.no_difference"))}</div>'
    )
    gap = _gap(comparison, look.palette)
    return f'<section class="svar-card">{_heading(metric, look)}{rows}{gap}{apart}</section>'


def key_figure(
    metric: str,
    measured: Measured,
    look: Look,
    marks: Marks,
    *,
    trend: Sequence[float | None],
    note: str,
) -> str:
    """One number with interval, n, its weekly course and a line of context."""
    text = value_text(metric, measured, look.words, look.formats)
    size = "svar-big" if enough(measured) else "svar-few"
    return (
        f'<section class="svar-card">{_heading(metric, look)}'
        f'<span class="{size} {marks.css(metric, text)}">{escape(text)}</span>'
        f'<div class="svar-sub">{_facts(metric, metric, measured, look, marks)}</div>'
        f"{_spark(trend, look.palette)}"
        f'<div class="svar-sub">{escape(note)}</div></section>'
    )


def count_card(name: str, title: str, text: str, note: str, marks: Marks, *, few: bool = False) -> str:
    """One plain count; ``few`` says that the text stands where a number would."""
    size = "svar-few" if few else "svar-big"
    return (
        f'<section class="svar-card"><h3>{escape(title)}</h3>'
        f'<span class="{size} {marks.css(name, text)}">{escape(text)}</span>'
        f'<div class="svar-sub">{escape(note)}</div></section>'
    )


def empty_state(title: str, text: str) -> str:
    """What will appear here, and how to make it appear."""
    return f'<div class="svar-empty"><h3>{escape(title)}</h3><p>{escape(text)}</p></div>'


def _heading(metric: str, look: Look) -> str:
    title, unit = look.words(f"metric.{metric}"), look.words(f"unit.{metric}")
    return f"<h3>{escape(title)}<small>{escape(unit)}</small></h3>"


def _route_row(metric: str, route: str, measured: Measured, look: Look, marks: Marks) -> str:
    words, formats = look.words, look.formats
    text = value_text(metric, measured, words, formats)
    size = "svar-big" if enough(measured) else "svar-few"
    mark = marks.css(f"{metric}.{route}", text)
    return (
        f'<div class="svar-row">{_dot(route, look.palette)}'
        f'<span class="svar-name">{escape(words(f"route.{route}"))}</span>'
        f'<span class="{size} {mark}">{escape(text)}</span>'
        f'<span class="svar-sub">{_facts(f"{metric}.{route}", metric, measured, look, marks)}</span></div>'
    )


def _facts(name: str, metric: str, measured: Measured, look: Look, marks: Marks) -> str:
    """Interval and n; the n is marked when it grew, also where the value did not move a digit."""
    interval = interval_text(metric, measured, look.formats)
    n = n_text(measured, look.words, look.formats)
    counted = f'<span class="{marks.css(f"{name}.n", n)}">{escape(n)}</span>'
    return f"{escape(interval)} · {counted}" if interval else counted


def _dot(route: str, palette: Palette) -> str:
    # A circle and a square: the two can be told apart without their colours.
    shape = "svar-dot svar-square" if route == "direct" else "svar-dot"
    return f'<i class="{shape}" style="background:{palette.line(route)}"></i>'


def _gap(comparison: Comparison, palette: Palette) -> str:
    """Dot and interval of both groups on one scale."""
    shown = [(route, comparison.groups[route]) for route in ROUTES if enough(comparison.groups[route])]
    limits = [limit for _, group in shown for limit in (group.low, group.high) if limit is not None]
    if len(limits) < 4:
        return ""
    low, high = min(limits), max(limits)
    pad = (high - low) * 0.08 or 1.0
    left, width = low - pad, high - low + 2 * pad
    parts = []
    for at, (route, group) in enumerate(shown):
        if group.value is None or group.low is None or group.high is None:
            continue
        colour, top = palette.line(route), f"{0.45 + 0.75 * at:.2f}rem"
        start, length = (group.low - left) / width * 100, (group.high - group.low) / width * 100
        middle = (group.value - left) / width * 100
        square = ' class="svar-square"' if route == "direct" else ""
        parts.append(
            f'<span style="left:{start:.1f}%;width:{length:.1f}%;top:{top};background:{colour}"></span>'
            f'<b{square} style="left:{middle:.1f}%;top:{top};background:{colour}"></b>'
        )
    return f'<div class="svar-gap">{"".join(parts)}</div>'


def _spark(trend: Sequence[float | None], palette: Palette) -> str:
    """The course as a small line; a missing week is a gap in it."""
    known = [value for value in trend if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = 200 / (len(trend) - 1)
    path, pen = [], "M"
    for at, value in enumerate(trend):
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{at * step:.1f},{28 - (value - low) / span * 24:.1f}")
        pen = "L"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 32" preserveAspectRatio="none">'
        f'<path d="{" ".join(path)}" fill="none" stroke="{palette.neutral}" stroke-width="2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    encoded = base64.b64encode(svg.encode()).decode()
    return f'<img class="svar-spark" alt="" src="data:image/svg+xml;base64,{encoded}">'


def answer(sentence: str, note: str) -> str:
    """The first line of a page: its answer, and where it comes from."""
    source = f'<p class="svar-note">{escape(note)}</p>' if note else ""
    return f'<p class="svar-answer">{escape(sentence)}</p>{source}'
