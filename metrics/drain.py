"""Step 3: from the store's feed to the log, and the log kept to few files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.log import KEYS, SCHEMAS, Log, publish
from store import Store, feed

AT_ONCE = 50_000  # feed rows in one batch
SMALL = 4_000_000  # bytes; larger batches are left as they are
MANY = 40  # small batches of a kind that are worth one larger


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
        batches[row.kind].append(row.payload | {"accepted_us": row.accepted_us, "seq": row.seq})
    for kind, payloads in batches.items():
        log.append(kind, payloads)
    return [row.seq for row in rows]


def batch_name(file: Path) -> str:
    """How versions name a batch of the log: ``contact/0001….parquet``."""
    return f"{file.parent.name}/{file.name}"


def compact(log: Log, kind: str, consumed: set[str], retired: set[str]) -> tuple[Path, list[Path]] | None:
    """Make one batch of a kind's many small ones; None where there are not many.

    Returns the new batch and those it replaces, which may go when nobody reads them any more. Nothing is
    lost but repeated rows and, of a survey's snapshots, those that later ones have overtaken.
    """
    small = [
        file
        for file in log.files(kind)
        if batch_name(file) in consumed - retired and file.stat().st_size < SMALL
    ]
    if len(small) < MANY:
        return None
    rows = pa.concat_tables([pq.read_table(file, schema=SCHEMAS[kind]) for file in small])
    order = [(KEYS[kind], "ascending"), ("accepted_us", "ascending"), ("seq", "ascending")]
    draft, final = log.new_batch(kind)
    pq.write_table(_distinct(rows.sort_by(order), kind), draft)
    publish(draft, final)
    return final, small


def _distinct(rows: pa.Table, kind: str) -> pa.Table:
    """Sorted rows without repeats; of snapshots only the last of each key."""
    columns = [KEYS[kind]] if kind == "outcome" else [KEYS[kind], "accepted_us", "seq"]
    keys = list(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))
    following = [*keys[1:], None]
    return rows.filter(pa.array([key != later for key, later in zip(keys, following, strict=True)]))
