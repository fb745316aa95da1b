"""Putting a figure on a page: without tool bar or zoom, and with its numbers for those who cannot see it."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

# What Plotly is handed: no tool bar, no zooming by accident while scrolling a phone.
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}
SPOKEN, STATEMENTS = 12, 40  # points read out of each line, the last ones; and of a figure in all


def chart(figure: go.Figure, title: str, key: str) -> None:
    """A figure; ``title`` is what it is called where it is read out."""
    st.plotly_chart(figure, theme=None, config=CONFIG, key=key, alt=spoken(figure, title))


def spoken(figure: go.Figure, title: str) -> str:
    """The title, and of each point what is said when somebody points at it."""
    said = []
    for trace in figure.data:
        if trace.customdata is None or not len(trace.customdata) or not trace.hovertemplate:
            continue
        wording = str(trace.hovertemplate).replace("<extra></extra>", "")
        points = list(zip(trace.x, trace.customdata, strict=False))[-SPOKEN:]
        placed = trace.type == "bar" or str(points[0][0])[:4].isdigit()  # scores, days: not said by the text
        texts = [(at, wording.replace("%{customdata}", str(text))) for at, text in points]
        said += [f"{at}: {text}" if placed else text for at, text in texts]
    return f"{title.rstrip('.:')}{'' if title.endswith('?') else ':'} {'; '.join(said[:STATEMENTS])}"
