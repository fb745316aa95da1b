"""Step 6: the facts brought up to date and published. One builder at a time; readers never wait.

:func:`refresh` drains what happened live and publishes it as a delta, in a few hundredths of a second
whatever the size of the history; when the delta has grown it is folded into facts and cubes. Either way
the new version is complete before it is published, and a failed check leaves the old one in place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq

from data.duck import sweep_spills
from data.log import SCHEMAS, Log
from data.progress import Progress, nobody
from metrics import anew, beside, checks, drain
from metrics.changes import Changes
from metrics.delta import keep_delta
from metrics.fold import fold
from metrics.lake import GRACE_S, Base, Lake, OvertakenError, Version, keep_rows, new_name, staging
from settings import Settings
from store import Store, feed
from store.lease import held

# A delta of so many contacts is folded: every version writes it anew, and readers load it anew. In a
# large lake folding costs more, so that there the delta may grow to a share of it.
SMALLEST_FOLD, LARGEST_DELTA, DELTA_SHARE = 500, 20_000, 0.02
# What arrives at once is seen first and folded after; of so many contacts folding is hardly dearer.
LARGEST_PUBLISHED = 100_000
# Seconds another builder may take before we go on with what it has published.
PATIENCE_S = 5.0
# Bytes of sales, sessions and the like that are read whole until they are folded.
LARGEST_UNFOLDED = 4_000_000
LEASE_S = 20


def current_version(settings: Settings) -> str:
    """The name of the published version, "" where there is none. One small read."""
    return Lake(settings.lake_path).version().name


def refresh(settings: Settings, store: Store, now: datetime) -> str:
    """Bring the published facts up to date; returns their version.

    While somebody else builds, waits a moment for the turn and otherwise returns what is published.
    """
    if _nothing_new(Lake(settings.lake_path), Log(settings.lake_path), store):
        return current_version(settings)
    # Overtaken by a builder whose lease had run out: what it has published will do.
    with _turn(store, PATIENCE_S) as ours, suppress(OvertakenError):
        if ours:
            _publish(settings, store, now, folding=False)
            # What is new can be seen by now; folding it takes longer.
            if _overgrown(Lake(settings.lake_path)):
                _publish(settings, store, now, folding=True)
    return current_version(settings)


def build(
    settings: Settings,
    store: Store,
    now: datetime,
    since: date | None = None,
    progress: Progress = nobody,
) -> str:
    """Fold everything that is dirty into facts and cubes; returns the version.

    With ``since`` the facts of contacts from that day on are made again from the log, whatever is there.
    ``progress`` is told of what takes long.
    """
    with _turn(store, 600) as ours:
        if ours:
            _publish(settings, store, now, folding=True, since=since, progress=progress)
    return current_version(settings)


def build_on_spark(settings: Settings, store: Store, now: datetime, master: str) -> str:
    """Make everything anew on Spark at a master's URL, and publish it; returns the version."""
    from metrics import spark

    with _turn(store, 600) as ours:
        if ours:
            spark.build(settings, store, now, master)
    return current_version(settings)


def _nothing_new(lake: Lake, log: Log, store: Store) -> bool:
    """Reads only: whoever asks four times a second must not write four times a second."""
    version = lake.version()
    known = bool(version.name) and _batches(log).keys() <= set(version.consumed)
    return known and not feed.undrained(store, limit=1)


def _batches(log: Log) -> dict[str, Path]:
    return {drain.batch_name(file): file for kind in SCHEMAS for file in log.files(kind)}


@contextmanager
def _turn(store: Store, patience: float) -> Iterator[bool]:
    """The lease of builders, waited for; yields False when it did not come in ``patience`` seconds."""
    until = time.monotonic() + patience
    while True:
        with held(store, "build", LEASE_S) as ours:
            if ours or time.monotonic() >= until:
                yield ours
                return
        time.sleep(0.05)


def _publish(
    settings: Settings,
    store: Store,
    now: datetime,
    *,
    folding: bool,
    since: date | None = None,
    progress: Progress = nobody,
) -> None:
    lake, log = Lake(settings.lake_path), Log(settings.lake_path)
    with drain.drained(store, log):
        _publish_log(lake, log, now, folding=folding, since=since, progress=progress)


