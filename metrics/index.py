"""Where a contact's row stands: from a contact or customer to the files of facts it may be in.

A segment is a sorted array of 64-bit hashes with the number of a place beside each, read by memory
mapping and binary search, so that a lookup costs the same whatever the size of the history. Answers are
candidates: places of long ago stay listed when a contact has moved, and the file then simply lacks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from data.log import publish
from metrics.lake import Lake

# What is new in relation `delta`: where a key now stands, and did not before.
ENTRIES = {
    "contact": """
        select distinct partner, cast(day as varchar) as day, md5_number_lower(contact_id) as hash
        from delta where sign = 1
        except
        select partner, cast(day as varchar), md5_number_lower(contact_id) from delta where sign = -1
    """,
    "customer": """
        select distinct partner, cast(day as varchar) as day, md5_number_lower(customer_key) as hash
        from delta where sign = 1 and customer_key <> ''
        except
        select partner, cast(day as varchar), md5_number_lower(customer_key) from delta where sign = -1
    """,
    "case": """
        select distinct partner, cast(day as varchar) as day, md5_number_lower(case_id) as hash
        from delta where sign = 1 and case_id <> ''
        except
        select partner, cast(day as varchar), md5_number_lower(case_id) from delta where sign = -1
    """,
}
SEGMENTS = 6  # beyond this many they are merged

Hashes = NDArray[np.uint64]
Places = NDArray[np.uint64]


def places_of(
    lake: Lake, segments: Sequence[str], connection: duckdb.DuckDBPyConnection, keys: str
) -> set[int]:
    """Numbers of the places that may hold the keys, which are the one column of relation ``keys``."""
    if not segments:
        return set()
    wanted = _hashes(connection, keys)
    found: set[int] = set()
    for segment in segments:
        hashes, places = _read(lake.path / segment)
        first = np.searchsorted(hashes, wanted, side="left")
        last = np.searchsorted(hashes, wanted, side="right")
        for start, end in zip(first[last > first], last[last > first], strict=True):
            found.update(places[start:end].tolist())
    return found


def extended(
    lake: Lake, segments: tuple[str, ...], name: str, what: str, *, hashes: Hashes, places: Places
) -> tuple[str, ...]:
    """The segments with one more for new keys; merged into one when they have become many."""
    if len(hashes) == 0:
        return segments
    kept = segments
    if len(segments) >= SEGMENTS:
        read = [_read(lake.path / segment) for segment in segments]
        hashes = np.concatenate([*(h for h, _ in read), hashes])
        places = np.concatenate([*(p for _, p in read), places])
        kept = ()
    order = np.lexsort((places, hashes))
    hashes, places = hashes[order], places[order]
    distinct = np.ones(len(hashes), dtype=bool)
    distinct[1:] = (hashes[1:] != hashes[:-1]) | (places[1:] != places[:-1])
    file = f"index/{name}-{what}.npy"
    _write(lake.folder("index") / Path(file).name, hashes[distinct], places[distinct])
    return (*kept, file)


def _hashes(connection: duckdb.DuckDBPyConnection, relation: str) -> Hashes:
    found = connection.view(relation).project("md5_number_lower(key) as hash").distinct()
    return np.sort(found.fetchnumpy()["hash"].astype(np.uint64))


def _write(file: Path, hashes: Hashes, places: Places) -> None:
    draft = file.with_name(f".draft-{file.name}")
    with draft.open("wb") as out:
        # Two rows: each is contiguous, so that a search reads only the pages it needs.
        np.save(out, np.stack([hashes, places.astype(np.uint64)]))
    publish(draft, file)


def _read(file: Path) -> tuple[Hashes, Places]:
    rows = np.load(file, mmap_mode="r")
    return rows[0], rows[1]
