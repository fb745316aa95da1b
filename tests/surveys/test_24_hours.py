"""The 24 hours are 24 hours in the carrier's clock, within a second and after a crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from settings import Settings
from store import Store
from store.schema import slot
from surveys.asking.decide import Asker
from surveys.carriers.base import Outgoing, Posted
from surveys.ledger.statuses import Status, receive
from surveys.sending.delivery import record
from surveys.sending.recovery import adopt_orphans
from tests.surveys.conftest import NOON, rows

DAY = timedelta(hours=24)


def asked(store: Store, settings: Settings, at: datetime) -> list[Outgoing]:
    return Asker(settings, store, "elsewhere:1:x").decide_due(at, 10, int(at.timestamp()))[1]


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.4, 0.999])
@pytest.mark.parametrize("took", [0.0, 0.0005, 0.3, 2.2])
@pytest.mark.parametrize("later", [-1.0, -0.001, 0.0, 0.001, 0.5, 0.999, 1.0])
def test_two_openings_are_24_hours_apart_for_the_carrier(
    sqlite_store: Store, settings: Settings, fraction: float, took: float, later: float
) -> None:
    claimed = NOON + seconds(fraction)
    taken = claimed + seconds(took)  # the latest time at which the carrier can have got it
    again = taken + DAY + seconds(later)
    contacts(sqlite_store, settings, "c1", claimed)
    (first,) = asked(sqlite_store, settings, claimed)
    record(sqlite_store, [Posted(first, "taken", sid="SM1", status="accepted")], taken)
    contacts(sqlite_store, settings, "c2", again)
    granted = bool(asked(sqlite_store, settings, again))
    assert not granted or again - taken >= DAY
    if later >= 1.0:
        assert granted, "a second later at most"


def contacts(store: Store, settings: Settings, contact_id: str, at: datetime) -> None:
    from data.api.intake import accept

    ended_at = (at - timedelta(minutes=1)).isoformat()
    contact = {"contact_id": contact_id, "ended_at": ended_at, "phone": "+4791234567", "talk_s": 60}
    assert accept(store, settings, "contact", [contact], at)[0].status == "accepted"


@pytest.mark.parametrize(
    ("statuses", "counts_from"),
    [
        ([("sent", 8.5)], 9),  # the answer to the post was lost; the callback alone places the message
        ([("queued", 1), ("sent", 8.5)], 9),
        ([("sent", 8.5), ("delivered", 7_200)], 9),  # a phone that was off: sent is sent
        ([("delivered", 20.1)], 21),
        ([("undelivered", 20.1)], 21),
        ([], 0),
    ],
)
def test_the_slot_follows_the_latest_time_the_carrier_can_have_sent(
    store: Store,
    settings: Settings,
    ended: Callable[..., None],
    statuses: list[tuple[str, float]],
    counts_from: int,
) -> None:
    ended("c1")
    (message,) = asked(store, settings, NOON)
    for status, after in statuses:
        receive(store, [Status("SM1", message.message_id, status)], NOON + seconds(after))
    (row,) = rows(store, slot)
    assert row.last_sent_at - NOON.timestamp() == counts_from


@pytest.mark.parametrize(("found_after", "counts_from"), [(149.5, 0), (151, 150), (36_000, 150)])
def test_a_claim_whose_worker_died_counts_from_the_last_moment_it_can_have_been_posted(
    store: Store, settings: Settings, ended: Callable[..., None], found_after: float, counts_from: int
) -> None:
    ended("c1")
    asked(store, settings, NOON)
    adopt_orphans(store, "me", [], NOON + seconds(found_after))
    (row,) = rows(store, slot)
    assert row.last_sent_at - NOON.timestamp() == counts_from
