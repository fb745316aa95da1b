"""Every check on everything that is published, counted anew from the log. Reads only; takes its time."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing

import duckdb
import pyarrow as pa

from lake.duck import connect
from lake.facts import create_view
from lake.manifest import Key, Lake, Partition, Version
from metrics.build import checks
from metrics.build.events import Events
from metrics.build.partitions import open_targets
from metrics.catalog import slices
from metrics.catalog.columns import FACT
from metrics.catalog.models import CUBES, SUMS, measures, sql
from settings import Settings

Connection = duckdb.DuckDBPyConnection

# Contacts by partner and day, from the log alone: the last version of each.
_EXPECTED = """
    create or replace table expected_place as
    select partner, day, count(*) as contacts
    from contact_key inner join target_partition using (partner, day)
    group by partner, day
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
        dirty = set(version.dirty)
        partitions = [each for key, each in lake.partitions(version).items() if key not in dirty]
        return check_partitions(events, lake, version, partitions, logged(events) - dirty)


def check_partitions(
    events: Events, lake: Lake, version: Version, partitions: Collection[Partition], targets: Collection[Key]
) -> tuple[checks.Result, ...]:
    """What every check says of partitions that must be all there is of some targets."""
    connection = events.connection
    create_view(connection, "checked_fact", lake, version, partitions=partitions, columns=FACT)
    _open_log(events, targets)
    relations = {}
    for cube in CUBES:
        rows = slices.Slices(lake, cube, partitions)
        _register(connection, f"checked_{cube}", rows.load([*CUBES[cube], *measures(cube)]))
        relations[cube] = f"checked_{cube}"
    checks.sums(connection, checks.measured("checked_fact"), relations)
    for table in SUMS:
        rows = slices.Slices(lake, table, partitions)
        _register(connection, f"published_{table}", rows.load([*SUMS[table], *measures(table)]))
    return checks.run(connection)


def logged(events: Events) -> set[Key]:
    """Every partition that the log has rows of."""
    found: set[Key] = set()
    for table, kind, partner in (
        ("contact", "contact", "partner"),
        ("session", "session", "''"),
        ("queue", "calls_offered", "''"),
    ):
        events.open("logged_rows", kind)
        rows = events.connection.view("logged_rows").aggregate(f"{partner}, day", f"{partner}, day")
        found |= {Key(table, name, day.isoformat()) for name, day in rows.fetchall() if day is not None}
    return found


def _register(connection: Connection, name: str, rows: pa.Table) -> None:
    connection.execute(f"drop table if exists {name}")
    connection.from_arrow(rows).create(name)


def _open_log(events: Events, targets: Collection[Key]) -> None:
    """Table ``expected_place``, and sessions and calls as the models make them of all of the log."""
    run = events.connection.execute
    open_targets(events.connection, targets)
    events.open_contacts(None, keys=True)
    for kind in ("link", "session", "calls_offered"):
        events.open(f"{kind}_event", kind)
    for model in ("link_now", "contact_key", "session_now", "queue_now", "session_fact"):
        run(f"create or replace table {model} as {sql('facts', model)}")
    run(_EXPECTED)
    run("delete from queue_now where day not in (select day from target_queue_day)")
    for table in SUMS:
        run(f"create or replace table expected_{table} as {sql('cubes', table)}")
