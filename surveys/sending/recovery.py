"""After a crash: attempts that were claimed by a worker that is gone, and attempts of unknown outcome.

Neither is ever posted again by itself. A claimed attempt whose worker is gone may or may not have been
posted: it becomes ``unknown``, and the carrier is asked about it, at growing intervals.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from store import Store, slots
from store.schema import UNSETTLED, message
from surveys.carriers.base import POSTED_WITHIN_S, Gateway, Outgoing
from surveys.sending.delivery import LOOK_AGAIN_S, record

LOOK_UP_BATCH = 100
_OURS: set[str] = set()


def worker_id() -> str:
    """A name for this worker that tells others on the same host whether it still lives."""
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _OURS.add(name)
    return name


def adopt_orphans(store: Store, worker: str, in_flight: Collection[str], now: datetime) -> int:
    """Mark claims that nobody is posting any more as unknown; returns how many."""
    at = int(now.timestamp())
    columns = (message.c.message_id, message.c.worker, message.c.created_at)
    query = select(*columns, message.c.contact_id, message.c.phone, message.c.purpose).where(
        UNSETTLED, message.c.state == "claimed"
    )
    with store.read() as connection:
        claimed = connection.execute(query).all()
    gone = [
        row
        for row in claimed
        if row.message_id not in in_flight
        and (row.worker == worker or row.created_at < at - POSTED_WITHIN_S or not _lives(row.worker))
    ]
    for start in range(0, len(gone), 500):
        batch = gone[start : start + 500]
        with store.write() as connection:
            connection.execute(
                update(message)
                .where(message.c.message_id.in_([row.message_id for row in batch]))
                .where(message.c.state == "claimed")
                .values(state="unknown", error="interrupted", look_at=at)
            )
            # Posted at the last moment, perhaps: the 24 hours count from then.
            slots.sent_at(
                connection,
                [
                    {
                        "phone": row.phone,
                        "contact_id": row.contact_id,
                        "at": min(slots.rounded_up(now), row.created_at + POSTED_WITHIN_S),
                    }
                    for row in batch
                    if row.purpose == "opening"
                ],
            )
    return len(gone)


def reconcile(store: Store, gateway: Gateway, now: datetime) -> int:
    """Ask the carrier about messages of unknown outcome whose time has come; returns how many it knew."""
    at = int(now.timestamp())
    query = (
        select(message)
        .where(UNSETTLED, message.c.state == "unknown", message.c.look_at <= at)
        .order_by(message.c.created_at)
        .limit(LOOK_UP_BATCH)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
        # A look-up counts only where the carrier is asked: after so many the message stays unknown.
        if not rows or not gateway.can_look_up():
            return 0
        phones = {row.phone for row in rows}
        known = frozenset(
            connection.scalars(
                select(message.c.sid).where(message.c.phone.in_(phones), message.c.sid.is_not(None))
            )
        )
    _look_later(store, [(row.message_id, row.looks) for row in rows], at)
    messages = [
        Outgoing(r.message_id, r.contact_id, r.phone, r.body, r.created_at, r.purpose == "opening")
        for r in rows
        if r.phone
    ]
    found = gateway.look_up(messages, known)
    record(store, found, now)
    return len(found)


def _look_later(store: Store, looked: list[tuple[str, int]], at: int) -> None:
    """Before asking, write down when to ask next: a look-up that fails must not be repeated at once."""
    with store.write() as connection:
        for message_id, looks in looked:
            again = at + LOOK_AGAIN_S[looks] if looks < len(LOOK_AGAIN_S) else None
            connection.execute(
                update(message)
                .where(message.c.message_id == message_id, message.c.state == "unknown")
                .values(looks=looks + 1, look_at=again)
            )


def _lives(worker: str) -> bool:
    """Whether a worker may still be at work. Of another host only its silence can tell."""
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return True
    if int(pid) == os.getpid():
        # A worker of this process, or one of before in a container where every process has this number.
        return worker in _OURS
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
