"""The same record by API and by file is one record, in whichever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from data.api.intake import accept
from lake.log import Log
from settings import Settings
from store import Store, feed
from tests.data.files import NOW, counts, load, log_rows, one, write
from tests.serving import until

HOUR = timedelta(hours=1)


def drain(store: Store, settings: Settings) -> None:
    """What the metrics do with the feed: into the log, then marked."""
    rows = feed.undrained(store)
    for kind in {row.kind for row in rows}:
        batch = [
            row.payload | {"version": row.version, "accepted_us": row.accepted_us, "seq": row.seq}
            for row in rows
            if row.kind == kind
        ]
        Log(settings.lake_path).append(kind, batch)
    feed.mark_drained(store, [row.seq for row in rows])


def by_api(store: Store, settings: Settings, now: datetime, *contacts: dict[str, Any]) -> list[str]:
    return [answer.status for answer in accept(store, settings, "contact", contacts, now)]


def by_file(settings: Settings, folder: Path, now: datetime, lines: Sequence[str]) -> tuple[int, ...]:
    path = write(folder, "\n".join(["contact_id,ended_at,phone,agent", *lines]))
    return counts(load(settings, path, now=now))


def contact(agent: str, **more: Any) -> dict[str, Any]:
    return {
        "contact_id": "c",
        "ended_at": "2026-03-02T10:15:00+01:00",
        "phone": "91234567",
        "agent": agent,
        **more,
    }


CONTENT = {"target_id": "t", "metric": "csat", "target": 8, "by": "2026-12-31", "filters": {"topic": "A"}}
TABLES: list[tuple[str, dict[str, Any], str, str, list[Any]]] = [
    ("topic", {"topic": "Faktura", "need": "unwanted"}, "topic,need\nFaktura,{}\n", "need",
     ["unwanted", "neutral"]),
    ("active_customers", {"month": "2026-03", "customers": 7}, "month,customers\n2026-03-31,{}\n",
     "customers", [7, 8]),
    ("hour_cost", {"valid_from": "2026-01-01", "cost": "540"}, "valid_from,cost\n2026-01-01,{}\n",
     "cost_minor", [540, 541]),
    ("sale", {"sale_id": "s", "contact_id": "c", "sold_at": "2026-03-02T10:15:00Z"},
     "sale_id,contact_id,sold_at,cancelled\ns,c,2026-03-02T10:15:00Z,{}\n", "cancelled", [False, True]),
    ("target", CONTENT, 'target_id,metric,target,by,filters\nt,csat,{},2026-12-31,"{{""topic"": ""A""}}"\n',
     "target", [8, 9]),
    ("target", CONTENT, "target_id,metric,target,by,filters,withdrawn\n"
     't,csat,8,2026-12-31,"{{""topic"": ""A""}}",{}\n', "withdrawn", [False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "item", "text", "column", "values"), TABLES)
def test_tables_and_cancelled_sales_meet_live_and_by_file(
    tmp_path: Path, sqlite_store: Store, settings: Settings, kind: str, item: dict[str, Any], text: str,
    column: str, values: list[Any],
) -> None:  # fmt: skip
    accept(sqlite_store, settings, kind, [item], NOW)
    drain(sqlite_store, settings)
    same, other = (write(tmp_path, text.format(value), f"{value}.csv") for value in values)
    assert counts(load(settings, same, now=NOW + HOUR)) == (1, 0, 0, 1, 0)
    assert counts(load(settings, other, now=NOW + 2 * HOUR)) == (1, 0, 1, 0, 0)
    found = one(settings, kind)[column]
    assert found == (values[1] * 100 if column.endswith("minor") else values[1])


LINE = "c,2026-03-02T09:15:00Z,+47 912 34 567,{}"


def test_a_file_that_repeats_what_came_live_changes_nothing(
    tmp_path: Path, sqlite_store: Store, settings: Settings
) -> None:
    by_api(sqlite_store, settings, NOW, contact("a"))
    drain(sqlite_store, settings)
    assert by_file(settings, tmp_path, NOW + HOUR, [LINE.format("a")]) == (1, 0, 0, 1, 0)
    assert one(settings)["source"] == "api"


def test_a_file_corrects_what_came_live_and_live_corrects_what_came_by_file(
    tmp_path: Path, sqlite_store: Store, settings: Settings
) -> None:
    by_api(sqlite_store, settings, NOW, contact("a"))
    drain(sqlite_store, settings)
    assert by_file(settings, tmp_path, NOW + HOUR, [LINE.format("b")]) == (1, 0, 1, 0, 0)
    assert (one(settings)["agent"], one(settings)["source"]) == ("b", "import:generic")
    assert by_api(sqlite_store, settings, NOW + 2 * HOUR, contact("d")) == ["updated"]
    drain(sqlite_store, settings)
    assert (one(settings)["agent"], one(settings)["source"]) == ("d", "api")


@pytest.mark.parametrize("order", list(permutations(["api a", "file b", "api c", "drain"])))
def test_the_latest_counts_whenever_the_feed_is_drained(
    tmp_path: Path, sqlite_store: Store, settings: Settings, order: tuple[str, ...]
) -> None:
    latest = ""
    for step, what in enumerate(order):
        now = NOW + step * HOUR
        way, _, agent = what.partition(" ")
        if way == "api":
            by_api(sqlite_store, settings, now, contact(agent))
        elif way == "file":
            by_file(settings, tmp_path, now, [LINE.format(agent)])
        else:
            drain(sqlite_store, settings)
        latest = agent or latest
    drain(sqlite_store, settings)
    assert one(settings)["agent"] == latest


def test_a_correction_that_moves_a_contact_to_another_day_leaves_it_on_one_day(
    tmp_path: Path, sqlite_store: Store, settings: Settings
) -> None:
    by_api(sqlite_store, settings, NOW, contact("a"))
    drain(sqlite_store, settings)
    by_file(settings, tmp_path, NOW + HOUR, [LINE.format("a").replace("03-02", "03-05")])
    assert [row["day"].day for row in log_rows(settings)] == [5]


def test_an_import_waits_for_the_store_in_its_last_moment_only(
    tmp_path: Path, sqlite_store: Store, settings: Settings
) -> None:
    done: list[tuple[int, ...]] = []
    importing = Thread(
        target=lambda: done.append(by_file(settings, tmp_path, NOW, [LINE.format("a")])), daemon=True
    )
    with sqlite_store.write() as connection:
        feed.append(connection, "link", [("k", {"phone_key": "k", "customer_key": "c"})], 1)
        importing.start()
        # All is read and written by then; its place in the order is what it waits for.
        drafts = Log(settings.lake_path).folder / "contact"
        until(lambda: list(drafts.glob(".draft-*")), "a draft of the batch")
    importing.join(timeout=30)
    assert done == [(1, 1, 0, 0, 0)]
    assert len(feed.undrained(sqlite_store)) == 1
