"""The page of reasons: drivers, reasons and comments, each within the viewer's own scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from dashboard.pages.reasons import queries
from lake.log import Log
from settings import Settings
from tests.dashboard.lake import LAST_DAY, opened, shown

Page = Callable[..., AppTest]
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    yield
    queries.drivers.clear()
    queries.reading.clear()


@pytest.fixture
def written(settings: Settings, monkeypatch: pytest.MonkeyPatch, full: None) -> Settings:
    """Six customers of each partner have written something on the last day."""
    monkeypatch.setattr(context, "now", lambda: NOW)
    rows = [
        {"contact_id": f"{partner}-{LAST_DAY}-{i}", "day": LAST_DAY, "text": text, "accepted_us": 1, "seq": i}
        for partner, text in (("Nord", "Rask og hyggelig hjelp"), ("Sør", "Ventet altfor lenge"))
        for i in range(6)
    ]
    rows.append(rows[-1] | {"contact_id": f"Sør-{LAST_DAY}-7", "text": "Dyrt <b>ord</b>"})
    Log(settings.lake_path).append("comment", rows)
    return settings.model_copy(update={"demo": True})


def test_the_first_line_says_what_goes_with_the_scores(page: Page, written: Settings) -> None:
    text = shown(opened(page(written), "reasons"))
    assert "av forskjellene" in text
    assert "Det som følger med poengene" in text
    assert "ikke hva som er årsaken" in text
    assert "Ikke med, fordi det er ukjent for de fleste: Ventetid." in text


def test_comments_are_found_by_their_words_and_shown_as_text(page: Page, written: Settings) -> None:
    app = opened(page(written, {"lang": "en"}), "reasons")
    app.text_input(key="svar-search").set_value("dyrt").run()
    text = shown(app)
    assert "1 found" in text
    assert "Dyrt &lt;b&gt;ord&lt;/b&gt;" in text
    assert "<b>ord" not in text


def test_a_partner_finds_its_own_comments_and_none_when_they_are_few(page: Page, written: Settings) -> None:
    app = opened(page(written, {"viewer": "partner:Sør"}), "reasons")
    app.text_input(key="svar-search").set_value("hyggelig").run()
    assert "0 treff" in shown(app)
    app.text_input(key="svar-search").set_value("ventet").run()
    assert "6 treff" in shown(app)
    app.text_input(key="svar-search").set_value("dyrt").run()
    text = shown(app)
    assert "Så få treff vises ikke" in text
    assert "Dyrt" not in text


def test_an_empty_lake_says_what_will_appear(page: Page, demo_settings: Settings) -> None:
    assert "Årsakene kommer her" in shown(opened(page(demo_settings), "reasons"))
