"""Self-service first or direct? The answer, the figures that prove it, and the table to check it with."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import cached_figures, context, queries
from dashboard.frame import Frame, redraw_when_changed
from dashboard.parts.cards import answer, comparison_card, empty_state, grid
from dashboard.parts.charts import chart
from dashboard.parts.filters import Filters, filter_row
from dashboard.parts.highlight import Marks
from dashboard.parts.tables import comparison_csv, comparison_rows, gap_rows, html_table
from metrics.inference.base import thresholds
from metrics.inference.base.thresholds import RANKED
from metrics.wording.sentences import alike_sentence


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("comparison.title"), anchor=False)
    head = st.container()
    filters = filter_row(queries.choices(version, frame.viewer.scope), say, frame.formats)
    if filters is None:
        st.html(empty_state(say("comparison.empty_title"), say("comparison.empty_text")))
    else:
        _draw(version, filters, frame, head)
    redraw_when_changed(version)


def _draw(version: str, filters: Filters, frame: Frame, head: st.delta_generator.DeltaGenerator) -> None:
    found = queries.route_comparison(version, frame.viewer.scope, filters)
    say, formats = frame.words, frame.formats
    if found.empty:
        st.html(empty_state(say("empty.filter_title"), say("empty.filter_text")))
        return
    if not found.known:
        unknown = formats.number(max(comparison.unknown for comparison in found.comparisons.values()))
        st.html(empty_state(say("comparison.unknown_title"), say("comparison.unknown_text", n=unknown)))
        return
    index = found.comparisons["csat_index"]
    period = formats.period(filters.start, filters.end)
    head.html(answer(index.sentence(frame.language), say("comparison.period", period=period)))
    marks = Marks(st.session_state, ("comparison", filters, frame.language))
    cards = [comparison_card(metric, found.comparisons[metric], frame, marks) for metric in queries.COMPARED]
    st.html(grid(cards))
    chosen = _choose(frame)
    _alike(version, filters, frame, chosen)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _course(version, filters, frame, chosen)
    with right:
        st.subheader(say("figure.histogram"), anchor=False)
        figure = cached_figures.histogram(version, frame.viewer.scope, filters, frame.look)
        chart(figure, say("figure.histogram"), "svar-histogram")
        st.caption(say("figure.histogram_note"))
    _table(found, filters, frame)


def _choose(frame: Frame) -> str:
    """The metric that the figures below show."""
    say = frame.words
    if "svar-metric" not in st.session_state:
        st.session_state["svar-metric"] = queries.COMPARED[0]
    chosen = st.segmented_control(
        say("comparison.choose"),
        queries.COMPARED,
        key="svar-metric",
        required=True,
        format_func=lambda metric: say(f"metric.{metric}"),
        label_visibility="collapsed",
    )
    return chosen or queries.COMPARED[0]


def _alike(version: str, filters: Filters, frame: Frame, metric: str) -> None:
    """Does self-service irritate, or do harder questions end up there?"""
    say, scope = frame.words, frame.viewer.scope
    found = queries.like_for_like(version, scope, filters, metric)
    adjusted = found.adjusted
    st.subheader(say(f"gap.title_{metric}"), anchor=False)
    if (
        adjusted is None
        or adjusted.split is None
        or min(group.n for group in adjusted.groups.values()) < RANKED
    ):
        st.html(f'<p class="svar-note">{escape(say("gap.few", n=RANKED))}</p>')
        return
    sentence = alike_sentence(adjusted.split, found.labels(frame.language), frame.language)
    support = say("gap.support", share=frame.formats.share(adjusted.support))
    st.html(answer(sentence, f"{support} {say('gap.caveat')}"))
    if adjusted.split.raw is None:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = cached_figures.gap(version, scope, filters, metric, frame.look)
        chart(figure, say(f"gap.title_{metric}"), "svar-gap")
        st.caption(say("gap.note"))
    with right:
        st.markdown(f"**{say('gap.by_topic')}**")
        figure = cached_figures.gap_by_topic(version, scope, filters, metric, frame.look)
        chart(figure, say("gap.by_topic"), "svar-gap-topics")
        st.caption(say("gap.topics_note"))
    with st.expander(say("gap.table")):
        st.html(html_table(*gap_rows(metric, adjusted.split, frame), text_columns=1))


def _course(version: str, filters: Filters, frame: Frame, chosen: str) -> None:
    say = frame.words
    step = queries.over_time(version, frame.viewer.scope, filters, chosen).step
    title = say(f"figure.course_{step}", metric=say(f"metric.{chosen}"))
    st.subheader(title, anchor=False)
    chart(
        cached_figures.over_time(version, frame.viewer.scope, filters, chosen, frame.look),
        title,
        "svar-course",
    )
    st.caption(say("figure.band", n=thresholds.TOO_FEW))


def _table(found: queries.RouteComparison, filters: Filters, frame: Frame) -> None:
    say = frame.words
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(say("table.check"), anchor=False, width="content")
        st.download_button(
            say("table.download"),
            comparison_csv(found, filters),
            file_name=f"svar-{filters.start}-{filters.end}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.html(html_table(*comparison_rows(found, frame)))
    st.caption(say("table.difference_note"))
