"""Step 5: the delta folded into facts and cubes. Only the partners' days that it touches are written anew."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from data.log import publish
from data.progress import Progress, nobody
from metrics import checks, events, rows
from metrics.lake import Base, Lake, Rows, new_name, settled, sync
from metrics.models import CUBES, sql

Connection = duckdb.DuckDBPyConnection
# Partner and day, as ISO text.
Spot = tuple[str, str]
# Files relative to the lake, and the contacts in them.
Written = tuple[tuple[str, ...], int]
# Contacts whose measures fit in memory without a thought: some hundred bytes each.
SMALL = 500_000
# Rows taken from the database at a time.
BATCH = 500_000

# A file's name has at most 255 bytes, of which an escaped letter takes up to twelve.
_PARTNER_KEY = """
    create macro partner_key(partner) as
    case when length(partner) <= 16 then partner else left(partner, 12) || '~' || left(md5(partner), 16) end
"""
_DIRTY = """
    create table dirty as
    select distinct partner, day, cast(day as varchar) as day_text, partner_key(partner) as folder from delta
"""
_EMPTIED = """
    insert into dirty
    select partner, cast(day as date), day, partner_key(partner)
    from (select cast($1 as varchar) as partner, cast($2 as varchar) as day)
    where (partner, day) not in (select (partner, day_text) from dirty)
"""
_FOLDED = """
    create view folded as
    select *, partner_key(partner) as partner_key
    from (
        select * from kept where contact_id not in (select contact_id from delta)
        union all by name
        select * exclude (sign) from delta where sign = 1
    )
"""
_COPY = """
    copy (from folded order by partner, day, channel, topic) to $folder (
        format parquet, partition_by (partner_key, day), write_partition_columns true,
        filename_pattern $pattern, overwrite_or_ignore true, return_stats true, compression zstd
    )
"""
# Contacts by place as the old files and the delta have them: what the new files must hold.
_EXPECTED = """
    create table expected_place as
    select partner, day, cast(sum(contacts) as bigint) as contacts
    from (
        select partner, day, count(*) as contacts from kept group by partner, day
        union all
        select partner, day, sum(sign) as contacts from delta group by partner, day
    )
    group by partner, day
"""


def fold(
    lake: Lake,
    base: Base,
    connection: Connection,
    emptied: Collection[Spot] = (),
    unfolded: Mapping[str, Sequence[str]] | None = None,
    *,
    progress: Progress = nobody,
) -> tuple[Base, tuple[checks.Result, ...]]:
    """The base with relation ``delta`` in it: new files of facts, cubes and rows, not yet published.

    ``emptied`` places have lost their facts and get what the delta has for them. ``unfolded`` are the batches
    of the log, by kind, whose rows the base does not have by their keys. Returns what the checks
    say of the places written, too. CheckError when one fails.
    """
    name = new_name()
    connection.execute(_PARTNER_KEY)
    connection.execute(_DIRTY)
    if emptied:
        connection.executemany(_EMPTIED, sorted(emptied))
    progress("files", 0.0)
    changes = _write_facts(lake, base, connection, name)
    folded = replace(base, name=name, places=settled(base, changes))
    folded = replace(folded, cubes=_write_cubes(lake, folded, connection, set(changes), progress))
    progress("rows by key and checks", 1.0)
    folded = replace(folded, rows=_write_rows(lake, folded, connection, unfolded or {}, anew=bool(emptied)))
    results = _checked(lake, folded, connection, set(changes))
    lake.keep(folded)
    return folded, results


def view(connection: Connection, name: str, lake: Lake, files: list[str], *, like: str) -> None:
    """A view over files of the lake; without files an empty one, with the columns of relation ``like``."""
    if files:
        paths = [str(lake.path / file) for file in files]
        rows = connection.read_parquet(paths, hive_partitioning=False)
        if "partner_key" in rows.columns:  # the folder's name, not a column of the facts
            rows = rows.project("* exclude (partner_key)")
        rows.create_view(name, replace=True)
    else:
        connection.view(like).limit(0).create_view(name, replace=True)


def _write_facts(lake: Lake, base: Base, connection: Connection, name: str) -> dict[Spot, Written]:
    """Write the dirty places: their new files and contacts, none where nobody is left."""
    rows = connection.execute("select folder, day_text, partner from dirty").fetchall()
    partners = {(folder, day): partner for folder, day, partner in rows}
    changes: dict[Spot, Written] = {(partner, day): ((), 0) for (_, day), partner in partners.items()}
    files = [file for place in base.places if (place.partner, place.day) in changes for file in place.files]
    connection.execute("create view fact_like as select * exclude (sign) from delta")
    view(connection, "kept", lake, files, like="fact_like")
    connection.execute(_FOLDED)
    options = {"folder": str(lake.folder("facts")), "pattern": f"{name}-{{i}}"}
    for path, contacts, *_ in connection.execute(_COPY, options).fetchall():
        sync(Path(path))
        folder, day = (unquote(part.split("=", 1)[1]) for part in Path(path).parts[-3:-1])
        spot = partners[folder, day], day
        written, before = changes[spot]
        changes[spot] = (*written, os.path.relpath(path, lake.path)), before + contacts
    return changes


def _write_cubes(
    lake: Lake, folded: Base, connection: Connection, dirty: set[Spot], progress: Progress
) -> dict[str, dict[str, str]]:
    """The cubes' months: dirty places summed anew from their facts, the others as they were."""
    months: dict[str, list[str]] = defaultdict(list)
    contacts: dict[str, int] = defaultdict(int)
    for place in folded.places:
        if (place.partner, place.day) in dirty:
            months[place.day[:7]] += place.files
            contacts[place.day[:7]] += place.contacts
    cubes = {cube: dict(folded.cubes.get(cube, {})) for cube in CUBES}
    lake.folder("cubes")
    for number, (month, files) in enumerate(months.items()):
        progress("cubes", number / len(months))
        view(connection, "dirty_fact", lake, files, like="fact_like")
        signed = "select *, cast(1 as smallint) as sign from dirty_fact"
        measured(connection, signed, contacts=contacts[month])
        for cube in CUBES:
            connection.execute(f"create or replace view summed as {sql('cubes', cube)}")
            before = [file for file in [cubes[cube].get(month)] if file]
            view(connection, "unfolded", lake, before, like="summed")
            file = f"cubes/{folded.name}-{cube}-{month}.parquet"
            _write_cube(connection, lake.path / file)
            cubes[cube][month] = file
    return cubes


