"""Step 4d, first half: the log dealt out to slices, so that each can be made into facts by itself.

A fact depends on its own events and on its customer's and its case's contacts. So a customer's contacts,
sessions and links go to one slice, with the outcomes and sales of the contacts; a contact whose case has
contacts elsewhere is a guest there too: it is seen, and its own fact is made at home.

::

    <folder>/<kind>/slice=<n>/….parquet    events, in the columns of the log
    <folder>/guest/slice=<n>/….parquet     contacts from other slices
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.log import SCHEMAS
from metrics import events
from metrics.models import EVENT_KINDS, sql

Connection = duckdb.DuckDBPyConnection

# The latest versions tell where a record belongs.
_MODELS = ("contact_now", "link_now", "sale_now", "session_now")
# Contacts of nobody known are dealt by themselves.
_CONTACTS = """
    select
        contact_now.*,
        hash(
            coalesce(link_now.customer_key, nullif(contact_now.customer_key, ''), contact_now.contact_id)
        ) % getvariable('slices') as slice
    from contact_now
    left join link_now on contact_now.customer_key = link_now.phone_key
"""
_GUESTS = """
    with met as (select distinct case_id, slice from home where case_id <> ''),
    parted as (select case_id from met group by case_id having count(*) > 1)
    select home.* replace (met.slice as slice)
    from home
    inner join met on home.case_id = met.case_id and home.slice <> met.slice
    where home.case_id in (select case_id from parted)
"""
_OTHERS = {
    # Those whose contact has not come go to the first.
    "outcome": """
        select log_outcome.*, coalesce(home.slice, 0) as slice
        from log_outcome
        left join home on log_outcome.contact_id = home.contact_id
    """,
    "sale": """
        select log_sale.*, home.slice
        from log_sale
        inner join sale_now on log_sale.sale_id = sale_now.sale_id
        inner join home on sale_now.contact_id = home.contact_id
    """,
    "session": """
        select log_session.*, hash(session_now.customer_key) % getvariable('slices') as slice
        from log_session
        inner join session_now on log_session.session_id = session_now.session_id
    """,
    "link": """
        select log_link.*, hash(link_now.customer_key) % getvariable('slices') as slice
        from log_link
        inner join link_now on log_link.phone_key = link_now.phone_key
    """,
    "case": """
        with met as (
            select distinct case_id, slice from home where case_id <> ''
            union
            select case_id, slice from guest
        )
        select log_case.*, met.slice
        from log_case
        inner join met on log_case.case_id = met.case_id
    """,
}


def deal(connection: Connection, folder: Path, slices: int) -> None:
    """Write the events of relations ``log_<kind>`` to so many slices below a folder."""
    connection.execute("set variable slices = $slices", {"slices": slices})
    for kind in ("contact", "link", "sale", "session"):
        connection.execute(f"create or replace view {kind}_event as from log_{kind}")
    for model in _MODELS:
        connection.execute(f"create or replace view {model} as {sql('facts', model)}")
    _write(connection, folder, "contact", _CONTACTS)
    _open(connection, folder, "contact", "home")
    _write(connection, folder, "guest", _GUESTS)
    _open(connection, folder, "guest", "guest")
    for kind, query in _OTHERS.items():
        _write(connection, folder, kind, query)


def open_whole(connection: Connection) -> None:
    """Relations ``<kind>_event`` and ``guest`` of everything in relations ``log_<kind>``."""
    for kind in EVENT_KINDS:
        connection.execute(f"create view {kind}_event as from log_{kind}")
    connection.execute("create view guest as from log_contact limit 0")


def open_slice(connection: Connection, folder: Path, number: int) -> None:
    """Relations ``<kind>_event`` and ``guest`` of one slice, but for what belongs to all of them."""
    for kind in ("contact", "guest", *_OTHERS):
        files = [str(file) for file in folder.glob(f"{kind}/slice={number}/*.parquet")]
        events.open_rows(connection, f"{kind}_dealt", "contact" if kind == "guest" else kind, files)
    connection.execute("create view guest as from guest_dealt")
    connection.execute(
        "create view contact_event as from contact_dealt union all by name select * from guest_dealt"
    )
    for kind in _OTHERS:
        connection.execute(f"create view {kind}_event as from {kind}_dealt")


def _write(connection: Connection, folder: Path, kind: str, query: str) -> None:
    (folder / kind).mkdir(parents=True)
    connection.sql(query).write_parquet(str(folder / kind), partition_by=["slice"], compression="zstd")


def _open(connection: Connection, folder: Path, kind: str, name: str) -> None:
    """A view of the dealt contacts with their slices."""
    files = [str(file) for file in folder.glob(f"{kind}/*/*.parquet")]
    if files:
        connection.read_parquet(files, hive_partitioning=True).create_view(name)
    else:
        none = connection.from_arrow(SCHEMAS["contact"].empty_table())
        none.project("*, cast(0 as bigint) as slice").create_view(name)
