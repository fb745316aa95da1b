"""What the page of reasons asks. What it reads row by row is asked at most once a minute."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import context
from dashboard.parts.filters import Filters
from dashboard.queries import KEPT
from metrics import Scope
from metrics.analysis import comments
from metrics.analysis import drivers as score_drivers

FRESH_S = 60
# Not by version: a contact more changes nothing here, and reading everything again takes a second.
minutely = st.cache_resource(
    ttl=FRESH_S, max_entries=KEPT, show_spinner=False, hash_funcs={Scope: repr, Filters: repr}
)


@minutely
def drivers(scope: Scope, filters: Filters, as_of: date) -> score_drivers.Found:
    """What goes with the scores of a period."""
    return score_drivers.find(context.reader(scope), filters.start, filters.end, filters.where, as_of=as_of)


@minutely
def reading(scope: Scope, filters: Filters) -> comments.Reading:
    """What customers wrote in a period, read."""
    settings = context.settings()
    given = comments.remarks(settings, scope, filters.start, filters.end, _where(filters))
    return comments.read(given, dissatisfied_to=settings.dissatisfied_to)


def _where(filters: Filters) -> dict[str, str]:
    return {name: values[0] for name, values in filters.where.items()}
