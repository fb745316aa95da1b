"""A lake of its own for every test, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from data.duck import connect
from data.log import Log
from metrics import build, refresh
from metrics.delta import read_delta
from metrics.lake import Lake
from settings import Settings
from store import Store
from tests.metrics.given import NOW, logged

Facts = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log(settings: Settings) -> Log:
    """The log of the test's lake."""
    return Log(settings.lake_path)


@pytest.fixture
def lake(settings: Settings) -> Lake:
    """The published side of the test's lake."""
    return Lake(settings.lake_path)


@pytest.fixture
def fresh(settings: Settings, sqlite_store: Store) -> Callable[[], str]:
    """Bring the facts up to date."""
    return lambda: refresh(settings, sqlite_store, NOW)


@pytest.fixture
def fold(settings: Settings, sqlite_store: Store) -> Callable[[], str]:
    """Bring the facts up to date and fold the delta."""
    return lambda: build(settings, sqlite_store, NOW)


@pytest.fixture
def write(log: Log) -> Callable[..., None]:
    """Append rows of a kind to the log, as an import does."""

    def append(kind: str, *rows: dict[str, Any]) -> None:
        log.append(kind, [logged(row) for row in rows])

    return append


@pytest.fixture
def facts(lake: Lake) -> Facts:
    """Every fact of the published version, base and delta together, by contact."""

    def read() -> list[dict[str, Any]]:
        version = lake.version()
        files = [str(lake.path / file) for file in lake.base(version.base).files()]
        with connect() as connection:
            rows = _rows(connection.read_parquet(files, hive_partitioning=False)) if files else []
            delta = _rows(connection.from_arrow(read_delta(lake, version)))
        gone = {row["contact_id"] for row in delta if row["sign"] == -1}
        added = [{k: v for k, v in row.items() if k != "sign"} for row in delta if row["sign"] == 1]
        kept = [
            {k: v for k, v in row.items() if k != "partner_key"}
            for row in rows
            if row["contact_id"] not in gone
        ]
        return sorted(kept + added, key=lambda row: str(row["contact_id"]))

    return read


def _rows(relation: Any) -> list[dict[str, Any]]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
