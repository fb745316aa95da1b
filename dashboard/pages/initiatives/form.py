"""Registering, ending and removing an initiative, with what to expect of it before it is launched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from dashboard import context
from dashboard.actor import doer
from dashboard.frame import Frame
from metrics.analysis.initiatives import History, ahead, touched_by_others
from metrics.inference.over_time.initiatives import Forecast
from store.initiatives import Initiative, new_id, register, remove

USUAL = 10  # per cent fewer contacts, until somebody says otherwise


def show(past: History, registered: Sequence[Initiative], frame: Frame) -> None:
    """The form for a new one; what it says is forecast at once, and registered when asked to."""
    say = frame.words
    with st.expander(say("initiatives.new"), icon=":material/add:"):
        left, right = st.columns(2, gap="large")
        with left:
            topics = st.multiselect(say("initiatives.topic"), sorted(past.daily), key="svar-new-topics")
            effect = st.slider(
                say("initiatives.assumed"), 1, 60, USUAL, key="svar-new-effect", format="%d %%"
            )
        with right:
            if topics:
                found = ahead(past, topics, effect / 100, touched_by_others(registered))
                st.markdown(f"**{say('initiatives.expected')}**")
                st.markdown(expectation(found, effect / 100, frame))
            else:
                st.caption(say("initiatives.choose_topic"))
        _form(past, registered, topics, effect, frame)


def _form(
    past: History, registered: Sequence[Initiative], topics: Sequence[str], effect: int, frame: Frame
) -> None:
    say = frame.words
    with st.form("svar-new-initiative", border=False, clear_on_submit=True):
        columns = st.columns([3, 2, 2, 2], gap="small", vertical_alignment="bottom")
        name = columns[0].text_input(say("initiatives.name"), max_chars=120)
        owner = columns[1].text_input(say("initiatives.owner"), max_chars=80)
        launched = columns[2].date_input(
            say("initiatives.launched"),
            past.last + timedelta(days=1),
            min_value=past.first,
            format=frame.formats.date_input,
        )
        cost = columns[3].number_input(say("initiatives.cost_nok"), min_value=0, value=None, step=1000)
        if not st.form_submit_button(say("initiatives.register")):
            return
    if not (name.strip() and owner.strip() and topics and isinstance(launched, date)):
        st.warning(say("initiatives.incomplete"))
        return
    own = new_id(name, [each.initiative_id for each in registered])
    minor = None if cost is None else 100 * int(cost)
    measure = Initiative(
        own,
        name.strip(),
        tuple(topics),
        owner.strip(),
        launched,
        cost_minor=minor,
        assumed_effect=effect / 100,
    )
    register(context.store(), measure, who=doer(frame), now=context.now())
    st.rerun()


def expectation(found: Forecast, effect: float, frame: Frame) -> str:
    """What an effect would mean, and how long until it can be seen."""
    say, formats = frame.words, frame.formats
    if found.fewer.value is None or found.weekly.value is None:
        return say("initiatives.no_forecast")
    parts = [
        say(
            "initiatives.fewer_a_week",
            share=formats.share(effect),
            fewer=formats.number(found.fewer.value),
            of=formats.number(found.weekly.value),
        )
    ]
    if found.money_a_year is not None:
        parts.append(say("initiatives.money_a_year", money=formats.number(found.money_a_year)))
    if found.weeks_until_seen:
        parts.append(say("initiatives.seen", weeks=found.weeks_until_seen))
    else:
        parts.append(say("initiatives.unseen"))
    if found.seen_in_8 is not None:
        parts.append(say("initiatives.seen_in_8", share=formats.share(found.seen_in_8)))
    return " ".join(parts)


def change(measure: Initiative, frame: Frame) -> None:
    """Say when it ended, or take it off the list."""
    say, own = frame.words, measure.initiative_id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.date_input(
            say("initiatives.ended"),
            measure.ended,
            key=f"svar-ended-{own}",
            min_value=measure.launched + timedelta(days=1),
            format=frame.formats.date_input,
            on_change=_end,
            args=(measure, doer(frame)),
            width=220,
        )
        st.button(
            say("initiatives.remove"), key=f"svar-remove-{own}", type="tertiary", on_click=_remove,
            args=(own, doer(frame)),
        )  # fmt: skip


def _end(measure: Initiative, who: str) -> None:
    chosen = st.session_state.get(f"svar-ended-{measure.initiative_id}")
    if chosen is None or isinstance(chosen, date):
        register(context.store(), replace(measure, ended=chosen), who=who, now=context.now())


def _remove(initiative_id: str, who: str) -> None:
    remove(context.store(), initiative_id, who=who, now=context.now())
