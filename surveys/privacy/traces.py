"""Look for what is left of a person: in the store, the lake, the home and temporary folders."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select

from settings import Settings
from store import Store
from store.schema import metadata

# Kept on purpose, or the person would be asked again; links go last, when nothing else is found.
KEPT_TABLES = frozenset({"opt_out", "slot", "customer_link"})
KEPT_FILES = ("keys", "svar.db", "svar.db-wal", "svar.db-shm")  # the store is looked through row by row
TEMPORARY = ("svar-import-", "svar-archive-", "svar-incoming-", "svar-duckdb-")
AT_ONCE = 5_000
SUBSCRIBER = 8  # last digits of a number that are compared


def traces(settings: Settings, store: Store, phones: Collection[str], keys: Collection[str]) -> list[str]:
    """Each place where a number or pseudonym still stands: ``store: reply``, ``lake: facts/….parquet``."""
    wanted = sorted(keys)
    pattern = pattern_of(phones, keys)
    return [
        *(f"store: {name}" for name in _in_store(store, pattern)),
        *(
            f"lake: {path.relative_to(settings.lake_path)}"
            for path in _in_lake(settings.lake_path, wanted, pattern)
        ),
        *(f"home: {path.relative_to(settings.home)}" for path in _in_files(settings, pattern)),
        *(f"temporary: {path}" for path in _in_temporary(pattern)),
    ]


def pattern_of(phones: Collection[str], keys: Collection[str]) -> re.Pattern[str]:
    """What stands for a person in any text: pseudonyms, and numbers in groups or without country code."""
    choices = [re.escape(key) for key in sorted(keys)]
    for phone in sorted(phones):
        digits = re.sub(r"\D", "", phone)[-SUBSCRIBER:]
        # Fewer are no phone number but a customer's, which would be met in anything.
        if len(digits) == SUBSCRIBER:
            choices.append(r"[ .\-/\u00a0]?".join(digits) + r"(?!\d)")
    return re.compile("|".join(choices))


def first_day_in_facts(lake: Path, keys: Collection[str]) -> str | None:
    """The first local day (ISO) whose facts, also of versions of before, hold one of the pseudonyms."""
    days = []
    for path in sorted((lake / "facts").rglob("*.parquet")):
        table = pq.read_table(path)
        hits = _hits(table, sorted(keys))
        if hits is not None and "day" in table.column_names:
            days += [str(day) for day in table.filter(hits)["day"].to_pylist() if day is not None]
    return min(days, default=None)


def _in_store(store: Store, pattern: re.Pattern[str]) -> Iterator[str]:
    with store.read() as connection:
        for table in metadata.sorted_tables:
            if table.name in KEPT_TABLES:
                continue
            rows = connection.execution_options(yield_per=AT_ONCE).execute(select(table))
            # As JSON, so that a value inside a document is seen as well.
            if any(pattern.search(json.dumps([*row], default=str, ensure_ascii=False)) for row in rows):
                yield table.name


def _in_lake(lake: Path, wanted: Collection[str], pattern: re.Pattern[str]) -> Iterator[Path]:
    for path in sorted(lake.rglob("*")):
        if path.suffix == ".parquet" and path.is_file():
            if _hits(pq.read_table(path, partitioning=None), wanted) is not None:
                yield path
        elif path.is_file() and _file_holds(path, pattern):
            yield path


def _in_files(settings: Settings, pattern: re.Pattern[str]) -> Iterator[Path]:
    for top in sorted(settings.home.glob("*")):
        if top.name in KEPT_FILES or top.resolve() == settings.lake_path.resolve():
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and _file_holds(path, pattern):
                yield path


def _in_temporary(pattern: re.Pattern[str]) -> Iterator[Path]:
    folders = (folder for name in TEMPORARY for folder in Path(tempfile.gettempdir()).glob(f"{name}*"))
    for folder in folders:
        try:
            yield from (path for path in folder.rglob("*") if path.is_file() and _file_holds(path, pattern))
        except (PermissionError, FileNotFoundError):
            continue  # another user's, whose home is not this one; or removed meanwhile


def _hits(table: pa.Table, wanted: Collection[str]) -> pa.ChunkedArray | None:
    """Which rows hold one of the values in a column of text; None where none does."""
    values, found = pa.array(wanted, pa.string()), None
    for name in table.column_names:
        if pa.types.is_string(table.schema.field(name).type):
            hit = pc.is_in(table[name], value_set=values)
            found = hit if found is None else pc.or_(found, hit)
    return found if found is not None and pc.any(found).as_py() else None


def _file_holds(path: Path, pattern: re.Pattern[str]) -> bool:
    try:
        return pattern.search(path.read_bytes().decode(errors="replace")) is not None
    except FileNotFoundError:  # somebody else's temporary file, gone meanwhile
        return False
