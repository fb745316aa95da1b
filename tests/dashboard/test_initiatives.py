"""The page of initiatives: what each spared, what to expect of one, registered and removed by people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from lake.log import Log
from metrics.build.refresh import build
from settings import Settings
from store import Store, open_store
from store.deeds import deeds
from store.initiatives import SUBJECT, Initiative, initiatives, register
from tests.dashboard.lake import contact, opened, shown

Page = Callable[..., AppTest]
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
LAUNCH = date(2026, 10, 19)
FIRST = LAUNCH - timedelta(weeks=9)
BILL = Initiative("bill", "En klarere faktura", ("Faktura",), "Digital", LAUNCH, cost_minor=5_000_00)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine weeks before a launch and four after, three topics; since then half as many ask about bills."""
    settings = Settings(home=tmp_path_factory.mktemp("weeks"))
    rows = []
    for i in (*range(0, 13 * 7 - 1, 3), 13 * 7 - 1):
        day = FIRST + timedelta(days=i)
        for topic, number in (("Faktura", 10 if day >= LAUNCH else 30), ("Flytting", 30), ("Nett", 30)):
            rows += [
                contact(n, "Nord", day, contact_id=f"{topic}{day}{n}", topic=topic)
                for n in range(number + (i * 7 + len(topic)) % 3)
            ]
    Log(settings.lake_path).append("contact", rows)
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return settings.home


@pytest.fixture
def page_of(
    page: Page, demo_settings: Settings, weeks: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    monkeypatch.setattr(context, "now", lambda: NOW)
    settings = demo_settings.model_copy(update={"lake": str(weeks / "lake"), "hour_cost": 360.0})
    return lambda query=None: opened(page(settings, query), "initiatives")


def test_the_first_line_says_which_measure_has_given_how_many_fewer_contacts(
    page_of: Callable[..., AppTest], sqlite_store: Store
) -> None:
    register(sqlite_store, BILL, who="Kari", now=NOW)
    text = shown(page_of())
    assert "Mest har «En klarere faktura» gitt:" in text
    assert "færre kontakter" in text
    assert "lansert" in text


def test_none_registered_says_how_to_begin_and_none_measurable_says_so(
    page_of: Callable[..., AppTest], sqlite_store: Store
) -> None:
    assert "Registrer det dere gjør" in shown(page_of())
    new = Initiative("new", "Helt nytt", ("Nett",), "IT", date(2026, 11, 14))
    register(sqlite_store, new, who="Kari", now=NOW)
    text = shown(page_of({"lang": "en"}))
    assert "No initiative has a measurable effect yet." in text
    assert "Not yet measurable. There are enough weeks on 5 December 2026 at the earliest." in text


def test_what_to_expect_is_said_before_it_is_registered(
    page_of: Callable[..., AppTest], sqlite_store: Store
) -> None:
    app = page_of({"lang": "en"})
    app.multiselect(key="svar-new-topics").set_value(["Nett"]).run()
    app.slider(key="svar-new-effect").set_value(50).run()
    assert "50% fewer are" in shown(app)
    next(box for box in app.text_input if box.label == "Initiative").set_value("Bedre nettside")
    next(box for box in app.text_input if box.label == "Owner").set_value("IT")
    next(button for button in app.button if button.label == "Register").click().run()
    (measure,) = initiatives(sqlite_store)
    assert (measure.name, measure.topics, measure.assumed_effect) == ("Bedre nettside", ("Nett",), 0.5)
    assert [deed.who for deed in deeds(sqlite_store, SUBJECT)] == ["Team lead"]
    app.button(key=f"svar-remove-{measure.initiative_id}").click().run()
    assert initiatives(sqlite_store) == []


def test_half_a_form_registers_nothing(page_of: Callable[..., AppTest], sqlite_store: Store) -> None:
    app = page_of({"lang": "en"})
    next(button for button in app.button if button.label == "Register").click().run()
    assert [warning.value for warning in app.warning] == ["Give topic, name, owner and day."]
    assert initiatives(sqlite_store) == []


def test_an_empty_lake_says_what_will_appear(page: Page, demo_settings: Settings) -> None:
    assert "Et tiltak måles i antall kontakter" in shown(opened(page(demo_settings), "initiatives"))


def test_a_partner_has_no_page_of_initiatives(
    page: Page, demo_settings: Settings, weeks: Path, sqlite_store: Store
) -> None:
    register(sqlite_store, BILL, who="Kari", now=NOW)
    settings = demo_settings.model_copy(update={"lake": str(weeks / "lake")})
    assert "En klarere faktura" not in shown(
        opened(page(settings, {"viewer": "partner:Nord"}), "initiatives")
    )
