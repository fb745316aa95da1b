"""Posting in a process of its own: the same outcomes, and whoever dies, the other one notices."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from settings import Settings
from store import Store
from store.schema import message
from surveys.carriers import make_gateway
from surveys.carriers.apart import LATELY_S, ProcessLink
from surveys.carriers.base import Gateway
from surveys.ledger import faults
from surveys.sending.worker import Worker
from tests.surveys.carrier import Carrier, through
from tests.surveys.conftest import NOON, rows

Ended = Callable[..., None]
# The database makes no difference here.
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier(prefix="/twilio") as carrier:
        yield carrier


@pytest.fixture
def twilio(settings: Settings, carrier: Carrier) -> Settings:
    return through(carrier, settings, twilio_base_url=f"{carrier.url}/")


@pytest.fixture
def gateway(twilio: Settings, store: Store) -> Iterator[Gateway]:
    gateway = make_gateway(twilio, store, apart=True)
    until(lambda: gateway.room() > 0)
    yield gateway
    gateway.close(0)


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def poster(gateway: Any) -> subprocess.Popen[bytes]:
    process: subprocess.Popen[bytes] = gateway._link._process
    return process


@on_sqlite
def test_a_poster_posts_what_the_worker_claims_under_a_path_of_the_carriers(
    twilio: Settings, store: Store, carrier: Carrier, gateway: Gateway, ended: Ended
) -> None:
    now = datetime.now(UTC)
    for number in range(100):
        ended(f"c{number}", at=now, phone=f"+4791{number:06d}")
    Worker(twilio, store, gateway).step(now)
    assert {row.state for row in rows(store, message)} == {"queued"}
    assert {row.sid for row in rows(store, message)} == {text.sid for text in carrier.accepted}
    assert len(carrier.accepted) == 100


@on_sqlite
@pytest.mark.parametrize("how", ["killed", "stands still"])
def test_what_a_poster_had_in_hand_when_it_died_is_unknown_and_another_takes_its_place(
    twilio: Settings, store: Store, carrier: Carrier, gateway: Any, ended: Ended, how: str
) -> None:
    carrier.behave = lambda form: "after:hang"
    now = datetime.now(UTC)
    ended("c1", at=now)
    worker = Worker(twilio, store, gateway)
    worker._round(now, int(now.timestamp()))
    until(lambda: carrier.accepted)
    poster(gateway).send_signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
    gateway._link._answer_s = 0.0
    worker._settle(lambda: now)
    gateway._link._answer_s = 60.0
    assert [(row.state, row.error) for row in rows(store, message)] == [("unknown", "the poster ended")]
    carrier.behave = lambda form: "ok"
    until(lambda: gateway.room() > 0)
    ended("c2", at=now, phone="+4798765432")
    worker.step(now)
    assert [text.to for text in carrier.accepted][1:] == ["+4798765432"]


def test_a_poster_whose_worker_was_killed_ends(twilio: Settings) -> None:
    link = ProcessLink(twilio)
    until(link.ready)
    process = link._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as the system does for a process that is gone
    assert process.wait(60) == 0


@on_sqlite
def test_what_could_not_be_handed_over_was_not_sent(
    twilio: Settings, store: Store, gateway: Gateway, ended: Ended
) -> None:
    poster(gateway).kill()
    poster(gateway).wait()
    now = datetime.now(UTC)
    ended("c1", at=now)
    worker = Worker(twilio, store, gateway)
    worker._round(now, int(now.timestamp()))
    worker._settle(lambda: now)
    assert [(row.state, row.error) for row in rows(store, message)] == [("not_sent", "the poster ended")]


def test_a_poster_that_cannot_start_is_tried_again_ever_later_and_costs_nobody_a_question(
    twilio: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    gateway: Any = make_gateway(twilio, sqlite_store, apart=True)
    link: ProcessLink = gateway._link
    worker = Worker(twilio, sqlite_store, gateway)
    for failures in (1, 2, 3):
        worker._be_known(NOON)
        assert not faults.standing(sqlite_store, "poster_fault"), "one or two may be chance"
        link._again_at = 0.0
        until(lambda: gateway.room() == 0 and link._process is None)
        assert link._failures == failures
        assert link._again_at > time.monotonic()
    worker._be_known(NOON)
    assert faults.standing(sqlite_store, "poster_fault")
    link._deaths[0] -= LATELY_S + 1
    worker._be_known(NOON)
    assert not faults.standing(sqlite_store, "poster_fault"), "the first is long ago"
    gateway.close(0)
