"""One opening SMS per number in any 24 hours, whoever claims, however many at once."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store import Store, open_store, slots

DAY = 86_400


def claim(store: Store, phone: str, at: int, contact: str = "c", *, interval_s: int = DAY) -> bool:
    with store.write() as connection:
        return slots.claim(connection, {phone: contact}, at, interval_s) == {phone}


@pytest.mark.parametrize("interval_s", [DAY, 2 * DAY])
@pytest.mark.parametrize(("early", "granted"), [(DAY, False), (DAY - 1, False), (1, False), (0, True)])
def test_a_slot_is_free_again_after_the_interval_to_the_second(
    store: Store, interval_s: int, early: int, granted: bool
) -> None:
    assert claim(store, "+471", 1_000_000)
    assert claim(store, "+471", 1_000_000 + interval_s - early, interval_s=interval_s) is granted


def test_a_clock_that_went_back_claims_nothing(store: Store) -> None:
    assert claim(store, "+471", 1_000_000)
    assert not claim(store, "+471", 900_000)


def test_a_slot_is_given_back_by_its_own_claim_only(store: Store) -> None:
    claim(store, "+471", 1_000_000, "c1")
    for contact, until in (("c2", 1_000_000), ("c1", 999_999)):
        with store.write() as connection:
            slots.give_back(connection, [{"phone": "+471", "contact_id": contact, "claimed_until": until}])
        assert not claim(store, "+471", 1_000_001)
    with store.write() as connection:
        slots.give_back(connection, [{"phone": "+471", "contact_id": "c1", "claimed_until": 1_000_000}])
    assert claim(store, "+471", 1_000_001)


def test_the_24_hours_count_from_the_post(store: Store) -> None:
    claim(store, "+471", 1_000_000, "c1")
    with store.write() as connection:
        slots.sent_at(connection, [{"phone": "+471", "contact_id": "c1", "at": 1_000_020}])
    assert not claim(store, "+471", 1_000_000 + DAY)
    assert claim(store, "+471", 1_000_020 + DAY)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["+1", "+2"]), st.integers(0, 5 * DAY)), max_size=25))
def test_whatever_the_order_of_claims_those_granted_are_24_hours_apart(
    sqlite_store: Store, claims: list[tuple[str, int]]
) -> None:
    with sqlite_store.write() as connection:
        connection.execute(text("delete from slot"))
    granted: dict[str, list[int]] = {}
    for phone, at in claims:
        if claim(sqlite_store, phone, at):
            granted.setdefault(phone, []).append(at)
    for times in granted.values():
        assert all(later - earlier >= DAY for earlier, later in pairwise(times))


def _race(url: str, worker: int) -> list[tuple[str, int]]:
    store = open_store(url)
    won = []
    for second in range(0, 40 * 3_600, 1_800):
        wanted = {f"+47{number}": f"{worker}-{second}" for number in range(5)}
        with store.write() as connection:
            won += [(phone, second) for phone in slots.claim(connection, wanted, second, DAY)]
    store.close()
    return won


def test_eight_processes_racing_for_the_same_numbers_get_no_pair_under_24_hours(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The processes start from nothing: what an earlier test left as the main module is not theirs to run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    url = store.engine.url.render_as_string(hide_password=False)
    # One process imports what they need, and they are copies of it.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(8, mp_context=context) as pool:
        won = [pair for pairs in pool.map(_race, [url] * 8, range(8)) for pair in pairs]
    by_phone: dict[str, list[int]] = {}
    for phone, at in sorted(won):
        by_phone.setdefault(phone, []).append(at)
    assert len(by_phone) == 5
    for times in by_phone.values():
        assert all(later - earlier >= DAY for earlier, later in pairwise(times))
