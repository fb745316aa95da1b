"""Do we reach our targets? Each with where it stands, and how likely it is reached by its date."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import context
from dashboard.frame import Frame, redraw_when_changed
from dashboard.pages.targets import form, queries
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.tables import html_table
from metrics.analysis.targets import Standing
from metrics.catalog import catalog
from metrics.inference.base.results import Estimate
from metrics.inference.over_time.targets import OFF_TRACK, ON_TRACK, REACHED, UNCERTAIN
from metrics.wording import targets
from metrics.wording.numbers import level
from texts.formats import MISSING

STATES = (REACHED, ON_TRACK, UNCERTAIN, OFF_TRACK)
_MARKS = {REACHED: "✓", ON_TRACK: "↗", UNCERTAIN: "?", OFF_TRACK: "✗", "": "–"}


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("targets.title"), anchor=False)
    today = context.today()
    found = queries.all_standings(version, frame.viewer.scope, today)
    if not found:
        st.html(empty_state(say("targets.empty_title"), say("targets.empty_text")))
    else:
        st.html(answer(_sentence(found, frame), say("targets.note")))
        st.html(html_table(*_rows(found, frame), text_columns=3))
        for standing in found:
            _details(version, standing, today, frame)
    form.show(version, frame)
    redraw_when_changed(version)


def _sentence(found: list[Standing], frame: Frame) -> str:
    say = frame.words
    good = sum(standing.outlook.status in (REACHED, ON_TRACK) for standing in found)
    bad = sum(standing.outlook.status == OFF_TRACK for standing in found)
    return say("targets.sentence", good=good, all=len(found), bad=bad)


def _rows(found: list[Standing], frame: Frame) -> tuple[list[str], list[list[str]]]:
    say = frame.words
    names = ("what", "owner", "outlook", "baseline", "now", "goal", "at_date", "by")
    rows = []
    for standing in found:
        goal = standing.goal
        rows.append([
            _name(standing, frame),
            goal.owner or MISSING,
            f"{_MARKS[standing.outlook.status]} {_state(standing, frame)}",
            _number(goal.metric, goal.baseline, frame),
            _interval(goal.metric, standing.level, frame),
            _number(goal.metric, goal.target, frame),
            _interval(goal.metric, standing.outlook.at_date, frame),
            frame.formats.day(goal.by, year=True),
        ])  # fmt: skip
    return [say(f"targets.{name}") for name in names], rows


def _name(standing: Standing, frame: Frame) -> str:
    goal = standing.goal
    where = ", ".join(
        frame.words.named(dim, value) if dim == "channel" else value for dim, value in goal.filters
    )
    known = catalog.metrics().get(goal.metric)
    name = known.name[frame.language] if known else goal.metric
    return f"{name}: {where}" if where else name


def _state(standing: Standing, frame: Frame) -> str:
    if standing.outlook.status in STATES:
        return frame.words(f"targets.{standing.outlook.status}")
    return frame.words("targets.unknown")


def _number(metric: str, value: float | None, frame: Frame) -> str:
    if value is None:
        return MISSING
    known = catalog.metrics().get(metric)
    return level(value, known.unit if known else "number", frame.language)


def _interval(metric: str, estimate: Estimate, frame: Frame) -> str:
    if estimate.value is None:
        return MISSING
    text = _number(metric, estimate.value, frame)
    if estimate.low is None or estimate.high is None:
        return text
    low, high = (_number(metric, limit, frame) for limit in (estimate.low, estimate.high))
    return f"{text} ({low} – {high})"


def _details(version: str, standing: Standing, today: date, frame: Frame) -> None:
    goal = standing.goal
    with st.expander(f"**{_name(standing, frame)}** · {goal.owner or MISSING}"):
        head = targets.headline(standing, frame.language)
        st.html(answer(f"{head}. {targets.sentence(standing, frame.language)}", ""))
        for text in targets.problem_texts(standing, frame.language):
            st.caption(f"△ {text}")
        if standing.weeks and any(week.value.low is not None for week in standing.weeks):
            figure = queries.course(version, frame.viewer.scope, today, goal.target_id, frame.look)
            chart(figure, _name(standing, frame), f"svar-target-{goal.target_id}")
            st.caption(frame.words("targets.figure_note"))
        form.withdrawing(goal, frame)
