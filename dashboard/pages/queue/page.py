"""What waits for a person? Customers to call back, and replies that nobody but a person can read.

For team leads alone: here stand texts and numbers. A number is shown where somebody is to be called, and
nowhere else; in what is only to be read, numbers are taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard import context
from dashboard.access import NoAccess
from dashboard.actor import doer
from dashboard.frame import Frame
from dashboard.pages.phone.page import pretty
from dashboard.parts.cards import answer, empty_state
from data.records.identity import without_numbers
from surveys.desk.queue import (
    Waiting,
    handle,
    handled,
    highest,
    put_back,
    settle,
    settled,
    to_call,
    unclear,
    unsettle,
)

LOOK_EVERY_S = 5.0
SHOWN = 20  # of each kind; the next ones come when these are done
LISTED = 500  # looked for; where there are more, the page says so
NONE = "none"


def show(frame: Frame) -> None:
    if frame.viewer.role != "lead":
        raise NoAccess("access.leads_only")
    st.title(frame.words("queue.title"), anchor=False)
    _queue(frame)


@dataclass(frozen=True)
class _Queue:
    """To call, to read, and what was lately done of each."""

    calls: Sequence[Waiting]
    reads: Sequence[Waiting]
    called: Sequence[Waiting]
    was_read: Sequence[Waiting]


@st.cache_resource(ttl=LOOK_EVERY_S - 0.5, max_entries=64, show_spinner=False)
def _waiting(partner: str | None) -> _Queue:
    """Asked once for all viewers of the same partner (None: of all)."""
    store, now = context.store(), context.now()
    return _Queue(
        to_call(store, now, partner, limit=LISTED),
        unclear(store, LISTED, partner),
        handled(store, now, partner, limit=SHOWN),
        settled(store, SHOWN, partner),
    )


@st.fragment(run_every=LOOK_EVERY_S)
def _queue(frame: Frame) -> None:
    say = frame.words
    queue = _waiting(frame.viewer.partner_only)
    if not (queue.calls or queue.reads or queue.called or queue.was_read):
        st.html(answer(say("queue.nothing"), ""))
        st.html(empty_state(say("queue.empty_title"), say("queue.empty_text")))
        return
    st.html(answer(_sentence(len(queue.calls), len(queue.reads), frame), say("queue.note")))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.subheader(say("queue.calls"), anchor=False)
        _listed(queue.calls, frame, "queue.no_calls", _call)
        _lately("queue.done", queue.called, _put_back, frame)
    with right:
        st.subheader(say("queue.reads"), anchor=False)
        _listed(queue.reads, frame, "queue.no_reads", _read)
        _lately("queue.was_read", queue.was_read, _unsettle, frame)


def _lately(title: str, done: Sequence[Waiting], undo: Callable[[str, str], None], frame: Frame) -> None:
    """What was done last, each with the way back."""
    if done:
        with st.expander(frame.words(title, n=frame.formats.number(len(done)))):
            for one in done:
                _done(one, undo, frame)


def _sentence(calls: int, reads: int, frame: Frame) -> str:
    say, number = frame.words, frame.formats.number
    if not calls and not reads:
        return say("queue.nothing")
    parts = [
        say(f"queue.{what}_{'one' if count == 1 else 'many'}", n=number(count) + "+" * (count == LISTED))
        for what, count in (("call", calls), ("read", reads))
        if count
    ]
    return " ".join(parts)


def _listed(
    waiting: Sequence[Waiting], frame: Frame, none: str, draw: Callable[[Waiting, Frame], None]
) -> None:
    say = frame.words
    if not waiting:
        st.html(f'<p class="svar-note">{escape(say(none))}</p>')
    for one in waiting[:SHOWN]:
        with st.container(border=True):
            draw(one, frame)
    if len(waiting) > SHOWN:
        st.caption(say("queue.more", n=frame.formats.number(len(waiting) - SHOWN)))


def _call(one: Waiting, frame: Frame) -> None:
    say = frame.words
    flags = " · ".join(say.named("flag", flag) for flag in one.flags)
    urgent = " svar-low" if one.flags and one.flags[0] in ("emergency", "complaint") else ""
    number = (
        f'<a href="tel:{escape(one.phone)}">{escape(pretty(one.phone))}</a>'
        if one.phone
        else escape(say("queue.no_number"))
    )
    flag = f'<b class="svar-flag{urgent}">{escape(flags)}</b>'
    st.html(
        f'<p class="svar-quote">{flag} {_quoted(one.body, frame)}</p>'
        f'<div class="svar-sub">{number} · {_about(one, frame)}</div>'
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        note = f"svar-queue-note-{one.sid}"
        st.text_input(
            say("queue.what_was_done"),
            key=note,
            placeholder=say("queue.what_was_done"),
            label_visibility="collapsed",
            max_chars=300,
        )
        st.button(
            say("queue.handled"),
            key=f"svar-queue-handled-{one.sid}",
            on_click=_handle,
            args=(one.sid, doer(frame), note),
        )


def _read(one: Waiting, frame: Frame) -> None:
    say = frame.words
    asked = say.named("asked", one.question or "score")
    st.html(
        f'<p class="svar-quote">{_quoted(without_numbers(one.body), frame)}</p>'
        f'<div class="svar-sub">{escape(asked)} · {_about(one, frame)}</div>'
    )
    top, key = highest(one.question), f"svar-queue-means-{one.sid}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # In a box of its own they go on in a second line where the screen is narrow.
        with st.container(width="content"):
            chosen = st.pills(
                say("queue.means"),
                [*range(1, top + 1), NONE],
                key=key,
                format_func=lambda value: _choice(value, top, frame),
                label_visibility="collapsed",
            )
        st.button(
            say("queue.save"),
            key=f"svar-queue-save-{one.sid}",
            disabled=chosen is None,
            on_click=_settle,
            args=(one.sid, doer(frame), key),
        )


def _choice(value: int | str, top: int, frame: Frame) -> str:
    say = frame.words
    if value == NONE:
        return say("queue.no_score" if top == 10 else "queue.no_answer")
    return str(value) if top == 10 else say("queue.yes" if value == 1 else "queue.no")


def _quoted(text: str, frame: Frame) -> str:
    return escape(frame.words("queue.quote", text=text))


def _about(one: Waiting, frame: Frame) -> str:
    """When it came, about what, and whom it was about."""
    say, formats = frame.words, frame.formats
    score = [say("queue.score", score=str(one.score))] if one.score is not None else []
    where = [part for part in (one.topic, one.partner, one.team, one.agent) if part]
    return escape(" · ".join([formats.moment(one.received_at), *score, *where]))


def _done(one: Waiting, undo: Callable[[str, str], None], frame: Frame) -> None:
    say, formats = frame.words, frame.formats
    at = formats.moment(one.done_at) if one.done_at else ""
    score = [say("queue.score", score=str(one.score))] if one.score is not None else []
    about = " · ".join([*score, say("queue.done_by", who=one.done_by, at=at)])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<p class="svar-quote">{_quoted(without_numbers(one.body), frame)}</p>'
            f'<div class="svar-sub">{escape(about)}</div>'
        )
        st.button(
            say("queue.put_back"),
            key=f"svar-queue{undo.__name__.replace('_', '-')}-{one.sid}",
            on_click=undo,
            args=(one.sid, doer(frame)),
            type="tertiary",
        )


def _handle(sid: str, who: str, note: str) -> None:
    handle(context.store(), sid, context.now(), who=who, note=str(st.session_state.get(note, "")))
    _waiting.clear()


def _settle(sid: str, who: str, means: str) -> None:
    chosen = st.session_state.get(means)
    if chosen is not None:
        settle(context.store(), sid, None if chosen == NONE else int(chosen), context.now(), who=who)
        _waiting.clear()


def _put_back(sid: str, who: str) -> None:
    put_back(context.store(), sid, context.now(), who=who)
    _waiting.clear()


def _unsettle(sid: str, who: str) -> None:
    unsettle(context.store(), sid, context.now(), who=who)
    _waiting.clear()
