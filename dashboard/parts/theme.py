"""The look of every figure: one Plotly template in a light and a dark version, and the accents.

Accents are of the Okabe–Ito palette. One thing has one accent everywhere: self-service first is blue,
direct is orange, a target green, an alarm vermilion, everything else grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import plotly.graph_objects as go

ACCENTS = {"self_service_first": "#0072B2", "direct": "#E69F00", "target": "#009E73", "alarm": "#D55E00"}


@dataclass(frozen=True)
class Palette:
    """Colours of one ground."""

    text: str
    muted: str
    grid: str
    ground: str
    neutral: str  # lines and bars that carry no accent
    accents: dict[str, str]
    labels: dict[str, str]  # accents as text, where the accent itself is too pale to be read

    def line(self, thing: str) -> str:
        return self.accents.get(thing, self.neutral)

    def band(self, thing: str, opacity: float = 0.16) -> str:
        red, green, blue = (int(self.line(thing)[at : at + 2], 16) for at in (1, 3, 5))
        return f"rgba({red},{green},{blue},{opacity})"

    @property
    def veil(self) -> str:
        """The ground, thinned: keeps a name readable where a line runs under it."""
        return "rgba(20,24,27,0.65)" if self.ground == "#14181B" else "rgba(255,255,255,0.65)"

    def label(self, thing: str) -> str:
        """The accent as text."""
        return self.labels.get(thing, self.line(thing))


LIGHT = Palette("#1D2226", "#626A71", "#E6E9EB", "#FFFFFF", "#6B7177", ACCENTS, {"direct": "#9A6A00"})
DARK = Palette(
    "#E6E9EB",
    "#9AA3AA",
    "#2B3237",
    "#14181B",
    "#A6AEB4",
    # The same blue, lifted until it can be read on a dark ground.
    {**ACCENTS, "self_service_first": "#4FA8DB"},
    {},
)


def palette(ground: str) -> Palette:
    """``light`` or ``dark``."""
    return DARK if ground == "dark" else LIGHT


@lru_cache
def template(ground: str) -> go.layout.Template:
    """Font, grid and margins of every figure on one ground."""
    colours = palette(ground)
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.grid,
        "tickfont": {"color": colours.muted, "size": 12},
        "title": {"font": {"color": colours.muted, "size": 12}},
        "automargin": True,
        "fixedrange": True,
    }
    layout = go.Layout(
        font={"family": "Inter, Source Sans, system-ui, sans-serif", "size": 13, "color": colours.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={
            **axis,
            "showgrid": False,
            "ticklabelstandoff": 6,
            "spikecolor": colours.muted,
            "spikethickness": 1,
            "spikedash": "dot",
        },
        yaxis=axis,
        showlegend=False,
        hovermode="x unified",
        hoverlabel={"bgcolor": colours.ground, "bordercolor": colours.grid, "font": {"color": colours.text}},
        bargap=0.25,
        bargroupgap=0.06,
        dragmode=False,
    )
    return go.layout.Template(layout=layout)
