"""One writer for what comes in over HTTP: many requests share a commit, each answered after it.

A commit costs the same for one reply as for sixty. While one group is being committed the next gathers.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from settings import Settings
from store import Store, is_passing
from surveys import replies, statuses

GROUP = 500
TRIES = 3
IDLE_S = 30.0
log = logging.getLogger(__name__)

_Item = tuple[Any, asyncio.AbstractEventLoop, "asyncio.Future[None]"]
_Answer = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]", BaseException | None]


class Inbox:
    """Takes replies (forms) and status callbacks, writes them in groups, tells when they are durable."""

    def __init__(self, settings: Settings, store: Store, replied: Callable[[], None]) -> None:
        self._settings, self._store, self._replied = settings, store, replied
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    async def put(self, item: dict[str, str] | statuses.Status) -> None:
        """Returns when the item is durably stored (and, but for faults, read); raises when it is not."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.put((item, loop, done))
        self._ensure_writer()
        await done

    def _ensure_writer(self) -> None:
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="svar-inbox", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        while True:
            try:
                group = [self._queue.get(timeout=IDLE_S)]
            except queue.Empty:
                with self._lock:
                    if self._queue.empty():
                        self._writer = None
                        return
                continue
            while len(group) < GROUP:
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            errors = self._commit([item for item, _, _ in group])
            self._answer([(loop, done, error) for (_, loop, done), error in zip(group, errors, strict=True)])

    def _commit(self, items: Sequence[Any]) -> list[BaseException | None]:
        """Write a group; returns what is wrong with each item. One that cannot be written harms no other."""
        error = self._stored(items)
        if error is None or is_passing(error) or len(items) == 1:
            return [error] * len(items)
        return [self._stored([item]) for item in items]

    def _stored(self, items: Sequence[Any]) -> BaseException | None:
        """Write items in one transaction; again where another stood in its way (a deadlock)."""
        failed: BaseException | None = None
        for _ in range(TRIES):
            try:
                self._write_down(items, datetime.now(UTC))
            except Exception as error:
                log.exception("a group of webhooks could not be stored")
                failed = error
                if not is_passing(error):
                    return failed
            else:
                return None
        return failed

    def _write_down(self, items: Sequence[Any], now: datetime) -> None:
        forms = [item for item in items if isinstance(item, dict)]
        callbacks = [item for item in items if isinstance(item, statuses.Status)]
        with self._store.write() as connection:
            if forms:
                replies.store_raw(connection, forms, now)
                self._read(connection, now)
            if callbacks:
                statuses.receive_in(connection, callbacks, now)
        if forms:
            self._replied()

    def _read(self, connection: Connection, now: datetime) -> None:
        # A fault in reading must not lose what came in: it is undone alone, and the worker tries again.
        try:
            with connection.begin_nested():
                replies.read_batch(connection, self._settings, now)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("replies are stored but could not be read yet")

    @staticmethod
    def _answer(answers: Sequence[_Answer]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], BaseException | None]]] = {}
        for loop, done, error in answers:
            by_loop.setdefault(loop, []).append((done, error))
        for loop, outcomes in by_loop.items():
            try:
                loop.call_soon_threadsafe(_resolve, outcomes)
            except RuntimeError:
                log.info("the requests of %d webhooks are gone; they stay stored", len(outcomes))


def _resolve(outcomes: Sequence[tuple[asyncio.Future[None], BaseException | None]]) -> None:
    for future, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
