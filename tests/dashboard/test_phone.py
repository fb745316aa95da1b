"""The phone on the screen: its numbers, its thread, and what it says of a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard import context
from dashboard.access import Viewer
from dashboard.frame import Frame
from dashboard.views.phone import fate_text, new_number, pretty, screen_html
from data.people import is_mobile
from settings import Settings
from store import Store
from surveys.phone import PhoneMessage

NOW = datetime(2026, 11, 22, 13, 5, 30, tzinfo=UTC)


@pytest.fixture
def frame(demo_settings: Settings, sqlite_store: Store) -> Frame:
    context.configure(demo_settings, sqlite_store)
    return Frame("nb", "light", Viewer("customer"))


def message(direction: str, body: str, age_s: float = 60) -> PhoneMessage:
    return PhoneMessage(f"{direction}{age_s}", direction, body, NOW - timedelta(seconds=age_s))


def test_a_new_number_can_belong_to_nobody() -> None:
    numbers = {new_number() for _ in range(50)}
    assert all(number.startswith("+47429") and len(number) == 11 for number in numbers)
    assert all(is_mobile(number, demo=True) and not is_mobile(number) for number in numbers)
    assert len(numbers) > 40


def test_numbers_are_written_in_groups() -> None:
    assert pretty("+4742912345") == "+47 429 12 345"
    assert pretty("+46701234567") == "+46701234567"


def test_the_thread_shows_both_sides_with_the_time(frame: Frame) -> None:
    thread = [message("to_phone", "Hvor fornøyd?"), message("from_phone", "9")]
    html = screen_html("+4742912345", thread, frame, NOW)
    assert html.index("Hvor fornøyd?") < html.index(">9<")
    assert "svar-in" in html
    assert "svar-out" in html
    assert "kl.\u00a014.04" in html


@pytest.mark.parametrize(("age_s", "fresh"), [(0, True), (2.9, True), (3.0, False)])
def test_only_what_has_just_arrived_moves(frame: Frame, age_s: float, fresh: bool) -> None:
    html = screen_html("+4742912345", [message("to_phone", "Hei", age_s)], frame, NOW)
    assert ("svar-new" in html) is fresh


def test_what_a_customer_writes_is_text_and_nothing_else(frame: Frame) -> None:
    html = screen_html("+4742912345", [message("from_phone", "<img src=x onerror=alert(1)>")], frame, NOW)
    assert "<img" not in html
    assert "&lt;img" in html


def test_an_empty_phone_says_how_to_get_a_message(frame: Frame) -> None:
    assert "Kontakten er over" in screen_html("+4742912345", [], frame, NOW)


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (None, "SMS-en kommer av seg selv"),
        ({"state": "waiting", "reason": "new"}, "SMS-en kommer av seg selv"),
        (
            {"state": "waiting", "reason": "quiet_hours", "due_at": "2026-11-23T08:00:00+00:00"},
            "venter til kl.\u00a009.00",
        ),
        ({"state": "asked", "reason": "asked"}, "SMS-en er sendt"),
        ({"state": "skipped", "reason": "recently_asked"}, "spurt siste døgn"),
        ({"state": "skipped", "reason": "opted_out"}, "har sagt stopp"),
    ],
)
def test_the_page_says_what_became_of_the_contact(
    frame: Frame, decision: dict[str, Any] | None, says: str
) -> None:
    assert says in fate_text({"decision": decision} if decision else None, frame)
