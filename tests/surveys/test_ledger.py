"""The ledger adds up: asked + skipped (by reason) + waiting = contacts, in the store and in the metrics."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from data.api.intake import accept
from metrics import Scope, open_reader
from metrics.build.refresh import refresh
from metrics.catalog import catalog
from metrics.query.sums import Group
from settings import Settings
from store import Store
from store.schema import decision, record
from surveys.desk import today as board
from surveys.desk.queue import settle, unclear
from surveys.replies import process
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON

PARTNERS = ("Nord", "Sør", "")
TEXTS = ("8", "9 takk", "7-8", "STOPP", "ring meg", "3 jeg vil klage", "START", "")
Key = tuple[str, str]


def contact(number: int, at: datetime, chance: random.Random) -> dict[str, object]:
    """Any contact: with and without a number, answered or not, corrected or late, by night and by day."""
    phone = chance.choice([f"+479123{chance.randrange(40):04d}", f"+479123{number:04d}", "22334455", "", "x"])
    return {
        "contact_id": f"c{number}",
        "ended_at": (at - timedelta(minutes=chance.choice([1, 30, 130, 1_200, -10]))).isoformat(),
        "partner": chance.choice(PARTNERS),
        "team": chance.choice(("a", "b")),
        "channel": chance.choice(("phone", "chat")),
        "answered": chance.random() < 0.8,
        "closed_automatically": chance.random() < 0.1,
        **({"phone": phone} if phone else {}),
        **({"score": chance.randint(1, 10)} if chance.random() < 0.1 else {}),
    }


def in_the_store(store: Store) -> tuple[Counter[Key], Counter[Key], Counter[str]]:
    """Contacts by partner and reason, by partner and state, and those that could be asked by partner."""
    reasons: Counter[Key] = Counter()
    states: Counter[Key] = Counter()
    eligible: Counter[str] = Counter()
    query = select(decision, record.c.payload).join(
        record, (record.c.kind == "contact") & (record.c.record_id == decision.c.contact_id)
    )
    with store.read() as connection:
        for row in connection.execute(query):
            partner = row.payload["partner"]
            reasons[partner, row.reason] += 1
            states[partner, row.state] += 1
            eligible[partner] += bool(row.eligible)
    return reasons, states, eligible


def in_the_metrics(settings: Settings, scope: Scope) -> Counter[Key]:
    return Counter({(one.key[0], one.key[1]): one.contacts for one in groups(settings, scope)})


def groups(settings: Settings, scope: Scope) -> Sequence[Group]:
    coverage = [catalog.metric("survey_coverage")]
    return open_reader(settings, scope).groups(coverage, ["partner", "survey_reason"])


@pytest.mark.parametrize(
    ("seed", "contacts"), [(1, 30), *(pytest.param(seed, 160, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_every_contact_has_one_decision_and_they_add_up_in_every_scope(
    store: Store, settings: Settings, worker: Worker, seed: int, contacts: int
) -> None:
    chance = random.Random(seed)
    now = NOON
    for number in range(contacts):
        now += timedelta(minutes=chance.choice([0, 1, 20, 60]))
        sent = contact(number, now, chance)
        assert accept(store, settings, "contact", [sent], now)[0].status == "accepted"
        if chance.random() < 0.1:  # corrected before or after it is decided
            accept(store, settings, "contact", [sent | {"agent": "Ola", "answered": True}], now)
        if chance.random() < 0.7:
            worker.step(now)
        if chance.random() < 0.5:
            form = {"MessageSid": f"SM{number}", "From": f"+479123{chance.randrange(contacts):04d}"}
            process.receive(store, form | {"Body": chance.choice(TEXTS)}, now)
        if chance.random() < 0.1 and (waiting := unclear(store, limit=1)):
            value = chance.choice([5, None]) if waiting[0].question == "score" else None
            settle(store, waiting[0].sid, value, now, who="Kari")
        if number == contacts // 2:
            refresh(settings, store, now)
            adds_up(store, settings, number + 1, now)
    worker.step(now + timedelta(days=2))
    refresh(settings, store, now + timedelta(days=2))
    adds_up(store, settings, contacts, now + timedelta(days=2))
    assert not any(state == "waiting" for _, state in in_the_store(store)[1])


def adds_up(store: Store, settings: Settings, contacts: int, now: datetime) -> None:
    reasons, states, _ = in_the_store(store)
    assert sum(reasons.values()) == sum(states.values()) == contacts
    assert in_the_metrics(settings, Scope.everything()) == reasons
    for partner in PARTNERS[:2]:
        mine = {key: count for key, count in reasons.items() if key[0] == partner}
        assert in_the_metrics(settings, Scope.of_partner(partner)) == mine
    for scope in (None, *PARTNERS[:2]):
        today = board.today(store, settings, now, scope)
        assert today.asked + today.waiting + sum(today.skipped.values()) == today.contacts


def test_who_could_be_asked_is_counted_alike_in_the_store_and_in_the_metrics(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    for number in range(20):
        ended(f"c{number}", phone=f"+479123{number // 2:04d}", partner="Nord", answered=number % 5 > 0)
    worker.step(NOON)
    refresh(settings, store, NOON)
    _, states, eligible = in_the_store(store)
    found = groups(settings, Scope.everything())
    assert sum(int(one.parts["survey_coverage"]["eligible"]) for one in found) == eligible["Nord"]
    assert sum(int(one.parts["survey_coverage"]["asked"]) for one in found) == states["Nord", "asked"]
