"""The feed loses nothing and drains in order, on both databases."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from store import Store, feed
from store.lease import held, note
from store.schema import reply


def test_a_row_is_drained_until_it_is_marked(store: Store) -> None:
    with store.write() as connection:
        feed.append(
            connection, "contact", [("c1", {"contact_id": "c1"}), ("c2", {"contact_id": "c2"})], 1_000
        )
    first = feed.undrained(store)
    assert [(row.key, row.payload) for row in first] == [
        ("c1", {"contact_id": "c1"}),
        ("c2", {"contact_id": "c2"}),
    ]
    assert feed.undrained(store) == first, "reading alone changes nothing"
    feed.mark_drained(store, [first[0].seq])
    assert [row.key for row in feed.undrained(store)] == ["c2"]


def test_rows_that_are_marked_leave_out_what_stands_between_them(store: Store) -> None:
    """Numbers commit out of order: what came in between has not been read yet."""
    with store.write() as connection:
        feed.append(connection, "contact", [(f"c{n}", {}) for n in range(6)], 1_000)
    rows = feed.undrained(store)
    feed.mark_drained(store, [rows[n].seq for n in (4, 0, 1)])
    assert [row.key for row in feed.undrained(store)] == ["c2", "c3", "c5"]


def test_a_change_that_fails_leaves_no_row_in_the_feed(store: Store) -> None:
    try:
        with store.write() as connection:
            feed.append(connection, "contact", [("c1", {})], 1_000)
            raise RuntimeError("the change failed")
    except RuntimeError:
        pass
    assert feed.undrained(store) == []


def test_an_error_of_the_store_names_no_value(store: Store) -> None:
    row = {"sid": "SM1", "phone": "+4790000001", "body": "9 hilsen Kari", "form": {}, "received_at": 1}
    with pytest.raises(IntegrityError) as error, store.write() as connection:
        connection.execute(insert(reply), [row, row])
    assert "+4790000001" not in str(error.value)
    assert "Kari" not in str(error.value)


def test_a_lease_has_one_holder_and_returns_when_the_block_ends(store: Store) -> None:
    with held(store, "build") as mine, held(store, "build") as theirs:
        assert (mine, theirs) == (True, False)
    with held(store, "build") as again:
        assert again


@pytest.mark.parametrize(("left_s", "free"), [(-1, True), (60, False)])
def test_a_lease_of_a_killed_holder_runs_out(store: Store, left_s: int, free: bool) -> None:
    note(store, "build", "somebody killed", int(time.time()) + left_s)
    with held(store, "build") as ours:
        assert ours == free
