"""Requests that arrive together share one transaction: on a real disk each commit costs milliseconds.

Whoever gets the lock works for all who wait; everybody is answered only after the shared commit.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from data.api.intake import Answer, accept
from settings import Settings
from store import Store

_Waiting = tuple[list[Any], asyncio.Future[list[Answer]]]

MOST = 10_000  # records in one shared transaction


class Grouped:
    """``accept`` of ``data/api/intake.py`` for many requests at once. One event loop."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._waiting: dict[str, list[_Waiting]] = defaultdict(list)
        self._working = asyncio.Lock()

    async def accept(self, kind: str, items: list[Any]) -> list[Answer]:
        """The answers to a request's items, indexed from 0, when they are durable."""
        mine: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting[kind].append((items, mine))
        async with self._working:
            while not mine.done():
                await self._work(kind)
        return mine.result()

    async def _work(self, kind: str) -> None:
        batch: list[_Waiting] = []
        count = 0
        waiting = self._waiting[kind]
        while waiting and (not batch or count + len(waiting[0][0]) <= MOST):
            batch.append(waiting.pop(0))
            count += len(batch[-1][0])
        everything = [item for items, _ in batch for item in items]
        try:
            answers = await run_in_threadpool(
                accept, self._store, self._settings, kind, everything, datetime.now(UTC)
            )
        except asyncio.CancelledError:
            # Only this request went away; the next in line does the others' work (again, which is harmless).
            self._waiting[kind][:0] = [entry for entry in batch if not entry[1].done()]
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
