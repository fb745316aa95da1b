"""What became of a post goes on record.

An outcome that says "taken" moves a message forward only, since a status callback may have come first. A
message that certainly was not sent gives its slot back and its contact waits again; one that perhaps was
sent stays ``unknown`` until the carrier tells, and is never posted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from store import Store, bulk, slots
from store.schema import decision, message, survey
from surveys.carriers.base import POSTED_WITHIN_S, RANK, Posted
from surveys.ledger import faults, snapshots, statuses
from surveys.ledger.carrier_pause import hold_in, queue_full_in
from surveys.ledger.opt_outs import opt_out_in

LOOK_AGAIN_S = (30, 120, 600, 3_600, 21_600)  # pauses between asking the carrier about an unknown message
MAX_FOLLOW_UP_TRIES = 8
MAX_REJECTIONS = 4

_WORDS = {
    "carrier_credentials": "The carrier does not know our account or token ({}). Nothing is sent.",
    "carrier_rejects": "The carrier turns every message away ({}): check its address and the account.",
    "carrier_unwell": "The carrier does not say what becomes of our messages ({}). Nothing is sent for now.",
    "carrier_route": "The carrier may not send to this country or route ({}): an account setting.",
    "carrier_refuses": "The carrier refused a message for a reason we do not know ({}).",
}
_unsettled = message.c.state.in_(("claimed", "unknown"))
_twin = message.alias("twin")
_UNKNOWN = (
    update(message)
    .where(message.c.message_id == bindparam("id"), message.c.state == "claimed")
    .values(state="unknown", error=bindparam("why"), look_at=bindparam("again"))
)


def record(store: Store, results: Sequence[Posted], now: datetime) -> None:
    """Write the outcomes of posts, all in one transaction."""
    if not results:
        return
    at = int(now.timestamp())
    results = sorted(results, key=lambda result: result.message.phone)
    with store.write() as connection:
        # Locked in the order that every transaction keeps: contacts, slots, all else.
        snapshots.lock(connection, {r.message.contact_id for r in results})
        _count_from_the_post(connection, [r for r in results if r.result in ("taken", "unknown")], now)
        told = [(r.message.message_id, r.status or r.result, r.error) for r in results]
        statuses.tell_in(connection, told, at)
        changed = _taken(connection, [r for r in results if r.result == "taken"], now)
        for result in results:
            if result.result in ("not_sent", "refused"):
                changed += _not_sent(connection, result, now)
        _unknown(connection, [r for r in results if r.result == "unknown"], now)
        hold_in(connection, max(r.hold_s for r in results), now)
        if any(r.queue_full for r in results):
            queue_full_in(connection, now)
        for name, error in sorted({r.alarm: r.error for r in results if r.alarm}.items()):
            faults.raise_in(connection, name, _WORDS[name].format(error), now)
        snapshots.append_changed(connection, changed, now)


def _taken(connection: Connection, results: Sequence[Posted], now: datetime) -> list[str]:
    if not results:
        return []
    at = int(now.timestamp())
    by_status: dict[str, list[Posted]] = {}
    for result in results:
        by_status.setdefault(result.status if result.status in RANK else "accepted", []).append(result)
    for status, group in by_status.items():
        _advance_group(connection, status, group, at)
    early = statuses.apply_early(connection, [r.sid for r in results if r.sid], now)
    return [r.message.contact_id for r in results if r.message.opening] + early


def _advance_group(connection: Connection, status: str, group: Sequence[Posted], at: int) -> None:
    settled = at if RANK[status] >= RANK["delivered"] else None
    rows = [{"id": r.message.message_id, "new_sid": r.sid, "at": at, "settled": settled} for r in group]
    bulk.run(connection, _taken_as(status), rows)
    values: dict[str, bool] = {"sent": True}
    if settled is not None:
        values["delivered"] = status in statuses.ARRIVED
    for results in _chunks(group):
        openings = [r.message.contact_id for r in results if r.message.opening]
        connection.execute(
            update(survey)
            .where(survey.c.contact_id.in_(openings), survey.c.delivered.is_(None))
            .values(**values)
        )


@lru_cache(maxsize=len(RANK))
def _taken_as(status: str) -> Update:
    """Write down the carrier's id, unless another message has it, and move the state forward, never back."""
    lower = [state for state, rank in RANK.items() if rank < RANK[status]]
    names: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in lower]
    behind = message.c.state.in_(names)
    sid = bindparam("new_sid", type_=Text)
    nobodys = message.c.sid.is_(None) & ~exists().where(_twin.c.sid == sid)
    return (
        update(message)
        .where(message.c.message_id == bindparam("id"))
        .values(
            sid=case((nobodys, sid), else_=message.c.sid),
            posted_at=func.coalesce(message.c.posted_at, bindparam("at", type_=BigInteger)),
            state=case((behind, status), else_=message.c.state),
            settled_at=case((behind, bindparam("settled", type_=BigInteger)), else_=message.c.settled_at),
            look_at=None,
        )
    )


