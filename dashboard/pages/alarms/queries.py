"""What the alarm page asks: series beside what was expected of them, and alarms as people left them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from dashboard import context
from dashboard.pages.alarms import figures
from dashboard.queries import KEPT, shared
from dashboard.style import Look
from metrics import Scope
from metrics.analysis.alarms import finding, look
from metrics.analysis.explain_alarm import Inside, inside
from metrics.analysis.series import Day, Watched
from metrics.inference.over_time.alarms import FALSE_ALARMS, Cause, group
from metrics.wording import alarms
from store.metric_alarms import StoredAlarm, stored

DAYS_DRAWN = 42


@dataclass(frozen=True)
class Case:
    """A cause with what people did about each of its alarms."""

    cause: Cause
    rows: tuple[StoredAlarm, ...]

    @property
    def open(self) -> bool:
        """Somebody has still to close one of its alarms."""
        return any(row.open for row in self.rows)

    @property
    def goes_on(self) -> bool:
        """The figures are not ordinary again."""
        return any(not row.over_on for row in self.rows)

    @property
    def acknowledged_by(self) -> str:
        """Who looks into it; "" while nobody does."""
        return next((row.acknowledged_by for row in self.rows if row.acknowledged_at), "")

    @property
    def acts(self) -> bool:
        """It calls for action: something went the wrong way."""
        return any(alarm.bad for alarm in self.cause.alarms)


@shared
def all_watched(version: str, scope: Scope, today: date) -> Watched:  # noqa: ARG001
    """Every series, up to today."""
    return look(context.reader(scope), context.settings(), today)


@shared
def course(version: str, scope: Scope, today: date, series: str, look: Look) -> go.Figure:
    """A series and what was expected of it."""
    days: Sequence[Day] = all_watched(version, scope, today).course(series, DAYS_DRAWN)
    return figures.course(days, unit(series), look)


# Days that are over hardly change, and their comments take a scan: asked anew every ten minutes.
@st.cache_resource(ttl=600, max_entries=KEPT, show_spinner=False, hash_funcs={Scope: repr})
def within(scope: Scope, dims: tuple[tuple[str, str], ...], first: date, last: date) -> Inside:
    """What differs inside, on the days of a cause."""
    return inside(context.reader(scope), context.settings(), dims, first, last)


def cases() -> list[Case]:
    """Causes with their alarms, full alarms and the strongest first. Not kept: people act on them."""
    rows = {row.key: row for row in stored(context.store())}
    causes = group([finding(row) for row in rows.values()])
    return [Case(cause, tuple(rows[alarm.key] for alarm in cause.alarms)) for cause in causes]


def unit(series: str) -> str:
    """The unit in which a series is written."""
    return alarms.NAMES[series.partition("|")[0]][0]


__all__ = ["DAYS_DRAWN", "FALSE_ALARMS", "Case", "all_watched", "cases", "course", "unit", "within"]
