"""What the tests of the survey side share: contacts that just ended, and a worker on the built-in phones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data.api.intake import accept
from lake.duck import connect
from lake.facts import create_view
from lake.manifest import Lake
from metrics.build.refresh import build
from metrics.catalog.columns import FACT
from settings import Settings
from store import Store, feed
from store.schema import decision
from store.schema import feed as feed_table
from store.totals import Total, totals
from surveys.carriers.phone import PhoneGateway
from surveys.replies import process
from surveys.sending.worker import Worker

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
    process.receive(store, {"MessageSid": sid, "From": PHONE, "Body": body}, at)
    process.read_pending(store, settings, at)


def told_totals(store: Store) -> list[Total]:
    """What a reader of the feed counts by day and state: a contact's snapshot of the highest version."""
    latest: dict[str, Mapping[str, Any]] = {}
    with store.read() as connection:
        query = select(feed_table).where(feed_table.c.kind == "outcome").order_by(feed_table.c.seq)
        for row in connection.execute(query):
            latest[row.key] = row.payload
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for told in latest.values():
        groups.setdefault((told["day"] or "", told["state"]), []).append(told)
    return [
        Total(
            day,
            state,
            len(members),
            sum(told["sent"] is True or told["delivered"] is True or _scored(told) for told in members),
            sum(told["delivered"] is True or _scored(told) for told in members),
            sum(map(_scored, members)),
            sum(told["score"] for told in members if _scored(told)),
        )
        for (day, state), members in sorted(groups.items())
    ]


def _scored(snapshot: Mapping[str, Any]) -> bool:
    return snapshot["score"] is not None and not snapshot["late"]


def assert_the_figures_equal_the_store(store: Store) -> None:
    """Whatever has happened, what left for the lake counts and sums as the store does."""
    assert told_totals(store) == totals(store)


LAKE_TOTALS = """
    select day::text as day, survey_state, count(*), count(score), coalesce(sum(score), 0)::bigint
    from fact group by all order by all
"""


def lake_totals(settings: Settings) -> list[tuple[Any, ...]]:
    """Contacts, scored contacts and the sum of scores by local day and state, from the published facts."""
    lake = Lake(settings.lake_path)
    version = lake.version()
    with connect() as connection:
        create_view(
            connection, "fact", lake, version, partitions=lake.partitions(version).values(), columns=FACT
        )
        return connection.execute(LAKE_TOTALS).fetchall()


def assert_the_lake_equals_the_store(settings: Settings, store: Store) -> None:
    """Whatever has happened, the published facts count and sum as the store does, once it is built."""
    build(settings, store, datetime.now(UTC))
    expected = [(t.day, t.state, t.contacts, t.scored, t.score_sum) for t in totals(store)]
    assert lake_totals(settings) == expected
