"""A look-up counts only where the carrier is asked, and a stop is looked for when the post is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from settings import Settings
from store import Store
from store.schema import message, opt_out
from surveys.carriers.phone import PhoneGateway
from surveys.carriers.twilio import TwilioGateway
from surveys.ledger.opt_outs import opt_out_in
from surveys.sending.recovery import reconcile
from surveys.sending.worker import Worker
from tests.surveys.carrier import Carrier, through
from tests.surveys.conftest import NOON, rows

IN_FLIGHT = 4


class Away(PhoneGateway):
    """Phones that no look-up reaches."""

    reachable = False

    def can_look_up(self) -> bool:
        return self.reachable


@pytest.mark.parametrize(("reachable", "looks"), [(False, 0), (True, 1)])
def test_a_look_up_that_asks_nobody_is_not_counted(
    store: Store, worker: Worker, ended: Callable[..., None], reachable: bool, looks: int
) -> None:
    ended("c1")
    worker.step(NOON)
    with store.write() as connection:
        connection.execute(update(message).values(state="unknown", look_at=int(NOON.timestamp())))
    gateway = Away(store)
    gateway.reachable = reachable
    for _ in range(3):
        reconcile(store, gateway, NOON)
    assert rows(store, message)[0].looks == looks


def test_after_a_stop_only_what_is_on_the_wire_goes_out(
    store: Store, settings: Settings, ended: Callable[..., None]
) -> None:
    """The carrier is slow; all who wait say stop at once."""
    with Carrier() as carrier:
        carrier.behave = lambda _form: "slow:0.2"
        sends = through(carrier, settings, posts_in_flight=IN_FLIGHT)
        at = datetime.now(UTC)
        for number in range(60):
            ended(f"c{number}", phone=f"+479123{number:04}", at=at)
        stop = threading.Event()
        worker = Worker(sends, store, TwilioGateway(sends))
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        while len(carrier.forms) < 5 * IN_FLIGHT:
            time.sleep(0.01)
        with store.write() as connection:
            for number in range(60):
                opt_out_in(connection, f"+479123{number:04}", "reply", datetime.now(UTC))
            claimed = connection.scalar(select(func.count()).where(message.c.state == "claimed")) or 0
        posted = len(carrier.forms)
        time.sleep(1.0)
        stop.set()
        thread.join(30)
        assert claimed <= IN_FLIGHT
        assert len(carrier.forms) - posted <= IN_FLIGHT
        assert len(rows(store, opt_out)) == 60
