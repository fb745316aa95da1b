"""What is behind the scores? What goes with them, why customers are dissatisfied, and their own words."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import context, queries
from dashboard.frame import Frame
from dashboard.pages.reasons import figures
from dashboard.pages.reasons import queries as whys
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.filters import filter_row
from dashboard.parts.tables import html_table
from metrics.analysis import comments
from metrics.analysis import drivers as score_drivers
from metrics.inference.answers.comments import Theme
from metrics.inference.answers.drivers import NOTE
from metrics.inference.base.missing import reason_text
from metrics.inference.groups.funnel import FALSE_SHARE
from metrics.wording import drivers

THEMES = 10  # shown of those that pull down, and of those that pull up
OPENED = "svar-search"


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("reasons.title"), anchor=False)
    head = st.container()
    filters = filter_row(queries.choices(version, frame.viewer.scope), say, frame.formats)
    if filters is None:
        st.html(empty_state(say("reasons.empty_title"), say("reasons.empty_text")))
        return
    as_of = context.today()
    found = whys.drivers(frame.viewer.scope, filters, as_of)
    period = frame.formats.period(filters.start, filters.end)
    head.html(answer(drivers.sentence(found.everybody, frame.language), say("reasons.note", period=period)))
    _drivers(found, frame)
    reading = whys.reading(frame.viewer.scope, filters)
    _dissatisfied(reading, frame)
    _themes(reading, frame)
    _search(reading, frame)


def _drivers(found: score_drivers.Found, frame: Frame) -> None:
    say, number = frame.words, frame.formats.number
    left, right = st.columns(2, gap="large")
    for column, part, key in ((left, found.everybody, "everybody"), (right, found.asked, "asked")):
        with column:
            st.subheader(say(f"reasons.{key}"), anchor=False)
            if part.reason:
                st.caption(f"{reason_text(part.reason, frame.language)} (n = {number(part.n)})")
                continue
            figure = figures.drivers(part.drivers, frame.look)
            chart(figure, say(f"reasons.{key}"), f"svar-drivers-{key}")
            explained = frame.formats.share(part.explained.value, 0)
            st.caption(say("reasons.explained", n=number(part.n), share=explained))
    if found.unknown:
        names = ", ".join(drivers.DRIVERS[name][frame.language] for name in found.unknown)
        st.caption(say("reasons.unknown", names=names))
    scanned = f" {say('reasons.scanned')}" if found.source == "facts" else ""
    st.caption(f"{say('reasons.arrows')} {NOTE[frame.language]}{scanned}")


def _dissatisfied(reading: comments.Reading, frame: Frame) -> None:
    say, number = frame.words, frame.formats.number
    st.subheader(say("reasons.dissatisfied"), anchor=False)
    given = reading.reasons[0].share.n
    if all(reason.share.value is None for reason in reading.reasons):
        st.caption(say("reasons.too_few", n=number(given)))
        return
    figure = figures.reasons(reading.reasons, frame.look)
    chart(figure, say("reasons.dissatisfied"), "svar-why")
    st.caption(say("reasons.coded", n=number(given)))


def _themes(reading: comments.Reading, frame: Frame) -> None:
    say = frame.words
    telling = [theme for theme in reading.themes if theme.p <= FALSE_SHARE]
    if not telling:
        return
    st.subheader(say("reasons.themes"), anchor=False)
    left, right = st.columns(2, gap="large")
    for column, sign, key in ((left, -1, "down"), (right, 1, "up")):
        with column:
            st.markdown(f"**{say(f'reasons.themes_{key}')}**")
            rows = [_theme(theme, frame) for theme in telling if sign * theme.pull > 0][:THEMES]
            header = [say(f"reasons.{name}") for name in ("word", "mean", "count")]
            st.html(html_table(header, rows, text_columns=1))
    st.caption(say("reasons.themes_note"))


def _theme(theme: Theme, frame: Frame) -> list[str]:
    number, mean = frame.formats.number, theme.mean
    interval = "" if mean.low is None else f" ({number(mean.low, 1)}–{number(mean.high, 1)})"
    return [theme.term, f"{number(mean.value, 1)}{interval}", number(theme.n)]


def _search(reading: comments.Reading, frame: Frame) -> None:
    say, number = frame.words, frame.formats.number
    st.subheader(say("reasons.search"), anchor=False)
    query = st.text_input(
        say("reasons.search_label"),
        key=OPENED,
        placeholder=say("reasons.search_hint"),
        label_visibility="collapsed",
        max_chars=200,
    )
    if not query.strip():
        st.caption(say("reasons.read", there=number(reading.there), read=number(len(reading.read))))
        return
    hits = comments.find(frame.viewer.scope, reading.read, query)
    if hits.hidden:
        st.caption(say("reasons.few_hits"))
        return
    st.caption(say("reasons.hits", n=number(hits.number), shown=number(len(hits.shown))))
    low = context.settings().dissatisfied_to
    st.html(f'<div class="svar-answers">{"".join(_remark(each, low, frame) for each in hits.shown)}</div>')


def _remark(remark: comments.Remark, low: int, frame: Frame) -> str:
    """One comment: score, words, day and topic. No agent: a comment is about a case, not about a person."""
    css = "svar-score svar-low" if remark.score <= low else "svar-score"
    where = " · ".join(part for part in (frame.formats.day(remark.day), remark.topic, remark.partner) if part)
    text = escape(remark.text).replace("\n", "<br>")
    return (
        f'<div><span class="{css}">{remark.score}</span><span>{text}</span>'
        f'<span class="svar-sub">{escape(where)}</span></div>'
    )
