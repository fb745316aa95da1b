"""Posting many at once on one event loop, and the link by which the worker hands over and hears back."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from surveys.carriers.base import Outgoing, Posted

GATHER_S = 0.005  # what comes within a moment of the first is written down with it


@dataclass(frozen=True)
class Job:
    """One message to post, or to look up where ``known`` (ids that belong to others) is given."""

    message: Outgoing
    validity_s: int = 0
    known: frozenset[str] | None = None


class Carrier(Protocol):
    """What speaks to the carrier. Neither method raises: every fault is an outcome."""

    async def open(self) -> None: ...

    async def post(self, message: Outgoing, validity_s: int) -> Posted: ...

    async def find(self, message: Outgoing, known: frozenset[str]) -> Posted: ...

    async def close(self) -> None: ...


class Link(Protocol):
    """The way from the worker to where the posting happens. Used by one thread."""

    def ready(self) -> bool:
        """Whether jobs may be sent."""

    def fault(self) -> str:
        """Why nothing can be sent, where that has lasted or keeps coming back; "" for no reason."""

    def send(self, jobs: Sequence[Job]) -> None:
        """Hand jobs over; each is answered once."""

    def receive(self, timeout_s: float) -> list[Posted]:
        """Answers that have come; waits up to the time-out for the first."""

    def close(self) -> None:
        """End. Jobs without an answer stay without."""


class Lanes:
    """So many posts at once, each lane one after the other. Everything here runs on the loop."""

    def __init__(self, carrier: Carrier, count: int, answered: Callable[[Posted], None]) -> None:
        self._carrier, self._count, self._answered = carrier, count, answered
        self._waiting: deque[Job] = deque()
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, jobs: Sequence[Job]) -> None:
        """Begin: posts as lanes become free, look-ups beside them."""
        self._waiting.extend(job for job in jobs if job.known is None)
        more = min(self._count - self._busy, len(self._waiting))
        self._busy += more
        for _ in range(more):
            self._start(self._post_on())
        for job in jobs:
            if job.known is not None:
                self._start(self._find(job.message, job.known))

    def stop(self) -> None:
        """Post nothing more, and wait for no answer."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _post_on(self) -> None:
        while self._waiting:
            job = self._waiting.popleft()
            self._answered(await self._carrier.post(job.message, job.validity_s))
        self._busy -= 1

    async def _find(self, message: Outgoing, known: frozenset[str]) -> None:
        self._answered(await self._carrier.find(message, known))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # The loop itself holds its tasks weakly.
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class ThreadLink:
    """Posts on an event loop in a thread of this process."""

    def __init__(self, carrier: Carrier, lanes: int) -> None:
        self._carrier = carrier
        self._answers: queue.SimpleQueue[Posted] = queue.SimpleQueue()
        self._lanes = Lanes(carrier, lanes, self._answers.put)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="svar-posts", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(carrier.open(), self._loop).result()

    def ready(self) -> bool:
        return True

    def fault(self) -> str:
        return ""

    def send(self, jobs: Sequence[Job]) -> None:
        self._loop.call_soon_threadsafe(self._lanes.take, jobs)

    def receive(self, timeout_s: float) -> list[Posted]:
        try:
            answers = [self._answers.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        time.sleep(GATHER_S)
        with contextlib.suppress(queue.Empty):
            while True:
                answers.append(self._answers.get_nowait())
        return answers

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._carrier.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
