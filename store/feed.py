"""The feed: what happened live, in order, on its way to the lake.

A row is appended in the same transaction as the change it tells of, so neither can exist without the
other. Draining reads rows, lets the caller write them durably, and only then marks them: after a crash
in between the same rows are drained again, which readers of the log forgive (latest version wins).
Marking instead of remembering a highest number is deliberate: PostgreSQL's numbers commit out of order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from store import bulk
from store.engine import Store
from store.schema import feed


class FeedRow(NamedTuple):
    """One event: ``payload`` is a row of the log kind ``kind`` without its ordering columns."""

    seq: int
    kind: str
    key: str
    accepted_us: int
    payload: dict[str, Any]


def append(
    connection: Connection, kind: str, rows: Iterable[tuple[str, Mapping[str, Any]]], now_us: int
) -> None:
    """Append ``(key, payload)`` rows of one log kind inside the caller's transaction."""
    values = [
        {"kind": kind, "key": key, "accepted_us": now_us, "payload": dict(payload)} for key, payload in rows
    ]
    bulk.insert_rows(connection, feed, values)


def undrained(store: Store, limit: int = 50_000) -> list[FeedRow]:
    """The oldest rows that have not reached the log."""
    query = (
        select(feed.c.seq, feed.c.kind, feed.c.key, feed.c.accepted_us, feed.c.payload)
        .where(~feed.c.drained)
        .order_by(feed.c.seq)
        .limit(limit)
    )
    with store.read() as connection:
        return list(map(FeedRow._make, connection.execute(query)))


def mark_drained(store: Store, numbers: Sequence[int]) -> None:
    """Say that the rows with these ``seq`` are durably in the log."""
    if not numbers:
        return
    spans: list[dict[str, int]] = []
    for seq in sorted(numbers):
        # Numbers in between may be rows that were committed since, so only what is unbroken is one span.
        if spans and spans[-1]["last"] == seq - 1:
            spans[-1]["last"] = seq
        else:
            spans.append({"first": seq, "last": seq})
    span = feed.c.seq.between(bindparam("first"), bindparam("last"))
    with store.write() as connection:
        connection.execute(update(feed).where(span).values(drained=True), spans)


def history(store: Store, key: str) -> list[FeedRow]:
    """Everything that was ever told of one key, oldest first."""
    query = (
        select(feed.c.seq, feed.c.kind, feed.c.key, feed.c.accepted_us, feed.c.payload)
        .where(feed.c.key == key)
        .order_by(feed.c.seq)
    )
    with store.read() as connection:
        return list(map(FeedRow._make, connection.execute(query)))


def feed_again(store: Store) -> None:
    """Say that no row has reached the log: everything is drained once more, which readers of the log forgive."""
    with store.write() as connection:
        connection.execute(update(feed).where(feed.c.drained).values(drained=False))
