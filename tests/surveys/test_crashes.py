"""What a crash leaves is found again, whatever fails is tried again, and one bad row holds up no other."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import OperationalError

from settings import Settings
from store import Store, bulk, open_store
from store.schema import message, phone_message, reply
from surveys.asking.decide import Asker
from surveys.asking.rules import Facts, Verdict, decide
from surveys.carriers.base import Outgoing, Posted
from surveys.carriers.phone import PhoneGateway
from surveys.ledger import faults
from surveys.ledger.statuses import Status
from surveys.replies import process
from surveys.replies.conversation import Talk, Turn, turn
from surveys.replies.storing import Storing
from surveys.sending import delivery
from surveys.sending.worker import Worker
from tests.conftest import fresh_database
from tests.surveys.conftest import NOON, PHONE, outcome, rows, states

Ended = Callable[..., None]


def test_a_claim_that_nobody_posted_is_unknown_then_found_absent_and_asked_again(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    _die_after_the_claim(worker)
    assert [row.state for row in rows(store, message)] == ["claimed"]
    Worker(settings, store, PhoneGateway(store)).step(NOON + timedelta(seconds=1))
    assert [row.state for row in rows(store, message)] == ["claimed"], "its worker still lives"
    _pretend_dead(store)
    again = Worker(settings, store, PhoneGateway(store))
    again.step(NOON + timedelta(seconds=2))
    again.step(NOON + timedelta(seconds=10))
    assert sorted(row.state for row in rows(store, message)) == ["delivered", "not_sent"]
    assert len(rows(store, phone_message)) == 1
    assert states(store) == {("asked", "asked"): 1}


def test_a_message_that_was_posted_and_not_recorded_is_found_and_not_posted_again(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker._finish = lambda results, now: None  # type: ignore[method-assign]
    worker.step(NOON)
    assert [row.state for row in rows(store, message)] == ["claimed"]
    _pretend_dead(store)
    Worker(settings, store, PhoneGateway(store)).step(NOON + timedelta(seconds=1))
    assert [row.state for row in rows(store, message)] == ["delivered"]
    assert len(rows(store, phone_message)) == 1
    assert outcome(store, "c1")["delivered"] is True


def test_a_worker_that_slept_does_not_post_what_others_have_given_up(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    submit = worker._gateway.submit
    held: list[Any] = []
    worker._gateway.submit = lambda messages, now: held.extend(messages)  # type: ignore[method-assign]
    worker.step(NOON)
    _pretend_dead(store)
    other = Worker(settings, store, PhoneGateway(store))
    other.step(NOON + timedelta(seconds=1))
    other.step(NOON + timedelta(seconds=9))
    submit(held, NOON + timedelta(seconds=10))
    assert len(rows(store, phone_message)) == 1


def _die_after_the_claim(worker: Worker) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    worker._gateway.submit = die  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        worker.step(NOON)


def _pretend_dead(store: Store) -> None:
    with store.write() as connection:
        # A process number that no process has, or (in a container) this very one, of a life before.
        number = 999_999_999 if len(store.engine.dialect.name) > 6 else os.getpid()
        connection.execute(update(message).values(worker=f"{socket.gethostname()}:{number}:x"))


def test_outcomes_that_could_not_be_recorded_are_recorded_later(
    store: Store, worker: Worker, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended("c1")
    with monkeypatch.context() as broken:
        broken.setattr("surveys.sending.worker.record", _fail)
        with pytest.raises(OSError, match="the store is away"):
            worker.step(NOON)
    assert [row.state for row in rows(store, message)] == ["claimed"]
    worker.step(NOON)
    assert [row.state for row in rows(store, message)] == ["delivered"]


def _fail(*_: object) -> None:
    raise OSError("the store is away")


# --- one bad row ---


def test_an_outcome_that_cannot_be_written_down_holds_up_no_other(
    store: Store, worker: Worker, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended("c1")
    ended("c2", phone="+4798765432")
    whole = delivery.record

    def fails_for_c1(store: Store, results: list[Posted], now: datetime) -> None:
        if any(result.message.contact_id == "c1" for result in results):
            raise ValueError("a fault of ours")
        whole(store, results, now)

    with monkeypatch.context() as broken:
        broken.setattr("surveys.sending.worker.record", fails_for_c1)
        worker.step(NOON)
    assert {row.contact_id: row.state for row in rows(store, message)} == {"c1": "claimed", "c2": "delivered"}
    assert [alarm.name for alarm in faults.all_standing(store)] == ["outcome_fault"]
    worker.step(NOON + timedelta(seconds=1))
    assert {row.state for row in rows(store, message)} == {"delivered"}, "it is found like that of a crash"


def test_a_contact_that_cannot_be_decided_waits_and_holds_up_no_other(
    store: Store, worker: Worker, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended("c1")
    ended("c2", phone="+4798765432")

    def fails_for_c1(facts: Facts, *rest: Any) -> Verdict:
        if facts.contact_id == "c1":
            raise ValueError("a fault of ours")
        return decide(facts, *rest)

    with monkeypatch.context() as broken:
        broken.setattr("surveys.asking.decide.decide", fails_for_c1)
        worker.step(NOON)
    assert states(store) == {("waiting", "fault"): 1, ("asked", "asked"): 1}
    assert [alarm.name for alarm in faults.all_standing(store)] == ["contact_fault"]
    worker.step(NOON + timedelta(minutes=10))
    assert states(store) == {("asked", "asked"): 2}


def test_a_reply_that_cannot_be_read_waits_for_a_person_and_holds_up_no_other(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, body in enumerate(["poison", "STOPP"]):
        process.receive(store, {"MessageSid": f"SM{number}", "From": PHONE, "Body": body}, NOON)

    def fails_for_one(talk: Talk, body: str, *rest: Any) -> Turn:
        if body == "poison":
            raise ValueError("a fault of ours")
        return turn(talk, body, *rest)

    with monkeypatch.context() as broken:
        broken.setattr("surveys.replies.process.turn", fails_for_one)
        assert process.read_pending(store, settings, NOON) == 2
    read = {row.body: (row.kind, row.flags) for row in rows(store, reply)}
    assert read["poison"] == ("unclear", ["fault"])
    assert read["STOPP"][0] == "opt_out"
    assert [alarm.name for alarm in faults.all_standing(store)] == ["reply_fault"]


# --- two workers in each other's way ---


def test_two_that_wait_for_each_other_are_told_apart_by_the_store_and_both_are_written(
    settings: Settings, postgres_server: str, tmp_path: Path
) -> None:
    """A deadlock: the inbox holds one row and waits for another's, which waits for the inbox's."""
    store = open_store(fresh_database(postgres_server, tmp_path.name))
    with store.write() as connection:
        bulk.insert_rows(connection, message, [_message("m1"), _message("m2")])
    storing = Storing(settings, store, lambda: None)
    callbacks = [Status("SM1", "m1", "sent"), Status("SM2", "m2", "sent")]
    with ThreadPoolExecutor(1) as pool:
        with store.engine.connect() as other, other.begin():
            _touch(other, "m2")
            stored = pool.submit(storing.commit, callbacks)
            _until_somebody_waits(store)
            with suppress(OperationalError):  # either of the two may be the one that gives way
                _touch(other, "m1")
        assert stored.result(60) == [None, None]
    assert {row.message_id: row.state for row in rows(store, message)} == {"m1": "sent", "m2": "sent"}
    store.close()


def _message(name: str) -> dict[str, Any]:
    return {
        "message_id": name, "contact_id": name, "purpose": "opening", "question": "score",
        "phone": PHONE, "body": "Hei", "state": "claimed", "created_at": 0,
    }  # fmt: skip


def _touch(connection: Connection, name: str) -> None:
    connection.execute(update(message).where(message.c.message_id == name).values(looks=1))


def _until_somebody_waits(store: Store) -> None:
    waiting = text("select count(*) from pg_locks where not granted")
    end = time.monotonic() + 120
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < end, "nobody ever waited"
            time.sleep(0.01)


@pytest.mark.parametrize("cap", ["daily_cap", "daily_cost_cap", "monthly_cap"])
def test_a_cap_is_exact_also_for_two_workers_at_once(
    store: Store, settings: Settings, ended: Ended, monkeypatch: pytest.MonkeyPatch, cap: str
) -> None:
    limit = {"daily_cap": 5, "daily_cost_cap": 5 * settings.segment_cost, "monthly_cap": 5}[cap]
    limited = settings.model_copy(update={cap: limit, "company": "AS"})
    for number in range(20):
        ended(f"c{number}", phone=f"+47912345{number:02d}", customer_id="one customer")
    first, second = (Asker(limited, store, name) for name in ("w1", "w2"))
    claims = first._claim
    with ThreadPoolExecutor(1) as pool:
        others: list[Future[tuple[int, list[Outgoing]]]] = []

        def claim_while_the_other_decides(*given: Any) -> Any:
            others.append(pool.submit(second.decide_due, NOON, 4, int(NOON.timestamp())))
            with suppress(TimeoutError):  # it has to wait for this transaction to end
                others[0].result(0.5)
            return claims(*given)

        monkeypatch.setattr(first, "_claim", claim_while_the_other_decides)
        asked = len(first.decide_due(NOON, 4, int(NOON.timestamp()))[1])
        asked += len(others[0].result(60)[1])
    assert asked == 5
