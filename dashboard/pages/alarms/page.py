"""Is anything wrong? What is out of the ordinary, by cause, and what people did about it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import escape

import streamlit as st

from dashboard import context
from dashboard.actor import doer
from dashboard.frame import Frame, redraw_when_changed
from dashboard.pages.alarms import queries
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.charts import chart
from dashboard.parts.tables import html_table
from metrics.analysis.explain_alarm import days_of
from metrics.analysis.series import Watched
from metrics.inference.answers.distinctive import Excess
from metrics.inference.base.missing import reason_text
from metrics.inference.over_time.alarms import Alarm
from metrics.wording import alarms
from store.deeds import deeds
from store.metric_alarms import SUBJECT, acknowledge, close, reopen

EXCESSES = 3  # shown of each part
WORDS = 6


def show(frame: Frame) -> None:
    version = context.version()
    say = frame.words
    st.title(say("alarms.title"), anchor=False)
    today = context.today()
    watched = queries.all_watched(version, frame.viewer.scope, today)
    if not watched.series:
        st.html(empty_state(say("alarms.empty_title"), say("alarms.empty_text")))
    else:
        _draw(version, watched, today, frame)
    redraw_when_changed(version)


def _draw(version: str, watched: Watched, today: date, frame: Frame) -> None:
    say = frame.words
    cases = queries.cases()
    calling = [case for case in cases if case.open and case.acts]
    other = [case for case in cases if case.open and not case.acts]
    unwatched = watched.unwatched()
    note = say(
        "alarms.note",
        series=frame.formats.number(len(watched.series) - len(unwatched)),
        false=frame.formats.number(queries.FALSE_ALARMS),
    )
    st.html(answer(_sentence(calling, frame), note))
    for case in calling:
        _case(version, case, today, frame)
    if other:
        st.subheader(say("alarms.other"), anchor=False)
        for case in other:
            _case(version, case, today, frame)
    closed = [case for case in cases if not case.open]
    if closed:
        with st.expander(say("alarms.closed", n=len(closed))):
            for case in closed:
                _closed(case, frame)
    if unwatched:
        with st.expander(say("alarms.unwatched", n=len(unwatched))):
            _unwatched(unwatched, frame)


def _sentence(calling: list[queries.Case], frame: Frame) -> str:
    """Whether something is wrong now, and what waits for somebody since it was."""
    say, number = frame.words, frame.formats.number
    going_on = [case for case in calling if case.goes_on]
    past = len(calling) - len(going_on)
    full = sum(case.cause.full for case in going_on)
    parts = [say("alarms.calm")]
    if going_on:
        parts = [say(f"alarms.now_{_count(len(going_on))}", n=number(len(going_on)))]
        if full:
            parts.append(say(f"alarms.full_{_count(full)}", n=number(full)))
        parts.append(alarms.sentence(going_on[0].cause.alarms[0], frame.language))
    if past:
        parts.append(say(f"alarms.past_{_count(past)}", n=number(past)))
    return " ".join(parts)


def _count(number: int) -> str:
    return "one" if number == 1 else "many"


def _case(version: str, case: queries.Case, today: date, frame: Frame) -> None:
    say = frame.words
    strongest = case.cause.alarms[0]
    with st.container(border=True):
        heading = ", ".join(value for _, value in case.cause.shared) or alarms.name(strongest, frame.language)
        badge = say("alarms.full") if case.cause.full else ""
        st.markdown(f"#### {':red[' + badge + '] · ' if badge else ''}{heading}")
        st.html("".join(_line(case, alarm, frame) for alarm in case.cause.alarms))
        left, right = st.columns([3, 2], gap="large")
        with left:
            figure = queries.course(version, frame.viewer.scope, today, strongest.series, frame.look)
            chart(figure, alarms.name(strongest, frame.language), f"svar-alarm-{strongest.key}")
        with right:
            _inside(case, today, frame)
        _act(case, frame)


def _line(case: queries.Case, alarm: Alarm, frame: Frame) -> str:
    row = next(row for row in case.rows if row.key == alarm.key)
    over = (
        frame.words("alarms.over", day=frame.formats.day(date.fromisoformat(row.over_on)))
        if row.over_on
        else ""
    )
    return (
        f'<p class="svar-answer">{escape(alarms.sentence(alarm, frame.language))} '
        f'<span class="svar-note">{escape(over)}</span></p>'
    )


def _inside(case: queries.Case, today: date, frame: Frame) -> None:
    say = frame.words
    days = days_of(case.cause, today)
    found = queries.within(frame.viewer.scope, case.cause.shared, *days)
    sign = 1 if case.cause.alarms[0].direction == "up" else -1
    rows = [
        [
            say(f"filter.{part}"),
            say.named(part, excess.name) if part == "channel" else excess.name,
            frame.formats.number(excess.count),
            frame.formats.number(excess.expected),
        ]
        for part, excesses in found.parts.items()
        for excess in _largest(excesses, sign)
    ]
    if rows:
        st.markdown(f"**{say('alarms.inside')}**")
        header = ["", "", say("alarms.counted"), say("alarms.expected_head")]
        st.html(html_table(header, rows, text_columns=2))
    words = [word for word in found.words if word.side == "first"][:WORDS]
    if words:
        st.caption(say("alarms.words", words=", ".join(word.name for word in words)))


def _largest(excesses: tuple[Excess, ...], sign: int) -> list[Excess]:
    """Those that moved with the alarm."""
    return [excess for excess in excesses if sign * excess.excess > 0][:EXCESSES]


def _act(case: queries.Case, frame: Frame) -> None:
    say = frame.words
    open_keys = [row.key for row in case.rows if row.open]
    key = case.cause.alarms[0].key
    who = doer(frame)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if case.acknowledged_by:
            row = next(row for row in case.rows if row.acknowledged_at)
            at = frame.formats.moment(_moment(row.acknowledged_at or 0))
            st.caption(say("alarms.acknowledged", who=case.acknowledged_by, at=at))
        else:
            st.button(
                say("alarms.acknowledge"), key=f"svar-ack-{key}", on_click=_acknowledge, args=(open_keys, who)
            )
        st.text_input(
            say("alarms.note_label"),
            key=f"svar-note-{key}",
            placeholder=say("alarms.note_label"),
            label_visibility="collapsed",
            max_chars=300,
        )
        st.button(
            say("alarms.close"),
            key=f"svar-close-{key}",
            on_click=_close,
            args=(open_keys, who, f"svar-note-{key}"),
        )


def _acknowledge(keys: list[str], who: str) -> None:
    for key in keys:
        acknowledge(context.store(), key, who=who, now=context.now())


def _close(keys: list[str], who: str, note: str) -> None:
    for key in keys:
        close(context.store(), key, who=who, note=str(st.session_state.get(note, "")), now=context.now())


def _reopen(keys: list[str], who: str) -> None:
    for key in keys:
        reopen(context.store(), key, who=who, now=context.now())


def _closed(case: queries.Case, frame: Frame) -> None:
    say = frame.words
    keys = [row.key for row in case.rows]
    for alarm in case.cause.alarms:
        st.markdown(alarms.sentence(alarm, frame.language))
    rows = [
        [frame.formats.moment(_moment(deed.at)), deed.who, say(f"deed.{deed.what}"), deed.note]
        for deed in deeds(context.store(), SUBJECT, keys[:1])
    ]
    st.html(
        html_table(
            [say("alarms.when"), say("alarms.who"), say("alarms.what"), say("alarms.was")],
            rows,
            text_columns=4,
        )
    )
    st.button(say("alarms.reopen"), key=f"svar-reopen-{keys[0]}", on_click=_reopen, args=(keys, doer(frame)))


def _unwatched(unwatched: dict[str, str], frame: Frame) -> None:
    rows = []
    for series, reason in unwatched.items():
        measure, _, where = series.partition("|")
        name = alarms.NAMES[measure][1][frame.language]
        rows.append([name, where.partition("=")[2], reason_text(reason, frame.language)])
    st.html(html_table(["", "", frame.words("alarms.why")], rows, text_columns=3))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
