"""Step 4: what new events change. The facts of the contacts they touch, before and after.

Facts carry the records they were made from, so an event needs the rows of its own contacts and not the
history: they are found by key, as are their sales and sessions, unmade into events, joined with the new
ones and made again by the same SQL that makes all facts. The result is the delta: of every contact
touched since the base was folded, its row in the base with sign -1 and its row now with sign +1. Cubes
being sums, a reader adds the delta to them and is up to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from data.duck import connect
from metrics import events, rows, touched, tracked
from metrics.delta import read_delta
from metrics.lake import Base, Lake, Version, settled
from metrics.models import BESIDE_KINDS, EVENT_KINDS, sql
from metrics.past import EVENTS, Past
from metrics.shape import make_facts, time_bins

Connection = duckdb.DuckDBPyConnection

# Bytes of new batches up to which one thread is quickest: sharing small relations costs more than it gains.
LARGEST_ALONE = 8_000_000
# Kinds that facts carry.
CARRIED = ("contact", "outcome")

# Contacts that are made anew from the log: any version of them falls on a day to be made again.
_AGAIN = "create table again as select distinct contact_id from log_contact where day >= $since"
_CONTACT_EVENTS = """
    create table contact_event as
    select * from new_contact
    union all by name
    select * from carried_contact where contact_id not in (select contact_id from again)
    union all by name
    select * from log_contact where contact_id in (select contact_id from again)
"""
_ALL_OUTCOMES = """
    create view all_outcome as
    select * from new_outcome
    union all by name
    select * from carried_outcome where contact_id not in (select contact_id from again)
    union all by name
    select * from log_outcome where contact_id in (select contact_id from again)
"""
_EVENTS = {
    "outcome_event": """
        select outcome.* from all_outcome as outcome
        where contact_id in (select contact_id from contact_event)
    """,
    "sale_event": """
        select * from log_sale
        where sale_id in (
            select sale_id from log_sale where contact_id in (select contact_id from contact_event)
        )
    """,
    "link_event": """
        select * from log_link where phone_key in (select customer_key from contact_event)
    """,
    # Every version of a session counts: the latest may say that it was another customer's.
    "session_event": """
        select * from log_session
        where session_id in (
            select session_id from log_session
            where customer_key in (
                select customer_key from contact_event
                union select customer_key from link_event
                union select key from touched_customer
            )
        )
    """,
    "case_event": """
        select * from log_case where case_id in (select case_id from contact_event where case_id <> '')
    """,
    "product_event": """
        select * from log_product where product in (select product from sale_event)
    """,
}
# How everybody in the delta or touched stood in the base.
_STOOD = """
    create view stood as
    select * exclude (sign) from old_delta where sign = -1
    union all
    select * from base_row where contact_id not in (select contact_id from old_delta)
"""
# Only what was touched can have become what it was.
_UNCHANGED = """
    create table unchanged as
    select fact.contact_id
    from stood
    inner join fact on stood.contact_id = fact.contact_id
    where stood is not distinct from fact and fact.contact_id in (select contact_id from touched)
"""
_DELTA = """
    create table delta as
    select *, cast(-1 as smallint) as sign from stood
    where contact_id not in (select contact_id from unchanged)
    union all
    select * from old_delta where sign = 1 and contact_id not in (select contact_id from touched)
    union all
    -- What stands around them was made without all that it depends on.
    select *, cast(1 as smallint) as sign from fact
    where
        contact_id in (select contact_id from touched)
        and contact_id not in (select contact_id from unchanged)
