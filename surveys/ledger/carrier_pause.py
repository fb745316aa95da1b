"""A pause that every worker keeps: the carrier has said that it has enough for now.

It is a lease without a holder's name, so it ends by itself, and it is only ever made longer. What the carrier
asks for (Retry-After) is taken as it is. A full queue comes without a time: then the pauses double, from
15 s to 10 minutes, until ten minutes have passed without another.
"""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy import Connection, select, text

from store.schema import lease
from surveys.ledger.due import HOLD

QUEUE_FULL_S = (15, 30, 60, 120, 300, 600)
CALM_S = 600  # after so long without a full queue the pauses begin anew
QUEUE_FULL = "carrier:queue-full"  # the note of how often in a row: holder is the count, expires_at the end

_HOLD = text(
    """
    insert into lease (name, holder, expires_at) values (:name, 'carrier', :until)
    on conflict (name) do update set expires_at =
        case when lease.expires_at < excluded.expires_at then excluded.expires_at else lease.expires_at end
    """
)
_COUNT = text(
    """
    insert into lease (name, holder, expires_at) values (:name, :count, :until)
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    """
)


def hold_in(connection: Connection, seconds: float, now: datetime) -> None:
    """Let every worker pause for so long. Less than a second is left to the one that was told."""
    if seconds >= 1:
        until = math.ceil(now.timestamp() + seconds)
        connection.execute(_HOLD, {"name": HOLD, "until": until})


def queue_full_in(connection: Connection, now: datetime) -> None:
    """The carrier's queue is full: pause, longer than the last time."""
    at = int(now.timestamp())
    before = connection.execute(
        select(lease.c.holder, lease.c.expires_at).where(lease.c.name == QUEUE_FULL).with_for_update()
    ).first()
    if before is not None and at < before.expires_at:
        return  # one of many that were in that queue
    again = before is not None and at - before.expires_at < CALM_S
    count = int(before.holder) + 1 if before is not None and again else 0
    seconds = QUEUE_FULL_S[min(count, len(QUEUE_FULL_S) - 1)]
    connection.execute(_COUNT, {"name": QUEUE_FULL, "count": str(count), "until": at + seconds})
    hold_in(connection, seconds, now)
