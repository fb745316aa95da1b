"""What an event makes dirty: the rule book.

One line a rule: the kind of event, what it reaches, and a query of the partitions. The relations are those
that placement leaves (``touched_<kind>``: every version of new records, present and former;
``contact_place``)
and ``contact_key``: all contacts around them, with their customers as known now.

==============  =====================================================================================
event           makes dirty
==============  =====================================================================================
contact         its partition, present and former; the customer's contacts seven days before and after;
                its case's contacts; the days of the customer's sessions in the 24 hours before
survey, sale    the partition of the contact, present and former
session         its day, present and former; the customer's contacts in the 24 hours after it; contacts
                in the span that is now known to have been tracked
case            its contacts around its registration
calls offered   their day
link            contacts and sessions of the customer in the last eight days; older ones at night
product         contacts with a sale of it, at night
topic, target   nothing: they are joined when it is asked
==============  =====================================================================================

To add a kind of event: one line here, one model in ``sql/facts``, one test.
"""

# ruff: noqa: S608 — only relations of this module and dates go into the text.
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import duckdb

from lake.manifest import Key
from metrics.build import coverage
from metrics.build.events import DAY_OF, Days, Events, runs
from metrics.build.placement import Placed
from metrics.catalog.models import sql

Connection = duckdb.DuckDBPyConnection

# How far a contact reaches: customers who come back within seven days, and a day for the clocks.
REACH_DAYS = 8
# A link is applied at once to contacts of so many days; to older ones at night.
LINK_DAYS = 8
DEFERRED = ("link", "product")


class Rule(NamedTuple):
    """One line of the rule book."""

    event: str
    reaches: str
    partitions: str  # a query of table, partner and day


_CONTACTS = "select distinct 'contact', contact_key.partner, contact_key.day from contact_key"
RULES = (
    Rule("contact", "its partition", "select distinct 'contact', partner, day from touched_contact"),
    Rule(
        "contact",
        "the customer's contacts seven days before and after",
        f"""{_CONTACTS} join touched_customer using (customer)
            where contact_key.ended_at between touched_customer.first - 604800 and touched_customer.last +
            604800""",
    ),
    Rule(
        "contact",
        "its case's contacts",
        f"""{_CONTACTS}
            where case_id in (select case_id from touched_contact where case_id <> '')""",
    ),
    Rule(
        "contact",
        "the days of the customer's sessions in the 24 hours before",
        """select distinct 'session', '', log_session.day from log_session
            join touched_customer on log_session.customer_key = touched_customer.customer
            where log_session.started_at between touched_customer.first - 691200 and touched_customer.last""",
    ),
    Rule(
        "outcome",
        "the contact's partition",
        """select distinct 'contact', partner, day from contact_place
            where contact_id in (select contact_id from placed_outcome)""",
    ),
    Rule(
        "sale",
        "the contact's partition, present and former",
        """select distinct 'contact', partner, day from contact_place
            where contact_id in (select contact_id from touched_sale)""",
    ),
    Rule("session", "its day", "select distinct 'session', '', day from touched_session"),
    Rule(
        "session",
        "the customer's contacts in the 24 hours after it",
        f"""{_CONTACTS} join touched_session on contact_key.customer = touched_session.customer_key
            where contact_key.began_at between touched_session.started_at and touched_session.started_at +
            86400""",
    ),
    Rule(
        "session",
        "contacts in the span that is now known to have been tracked",
        f"""{_CONTACTS} join newly_tracked
            on contact_key.began_at between newly_tracked.from_at and newly_tracked.to_at""",
    ),
    Rule(
        "case",
        "its contacts around its registration",
        f"{_CONTACTS} where case_id in (select case_id from touched_case)",
    ),
    Rule("calls_offered", "their day", "select distinct 'queue', '', day from new_calls_offered"),
    Rule(
        "link",
        "the customer's contacts",
        f"{_CONTACTS} where customer in (select customer from linked_customer)",
    ),
    Rule(
        "link",
        "the days of the customer's sessions",
        """select distinct 'session', '', day from log_session
            where customer_key in (select customer from linked_customer)""",
    ),
    Rule(
        "product",
        "contacts with a sale of it",
        """select distinct 'contact', contact_key.partner, contact_key.day from contact_key
            where contact_id in (
                select contact_id from log_sale where product in (select product from deferred_product)
            )""",
    ),
)

# Each customer of touched contacts, as known now and by the key itself, and when these contacts were.
_CUSTOMERS = """
    create or replace table touched_customer as
    with known as (
        select coalesce(link_now.customer_key, touched.customer_key) as customer, touched.ended_at
        from touched_contact as touched
        left join link_now on touched.customer_key = link_now.phone_key
        where touched.customer_key <> ''
    )
    select customer, min(ended_at) as first, max(ended_at) as last from known group by customer
"""
# Customers whose keys were tied together or apart by links: by any version of the same link.
_LINKED = """
    create or replace table linked_customer as
    with tied as (
        select distinct phone_key from {links}
    )
    select phone_key as customer from tied
    union
    select customer_key from link_event where phone_key in (select phone_key from tied)
"""


