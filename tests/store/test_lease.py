"""A lease is held by one at a time, for as long as its holder lives."""

from __future__ import annotations

import time

from store import Store
from store.lease import held


def _expires_at(store: Store, name: str) -> int:
    with store.read() as connection:
        return int(
            connection.exec_driver_sql(f"select expires_at from lease where name = '{name}'").scalar_one()
        )


def test_one_holds_it_and_gives_it_back(sqlite_store):
    with held(sqlite_store, "work") as first, held(sqlite_store, "work") as second:
        assert (first, second) == (True, False)
    with held(sqlite_store, "work") as third:
        assert third


def test_a_lease_stays_however_long_the_work_takes(sqlite_store):
    with held(sqlite_store, "work", seconds=1):
        begun, until = _expires_at(sqlite_store, "work"), time.monotonic() + 60
        while _expires_at(sqlite_store, "work") == begun and time.monotonic() < until:
            time.sleep(0.05)
        assert _expires_at(sqlite_store, "work") > begun
        with held(sqlite_store, "work") as another:
            assert not another


def test_what_a_killed_holder_held_is_free_when_its_time_has_passed(sqlite_store):
    with sqlite_store.write() as connection:
        connection.exec_driver_sql(
            f"insert into lease (name, holder, expires_at) values ('work', 'killed', {int(time.time()) - 1})"
        )
    with held(sqlite_store, "work") as ours:
        assert ours
