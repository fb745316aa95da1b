"""The page of targets, for each role."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from lake.log import Log
from metrics import Scope
from metrics.analysis.targets import goals
from metrics.build.refresh import refresh
from settings import Settings
from store import Store
from store.deeds import deeds
from tests.dashboard.lake import opened, shown

Page = Callable[..., AppTest]
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


def target(name: str, **given: Any) -> dict[str, Any]:
    row = {
        "target_id": name, "metric": "csat", "filters": "", "baseline": 6.0, "target": 8.0,
        "start": date(2026, 11, 1), "by": date(2026, 12, 31), "owner": name, "accepted_us": 1, "seq": 0,
    }  # fmt: skip
    return row | given


@pytest.fixture
def stated(settings: Settings, monkeypatch: pytest.MonkeyPatch, full: None) -> None:
    monkeypatch.setattr(context, "now", lambda: NOW)
    own = json.dumps({"partner": "Nord", "channel": "phone"})
    Log(settings.lake_path).append("target", [target("Alle"), target("Nords eier", filters=own)])


@pytest.mark.usefixtures("stated")
def test_every_target_is_shown_with_its_level_and_why_there_is_no_forecast(
    page: Page, demo_settings: Settings
) -> None:
    text = shown(opened(page(demo_settings), "targets"))
    assert "0 av 2 mål er nådd" in text
    assert "Nord, Telefon" in text or "Telefon, Nord" in text
    assert "For kort historikk." in text
    assert "Tilfredsheten opp til 8,0 innen 31. desember 2026" in text


@pytest.mark.usefixtures("stated")
def test_a_partner_sees_its_own_targets_only(page: Page, demo_settings: Settings) -> None:
    own = shown(opened(page(demo_settings, {"viewer": "partner:Nord"}), "targets"))
    assert "Nords eier" in own
    assert "Alle" not in own
    other = shown(opened(page(demo_settings, {"viewer": "partner:Sør"}), "targets"))
    assert "Målene kommer her" in other


def test_without_targets_the_page_says_how_to_set_one(page: Page, demo_settings: Settings) -> None:
    assert "POST /api/targets" in shown(opened(page(demo_settings, {"lang": "en"}), "targets"))


@pytest.mark.usefixtures("full")
def test_a_target_set_on_the_page_is_kept_as_the_api_keeps_it_and_written_down(
    page: Page, demo_settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "now", lambda: NOW)
    app = opened(page(demo_settings), "targets")
    button = next(one for one in app.button if one.label == "Sett målet")
    button.click().run()
    assert [one.value for one in app.warning] == ["Skriv inn tallet og hvem som eier målet."]
    app.selectbox(key="svar-target-metric").set_value("satisfied").run()
    app.selectbox(key="svar-target-partner").set_value("Nord")
    app.number_input(key="svar-target-value").set_value(85.0)
    app.text_input(key="svar-target-owner").set_value("Kundesjefen")
    next(one for one in app.button if one.label == "Sett målet").click().run()
    refresh(demo_settings, sqlite_store, NOW)
    (goal,) = goals(demo_settings, Scope.everything())
    assert (goal.metric, dict(goal.filters), goal.target) == ("satisfied", {"partner": "Nord"}, 0.85)
    assert goal.baseline == pytest.approx(1.0)  # all of Nord's customers give eight or more
    assert (goal.by, goal.start) == (date(2027, 2, 19), date(2026, 11, 20))
    assert [(deed.what, deed.key) for deed in deeds(sqlite_store, "target")] == [("stated", goal.target_id)]
    app = opened(page(demo_settings), "targets")
    assert "Kundesjefen" in shown(app)
    app.button(key=f"svar-withdraw-{goal.target_id}").click().run()
    refresh(demo_settings, sqlite_store, NOW)
    assert goals(demo_settings, Scope.everything()) == []
    assert [deed.what for deed in deeds(sqlite_store, "target")] == ["stated", "withdrawn"]
    assert "Målene kommer her" in shown(opened(page(demo_settings), "targets"))


@pytest.mark.usefixtures("stated")
def test_a_partner_states_no_targets(page: Page, demo_settings: Settings) -> None:
    app = opened(page(demo_settings, {"viewer": "partner:Nord"}), "targets")
    assert not [one for one in app.selectbox if one.key == "svar-target-metric"]
    assert not [one for one in app.button if str(one.key).startswith("svar-withdraw")]
