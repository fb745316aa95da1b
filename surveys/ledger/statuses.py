"""What the carrier tells of a message later: applied forward only, in whatever order it comes.

A callback names our attempt in its query, so it finds its message even when the answer to the post was
lost; one that cannot be placed yet is kept until the carrier's id is known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, text, update

from store import Store, bulk, slots
from store.schema import early_status, message, message_status, survey
from surveys.carriers.base import RANK
from surveys.ledger import faults, snapshots
from surveys.ledger.carrier_pause import queue_full_in
from surveys.ledger.opt_outs import opt_out_in

ARRIVED = ("delivered", "read")
PERMANENT = ("30004", "30005", "30006")  # blocked, unknown, a landline: the number cannot be reached
log = logging.getLogger(__name__)

_KEEP_EARLY = text(
    """
    insert into early_status (sid, status, error, at) values (:sid, :status, :error, :at)
    on conflict (sid) do update set status = excluded.status, error = excluded.error, at = excluded.at
    """
)


@dataclass(frozen=True)
class Status:
    """One status callback: the carrier's id, our attempt where it is named, the status and its error code."""

    sid: str
    attempt: str
    status: str
    error: str = ""


def receive(store: Store, callbacks: Sequence[Status], now: datetime) -> None:
    """Apply callbacks in one transaction."""
    with store.write() as connection:
        receive_in(connection, callbacks, now)


def receive_in(connection: Connection, callbacks: Sequence[Status], now: datetime) -> None:
    """Apply callbacks inside the caller's transaction.

    What they touch is locked first, in the order that every transaction keeps: contacts, slots, all else.
    """
    known = [callback for callback in callbacks if callback.status in RANK]
    for callback in callbacks:
        if callback.status not in RANK:
            log.info("status %s is not known; kept nowhere", callback.status)
    rows = _messages_of(connection, known)
    snapshots.lock(connection, {row.contact_id for row in rows})
    slots.sent_at(connection, _sent_only_now(connection, [row.message_id for row in rows], now))
    changed: list[str] = []
    for callback in sorted(known, key=lambda each: each.sid):
        changed += _apply(connection, callback, now)
    snapshots.append_changed(connection, changed, now)


def _messages_of(connection: Connection, callbacks: Sequence[Status]) -> Sequence[Any]:
    """The messages that callbacks speak of, by our attempt or by the carrier's id."""
    attempts = [callback.attempt for callback in callbacks if callback.attempt]
    sids = [callback.sid for callback in callbacks if callback.sid]
    named = message.c.message_id.in_(attempts) | message.c.sid.in_(sids)
    return connection.execute(select(message.c.message_id, message.c.contact_id).where(named)).all()


def _sent_only_now(connection: Connection, attempts: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """Slots of openings of which the carrier has not said before that they are sent: perhaps only now."""
    not_sent = [state for state, rank in RANK.items() if rank < RANK["sent"]]
    query = select(message.c.phone, message.c.contact_id).where(
        message.c.message_id.in_(attempts), message.c.purpose == "opening", message.c.state.in_(not_sent)
    )
    at = slots.rounded_up(now)
    return [{"phone": row.phone, "contact_id": row.contact_id, "at": at} for row in connection.execute(query)]


def apply_early(connection: Connection, sids: Sequence[str], now: datetime) -> list[str]:
    """Apply callbacks that came before their id was ours; returns the contacts whose survey changed."""
    kept = connection.execute(select(early_status).where(early_status.c.sid.in_(sids))).all() if sids else []
    changed: list[str] = []
    for row in kept:
        changed += _apply(connection, Status(row.sid, "", row.status, row.error), now)
        connection.execute(delete(early_status).where(early_status.c.sid == row.sid))
    return changed


def _apply(connection: Connection, callback: Status, now: datetime) -> Iterable[str]:
    at = int(now.timestamp())
    columns = (
        message.c.message_id,
        message.c.contact_id,
        message.c.phone,
        message.c.sid,
        message.c.purpose,
    )
    by_attempt = select(*columns).where(message.c.message_id == callback.attempt)
    by_sid = select(*columns).where(message.c.sid == callback.sid)
    row = connection.execute(by_attempt).first() if callback.attempt else None
    row = row or (connection.execute(by_sid).first() if callback.sid else None)
    if row is None:
        _keep_early(connection, callback, at)
        return []
    if row.sid is None and callback.sid:
        connection.execute(
            update(message)
            .where(message.c.message_id == row.message_id, message.c.sid.is_(None))
            .where(~exists().where(message.alias("twin").c.sid == callback.sid))
            .values(sid=callback.sid, posted_at=at)
        )
    tell_in(connection, [(row.message_id, callback.status, callback.error)], at)
    rank = RANK[callback.status]
    settled = at if rank >= RANK["delivered"] else None
    moved = connection.execute(
        update(message)
        .where(message.c.message_id == row.message_id)
        .where(message.c.state.in_([state for state, other in RANK.items() if other < rank]))
        .values(state=callback.status, error=callback.error, settled_at=settled, look_at=None)
    )
    if not moved.rowcount:
        return []
    _consequences(connection, callback, row.phone, now)
    if row.purpose != "opening":
        return []
    values: dict[str, bool] = {"sent": True}
    if settled is not None:
        values["delivered"] = callback.status in ARRIVED
    connection.execute(update(survey).where(survey.c.contact_id == row.contact_id).values(**values))
    return [row.contact_id]


def tell_in(connection: Connection, told: Iterable[tuple[str, str, str]], at: int) -> None:
    """Keep what was told of messages: (attempt, status, error), also what changes nothing any more."""
    rows = [
        {"message_id": message_id, "status": status, "error": error, "at": at}
        for message_id, status, error in told
    ]
    bulk.insert_rows(connection, message_status, rows)


def _keep_early(connection: Connection, callback: Status, at: int) -> None:
    known = connection.scalar(select(early_status.c.status).where(early_status.c.sid == callback.sid))
    if callback.sid and (known is None or RANK[known] < RANK[callback.status]):
        values = {"sid": callback.sid, "status": callback.status, "error": callback.error, "at": at}
        connection.execute(_KEEP_EARLY, values)


def _consequences(connection: Connection, callback: Status, phone: str | None, now: datetime) -> None:
    if callback.error == "21610" and phone:
        opt_out_in(connection, phone, "carrier", now)
    elif callback.error == "30007":
        faults.raise_in(connection, "carrier_filtered", "The carrier filters our messages (30007).", now)
    elif callback.error in ("30001", "21611"):
        queue_full_in(connection, now)
