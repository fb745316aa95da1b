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
from store import Store
from surveys import replies, statuses

GROUP = 500
TRIES = 3
IDLE_S = 30.0
log = logging.getLogger(__name__)

_Item = tuple[Any, asyncio.AbstractEventLoop, "asyncio.Future[None]"]


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
            self._answer(group, self._commit([item for item, _, _ in group]))

    def _commit(self, items: Sequence[Any]) -> BaseException | None:
        forms = [item for item in items if isinstance(item, dict)]
        callbacks = [item for item in items if isinstance(item, statuses.Status)]
        error = self._stored(lambda now: self._take_replies(forms, now)) if forms else None
        if forms and error is None:
            self._replied()
        if callbacks and error is None:
            error = self._stored(lambda now: statuses.receive(self._store, callbacks, now))
        return error

    @staticmethod
    def _stored(write: Callable[[datetime], None]) -> BaseException | None:
        """Run a transaction; again when it fails, since another may have stood in its way (a deadlock)."""
        failed: BaseException | None = None
        for _ in range(TRIES):
            try:
                write(datetime.now(UTC))
            except Exception as error:
                log.exception("a group of webhooks could not be stored")
                failed = error
            else:
                return None
        return failed

    def _take_replies(self, forms: Sequence[dict[str, str]], now: datetime) -> None:
        with self._store.write() as connection:
            replies.store_raw(connection, forms, now)
            self._read(connection, now)

    def _read(self, connection: Connection, now: datetime) -> None:
        # A fault in reading must not lose what came in: it is undone alone, and the worker tries again.
        try:
            with connection.begin_nested():
                replies.read_batch(connection, self._settings, now)
        except Exception:
            log.exception("replies are stored but could not be read yet")

    @staticmethod
    def _answer(group: Sequence[_Item], error: BaseException | None) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, loop, done in group:
            by_loop.setdefault(loop, []).append(done)
        for loop, futures in by_loop.items():
            try:
                loop.call_soon_threadsafe(_resolve, futures, error)
            except RuntimeError:
                log.info("the requests of %d webhooks are gone; they stay stored", len(futures))


def _resolve(futures: Sequence[asyncio.Future[None]], error: BaseException | None) -> None:
    for future in futures:
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
