"""What the carrier has told while the store was away: on local disk, until the store has it.

One file a host, shared by its processes under a lock. A line is durable before the carrier hears 200, and
goes only when the store has taken it; writing it to the store twice changes nothing. It holds phone numbers,
so only the owner of the process may read it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from io import FileIO

from settings import Settings
from store import is_away
from surveys.ledger.statuses import Status

Item = dict[str, str] | Status
Write = Callable[[Sequence[Item], datetime], None]
TOGETHER = 200  # items in one transaction
log = logging.getLogger(__name__)


class SpoolFull(Exception):
    """The spool has reached its limit: the carrier must hear that nothing more is taken."""


class Spool:
    """The spool of this host. Any number of processes and threads may use it at once."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.home / "spool" / "webhooks.ndjson"
        self._limit = settings.spool_mb * 1_000_000

    def is_empty(self) -> bool:
        """Whether the store has everything that was acknowledged here."""
        return self.size() == 0

    def size(self) -> int:
        """Bytes that wait for the store."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, items: Sequence[Item], now: datetime) -> None:
        """Keep items durably; SpoolFull or OSError where that cannot be, and then none is kept."""
        lines = "".join(_line(item, now) for item in items).encode()
        with self._locked() as file:
            end = file.seek(0, os.SEEK_END)
            if end + len(lines) > self._limit:
                raise SpoolFull(f"{end} bytes of {self._limit} wait for the store")
            if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                lines = b"\n" + lines  # whoever wrote there died before the carrier heard 200
            try:
                file.write(lines)
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    def replay(self, write: Write) -> int:
        """Write everything to the store in its order, then empty the spool; returns how many items it held.

        What raises leaves the spool as it is. An item that cannot be written alone is left out and logged.
        """
        with self._locked() as file:
            file.seek(0)
            items = list(_read(file.read()))
            for group, at in _groups(items):
                _write_group(write, group, at)
            file.truncate(0)
            os.fsync(file.fileno())
        return len(items)

    @contextmanager
    def _locked(self) -> Iterator[FileIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = not self.path.exists()
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if new:
                folder = os.open(self.path.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            yield file


def _line(item: Item, now: datetime) -> str:
    content = {"form": item} if isinstance(item, dict) else {"status": astuple(item)}
    return json.dumps({"at": now.timestamp(), **content}) + "\n"


def _read(content: bytes) -> Iterator[tuple[Item, int]]:
    """The items of a spool with their times in epoch seconds; what was not written to its end is left out."""
    for line in content.split(b"\n")[:-1]:
        try:
            kept = json.loads(line)
            item = kept["form"] if "form" in kept else Status(*kept["status"])
            yield item, int(kept["at"])
        except (ValueError, KeyError, TypeError):
            if line:
                log.warning("A line of the spool was cut off before it was acknowledged, and is left out.")


def _groups(items: Sequence[tuple[Item, int]]) -> Iterator[tuple[list[Item], datetime]]:
    """Neighbours of one second, a few hundred at most: each keeps the time at which it came."""
    group: list[Item] = []
    for index, (item, at) in enumerate(items):
        group.append(item)
        last = index + 1 == len(items)
        if last or items[index + 1][1] != at or len(group) == TOGETHER:
            yield group, datetime.fromtimestamp(at, UTC)
            group = []


def _write_group(write: Write, group: Sequence[Item], at: datetime) -> None:
    try:
        write(group, at)
    except Exception as error:
        if is_away(error):
            raise
        if len(group) > 1:
            for item in group:
                _write_group(write, [item], at)
        else:
            log.exception("One item of the spool cannot be stored, and is left out.")
