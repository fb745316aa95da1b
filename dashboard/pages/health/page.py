"""Is Svar itself well? The checks of every build, what waits where, who sends, and faults that stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape

import streamlit as st

from dashboard import context
from dashboard.access import NoAccess
from dashboard.frame import Frame
from dashboard.parts.cards import answer, count_card, empty_state, grid
from dashboard.parts.highlight import Marks
from dashboard.parts.tables import html_table
from metrics.build.checks import Result
from metrics.query.status import Published, published
from store.health import Health, health

LOOK_EVERY_S = 5.0
# An event is on the page within two seconds; one that has waited this long waits for somebody.
LATE = timedelta(minutes=2)
# Of a check's examples: what the page says in words of its own, and what is nothing.
_LEFT_OUT, _NOTHING = ("what_to_do",), ("", "None")


def show(frame: Frame) -> None:
    if frame.viewer.partner_only is not None:
        raise NoAccess("access.no_figures")
    st.title(frame.words("health.title"), anchor=False)
    _look(frame)


@st.fragment(run_every=LOOK_EVERY_S)
def _look(frame: Frame) -> None:
    now = context.now()
    store, lake = health(context.store(), int(now.timestamp())), published(context.settings())
    wrong = _wrong(store, lake, now)
    st.html(answer(_sentence(wrong, frame), frame.words("health.note")))
    if wrong:
        items = "".join(f"<li>{escape(frame.words(f'health.wrong.{what}'))}</li>" for what in wrong)
        st.html(f'<ul class="svar-note">{items}</ul>')
    _cards(store, lake, now, frame)
    _faults(store, frame)
    _checks(lake, frame)
    _routes(lake, frame)


def _wrong(store: Health, lake: Published, now: datetime) -> list[str]:
    """What somebody must do something about, by its key in the texts."""
    levels = {result["level"] for result in lake.checks if result["rows"]}
    found = {
        "faults": bool(store.faults),
        "senders": store.senders == 0,
        "feed": _waited(store, now) > LATE,
        "checks": "fail" in levels,
        "warnings": "warn" in levels,
    }
    return [what for what, there in found.items() if there]


def _waited(store: Health, now: datetime) -> timedelta:
    """How long the oldest event has waited to reach the lake."""
    if store.feed_oldest_us is None:
        return timedelta(0)
    return max(timedelta(0), now - datetime.fromtimestamp(store.feed_oldest_us / 1_000_000, UTC))


def _sentence(wrong: list[str], frame: Frame) -> str:
    if not wrong:
        return frame.words("health.fine")
    key = "health.wrong_one" if len(wrong) == 1 else "health.wrong_many"
    return frame.words(key, n=frame.formats.number(len(wrong)))


def _cards(store: Health, lake: Published, now: datetime, frame: Frame) -> None:
    say, formats = frame.words, frame.formats
    marks = Marks(st.session_state, ("health", frame.language))
    sending = sum(n for state, n in store.messages.items() if state in ("ready", "claimed"))
    waited = _waited(store, now)
    night = say("health.night_work") if lake.deferred else ""
    since = say("health.dirty_since", time=_age(lake.dirty_since, now, frame)) if lake.dirty else night
    cards = [
        ("published", _age(lake.published_at, now, frame), say("health.waiting") if lake.waiting else ""),
        ("dirty", formats.number(lake.dirty), since),
        (
            "feed",
            formats.number(store.feed_waiting),
            say("health.feed_waited", time=formats.duration(waited.total_seconds()))
            if store.feed_waiting
            else say("health.feed_empty"),
        ),
        ("senders", formats.number(store.senders), say("health.senders_note")),
        ("surveys", formats.number(store.surveys_waiting), say("health.sending", n=formats.number(sending))),
        ("replies", formats.number(store.replies_unread), say("health.replies_note")),
    ]
    drawn = [
        count_card(f"health.{name}", say(f"health.card.{name}"), text, note, marks)
        for name, text, note in cards
    ]
    st.html(grid(drawn, narrow=True))
    if lake.version:
        st.caption(say("health.version", version=lake.version))


def _age(moment: datetime | None, now: datetime, frame: Frame) -> str:
    if moment is None:
        return frame.words("health.never")
    seconds = max(0.0, (now - moment).total_seconds())
    return frame.words("health.ago", time=frame.formats.duration(_coarse(seconds)))


def _coarse(seconds: float) -> float:
    """Of an age only what matters: seconds, then minutes, then hours."""
    unit = next((unit for unit in (3_600, 60) if seconds >= 2 * unit), 1)
    return seconds // unit * unit


def _faults(store: Health, frame: Frame) -> None:
    say, formats = frame.words, frame.formats
    st.subheader(say("health.faults"), anchor=False)
    if store.faults:
        rows = [
            [formats.moment(datetime.fromtimestamp(fault.raised_at, UTC)), fault.message]
            for fault in store.faults
        ]
        st.html(html_table([say("health.since"), say("health.what")], rows))
    else:
        st.html(f'<p class="svar-note">{escape(say("health.no_faults"))}</p>')
    if store.last_fault and store.last_fault.cleared_at:
        at = formats.moment(datetime.fromtimestamp(store.last_fault.cleared_at, UTC))
        st.caption(say("health.last_fault", message=store.last_fault.message, time=at))


def _checks(lake: Published, frame: Frame) -> None:
    say = frame.words
    st.subheader(say("health.checks"), anchor=False)
    if not lake.version:
        st.html(empty_state(say("health.empty_title"), say("health.empty_text")))
        return
    header = [say(f"health.column.{name}") for name in ("check", "result", "examples", "rows")]
    ordered = sorted(lake.checks, key=lambda result: (not result["rows"], result["check"]))
    st.html(html_table(header, [_check(result, frame) for result in ordered], text_columns=3))
    if any(result["rows"] is None for result in ordered):
        st.caption(say("health.checks_note"))


def _check(result: Result, frame: Frame) -> list[str]:
    say, rows = frame.words, result["rows"]
    outcome = "untold" if rows is None else result["level"] if rows else "ok"
    examples = "; ".join(
        ", ".join(
            f"{name} {value}"
            for name, value in example.items()
            if name not in _LEFT_OUT and value not in _NOTHING
        )
        for example in result["examples"]
    )
    return [
        say(f"health.check.{result['check']}"),
        say(f"health.result.{outcome}"),
        examples,
        "" if rows is None else frame.formats.number(rows),
    ]


def _routes(lake: Published, frame: Frame) -> None:
    """How often the sources of the route contradict each other."""
    if not lake.version:
        return
    say, formats = frame.words, frame.formats
    (value,) = context.reader(frame.viewer.scope).show(["self_service_first"])
    if value.n:
        st.subheader(say("health.routes"), anchor=False)
        numbers = {name: formats.number(value.parts[name]) for name in ("unknown", "route_conflicts")}
        text = say("health.routes_text", known=formats.number(value.n), **numbers)
        st.html(f'<p class="svar-note">{escape(text)}</p>')
