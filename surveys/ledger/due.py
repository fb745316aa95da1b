"""What there is to do right now, in one look at the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select

from store import Store
from store import lease as lease_of
from store.schema import UNSETTLED, WAITING, decision, lease, message, reply

HOLD = "carrier:hold"  # the lease that makes every worker pause
ACCEPTED = "clock-accepted"  # the note of a person that the clock is right


@dataclass(frozen=True)
class Due:
    """What waits for a worker; times are epoch seconds."""

    replies: bool  # stored, not read yet
    follow_ups: bool  # ready to be claimed
    decisions: bool  # contacts to decide
    latest: int | None  # when the newest message was claimed, whoever did
    held_until: int  # the carrier has asked for a pause until then
    accepted_at: int  # when a person last said that the clock is right
    accepted: str  # the newest message on record at that time


_LOOK = select(
    exists().where(reply.c.read_at.is_(None)),
    exists().where(UNSETTLED, message.c.state == "ready", message.c.look_at <= bindparam("at")),
    exists().where(WAITING, decision.c.due_at <= bindparam("at")),
    select(func.max(message.c.created_at)).scalar_subquery(),
    func.coalesce(select(lease.c.expires_at).where(lease.c.name == HOLD).scalar_subquery(), 0),
    func.coalesce(select(lease.c.expires_at).where(lease.c.name == ACCEPTED).scalar_subquery(), 0),
    func.coalesce(select(lease.c.holder).where(lease.c.name == ACCEPTED).scalar_subquery(), "0"),
)


def look(store: Store, now: datetime) -> Due:
    """Look at everything a round begins with: one statement, so that an idle worker costs next to nothing."""
    with store.read() as connection:
        return Due(*connection.execute(_LOOK, {"at": int(now.timestamp())}).one())


def accept_clock(store: Store, now: datetime) -> None:
    """A person says that the host's clock is right: what it did before is no reason any more not to send."""
    lease_of.note(store, ACCEPTED, str(look(store, now).latest or 0), int(now.timestamp()))
