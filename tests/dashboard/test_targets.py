"""The page of targets, for each role."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from data.log import Log
from settings import Settings
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