def _count_from_the_post(connection: Connection, results: Sequence[Posted], now: datetime) -> None:
    at = slots.rounded_up(now)
    slots.sent_at(
        connection,
        [
            {
                "phone": r.message.phone,
                "contact_id": r.message.contact_id,
                # What a look-up finds was posted long before it was looked for.
                "at": min(at, r.message.claimed_at + POSTED_WITHIN_S) if r.looked_up else at,
            }
            for r in results
            if r.message.opening and at > r.message.claimed_at
        ],
    )


def _not_sent(connection: Connection, result: Posted, now: datetime) -> list[str]:
    at, outgoing = int(now.timestamp()), result.message
    ours = (message.c.message_id == outgoing.message_id) & _unsettled
    if (
        not outgoing.opening
        and result.result == "not_sent"
        and _retry_follow_up(connection, result, ours, at)
    ):
        return []
    done = connection.execute(
        update(message).where(ours).values(state="not_sent", error=result.error, settled_at=at, look_at=None)
    )
    if result.opted_out:
        opt_out_in(connection, outgoing.phone, "carrier", now)
    if not done.rowcount or not outgoing.opening:
        return []
    slots.give_back(
        connection,
        [
            {
                "phone": outgoing.phone,
                "contact_id": outgoing.contact_id,
                "claimed_until": outgoing.claimed_at + POSTED_WITHIN_S,  # as an orphan it counts from then
            }
        ],
    )
    connection.execute(delete(survey).where(survey.c.contact_id == outgoing.contact_id))
    _undecide(connection, result, at)
    return [outgoing.contact_id]


def _undecide(connection: Connection, result: Posted, at: int) -> None:
    mine = decision.c.contact_id == result.message.contact_id
    attempts = connection.scalar(select(decision.c.attempts).where(mine)) or 0
    # A post that is turned away again and again without a word of why is refused: it must not block the rest.
    if result.result == "refused" or (result.alarm == "carrier_rejects" and attempts >= MAX_REJECTIONS):
        eligible = result.reason == "not_sent"
        connection.execute(
            update(decision)
            .where(mine)
            .values(state="skipped", reason=result.reason, eligible=eligible, decided_at=at)
        )
        return
    pause = max(1, int(result.retry_after_s), min(60, 2**attempts))
    connection.execute(
        update(decision)
        .where(mine)
        .values(
            state="waiting",
            reason="not_sent",
            eligible=None,
            decided_at=None,
            due_at=at + pause,
            attempts=attempts + 1,
        )
    )


def _retry_follow_up(connection: Connection, result: Posted, ours: ColumnElement[bool], at: int) -> bool:
    looks = connection.scalar(select(message.c.looks).where(ours)) or 0
    if looks >= MAX_FOLLOW_UP_TRIES:
        return False
    pause = max(1, int(result.retry_after_s), min(300, 2**looks))
    connection.execute(
        update(message)
        .where(ours)
        .values(state="ready", error=result.error, look_at=at + pause, looks=looks + 1)
    )
    return True


def _unknown(connection: Connection, results: Sequence[Posted], now: datetime) -> None:
    if not results:
        return
    at = int(now.timestamp())
    connection.execute(
        _UNKNOWN,
        [{"id": r.message.message_id, "why": r.error, "again": at + LOOK_AGAIN_S[0]} for r in results],
    )


def _chunks(results: Sequence[Posted], size: int = 500) -> Iterable[Sequence[Posted]]:
    return (results[start : start + size] for start in range(0, len(results), size))