def measured(connection: Connection, facts: str, *, contacts: int = SMALL + 1) -> None:
    """Relations ``signed_fact`` (from the given query) and ``measured``, which cubes are made of.

    Of few ``contacts`` a table, read once for all cubes; of many a view, which needs no memory.
    """
    connection.execute(f"create or replace view signed_fact as {facts}")
    connection.execute(f"create or replace view measured_facts as {sql('cubes', 'measured')}")
    source = "measured_facts"
    if contacts <= SMALL:
        connection.execute("create or replace table measured_rows as from measured_facts")
        source = "measured_rows"
    connection.view(source).create_view("measured", replace=True)


def _write_cube(connection: Connection, file: Path) -> None:
    draft = file.with_name(f".draft-{file.name}")
    connection.execute(
        """
        copy (
            select * from unfolded where (partner, day) not in (select (partner, day) from dirty)
            union all by name
            select * from summed
            order by day, partner
        ) to $draft (format parquet, compression zstd)
        """,
        {"draft": str(draft)},
    )
    publish(draft, file)


def _checked(lake: Lake, folded: Base, connection: Connection, dirty: set[Spot]) -> tuple[checks.Result, ...]:
    """The checks on the places written: read back, against what the delta says must be there."""
    files = [file for place in folded.places if (place.partner, place.day) in dirty for file in place.files]
    view(connection, "checked_fact", lake, files, like="fact_like")
    connection.execute(_EXPECTED)
    measured(connection, "select *, cast(1 as smallint) as sign from checked_fact")
    for cube, months in folded.cubes.items():
        files = [months[month] for month in {day[:7] for _, day in dirty}]
        view(connection, f"files_{cube}", lake, files, like="measured")
        rows = connection.view(f"files_{cube}").filter("(partner, day) in (select (partner, day) from dirty)")
        rows.create_view(f"checked_{cube}", replace=True)
    checks.sums(connection)
    results = checks.run(connection)
    checks.demand(results)
    return results


def _write_rows(
    lake: Lake, folded: Base, connection: Connection, unfolded: Mapping[str, Sequence[str]], *, anew: bool
) -> dict[str, Rows]:
    """Segments with the facts of everybody in the delta as they are now, and the rows of new batches."""
    if anew:
        return rows_of(lake, folded, connection, unfolded)
    connection.execute("create view fact_to_keep as select * exclude (sign) from delta where sign = 1")
    return _with_events(lake, folded, connection, unfolded, _extended(lake, folded, connection, "fact"))


def rows_of(
    lake: Lake, base: Base, connection: Connection, unfolded: Mapping[str, Sequence[str]]
) -> dict[str, Rows]:
    """Segments made of all facts of the base, and the rows of new batches."""
    view(connection, "fact_to_keep", lake, base.files(), like="fact_like")
    base = replace(base, rows={kind: kept for kind, kept in base.rows.items() if kind != "fact"})
    return _with_events(lake, base, connection, unfolded, _extended(lake, base, connection, "fact"))


def _with_events(
    lake: Lake,
    base: Base,
    connection: Connection,
    unfolded: Mapping[str, Sequence[str]],
    facts: Rows,
) -> dict[str, Rows]:
    kept = base.rows | {"fact": facts}
    for kind, files in unfolded.items():
        events.open_rows(connection, f"{kind}_to_keep", kind, files)
        kept[kind] = _extended(lake, base, connection, kind)
    return kept


def _extended(lake: Lake, base: Base, connection: Connection, kind: str) -> Rows:
    """The rows of a kind with those of relation ``<kind>_to_keep`` behind them."""

    def batches() -> Iterator[pa.Table]:
        for batch in connection.view(f"{kind}_to_keep").to_arrow_reader(BATCH):
            yield pa.Table.from_batches([batch])

    with connection.cursor() as cursor:
        return rows.extended(lake, cursor, kind, base, batches())