def _publish_log(
    lake: Lake, log: Log, now: datetime, *, folding: bool, since: date | None, progress: Progress
) -> None:
    version = lake.version()
    batches, known = _batches(log), set(version.consumed)
    new = [file for name, file in batches.items() if name not in known]
    if version.name and not new and since is None and not (folding and version.delta):
        return
    seen = [file for name, file in batches.items() if name in known and name not in version.retired]
    base = lake.base(version.base)
    with ExitStack() as used:  # tidied up when everybody sees the version: it takes a while
        if _more_than_there_is(base, new) or (since is not None and _all_since(base, since)):
            folder = used.enter_context(staging(lake))
            following = anew.make(lake, [*seen, *new], folder, progress)
            following = replace(following, as_of=int(now.timestamp()))
        else:
            changes = used.enter_context(
                closing(Changes(lake, base, version, seen=seen, new=new, since=since))
            )
            folding = folding or since is not None
            following = _following(lake, changes, now, folding=folding, progress=progress)
        folded = batches.keys() if following.base != version.base else version.folded
        following = replace(following, folded=tuple(folded))
        lake.publish(_with_batches(following, log, version, set(batches), now), after=version)
    lake.sweep_deltas(time.time())
    if following.base != version.base:
        lake.sweep(time.time())
        sweep_spills()


def _more_than_there_is(base: Base, new: Sequence[Path]) -> bool:
    """More contacts come than there are: changing what is there would cost more than making it anew."""
    coming: int = sum(pq.read_metadata(file).num_rows for file in new if file.parent.name == "contact")
    return coming > max(SMALLEST_FOLD, _held(base))


def _all_since(base: Base, since: date) -> bool:
    return all(place.day >= since.isoformat() for place in base.places)


def _held(base: Base) -> int:
    return sum(place.contacts for place in base.places)


def _following(lake: Lake, changes: Changes, now: datetime, *, folding: bool, progress: Progress) -> Version:
    """The version after the changes: a delta on the same base, or a base of its own."""
    progress("facts", 0.0)
    contacts = changes.compute()
    name = new_name()
    following = Version(name, int(now.timestamp()), changes.base.name, checks=changes.version.checks)
    orphans = changes.connection.table("orphans").to_arrow_table()
    following = replace(
        following,
        orphans=keep_rows(lake, orphans, f"delta/{name}-orphans.parquet"),
        beside=beside.bring(lake, changes, name, folding=folding),
    )
    wanted = (contacts or changes.emptied) and (folding or contacts > _publishable(changes.base))
    if wanted or _size(changes.unfolded) > LARGEST_UNFOLDED:
        changes.widen()
        base, results = fold(
            lake, changes.base, changes.connection, changes.emptied, changes.unfolded, progress=progress
        )
        return replace(following, base=base.name, checks=results)
    changes.connection.execute("create view checked_fact as select * from delta where sign = 1")
    results = checks.run(changes.connection)
    checks.demand(results)
    return replace(
        following,
        delta=keep_delta(lake, changes.connection.table("delta").to_arrow_table(), name),
        delta_contacts=contacts,
        checks=_checked(following, results),
    )


def _checked(following: Version, now: Sequence[checks.Result]) -> tuple[checks.Result, ...]:
    """What the checks said at the last fold, and of rows kept aside what holds now. Before the first fold
    what they say now: the delta is all there is."""
    if not following.base:
        return tuple(now)
    before = following.checks
    aside = [result for result in now if result["check"] == "rows_set_aside"]
    return (*(result for result in before if result["check"] != "rows_set_aside"), *aside)


def _size(files: Mapping[str, Sequence[str]]) -> int:
    return sum(os.path.getsize(file) for kind in files.values() for file in kind)


def _overgrown(lake: Lake) -> bool:
    """The published delta is larger than it should be."""
    version = lake.version()
    return version.delta_contacts > 0 and version.delta_contacts > _bearable(lake.base(version.base))


def _publishable(base: Base) -> int:
    """How many contacts a delta may have at all: beyond, and where there is no base, it is folded at once."""
    return LARGEST_PUBLISHED if base.places else SMALLEST_FOLD


def _bearable(base: Base) -> int:
    """How many contacts a delta on this base may have."""
    return int(min(LARGEST_DELTA, max(SMALLEST_FOLD, _held(base) * DELTA_SHARE)))


def _with_batches(
    following: Version, log: Log, version: Version, batches: set[str], now: datetime
) -> Version:
    """The version with its batches: many small ones become one, and those replaced earlier go."""
    moment = int(now.timestamp())
    retired = dict(version.retired)
    consumed, folded = set(batches), set(following.folded)
    for name, since in version.retired.items():
        if moment - since > GRACE_S:
            (log.folder / name).unlink(missing_ok=True)
            consumed.discard(name)
            del retired[name]
    folded &= consumed
    # What the base has by key and what it has not are not mixed.
    for kind, among in product(SCHEMAS, (folded, consumed - folded)):
        if made := drain.compact(log, kind, among, set(retired)):
            larger, smaller = made
            consumed.add(drain.batch_name(larger))
            if among is folded:
                folded.add(drain.batch_name(larger))
            retired |= {drain.batch_name(file): moment for file in smaller}
    return replace(following, consumed=tuple(sorted(consumed)), folded=tuple(sorted(folded)), retired=retired)
