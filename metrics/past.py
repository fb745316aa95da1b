"""Step 4b: what an event needs of the past, found by key: facts as the base has them, and folded events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from data.log import KEYS, SCHEMAS
from metrics import rows
from metrics.lake import Base, Lake
from metrics.shape import fact_schema

Connection = duckdb.DuckDBPyConnection

# The events that belong to a relation of events: their kind, the key, and the query of its values.
EVENTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "sale_event": (
        ("sale", "contact_id", "select contact_id as key from contact_event"),
        (
            "sale",
            "sale_id",
            "select sale_id as key from log_sale where contact_id in (select contact_id from contact_event)",
        ),
    ),
    "link_event": (("link", "phone_key", "select customer_key as key from contact_event"),),
    "session_event": (
        (
            "session",
            "customer_key",
            """
            select customer_key as key from contact_event
            union select customer_key from link_event
            union select key from touched_customer
            """,
        ),
        # Every version of them: the latest may say that it was another customer's.
        ("session", "session_id", "select session_id as key from past_session"),
    ),
    "case_event": (("case", "case_id", "select case_id as key from contact_event"),),
}
# Of each contact the newest row; what is to be made again is not even looked at.
_NEWEST = """
    select * exclude (segment, place)
    from (
        select *, row_number() over (partition by contact_id order by segment desc) as place
        from stored_fact
    )
    where place = 1 and day < $since
"""
_SEGMENT = pa.field("segment", pa.int32())


class Past:
    """Looks up rows of the base's segments, into relations of a connection.

    ``since``: facts from that day on are made again, and so are not found.
    """

    def __init__(self, lake: Lake, base: Base, connection: Connection, since: date | None) -> None:
        self.lake, self.base, self.connection, self.since = lake, base, connection, since

    def new_keys(self, kind: str) -> None:
        """Table ``past_<kind>`` gets what there is of the records that are told anew."""
        if kind in rows.KEYS:
            told = self.connection.view(f"new_{kind}_row").project(f"{KEYS[kind]} as key")
            self._find(kind, KEYS[kind], told)

    def events(self, kind: str, key: str, wanted: str) -> None:
        """Table ``past_<kind>`` gets the folded rows whose key is among those of a query."""
        self._find(kind, key, self.connection.sql(wanted))

    def _find(self, kind: str, key: str, wanted: duckdb.DuckDBPyRelation) -> None:
        segments = () if self.since else self.base.rows.get(kind, ())
        if segments:
            hashes = rows.hashes_of(wanted)
            for _, found in rows.found(self.lake, segments, key, hashes, SCHEMAS[kind]):
                self._add(kind, found)

    def all_events(self, kind: str) -> None:
        """Table ``past_<kind>`` gets every folded row."""
        for segment in () if self.since else self.base.rows.get(kind, ()):
            self._add(kind, rows.Segment.open(self.lake.path / segment).table(SCHEMAS[kind]))

    def _add(self, kind: str, found: pa.Table) -> None:
        self.connection.from_arrow(found).insert_into(f"past_{kind}")

    def facts(self, name: str, wanted: Mapping[str, str]) -> None:
        """Table ``name`` of the facts of the base whose keys are among those of the queries, by key.

        A few others may be among them: a contact that had such a key before.
        """
        segments = self.base.rows.get("fact", ())
        ids = pa.schema([("contact_id", pa.string())])
        named = [ids.empty_table()]
        for key, query in wanted.items():
            if key == "contact_id":
                named.append(self.connection.sql(query).to_arrow_table().rename_columns(["contact_id"]))
                continue
            hashes = rows.hashes_of(self.connection.sql(query))
            named += [table for _, table in rows.found(self.lake, segments, key, hashes, ids)]
        self.connection.from_arrow(pa.concat_tables(named)).create_view("named_fact", replace=True)
        hashes = rows.hashes_of(self.connection.view("named_fact").project("contact_id as key"))
        stored = [fact_schema().append(_SEGMENT).empty_table()]
        for order, table in rows.found(self.lake, segments, "contact_id", hashes, fact_schema()):
            stored.append(table.append_column(_SEGMENT, pa.repeat(pa.scalar(order, pa.int32()), len(table))))
        self.connection.from_arrow(pa.concat_tables(stored)).create_view("stored_fact", replace=True)
        query = f"create table {name} as {_NEWEST}"
        self.connection.execute(query, {"since": self.since or date.max})

    def open_places(self, name: str, numbers: Collection[int]) -> None:
        """View ``name`` of all facts at some places of the base."""
        files = [str(self.lake.path / file) for number in numbers for file in self.base.places[number].files]
        self._open(name, [Path(file) for file in files])

    def _open(self, name: str, files: list[Path]) -> None:
        if files:
            stored = self.connection.read_parquet([str(file) for file in files], hive_partitioning=False)
            stored.project("* exclude (partner_key)").create_view(name)
        else:
            self.connection.from_arrow(fact_schema().empty_table()).create_view(name)
