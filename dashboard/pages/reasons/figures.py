"""The figures of the page of reasons: drivers by their share, reasons by how many name them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.parts.theme import template
from dashboard.style import Look
from metrics.inference.answers.comments import ReasonShare
from metrics.inference.answers.drivers import Driver
from metrics.inference.base.results import Estimate
from metrics.wording import drivers as driver_words

ROW = 38
ARROWS = {"up": "▲", "down": "▼", "": ""}


def drivers(found: Sequence[Driver], look: Look) -> go.Figure:
    """Dot and interval of each driver's share; ▲ where more of it goes with higher scores, ▼ with lower."""
    rows = [(_name(driver, len(found), look), driver.share) for driver in found]
    return _dots(rows, look)


def reasons(found: Sequence[ReasonShare], look: Look) -> go.Figure:
    """Dot and interval of each reason's share of those who are dissatisfied and say why."""
    rows = [(driver_words.REASONS[reason.reason][look.language], reason.share) for reason in found]
    return _dots(rows, look)


def _name(driver: Driver, of: int, look: Look) -> str:
    arrow = ARROWS[driver_words.direction(driver, of=of)]
    return f"{driver_words.DRIVERS[driver.name][look.language]} {arrow}".strip()


def _dots(rows: Sequence[tuple[str, Estimate]], look: Look) -> go.Figure:
    colours, share = look.palette, look.formats.share
    shown = [(name, estimate) for name, estimate in rows if estimate.value is not None]
    figure = go.Figure(
        layout={"template": template(look.ground), "height": 56 + ROW * len(shown), "hovermode": "closest"}
    )
    for name, estimate in shown:
        value = estimate.value or 0.0
        low, high = (value if limit is None else limit for limit in (estimate.low, estimate.high))
        figure.add_scatter(
            x=[value], y=[name], mode="markers", marker={"size": 10, "color": colours.neutral},
            error_x={"type": "data", "symmetric": False, "array": [high - value],
                     "arrayminus": [value - low], "thickness": 3, "width": 0,
                     "color": colours.band("", 0.45)},
            customdata=[f"{name}: {share(value)} ({share(low, 0)}–{share(high, 0)}), n = {estimate.n}"],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    top = max((estimate.high or estimate.value or 0.0 for _, estimate in shown), default=1.0)
    ticks = [tick / 100 for tick in range(0, 101, 10 if top < 0.5 else 20) if tick / 100 <= top * 1.02]
    figure.update_xaxes(
        range=[0, max(top * 1.03, 0.1)], tickvals=ticks, ticktext=[share(tick, 0) for tick in ticks],
        showgrid=True,
    )  # fmt: skip
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=[name for name, _ in reversed(shown)],
        showgrid=False, tickfont={"color": colours.text, "size": 13}, ticklabelstandoff=8,
    )  # fmt: skip
    return figure
