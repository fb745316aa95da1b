"""One writer for what comes in over HTTP: many requests share a commit, each answered after it.

A commit costs the same for one reply as for sixty. While one group is being committed the next gathers.
A few replies are read in the transaction that stores them. Where many come at once that holds for the numbers
that say stop; the others are answered first, and read together as soon as no more come, and meanwhile in a
twentieth of the time, since a carrier that is not answered believes its replies lost.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from settings import Settings
from store import Store, is_passing
from surveys import replies, statuses

GROUP = 500
FEW = 8  # fewer replies than this in one group are read with it
TOGETHER = 500  # a reading costs nearly as many statements for ten as for so many
LULL_S = 0.05  # without anything new: then there is time to read
REST = 19  # while more come: so many times as long as a reading took until the next
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
        self._unread = False  # whether replies are stored and wait to be read together
        self._read_at = 0.0  # not before this while more come, s of time.monotonic

    async def put(self, item: dict[str, str] | statuses.Status) -> None:
        """Returns when the item is durably stored; raises when it is not. A stop has been read by then."""
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
                group = [self._queue.get(timeout=LULL_S if self._unread else IDLE_S)]
            except queue.Empty:
                if self._unread:
                    self._read_waiting()
                    continue
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
            if self._unread and time.monotonic() >= self._read_at:
                self._read_waiting()

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
        few = len(forms) < FEW and not self._unread
        read = 0
        with self._store.write() as connection:
            if forms:
                replies.store_raw(connection, forms, now)
                # Nothing may go out to them after this answer, whatever else waits to be read.
                if stopping := replies.stopping_numbers(forms):
                    read += self._read(connection, now, stopping)
                if few:
                    read += self._read(connection, now)
            if callbacks:
                statuses.receive_in(connection, callbacks, now)
        self._unread |= bool(forms) and not few
        if read or (forms and few):  # what could not be read is left to the worker, who is woken
            self._replied()

    def _read(self, connection: Connection, now: datetime, phones: Collection[str] | None = None) -> int:
        """Read what waits, or what these numbers have sent; returns how many."""
        # A fault in reading must not lose what came in: it is undone alone, and the worker tries again.
        try:
            with connection.begin_nested():
                return replies.read_batch(connection, self._settings, now, TOGETHER, phones)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("replies are stored but could not be read yet")
            return 0

    def _read_waiting(self) -> None:
        began, count = time.monotonic(), 0
        try:
            with self._store.write() as connection:
                count = self._read(connection, datetime.now(UTC))
        except Exception:
            log.exception("replies are stored but could not be read yet")
        ended = time.monotonic()
        self._unread, self._read_at = count == TOGETHER, ended + REST * (ended - began)
        self._replied()

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
