"""The phone on the screen: its numbers, its thread, and what it says of a contact."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard import context
from dashboard.access import Viewer
from dashboard.frame import Frame
from dashboard.pages.phone.page import fate_text, new_number, pretty, screen_html
from data.records.identity import is_mobile
from settings import Settings
from store import Store
from store.schema import record, slot
from surveys.carriers import make_gateway
from surveys.desk.today import recent_answers
from surveys.sending.worker import Worker
from surveys.web.simulated_phone import PhoneMessage
from tests.dashboard.lake import shown
from tests.serving import free_port
from web import make_app

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
        ({"state": "skipped", "reason": "recently_asked"}, "spurt nylig"),
        ({"state": "skipped", "reason": "opted_out"}, "har sagt stopp"),
    ],
)
def test_the_page_says_what_became_of_the_contact(
    frame: Frame, decision: dict[str, Any] | None, says: str
) -> None:
    assert says in fate_text({"decision": decision} if decision else None, frame)


@pytest.fixture
def web(demo_settings: Settings) -> Iterator[Settings]:
    """The product's routes on a real port; the settings say where."""
    port = free_port()
    settings = demo_settings.model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}", "quiet_hours": ""}
    )
    server = uvicorn.Server(uvicorn.Config(make_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield settings
    server.should_exit = True
    thread.join()


@pytest.mark.usefixtures("full")
def test_a_contact_made_on_the_phone_is_asked_about_and_answered_there(
    page: Callable[..., AppTest], web: Settings, sqlite_store: Store
) -> None:
    app = page(web, {"viewer": "customer"})
    number = app.selectbox(key="svar-number").value
    app.selectbox(key="svar-contact-partner").set_value("Sør")
    app.segmented_control(key="svar-route").set_value("direct")
    next(button for button in app.button if button.label == "Kontakten er over").click().run()
    Worker(web, sqlite_store, make_gateway(web, sqlite_store)).step(datetime.now(UTC))

    assert "Hvor fornøyd er du" in shown(app.run())
    assert "SMS-en er sendt" in shown(app)
    app.button(key="svar-score-9").click().run()
    assert ">9<" in shown(app)

    answers = recent_answers(sqlite_store, datetime.now(UTC), "Sør", 5)
    assert [(one.score, one.partner, one.team, one.channel) for one in answers] == [
        (9, "Sør", "Kai", "phone")
    ]
    with sqlite_store.read() as connection:
        payload = connection.execute(select(record.c.payload).where(record.c.kind == "contact")).scalar_one()
        asked = connection.execute(select(slot.c.phone)).scalar_one()
    assert payload["self_service_first"] is False
    assert asked == number


@pytest.mark.usefixtures("full")
def test_a_server_that_cannot_be_reached_is_said_to_have_lost_nothing(
    page: Callable[..., AppTest], demo_settings: Settings
) -> None:
    nowhere = demo_settings.model_copy(update={"public_url": f"http://127.0.0.1:{free_port()}"})
    app = page(nowhere, {"viewer": "customer"})
    next(button for button in app.button if button.label == "Kontakten er over").click().run()
    assert "Ingenting er tapt" in app.error[0].value
