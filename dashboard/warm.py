"""Doing once, before the first viewer, what would otherwise be loaded while somebody waits.

It matters for every later look too: Streamlit ends each run of a page with a full garbage collection, and
the frame takes what is loaded by now out of its sight. Plotly's validators and Babel's locales alone
are hundreds of thousands of objects, and both load themselves only when they are first needed.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta

import plotly.io
import plotly.tools

import dashboard.pages
from dashboard import context
from dashboard.parts.cards import ROUTES
from dashboard.parts.figures import course, dots, histogram
from dashboard.style import Look
from metrics import Scope, Value
from texts.languages import languages


def warm_up() -> None:
    """Import every page, and draw every kind of figure once in each language and on each ground."""
    for module in pkgutil.walk_packages(dashboard.pages.__path__, "dashboard.pages."):
        importlib.import_module(module.name)
    for needed in ("pandas", "PIL.PngImagePlugin"):  # Streamlit loads them at the first page
        importlib.import_module(needed)
    context.reader(Scope.everything()).days()
    for language in languages():
        for ground in ("light", "dark"):
            _draw_everything(Look(language, ground))


def _draw_everything(look: Look) -> None:
    now = datetime.now(UTC)
    days = [(now - timedelta(days=day)).date().isoformat() for day in range(3)]
    lines = {route: [_value({"day": day, "team": day}) for day in days] for route in ROUTES}
    figures = [
        course("csat_index", lines, look, dim="day"),
        histogram({route: list(range(10)) for route in ROUTES}, look),
        dots("csat", lines["direct"], "team", _value({}), look),
    ]
    for figure in figures:
        plotly.io.to_json(plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True))
    look.formats.moment(now)
    look.formats.long_day(now.date())


def _value(dims: dict[str, str]) -> Value:
    return Value("csat_index", dims, 60.0, 100, 55.0, 65.0, "")
