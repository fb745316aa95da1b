"""The published figures and the store say the same, or it is found, told and mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

import publisher
from data.api.intake import accept
from lake.log import Log
from lake.manifest import Lake
from metrics.build import reconciliation
from metrics.build.refresh import build, refresh
from settings import Settings
from store import Store, feed
from store.schema import answer, decision, survey
from store.schema import feed as feed_table
from store.totals import totals
from surveys.ledger import snapshots
from surveys.ledger.faults import standing

# A Tuesday, 12:00 in Oslo.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
DAYS = ("2026-11-23", "2026-11-24")


@pytest.fixture
def scored(store: Store, settings: Settings) -> None:
    """Two days of live contacts, each scored, published."""
    for number, day in enumerate(DAYS):
        at = NOON - timedelta(days=1 - number)
        ids = [f"c{number}-{index}" for index in range(4)]
        contacts = [
            {"contact_id": each, "ended_at": at.isoformat(), "partner": f"P{index % 2}", "talk_s": 60}
            for index, each in enumerate(ids)
        ]
        accept(store, settings, "contact", contacts, at)
        for index, each in enumerate(ids):
            score(store, each, day, index + 3, at)
    build(settings, store, NOON)


def score(store: Store, contact_id: str, day: str, value: int, at: datetime) -> None:
    """Ask after a contact and take its score in, as the worker and a reply do."""
    with store.write() as connection:
        connection.execute(
            decision.update().where(decision.c.contact_id == contact_id).values(state="asked", eligible=True)
        )
        opened: dict[str, Any] = {
            "contact_id": contact_id,
            "token": contact_id,
            "language": "nb",
            "opened_at": int(at.timestamp()),
            "closes_at": int(at.timestamp()) + 86_400,
            "question": "",
            "messages": 1,
            "day": day,
            "sent": True,
            "delivered": True,
        }
        connection.execute(survey.insert(), [opened])
        given = {"question": "score", "value": value, "answered_at": int(at.timestamp()), "source": "sms"}
        connection.execute(answer.insert(), [{"contact_id": contact_id, **given}])
        snapshots.append_changed(connection, [contact_id], at)


def differences(settings: Settings, store: Store) -> list[reconciliation.Difference]:
    lake = Lake(settings.lake_path)
    return reconciliation.differences(lake, lake.version(), totals(store), feed.undrained_days(store))


@pytest.mark.usefixtures("scored")
def test_figures_that_were_published_from_the_feed_equal_the_store(store: Store, settings: Settings) -> None:
    assert sum(total.score_sum for total in totals(store)) == 2 * (3 + 4 + 5 + 6)
    assert differences(settings, store) == []
    publisher.compare(settings, store, NOON)
    assert differences(settings, store) == []


@pytest.mark.usefixtures("scored")
def test_an_answer_that_is_on_its_way_is_no_difference(store: Store, settings: Settings) -> None:
    late = NOON + timedelta(minutes=5)
    contact = {"contact_id": "new", "ended_at": NOON.isoformat(), "partner": "P0", "talk_s": 60}
    accept(store, settings, "contact", [contact], late)
    assert differences(settings, store) == []
    refresh(settings, store, late)
    assert differences(settings, store) == []


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("pruned", [False, True], ids=["the feed has them", "the feed was pruned"])
def test_snapshots_that_the_log_lost_are_given_again(store: Store, settings: Settings, pruned: bool) -> None:
    """A builder that loses what it has marked as drained: the log has no word of the second day's scores."""
    with store.write() as connection:
        connection.execute(answer.update().where(answer.c.contact_id.like("c1-%")).values(value=9))
        snapshots.append_changed(connection, [f"c1-{index}" for index in range(4)], NOON)
    feed.mark_drained(store, [row.version for row in feed.undrained(store)])
    if pruned:
        with store.write() as connection:
            connection.execute(delete(feed_table))
    refresh(settings, store, NOON)
    found = differences(settings, store)
    assert [(each.day, each.state) for each in found] == [(DAYS[1], "asked")]
    assert (found[0].stored[-1], found[0].published[-1]) == (36, 18)
    build(settings, store, NOON)
    assert differences(settings, store) == (found if pruned else [])
    publisher.compare(settings, store, NOON)
    assert differences(settings, store) == []


@pytest.mark.usefixtures("scored")
def test_contacts_that_the_log_lost_are_given_again(store: Store, settings: Settings) -> None:
    for kind in ("contact", "outcome"):
        for file in Log(settings.lake_path).files(kind):
            file.unlink()
    with store.write() as connection:
        connection.execute(delete(feed_table))
    build(settings, store, NOON)
    assert {each.day for each in differences(settings, store)} == set(DAYS)
    publisher.compare(settings, store, NOON)
    assert differences(settings, store) == []


@pytest.mark.usefixtures("scored")
def test_what_cannot_be_mended_raises_an_alarm(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as connection:
        connection.execute(answer.update().where(answer.c.contact_id == "c0-0").values(value=10))
    monkeypatch.setattr(publisher, "backfill", lambda *_: 0)
    publisher.compare(settings, store, NOON)
    assert [each.day for each in differences(settings, store)] == [DAYS[0]]
    assert standing(store, publisher.DIFFERENCE)
    monkeypatch.undo()
    publisher.compare(settings, store, NOON)
    assert differences(settings, store) == []
    assert not standing(store, publisher.DIFFERENCE)


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("ahead", [5, -5])
def test_the_last_committed_counts_whatever_the_clocks_say(
    store: Store, settings: Settings, ahead: int
) -> None:
    """Two hosts whose clocks differ by five seconds change one score one after the other."""
    for value, clock in ((7, NOON), (2, NOON - timedelta(seconds=ahead))):
        with store.write() as connection:
            connection.execute(answer.update().where(answer.c.contact_id == "c1-0").values(value=value))
            snapshots.append_changed(connection, ["c1-0"], clock)
    refresh(settings, store, NOON + timedelta(seconds=10))
    assert differences(settings, store) == []
