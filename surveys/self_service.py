"""Whether a customer came to us from the website or the app, as far as the sessions on record tell.

The same rule as that of the facts (docs/metrics.md, ``self_service_first``): a session of the customer that
began within 24 hours before the contact did. None is no proof of the contrary, so then it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from store.schema import RECORD_CUSTOMER, SESSION, customer_link, record
from surveys.eligibility import DAY_S


def came_from_self_service(connection: Connection, contact_ids: Sequence[str]) -> set[str]:
    """Those of some live contacts that a session of the same customer came before."""
    if not contact_ids:
        return set()
    of_contact = (record.c.kind == "contact") & record.c.record_id.in_(contact_ids)
    contacts: dict[str, dict[str, Any]] = dict(connection.execute(_PAYLOAD.where(of_contact)).all())
    customers = _customers(connection, {facts.get("customer_key") or "" for facts in contacts.values()})
    sessions: dict[str, list[int]] = {}
    wanted = {key for keys in customers.values() for key in keys}
    for _, facts in connection.execute(_PAYLOAD.where(SESSION, RECORD_CUSTOMER.in_(wanted))):
        sessions.setdefault(facts["customer_key"], []).append(facts["started_at"])
    return {
        name
        for name, facts in contacts.items()
        if any(
            _comes_before(started_at, facts)
            for key in customers.get(facts.get("customer_key") or "", ())
            for started_at in sessions.get(key, ())
        )
    }


_PAYLOAD = select(record.c.record_id, record.c.payload)


def _customers(connection: Connection, keys: set[str]) -> dict[str, set[str]]:
    """Each pseudonym with the customer it is known to belong to, where it is a phone number's."""
    known = {key: {key} for key in keys if key}
    links = select(customer_link).where(customer_link.c.phone_key.in_(list(known)))
    for row in connection.execute(links):
        known[row.phone_key].add(row.customer_key)
    return known


def _comes_before(started_at: int, contact: dict[str, Any]) -> bool:
    # A session begun while waiting or talking did not come first.
    ended_at = contact.get("ended_at")
    if ended_at is None or contact.get("hour") is None:
        return False
    began_at = ended_at - (contact.get("handling_s") or 0) - (contact.get("wait_s") or 0)
    return bool(began_at - DAY_S <= started_at <= began_at)
