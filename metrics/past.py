"""Step 4b: what an event needs of the past, found by key: facts as the base has them, and folded events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.log import KEYS, SCHEMAS
from metrics import rows
from metrics.lake import Base, Lake, Rows
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
_NO_HASHES = np.empty(0, dtype=np.uint64)
_IDS = pa.schema([("contact_id", pa.string())])


class Past:
    """Looks up rows of the base's segments, into relations of a connection.

    ``since``: facts from that day on are made again, and so are not found.
    """

    def __init__(self, lake: Lake, base: Base, connection: Connection, since: date | None) -> None:
        self.lake, self.base, self.connection, self.since = lake, base, connection, since
        self._asked, self._near = _NO_HASHES, fact_schema().empty_table()

    def new_keys(self, kind: str) -> None:
        """Table ``past_<kind>`` gets what there is of the records that are told anew."""
        if kind in rows.KEYS:
            told = self.connection.view(f"new_{kind}_row").project(f"{KEYS[kind]} as key")
            self._find(kind, KEYS[kind], told)

    def events(self, kind: str, key: str, wanted: str) -> None:
        """Table ``past_<kind>`` gets the folded rows whose key is among those of a query."""
        self._find(kind, key, self.connection.sql(wanted))

    def _find(self, kind: str, key: str, wanted: duckdb.DuckDBPyRelation) -> None:
        kept = self._rows(kind)
        if kept.segments:
            self._add(kind, rows.found(self.lake, kept, key, rows.hashes_of(wanted), SCHEMAS[kind]))

    def all_events(self, kind: str) -> None:
        """Table ``past_<kind>`` gets every folded row."""
        for segment in self._rows(kind).segments:
            self._add(kind, rows.Segment.open(self.lake.path / segment).table(SCHEMAS[kind]))

    def _rows(self, kind: str) -> Rows:
        return Rows() if self.since else self.base.rows.get(kind, Rows())

    def _add(self, kind: str, found: pa.Table) -> None:
        if found.num_rows:
            self.connection.from_arrow(found).insert_into(f"past_{kind}")

    def facts(self, wanted: Mapping[str, str]) -> None:
        """View ``near`` gets the facts of the base whose keys are among those of the queries, by key.

        Others may be among them: those asked for before, and a contact that had such a key before.
        """
        kept = self.base.rows.get("fact", Rows())
        ids, hashes = [_IDS.empty_table()], [_NO_HASHES]
        for key, query in wanted.items():
            sought = rows.hashes_of(self.connection.sql(query))
            if key == "contact_id":
                hashes.append(sought)
            else:
                ids.append(rows.found(self.lake, kept, key, sought, _IDS))
        named = self.connection.from_arrow(pa.concat_tables(ids)).project("contact_id as key")
        asked = np.unique(np.concatenate([*hashes, rows.hashes_of(named)]))
        # A contact is looked for once: all its rows are found by then.
        more = np.setdiff1d(asked, self._asked, assume_unique=True)
        found = _newest(rows.found(self.lake, kept, "contact_id", more, fact_schema()))
        if self.since:
            # What is to be made again is not even looked at.
            found = found.filter(pc.less(found.column("day"), self.since))
        self._asked = np.concatenate([self._asked, more])
        self._near = pa.concat_tables([self._near, found])
        self.connection.from_arrow(self._near).create_view("near", replace=True)

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


def _newest(facts: pa.Table) -> pa.Table:
    """Of each contact the last row."""
    codes = facts.column("contact_id").combine_chunks().dictionary_encode().indices.to_numpy()
    last = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
    last[codes] = np.arange(len(codes))  # of several rows the last one stays
    return facts if len(last) == len(codes) else facts.take(pa.array(np.sort(last)))
