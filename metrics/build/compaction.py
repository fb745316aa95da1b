"""Small files made few: batches of the log, and slices of the cubes.

Nothing is lost but repeated rows and, of a survey's snapshots, those that later ones have overtaken.
"""

# ruff: noqa: S608 — only columns of the log and names of cubes go into the text.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa

from lake.duck import connect
from lake.log import KEYS, Log, publish
from lake.manifest import Batch, Key, Lake, Partition, Version
from metrics.build import drain
from metrics.build.events import DAY_OF, TOMBSTONE, Connection, Events, columns_of
from metrics.catalog.models import CUBES, CUBES_OF

SMALL = 4_000_000  # bytes; larger batches are left as they are
MANY = 24  # small batches of a kind that are worth one larger one
# A retired batch lives on for builders and imports that have just listed it.
RETIRED_S = 900
# Slices of few days that are worth one of many; the last days change all the time and are left alone.
MANY_SLICES, FEW_DAYS, LIVELY_DAYS = 12, 28, 3


def compact_log(log: Log, version: Version, now: float) -> Version:
    """The version with one batch for each kind's many small ones, and without what was replaced long ago."""
    batches, retired = dict(version.batches), dict(version.retired)
    for name, since in version.retired.items():
        if now - since > RETIRED_S:
            (log.folder / name).unlink(missing_ok=True)
            batches.pop(name, None)
            del retired[name]
    for kind in sorted({name.partition("/")[0] for name in batches}):
        small = _small(log, kind, batches, {*retired, *version.waiting.values(), *version.unverified})
        if len(small) < MANY:
            continue
        name, batch = _joined(log, kind, small)
        batches[name] = batch
        retired |= dict.fromkeys(small, int(now))
    deferred = _renamed(version.deferred, retired, batches)
    return replace(version, batches=batches, retired=retired, deferred=deferred)


def _small(log: Log, kind: str, batches: Mapping[str, Batch], kept: Iterable[str]) -> dict[str, Batch]:
    left = set(kept)
    found = {}
    for name, batch in batches.items():
        if name.startswith(f"{kind}/") and name not in left:
            file = log.folder / name
            if file.is_file() and file.stat().st_size < SMALL:
                found[name] = batch
    return found


def _joined(log: Log, kind: str, small: Mapping[str, Batch]) -> tuple[str, Batch]:
    """Write one batch with the rows of some, sorted by day so that a few days are read without the others."""
    key = "key" if kind == TOMBSTONE else KEYS[kind]
    day = "day" if kind == TOMBSTONE else DAY_OF.get(kind)
    columns = ", ".join(f'"{name}"' for name in columns_of(kind).names)
    with connect(memory="1GB") as connection:
        events = Events(connection, log.folder, small)
        events.open("joined", kind, names=sorted(small), impossible=True)
        rows = f"select distinct {columns} from joined"
        if kind == "outcome":
            rows = f"""
                select {columns} from joined
                qualify row_number() over (
                    partition by contact_id, contact_day order by version desc, accepted_us desc, seq desc
                ) = 1
            """
        draft, final = log.new_batch(kind)
        order = ", ".join(filter(None, [day, key, "version", "accepted_us", "seq"]))
        connection.sql(rows).order(order).write_parquet(str(draft), compression="zstd")
        publish(draft, final)
    spans = [batch for batch in small.values() if batch.first]
    first = min((batch.first for batch in spans), default="")
    last = max((batch.last for batch in spans), default="")
    return drain.batch_name(final), Batch(first, last)


def _renamed(
    names: tuple[str, ...], retired: Mapping[str, int], batches: Mapping[str, Batch]
) -> tuple[str, ...]:
    """Deferred batches, read from where they stand: those replaced are in the newest batch of their kind."""
    found = set()
    for name in names:
        kind = name.partition("/")[0]
        newest = max(
            (each for each in batches if each.startswith(f"{kind}/") and each not in retired), default=""
        )
        found.add(newest if name in retired else name)
    return tuple(sorted(found - {""}))


def compact_slices(
    lake: Lake, partitions: Mapping[Key, Partition], slice_: str, today: date
) -> dict[Key, Partition]:
    """The partitions whose sums have been moved to slice ``slice_``, where there were many slices of few
    days;
    none where there were not."""
    settled = (today - timedelta(days=LIVELY_DAYS)).isoformat()
    days: dict[str, set[str]] = {}
    for partition in partitions.values():
        days.setdefault(partition.slice, set()).add(partition.key.day)
    few = {name for name, each in days.items() if len(each) < FEW_DAYS and max(each) < settled}
    if len(few) < MANY_SLICES:
        return {}
    moved = {key: replace(each, slice=slice_) for key, each in partitions.items() if each.slice in few}
    with connect(memory="1GB") as connection:
        for table, cubes in CUBES_OF.items():
            current = [each for each in partitions.values() if each.slice in few and each.key.table == table]
            for cube in cubes if current else ():
                _join_slices(connection, lake, cube, current, slice_)
    return moved


def _join_slices(
    connection: Connection, lake: Lake, cube: str, current: Sequence[Partition], slice_: str
) -> None:
    """Write the rows of some partitions of a cube as one slice."""
    folder, of_contacts = lake.folder(f"cubes/{cube}"), cube in CUBES
    connection.from_arrow(current_table(current)).create_view("current", replace=True)
    names = sorted({each.slice for each in current})
    files = [str(folder / f"{name}.parquet") for name in names]
    connection.read_parquet(files, filename=True).create_view("slices", replace=True)
    draft, final = folder / f".draft-{slice_}.parquet", folder / f"{slice_}.parquet"
    same = "current.day = slices.day" + (" and current.partner = slices.partner" if of_contacts else "")
    query = f"""
        select slices.* exclude (filename) from slices
        join current on {same} and ends_with(slices.filename, '/' || current.slice || '.parquet')
        order by {"day, partner" if of_contacts else "day"}
    """
    connection.sql(query).write_parquet(str(draft), compression="zstd")
    publish(draft, final)


def current_table(partitions: Iterable[Partition]) -> pa.Table:
    """Partner, day and slice of some partitions."""
    rows = list(partitions)
    return pa.table(
        {
            "partner": pa.array([each.key.partner for each in rows], pa.string()),
            "day": pa.array([date.fromisoformat(each.key.day) for each in rows], pa.date32()),
            "slice": pa.array([each.slice for each in rows], pa.string()),
        }
    )
