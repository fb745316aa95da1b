"""What makes a home a demonstration's: one marker in its store, and a lock while it is being loaded.

The marker is written before the first record and says ``loading`` until the last one is in. So a load that
was interrupted is recognised and cleared away, and nothing else ever is: without the marker no row is
deleted, and with anything in the store or the lake that is not the demonstration's no marker is written.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete, func, insert, not_, select, update

from demo.world import MARK
from settings import Settings
from store import Store, open_store
from store.schema import metadata, record

KIND = "demo"  # of the marker's row among the records
KEY = f"{MARK}HISTORY"


class DemoError(RuntimeError):
    """The demonstration cannot be loaded here; the message says why and what to do."""


def is_loaded(where: Store | Settings) -> bool:
    """Whether the store (or the store of these settings) holds a complete demonstration."""
    if isinstance(where, Store):
        return state(where).get("state") == "loaded"
    store = open_store(where.database_url)
    try:
        return is_loaded(store)
    finally:
        store.close()


def state(store: Store) -> dict[str, Any]:
    """What the marker says; empty where there is none."""
    with store.read() as connection:
        found = connection.scalar(
            select(record.c.payload).where(record.c.kind == KIND, record.c.record_id == KEY)
        )
    return dict(found or {})


def start(settings: Settings, store: Store, arguments: dict[str, Any], now: int) -> None:
    """Mark a store as being loaded; what an interrupted load left is cleared away first.

    DemoError where there is anything that is not the demonstration's.
    """
    if state(store).get("state") == "loading":
        _clear(settings, store)
    refuse_strangers(settings, store)
    row = {"kind": KIND, "record_id": KEY, "digest": "", "received_at": now, "revision": 1}
    with store.write() as connection:
        connection.execute(insert(record).values(payload=arguments | {"state": "loading"}, **row))


def finish(store: Store, facts: dict[str, Any]) -> None:
    """Say that everything is in. One statement, so that a load is complete or not there."""
    with store.write() as connection:
        connection.execute(
            update(record)
            .where(record.c.kind == KIND, record.c.record_id == KEY)
            .values(payload=facts | {"state": "loaded"})
        )


def refuse_strangers(settings: Settings, store: Store) -> None:
    """DemoError unless this is a demonstration's home without any contact or imported file in it."""
    if not settings.demo:
        raise DemoError(
            "Demonstration data is loaded only where SVAR_DEMO is on, so that it never mixes with real data. "
            "`make run` does it with a home of its own; by hand: SVAR_DEMO=on SVAR_HOME=var/demo."
        )
    if settings.gateway != "phone":
        raise DemoError("A demonstration sends no real SMS: unset SVAR_GATEWAY.")
    with store.read() as connection:
        foreign = connection.scalar(
            select(record.c.record_id).where(not_(record.c.record_id.startswith(MARK))).limit(1)
        )
        there = connection.scalar(select(func.count()).select_from(record))
    log = settings.lake_path / "log"
    if foreign is not None or (not there and log.is_dir() and any(log.rglob("*.parquet"))):
        raise DemoError(
            f"{settings.home} holds data that is not the demonstration's. Choose another SVAR_HOME for it."
        )
    if there:
        raise DemoError(
            f"{settings.home} has had live contacts before any history was loaded. Stop Svar, remove the "
            "folder (it is a demonstration's) or choose another SVAR_HOME, and load again."
        )


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """One load at a time in a home. The lock ends with its process, however that ends."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("The demonstration is being loaded by another process; wait for it.") from None
        yield


def _clear(settings: Settings, store: Store) -> None:
    with store.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    # Whoever refreshed the lake in between wrote what this store fed it: the load began with neither.
    if settings.lake_path.is_dir():
        for entry in settings.lake_path.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
