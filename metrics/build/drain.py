"""From the store's feed to the log, and the log kept to few files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake.log import Log
from store import Store, feed

AT_ONCE = 50_000  # feed rows in one batch


def drain(store: Store, log: Log) -> None:
    """Bring everything that happened live to the log."""
    with drained(store, log):
        pass


@contextmanager
def drained(store: Store, log: Log) -> Iterator[None]:
    """The same for a block that goes on with the log. The store is told at its end.

    Told only when durable: a crash in between writes the same rows twice, which the log forgives.
    """
    moved = _moved(store, log)
    while len(moved) == AT_ONCE:
        feed.mark_drained(store, moved)
        moved = _moved(store, log)
    try:
        yield
    finally:
        feed.mark_drained(store, moved)


def _moved(store: Store, log: Log) -> list[int]:
    """The numbers of the oldest events that had not reached the log, now that they have.

    Not the events: a block may take long, and they their memory.
    """
    rows = feed.undrained(store, AT_ONCE)
    batches = defaultdict(list)
    for row in rows:
        order = {"version": row.seq, "accepted_us": row.accepted_us, "seq": row.seq}
        batches[row.kind].append(row.payload | order)
    for kind, payloads in batches.items():
        log.append(kind, payloads)
    return [row.seq for row in rows]


def batch_name(file: Path) -> str:
    """How versions name a batch of the log: ``contact/0001….parquet``."""
    return f"{file.parent.name}/{file.name}"
