"""How soon what arrives is on the page: events are committed, the publishing process of the server is woken,
and a reader asks until it answers with them, as the pages do.

``by file``: accepted records that are in the log, as an import leaves them. ``live``: records in the
operational store, as the API and replies leave them. By the clock, and the processor time of publishing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.history import event
from benchmarks.viewers.server import cost_of
from lake.log import KEYS, SCHEMAS, Log, publish
from metrics import Reader, Scope, open_reader
from metrics.build.refresh import current_version
from publisher import Publisher
from settings import Settings
from store import Store, feed, open_store

# New contacts, replies and late sales.
FEW, ONE, MANY = (5, 5, 1), (0, 1, 0), (10_000, 5_000, 500)
CASES = (FEW, FEW, ONE, ONE, MANY)  # the first one also waits for the process to be ready
LOOK_S = 0.005
WAIT_S = 300.0


def measure(settings: Settings, contacts: int, *, live: bool) -> None:
    """Print a line for each case, on a history of so many contacts.

    The last one is large enough to be folded afterwards, which takes its time and is not waited for.
    """
    store = open_store(settings.database_url)
    with _publishing(settings, store) as publisher:
        for sizes in CASES:
            before, version = _contacts(settings), current_version(settings)
            cpu = cost_of(publisher.pid).cpu_s
            _commit(settings, store, _events(sizes, contacts), live=live)
            committed = time.perf_counter()
            publisher.wake()
            _until(partial(_differs, settings, version))
            published = time.perf_counter()
            _until(partial(_counts, settings, before + sizes[0]))
            answered = time.perf_counter()
            spent = cost_of(publisher.pid).cpu_s - cpu
            said = f"{sizes[0]:,} new contacts, {sizes[1]:,} replies, {sizes[2]:,} late sales"
            after = [f"{(moment - committed) * 1000:.0f} ms" for moment in (published, answered)]
            print(
                f"{said}, {'live' if live else 'by file'}: published after {after[0]}, "
                f"answered after {after[1]} ({spent * 1000:.0f} ms of processor time)",
                flush=True,
            )
    store.close()


@contextmanager
def _publishing(settings: Settings, store: Store) -> Iterator[Publisher]:
    publisher, stop = Publisher(settings, store), threading.Event()
    thread = threading.Thread(target=publisher.run, args=(stop,))
    thread.start()
    _until(lambda: publisher.pid > 0)
    try:
        yield publisher
    finally:
        stop.set()
        thread.join()


def _events(sizes: tuple[int, int, int], contacts: int) -> dict[str, list[dict[str, Any]]]:
    kinds = zip(("contact", "outcome", "sale"), sizes, strict=True)
    return {
        kind: [event(kind, number, contacts // count) for number in range(count)]
        for kind, count in kinds
        if count
    }


def _commit(settings: Settings, store: Store, events: dict[str, list[dict[str, Any]]], *, live: bool) -> None:
    if not live:
        drafts = []
        for kind, rows in events.items():
            draft, final = Log(settings.lake_path).new_batch(kind)
            pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS[kind]), draft)
            drafts.append((draft, final))
        for draft, final in drafts:  # at once, or the first would be published by themselves
            publish(draft, final)
        return
    with store.write() as connection:
        for kind, rows in events.items():
            told = [row | {"day": row["day"].isoformat()} for row in rows]
            keyed = [(row[KEYS[kind]], _without_order(row)) for row in told]
            feed.append(connection, kind, keyed, time.time_ns() // 1000)


def _without_order(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("accepted_us", "seq")}


def _contacts(settings: Settings) -> float:
    reader: Reader = open_reader(settings, Scope.everything())
    (value,) = reader.show(["survey_coverage"])
    return value.parts["contacts"]


def _differs(settings: Settings, version: str) -> bool:
    return current_version(settings) != version


def _counts(settings: Settings, contacts: float) -> bool:
    return _contacts(settings) == contacts


def _until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not look():
        if time.monotonic() > deadline:
            raise RuntimeError("nothing was published; the log above says why")
        time.sleep(LOOK_S)
