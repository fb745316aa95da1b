"""Dirty partitions made anew: their facts, their sums, and the checks on both.

All partitions of a pass are made together by the models of ``sql/facts``, from their own slice of the log
and from what their neighbours in time need: the keys of contacts eight days before and after. Nothing of the
neighbours is kept. The facts of a partner's month that a pass makes are one file; the sums of all partitions
of a pass are one slice of each cube.
"""

# ruff: noqa: S608 — only relations of this module and names of models go into the text.
from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from lake.log import publish
from lake.manifest import Key, Lake, Partition
from metrics.build import checks
from metrics.build.events import PLACED, Events, runs
from metrics.build.time_bins import time_bins
from metrics.catalog.models import CUBES, FACT_MODELS, SUMS, sql

Connection = duckdb.DuckDBPyConnection

# How far a contact's neighbours lie, its sessions before it and the registration of its case.
NEIGHBOUR_DAYS, SESSION_DAYS, CASE_DAYS = 8, 7, 5
# Sessions look for contacts that began within a day of them and ended within six.
FOLLOWED_DAYS = 7
# Of more files than this the whole file system is made durable at once: cheaper than one by one.
MANY_FILES = 64
# Models that are a table; the others are looked into once and stay views.
_VIEWS = {"contact_now", "product_now"}
# A file's name has at most 255 bytes, of which an escaped letter takes up to twelve.
_PARTNER_KEY = """
    create or replace macro partner_key(partner) as
    case when length(partner) <= 16 then partner else left(partner, 12) || '~' || left(md5(partner), 16) end
"""
_COPY = """
    copy (
        select *, partner_key(partner) as partner_key, strftime(day, '%Y-%m') as month
        from fact order by partner, day, channel, topic
    )
    to $folder (
        format parquet, partition_by (partner_key, month), write_partition_columns false,
        filename_pattern $pattern, overwrite_or_ignore true, return_stats true, compression zstd
    )
"""
_CONTACTS = """
    select partner_key(partner), partner, cast(day as varchar), count(*) from fact group by partner, day
"""
# Contacts by partition, counted apart from the facts, which join much to them.
_EXPECTED = """
    create or replace view expected_place as
    select partner, day, count(*) as contacts
    from contact_key inner join target_partition using (partner, day)
    group by partner, day
"""


@dataclass(frozen=True)
class Made:
    """What a pass has made: the partitions (None: nothing is left there), and what the checks said."""

    partitions: dict[Key, Partition | None]
    checks: tuple[checks.Result, ...]


def make(events: Events, lake: Lake, slice_: str, targets: Collection[Key]) -> Made:
    """Make partitions anew, as slice ``slice_`` of the cubes. CheckError when a check fails.

    ``tracked_day`` must be a relation of the connection. Nobody sees the files until a version names them.
    """
    connection = events.connection
    open_targets(connection, targets)
    _open_events(events, targets)
    _run_models(events, targets)
    made: dict[Key, Partition | None] = dict.fromkeys(targets)
    written = write(connection, lake, slice_)
    return Made({key: (made | written.partitions)[key] for key in targets}, written.checks)


def write(connection: Connection, lake: Lake, slice_: str) -> Made:
    """Write relations ``fact``, ``session_fact`` and ``queue_now`` as files of facts and slices of cubes.

    Relations ``target_partition`` and ``contact_key`` say which contacts must be there. CheckError when a
    check fails.
    """
    run_cubes(connection)
    results = _check(connection)
    checks.demand(results)
    made: dict[Key, Partition | None] = {}
    if connection.execute("select 1 from target_partition limit 1").fetchall():
        made |= _write_facts(connection, lake, slice_)
        _write_cubes(connection, lake, slice_, CUBES)
    for table in SUMS:
        if days := _counts(connection, table):
            _write_cubes(connection, lake, slice_, [table])
            keys = {Key(table, "", day.isoformat()): rows for day, rows in days}
            made |= {key: Partition(key, (), rows, slice_) for key, rows in keys.items()}
    return Made(made, results)


def together(parts: Sequence[Made]) -> Made:
    """What several passes have made, and what the checks said of all of them."""
    made: dict[Key, Partition | None] = {}
    results: dict[str, checks.Result] = {}
    for part in parts:
        made |= part.partitions
        for result in part.checks:
            before = results.get(result["check"], {"rows": 0, "examples": []})
            examples = [*before["examples"], *result["examples"]][: checks.EXAMPLES]
            rows = before["rows"] + result["rows"]
            if result["check"] == "rows_in_quarantine":  # every pass sees them all
                rows, examples = result["rows"], result["examples"]
            results[result["check"]] = result | {"rows": rows, "examples": examples}
    return Made(made, tuple(results.values()))


