"""Processes that write about the same contacts at once wait for each other, and never in a ring."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from data.api.intake import accept
from settings import Settings
from store import Store
from store.schema import message
from surveys.carriers.base import Outgoing, Posted
from surveys.ledger import statuses
from surveys.ledger.statuses import Status
from surveys.replies import process
from surveys.sending.delivery import record
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, rows

CUSTOMERS = 40
ROUNDS = 25


def test_webhooks_outcomes_and_decisions_at_once_never_deadlock(
    store: Store, settings: Settings, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    """Every group is in an order of its own, as it comes over the wire."""
    phones = [f"+479123{n:04}" for n in range(CUSTOMERS)]
    contacts(store, settings, "a", phones, NOON)
    worker.step(NOON)
    sent = [row for row in rows(store, message) if row.purpose == "opening"]
    assert len(sent) == CUSTOMERS
    tomorrow = NOON + timedelta(days=1, seconds=200)

    def callbacks(chance: random.Random) -> None:
        states = ["sent", "delivered", "failed"]
        told = [Status(row.sid, row.message_id, chance.choice(states)) for row in shuffled(sent, chance)]
        told += [Status(f"SMearly{n}", "", "sent") for n in shuffled(range(9), chance)]
        statuses.receive(store, told, tomorrow)

    def answers(chance: random.Random) -> None:
        forms = [
            {"MessageSid": f"SM{phone}{chance.randrange(4)}", "From": phone, "Body": chance.choice("189")}
            for phone in shuffled(phones, chance)
        ]
        with store.write() as connection:
            process.store_raw(connection, forms, tomorrow)
            process.read_batch(connection, settings, tomorrow)

    def outcomes(chance: random.Random) -> None:
        taken = [
            Posted(
                Outgoing(row.message_id, row.contact_id, row.phone, row.body, row.created_at),
                "taken",
                row.sid,
            )
            for row in shuffled(sent, chance)
        ]
        record(store, taken, tomorrow)

    def decisions(chance: random.Random) -> None:
        contacts(store, settings, f"b{chance.random()}", shuffled(phones, chance)[:10], tomorrow)
        worker._asker.decide_due(tomorrow, 10, int(tomorrow.timestamp()))

    everything: list[Callable[[random.Random], None]] = [callbacks, answers, outcomes, decisions]
    chances = [(work, random.Random(n)) for n in range(ROUNDS) for work in everything]
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(work, chance) for work, chance in chances]
    faults = [future.exception() for future in futures if future.exception() is not None]
    assert faults == [], "a deadlock"
    assert "deadlock" not in caplog.text


def contacts(store: Store, settings: Settings, prefix: str, phones: Sequence[str], at: datetime) -> None:
    ended_at = (at - timedelta(minutes=1)).isoformat()
    items = [
        {"contact_id": f"{prefix}-{phone}", "ended_at": ended_at, "phone": phone, "talk_s": 60}
        for phone in phones
    ]
    accept(store, settings, "contact", items, at)


def shuffled(items: Iterable[Any], chance: random.Random) -> list[Any]:
    found = list(items)
    chance.shuffle(found)
    return found
