"""When the carrier has had enough, every worker leaves it alone, and for no shorter than it was asked to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from settings import Settings
from store import Store
from surveys.carriers.phone import PhoneGateway
from surveys.carriers.twilio import TwilioGateway
from surveys.ledger.carrier_pause import CALM_S, QUEUE_FULL_S, hold_in, queue_full_in
from surveys.ledger.due import look
from surveys.sending.worker import Worker
from tests.surveys.carrier import Carrier, through
from tests.surveys.conftest import NOON, states

AT = int(NOON.timestamp())


def held_for(store: Store) -> int:
    return max(0, look(store, NOON).held_until - AT)


@pytest.mark.parametrize(
    ("asked", "held"),
    [([30.0], 30), ([0.9], 0), ([1.0], 1), ([1.2], 2), ([30.0, 5.0], 30), ([5.0, 30.0], 30)],
)
def test_a_pause_is_never_made_shorter(store: Store, asked: list[float], held: int) -> None:
    with store.write() as connection:
        for seconds in asked:
            hold_in(connection, seconds, NOON)
    assert held_for(store) == held


def test_a_full_queue_makes_ever_longer_pauses_until_it_is_calm(store: Store) -> None:
    now, pauses = NOON, []
    for _ in range(len(QUEUE_FULL_S) + 1):
        with store.write() as connection:
            queue_full_in(connection, now)
            queue_full_in(connection, now + timedelta(seconds=1))  # of the same queue
        pauses.append(look(store, now).held_until - int(now.timestamp()))
        now += timedelta(seconds=pauses[-1] + CALM_S - 1)
    assert pauses == [*QUEUE_FULL_S, QUEUE_FULL_S[-1]]
    with store.write() as connection:
        queue_full_in(connection, now + timedelta(seconds=1))
    assert look(store, now).held_until - int(now.timestamp()) == 1 + QUEUE_FULL_S[0]


@pytest.mark.parametrize(("says", "paused"), [("429", True), ("ok", False)])
def test_a_worker_that_was_told_to_wait_tells_all_others(
    settings: Settings, store: Store, ended: Callable[..., None], says: str, paused: bool
) -> None:
    now = datetime.now(UTC)
    with Carrier() as carrier:
        twilio = through(carrier, settings)
        carrier.behave = lambda form: says
        gateway = TwilioGateway(twilio)
        told, other = Worker(twilio, store, gateway), Worker(twilio, store, PhoneGateway(store))
        ended("c1", at=now)
        told._round(now, int(now.timestamp()))
        told._settle(lambda: now)
        ended("c2", at=now, phone="+4798765432")
        other.step(now)
        gateway.close(0)
    assert (states(store)["waiting", "new"] == 1) == paused
