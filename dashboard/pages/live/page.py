"""What is going on right now? Today's contacts, surveys and replies, and what customers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import cast

import streamlit as st

from dashboard import context, push
from dashboard.frame import Frame
from dashboard.parts.cards import answer, count_card, empty_state, grid
from dashboard.parts.highlight import Marks
from metrics.inference.base import thresholds
from surveys.desk import today as board
from surveys.desk.today import Board, RecentAnswer

LOOK_EVERY_S = 0.5
ANSWERS = 20


def show(frame: Frame) -> None:
    st.title(frame.words("live.title"), anchor=False)
    source = push.Source(_look, (frame.viewer.partner_only,), LOOK_EVERY_S)
    seen = cast("_Seen", push.latest(source))
    _draw(seen, frame)
    push.watch(source, seen)


@dataclass(frozen=True)
class _Seen:
    """What stands on the page; equal where nothing has happened in between."""

    day: date
    today: Board
    answers: Sequence[RecentAnswer]


def _look(partner: str | None) -> _Seen:
    """Asked twice a second for all viewers of the same partner (None: of everything)."""
    now, store, settings = context.now(), context.store(), context.settings()
    return _Seen(
        now.astimezone(settings.zone).date(),
        board.today(store, settings, now, partner),
        board.recent_answers(store, now, partner, ANSWERS),
    )


def _draw(seen: _Seen, frame: Frame) -> None:
    say, formats = frame.words, frame.formats
    today, recent = seen.today, seen.answers
    day = formats.long_day(seen.day)
    if not today.contacts:
        st.html(answer(say("live.nothing"), day))
        st.html(empty_state(say("live.empty_title"), say("live.empty_text")))
    else:
        st.html(answer(_sentence(today, frame), day))
        marks = Marks(st.session_state, ("live", frame.language))
        st.html(grid(_cards(today, frame, marks), narrow=True))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(say("live.answers"), anchor=False)
        if frame.viewer.partner and 0 < len(recent) < thresholds.HIDDEN:
            st.html(f'<p class="svar-note">{escape(say("live.few_answers", n=thresholds.HIDDEN))}</p>')
        elif recent:
            st.html(_answers(recent, frame))
        else:
            st.html(f'<p class="svar-note">{escape(say("live.no_answers"))}</p>')
    if today.contacts:
        with right:
            st.subheader(say("live.not_asked"), anchor=False)
            st.html(_reasons(today, frame))


def _sentence(today: Board, frame: Frame) -> str:
    say, number = frame.words, frame.formats.number
    counts = {
        "contacts": number(today.contacts),
        "asked": number(today.asked),
        "scored": number(today.scored),
    }
    if today.scored < thresholds.TOO_FEW:
        return say("live.sentence_few", **counts)
    return say("live.sentence", **counts, mean=number(today.mean, 1))


def _cards(today: Board, frame: Frame, marks: Marks) -> list[str]:
    say, number = frame.words, frame.formats.number
    enough = today.scored >= thresholds.TOO_FEW
    mean = number(today.mean, 1) if enough else say("few.too_few", n=number(today.scored))
    return [
        count_card(
            "contacts", say("live.contacts"), number(today.contacts), say("live.contacts_note"), marks
        ),
        count_card(
            "asked",
            say("live.asked"),
            number(today.asked),
            say("live.waiting", n=number(today.waiting)),
            marks,
        ),
        count_card(
            "replies",
            say("live.replies"),
            number(today.scored),
            say("live.messages", n=number(today.replies)),
            marks,
        ),
        count_card(
            "mean",
            say("live.mean"),
            mean,
            say("live.mean_note", n=number(today.scored)),
            marks,
            few=not enough,
        ),
    ]


def _reasons(today: Board, frame: Frame) -> str:
    """Why customers were not asked, the commonest first, as bars with their numbers."""
    say, number = frame.words, frame.formats.number
    skipped = sorted(((count, code) for code, count in today.skipped.items() if count), reverse=True)
    if not skipped:
        return f'<p class="svar-note">{escape(say("live.none_skipped"))}</p>'
    most = skipped[0][0]
    return "".join(
        f'<div class="svar-bar"><span>{escape(say.named("reason", code))}</span><b>{number(count)}</b>'
        f'<i style="width:{count / most * 100:.0f}%;background:{frame.palette.neutral}"></i></div>'
        for count, code in skipped
    )


def _when(one: RecentAnswer, frame: Frame) -> str:
    formats = frame.formats
    days = [moment.astimezone(formats.zone).date() for moment in (one.answered_at, context.now())]
    return formats.clock(one.answered_at) if days[0] == days[1] else formats.moment(one.answered_at)


def _answers(recent: Sequence[RecentAnswer], frame: Frame) -> str:
    say, formats = frame.words, frame.formats
    low = context.settings().dissatisfied_to
    items = []
    for one in recent:
        where = " · ".join(escape(part) for part in (one.topic, one.partner, one.team) if part)
        words = f"<div>{escape(one.comment)}</div>" if one.comment else ""
        alarm = " svar-low" if one.score is not None and one.score <= low else ""
        items.append(
            f'<div role="listitem"><span class="svar-score{alarm}">{formats.number(one.score)}</span>'
            f'<div>{words}<div class="svar-sub">{where or escape(say("table.not_given"))}</div></div>'
            f'<span class="svar-sub">{escape(_when(one, frame))}</span></div>'
        )
    return f'<div class="svar-answers" role="list">{"".join(items)}</div>'
