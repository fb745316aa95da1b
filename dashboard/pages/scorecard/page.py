"""How is one partner doing? Results, how much is known about them, over time and by team."""

from __future__ import annotations

import streamlit as st

from dashboard import cached_figures, context, queries
from dashboard.frame import Frame, redraw_when_changed
from dashboard.parts.cards import answer, empty_state, grid, key_figure
from dashboard.parts.charts import chart
from dashboard.parts.filters import Filters, filter_row
from dashboard.parts.highlight import Marks
from dashboard.parts.measured import enough, interval_text, value_text
from dashboard.parts.tables import html_table, team_rows
from metrics.inference.base import thresholds

RESULTS = ("csat", "handling_time", "hit_rate")
KNOWLEDGE = ("response_rate", "survey_coverage")


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    title = st.container()
    head = st.container()
    filters = filter_row(
        queries.choices(version, frame.viewer.scope),
        say,
        frame.formats,
        ("partner",) if not frame.viewer.partner else (),
    )
    name = frame.viewer.partner or (filters.partner if filters else "") or say("scorecard.everybody")
    title.title(say("scorecard.title", partner=name), anchor=False)
    if filters is None:
        st.html(empty_state(say("scorecard.empty_title"), say("scorecard.empty_text")))
    else:
        _draw(version, filters, frame, head)
    redraw_when_changed(version)


def _draw(version: str, filters: Filters, frame: Frame, head: st.delta_generator.DeltaGenerator) -> None:
    card = queries.scorecard(version, frame.viewer.scope, filters)
    say, formats = frame.words, frame.formats
    if card.empty:
        st.html(empty_state(say("empty.filter_title"), say("empty.filter_text")))
        return
    head.html(
        answer(
            _sentence(card, frame), say("scorecard.period", period=formats.period(filters.start, filters.end))
        )
    )
    marks = Marks(st.session_state, ("scorecard", filters, frame.language))
    st.html(grid([_figure(metric, card, frame, marks) for metric in RESULTS]))
    st.subheader(say("scorecard.knowledge"), anchor=False)
    st.html(grid([_figure(metric, card, frame, marks) for metric in KNOWLEDGE]))
    st.subheader(say("scorecard.weeks"), anchor=False)
    _small_multiples(version, filters, frame)
    _teams(version, card, filters, frame)


def _sentence(card: queries.Scorecard, frame: Frame) -> str:
    say, formats = frame.words, frame.formats
    csat, rate = card.whole["csat"], card.whole["response_rate"]
    if not enough(csat):
        return say("scorecard.too_few", n=formats.number(csat.n))
    return say(
        "scorecard.sentence",
        csat=value_text("csat", csat, say, formats),
        interval=interval_text("csat", csat, formats),
        n=formats.number(csat.n),
        rate=value_text("response_rate", rate, say, formats),
    )


def _figure(metric: str, card: queries.Scorecard, frame: Frame, marks: Marks) -> str:
    say, formats = frame.words, frame.formats
    before = card.before[metric]
    text, interval = value_text(metric, before, say, formats), interval_text(metric, before, formats)
    if metric in KNOWLEDGE:
        note = _makeup(metric, card, frame)
    elif interval:
        note = say("card.before", value=text, interval=interval)
    elif not before.n:
        note = say("card.before_none")
    else:
        note = say("card.before_few", value=text)
    trend = [value.value if enough(value) else None for value in card.weekly.get(metric, [])]
    return key_figure(metric, card.whole[metric], frame, marks, trend=trend, note=note)


def _makeup(metric: str, card: queries.Scorecard, frame: Frame) -> str:
    """What belongs beside a share: what it is a share of."""
    parts, number = card.whole[metric].parts, frame.formats.number
    if metric == "response_rate":
        names = ("eligible", "sent", "delivered", "scored")
        line = frame.words("scorecard.response", **{name: number(parts.get(name)) for name in names})
        if coming := parts.get("still_coming"):
            hours = number(context.settings().answer_window_h)
            line += f". {frame.words('scorecard.still_coming', n=number(coming), hours=hours)}"
        return line
    named = ", ".join(
        f"{frame.words.named('reason', code)} {number(count)}" for code, count in queries.not_asked(parts)
    )
    line = frame.words(
        "scorecard.coverage", **{name: number(parts.get(name)) for name in ("asked", "eligible", "contacts")}
    )
    return f"{line} {frame.words('scorecard.reasons', reasons=named)}" if named else line


def _small_multiples(version: str, filters: Filters, frame: Frame) -> None:
    for row in (RESULTS, KNOWLEDGE):
        for column, metric in zip(st.columns(len(row), gap="large"), row, strict=True):
            with column:
                name = frame.words(f"metric.{metric}")
                st.markdown(f"**{name}**")
                figure = cached_figures.weekly(version, frame.viewer.scope, filters, metric, frame.look)
                chart(figure, f"{name}, {frame.words('scorecard.weeks')}", f"svar-week-{metric}")
    st.caption(frame.words("scorecard.band", n=thresholds.TOO_FEW))


def _teams(version: str, card: queries.Scorecard, filters: Filters, frame: Frame) -> None:
    say = frame.words
    st.subheader(say("scorecard.teams"), anchor=False)
    columns = st.columns(len(RESULTS), gap="large")
    for column, metric in zip(columns, RESULTS, strict=True):
        with column:
            st.markdown(f"**{say(f'metric.{metric}')}**")
            figure = cached_figures.teams(version, frame.viewer.scope, filters, metric, frame.look)
            chart(figure, f"{say(f'metric.{metric}')}, {say('scorecard.teams')}", f"svar-team-{metric}")
    st.caption(say("scorecard.dots"))
    st.html(html_table(*team_rows(card, frame), text_columns=1))
