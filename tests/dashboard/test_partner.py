"""A partner tries to see another partner's rows: by the address, by the session's state, on every page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.api.intake import accept
from settings import Settings
from store import Store
from store.schema import answer
from tests.dashboard.lake import TEAMS, TOPICS, opened, shown

Page = Callable[..., AppTest]
NORD = {"is_logged_in": True, "name": "Nora", "role": "partner", "partner": "Nord"}
OTHERS = ["Sør", *TEAMS["Sør"], TOPICS["Sør"], "Hemmelig kommentar"]
PAGES = ("comparison", "live", "scorecard")


@pytest.fixture
def live(settings: Settings, sqlite_store: Store) -> None:
    """Five contacts of today for each partner, answered with a comment."""
    answered(settings, sqlite_store, 5)


def answered(settings: Settings, store: Store, count: int) -> None:
    """So many contacts of today for each partner, answered with a comment."""
    now = datetime.now(UTC)
    for partner, comment in (("Nord", "Fin hjelp"), ("Sør", "Hemmelig kommentar")):
        for number in range(count):
            contact = {
                "contact_id": f"live-{partner}-{number}",
                "ended_at": now.isoformat(),
                "phone": f"+474290{1 if partner == 'Nord' else 2}{number:04d}",
                "partner": partner,
                "team": TEAMS[partner][0],
                "topic": TOPICS[partner],
            }
            accept(store, settings, "contact", [contact], now)
            row = {"question": "score", "value": 3, "text": comment, "source": "sms"}
            row |= {"contact_id": contact["contact_id"], "answered_at": int(time.time())}
            with store.write() as connection:
                connection.execute(answer.insert(), [row])


@pytest.mark.parametrize(("count", "seen"), [(4, False), (5, True)])
def test_a_partner_sees_single_replies_from_five_on(
    page: Page, settings: Settings, sqlite_store: Store, count: int, seen: bool
) -> None:
    answered(settings, sqlite_store, count)
    app = opened(page(settings, user=NORD), "live")
    assert ("Fin hjelp" in shown(app)) == seen
    assert ("Svarene vises når det er minst 5" in shown(app)) != seen
    lead: dict[str, Any] = {"is_logged_in": True, "role": "lead"}
    assert "Fin hjelp" in shown(opened(page(settings, user=lead), "live"))


@pytest.mark.usefixtures("full", "live")
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"partner": "Sør"},
        {"partner": "Sør", "topic": "Faktura", "period": "all"},
        {"viewer": "lead"},
        {"viewer": "management", "partner": "Sør"},
        {"viewer": "partner:Sør"},
        {"partner": "' or 1=1 --"},
    ],
)
def test_no_address_leads_to_another_partners_rows(
    page: Page, settings: Settings, name: str, query: dict[str, str]
) -> None:
    app = page(settings, query, user=NORD)
    text = shown(opened(app, name))
    assert [other for other in OTHERS if other in text] == []


@pytest.mark.usefixtures("full", "live")
@pytest.mark.parametrize("name", PAGES)
def test_no_state_of_the_session_leads_to_another_partners_rows(
    page: Page, settings: Settings, name: str
) -> None:
    forged = {
        "svar-viewer": "lead",
        "svar-partner": "Sør",
        "svar-topic": "Faktura",
        "partner": "Sør",
        "role": "lead",
    }
    app = page(settings, user=NORD, **forged)
    text = shown(opened(app, name))
    assert [other for other in OTHERS if other in text] == []


@pytest.mark.usefixtures("full", "live")
def test_the_same_pages_do_show_those_rows_to_a_team_lead(page: Page, settings: Settings) -> None:
    # Or the tests above would prove nothing.
    lead: dict[str, Any] = {"is_logged_in": True, "role": "lead"}
    app = page(settings, user=lead)
    text = shown(app)
    for name in PAGES[1:]:
        text += shown(opened(app, name))
    assert [other for other in OTHERS if other not in text] == []


@pytest.mark.usefixtures("full", "live")
def test_a_cached_answer_of_a_team_lead_is_not_given_to_a_partner(page: Page, settings: Settings) -> None:
    lead = page(settings, user={"is_logged_in": True, "role": "lead"})
    assert "n = 240" in shown(lead)
    partner = page(settings, user=NORD)
    text = shown(partner)
    assert "n = 240" not in text
    assert "n = 120" in text


@pytest.mark.usefixtures("full")
def test_a_partner_has_no_phone(page: Page, settings: Settings) -> None:
    app = page(settings, user=NORD)
    # A page that is not offered does not exist: the first one is shown instead.
    assert opened(app, "phone").title[0].value == "Selvbetjening først eller direkte?"
    assert not app.chat_input


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"role": "guest"}, "kontoen har ingen rolle"),
        ({}, "kontoen har ingen rolle"),
        ({"role": "partner"}, "kontoen sier ikke hvilken"),
    ],
)
def test_without_a_role_there_are_no_figures(
    page: Page, settings: Settings, claims: dict[str, Any], says: str
) -> None:
    app = page(settings, user={"is_logged_in": True, **claims})
    assert says in shown(app)
    assert not app.get("plotly_chart")
    assert not app.selectbox


@pytest.mark.usefixtures("full")
def test_who_is_not_signed_in_is_asked_to(page: Page, settings: Settings) -> None:
    app = page(settings, {"viewer": "lead"}, user={"is_logged_in": False})
    assert "Logg inn for å se tallene" in shown(app)
    assert [button.label for button in app.button] == ["Logg inn"]
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("full")
def test_a_customer_of_the_demonstration_has_a_phone_and_no_figures(
    page: Page, demo_settings: Settings
) -> None:
    app = page(demo_settings, {"viewer": "customer"})
    assert app.title[0].value == "Hvordan er det å bli spurt?"
    assert not app.get("plotly_chart")
