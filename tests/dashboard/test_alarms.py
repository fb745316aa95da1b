"""The alarm page: what is wrong, who looks into it, what it was; for leads and management."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from metrics.inference.base.results import to_json
from metrics.inference.over_time.alarms import SPIKE, Alarm
from settings import Settings
from store import Store
from store.metric_alarms import StoredAlarm, keep, stored
from tests.dashboard.lake import opened, shown

Page = Callable[..., AppTest]
DAY = date(2026, 11, 18)


def alarm(series: str = "contacts|topic=Flytting", *, full: bool = False, bad: bool = True) -> StoredAlarm:
    dims = tuple((part.split("=")[0], part.split("=")[1]) for part in series.split("|")[1:])
    found = Alarm(
        f"{series}|spike|up|{DAY}", series, SPIKE, "up", DAY, DAY, 61.0, 22.0, 4.0, 40.0, 5.3, bad, full, dims
    )
    return StoredAlarm(
        found.key, series, "up", to_json(found), int(datetime(2026, 11, 18, tzinfo=UTC).timestamp())
    )


@pytest.mark.usefixtures("full")
def test_without_an_alarm_the_page_says_so_and_what_is_not_watched(
    page: Page, demo_settings: Settings
) -> None:
    text = shown(opened(page(demo_settings), "alarms"))
    assert "Nei, ikke nå: tallene er som ventet." in text
    assert "For kort historikk." in text  # fifteen days are no baseline


@pytest.mark.usefixtures("full")
def test_an_alarm_is_shown_with_its_cause_and_can_be_looked_into_and_closed(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    keep(sqlite_store, [alarm(), alarm("self_service_failed|topic=Flytting", full=True)])
    app = opened(page(demo_settings, {"lang": "en"}), "alarms")
    text = shown(app)
    assert "Yes, one thing is out of the ordinary." in text
    assert "One of them is a full alarm" in text
    assert "Contacts about “Flytting”: 61 on 18 November 2026, where 22 was expected (4–40)." in text
    assert len(app.get("plotly_chart")) == 1
    app.button(key=f"svar-ack-{alarm().key}").click().run()
    assert "Team lead is looking into it" in shown(app)
    app.text_input(key=f"svar-note-{alarm().key}").set_value("a letter went out").run()
    app.button(key=f"svar-close-{alarm().key}").click().run()
    assert [(row.closed_by, row.note) for row in stored(sqlite_store)] == [
        ("Team lead", "a letter went out")
    ] * 2
    text = shown(app)
    assert "No, not now" in text
    assert "a letter went out" in text
    app.button(key=f"svar-reopen-{alarm().key}").click().run()
    assert all(row.open for row in stored(sqlite_store))


@pytest.mark.usefixtures("full")
def test_a_change_for_the_better_is_no_call_for_action(
    page: Page, demo_settings: Settings, sqlite_store: Store
) -> None:
    keep(sqlite_store, [alarm(bad=False)])
    text = shown(opened(page(demo_settings), "alarms"))
    assert "Nei, ikke nå" in text
    assert "Endret, men ikke til det verre" in text


def test_an_empty_lake_says_what_will_appear(page: Page, demo_settings: Settings) -> None:
    assert "Alarmene kommer her" in shown(opened(page(demo_settings), "alarms"))


@pytest.mark.usefixtures("full")
def test_a_partner_has_no_alarm_page(page: Page, demo_settings: Settings, sqlite_store: Store) -> None:
    keep(sqlite_store, [alarm()])
    text = shown(opened(page(demo_settings, {"viewer": "partner:Nord"}), "alarms"))
    assert "Flytting»" not in text
    assert "Er noe galt?" not in text
