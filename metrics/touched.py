"""Step 4a: which contacts new events touch, and what stands around them.

Touched are those whose fact may become another one: by an event of their own, by one of the same customer's
or by one of the same case's. Their facts also depend on contacts that are not touched: a case may have
contacts of other customers, who have contacts of their own. Those stand around: they are joined, and keep
the facts they have.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from metrics.past import Past

Connection = duckdb.DuckDBPyConnection

# By a new event of their own, or by a sale that has moved to another contact.
_TOUCHED = """
    create table touched as
    with sold as (select distinct sale_id from new_sale)
    select contact_id from new_contact
    union select contact_id from again
    union select contact_id from new_outcome
    union select contact_id from new_sale
    union select contact_id from log_sale where sale_id in (select sale_id from sold)
    union select contact_id from log_sale where product in (select product from new_product)
"""
# The customers and cases of their contacts, as they are told now and as they were before.
_MET = """
    create table met as
    select customer_key, case_id from new_contact
    union select customer_key, case_id from near where contact_id in (select contact_id from touched)
    union select customer_key, case_id from old_delta where contact_id in (select contact_id from touched)
    union select customer_key, case_id from log_contact where contact_id in (select contact_id from again)
"""
# Cases whose first contact, or whose end, may change with them.
_CASES = """
    create table touched_case as
    with found as (select case_id as key from met union select case_id from new_case)
    select key from found where key <> ''
"""
# Customers whose contacts may change with them: by a session, by a link, or because one of their contacts
# did, which may be the answer to whether an earlier one solved the matter.
_CUSTOMERS = """
    create table met_customer as
    with found as (
        select customer_key as key from met
        union select customer_key from new_session
        union
        select customer_key from log_session where session_id in (select session_id from new_session)
        union select phone_key from new_link
    )
    select key from found where key <> ''
"""
# Whoever is known by several keys has contacts under each.
_KNOWN_CUSTOMERS = """
    create or replace table known_customer as
    select key from met_customer
    union
    select customer_key from log_link where phone_key in (select key from met_customer)
"""
_SAME_CUSTOMERS = """
    create or replace table same_customer as
    select key from known_customer
    union
    select phone_key from log_link where customer_key in (select key from known_customer)
"""
_BASE_ROWS = """
    create table base_row as
    with keyed as (
        select * from near
        where contact_id in (select contact_id from touched)
            or customer_key in (select key from touched_customer)
            or case_id in (select key from touched_case)
    )
    select * from keyed
    union all
    select * from near_day
    where
        contact_id not in (select contact_id from keyed)
        and exists (
            select 1 from newly_tracked
            where ended_at - coalesce(handling_s, 0) - coalesce(wait_s, 0) between from_at and to_at
        )
"""
_ALL_TOUCHED = """
    insert into touched
    select contact_id from base_row
    union
    select contact_id from old_delta
    where
        customer_key in (select key from touched_customer)
        or case_id in (select key from touched_case)
        or exists (
            select 1 from newly_tracked
            where ended_at - coalesce(handling_s, 0) - coalesce(wait_s, 0) between from_at and to_at
        )
"""
# Keys of the touched by which nobody has looked yet.
_MORE_KEYS = """
    create table further as
    with held as (
        select customer_key, case_id from base_row
        union
        select customer_key, case_id from old_delta
        where sign = 1 and contact_id in (select contact_id from touched)
    )
    select customer_key, '' as case_id from held
    where customer_key <> '' and customer_key not in (select key from touched_customer)
    union
    select '', case_id from held
    where case_id <> '' and case_id not in (select key from touched_case)
"""
_AROUND = """
    create table around as
    with found as (
        select * exclude (sign) from old_delta where sign = 1
        union all
        select * from near where contact_id not in (select contact_id from old_delta)
    )
    select * from found
    where
        contact_id not in (select contact_id from touched)
        and (
            customer_key in (select key from same_customer)
            or case_id in (select case_id from further where case_id <> '')
        )
"""
_CURRENT = """
    create table current_fact as
    select * exclude (sign) from old_delta
    where sign = 1 and contact_id in (select contact_id from touched)
    union all
    select * from base_row where contact_id not in (select contact_id from old_delta)
    union all
    select * from around
"""


def find(connection: Connection, past: Past, tracked_places: Collection[int]) -> None:
    """Tables ``touched`` (contacts), ``base_row`` (their rows in the base), ``touched_customer``, and
    ``current_fact``: how they and those around them stand now.

    ``tracked_places`` are the base's places with contacts whose time sessions are now known to cover.
    """
    run = connection.execute
    run(_TOUCHED)
    past.facts({"contact_id": "select contact_id as key from touched"})
    run(_MET)
    run(_CUSTOMERS)
    _same_customers(connection, past)
    run("create table touched_customer as from same_customer")
    run(_CASES)
    past.facts({"customer_key": "from touched_customer", "case_id": "from touched_case"})
    past.open_places("near_day", tracked_places)
    run(_BASE_ROWS)
    run(_ALL_TOUCHED)
    _look_around(connection, past)
    run(_CURRENT)


def _look_around(connection: Connection, past: Past) -> None:
    """Table ``around``: contacts that touched ones depend on, as they stand now."""
    run = connection.execute
    run(_MORE_KEYS)
    if not run("from further limit 1").fetchall():
        run("create table around as from base_row limit 0")
        return
    run("create or replace table met_customer as select customer_key as key from further where key <> ''")
    _same_customers(connection, past)
    cases = "select case_id as key from further where case_id <> ''"
    past.facts({"customer_key": "from same_customer", "case_id": cases})
    run(_AROUND)


def _same_customers(connection: Connection, past: Past) -> None:
    """Table ``same_customer``: all keys of the customers in table ``met_customer``."""
    past.events("link", "phone_key", "from met_customer")
    connection.execute(_KNOWN_CUSTOMERS)
    past.events("link", "customer_key", "from known_customer")
    connection.execute(_SAME_CUSTOMERS)