"""


class Changes:
    """The delta of one version with new batches of the log on top, as relation ``delta`` of a connection.

    ``orphans`` is a relation as well: outcomes whose contact has not come yet.
    """

    def __init__(
        self,
        lake: Lake,
        base: Base,
        version: Version,
        *,
        seen: Sequence[Path],
        new: Sequence[Path],
        since: date | None = None,
    ) -> None:
        """``seen`` and ``new`` batches; ``since``: contacts from that day on are made anew from the log."""
        self.lake, self.version, self.since = lake, version, since
        # Facts of days to be made again are not even looked at: they may be what is wrong.
        self.emptied = {
            (place.partner, place.day)
            for place in base.places
            if since is not None and place.day >= since.isoformat()
        }
        self.base = replace(base, places=settled(base, dict.fromkeys(self.emptied, ((), 0))))
        self.connection = connect(memory="4GB")
        # Files never change, and a fold reads the same ones for every cube.
        self.connection.execute("set global parquet_metadata_cache = true")
        if since is None and sum(file.stat().st_size for file in new) < LARGEST_ALONE:
            self.connection.execute("set threads = 1")
        self.past = Past(lake, base, self.connection, since)
        self.unfolded: dict[str, list[str]] = {}
        self._open_log(seen, new)

    def _open_log(self, seen: Sequence[Path], new: Sequence[Path]) -> None:
        aside = self.version.beside.get("set_aside", ())
        events.open_aside(self.connection, [str(self.lake.path / file) for file in aside])
        self.told = {file.parent.name for file in new}
        # What stands beside the facts needs its log only when something is new in it.
        beside = [kind for kind in BESIDE_KINDS if kind in self.told or self.since is not None]
        for kind in (*EVENT_KINDS, *beside):
            before = [str(file) for file in seen if file.parent.name == kind]
            added = [str(file) for file in new if file.parent.name == kind]
            if kind in rows.KEYS:
                folded = {str(self.lake.path / "log" / name) for name in self.version.folded}
                self.unfolded[kind] = [file for file in (*before, *added) if file not in folded]
            if self.since is None:
                # What has been folded is found by key: of contacts and outcomes in the facts.
                kept = self.unfolded.get(kind, [] if kind in CARRIED else before)
                before = [file for file in before if file in kept]
            orphans = [str(self.lake.path / self.version.orphans)] if self.version.orphans else []
            fresh = added + (orphans if kind == "outcome" else [])
            events.open_kind(self.connection, kind, before, fresh, added)
            if fresh:
                self.past.new_keys(kind)
                events.mend(self.connection, kind)

    def compute(self) -> int:
        """Make relations ``delta`` and ``orphans``; returns the number of contacts in the delta."""
        run = self.connection.execute
        run(_AGAIN, {"since": self.since or date.max})
        if run("from new_product limit 1").fetchall():
            self.past.all_events("sale")
        self._open_tracked()
        self._read_delta()
        days = tracked.days(self.newly_tracked)
        places = {number for number, place in enumerate(self.base.places) if place.day in days}
        touched.find(self.connection, self.past, places)
        self._make_rows()
        for statement in (_STOOD, _UNCHANGED, _DELTA):
            run(statement)
        run("""
            create table orphans as
            select * from new_outcome where contact_id not in (select contact_id from contact_event)
        """)
        ((contacts,),) = run("select count(distinct contact_id) from delta").fetchall()
        return int(contacts)

    def _open_tracked(self) -> None:
        """When sessions were tracked, and relation ``newly_tracked``: when they were not, before these."""
        files = [str(self.lake.path / file) for file in self.version.beside.get("tracked_day", ())]
        self.connection.execute("create view no_session as from past_session where false")
        tracked.open_days(self.connection, files, "no_session")
        before = now = tracked.spans(self.connection)
        if self.since is not None:
            tracked.open_days(self.connection, [], "log_session")
            now = tracked.spans(self.connection)
        elif "session" in self.told:
            tracked.open_days(self.connection, files, "new_session")
            now = tracked.spans(self.connection)
        self.newly_tracked = tracked.difference(now, before)
        tracked.open_pieces(self.connection, self.newly_tracked)

    def _make_rows(self) -> None:
        """Run the models on the events of everything touched."""
        run = self.connection.execute
        run("create view carried_contact as " + sql("carry", "contact"))
        run("create view carried_outcome as " + sql("carry", "outcome"))
        run(_CONTACT_EVENTS)
        run(_ALL_OUTCOMES)
        for name, query in _EVENTS.items():
            for wanted in EVENTS.get(name, ()):
                self.past.events(*wanted)
            run(f"create table {name} as {query}")
        make_facts(self.connection, time_bins())

    def _read_delta(self) -> None:
        self.connection.from_arrow(read_delta(self.lake, self.version)).create_view("published_delta")
        self.connection.execute(
            "create table old_delta as from published_delta where day < $since",
            {"since": self.since or date.max},
        )

    def widen(self) -> None:
        """Use all processors from here on: a fold reads and writes whole days."""
        self.connection.execute("reset threads")

    def close(self) -> None:
        self.connection.close()
