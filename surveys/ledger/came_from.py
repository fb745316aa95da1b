"""Whether a customer came to us from the website or the app, as far as the sessions on record tell.

The same rule as that of the facts (docs/metrics.md, ``self_service_first``): a session of the customer that
began within 24 hours before the contact did. None is no proof of the contrary, so then it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from store.schema import RECORD_CUSTOMER, SESSION, customer_link, decision, record

ATTRIBUTION_S = 86_400  # so long before a contact a session counts; the models of the facts say the same


def came_from_self_service(connection: Connection, contact_ids: Sequence[str]) -> set[str]:
    """Those of some live contacts that a session of the same customer came before."""
    if not contact_ids:
        return set()
    known = select(decision.c.contact_id, decision.c.customer_key)
    keys: dict[str, str] = dict(connection.execute(known.where(decision.c.contact_id.in_(contact_ids))).all())
    customers = _customers(connection, set(keys.values()))
    sessions: dict[str, list[int]] = {}
    wanted = {key for linked in customers.values() for key in linked}
    for _, facts in connection.execute(_PAYLOAD.where(SESSION, RECORD_CUSTOMER.in_(wanted))):
        sessions.setdefault(facts["customer_key"], []).append(facts["started_at"])
    begun = {
        name: [at for key in customers.get(of, ()) for at in sessions.get(key, ())]
        for name, of in keys.items()
    }
    # Few have one, and only theirs is the contact looked at.
    followed = [name for name, starts in begun.items() if starts]
    if not followed:
        return set()
    of_contact = (record.c.kind == "contact") & record.c.record_id.in_(followed)
    return {
        name
        for name, facts in connection.execute(_PAYLOAD.where(of_contact))
        if any(_comes_before(at, facts) for at in begun[name])
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
    return bool(began_at - ATTRIBUTION_S <= started_at <= began_at)
