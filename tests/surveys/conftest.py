"""What the tests of the survey side share: contacts that just ended, and a worker on the built-in phones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data.intake import accept
from settings import Settings
from store import Store, feed
from store.schema import decision
from surveys import replies
from surveys.gateways.phone import PhoneGateway
from surveys.worker import Worker

# A Tuesday, 12:00 in Oslo: no quiet hours near.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
PHONE = "+4791234567"


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def ended(store: Store, settings: Settings) -> Callable[..., None]:
    """Contacts that ended a minute before ``at``: ``ended("c1", phone=…)``."""

    def insert(*ids: str, at: datetime = NOON, phone: str | None = PHONE, **fields: Any) -> None:
        items = [
            {
                "contact_id": contact_id,
                "ended_at": (at - timedelta(minutes=1)).isoformat(),
                "partner": "Nord",
                "agent": "Kari Nordmann",
                "language": "nb",
                "talk_s": 120,
                **({"phone": phone} if phone else {}),
                **fields,
            }
            for contact_id in ids
        ]
        answers = accept(store, settings, "contact", items, at)
        assert [answer.status for answer in answers] == ["accepted"] * len(ids), answers

    return insert


@pytest.fixture
def worker(store: Store, settings: Settings) -> Worker:
    return Worker(settings, store, PhoneGateway(store))


def outcome(store: Store, contact_id: str) -> Mapping[str, Any]:
    """The latest snapshot in the feed."""
    return [row.payload for row in feed.history(store, contact_id) if row.kind == "outcome"][-1]


def rows(store: Store, table: Any) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(table)).all())


def states(store: Store) -> Counter[tuple[str, str]]:
    return Counter((row.state, row.reason) for row in rows(store, decision))


def answer(store: Store, settings: Settings, body: str, at: datetime, sid: str = "SM1") -> None:
    replies.receive(store, {"MessageSid": sid, "From": PHONE, "Body": body}, at)
    replies.read_pending(store, settings, at)
