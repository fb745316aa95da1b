"""A phone on the screen: be in contact, get the SMS, answer it. With the built-in gateway only."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import httpx
import streamlit as st

from dashboard import context
from dashboard.access import Picker
from dashboard.frame import Frame
from dashboard.parts.cards import answer
from dashboard.parts.filters import width_of
from surveys.desk.explain import explain
from surveys.web.simulated_phone import Phone, PhoneMessage

log = logging.getLogger("svar.dashboard")

LOOK_EVERY_S = 1.0
LISTED = 30
NEW_S = 3
PHONE_WIDTH = 345  # pixels, as wide as the phone of style.css
# The part of the range that is assigned to nobody which the demonstration's own traffic leaves alone.
OWN_RANGE = "+47429"
SCORES = tuple(str(score) for score in range(1, 11))


def show(frame: Frame) -> None:
    say = frame.words
    st.title(say("phone.title"), anchor=False)
    st.html(answer(say("phone.lead"), ""))
    # One for the session: each holds a connection to the webhook.
    if "svar-phone" not in st.session_state:
        st.session_state["svar-phone"] = Phone(context.settings(), context.store())
    phone: Phone = st.session_state["svar-phone"]
    left, right = st.columns([1, 1], gap="large")
    with left:
        number = _number(phone, frame)
        _contact_form(number, frame)
    with right:
        _screen(phone, number, frame)
        _answer(phone, number, frame)


def new_number() -> str:
    """A number of the fictitious range, +47 429 xxxxx."""
    return f"{OWN_RANGE}{secrets.randbelow(100_000):05d}"


def pretty(number: str) -> str:
    """``+4742912345`` as ``+47 429 12 345``."""
    return f"{number[:3]} {number[3:6]} {number[6:8]} {number[8:]}" if len(number) == 11 else number


def _number(phone: Phone, frame: Frame) -> str:
    say = frame.words
    st.session_state.setdefault("svar-own-numbers", [new_number()])
    own: list[str] = st.session_state["svar-own-numbers"]
    known = [number for number in phone.numbers(LISTED) if number not in own]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = st.container()
        if st.button(say("phone.new_number"), icon=":material/add:"):
            own.insert(0, new_number())
            st.session_state["svar-number"] = own[0]
        with place:
            number: str = st.selectbox(
                say("phone.number"),
                [*own, *known],
                key="svar-number",
                format_func=pretty,
                persist_state="session",
            )
    return number


def _contact_form(number: str, frame: Frame) -> None:
    say = frame.words
    st.markdown(f"**{say('phone.contact')}**")
    route = st.segmented_control(
        say("phone.route"),
        ("self_service_first", "direct"),
        default="self_service_first",
        required=True,
        format_func=lambda code: say(f"phone.route_{code}"),
        key="svar-route",
    )
    picker = Picker()
    with st.container(horizontal=True, gap="small"):
        partners, topics = picker.members("partner"), picker.members("topic")
        partner = st.selectbox(
            say("filter.partner"), partners, key="svar-contact-partner", width=width_of(partners)
        )
        topic = st.selectbox(say("filter.topic"), topics, key="svar-contact-topic", width=width_of(topics))
    # Elsewhere than in a demonstration contacts come from sources, each with a token of its own.
    demo = context.settings().demo
    if st.button(say("phone.send"), type="primary", icon=":material/call:", disabled=not demo):
        team = picker.team_of(partner) if partner else ""
        made = _post_contact(
            number, partner=partner, team=team, topic=topic, route=route, language=frame.language
        )
        if made:
            st.session_state["svar-contact"] = (number, made)
        else:
            st.error(say("phone.failed"))
    _fate(number, frame)


@st.fragment(run_every=LOOK_EVERY_S)
def _fate(number: str, frame: Frame) -> None:
    """What has become of the contact just made: why an SMS comes, waits or does not come."""
    of, contact_id = st.session_state.get("svar-contact", ("", ""))
    if of == number:
        st.caption(fate_text(explain(context.store(), contact_id), frame))


def fate_text(story: Mapping[str, Any] | None, frame: Frame) -> str:
    """The decision about a contact, from surveys.explain, in a sentence."""
    say, decision = frame.words, (story or {}).get("decision", {})
    state, reason = decision.get("state", "waiting"), decision.get("reason", "new")
    if state == "skipped":
        return say("phone.skipped", reason=say.named("reason", reason))
    if state == "waiting" and reason == "quiet_hours":
        return say("phone.quiet", time=frame.formats.clock(datetime.fromisoformat(decision["due_at"])))
    return say("phone.asked" if state == "asked" else "phone.sent")


def _post_contact(
    number: str, *, partner: str | None, team: str, topic: str | None, route: str | None, language: str
) -> str:
    """Registers a contact as any contact centre would: over HTTP, with the token. Its id, "" when refused."""
    settings = context.settings()
    contact_id = f"{'DEMO-' if settings.demo else ''}phone-{secrets.token_hex(6)}"
    contact = {
        "contact_id": contact_id,
        "ended_at": datetime.now(UTC).isoformat(),
        "phone": number,
        "language": language,
        "channel": "phone",
        "partner": partner,
        "team": team,
        "topic": topic,
        "self_service_first": route == "self_service_first",
        # Somebody has to have talked to the customer: between three and eight minutes.
        "talk_s": 180 + secrets.randbelow(300),
        "hold_s": secrets.randbelow(40),
        "wrap_s": 20 + secrets.randbelow(60),
    }
    given = {name: value for name, value in contact.items() if value not in (None, "")}
    try:
        response = httpx.post(
            f"{settings.base_url}/api/contacts",
            json=given,
            headers={"Authorization": f"Bearer {settings.api_secret}"},
            timeout=10,
            trust_env=False,
        )
    except httpx.HTTPError as problem:
        log.warning("The phone page could not post a contact: %s", type(problem).__name__)
        return ""
    return contact_id if response.is_success else ""


@st.fragment(run_every=LOOK_EVERY_S)
def _screen(phone: Phone, number: str, frame: Frame) -> None:
    st.html(screen_html(number, phone.messages(number), frame, context.now()))


def screen_html(number: str, messages: Sequence[PhoneMessage], frame: Frame, now: datetime) -> str:
    """The phone with its thread, the newest message at the bottom."""
    say, formats = frame.words, frame.formats
    bubbles = []
    for message in messages:
        mine = message.direction == "from_phone"
        fresh = " svar-new" if (now - message.at).total_seconds() < NEW_S else ""
        bubbles.append(
            f'<div class="svar-bubble svar-{"out" if mine else "in"}{fresh}">{escape(message.body)}</div>'
            f'<div class="svar-at{" svar-at-out" if mine else ""}">{escape(formats.clock(message.at))}</div>'
        )
    thread = "".join(bubbles) or f'<div class="svar-typing">{escape(say("phone.empty"))}</div>'
    who = f"{escape(context.settings().company)}<small>{escape(pretty(number))}</small>"
    return (
        f'<div class="svar-phone"><div class="svar-screen"><div class="svar-thread" role="log">{thread}</div>'
        f'<div class="svar-who">{who}</div></div></div>'
    )


def _answer(phone: Phone, number: str, frame: Frame) -> None:
    say = frame.words
    with st.container(key="svar-scores", horizontal_alignment="center", gap="xsmall"):
        for row in (SCORES[:5], SCORES[5:]):
            with st.container(horizontal=True, gap=None, width=PHONE_WIDTH):
                for score in row:
                    st.button(
                        score,
                        key=f"svar-score-{score}",
                        on_click=_reply,
                        args=(phone, number, score),
                        width=PHONE_WIDTH // 5,
                    )
        text = st.chat_input(say("phone.write"), key="svar-write", max_chars=480, width=PHONE_WIDTH)
    if text:
        _reply(phone, number, text)
    if st.session_state.pop("svar-not-delivered", False):
        st.error(say("phone.failed"))


def _reply(phone: Phone, number: str, body: str) -> None:
    try:
        phone.reply(number, body)
    except httpx.HTTPError as problem:
        log.warning("The phone page could not deliver a reply: %s", type(problem).__name__)
        st.session_state["svar-not-delivered"] = True
