"""The manifest: which files make up the version that readers see.

::

    log/<kind>/<batch>.parquet                                accepted records, the ground truth
    facts/partner_key=<partner>/month=<month>/<build>-<n>.parquet
                                                              one row per contact of the partitions of a month
                                                              that one build made
    cubes/<cube>/<slice>.parquet                              sums of the partitions that one build made
    tables/<build>-<table>.parquet                            small tables: topics, costs, quarantine
    manifest/<month>-<build>.json                             the partitions of a month
    version.json                                              what is published

A partition is one partner's one local day of contacts, or one day of sessions or of calls offered. It is
dirty or clean; a dirty one is made anew and never patched. A version is switched by one atomic rename of
``version.json``; no file that it names is ever changed. Files that are no longer named live on for
:data:`GRACE_S` seconds, for readers of the version before.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from fcntl import LOCK_EX, LOCK_UN, flock
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lake.log import publish

log = logging.getLogger("svar.lake")

# How long a file lives on after the last version that named it: longer than a page needs for its answer.
GRACE_S = 120
# Another layout is not read: everything is made anew from the log.
LAYOUT = 10
# Folders of layouts before this one.
_FORMER = ("rows", "bases", "delta", "beside")
_FOLDERS = ("facts", "cubes", "tables", "manifest")


class OvertakenError(RuntimeError):
    """Somebody else published in the meantime: what was made here is of an older state."""


class DamagedError(RuntimeError):
    """A file that the manifest names is gone or unreadable; the message names its path."""


class Key(NamedTuple):
    """What a partition is of. Sessions and calls offered have one for each day, of partner ""."""

    table: str  # contact, session, queue
    partner: str
    day: str  # ISO text


@dataclass(frozen=True)
class Partition:
    """One clean partition: its files of facts, how many rows they have, and the slice with its sums."""

    key: Key
    files: tuple[str, ...]
    rows: int
    slice: str


class Shard(NamedTuple):
    """A month of the manifest.

    ``superseded`` are the files of facts, with a day (ISO text) of which their rows no longer count: it was
    made anew, and other days of the same file were not.
    """

    partitions: dict[Key, Partition]
    superseded: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Batch:
    """A batch of the log that is in the version: its first and last day, "" where the kind has no days."""

    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Version:
    """What is published."""

    name: str = ""
    as_of: int = 0  # epoch seconds
    definition: str = ""  # digest of the SQL that made it
    batches: dict[str, Batch] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)  # replaced batches, and since when
    unverified: tuple[str, ...] = ()  # batches whose ids have not been looked for in all of the log
    waiting: dict[str, str] = field(default_factory=dict)  # kind → its rows whose contact has not come
    dirty: tuple[Key, ...] = ()
    dirty_since: int = 0  # epoch seconds; 0 when nothing is dirty
    deferred: tuple[str, ...] = ()  # batches whose effect on older days is worked out at night
    verified_at: int = 0
    refined_on: str = ""  # the local day on which the deferred work was last done
    ripened: str = ""  # the last day whose first contact resolution is known
    shards: dict[str, str] = field(default_factory=dict)  # month → file
    tables: dict[str, str] = field(default_factory=dict)  # small table → file
    checks: tuple[dict[str, Any], ...] = ()


class _Named(NamedTuple):
    files: set[str]  # relative to the lake
    slices: set[str]


NOTHING = Version()
Partitions = Mapping[Key, Partition]


class Lake:
    """Reads and publishes versions of one lake."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._head = self.path / "version.json"

    def version(self) -> Version:
        """The published version; :data:`NOTHING` where there is none of this layout, or none that can be
        read."""
        try:
            content = json.loads(self._head.read_bytes())
            if content.pop("layout") != LAYOUT:
                return NOTHING
            return _version(content)
        except FileNotFoundError:
            return NOTHING
        except (ValueError, KeyError, TypeError) as error:
            log.error("The manifest %s cannot be read (%s); everything is made anew.", self._head, error)
            return NOTHING

    def partitions(self, version: Version) -> dict[Key, Partition]:
        """Every clean partition of a version. DamagedError names a part of the manifest that is
        unreadable."""
        found: dict[Key, Partition] = {}
        for file in version.shards.values():
            found |= _read_shard(self.path / file).partitions
        return found

    def superseded(self, version: Version) -> list[tuple[str, date]]:
        """The files of facts (absolute), with days of which their rows no longer count."""
        return [
            (str(self.path / file), date.fromisoformat(day))
            for shard in version.shards.values()
            for file, day in sorted(_read_shard(self.path / shard).superseded)
        ]

    def readable_partitions(self, version: Version) -> dict[Key, Partition]:
        """The same without those of which a part of the manifest is unreadable."""
        found: dict[Key, Partition] = {}
        for file in version.shards.values():
            with suppress(DamagedError):
                found |= _read_shard(self.path / file).partitions
        return found

    def with_partitions(self, version: Version, changes: Mapping[Key, Partition | None]) -> dict[str, str]:
        """The version's shards after some partitions changed (None: nothing is left there), durably
        written."""
        shards = dict(version.shards)
        months: dict[str, dict[Key, Partition | None]] = {}
        for key, partition in changes.items():
            months.setdefault(key.day[:7], {})[key] = partition
        for month, changed in months.items():
            before = Shard({})
            if month in shards:
                with suppress(DamagedError):  # what cannot be read is dirty, and made anew
                    before = _read_shard(self.path / shards[month])
            following = _replaced(before, changed)
            if not following.partitions:
                shards.pop(month, None)
                continue
            shards[month] = f"manifest/{month}-{new_name()}.json"
            rows = [
                [*key, each.files, each.rows, each.slice]
                for key, each in sorted(following.partitions.items())
            ]
            content = {"partitions": rows, "superseded": sorted(following.superseded)}
            _write_json(self.path / shards[month], content)
        return shards

    def publish(self, version: Version, *, after: Version) -> None:
        """Make a version the published one, all at once. OvertakenError when ``after`` no longer is."""
        with self._locked():
            if self.version().name != after.name:
                raise OvertakenError(f"version {after.name or '(none)'} is no longer the published one")
            _write_json(self._head, asdict(version) | {"layout": LAYOUT})
        self._outdate(version, after)

    def _outdate(self, version: Version, after: Version) -> None:
        """Date the files that only the version before named to now: from here on their grace runs."""
        try:
            before, now = self._named(after), self._named(version)
        except DamagedError:
            return
        gone = before.files - now.files
        for name in before.slices - now.slices:
            gone |= {_relative(file, self.path) for file in self.path.glob(f"cubes/*/{name}.parquet")}
        for name in gone:
            with suppress(OSError):
                os.utime(self.path / name)

    def _named(self, version: Version) -> _Named:
        """What a version names."""
        partitions = self.partitions(version).values()
        files = {*version.tables.values(), *version.waiting.values(), *version.shards.values()}
        files |= {file for each in partitions for file in each.files}
        return _Named(files, {each.slice for each in partitions})

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

    def damaged(self, version: Version, cubes: Mapping[str, Sequence[str]]) -> set[str]:
        """The files that the version names and that are gone or cut off, relative to the lake.

        ``cubes`` are the names of the cubes that hold the sums of a partition, by its table.
        """
        named = {*version.tables.values(), *version.shards.values()}
        named |= {f"log/{name}" for name in version.batches if name not in version.retired}
        for file in version.shards.values():
            with suppress(DamagedError):
                for each in _read_shard(self.path / file).partitions.values():
                    named |= files_of(each, cubes)
        return {name for name in named if not _whole(self.path / name)}

    def sweep(self, now: float) -> None:
        """Remove files that no version has named for a while, and what a killed builder left."""
        try:
            named = self._named(self.version())
        except DamagedError:
            return
        for folder in _FOLDERS:
            for parent, _, files in os.walk(self.path / folder):
                for name in files:
                    path = Path(parent) / name
                    used = (
                        path.stem in named.slices
                        if folder == "cubes"
                        else _relative(path, self.path) in named.files
                    )
                    with suppress(FileNotFoundError):
                        if not used and now - path.stat().st_mtime > GRACE_S:
                            path.unlink()
        for folder in _FORMER:
            shutil.rmtree(self.path / folder, ignore_errors=True)


