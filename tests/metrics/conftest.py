"""A lake of its own for every test, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from lake.duck import connect
from lake.facts import create_view
from lake.log import Log
from lake.manifest import Lake
from metrics.build.refresh import build, refresh
from metrics.catalog import slices
from metrics.catalog.columns import FACT
from metrics.catalog.models import CUBES, SUMS, measures
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
    """Bring the facts up to date, as any reader may."""
    return lambda: refresh(settings, sqlite_store, NOW)


@pytest.fixture
def rebuild(settings: Settings, sqlite_store: Store) -> Callable[[], str]:
    """Bring the facts up to date, with what otherwise waits for the night."""
    return lambda: build(settings, sqlite_store, NOW)


@pytest.fixture
def write(log: Log) -> Callable[..., None]:
    """Append rows of a kind to the log, as an import does."""

    def append(kind: str, *rows: dict[str, Any]) -> None:
        log.append(kind, [logged(row) for row in rows])

    return append


@pytest.fixture
def facts(lake: Lake) -> Facts:
    """Every fact of the published version, by contact."""

    def read() -> list[dict[str, Any]]:
        rows = facts_of(lake).to_pylist()
        return sorted(rows, key=lambda row: str(row["contact_id"]))

    return read


def facts_of(lake: Lake) -> pa.Table:
    """Every fact of the published version."""
    version = lake.version()
    with connect() as connection:
        create_view(
            connection, "fact", lake, version, partitions=lake.partitions(version).values(), columns=FACT
        )
        return connection.view("fact").to_arrow_table()


def cube_of(lake: Lake, cube: str) -> pa.Table:
    """The current rows of a cube."""
    rows = slices.Slices(lake, cube, lake.partitions(lake.version()).values())
    return rows.load([*(CUBES | SUMS)[cube], *measures(cube)])
