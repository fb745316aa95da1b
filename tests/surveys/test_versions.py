"""The snapshot with the highest version holds all that is committed, whatever the hosts' clocks say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from data.api.intake import accept
from settings import Settings
from store import Store, feed
from store.schema import answer as answers
from store.schema import message, reply, survey
from store.totals import totals
from surveys.ledger import snapshots, statuses
from surveys.ledger.statuses import Status
from surveys.replies import process
from surveys.replies.reread import set_answer
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE, answer, assert_the_lake_equals_the_store, rows

AHEAD = timedelta(seconds=5)  # how far the other host's clock is from ours


def latest(store: Store, kind: str, key: str) -> dict[str, Any]:
    """The payload that a reader of the feed takes for the present state."""
    told = [row for row in feed.history(store, key) if row.kind == kind]
    return max(told, key=lambda row: row.version).payload


@pytest.mark.parametrize("skew", [AHEAD, -AHEAD])
def test_a_status_beside_an_answer_by_hand_loses_neither(
    store: Store, worker: Worker, ended: Callable[..., None], skew: timedelta
) -> None:
    ended("c1")
    worker.step(NOON)
    (sent,) = rows(store, message)
    unclear: dict[str, Any] = {
        "sid": "SM1",
        "phone": PHONE,
        "body": "tja",
        "form": {},
        "contact_id": "c1",
        "kind": "unclear",
    }
    unclear |= {"received_at": int(NOON.timestamp()), "read_at": 1}
    with store.write() as connection:
        connection.execute(update(message).values(state="sent"))
        connection.execute(update(survey).values(delivered=None))
        connection.execute(insert(reply), [unclear])
    callback = [Status(sent.sid, sent.message_id, "delivered")]
    other = threading.Thread(target=statuses.receive, args=(store, callback, NOON - skew))
    with store.write() as connection:
        row = connection.execute(select(reply)).one()
        set_answer(connection, row, "score", 7, "hand")
        snapshots.append_changed(connection, ["c1"], NOON)
        other.start()
        other.join(0.5)  # by now it waits, or has told what it knows
    other.join(30)
    told = latest(store, "outcome", "c1")
    assert (told["score"], told["delivered"]) == (7, True)


@pytest.mark.parametrize("skew", [AHEAD, -AHEAD])
def test_of_two_corrections_the_one_committed_last_counts(
    store: Store, settings: Settings, ended: Callable[..., None], skew: timedelta
) -> None:
    ended("c1", topic="first")
    contact = {"contact_id": "c1", "ended_at": (NOON - timedelta(minutes=1)).isoformat(), "phone": PHONE}
    for topic, at in (("second", NOON + AHEAD + skew), ("third", NOON + AHEAD)):
        accept(store, settings, "contact", [contact | {"topic": topic}], at)
    assert latest(store, "contact", "c1")["topic"] == "third"


def test_a_version_for_a_file_lies_between_what_was_committed_before_and_after(
    store: Store, ended: Callable[..., None]
) -> None:
    ended("c1")
    drawn = [feed.draw_version(store), feed.draw_version(store)]
    ended("c2")
    before, after = (max(row.version for row in feed.history(store, key)) for key in ("c1", "c2"))
    assert before < drawn[0] < drawn[1] < after
    assert {row.key for row in feed.undrained(store)} == {"c1", "c2"}


@pytest.mark.parametrize(("version", "at_least"), [(0, 2), (1, 2), (1_000_000, 1_000_001)])
def test_versions_go_on_above_what_a_lake_already_holds(
    store: Store, ended: Callable[..., None], version: int, at_least: int
) -> None:
    feed.lift_version(store, version)
    ended("c1")
    assert min(row.version for row in feed.history(store, "c1")) >= at_least
    feed.lift_version(store, 5)
    assert feed.draw_version(store) > at_least


def test_the_totals_of_a_day_follow_each_step_of_a_survey(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    ended("c2", phone=None)
    assert totals(store) == [("2026-11-24", "waiting", 2, 0, 0, 0, 0)]
    worker.step(NOON)
    skipped = ("2026-11-24", "skipped", 1, 0, 0, 0, 0)
    assert totals(store)[1] == skipped
    process.receive(store, {"MessageSid": "SM1", "From": PHONE, "Body": "8"}, NOON)
    process.read_pending(store, settings, NOON)
    assert totals(store) == [("2026-11-24", "asked", 1, 1, 1, 1, 8), skipped]
    assert totals(store, "2026-11-25") == []


def test_a_score_that_is_in_the_store_alone_makes_lake_and_store_differ(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    ended("c2", phone=None)
    worker.step(NOON)
    answer(store, settings, "8", NOON)
    assert_the_lake_equals_the_store(settings, store)
    with store.write() as connection:
        connection.execute(update(answers).values(value=3))
    with pytest.raises(AssertionError):
        assert_the_lake_equals_the_store(settings, store)
