"""The log's events as relations, without what cannot be true.

A value that intake should have refused (a score of 11, a wait of minus five seconds) must neither reach a
figure nor stop all others. Every new batch is looked through by ``sql/events``; a row with an impossible
value is kept aside: it stays in the log, no relation of events has it, so that an earlier version of the
same record goes on counting, and the table ``set_aside`` tells of it until a later version is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb

from data.duck import connect
from data.log import SCHEMAS
from metrics.statements import judged, possible

Connection = duckdb.DuckDBPyConnection

# What is kept of a row aside; `mended` when a later version of the record is right.
_TABLE = """
    create table set_aside (
        kind varchar, key varchar, field varchar, value varchar,
        accepted_us bigint, seq bigint, mended boolean
    )
"""
_LOOK_THROUGH = """
    insert into set_aside
    select
        $kind, record_key, impossible, json_extract_string(to_json(judged), '$.' || impossible),
        accepted_us, seq, false
    from judged
    where impossible is not null
"""
_MEND = """
    update set_aside set mended = true
    where kind = $kind and exists (
        select 1 from judged
        where
            judged.impossible is null and judged.record_key = set_aside.key
            and (judged.accepted_us, judged.seq) > (set_aside.accepted_us, set_aside.seq)
    )
"""


def open_aside(connection: Connection, files: Sequence[str]) -> None:
    """Table ``set_aside``, with what earlier versions have kept aside."""
    connection.execute(_TABLE)
    for file in files:
        connection.execute("insert into set_aside by name from read_parquet($file)", {"file": file})


def open_kind(
    connection: Connection, kind: str, before: Sequence[str], fresh: Sequence[str], added: Sequence[str]
) -> None:
    """Views ``seen_<kind>``, ``new_<kind>`` and ``log_<kind>``: the batches before, fresh ones, and both.

    What was before has table ``past_<kind>`` in it as well, which is for whoever finds rows elsewhere. Of the
    fresh batches, which have not been looked through, what cannot be true goes to ``set_aside``.
    """
    tellings = {"seen": before, "new": fresh, "log": [*before, *added]}
    connection.execute(_past_table(kind))
    if not any(tellings.values()) and not _is_aside(connection, kind):
        # Most kinds have nothing most of the time, and each relation takes its time.
        for telling in tellings:
            only = " where false" if telling == "new" else ""
            connection.execute(f"create view {telling}_{kind} as from past_{kind}{only}")
        return
    for telling, files in tellings.items():
        open_rows(connection, f"{telling}_{kind}_row", kind, files, past=telling != "new")
    if fresh:
        connection.execute(f"create or replace view judged as {judged(kind, f'new_{kind}_row')}")
        connection.execute(_LOOK_THROUGH, {"kind": kind})
    some = _is_aside(connection, kind)
    for telling in tellings:
        rows = f"{telling}_{kind}_row"
        # Judging reads columns that nobody else needs, so it is done only where something is wrong.
        connection.execute(
            f"create view {telling}_{kind} as {possible(kind, rows) if some else f'from {rows}'}"
        )


@cache
def _past_table(kind: str) -> str:
    """The statement that makes table ``past_<kind>``: quicker than handing an empty one over from Arrow."""
    with connect() as connection:
        connection.from_arrow(SCHEMAS[kind].empty_table()).create(f"past_{kind}")
        ((statement,),) = connection.execute("select sql from duckdb_tables()").fetchall()
    return str(statement)


def _is_aside(connection: Connection, kind: str) -> bool:
    """Whether a row of the kind is kept aside."""
    return bool(connection.execute("from set_aside where kind = $kind limit 1", {"kind": kind}).fetchall())


def mend(connection: Connection, kind: str) -> None:
    """What stands in ``set_aside`` of a kind, and is right in a later version of the record, is mended."""
    if _is_aside(connection, kind):
        connection.execute(f"create or replace view judged as {judged(kind, f'log_{kind}_row')}")
        connection.execute(_MEND, {"kind": kind})


def open_rows(
    connection: Connection, name: str, kind: str, files: Sequence[str], *, past: bool = False
) -> None:
    """View ``name``: rows of batches of a kind, in the columns of today, whenever they were written.

    With ``past`` also those in table ``past_<kind>``.
    """
    if not files:
        # Few kinds have anything at a time, and each relation takes its time.
        rows = (
            connection.table(f"past_{kind}") if past else connection.from_arrow(SCHEMAS[kind].empty_table())
        )
        rows.create_view(name, replace=True)
        return
    rows = connection.read_parquet(list(files), hive_partitioning=False, union_by_name=True)
    if set(rows.columns) != set(SCHEMAS[kind].names):
        connection.from_arrow(SCHEMAS[kind].empty_table()).create_view(f"no_{kind}", replace=True)
        rows.create_view(f"{name}_stored", replace=True)
        rows = connection.sql(f"from no_{kind} union all by name from {name}_stored")
    if past:
        rows.create_view(f"{name}_batch", replace=True)
        rows = connection.sql(f"from {name}_batch union all by name from past_{kind}")
    rows.create_view(name, replace=True)
