"""The page for what waits for a person: for team leads alone, and who did what is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access import Viewer
from data.api.intake import accept
from settings import Settings
from store import Store
from store.deeds import deeds
from surveys.carriers.phone import PhoneGateway
from surveys.desk.queue import SUBJECT
from surveys.replies import process
from surveys.sending.worker import Worker
from tests.dashboard.lake import opened, shown

Page = Callable[..., AppTest]
# What the page shows is by the clock on the wall; a minute ago is inside every window.
AGO = timedelta(minutes=1)


@pytest.fixture
def replied(sqlite_store: Store, demo_settings: Settings) -> Callable[[str, str], str]:
    """A customer who has been asked answers; returns their number."""
    settings = demo_settings.model_copy(update={"quiet_hours": ""})
    worker = Worker(settings, sqlite_store, PhoneGateway(sqlite_store))

    def reply_with(contact_id: str, body: str) -> str:
        now = datetime.now(UTC)
        phone = f"+4742900{int(contact_id[1:]):03d}"
        contact = {
            "contact_id": contact_id,
            "ended_at": (now - AGO).isoformat(),
            "phone": phone,
            "partner": "Nord",
            "agent": "Kari",
            "topic": "Faktura",
        }
        accept(sqlite_store, settings, "contact", [contact], now)
        worker.step(now)
        form = {"MessageSid": f"SM-{contact_id}", "From": phone, "Body": body}
        process.receive(sqlite_store, form, now)
        process.read_pending(sqlite_store, settings, now)
        return phone

    return reply_with


@pytest.mark.usefixtures("full")
def test_an_empty_queue_says_what_will_come(page: Page, demo_settings: Settings) -> None:
    text = shown(opened(page(demo_settings), "queue"))
    assert "Ingenting nå" in text
    assert "Her kommer svar som trenger et menneske" in text


@pytest.mark.usefixtures("full")
def test_a_lead_calls_back_and_it_is_written_down(
    page: Page, demo_settings: Settings, sqlite_store: Store, replied: Callable[[str, str], str]
) -> None:
    phone = replied("c1", "2 jeg vil klage <b>nå</b>")
    app = opened(page(demo_settings, {"lang": "en"}), "queue")
    text = shown(app)
    assert "One customer should be called." in text
    assert f"tel:{phone}" in text
    assert "&lt;b&gt;nå&lt;/b&gt;" in text, "what a customer writes is text and nothing else"
    assert "Complaint" in text
    assert "gave 2" in text
    app.text_input(key="svar-queue-note-SM-c1").set_value("called, sorted").run()
    app.button(key="svar-queue-handled-SM-c1").click().run()
    text = shown(app)
    assert "Nobody waits for a call." in text
    assert "Team lead" in text
    assert f"tel:{phone}" not in text, "the number is shown while somebody is to be called"
    app.button(key="svar-queue-put-back-SM-c1").click().run()
    assert "One customer should be called." in shown(app)
    assert [(deed.what, deed.who, deed.note) for deed in deeds(sqlite_store, SUBJECT)] == [
        ("handled", "Team lead", "called, sorted"),
        ("put_back", "Team lead", ""),
    ]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("chosen", "note"), [(7, "7"), ("none", "none")])
def test_a_lead_says_what_an_unclear_reply_means(
    page: Page,
    demo_settings: Settings,
    sqlite_store: Store,
    replied: Callable[[str, str], str],
    chosen: int | str,
    note: str,
) -> None:
    phone = replied("c1", "7-8, mitt nummer er 912 34 567")
    app = opened(page(demo_settings), "queue")
    text = shown(app)
    assert "Ett svar må leses av et menneske." in text
    assert "912 34 567" not in text, "to read a reply takes no number"
    assert phone not in text
    assert app.button(key="svar-queue-save-SM-c1").disabled
    app.button_group(key="svar-queue-means-SM-c1").select(chosen).run()
    app.button(key="svar-queue-save-SM-c1").click().run()
    assert "Ingenting nå" in shown(app)
    (deed,) = deeds(sqlite_store, SUBJECT)
    assert (deed.what, deed.who, deed.note) == ("settled", "Teamleder", note)
    assert [one.label for one in app.expander] == ["Sist lest av et menneske (1)"]
    app.button(key="svar-queue-unsettle-SM-c1").click().run()
    assert "Ett svar må leses av et menneske." in shown(app), "it waits again"
    assert deeds(sqlite_store, SUBJECT)[-1].what == "unsettled"


@pytest.mark.usefixtures("full")
def test_many_are_shown_a_few_at_a_time(
    page: Page, demo_settings: Settings, replied: Callable[[str, str], str]
) -> None:
    for number in range(22):
        replied(f"c{number}", "kan dere ringe meg?")
    text = shown(opened(page(demo_settings), "queue"))
    assert "22 kunder bør ringes. 22 svar må leses av et menneske." in text
    assert text.count("Og 2 til.") == 2


@pytest.mark.parametrize(
    "viewer", [Viewer("management"), Viewer("partner", partner="Nord"), Viewer("customer")]
)
def test_the_page_exists_for_team_leads_alone(viewer: Viewer, settings: Settings) -> None:
    assert "queue" not in viewer.pages(settings)
    assert "queue" in Viewer("lead").pages(settings)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("viewer", ["management", "partner:Nord", "customer"])
def test_nobody_else_comes_to_it_by_its_address(
    page: Page, demo_settings: Settings, replied: Callable[[str, str], str], viewer: str
) -> None:
    phone = replied("c1", "jeg vil klage")
    text = shown(opened(page(demo_settings, {"viewer": viewer}), "queue"))
    assert phone not in text
    assert "Ring tilbake" not in text
