"""The feed: what happened live, in order, on its way to the lake.

A row is appended in the same transaction as the change it tells of, so neither can exist without the
other. Draining reads rows, lets the caller write them durably, and only then marks them: after a crash
in between the same rows are drained again, which readers of the log forgive (latest version wins).
Marking instead of remembering a highest number is deliberate: PostgreSQL's numbers commit out of order.

The number of a row is its version. It is drawn while the transaction holds the row lock of the record or
the decision that it tells of, so of two snapshots of one key the one that was committed last has the higher
version, whatever the clocks of the hosts say. Versions of different keys have no order that means anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from store import bulk
from store.engine import Store
from store.schema import feed


class FeedRow(NamedTuple):
    """One event: ``payload`` is a row of the log kind ``kind`` without its ordering columns.

    Of the rows of one kind and key the one with the highest ``version`` counts, whenever it was accepted.
    """

    version: int
    kind: str
    key: str
    accepted_us: int
    payload: dict[str, Any]

    @property
    def seq(self) -> int:
        """The row's number in the feed, which is its version."""
        return self.version


_LIFT_SQLITE = text("update sqlite_sequence set seq = :version where name = 'feed' and seq < :version")
_LIFT_POSTGRES = text(
    """
    select setval(counter, greatest(:version, nextval(counter)))
    from (select pg_get_serial_sequence('feed', 'seq')::regclass as counter) as feeds
    """
)


def append(
    connection: Connection, kind: str, rows: Iterable[tuple[str, Mapping[str, Any]]], now_us: int
) -> None:
    """Append ``(key, payload)`` rows of one log kind inside the caller's transaction.

    The caller holds the lock of each key's row, and has read the payload since: else the version of what was
    committed first could be the higher one.
    """
    values = [
        {"kind": kind, "key": key, "accepted_us": now_us, "payload": dict(payload)} for key, payload in rows
    ]
    bulk.insert_rows(connection, feed, values)


def draw_version(store: Store) -> int:
    """Draw one number from the feed's counter, for a batch of records that reaches the log without the feed.

    The batch counts for more than everything that was committed before the draw, and for less than what is
    committed after it. Draw it when the batch is complete, immediately before it is published.
    """
    row = {"kind": "", "key": "", "accepted_us": 0, "payload": {}, "drained": True}
    with store.write() as connection:
        (version,) = connection.execute(insert(feed).values(**row).returning(feed.c.seq)).one()
        connection.execute(delete(feed).where(feed.c.seq == version))
    return int(version)


def lift_version(store: Store, version: int) -> None:
    """Let all versions from now on be higher than this one, which is the highest that the lake holds.

    A store that was restored or begun anew counts from lower than the lake; what happens live would lose to
    what the lake knows of before.
    """
    draw_version(store)  # SQLite keeps no counter for a table that never had a row
    with store.write() as connection:
        connection.execute(_LIFT_POSTGRES if store.is_postgres else _LIFT_SQLITE, {"version": version})


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


def undrained_days(store: Store) -> set[str]:
    """The local days (ISO text) that events tell of which have not reached the log."""
    day = feed.c.payload["day"].as_string()
    with store.read() as connection:
        return {text for text in connection.scalars(select(day).where(~feed.c.drained).distinct()) if text}


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
    """Say that no row has reached the log: everything is drained once more, which readers of the log
    forgive."""
    with store.write() as connection:
        connection.execute(update(feed).where(feed.c.drained).values(drained=False))
