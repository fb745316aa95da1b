"""Every check on everything that is published, counted anew from the log. Reads only; takes its time."""

# ruff: noqa: S608 — only names of cubes go into the text.
from __future__ import annotations

from contextlib import closing
from datetime import date

import duckdb
import pyarrow as pa

from data.duck import connect
from lake.manifest import Lake, Partition, Version
from metrics import slices
from metrics.build import checks
from metrics.build.events import Events
from metrics.facts import FACT
from metrics.models import CUBES, SUMS, measures, sql
from settings import Settings

Connection = duckdb.DuckDBPyConnection

# Contacts by partner and day, from the log alone: the last version of each.
_EXPECTED = """
    create table expected_place as
    select partner, day, count(*) as contacts from contact_key group by partner, day
"""
MEMORY = "4GB"


def check(settings: Settings) -> tuple[checks.Result, ...]:
    """What every check says of the published version."""
    lake = Lake(settings.lake_path)
    return check_version(lake, lake.version())


def check_version(lake: Lake, version: Version) -> tuple[checks.Result, ...]:
    """The same of any version. Dirty partitions are looked at in neither the log nor the figures."""
    with closing(connect(memory=MEMORY)) as connection:
        left = {*version.retired, *version.waiting.values()}
        batches = {name: batch for name, batch in version.batches.items() if name not in left}
        events = Events(connection, lake.path / "log", batches)
        if file := version.tables.get("quarantine"):
            events.load_quarantine(lake.path / file)
        partitions = [each for each in lake.partitions(version).values() if each.key not in version.dirty]
        _open_facts(connection, lake, partitions)
        _open_log(events, version)
        relations = {}
        for cube in CUBES:
            rows = slices.Slices(lake, cube, partitions)
            connection.from_arrow(rows.load([*CUBES[cube], *measures(cube)])).create(f"checked_{cube}")
            relations[cube] = f"checked_{cube}"
        checks.sums(connection, checks.measured("checked_fact"), relations)
        _open_sums(connection, lake, partitions)
        return checks.run(connection)


def _open_facts(connection: Connection, lake: Lake, partitions: list[Partition]) -> None:
    files = [str(lake.path / file) for each in partitions for file in each.files]
    if files:
        rows = connection.read_parquet(files, hive_partitioning=False)
        rows.project("* exclude (partner_key)").create_view("checked_fact")
    else:
        connection.from_arrow(FACT.empty_table()).create_view("checked_fact")


def _open_log(events: Events, version: Version) -> None:
    """Table ``expected_place``, and sessions and calls as the models make them of all of the log."""
    run = events.connection.execute
    events.open_contacts(None, keys=True)
    for kind in ("link", "session", "calls_offered"):
        events.open(f"{kind}_event", kind)
    dirty = {table: [key for key in version.dirty if key.table == table] for table in ("contact", *SUMS)}
    for model in ("link_now", "contact_key", "session_now", "queue_now"):
        run(f"create table {model} as {sql('facts', model)}")
    run(_EXPECTED)
    for key in dirty["contact"]:
        run("delete from expected_place where partner = ? and day = ?", [key.partner, key.day])
    run("create view target_session_day as select distinct day from session_now")
    run(f"create table session_fact as {sql('facts', 'session_fact')}")
    for table in SUMS:
        run(f"create table expected_{table} as {sql('cubes', table)}")
        for key in dirty[table]:
            run(f"delete from expected_{table} where day = ?", [date.fromisoformat(key.day)])


def _open_sums(connection: Connection, lake: Lake, partitions: list[Partition]) -> None:
    for table in SUMS:
        columns = [*SUMS[table], *measures(table)]
        rows: pa.Table = slices.Slices(lake, table, partitions).load(columns)
        connection.from_arrow(rows).create(f"published_{table}")
