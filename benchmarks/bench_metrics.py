"""The metrics side on N contacts over a year, each figure beside peers that read the same Parquet files.

- page: what a comparison page can ask (three comparisons, medians, histogram, daily series of both
  groups), for {year, month} × {all, one partner, one topic}, against DuckDB, Polars and ClickHouse (chdb, on
  the files and in a MergeTree of its own) giving the same from one scan by day, route and score and
  one by route and time bin.
- shown: what the dashboard's page asks of it, like for like included.
- scan: a question that no cube holds (by language and hour, for one team), against the same peers.
- freshness: new contacts, replies and late sales spread over the year, until a reader answers with them.
- memory: of a process that opens a reader and answers the pages' questions, and nothing else.

``--contacts 10_000_000`` makes ten million; ``--home FOLDER`` keeps the lake there, and continues with it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.history import FIRST, LAST, NOW, event, make, make_cubes
from benchmarks.peers import Peer, peers
from data.duck import connect
from data.log import Log
from metrics import Reader, Scope, open_reader, refresh
from metrics.catalogue import metric
from metrics.lake import Lake
from settings import Settings
from store import open_store

MONTH = date(2026, 10, 1), LAST
ROUNDS = 5
ALIKE = ("topic", "channel", "partner")
CASES: dict[str, tuple[date, date, dict[str, list[str]]]] = {
    f"{span}, {cut}": (start, LAST, where)
    for span, start in (("year", FIRST), ("month", MONTH[0]))
    for cut, where in (
        ("all", {}),
        ("one partner", {"partner": ["partner 2"]}),
        ("one topic", {"topic": ["topic 7"]}),
    )
}


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Milliseconds, the median of some rounds after one to warm up."""
    work()
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def page(reader: Reader, where: dict[str, list[str]], start: date, end: date) -> None:
    """What the comparison page asks."""
    for name in ("csat_index", "handling_time", "hit_rate", "handling_time_median"):
        reader.compare(name, where=where, start=start, end=end)
    reader.histogram(where, start, end)
    metrics = [metric(name) for name in ("csat", "handling_time", "hit_rate")]
    reader.groups(metrics, ["day", "self_service_first"], where, start, end)


def shown(reader: Reader, where: dict[str, list[str]], start: date, end: date) -> None:
    """What the dashboard's page asks with one course: three comparisons, one of them like for like too."""
    reader.compare("csat_index", where=where, start=start, end=end, alike=ALIKE)
    for name in ("handling_time", "hit_rate"):
        reader.compare(name, where=where, start=start, end=end)
    reader.histogram(where, start, end)
    step = "day" if (end - start).days < 62 else "week"
    reader.show(["csat_index"], [step, "self_service_first"], where, start, end)


def compare(title: str, ours: float, theirs: dict[str, float], more: str = "") -> None:
    """One line: our milliseconds, theirs, and how many times the fastest of them ours is faster."""
    listed = "  ".join(f"{name} {spent:8.1f}" for name, spent in theirs.items())
    ratio = f"{min(theirs.values()) / ours:6.1f} times faster" if theirs else ""
    print(f"{title:<18} ours {ours:7.1f} {more:<9} {listed}   {ratio}", flush=True)


def freshness(settings: Settings, contacts: int, *, new: int, replies: int, sales: int) -> None:
    """Events spread over the year, from the log to a reader's answer."""
    log, store = Log(settings.lake_path), open_store(settings.database_url)
    with connect() as connection:
        for kind, count in (("contact", new), ("outcome", replies), ("sale", sales)):
            rows = [event(kind, number, contacts // max(count, 1)) for number in range(count)]
            if rows:
                log.append(kind, rows)
        connection.close()
    before = open_reader(settings, Scope.everything()).show(["survey_coverage"])[0].parts["contacts"]
    begun = time.perf_counter()
    refresh(settings, store, NOW)
    published = time.perf_counter()
    reader = open_reader(settings, Scope.everything())
    (value,) = reader.show(["survey_coverage"])
    ended = time.perf_counter()
    assert value.parts["contacts"] == before + new
    print(
        f"{new:,} new contacts, {replies:,} replies, {sales:,} late sales: published after "
        f"{(published - begun) * 1000:.0f} ms, answered after {(ended - begun) * 1000:.0f} ms"
    )
    store.close()


def resident() -> float:
    """Megabytes that this process holds now."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _alone(settings: Settings) -> None:
    """A reader, and the pages' questions, in a process that does nothing else."""
    imported, begun = resident(), time.perf_counter()
    reader = open_reader(settings, Scope.everything())
    opened = time.perf_counter()
    for start, end, where in CASES.values():
        shown(reader, where, start, end)
    asked = time.perf_counter()
    held = resident()
    for start, end, where in CASES.values():
        page(reader, where, start, end)
    print(
        f"opening a reader {(opened - begun) * 1000:.0f} ms; first answers to six pages "
        f"{(asked - opened) * 1000:.0f} ms; memory {imported:.0f} MB before, {held:.0f} MB after, "
        f"{resident():.0f} MB after medians by topic too"
    )


def _pages(settings: Settings, others: dict[str, tuple[Peer, Peer]]) -> None:
    reader = open_reader(settings, Scope.everything())
    print("\nmilliseconds, comparison page (in brackets what the dashboard asks)")
    for title, (start, end, where) in CASES.items():
        ours = timed(partial(page, reader, where, start, end))
        drawn = timed(partial(shown, reader, where, start, end))
        theirs = {name: timed(partial(both, where, start, end), 3) for name, (both, _) in others.items()}
        compare(title, ours, theirs, f"({drawn:.1f})")
    if not others:
        return
    print("\nmilliseconds, by language and hour for one team (no cube: a scan)")
    where, by = {"team": ["team 13"]}, ["language", "hour"]
    for title, start in (("year, one team", FIRST), ("month, one team", MONTH[0])):
        ours = timed(partial(reader.show, ["handling_time"], by, where, start, LAST))
        theirs = {name: timed(partial(free, where, start, LAST), 3) for name, (_, free) in others.items()}
        compare(title, ours, theirs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="Keep the lake here, and use it again.")
    parser.add_argument("--only", choices=("pages", "freshness", "memory"), help="One part alone.")
    parser.add_argument("--cubes", action="store_true", help="The pages alone, from the cubes of a sample.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=given.home or Path(folder))
        lake = Lake(settings.lake_path)
        if given.only == "memory":
            _alone(settings)
            return
        if given.cubes:
            make_cubes(lake, given.contacts)
            _pages(settings, {})
            return
        make(lake, given.contacts)
        if given.only is None:
            # In a process of its own: what the peers and the making hold is not ours.
            alone = [sys.executable, "-m", "benchmarks.bench_metrics", "--only", "memory"]
            subprocess.run([*alone, "--home", str(settings.home)], check=True)
        if given.only in (None, "pages"):
            _pages(settings, peers(str(lake.path / "facts" / "*" / "*" / "*.parquet")))
        if given.only in (None, "freshness"):
            print()
            for size in ((5, 5, 1), (0, 1, 0), (10_000, 5_000, 500)):
                freshness(settings, given.contacts, new=size[0], replies=size[1], sales=size[2])


if __name__ == "__main__":
    main()
