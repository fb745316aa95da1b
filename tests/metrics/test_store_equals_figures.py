"""The store and the figures are equal, whatever is lost on the way and whoever's clock is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lake.log import Log
from lake.manifest import Lake
from metrics.build.refresh import build
from settings import Settings
from store import Store, totals
from store.schema import answer, decision, record, survey
from surveys.ledger.snapshots import append_changed
from tests.metrics.conftest import facts_of
from tests.metrics.given import NOON, NOW, contact, days, happens

Act = Callable[[str], None]
IDS = ["c1", "c2", "c3", "c4"]


@pytest.fixture
def surveyed(settings: Settings, sqlite_store: Store) -> Store:
    """Four contacts of two days, asked and delivered, with scores 1 to 4."""
    for number, name in enumerate(IDS):
        _ask(sqlite_store, name, day=number % 2)
        _answer(sqlite_store, name, number + 1)
    build(settings, sqlite_store, NOW)
    return sqlite_store


def _ask(store: Store, name: str, *, day: int = 0) -> None:
    row = contact(name, at=NOON + days(day))
    happens(store, "contact", row)
    with store.write() as connection:
        local = row["day"].isoformat()
        payload = {key: str(value) for key, value in row.items()}
        connection.execute(
            record.insert().values(
                kind="contact", record_id=name, digest="", payload=payload, received_at=NOON, revision=1
            )
        )
        connection.execute(
            decision.insert().values(
                contact_id=name, customer_key="", state="asked", reason="asked", eligible=True,
                due_at=NOON, created_at=NOON,
            )
        )  # fmt: skip
        connection.execute(
            survey.insert().values(
                contact_id=name, token=name, language="nb", opened_at=NOON, closes_at=NOON + 1, question="",
                messages=1, day=local, sent=True, delivered=True,
            )
        )  # fmt: skip
        append_changed(connection, [name], NOW)


def _answer(store: Store, name: str, score: int, *, ahead_s: int = 0) -> None:
    """A reply that a host takes whose clock is so many seconds ahead."""
    at = NOW + timedelta(seconds=ahead_s)
    with store.write() as connection:
        connection.execute(answer.delete().where(answer.c.contact_id == name))
        connection.execute(
            answer.insert().values(
                contact_id=name, question="score", value=score, answered_at=NOON, source="sms"
            )
        )
        append_changed(connection, [name], at)


def _figures(lake: Lake) -> Counter[tuple[str, str, int]]:
    rows = facts_of(lake).to_pylist()
    return Counter((str(row["day"]), row["survey_state"], row["score"]) for row in rows)


def _store_equals_figures(store: Store, lake: Lake) -> bool:
    stored = {(one.day, one.state): (one.contacts, one.score_sum) for one in totals.totals(store)}
    figures: dict[tuple[str, str], tuple[int, int]] = {}
    for (day, state, score), count in _figures(lake).items():
        contacts, total = figures.get((day, state), (0, 0))
        figures[day, state] = contacts + count, total + (score or 0) * count
    return stored == figures


@pytest.mark.parametrize("ahead_s", [5, -5])
def test_the_last_committed_answer_counts_whatever_the_clocks_of_hosts_say(
    settings: Settings, surveyed: Store, lake: Lake, ahead_s: int
) -> None:
    _answer(surveyed, "c1", 9, ahead_s=ahead_s)
    _answer(surveyed, "c1", 2)
    _answer(surveyed, "c2", 7)
    _answer(surveyed, "c2", 3, ahead_s=ahead_s)
    build(settings, surveyed, NOW)
    assert _store_equals_figures(surveyed, lake)
    scores: dict[str, Any] = {row["contact_id"]: row["score"] for row in facts_of(lake).to_pylist()}
    assert (scores["c1"], scores["c2"]) == (2, 3)


def test_a_lost_file_of_the_log_is_named_by_path_and_fed_again(
    settings: Settings, surveyed: Store, log: Log, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    before = _figures(lake)
    lost: list[Path] = [file for file in log.files("outcome") if _named(lake, file)]
    for file in lost:
        file.unlink()
    build(settings, surveyed, NOW)
    assert lost
    assert all(str(file) in caplog.text for file in lost)
    assert _figures(lake) == before


def _named(lake: Lake, file: Path) -> bool:
    version = lake.version()
    name = f"{file.parent.name}/{file.name}"
    return name in version.batches and name not in version.retired
