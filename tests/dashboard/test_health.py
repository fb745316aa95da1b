"""The page of Svar's own health: fine, not fine, empty, and not for partners."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from lake.log import Log
from metrics.build.refresh import refresh
from settings import Settings
from store import Store, feed
from store.lease import present
from surveys.ledger.faults import clear, raise_alarm
from tests.dashboard.lake import LAST_DAY, NOW, contact, opened, shown

Page = Callable[..., AppTest]


@pytest.fixture
def sending(sqlite_store: Store) -> None:
    present(sqlite_store, "sender", "one", int(time.time()), 600)


def _health(page: Page, settings: Settings, **query: str) -> str:
    return shown(opened(page(settings, {"lang": "en", **query}), "status"))


@pytest.mark.usefixtures("full", "sending")
def test_all_is_well_and_every_check_stands_there(page: Page, demo_settings: Settings) -> None:
    text = _health(page, demo_settings)
    assert "Yes: all works as it should." in text
    assert "Every contact stands once" in text
    assert "Sums are those of the contacts" in text
    assert "None." in text


@pytest.mark.usefixtures("full")
def test_what_is_wrong_is_said_with_what_to_do(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    now = datetime.now(UTC)
    raise_alarm(sqlite_store, "clock", "The clock stepped back.", now)
    with sqlite_store.write() as connection:
        feed.append(connection, "sale", [("s1", {"sale_id": "s1"})], int((time.time() - 600) * 1e6))
    text = _health(page, demo_settings)
    assert "No, somebody must look at 3 things." in text
    assert "The clock stepped back." in text
    assert "python -m surveys worker" in text
    assert "the oldest has waited 10" in text
    clear(sqlite_store, "clock", now)
    text = _health(page, demo_settings)
    assert "look at 2 things" in text
    assert "Mended last: The clock stepped back." in text


@pytest.mark.usefixtures("full", "sending")
def test_a_row_that_cannot_be_true_is_named(page: Page, demo_settings: Settings, sqlite_store: Store) -> None:
    Log(demo_settings.lake_path).append("contact", [contact(99, "Nord", LAST_DAY, score=11)])
    refresh(demo_settings, sqlite_store, NOW)
    text = _health(page, demo_settings)
    assert "No, somebody must look at one thing." in text
    assert f"key Nord-{LAST_DAY}-99, field score, value 11" in text


@pytest.mark.usefixtures("sending")
def test_before_anything_is_built_it_says_so(page: Page, demo_settings: Settings) -> None:
    text = _health(page, demo_settings)
    assert "Nothing has been built yet" in text
    assert "not yet" in text


@pytest.mark.usefixtures("full")
def test_partners_have_no_such_page(page: Page, demo_settings: Settings) -> None:
    text = _health(page, demo_settings, viewer="partner:Nord")
    assert "Mended" not in text
    assert "Is Svar well?" not in text
