"""Every check on everything that is published, counted anew from the log. Reads only; takes its time."""

from __future__ import annotations

from data.duck import connect
from data.log import SCHEMAS
from metrics import checks
from metrics.compose import cube_table
from metrics.fold import Connection, measured, view
from metrics.lake import Base, Lake, Version
from metrics.models import CUBES
from metrics.shape import fact_schema, signed_schema
from settings import Settings

# Contacts by partner and day, from the log alone: the last version of each.
_EXPECTED = """
    create table expected_place as
    with ranked as (
        select
            partner, day,
            row_number() over (partition by contact_id order by accepted_us desc, seq desc) as place
        from logged
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
        connection.from_arrow(signed_schema().empty_table()).create("no_delta")
        connection.from_arrow(SCHEMAS["contact"].empty_table()).create("no_contact")
        view(connection, "base_fact", lake, base.files(), like="no_fact")
        view(connection, "delta", lake, [version.delta] if version.delta else [], like="no_delta")
        connection.execute(_FACTS)
        view(connection, "logged", lake, _contacts(version), like="no_contact")
        connection.execute(_EXPECTED)
        measured(connection, "select *, cast(1 as smallint) as sign from checked_fact")
        for cube in CUBES:
            _open_cube(connection, lake, cube, list(base.cubes.get(cube, {}).values()))
        checks.sums(connection)
        return checks.run(connection)


def _contacts(version: Version) -> list[str]:
    batches = [name for name in version.consumed if name not in version.retired]
    return [f"log/{name}" for name in batches if name.startswith("contact/")]


def _open_cube(connection: Connection, lake: Lake, cube: str, files: list[str]) -> None:
    """Relation ``checked_<cube>``: its files, and what the delta adds to them."""
    connection.execute(cube_table(cube, f"late_{cube}", facts="delta"))
    view(connection, f"files_{cube}", lake, files, like=f"late_{cube}")
    rows = connection.view(f"files_{cube}").union(connection.view(f"late_{cube}"))
    rows.create_view(f"checked_{cube}", replace=True)
