"""Who really differs? Teams, agents, topics or partners beside each other, as far as their numbers carry."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import cached_figures, context, queries
from dashboard.frame import Frame, redraw_when_changed
from dashboard.pages.groups.tables import standing_rows
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.filters import Filters, filter_row
from dashboard.parts.tables import html_table
from metrics.inference.base import thresholds
from metrics.wording import ranking


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("groups.title"), anchor=False)
    head = st.container()
    filters = filter_row(queries.choices(version, frame.viewer.scope), say, frame.formats)
    if filters is None:
        st.html(empty_state(say("groups.empty_title"), say("groups.empty_text")))
    else:
        _draw(version, filters, frame, head)
    redraw_when_changed(version)


def _draw(version: str, filters: Filters, frame: Frame, head: st.delta_generator.DeltaGenerator) -> None:
    say, formats, scope = frame.words, frame.formats, frame.viewer.scope
    kinds = [kind for kind in queries.GROUP_KINDS if kind != "partner" or frame.viewer.partner is None]
    with st.container(horizontal=True, gap="medium"):
        names = {kind: say(f"groups.by_{kind}") for kind in kinds}
        by = _choice("svar-groups-by", say("groups.choose_by"), names)
        names = {metric: say(f"metric.{metric}") for metric in queries.GROUP_METRICS}
        metric = _choice("svar-groups-metric", say("groups.choose_metric"), names)
    found = queries.groups(version, scope, filters, (metric, by))
    if not found.groups:
        st.html(empty_state(say("empty.filter_title"), say("empty.filter_text")))
        return
    period = formats.period(filters.start, filters.end)
    head.html(answer(ranking.sentence(found, frame.language), say("groups.period", period=period)))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(say("groups.funnel"), anchor=False)
        figure = cached_figures.funnel(version, scope, filters, (metric, by), frame.look)
        chart(figure, say("groups.funnel"), "svar-funnel")
        st.caption(say("groups.funnel_note" if found.funnel else "groups.no_funnel", n=thresholds.RANKED))
    with right:
        st.subheader(say("groups.table"), anchor=False)
        st.html(html_table(*standing_rows(found, frame), text_columns=1))
        key = "groups.not_ranked" if by == "agent" else "groups.table_note"
        st.caption(say(key, few=thresholds.TOO_FEW, shrunk=thresholds.SHRUNK))


def _choice(key: str, label: str, names: Mapping[str, str]) -> str:
    """One of several, by its code."""
    first = next(iter(names))
    if st.session_state.get(key) not in names:
        st.session_state[key] = first
    # In a box of its own it goes on in a second line where the screen is narrow.
    with st.container(width="content"):
        chosen: str | None = st.segmented_control(
            label,
            list(names),
            key=key,
            required=True,
            format_func=names.__getitem__,
            label_visibility="collapsed",
        )
    return chosen or first
