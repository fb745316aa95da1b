"""The published side of the lake: which files make up the version that readers see.

::

    facts/partner_key=<partner>/day=<day>/<base>-<n>.parquet   one row per contact, never changed in place
    cubes/<cube>/<base>-<month>.parquet                        sums, for the pages
    rows/<base>-<kind>-<n>…                                    rows by key, for late events: see rows.py
    bases/<base>.json                                          the files of one fold
    delta/<version>.arrow                                      signed rows on top of the base: see delta.py
    beside/<version>-<table>.parquet                           what is no contact's: small, see beside.py
    version.json                                               what is published: base + delta

A version is switched by one atomic rename of ``version.json``. Files that no version names any more stay
for a while, for readers that still hold an older one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fcntl import LOCK_EX, LOCK_UN, flock
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.log import publish

# How long files live on after the version that named them: longer than any reader keeps one.
GRACE_S = 900
# A builder's folder this old is nobody's any more.
STALE_S = 86_400
# A number of the layout: another one is not read, but built anew from the log.
LAYOUT = 8


class OvertakenError(RuntimeError):
    """Somebody else published in the meantime: what was made here is of an older state."""


@dataclass(frozen=True)
class Place:
    """All contacts of one partner on one day, and where they stand."""

    partner: str
    day: str
    files: tuple[str, ...]  # relative to the lake; none when no contact is left there
    contacts: int


@dataclass(frozen=True)
class Run:
    """One run of the index of rows by key: its files' stem, and how many rows its segments have."""

    stem: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """Rows of one kind by key: stems of their segments (rows.py), and of the runs over them (index.py)."""

    segments: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()

    def files(self) -> tuple[str, ...]:
        """What its files are called, without the names of keys (:func:`stem_of`)."""
        # Before there were joint runs, each segment had one of its own.
        runs = [run.stem for run in self.runs] or self.segments
        return (*self.segments, *(f"{stem}.idx" for stem in runs))


@dataclass(frozen=True)
class Base:
    """What one fold has left: immutable, so it may be cached for ever. Places are only ever appended."""

    name: str
    places: tuple[Place, ...] = ()
    cubes: dict[str, dict[str, str]] = field(default_factory=dict)  # cube → month → file
    rows: dict[str, Rows] = field(default_factory=dict)  # by kind

    def files(self, *, partner: str | None = None, first: str = "", last: str = "~") -> list[str]:
        """Files of facts of a partner (None: all) from one day to another, both included."""
        return [
            file
            for place in self.places
            if partner in (None, place.partner) and first <= place.day <= last
            for file in place.files
        ]


@dataclass(frozen=True)
class Version:
    """What is published. ``consumed`` are the batches of the log that are in it."""

    name: str
    as_of: int  # epoch seconds
    base: str
    delta: str = ""  # file, relative to the lake; "" when the base is all there is
    delta_contacts: int = 0
    orphans: str = ""  # outcomes whose contact has not come yet
    consumed: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()  # those whose rows the base has by key
    retired: dict[str, int] = field(default_factory=dict)  # compacted batches, and since when
    checks: tuple[dict[str, Any], ...] = ()
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)  # small table → its files


NOTHING = Version(name="", as_of=0, base="")


