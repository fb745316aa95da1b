"""A customer whose session is on record is not asked whether they tried the website or app first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from data.api.intake import accept
from settings import Settings
from store import Store
from store.schema import message
from surveys.ledger.came_from import came_from_self_service
from surveys.replies import process
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON

ENDED = NOON - timedelta(minutes=1)
BEGAN = ENDED - timedelta(seconds=120)  # contacts of the tests talk for two minutes
DAY = timedelta(hours=24)


def session(store: Store, settings: Settings, at: datetime, customer: str = "k1") -> None:
    sent = {"session_id": f"s{at.timestamp()}", "customer_id": customer, "started_at": at.isoformat()}
    (answer,) = accept(store, settings, "session", [sent], NOON)
    assert answer.status == "accepted"


def came_first(store: Store, *ids: str) -> set[str]:
    with store.read() as connection:
        return came_from_self_service(connection, ids)


@pytest.mark.parametrize(
    ("started_at", "first"),
    [
        (BEGAN, True),
        (BEGAN + timedelta(seconds=1), False),  # while talking
        (BEGAN - DAY, True),
        (BEGAN - DAY - timedelta(seconds=1), False),
    ],
)
def test_a_session_counts_when_it_began_within_24_hours_before_the_contact_did(
    store: Store, settings: Settings, ended: Callable[..., None], started_at: datetime, first: bool
) -> None:
    ended("c1", customer_id="k1")
    ended("c2", customer_id="k2", phone="+4791234568")
    session(store, settings, started_at)
    assert came_first(store, "c1", "c2") == ({"c1"} if first else set())


def test_whose_number_is_known_is_found_by_their_sessions_too(
    store: Store, settings: Settings, ended: Callable[..., None]
) -> None:
    ended("c1", customer_id="k1")  # teaches whose number it is
    ended("c2")
    session(store, settings, BEGAN)
    assert came_first(store, "c2") == {"c2"}
    assert came_first(store) == set()
    assert came_first(store, "nobody") == set()


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("said", [None, False])
def test_what_a_session_shows_is_not_asked(
    store: Store,
    settings: Settings,
    worker: Worker,
    ended: Callable[..., None],
    said: bool | None,
    seen: bool,
) -> None:
    phones = [f"+47912345{number}" for number in range(10, 50)]
    for number, phone in enumerate(phones):
        told = {} if said is None else {"self_service_first": said}
        ended(f"c{number}", phone=phone, customer_id=f"k{number}", **told)
        if seen:
            session(store, settings, BEGAN - timedelta(seconds=number), f"k{number}")
    worker.step(NOON)
    for number, phone in enumerate(phones):
        process.receive(store, {"MessageSid": f"SM{number}", "From": phone, "Body": "9"}, NOON)
    process.read_pending(store, settings, NOON)
    with store.read() as connection:
        asked = set(connection.scalars(select(message.c.question).where(message.c.purpose == "follow_up")))
    assert ("self_help" in asked) == seen
    assert ("tried_self_service" in asked) == (not seen and said is None)


def test_the_sessions_of_a_customer_are_found_by_the_index(store: Store, settings: Settings) -> None:
    session(store, settings, BEGAN)
    plan = "explain query plan" if not store.is_postgres else "explain"
    query = f"{plan} select 1 from record where kind = 'session' and (payload ->> 'customer_key') in ('a')"
    with store.read() as connection:
        if store.is_postgres:
            connection.execute(text("set enable_seqscan = off"))
        plans = " ".join(str(row) for row in connection.execute(text(query)))
    assert "session_by_customer" in plans
