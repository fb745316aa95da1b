"""The survey interval of a phone number: claimed by one statement, given back by another.

The claim is the one place where the rule "at most one opening SMS in an interval" is enforced: 24 hours, or
more where the settings say so. It runs in the
transaction that writes the attempts' rows, immediately before the posts. Times are integer epoch seconds:
text would compare by spelling and fail in silence. A claim's time is rounded down and a post's time up, so
that what the carrier took within a second is never nearer than the interval to what it takes next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from store.documents import to_text

# The same statement, fed with one JSON array of {phone, contact_id}; only unpacking it differs.
_CLAIM_SQLITE = text(
    """
    insert into slot (phone, last_sent_at, contact_id)
    select value ->> 'phone', :now, value ->> 'contact_id' from json_each(:claims) where true
    on conflict (phone) do update set last_sent_at = excluded.last_sent_at, contact_id = excluded.contact_id
    where slot.last_sent_at <= excluded.last_sent_at - :interval
    returning phone
    """
)
_CLAIM_POSTGRES = text(
    """
    insert into slot (phone, last_sent_at, contact_id)
    select value ->> 'phone', :now, value ->> 'contact_id'
    from json_array_elements(cast(:claims as json)) as claim (value) order by 1
    on conflict (phone) do update set last_sent_at = excluded.last_sent_at, contact_id = excluded.contact_id
    where slot.last_sent_at <= excluded.last_sent_at - :interval
    returning phone
    """
)
_GIVE_BACK = text(
    "delete from slot where phone = :phone and contact_id = :contact_id and last_sent_at <= :claimed_until"
)
_KNOWN = text(
    """
    insert into slot (phone, last_sent_at, contact_id) values (:phone, :at, :contact_id)
    on conflict (phone) do update set last_sent_at = excluded.last_sent_at, contact_id = excluded.contact_id
    where slot.last_sent_at < excluded.last_sent_at
    """
)
_SENT_AT = text(
    """
    update slot set last_sent_at = :at
    where phone = :phone and contact_id = :contact_id and last_sent_at < :at
    """
)


def claim(connection: Connection, claims: Mapping[str, str], now: int, interval_s: int) -> set[str]:
    """Claim the slots of phone → contact id at ``now`` (epoch seconds); returns the phones that were free.

    Free is a number whose slot was last used ``interval_s`` ago or longer.
    """
    if not claims:
        return set()
    statement = _CLAIM_SQLITE if connection.dialect.name == "sqlite" else _CLAIM_POSTGRES
    # In the order of the numbers, so that two claiming transactions never wait for each other in a ring.
    rows = [{"phone": phone, "contact_id": claims[phone]} for phone in sorted(claims)]
    return set(connection.scalars(statement, {"claims": to_text(rows), "now": now, "interval": interval_s}))


def give_back(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Free slots whose message certainly was not sent: rows of phone, contact_id, claimed_until."""
    if rows:
        connection.execute(_GIVE_BACK, rows)


def sent_at(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Count the interval from the latest time the carrier can have sent: rows of phone, contact_id, at.

    ``at`` is rounded up to a second (:func:`rounded_up`). Another contact's claim stays as it is.
    """
    if rows:
        # In the order of the numbers, as they are claimed.
        connection.execute(_SENT_AT, sorted(rows, key=lambda row: str(row["phone"])))


def sent_unseen(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Take over what the carrier has sent and no claim here tells of: rows of phone, contact_id, at."""
    if rows:
        connection.execute(_KNOWN, sorted(rows, key=lambda row: str(row["phone"])))


def rounded_up(moment: datetime) -> int:
    """The first whole epoch second that is not before a moment."""
    return math.ceil(moment.timestamp())
