"""One writer for what comes in over HTTP: many requests share a commit, each answered after it.

A commit costs the same for one reply as for sixty. While one group is being committed the next gathers.
Where replies have kept coming for a while, a process of its own writes and reads them
(surveys/replies/storing_apart.py), so that answering has its interpreter to itself. Before, many are read
when there
is a lull; from then until it listens, in a twentieth of the time as well.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from settings import Settings
from store import Store
from surveys.replies.spool import Item
from surveys.replies.storing import FEW, Storing
from surveys.replies.storing_apart import StoringApart

GROUP = 500
LULL_S = 0.05  # without anything new: then there is time to read
LASTING_S = 3.0  # many replies for so long without a lull: worth a process of its own
REST = 19  # while more come: so many times as long as a reading took until the next
IDLE_S = 30.0
log = logging.getLogger(__name__)

_Waiting = tuple[Item, asyncio.AbstractEventLoop, "asyncio.Future[None]"]
_Answer = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]", BaseException | None]


class Inbox:
    """Takes replies (forms) and status callbacks, writes them in groups, tells when they are durable."""

    def __init__(self, settings: Settings, store: Store, replied: Callable[[], None]) -> None:
        self._replied = replied
        self._here = Storing(settings, store, replied)
        self._apart = StoringApart(settings)
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._since: float | None = None  # since when they come without a lull, many in all
        self._handed_over = False  # whether what has come since then was read apart, if at all
        self._many_at = 0.0  # when many came at once, the last time
        self._read_at = 0.0  # not before this are some read here while more come; all in s of time.monotonic

    async def put(self, item: Item) -> None:
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
                group = [self._queue.get(timeout=IDLE_S if self._since is None else LULL_S)]
            except queue.Empty:
                if self._since is not None:
                    self._rest()
                    continue
                self._apart.close()
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
            errors = self.commit([item for item, _, _ in group])
            self._answer([(loop, done, error) for (_, loop, done), error in zip(group, errors, strict=True)])
            self._go_on()

    def commit(self, items: Sequence[Item]) -> list[BaseException | None]:
        """Write a group, apart or here; returns what is wrong with each item."""
        now = time.monotonic()
        if len(items) >= FEW:
            self._many_at = now
        if self._apart.listens():
            self._since = self._since or now
            self._handed_over = True
            errors = self._apart.commit(items, self._here.unread)
            if errors is not None:
                self._here.unread = 0
                return errors
        errors = self._here.commit(items)
        if self._here.unread:
            self._since = self._since or now
        return errors

    def _go_on(self) -> None:
        """While they keep coming: let another process take over, and read a little here until it does."""
        now = time.monotonic()
        if now > self._many_at + IDLE_S:
            self._apart.close()
        elif self._since is not None and now > self._since + LASTING_S:
            self._apart.start()
            if self._here.unread and now > self._read_at:
                self._here.read_waiting()
                ended = time.monotonic()
                self._read_at = ended + REST * (ended - now)

    def _rest(self) -> None:
        """No more have come for a moment: read what waits here, or tell of what was read apart."""
        if self._handed_over and not self._apart.listens():
            self._here.leave(1)  # it may have left some
        if self._handed_over:
            self._handed_over = False
            self._replied()
        while self._here.unread and self._queue.empty():
            self._here.read_waiting()
        if not self._here.unread:
            self._since = None

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
