"""What there is to do right now, in one look at the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select

from store import Store
from store.schema import UNSETTLED, WAITING, decision, lease, message, reply

HOLD = "carrier:hold"  # the lease that makes every worker pause


@dataclass(frozen=True)
class Due:
    """What waits for a worker; times are epoch seconds."""

    replies: bool  # stored, not read yet
    follow_ups: bool  # ready to be claimed
    decisions: bool  # contacts to decide
    latest: int | None  # when the newest message was claimed, whoever did
    held_until: int  # the carrier has asked for a pause until then


_LOOK = select(
    exists().where(reply.c.read_at.is_(None)),
    exists().where(UNSETTLED, message.c.state == "ready", message.c.look_at <= bindparam("at")),
    exists().where(WAITING, decision.c.due_at <= bindparam("at")),
    select(func.max(message.c.created_at)).scalar_subquery(),
    func.coalesce(select(lease.c.expires_at).where(lease.c.name == HOLD).scalar_subquery(), 0),
)


def look(store: Store, now: datetime) -> Due:
    """Look at everything a round begins with: one statement, so that an idle worker costs next to nothing."""
    with store.read() as connection:
        return Due(*connection.execute(_LOOK, {"at": int(now.timestamp())}).one())
