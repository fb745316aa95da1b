"""Numbers and texts go when they are old enough; what decides, what adds up and what was told stays."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from lake.log import Log
from metrics.build.drain import drain
from settings import Settings
from store import Store
from store.schema import decision, early_status, feed, opt_out, reply, slot, survey
from surveys.desk.explain import explain
from surveys.desk.timeline import tell
from surveys.privacy import retention
from surveys.privacy.retention import Pruned, prune
from surveys.replies import process
from surveys.replies.reread import reread
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE

DAY = timedelta(days=1)
OTHER = "+4798765432"
Ended = Callable[..., None]


@pytest.fixture
def answered(store: Store, settings: Settings, worker: Worker, ended: Ended) -> None:
    """A contact that was asked and answered with a number and words, all of it in the log."""
    ended("c1")
    worker.step(NOON)
    said(store, settings, "2 ring meg på 412 34 567, hilsen Ola Dunk")
    drain(store, Log(settings.lake_path))


def said(store: Store, settings: Settings, body: str, phone: str = PHONE, sid: str = "SM1") -> None:
    process.receive(store, {"MessageSid": sid, "From": phone, "Body": body}, NOON)
    process.read_pending(store, settings, NOON)


def everything(store: Store) -> str:
    names = (
        "decision", "survey", "message", "reply", "answer", "feed", "record", "slot", "phone_message",
    )  # fmt: skip
    with store.read() as connection:
        return "\n".join(str(connection.execute(text(f"select * from {name}")).all()) for name in names)


def ledger(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(decision.c.state, func.count()).group_by(decision.c.state)))


@pytest.mark.usefixtures("answered")
def test_a_number_is_kept_for_thirty_days_and_then_nowhere(store: Store, settings: Settings) -> None:
    prune(settings, store, NOON + 30 * DAY)
    assert PHONE in everything(store)
    prune(settings, store, NOON + 30 * DAY + timedelta(seconds=1))
    left = everything(store)
    assert PHONE not in left
    assert "412 34 567" not in left, "nor a number that the customer wrote"
    assert "hilsen Ola Dunk" in left, "words stay longer"


@pytest.mark.usefixtures("answered")
def test_what_a_customer_wrote_is_kept_for_a_year_and_then_nowhere(store: Store, settings: Settings) -> None:
    log = Log(settings.lake_path)
    prune(settings, store, NOON + 365 * DAY)
    assert "Ola Dunk" in everything(store)
    assert any(b"Ola Dunk" in path.read_bytes() for path in log.files("comment"))
    done = prune(settings, store, NOON + 366 * DAY)
    assert (done.comments, done.texts > 0) == (1, True)
    assert "Ola Dunk" not in everything(store)
    assert not any(b"Ola Dunk" in path.read_bytes() for path in log.files("comment"))
    assert prune(settings, store, NOON + 366 * DAY) == Pruned()


@pytest.mark.usefixtures("answered")
def test_the_score_the_ledger_and_the_story_outlive_number_and_words(
    store: Store, settings: Settings
) -> None:
    before = ledger(store)
    prune(settings, store, NOON + 400 * DAY)
    assert ledger(store) == before
    story = explain(store, "c1")
    assert story is not None
    assert (story["answers"][0]["value"], story["phone"], story["replies"][0]["score"]) == (2, "none", 2)
    assert "Read as the score 2" in "\n".join(tell(story, settings.zone))
    assert PHONE not in json.dumps(story)


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("days", [31, 400])
def test_reading_again_takes_no_score_back_that_was_read_from_what_is_gone(
    store: Store, settings: Settings, days: int
) -> None:
    prune(settings, store, NOON + days * DAY)
    assert reread(store, NOON + days * DAY, apply=True) == []
    story = explain(store, "c1")
    assert story is not None
    assert story["answers"][0]["value"] == 2


@pytest.mark.parametrize(("keep_days", "hours"), [(1, 1), (1, 23.9), (30, 23.9)])
def test_the_rolling_24_hours_hold_however_short_numbers_are_kept(
    store: Store, settings: Settings, ended: Ended, worker: Worker, keep_days: int, hours: float
) -> None:
    ended("c1")
    worker.step(NOON)
    soon = NOON + timedelta(hours=hours)
    brief = settings.model_copy(update={"keep_numbers_days": keep_days, "answer_window_h": 1})
    prune(brief, store, soon)
    ended("c2", at=soon)
    worker.step(soon)
    with store.read() as connection:
        assert connection.scalars(select(slot.c.contact_id)).all() == ["c1"]
        reasons = dict(connection.execute(select(decision.c.contact_id, decision.c.reason)).all())
    assert reasons == {"c1": "asked", "c2": "recently_asked"}


def test_an_answer_is_waited_for_by_its_number_however_short_numbers_are_kept(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    prune(settings.model_copy(update={"keep_numbers_days": 1}), store, NOON + 2 * DAY)
    with store.read() as connection:
        assert connection.scalars(select(survey.c.phone)).all() == [PHONE]


def test_who_has_said_stop_is_left_alone_for_ever(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    said(store, settings, "STOPP")
    later = NOON + 500 * DAY
    prune(settings, store, later)
    with store.read() as connection:
        assert connection.scalars(select(opt_out.c.phone)).all() == [PHONE]
    ended("c2", at=later)
    worker.step(later)
    with store.read() as connection:
        reasons = dict(connection.execute(select(decision.c.contact_id, decision.c.reason)).all())
    assert reasons["c2"] == "opted_out"


def test_what_has_not_been_done_yet_keeps_its_number(store: Store, settings: Settings, ended: Ended) -> None:
    ended("c1")  # waits
    process.receive(store, {"MessageSid": "SM9", "From": OTHER, "Body": "8"}, NOON)  # is not read
    prune(settings, store, NOON + 400 * DAY)
    with store.read() as connection:
        assert connection.scalars(select(decision.c.phone)).all() == [PHONE]
        assert connection.execute(select(reply.c.phone, reply.c.body)).all() == [(OTHER, "8")]


def test_an_event_goes_when_the_log_has_it_and_not_before(
    store: Store, settings: Settings, ended: Ended, worker: Worker
) -> None:
    ended("c1")
    worker.step(NOON)
    prune(settings, store, NOON + 400 * DAY)
    with store.read() as connection:
        told = connection.scalar(select(func.count()).select_from(feed))
    drain(store, Log(settings.lake_path))
    assert prune(settings, store, NOON + 30 * DAY).events == 0
    assert prune(settings, store, NOON + 31 * DAY).events == (told or 0) - 1, "how the contact came in stays"
    assert prune(settings, store, NOON + 400 * DAY).events == 1


@pytest.mark.parametrize(("days", "left"), [(7, 1), (8, 0)])
def test_a_status_that_nobody_asked_for_is_kept_for_a_week(
    store: Store, settings: Settings, days: int, left: int
) -> None:
    with store.write() as connection:
        connection.execute(early_status.insert().values(sid="SM1", status="sent", at=int(NOON.timestamp())))
    prune(settings, store, NOON + days * DAY)
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(early_status)) == left


def test_many_rows_are_deleted_in_short_transactions(
    store: Store, settings: Settings, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    ended(*(f"c{number}" for number in range(10)), answered=False)
    Worker(settings, store, _NoGateway()).step(NOON)  # type: ignore[arg-type]
    rests: list[int] = []
    done = prune(settings, store, NOON + 31 * DAY, rest=lambda: rests.append(1))
    assert (done.numbers, len(rests)) == (10, 4)


class _NoGateway:
    """Nothing is posted in these tests."""

    def room(self) -> int:
        return 100

    def results(self, _timeout_s: float) -> list[Any]:
        return []

    def in_flight(self) -> int:
        return 0


def test_the_job_prunes_and_ends_when_it_is_told(
    sqlite_store: Store, settings: Settings, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    monkeypatch.setattr(retention, "FIRST_AFTER_S", 0)

    def once(*_given: object, **_more: object) -> Pruned:
        stop.set()
        return Pruned()

    monkeypatch.setattr(retention, "prune", once)
    thread = threading.Thread(target=retention.keep, args=(settings, stop))
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert stop.is_set()
