"""Steps of the clock: small ones are lived with, others stop the sending until it is right or accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from settings import Settings
from store import Store
from store.schema import alarm
from surveys.ledger import faults
from surveys.ledger.clock import Clock
from surveys.ledger.due import accept_clock
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, rows, states

Ended = Callable[..., None]


@pytest.mark.parametrize(("back", "asked"), [(60, True), (61, False)])
def test_a_clock_that_went_back_by_more_than_a_minute_stops_the_sending_with_an_alarm(
    store: Store, settings: Settings, worker: Worker, ended: Ended, back: int, asked: bool
) -> None:
    ended("c1")
    worker.step(NOON)
    ended("c2", phone="+4798765432", at=NOON - timedelta(seconds=back))
    worker.step(NOON - timedelta(seconds=back))
    assert (states(store)["asked", "asked"] == 2) is asked
    assert [row.cleared_at for row in rows(store, alarm)] == ([] if asked else [None])
    worker.step(NOON)
    assert states(store)["asked", "asked"] == 2
    assert all(row.cleared_at for row in rows(store, alarm)), "the alarm ends with the fault"


class Host:
    """A machine whose clock a test steps; ``seconds`` truly pass for it."""

    def __init__(self) -> None:
        self.wall, self.passed = NOON.timestamp(), 1_000.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.passed, interval_s=86_400)

    def go_on(self, seconds: float, step: float = 0.0) -> None:
        self.wall += seconds + step
        self.passed += seconds


def test_claims_use_the_earlier_of_two_clocks() -> None:
    host = Host()
    clock = host.clock()
    host.go_on(10, step=30)
    now, claims = clock.look()
    assert now.timestamp() == NOON.timestamp() + 40
    assert (claims, clock.drift) == (NOON.timestamp() + 10, 30)
    host.go_on(10, step=-30)
    assert clock.look()[1] == NOON.timestamp() + 20
    assert clock.drift == 0


def test_a_jump_ahead_is_remembered_for_a_day_and_no_longer() -> None:
    host = Host()
    clock = host.clock()
    host.go_on(0, step=3_600)
    clock.look()
    host.go_on(86_399)
    now, claims = clock.look()
    assert now.timestamp() - claims == 3_600
    host.go_on(1)
    now, claims = clock.look()
    assert now.timestamp() == claims


@pytest.mark.parametrize(("away", "remembers"), [(60, True), (86_399, True), (86_400, False)])
def test_a_step_is_noticed_also_between_two_workers_of_one_boot(away: int, remembers: bool) -> None:
    host = Host()
    first = host.clock()
    first.look()
    kept = first.kept()
    host.go_on(away, step=50)
    second = host.clock()
    assert (second.resume(kept) is not None) is remembers
    now, claims = second.look()
    assert round(now.timestamp() - claims) == (50 if remembers else 0)


@pytest.mark.parametrize(
    "kept", [None, "", "{", '["another boot", 0, 1000, 0, 0, 0]', '["", 0, 1000, 0, 0, 0]']
)
def test_what_was_kept_of_another_boot_says_nothing(kept: str | None) -> None:
    clock = Host().clock()
    assert clock.resume(kept) is None
    assert clock.drift == 0


def test_a_person_accepts_a_clock_that_was_set_right_and_nobody_is_asked_sooner_for_it(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    host = Host()
    worker._clock = host.clock()
    ended("c1")
    work(worker)
    host.go_on(86_400 - 3_600, step=3_600)  # a day has passed, says the clock
    then = worker._clock.now()
    ended("c2", at=then)
    ended("c3", at=then, phone="+4798765432")
    work(worker)
    assert states(store) == {("asked", "asked"): 1, ("waiting", "new"): 2}
    (standing,) = faults.all_standing(store)
    assert standing.name == "clock"
    assert "surveys clock --accept" in standing.message
    accept_clock(store, then + timedelta(seconds=1))
    work(worker)
    assert states(store) == {("asked", "asked"): 2, ("skipped", "recently_asked"): 1}
    assert faults.all_standing(store) == []


def test_a_person_accepts_a_clock_that_was_set_back(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    earlier = NOON - timedelta(hours=1)
    ended("c2", phone="+4798765432", at=earlier)
    worker.step(earlier)
    assert states(store)["asked", "asked"] == 1
    accept_clock(store, earlier)
    worker.step(earlier)
    assert states(store)["asked", "asked"] == 2


def work(worker: Worker) -> None:
    """One round as a running worker does it, at its own clock's time."""
    worker._round(*worker._clock.look())
    worker._settle(worker._clock.now)