class Lake:
    """Reads and publishes versions of one lake."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._head = self.path / "version.json"

    def version(self) -> Version:
        """The published version; :data:`NOTHING` where there is none yet."""
        try:
            text = self._head.read_bytes()
        except FileNotFoundError:
            return NOTHING
        content = json.loads(text)
        if content.pop("layout") != LAYOUT:
            return NOTHING
        tuples = {key: tuple(content[key]) for key in ("consumed", "folded", "checks")}
        beside = {name: tuple(files) for name, files in content["beside"].items()}
        return Version(**(content | tuples | {"beside": beside}))

    def base(self, name: str) -> Base:
        """The base of that name; an empty one for the name ``""``."""
        if not name:
            return Base("")
        return _read_base(self.path / "bases" / f"{name}.json")

    def keep(self, base: Base) -> None:
        """Write a base down, durably; nobody sees it until a version names it."""
        places = [[place.partner, place.day, place.files, place.contacts] for place in base.places]
        rows = {kind: asdict(kept) for kind, kept in base.rows.items()}
        content = {"places": places, "cubes": base.cubes, "rows": rows}
        self._write(self.path / "bases" / f"{base.name}.json", content)

    def publish(self, version: Version, *, after: Version) -> None:
        """Make a version the published one, all at once. OvertakenError when ``after`` no longer is."""
        with self._locked():
            if self.version().name != after.name:
                raise OvertakenError(f"version {after.name or '(none)'} is no longer the published one")
            self._write(self._head, asdict(version) | {"layout": LAYOUT})

    def folder(self, name: str) -> Path:
        """A folder of the lake, made if need be."""
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            flock(lock, LOCK_EX)
            try:
                yield
            finally:
                flock(lock, LOCK_UN)

    @staticmethod
    def _write(path: Path, content: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".draft-{secrets.token_hex(4)}-{path.name}")
        draft.write_text(json.dumps(content), encoding="utf-8")
        publish(draft, path)

    def sweep_deltas(self, now: float) -> None:
        """Remove deltas that were overtaken a while ago; cheap enough for every version."""
        version = self.version()
        self._remove("delta", {version.delta, version.orphans}, now)
        self._remove("beside", {file for files in version.beside.values() for file in files}, now)

    def sweep(self, now: float) -> None:
        """Remove what no version of the last while names, and what a killed builder left."""
        version = self.version()
        bases = sorted((self.path / "bases").glob("[0-9]*.json"))
        born = {path.stem: path.stat().st_mtime for path in bases}
        kept: set[str] = set()
        for path, follower in zip_longest(bases, bases[1:]):
            # A base was in use until the next one came.
            if path.stem == version.base or follower is None or now - born[follower.stem] < GRACE_S:
                base = self.base(path.stem)
                kept.update(base.files(), *(rows.files() for rows in base.rows.values()))
                kept.update(file for months in base.cubes.values() for file in months.values())
                kept.add(f"bases/{path.name}")
        for folder in ("facts", "cubes", "rows", "bases"):
            self._remove(folder, kept, now)

    def _remove(self, folder: str, kept: set[str], now: float) -> None:
        for parent, _, files in os.walk(self.path / folder):
            for name in files:
                path = Path(parent) / name
                # A segment of rows is some files of one stem.
                names = {path.relative_to(self.path).as_posix(), f"{folder}/{stem_of(name)}"}
                if not names & kept and now - path.stat().st_mtime > GRACE_S:
                    path.unlink(missing_ok=True)


@lru_cache(maxsize=8)
def _read_base(file: Path) -> Base:
    """A base as it was kept: it never changes, and has a line for every partner's day."""
    content = json.loads(file.read_bytes())
    return Base(
        name=file.stem,
        places=tuple(Place(p, day, tuple(files), n) for p, day, files, n in content["places"]),
        cubes=content["cubes"],
        # A base of an older layout, which is still swept around, has none.
        rows={kind: _rows(told) for kind, told in content.get("rows", {}).items()},
    )


def _rows(told: Any) -> Rows:
    """Rows by key as they are written down."""
    if isinstance(told, list):  # of an older layout as well: before there were joint runs
        return Rows(tuple(told))
    runs = tuple(Run(run["stem"], tuple(run["counts"])) for run in told["runs"])
    return Rows(tuple(told["segments"]), runs)


def stem_of(name: str) -> str:
    """What stands in a file's name before the ending, and before the key of an index, which ends in .idx."""
    stem = "-".join(name.partition(".")[0].split("-")[:4])
    return f"{stem}.idx" if name.endswith(".idx") else stem


def new_name() -> str:
    """A name for a version or base: later ones sort behind earlier ones."""
    return f"{time.time_ns() // 1000:016d}-{secrets.token_hex(3)}"


def settled(base: Base, changes: dict[tuple[str, str], tuple[tuple[str, ...], int]]) -> tuple[Place, ...]:
    """The places of a base after some got other files. Their order stays."""
    places = list(base.places)
    known = {(place.partner, place.day): number for number, place in enumerate(places)}
    for (partner, day), (files, contacts) in sorted(changes.items()):
        number = known.get((partner, day))
        if number is None:
            places.append(Place(partner, day, files, contacts))
        else:
            places[number] = Place(partner, day, files, contacts)
    return tuple(places)


def _parquet(rows: pa.Table, path: Path) -> None:
    pq.write_table(rows, path, compression="zstd")


def keep_rows(
    lake: Lake, rows: pa.Table, file: str, write: Callable[[pa.Table, Path], None] = _parquet
) -> str:
    """Write rows to a file of their own, relative to the lake, durably; returns it, "" for no rows."""
    if rows.num_rows == 0:
        return ""
    final = lake.path / file
    draft = lake.folder(str(Path(file).parent)) / f".draft-{final.name}"
    write(rows, draft)
    publish(draft, final)
    return file


@contextmanager
def staging(lake: Lake) -> Iterator[Path]:
    """A folder for what lies between the log and the facts; what a killed builder left in one goes."""
    now = time.time()
    for left in lake.path.glob("staging-*"):
        if now - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    folder = lake.folder(f"staging-{new_name()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Make a written file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
