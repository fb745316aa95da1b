"""What every page gets from the page script: who looks, in which language, on which ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

from dashboard import context, push
from dashboard.access import Viewer
from dashboard.parts.theme import palette
from dashboard.style import Look

_STYLE = Path(__file__).parent / "style.css"
VERSION = push.Source(context.version, (), every_s=0.1)


@dataclass(frozen=True)
class Frame(Look):
    """One run of a page for one viewer."""

    viewer: Viewer

    @property
    def look(self) -> Look:
        """Without the viewer: what two viewers of the same rows can share."""
        return Look(self.language, self.ground)


def ground() -> str:
    """``light`` or ``dark``, as the viewer's browser asks for."""
    return "dark" if st.context.theme.type == "dark" else "light"


def put_style(ground: str) -> None:
    """Our own elements' style, with the colours of the ground."""
    st.html(_style(ground))


@lru_cache
def _style(ground: str) -> str:
    colours = palette(ground)
    dark = ground == "dark"
    names = {
        "ground": colours.ground,
        "muted": colours.muted,
        "line": "#343B40" if dark else "#DDE1E4",
        "case": "#1E2428" if dark else "#EEF0F2",
        # Okabe–Ito yellow, thinned: seen at a glance, readable under the text.
        "mark": "rgba(240,228,66,0.35)" if dark else "rgba(240,228,66,0.75)",
        "alarm-text": "#FF8A4C" if dark else "#B84E00",
    }
    variables = "".join(f"--svar-{name}:{value};" for name, value in names.items())
    return f"<style>:root{{{variables}}}\n{_STYLE.read_text()}</style>"


def redraw_when_changed(shown: str) -> None:
    """Keeps an open page up to date. To be called last by a page, with the version it has drawn."""
    push.watch(VERSION, shown)
