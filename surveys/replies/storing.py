"""What came in over HTTP, written down in groups and read: a stop before its answer, the rest soon after.

A few replies are read in the transaction that stores them. Of many that holds for the numbers that say stop;
the others are read together later, since a carrier that is not answered believes its replies lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from settings import Settings
from store import Absence, Store, is_away, is_passing
from surveys.ledger import statuses
from surveys.replies import process
from surveys.replies.spool import Item, Spool, SpoolFull

FEW = 8  # fewer replies than this in one group are read with it
TOGETHER = 500  # a reading costs nearly as many statements for ten as for so many
TRIES = 3
log = logging.getLogger(__name__)


class Storing:
    """Writes groups of replies (forms) and status callbacks. For one thread."""

    def __init__(self, settings: Settings, store: Store, replied: Callable[[], None]) -> None:
        self._settings, self._store, self._replied = settings, store, replied
        self._spool = Spool(settings)
        self._absence = Absence(log, "webhooks are spooled until it is back.")
        self.unread = 0  # replies that are stored and wait to be read together
        self.oldest = 0.0  # when the first of them came, about; s of time.monotonic

    def leave(self, count: int) -> None:
        """So many replies are stored and wait to be read."""
        if not self.unread:
            self.oldest = time.monotonic()
        self.unread += count

    def commit(self, items: Sequence[Item]) -> list[BaseException | None]:
        """Write a group; returns what is wrong with each item. One that cannot be written harms no other.

        While the store is away, and until it has what was spooled then, a group goes to the spool: in its
        order, and without a wait for the store that the carrier would take for a refusal.
        """
        if not self._spool.is_empty():
            return [self._spooled(items)] * len(items)
        error = self._stored(items)
        if error is not None and is_away(error):
            return [self._spooled(items)] * len(items)
        self._absence.ends()
        if error is None or is_passing(error) or len(items) == 1:
            return [error] * len(items)
        return [self._stored([item]) for item in items]

    def _spooled(self, items: Sequence[Item]) -> BaseException | None:
        try:
            self._spool.append(items, datetime.now(UTC))
        except (OSError, SpoolFull) as error:
            log.error("The spool takes nothing more, so the carrier is told that it is not stored: %s", error)
            return error
        return None

    def _stored(self, items: Sequence[Item]) -> BaseException | None:
        """Write items in one transaction; again where another stood in its way (a deadlock)."""
        failed: BaseException | None = None
        for _ in range(TRIES):
            try:
                self.write_down(items, datetime.now(UTC))
            except Exception as error:
                if is_away(error):
                    self._absence.begins(error)
                    return error
                failed = error
                if not is_passing(error):
                    log.exception("a group of webhooks could not be stored")
                    return failed
            else:
                return None
        return failed

    def write_down(self, items: Sequence[Item], now: datetime) -> None:
        """Write a group in transactions for its stops, its other replies and its statuses, or raise.

        Each reads at most once, so that what it locks is locked in one order.
        """
        forms = [item for item in items if isinstance(item, dict)]
        callbacks = [item for item in items if isinstance(item, statuses.Status)]
        few = len(forms) < FEW and not self.unread
        read = 0
        if forms:
            with self._store.write() as connection:
                process.store_raw(connection, forms, now)
                stopping = process.stopping_numbers(forms)
                # Nothing may go out to who says stop after this answer, whatever else waits to be read.
                if stopping or few:
                    read = self._read(connection, now, stopping or None)
            if stopping and few:
                with self._store.write() as connection:
                    read += self._read(connection, now)
        if callbacks:
            statuses.receive(self._store, callbacks, now)
        if not few:
            self.leave(len(forms))
        if read or (forms and few):  # what could not be read is left to the worker, who is woken
            self._replied()

    def _read(self, connection: Connection, now: datetime, phones: Collection[str] | None = None) -> int:
        """Read what waits, or what these numbers have sent; returns how many."""
        # A fault in reading must not lose what came in: it is undone alone, and the worker tries again.
        try:
            with connection.begin_nested():
                return process.read_batch(connection, self._settings, now, TOGETHER, phones)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("replies are stored but could not be read yet")
            return 0

    def read_waiting(self) -> None:
        """Read the oldest of what waits."""
        count = 0
        try:
            with self._store.write() as connection:
                count = self._read(connection, datetime.now(UTC))
        except Exception as error:
            if is_away(error):
                self._absence.begins(error)
            else:
                log.exception("replies are stored but could not be read yet")
        left = max(1, self.unread - count) if count == TOGETHER else 0
        # As if they had come evenly.
        self.oldest += (time.monotonic() - self.oldest) * (1 - left / max(left, self.unread, 1))
        self.unread = left
        self._replied()
