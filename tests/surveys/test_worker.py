"""The worker: one decision per contact, claims before posts, and what a crash leaves is found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from data.api.intake import accept
from settings import Settings
from store import Store
from store.schema import decision, lease, message, opt_out, phone_message, slot, survey
from surveys.asking.decide import Asker
from surveys.carriers.base import Posted
from surveys.carriers.phone import PhoneGateway
from surveys.desk import today as board
from surveys.ledger import statuses
from surveys.ledger.due import HOLD
from surveys.sending.delivery import record
from surveys.sending.worker import IDLE_S, Worker
from tests.surveys.conftest import NOON, PHONE, answer, outcome, rows, states

Ended = Callable[..., None]


def correct(store: Store, settings: Settings, contact_id: str, **fields: Any) -> None:
    ended_at = (NOON - timedelta(minutes=1)).isoformat()
    item = {"contact_id": contact_id, "ended_at": ended_at, "partner": "Nord", **fields}
    assert [given.status for given in accept(store, settings, "contact", [item], NOON)] == ["updated"]


def test_of_several_contacts_of_one_number_one_is_asked_and_all_are_decided(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1", "c2", "c3")
    ended("c4", phone=None)
    ended("c5", phone="+4722334455")
    assert worker.step(NOON) > 0
    assert states(store) == {
        ("asked", "asked"): 1,
        ("skipped", "recently_asked"): 2,
        ("skipped", "no_number"): 1,
        ("skipped", "not_mobile"): 1,
    }
    assert len(rows(store, phone_message)) == 1
    today = board.today(store, settings, NOON, None)
    assert today.asked + today.waiting + sum(today.skipped.values()) == today.contacts == 5
    assert board.today(store, settings, NOON, "Nord").contacts == 5
    assert board.today(store, settings, NOON, "Sør").contacts == 0
    assert worker.step(NOON) == 0


def test_every_decision_is_told_to_the_feed_with_its_state(
    store: Store, worker: Worker, ended: Ended
) -> None:
    ended("c1", "c2")
    worker.step(NOON)
    asked, skipped = sorted((outcome(store, name) for name in ("c1", "c2")), key=lambda row: row["state"])
    assert (asked["sent"], asked["delivered"], asked["asked_at"]) == (True, True, int(NOON.timestamp()))
    assert (skipped["reason"], skipped["eligible"], skipped["sent"]) == ("recently_asked", True, None)
    assert asked["day"] == "2026-11-24"


@pytest.mark.parametrize(("seconds", "asked"), [(86_399, 1), (86_400, 2)])
def test_the_number_is_asked_again_after_24_hours_and_not_a_second_before(
    store: Store, settings: Settings, worker: Worker, ended: Ended, seconds: int, asked: int
) -> None:
    ended("c1")
    worker.step(NOON)
    then = NOON + timedelta(seconds=seconds)
    ended("c2", at=then)
    worker.step(then)
    assert states(store)["asked", "asked"] == asked


def test_a_new_survey_closes_the_old_one_and_takes_the_answers(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    later = NOON + timedelta(hours=25)
    ended("c2", at=later)
    worker.step(later)
    answer(store, settings, "9", later + timedelta(minutes=1))
    assert outcome(store, "c2")["score"] == 9
    assert outcome(store, "c1")["score"] is None


@pytest.mark.parametrize(("hours", "late"), [(71.99, False), (72.01, True)])
def test_an_answer_after_72_hours_is_kept_and_marked_late_and_nothing_more_is_asked(
    store: Store, settings: Settings, worker: Worker, ended: Ended, hours: float, late: bool
) -> None:
    ended("c1")
    worker.step(NOON)
    then = NOON + timedelta(hours=hours)
    answer(store, settings, "9", then)
    snapshot = outcome(store, "c1")
    assert (snapshot["score"], snapshot["late"]) == (9, late)
    assert sum(row.purpose == "follow_up" for row in rows(store, message)) == (0 if late else 1)


def test_a_follow_up_waits_for_the_morning_and_is_not_sent_after_a_stop(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    night, morning = NOON + timedelta(hours=10), NOON + timedelta(hours=21)
    answer(store, settings, "9", night)
    worker.step(night)
    assert len(rows(store, phone_message)) == 1
    answer(store, settings, "stopp", night + timedelta(minutes=1), "SM2")
    worker.step(morning)
    assert len(rows(store, phone_message)) == 1
    assert [row.phone for row in rows(store, opt_out)] == [PHONE]


def test_the_whole_conversation_is_three_messages_at_most(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    for minute, body in enumerate(["", "hva?", "9", "1", "2", "10", "takk"]):
        at = NOON + timedelta(minutes=minute)
        if body:
            answer(store, settings, body, at, f"SM{minute}")
        worker.step(at)
    assert Counter(row.purpose for row in rows(store, message)) == {
        "opening": 1,
        "clarification": 1,
        "follow_up": 1,
    }
    assert rows(store, survey)[0].messages == 3


def test_start_after_stop_lets_the_number_be_asked_again(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "STOPP", NOON)
    second = NOON + timedelta(hours=25)
    ended("c2", at=second)
    worker.step(second)
    assert states(store)["skipped", "opted_out"] == 1
    answer(store, settings, "START", second, "SM2")
    ended("c3", at=second)
    worker.step(second)
    assert states(store)["asked", "asked"] == 2


def test_quiet_hours_hold_a_contact_until_nine(store: Store, worker: Worker, ended: Ended) -> None:
    night = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)  # 22:30 in Oslo
    ended("c1", at=night)
    worker.step(night)
    assert states(store) == {("waiting", "quiet_hours"): 1}
    assert outcome(store, "c1")["state"] == "waiting"
    worker.step(datetime(2026, 11, 25, 7, 59, 59, tzinfo=UTC))
    assert states(store) == {("waiting", "quiet_hours"): 1}
    worker.step(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert states(store) == {("asked", "asked"): 1}


@pytest.mark.parametrize(
    ("setting", "value", "asked"),
    [("daily_cap", 3, 3), ("daily_cost_cap", 1.3, 2), ("monthly_cap", 1, 1), ("sample_share", 0.0, 0)],
)
def test_caps_hold_within_a_batch(
    store: Store, settings: Settings, ended: Ended, setting: str, value: float, asked: int
) -> None:
    limited = settings.model_copy(update={setting: value})
    for number in range(5):
        ended(f"c{number}", phone=f"+479123456{number}", customer_id="one customer")
    Worker(limited, store, PhoneGateway(store)).step(NOON)
    assert states(store)["asked", "asked"] == asked


@pytest.mark.parametrize(
    ("error", "days", "asked"),
    [
        ("30003", 2, 2),
        ("30008", 2, 2),
        ("30004", 2, 1),
        ("30005", 2, 1),
        ("30006", 2, 1),
        ("30006", 29, 1),
        ("30006", 31, 2),
    ],
)
def test_a_number_that_cannot_be_reached_for_good_is_left_alone_for_a_month(
    store: Store, worker: Worker, ended: Ended, error: str, days: int, asked: int
) -> None:
    ended("c1")
    worker.step(NOON)
    with store.write() as connection:
        connection.execute(update(message).values(state="sent"))
    attempt = rows(store, message)[0].message_id
    statuses.receive(store, [statuses.Status("SM1", attempt, "undelivered", error)], NOON)
    assert outcome(store, "c1")["delivered"] is False
    later = NOON + timedelta(days=days)
    ended("c2", at=later)
    worker.step(later)
    assert states(store)["asked", "asked"] == asked
    assert states(store)["skipped", "unreachable"] == 2 - asked


@pytest.mark.parametrize("score", [9, None])
def test_where_the_source_asks_its_customers_itself_we_do_not(
    store: Store, settings: Settings, worker: Worker, ended: Ended, score: int | None
) -> None:
    ended("c1", score=score)
    ended("c2", phone="+4798765432")
    correct(store, settings, "c2", phone="+4798765432", score=score)
    worker.step(NOON)
    assert states(store) == {("skipped", "asked_by_source"): 2}
    assert rows(store, phone_message) == []
    for told in (outcome(store, "c1"), outcome(store, "c2")):
        assert (told["state"], told["reason"], told["eligible"]) == ("skipped", "asked_by_source", False)


def test_a_number_corrected_while_its_sms_is_on_the_way_is_the_one_that_a_retry_goes_to(
    store: Store, settings: Settings, ended: Ended
) -> None:
    ended("c1")
    asker = Asker(settings, store, "w")
    (first,) = asker.decide_due(NOON, 10, int(NOON.timestamp()))[1]
    correct(store, settings, "c1", phone="+4798765432")
    assert [(row.phone, row.state) for row in rows(store, message)] == [(PHONE, "claimed")]
    record(store, [Posted(first, "not_sent", error="busy")], NOON)
    assert rows(store, slot) == [], "the slot that is given back is that of the message"
    later = NOON + timedelta(minutes=5)
    (again,) = asker.decide_due(later, 10, int(later.timestamp()))[1]
    assert again.phone == "+4798765432"
    assert [row.phone for row in rows(store, slot)] == [row.phone for row in rows(store, survey)]
    assert [row.phone for row in rows(store, survey)] == ["+4798765432"]


def test_a_correction_after_the_sms_was_taken_changes_nobody_who_was_asked(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    correct(store, settings, "c1", phone="+4798765432")
    assert [row.phone for row in rows(store, decision)] == [PHONE]


def test_a_carrier_that_asks_for_a_pause_gets_one(store: Store, worker: Worker, ended: Ended) -> None:
    with store.write() as connection:
        connection.execute(
            lease.insert().values(name=HOLD, holder="carrier", expires_at=int(NOON.timestamp()) + 60)
        )
    ended("c1")
    worker.step(NOON)
    assert states(store) == {("waiting", "new"): 1}
    worker.step(NOON + timedelta(seconds=60))
    assert states(store) == {("asked", "asked"): 1}


def test_a_worker_that_waits_for_the_pace_alone_looks_again_soon(
    store: Store, settings: Settings, worker: Worker, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = int(NOON.timestamp())
    worker._round(NOON, at)
    assert worker._pause_s == IDLE_S, "nothing is due"
    ended("c1")
    with monkeypatch.context() as paced:
        paced.setattr(worker._gateway, "room", lambda: 0)
        worker._round(NOON, at)
    assert worker._pause_s < 5 / settings.messages_per_second * 2, "before more than the burst is missed"
    worker._round(NOON, at)
    assert worker._pause_s == IDLE_S
