"""The pages of groups and of who is asked: their sentences, what a partner may see, and nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from settings import Settings
from tests.dashboard.lake import LAST_DAY, opened, shown

Page = Callable[..., AppTest]


@pytest.mark.usefixtures("full")
def test_groups_are_named_with_their_numbers_and_chosen_by_kind_and_metric(
    page: Page, demo_settings: Settings
) -> None:
    app = opened(page(demo_settings, {"lang": "en"}), "groups")
    text = shown(app)
    assert app.title[0].value == "Who really differs?"
    assert "Too few teams to say who stands out in satisfaction" in text
    assert all(team in text for team in ("Tind", "Egg", "Kai"))
    app.segmented_control(key="svar-groups-by").set_value("agent").run()
    text = shown(app)
    assert "None of 6 agents stands out in satisfaction beyond how unlike the agents are anyway" in text
    assert "Agents are not ranked" in text
    app.segmented_control(key="svar-groups-metric").set_value("handling_time").run()
    assert "None of 6 agents stands out in handling time" in shown(app)


@pytest.mark.usefixtures("full")
def test_who_answers_is_told_raw_weighted_and_at_worst(page: Page, demo_settings: Settings) -> None:
    app = opened(page(demo_settings, {"lang": "en"}), "asked")
    text = shown(app)
    assert app.title[0].value == "Who is asked, and who answers?"
    assert "They are 100.0% of all who could be asked" in text
    assert "Whether customers are asked less often with some agents than with others cannot be said" in text
    assert "24-hour rule" not in text
    app.toggle(key="svar-episodes").set_value(True).run()
    assert "24-hour rule" in shown(app)
    app.segmented_control(key="svar-asked-by").set_value("team").run()
    assert "Kai" in shown(app)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("hours", "coming"), [(71, True), (73, False)])
def test_answers_are_said_to_be_coming_in_only_while_they_may(
    page: Page, demo_settings: Settings, monkeypatch: pytest.MonkeyPatch, hours: int, coming: bool
) -> None:
    # The last day that the period holds ended at 23:00 UTC.
    over = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 23, tzinfo=UTC)
    monkeypatch.setattr(context, "now", lambda: over + timedelta(hours=hours))
    text = shown(opened(page(demo_settings, {"lang": "en"}), "asked"))
    assert ("may still be answered" in text) is coming
    assert "Coverage: asked of those who could be" in text


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", ["groups", "asked"])
def test_a_partner_sees_their_own_groups_alone(page: Page, demo_settings: Settings, name: str) -> None:
    app = opened(page(demo_settings, {"viewer": "partner:Nord"}), name)
    text = shown(app)
    assert "Sør" not in text.replace("Sør (partner)", "")
    assert "Kai" not in text
    assert "Nord" in text
    kinds = app.segmented_control(key="svar-groups-by" if name == "groups" else "svar-asked-by").options
    assert "Partner" not in kinds


@pytest.mark.parametrize("name", ["groups", "asked"])
def test_without_contacts_they_say_what_will_appear(page: Page, demo_settings: Settings, name: str) -> None:
    assert "svar-empty" in shown(opened(page(demo_settings), name))


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", ["groups", "asked"])
def test_a_selection_without_contacts_says_so_there(page: Page, demo_settings: Settings, name: str) -> None:
    app = opened(page(demo_settings, {"partner": "Nord", "topic": "Faktura"}), name)
    assert "Ingen kontakter i dette utvalget" in shown(app)
