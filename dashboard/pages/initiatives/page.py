"""Which measures spare customers a contact? How many contacts fewer each has given, and what to expect."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import context
from dashboard.frame import Frame, redraw_when_changed
from dashboard.pages.initiatives import figures, form, queries
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.tables import html_table
from metrics.analysis.initiatives import History, Outcome
from metrics.inference.base.results import Estimate
from metrics.wording import initiatives
from texts.formats import MISSING


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("initiatives.title"), anchor=False)
    today = context.today()
    past = queries.past(version, frame.viewer.scope, today)
    if past is None:
        st.html(empty_state(say("initiatives.empty_title"), say("initiatives.empty_text")))
    else:
        _draw(version, past, today, frame)
    redraw_when_changed(version)


def _draw(version: str, past: History, today: date, frame: Frame) -> None:
    say = frame.words
    registered = queries.registered()
    outcomes = queries.measured(version, frame.viewer.scope, today, registered)
    head = st.container()
    if not outcomes:
        st.html(empty_state(say("initiatives.none_title"), say("initiatives.none_text")))
    else:
        note = say("initiatives.note", day=frame.formats.day(past.last, year=True))
        head.html(answer(_sentence(outcomes, frame), note))
        if any(outcome.impact.avoided.low is not None for outcome in outcomes):
            figure = figures.ranking(outcomes, frame.look)
            chart(figure, say("initiatives.title"), "svar-ranking")
            st.caption(say("initiatives.ranking_note"))
        st.html(html_table(*_rows(outcomes, frame), text_columns=3))
        for outcome in outcomes:
            _details(outcome, frame)
    form.show(past, registered, frame)


def _sentence(outcomes: list[Outcome], frame: Frame) -> str:
    say = frame.words
    best = next((o for o in outcomes if not o.impact.reason and (o.impact.avoided.value or 0) > 0), None)
    if best is None:
        return say("initiatives.nothing")
    text = initiatives.sentence(best, frame.language)
    return say("initiatives.best", name=best.initiative.name, text=text)


def _rows(outcomes: list[Outcome], frame: Frame) -> tuple[list[str], list[list[str]]]:
    say, formats = frame.words, frame.formats
    names = ("name", "topic", "launched", "avoided", "effect", "saved", "cost", "place")
    header = [say(f"initiatives.{name}") for name in names]
    per_cent = frame.formats.percent
    rows = []
    for outcome in outcomes:
        measure, found = outcome.initiative, outcome.impact
        cost = None if measure.cost_minor is None else measure.cost_minor / 100
        rows.append([
            measure.name,
            ", ".join(measure.topics),
            formats.day(measure.launched, year=True),
            _avoided(outcome, frame),
            _interval(found.effect, 100, frame, unit=per_cent),
            _interval(found.money, 1, frame, unit="\u00a0kr"),
            MISSING if cost is None else f"{formats.number(cost)}\u00a0kr",
            _place(outcome, frame),
        ])  # fmt: skip
    return header, rows


def _avoided(outcome: Outcome, frame: Frame) -> str:
    """The contacts spared, or when there will be a number."""
    say, day = frame.words, outcome.measurable_from
    if outcome.impact.avoided.value is not None:
        return _interval(outcome.impact.avoided, 1, frame)
    if outcome.ahead:
        return say("initiatives.proposed")
    if outcome.long_enough_before and day is not None and day > outcome.until:
        return say("initiatives.from", day=frame.formats.day(day))
    return say("initiatives.unmeasurable")


def _interval(estimate: Estimate, factor: int, frame: Frame, unit: str = "") -> str:
    """A number with its limits; a dash where there is none."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return MISSING
    value, low, high = (
        frame.formats.rounded(factor * number) for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value}{unit} ({low} {frame.words('initiatives.to')} {high})"


def _place(outcome: Outcome, frame: Frame) -> str:
    """Its place among those that have a number, and the places it may as well have."""
    ranked = outcome.ranked
    if ranked is None or ranked.place is None or ranked.low is None or ranked.high is None:
        return frame.words("initiatives.no_place")
    if ranked.low == ranked.high:
        return str(ranked.place)
    return f"{ranked.place} ({ranked.low}–{ranked.high})"


def _details(outcome: Outcome, frame: Frame) -> None:
    say, formats, found = frame.words, frame.formats, outcome.impact
    measure = outcome.initiative
    with st.expander(f"**{measure.name}** · {measure.owner}"):
        st.html(answer(initiatives.sentence(outcome, frame.language), ""))
        if outcome.weeks.days:
            figure = figures.course(outcome, frame.look)
            chart(figure, measure.name, f"svar-course-{measure.initiative_id}")
        lines = []
        if found.placebo_dates is not None:
            lines.append(say("initiatives.placebo_dates", share=formats.share(found.placebo_dates)))
        if found.placebo_topics is not None:
            lines.append(say("initiatives.placebo_topics", n=found.placebo_topics, all=found.topics_tried))
        if outcome.net.value is not None:
            lines.append(say("initiatives.net", net=_interval(outcome.net, 1, frame, unit="\u00a0kr")))
        if outcome.forecast is not None:
            lines.append(form.expectation(outcome.forecast, measure.assumed_effect or 0.0, frame))
        for line in lines:
            st.caption(line)
        form.change(measure, frame)
