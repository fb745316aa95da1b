"""A home of the version whose lake was a base and its deltas opens, and gives the figures it gave.

The archive is its demonstration of 300 contacts in 20 days, with the figures that it showed itself.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.api.intake import accept
from lake.manifest import Lake
from metrics import Scope, open_reader
from metrics.build import reconciliation
from metrics.build.refresh import build, refresh
from settings import Settings
from store import Store, open_store
from store.schema import slot
from store.slots import claim
from store.totals import totals

ARCHIVE = Path(__file__).parent / "homes" / "base_and_delta.tar.xz"
WRITTEN = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)  # just after the archive was made
DIMENSIONS = ["day", "partner"]
# A contact of Havbris in the archive, as its source corrects it afterwards.
MOVED = {
    "contact_id": "DEMO-C0000002",
    "ended_at": "2026-11-12T09:25:55Z",
    "partner": "Fjordsvar Demo",
    "talk_s": 137,
}


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def settings(unpacked: Path) -> Settings:
    return Settings(home=unpacked / "home", demo=True)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Store]:
    with closing(open_store(settings.database_url)) as store:
        yield store


def test_an_upgraded_home_shows_the_figures_it_showed_before(
    unpacked: Path, settings: Settings, opened: Store
) -> None:
    steps: list[str] = []
    refresh(settings, opened, WRITTEN, lambda step, _share: steps.append(step))
    before = json.loads((unpacked / "figures.json").read_text())
    answers = open_reader(settings, Scope.everything()).show(list(before), by=DIMENSIONS)
    shown: dict[str, list[list[Any]]] = {metric: [] for metric in before}
    for answer in answers:
        shown[answer.metric].append([*answer.dims.values(), answer.value, answer.n])
    assert sum(map(len, before.values())) == 900
    for metric, rows in before.items():
        assert [row[:2] + row[3:] for row in shown[metric]] == [row[:2] + row[3:] for row in rows]
        assert [row[2] for row in shown[metric]] == [pytest.approx(row[2]) for row in rows]
    assert steps


def test_an_upgraded_home_equals_its_store_and_keeps_nothing_of_the_old_lake(
    settings: Settings, opened: Store
) -> None:
    build(settings, opened, WRITTEN)
    lake = Lake(settings.lake_path)
    assert reconciliation.differences(lake, lake.version(), totals(opened), set()) == []
    left = {path.name for path in settings.lake_path.iterdir()}
    assert left <= {"log", "facts", "cubes", "manifest", "tables", "version.json", ".lock"}


def test_what_comes_after_an_upgrade_counts_after_what_was_there(settings: Settings, opened: Store) -> None:
    refresh(settings, opened, WRITTEN)
    before = _contacts_of_havbris(settings)
    accept(opened, settings, "contact", [MOVED], WRITTEN)
    refresh(settings, opened, WRITTEN + timedelta(minutes=1))
    assert _contacts_of_havbris(settings) == before - 1


def _contacts_of_havbris(settings: Settings) -> int:
    (contacts,) = open_reader(settings, Scope.everything()).show(
        ["contacts"], where={"partner": ["Havbris Demo"]}
    )
    return contacts.n


def test_the_24_hours_of_an_upgraded_home_hold(opened: Store) -> None:
    with opened.write() as connection:
        number, sent_at = connection.execute(
            select(slot.c.phone, slot.c.last_sent_at).order_by(slot.c.last_sent_at.desc()).limit(1)
        ).one()
        day = 24 * 3600
        assert claim(connection, {number: "another"}, sent_at + day - 1, day) == set()
        assert claim(connection, {number: "another"}, sent_at + day, day) == {number}
