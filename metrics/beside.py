"""Step 4c: small tables beside the facts, for what is no contact: calls offered, sessions, and what people
state about topics, customers and costs.

Calls offered and sessions are kept as sums by day, in two files: those as of the last fold, and late ones
to be added. An event adds what its interval or its customer's sessions sum up to now, and takes away what
they summed up to before, both made by the same SQL; so the sums are those of the whole log, in whatever
order it came. What people state is a table with the latest of each key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.log import SCHEMAS
from metrics.lake import Lake, keep_rows
from metrics.models import SUMS, sql
from metrics.statements import signed, summed_up

if TYPE_CHECKING:
    from metrics.changes import Changes

Connection = duckdb.DuckDBPyConnection
Files = dict[str, tuple[str, ...]]

# What people state: one small table each, by the kind of the log that it is made from.
STATED = ("topic", "active_customers", "hour_cost")
# So many late rows are added to the others.
LATE_ROWS = 5_000
# Rows of the log that cannot be true, see events.py.
ASIDE = pa.schema(
    [
        *((name, pa.string()) for name in ("kind", "key", "field", "value")),
        *((name, pa.int64()) for name in ("accepted_us", "seq")),
        ("mended", pa.bool_()),
    ]
)
# What sessions need to be counted: the models of the facts of the same names.
_SESSION_MODELS = ("contact_now", "link_now", "contact_began", "session_now")
ROWS = {"queue": "queue_now", "session": "session_fact"}
# The intervals and sessions that new events touch, and their events as they are and as they were.
_TOUCHED_IDS = {
    "queue": "create table touched_queue as select distinct interval_id from new_calls_offered",
    "session": """
        create table touched_session as
        select distinct session_id from session_event
        where customer_key in (select key from touched_customer)
    """,
}
# The kinds of events that change them.
_TELLING = {"queue": {"calls_offered"}, "session": {"contact", "link", "session"}}
_NOW = {
    "queue": {
        "calls_offered_event": """
            select * from log_calls_offered where interval_id in (select interval_id from touched_queue)
        """
    },
    "session": {
        "counted_session": """
            select * from session_now where customer_key in (select key from touched_customer)
        """
    },
}
_BEFORE = {
    "queue": {
        "calls_offered_event": """
            select * from seen_calls_offered where interval_id in (select interval_id from touched_queue)
        """
    },
    "session": {
        "contact_event": "select * from carried_contact",
        "link_event": "select * from seen_link where phone_key in (select customer_key from contact_event)",
        "session_event": """
            select * from seen_session where session_id in (select session_id from touched_session)
        """,
        **{model: sql("facts", model) for model in _SESSION_MODELS},
        **_NOW["session"],
    },
}


def sum_everything(connection: Connection) -> None:
    """Tables ``queue_sum`` and ``session_sum`` of all events, which are relations ``<kind>_event``."""
    run = connection.execute
    for model in _SESSION_MODELS:
        run(f"create or replace view {model} as {sql('facts', model)}")
    run("create or replace view counted_session as from session_now")
    for what in ROWS:
        sum_up(connection, what)


def sum_up(connection: Connection, what: str) -> None:
    """Table ``<what>_sum`` of what the models have made of all events."""
    rows = ROWS[what]
    connection.execute(f"create table {rows} as {sql('beside', rows)}")
    connection.table(rows).project("*, cast(1 as bigint) as sign").create_view(f"signed_{what}")
    connection.execute(f"create table {what}_sum as {sql('beside', what)}")


def _sum_log(connection: Connection) -> None:
    """The same of the log, in relations ``log_<kind>``, apart from the events that have been touched."""
    run = connection.execute
    run("create schema whole")
    run("set search_path = 'whole,main'")
    for kind in ("contact", "link", "session", "calls_offered"):
        run(f"create view {kind}_event as from main.log_{kind}")
    sum_everything(connection)
    run("set search_path = 'main'")
    for what in SUMS:
        run(f"create table {what}_sum as from whole.{what}_sum")


def sum_changes(connection: Connection, kinds: Collection[str]) -> list[str]:
    """Tables ``<what>_sum``: what new events of some kinds add to sums and take away. Returns which.

    Needs the relations that :class:`metrics.changes.Changes` has made.
    """
    run = connection.execute
    run("create schema if not exists before")
    changed = []
    for what, rows in ROWS.items():
        if not _TELLING[what] & set(kinds):
            continue
        run(_TOUCHED_IDS[what])
        if not connection.table(f"touched_{what}").limit(1).fetchall():
            continue
        # Names are looked up in `before` first: what was told stands there for what is told now.
        for path, told in (("before,main", _BEFORE), ("main", _NOW)):
            run(f"set search_path = '{path}'")
            for name, query in told[what].items():
                run(f"create table {name} as {query}")
            run(f"create table {rows} as {sql('beside', rows)}")
        run(f"create view signed_{what} as {signed(rows)}")
        run(f"create table {what}_sum as {sql('beside', what)}")
        changed.append(what)
    return changed


def bring(lake: Lake, changes: Changes, name: str, *, folding: bool) -> Files:
    """The tables beside the facts with what is new in them, for the version of that name.

    Where facts are made again from the log, so are these.
    """
    connection = changes.connection
    if changes.since is not None:
        _sum_log(connection)
        return write(lake, connection, name)
    files = dict(changes.version.beside)
    for kind in STATED:
        if kind in changes.told:
            state(connection, kind)
            files[kind] = keep(lake, connection.table(kind).to_arrow_table(), f"{name}-{kind}")
    for table in ("tracked_day", "set_aside"):
        rows = connection.table(table).order("all").to_arrow_table()
        stored = [pq.read_table(lake.path / file) for file in files.get(table, ())]
        if not (stored and rows.equals(stored[0])):
            files[table] = keep(lake, rows, f"{name}-{table}")
    for what in sum_changes(connection, changes.told):
        files[what] = keep_sums(lake, connection, what, files.get(what, ()), name, folding=folding)
    return files


def write(lake: Lake, connection: Connection, name: str) -> Files:
    """All tables beside the facts, made of the whole log, for the version of that name.

    Needs relations ``log_<kind>``, ``set_aside``, ``tracked_day``, and the tables of sums.
    """
    files: Files = {}
    for kind in STATED:
        state(connection, kind)
    for table in (*STATED, "tracked_day", "set_aside"):
        rows = connection.table(table).order("all").to_arrow_table()
        files[table] = keep(lake, rows, f"{name}-{table}")
    for what in SUMS:
        files[what] = keep_sums(lake, connection, what, (), name, folding=True)
    return files


def state(connection: Connection, kind: str) -> None:
    """Table of a kind that people state, of its whole log in relation ``log_<kind>``."""
    connection.execute(f"create view {kind}_event as from log_{kind}")
    connection.execute(f"create table {kind} as {sql('beside', kind)}")


def keep_sums(
    lake: Lake, connection: Connection, what: str, files: Sequence[str], name: str, *, folding: bool
) -> tuple[str, ...]:
    """The files of some sums with table ``<what>_sum`` added; those given, where it adds nothing."""
    added = connection.sql(summed_up(what, f"{what}_sum")).to_arrow_table()
    stored, late = [*files[:1]], [*files[1:]]
    if added.num_rows == 0:
        return tuple(files)
    more = pa.concat_tables([added, *(pq.read_table(lake.path / file) for file in late)])
    if not folding and stored and more.num_rows <= LATE_ROWS:
        return (*stored, *_keep(lake, connection, what, more, f"{name}-{what}-late"))
    everything = pa.concat_tables([more, *(pq.read_table(lake.path / file) for file in stored)])
    return _keep(lake, connection, what, everything, f"{name}-{what}")


def _keep(lake: Lake, connection: Connection, what: str, rows: pa.Table, name: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.from_arrow(rows).create_view("to_sum_up", replace=True)
        return keep(lake, cursor.sql(summed_up(what, "to_sum_up")).to_arrow_table(), name)


def keep(lake: Lake, rows: pa.Table, name: str) -> tuple[str, ...]:
    """Write rows to a file of their own, durably; its name, relative to the lake. None for no rows."""
    file = keep_rows(lake, rows, f"beside/{name}.parquet")
    return (file,) if file else ()


@cache
def empty(name: str) -> pa.Table:
    """A table beside the facts in which nothing stands, with its columns."""
    with duckdb.connect(":memory:") as connection:
        if name in SUMS:
            for kind in ("contact", "link", "session", "calls_offered"):
                connection.from_arrow(SCHEMAS[kind].empty_table()).create_view(f"{kind}_event")
            sum_everything(connection)
            return connection.table(f"{name}_sum").to_arrow_table()
        if name == "tracked_day":
            connection.from_arrow(SCHEMAS["session"].empty_table()).create_view("session_event")
            connection.execute(f"create table tracked_day as {sql('beside', name)}")
            return connection.table(name).to_arrow_table()
        connection.from_arrow(SCHEMAS[name].empty_table()).create_view(f"log_{name}")
        state(connection, name)
        return connection.table(name).to_arrow_table()


def read(lake: Path, files: Sequence[str], name: str) -> pa.Table:
    """The rows of a table beside the facts, from its files."""
    found = [pq.read_table(lake / file) for file in files]
    return pa.concat_tables([empty(name), *found], promote_options="default")