def open_targets(connection: Connection, targets: Iterable[Key]) -> None:
    """Relations ``target_partition``, ``target_session_day`` and ``target_queue_day``."""
    contact = [(key.partner, date.fromisoformat(key.day)) for key in targets if key.table == "contact"]
    schema = pa.schema([("partner", pa.string()), ("day", pa.date32())])
    columns = {"partner": [partner for partner, _ in contact], "day": [day for _, day in contact]}
    connection.from_arrow(pa.table(columns, schema=schema)).create_view("target_partition", replace=True)
    for table in SUMS:
        days = pa.table({"day": pa.array(_days(targets, table), pa.date32())})
        connection.from_arrow(days).create_view(f"target_{table}_day", replace=True)


def _days(targets: Iterable[Key], table: str) -> list[date]:
    return sorted({date.fromisoformat(key.day) for key in targets if key.table == table})


def _open_events(events: Events, targets: Iterable[Key]) -> None:
    """Relations ``<kind>_event`` of the days that the targets need."""
    contact, session = _days(targets, "contact"), _days(targets, "session")
    around = runs(
        [
            *_spread(runs(contact, NEIGHBOUR_DAYS, NEIGHBOUR_DAYS)),
            *_spread(runs(session, 1, FOLLOWED_DAYS)),
        ]
    )
    events.open_contacts(around, keys=True)
    for kind in PLACED:
        events.open(f"{kind}_event", kind, days=runs(contact))
    visits = runs([*_spread(runs(contact, SESSION_DAYS)), *session])
    events.open("session_event", "session", days=visits)
    events.open("case_event", "case", days=runs(contact, CASE_DAYS, CASE_DAYS))
    events.open("calls_offered_event", "calls_offered", days=runs(_days(targets, "queue")))
    events.open("link_event", "link")
    events.open("product_event", "product")


def _spread(days: Iterable[tuple[date, date]]) -> list[date]:
    return [
        date.fromordinal(number)
        for first, last in days
        for number in range(first.toordinal(), last.toordinal() + 1)
    ]


def _run_models(events: Events, targets: Sequence[Key] | Collection[Key]) -> None:
    """A relation of each model; the last of them are ``fact``, ``session_fact`` and ``queue_now``."""
    connection = events.connection
    connection.from_arrow(time_bins()).create_view("time_bin", replace=True)
    for model in (*FACT_MODELS[:-2], "session_fact", "queue_now"):
        _run_model(connection, model)
    # What a fact says of its own contact is read of the targets' days alone.
    events.open_contacts(runs(_days(targets, "contact")), keys=False)
    for model in FACT_MODELS[-2:]:
        _run_model(connection, model)


def _run_model(connection: Connection, model: str) -> None:
    what = "view" if model in _VIEWS else "table"
    connection.execute(f"create or replace {what} {model} as {sql('facts', model)}")


def run_cubes(connection: Connection) -> None:
    """Table ``cube_<name>`` of each cube, of relations ``fact``, ``session_fact`` and ``queue_now``."""
    connection.execute(f"create or replace table measured as {sql('cubes', 'measured')}")
    for cube in (*CUBES, *SUMS):
        connection.execute(f"create or replace table cube_{cube} as {sql('cubes', cube)}")


def _check(connection: Connection) -> tuple[checks.Result, ...]:
    """What the checks say of the facts and cubes just made."""
    connection.execute("create or replace view checked_fact as from fact")
    connection.execute(_EXPECTED)
    checks.sums(connection, "measured", {cube: f"cube_{cube}" for cube in CUBES})
    return checks.run(connection, checks.OF_A_PASS)


def _counts(connection: Connection, table: str) -> list[tuple[date, int]]:
    rows: list[tuple[date, int]] = connection.execute(
        f"select day, count(*) from cube_{table} group by day"
    ).fetchall()
    return rows


def _write_facts(connection: Connection, lake: Lake, build: str) -> dict[Key, Partition]:
    """One file of facts for each partner's month that has any."""
    connection.execute(_PARTNER_KEY)
    options = {"folder": str(lake.folder("facts")), "pattern": f"{build}-{{i}}"}
    paths = [path for path, *_ in connection.execute(_COPY, options).fetchall()]
    if len(paths) > MANY_FILES:
        os.sync()
    files: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        if len(paths) <= MANY_FILES:
            sync(Path(path))
        folder, month = (unquote(part.split("=", 1)[1]) for part in Path(path).parts[-3:-1])
        files.setdefault((folder, month), []).append(os.path.relpath(path, lake.path))
    made: dict[Key, Partition] = {}
    for folder, partner, day, contacts in connection.execute(_CONTACTS).fetchall():
        key = Key("contact", partner, day)
        made[key] = Partition(key, tuple(files[folder, day[:7]]), contacts, build)
    return made


def _write_cubes(connection: Connection, lake: Lake, slice_: str, cubes: Iterable[str]) -> None:
    for cube in cubes:
        final = lake.folder(f"cubes/{cube}") / f"{slice_}.parquet"
        draft = final.with_name(f".draft-{final.name}")
        order = "day, partner" if cube in CUBES else "day"
        connection.table(f"cube_{cube}").order(order).write_parquet(str(draft), compression="zstd")
        publish(draft, final)


def sync(path: Path) -> None:
    """Make a written file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
