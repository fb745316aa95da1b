"""Requests that arrive together share one transaction: on a real disk each commit costs milliseconds.

Whoever gets the lock works for all who wait; everybody is answered only after the shared commit.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool

from data.api.intake import Answer, accept
from settings import Settings
from store import Store

_Queue = tuple[str, str | None]  # kind of record, and the partner whose they must be
_Waiting = tuple[list[Any], asyncio.Future[list[Answer]]]

MOST = 10_000  # records in one shared transaction


class Grouped:
    """``accept`` of ``data/api/intake.py`` for many requests at once. One event loop."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._waiting: dict[_Queue, list[_Waiting]] = defaultdict(list)
        self._working = asyncio.Lock()

    async def accept(self, kind: str, items: list[Any], owner: str | None = None) -> list[Answer]:
        """The answers to a request's items, indexed from 0, when they are durable."""
        mine: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        queue = kind, owner
        self._waiting[queue].append((items, mine))
        async with self._working:
            while not mine.done():
                await self._work(queue)
        return mine.result()

    async def _work(self, queue: _Queue) -> None:
        batch: list[_Waiting] = []
        count = 0
        kind, owner = queue
        waiting = self._waiting[queue]
        while waiting and (not batch or count + len(waiting[0][0]) <= MOST):
            batch.append(waiting.pop(0))
            count += len(batch[-1][0])
        everything = [item for items, _ in batch for item in items]
        try:
            answers = await run_in_threadpool(
                partial(accept, owner=owner),
                self._store,
                self._settings,
                kind,
                everything,
                datetime.now(UTC),
            )
        except asyncio.CancelledError:
            # Only this request went away; the next in line does the others' work (again, which is harmless).
            self._waiting[queue][:0] = [entry for entry in batch if not entry[1].done()]
            raise
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for items, future in batch:
            own = answers[start : start + len(items)]
            start += len(items)
            if not future.done():
                future.set_result(
                    [Answer(i, each.id, each.status, each.errors) for i, each in enumerate(own)]
                )
