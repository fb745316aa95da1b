"""Who is asked, and who answers? What the silent may mean for the score, by cell, and by agent."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard import cached_figures, context, queries
from dashboard.frame import Frame, redraw_when_changed
from dashboard.pages.groups.tables import flagged_rows, heard_rows
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.filters import Filters, filter_row
from dashboard.parts.tables import html_table
from metrics.wording import response

CUTS = ("topic", "team", "channel", "partner")


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("heard.title"), anchor=False)
    head = st.container()
    filters = filter_row(queries.choices(version, frame.viewer.scope), say, frame.formats)
    if filters is None:
        st.html(empty_state(say("heard.empty_title"), say("heard.empty_text")))
    else:
        _draw(version, filters, frame, head)
    redraw_when_changed(version)


def _draw(version: str, filters: Filters, frame: Frame, head: st.delta_generator.DeltaGenerator) -> None:
    say, scope = frame.words, frame.viewer.scope
    cuts = [cut for cut in CUTS if cut != "partner" or frame.viewer.partner is None]
    by = st.session_state.get("svar-asked-by")
    found = queries.who_answers(version, scope, filters, by if by in cuts else cuts[0])
    if not found.cells:
        st.html(empty_state(say("empty.filter_title"), say("empty.filter_text")))
        return
    first, *others = response.score_sentences(found.weighted, frame.language)
    period = say("heard.period", period=frame.formats.period(filters.start, filters.end))
    head.html(answer(first, period))
    if found.weighted.worst_low is not None:
        figure = cached_figures.worst_case(version, scope, filters, frame.look)
        chart(figure, first, "svar-worst")
        st.html("".join(answer("", sentence) for sentence in others))
    _episodes(filters, frame)
    _agents(version, filters, frame)
    st.subheader(say("heard.cells"), anchor=False)
    if by not in cuts:
        st.session_state["svar-asked-by"] = cuts[0]
    st.segmented_control(
        say("heard.choose"),
        cuts,
        key="svar-asked-by",
        required=True,
        format_func=lambda cut: say(f"groups.by_{cut}"),
        label_visibility="collapsed",
    )
    st.html(html_table(*heard_rows(found, frame), text_columns=1))
    st.caption(f"{say('heard.cells_note')} {_still_coming(filters, frame)}")


def _still_coming(filters: Filters, frame: Frame) -> str:
    """That answers are still coming in, where the period reaches into the days of which that is so."""
    window = timedelta(hours=context.settings().answer_window_h)
    if filters.end < (context.now() - window).astimezone(context.settings().zone).date():
        return ""
    hours = frame.formats.number(context.settings().answer_window_h)
    return frame.words("scorecard.window", hours=hours)


def _episodes(filters: Filters, frame: Frame) -> None:
    """The bias of the 24-hour rule, when somebody wants to know: it reads every contact of the period."""
    say = frame.words
    if st.toggle(say("heard.episodes"), key="svar-episodes", help=say("heard.episodes_help")):
        day = context.now().date()
        found = queries.by_episode(day, frame.viewer.scope, filters)
        st.html(answer("", response.episode_sentence(found, frame.language)))


def _agents(version: str, filters: Filters, frame: Frame) -> None:
    say = frame.words
    st.subheader(say("heard.agents"), anchor=False)
    if st.toggle(say("heard.by_topic"), key="svar-asked-by-topic", help=say("heard.by_topic_help")):
        found, note = queries.asked_by_topic(context.today(), frame.viewer.scope, filters), "topics_note"
    else:
        found, note = queries.who_is_asked(version, frame.viewer.scope, filters), "agents_note"
    sentences = response.agent_sentences(found, frame.language)
    st.html(answer(" ".join(sentences), say(f"heard.{note}")))
    header, rows = flagged_rows(found, frame)
    if rows:
        st.html(html_table(header, rows))
