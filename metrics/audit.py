"""Every check on everything that is published, counted anew from the log. Reads only; takes its time."""

from __future__ import annotations

from data.duck import connect
from metrics import beside, checks, events
from metrics.delta import read_delta
from metrics.fold import Connection, measured, view
from metrics.lake import Base, Lake, Version
from metrics.models import CUBES, SUMS
from metrics.shape import fact_schema
from metrics.statements import cube_table, summed_up
from settings import Settings

# Contacts by partner and day, from the log alone: the last version of each.
_EXPECTED = """
    create table expected_place as
    with ranked as (
        select
            partner, day,
            row_number() over (partition by contact_id order by accepted_us desc, seq desc) as place
        from contact_event
    )
    select partner, day, count(*) as contacts from ranked where place = 1 group by partner, day
"""
_FACTS = """
    create view checked_fact as
    select * from base_fact where contact_id not in (select contact_id from delta)
    union all by name
    select * exclude (sign) from delta where sign = 1
"""


def check(settings: Settings) -> tuple[checks.Result, ...]:
    """What every check says of the published version: base and delta together."""
    lake = Lake(settings.lake_path)
    version = lake.version()
    return check_version(lake, version, lake.base(version.base))


def check_version(lake: Lake, version: Version, base: Base) -> tuple[checks.Result, ...]:
    """The same of any version, published or not."""
    with connect(memory="4GB") as connection:
        connection.from_arrow(fact_schema().empty_table()).create("no_fact")
        view(connection, "base_fact", lake, base.files(), like="no_fact")
        connection.from_arrow(read_delta(lake, version)).create_view("delta")
        connection.execute(_FACTS)
        _open_log(connection, lake, version)
        connection.execute(_EXPECTED)
        measured(connection, "select *, cast(1 as smallint) as sign from checked_fact")
        for cube in CUBES:
            _open_cube(connection, lake, cube, list(base.cubes.get(cube, {}).values()))
        checks.sums(connection)
        _open_beside(connection, lake, version)
        return checks.run(connection)


def _open_log(connection: Connection, lake: Lake, version: Version) -> None:
    """Relations ``<kind>_event`` of the version's batches, looked through anew."""
    batches = [name for name in version.consumed if name not in version.retired]
    events.open_aside(connection, [])
    for kind in ("contact", "link", "session", "calls_offered"):
        files = [str(lake.path / "log" / name) for name in batches if name.startswith(f"{kind}/")]
        events.open_kind(connection, kind, [], files, files)
        events.mend(connection, kind)
        connection.execute(f"create view {kind}_event as from log_{kind}")


def _open_beside(connection: Connection, lake: Lake, version: Version) -> None:
    """Relations of the sums beside the facts, as they are published and as the log has them; and
    ``set_aside`` as published."""
    beside.sum_everything(connection)
    for what in SUMS:
        rows = beside.read(lake.path, version.beside.get(what, ()), what)
        connection.from_arrow(rows).create("published_rows")
        connection.execute(f"create table published_{what} as {summed_up(what, 'published_rows')}")
        connection.execute(f"create table expected_{what} as {summed_up(what, f'{what}_sum')}")
        connection.execute("drop table published_rows")
    connection.execute("drop table set_aside")
    events.open_aside(connection, [str(lake.path / file) for file in version.beside.get("set_aside", ())])


def _open_cube(connection: Connection, lake: Lake, cube: str, files: list[str]) -> None:
    """Relation ``checked_<cube>``: its files, and what the delta adds to them."""
    connection.execute(cube_table(cube, f"late_{cube}", facts="delta"))
    view(connection, f"files_{cube}", lake, files, like=f"late_{cube}")
    rows = connection.view(f"files_{cube}").union(connection.view(f"late_{cube}"))
    rows.create_view(f"checked_{cube}", replace=True)