def files_of(partition: Partition, cubes: Mapping[str, Sequence[str]]) -> set[str]:
    """The files with a partition's facts and sums, relative to the lake."""
    slices = (f"cubes/{cube}/{partition.slice}.parquet" for cube in cubes[partition.key.table])
    return {*partition.files, *slices}


@lru_cache(maxsize=4096)
def _read_shard(file: Path) -> Shard:
    """The partitions of a month as they were written: a shard never changes."""
    try:
        content = json.loads(file.read_bytes())
        partitions = {
            Key(table, partner, day): Partition(Key(table, partner, day), tuple(files), count, slice_)
            for table, partner, day, files, count, slice_ in content["partitions"]
        }
        return Shard(partitions, frozenset((name, day) for name, day in content["superseded"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{file} cannot be read: {error}") from error


def _replaced(before: Shard, changed: Mapping[Key, Partition | None]) -> Shard:
    """A month after some of its partitions changed (None: nothing is left there)."""
    partitions = {key: each for key, each in {**before.partitions, **changed}.items() if each is not None}
    left = {
        (file, key.day)
        for key, each in changed.items()
        if key in before.partitions
        for file in before.partitions[key].files
        if each is None or file not in each.files
    }
    named = {file for each in partitions.values() for file in each.files}
    superseded = {(file, day) for file, day in before.superseded | left if file in named}
    return Shard(partitions, frozenset(superseded))


def _version(content: dict[str, Any]) -> Version:
    content["batches"] = {name: Batch(**each) for name, each in content["batches"].items()}
    content["dirty"] = tuple(Key(*each) for each in content["dirty"])
    for name in ("unverified", "deferred", "checks"):
        content[name] = tuple(content[name])
    return Version(**content)


def _whole(file: Path) -> bool:
    """Whether a file is there and, if it is Parquet, has its end: what is written last."""
    try:
        with file.open("rb") as stream:
            if file.suffix != ".parquet":
                return bool(json.load(stream) is not None)
            stream.seek(-4, os.SEEK_END)
            return stream.read() == b"PAR1"
    except (OSError, ValueError):
        return False


def _relative(path: Path, lake: Path) -> str:
    return path.relative_to(lake).as_posix()


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{secrets.token_hex(4)}-{path.name}")
    draft.write_text(json.dumps(content), encoding="utf-8")
    publish(draft, path)


def new_name() -> str:
    """A name for a build: later ones sort behind earlier ones."""
    return f"{time.time_ns() // 1000:016d}-{secrets.token_hex(3)}"


def write_rows(lake: Lake, rows: pa.Table, file: str) -> str:
    """Write rows to a file of their own, relative to the lake, durably; returns it, "" for no rows."""
    if rows.num_rows == 0:
        return ""
    final = lake.path / file
    draft = lake.folder(str(Path(file).parent)) / f".draft-{final.name}"
    pq.write_table(rows, draft, compression="zstd")
    publish(draft, final)
    return file