def mark(
    events: Events,
    placed: Placed,
    spans: coverage.Growth,
    today: date,
    known: Iterable[Key],
    *,
    thorough: bool,
) -> set[Key]:
    """The partitions that the events of a round make dirty.

    ``known`` are all partitions there are; ``thorough`` also works out what links and products change on
    older days, of this round and of those before.
    """
    run = events.connection.execute
    deferred = set(placed.version.deferred) if thorough else set()
    fresh = placed.kinds | {name.partition("/")[0] for name in deferred}
    if not fresh & {rule.event for rule in RULES}:
        return set()
    _open_links(events)
    days = _days(events, placed, spans, today, thorough=thorough and bool(fresh & set(DEFERRED)))
    _open_around(events, days)
    run(_CUSTOMERS)
    _open_deferred(events, placed, deferred)
    found: set[Key] = set()
    for rule in RULES:
        if rule.event not in fresh or rule.event in placed.bulk:
            continue
        if rule.event == "product" and not thorough:
            continue
        found |= {
            Key(table, partner, day.isoformat()) for table, partner, day in run(rule.partitions).fetchall()
        }
    for kind in placed.bulk:
        found |= _near_bulk(events, kind, known)
    return found


def deferred_after(before: Sequence[str], new: Iterable[str], *, refined: bool) -> tuple[str, ...]:
    """The batches whose effect on older days is still to be worked out."""
    if refined:
        return ()
    return tuple(sorted({*before, *(name for name in new if name.partition("/")[0] in DEFERRED)}))


def _open_links(events: Events) -> None:
    """Table ``link_now``, and view ``link_event`` of all links ever learnt."""
    events.open("link_event", "link")
    events.connection.execute(f"create or replace table link_now as {sql('facts', 'link_now')}")


def _days(
    events: Events, placed: Placed, spans: coverage.Growth, today: date, *, thorough: bool
) -> Days | None:
    """The days around the new events; None where all days may be reached."""
    if thorough:
        return None
    run = events.connection.execute
    days: list[date] = []
    for kind in ("contact", "session", "case"):
        if kind in placed.kinds - placed.bulk:
            rows = run(f"select distinct day from touched_{kind}").fetchall()
            days += [day for (day,) in rows if day is not None]
    if "session" in placed.kinds:
        days += spans.days()
    found = runs(days, REACH_DAYS, REACH_DAYS)
    if "link" in placed.kinds:
        last = [today - timedelta(days=number) for number in range(-1, LINK_DAYS + 1)]
        found = runs([*(day for run_ in found for day in _each(*run_)), *last])
    return found


def _each(first: date, last: date) -> Iterable[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _open_around(events: Events, days: Days | None) -> None:
    """Table ``contact_key`` and view ``log_session`` of the days around the new events."""
    events.open_contacts(days, keys=True)
    events.connection.execute(f"create or replace table contact_key as {sql('facts', 'contact_key')}")
    events.open("log_session", "session", days=days)


def _open_deferred(events: Events, placed: Placed, deferred: set[str]) -> None:
    run = events.connection.execute
    for kind in DEFERRED:
        names = [name for name in deferred if name.startswith(f"{kind}/")]
        events.open(f"old_{kind}", kind, names=names)
    links = "(select phone_key from new_link union all select phone_key from old_link)"
    run(_LINKED.format(links=links))
    run(
        """
        create or replace view deferred_product as
        select product from new_product union select product from old_product
        """
    )
    if "product" in placed.kinds or any(name.startswith("product/") for name in deferred):
        events.open("log_sale", "sale")


def _near_bulk(events: Events, kind: str, known: Iterable[Key]) -> set[Key]:
    """Every partition near very many new events: cheaper to make than to choose."""
    run = events.connection.execute
    own: set[Key] = set()
    if kind == "contact":
        rows = run("select distinct partner, day from new_contact").fetchall()
        rows += run("select distinct partner, day from touched_contact").fetchall()
        own = {Key("contact", partner, day.isoformat()) for partner, day in rows}
    elif kind == "session":
        days_of = run("select distinct day from new_session union select distinct day from touched_session")
        own = {Key("session", "", day.isoformat()) for (day,) in days_of.fetchall()}
    column = DAY_OF[kind]
    days = [day for (day,) in run(f"select distinct {column} from new_{kind}").fetchall() if day]
    around = runs(days, REACH_DAYS, REACH_DAYS)
    near = {
        key
        for key in known
        if key.table != "queue"
        and any(first.isoformat() <= key.day <= last.isoformat() for first, last in around)
    }
    return own | near
