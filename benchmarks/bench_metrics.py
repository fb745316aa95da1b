"""The metrics side on N contacts over a year, each figure beside peers that read the same Parquet files.

- page: what a comparison page can ask (three comparisons, medians, histogram, daily series of both
  groups), for {year, month} × {all, one partner, one topic}, against DuckDB, Polars and ClickHouse (chdb, on
  the files and in a MergeTree of its own) giving the same from one scan by day, route and score and
  one by route and time bin.
- shown: what the dashboard's page asks of it, like for like included.
- free: questions that no cube holds (``benchmarks.peers.FREE``), against the same peers. Only those that read
  the same files count for the ratio.
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
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import freshness
from benchmarks.history import FIRST, LAST, make, make_cubes
from benchmarks.peers import FREE, Free, Peer, peers
from lake.manifest import Lake
from metrics import Reader, Scope, open_reader
from metrics.analysis.compare import compare
from metrics.catalog.catalog import metric
from metrics.query.request import request
from settings import Settings

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
        compare(reader, request(name, where=where, start=start, end=end))
    reader.histogram(where, start, end)
    metrics = [metric(name) for name in ("csat", "handling_time", "hit_rate")]
    reader.groups(metrics, ["day", "self_service_first"], where, start, end)


def shown(reader: Reader, where: dict[str, list[str]], start: date, end: date) -> None:
    """What the dashboard's page asks with one course: three comparisons, one of them like for like too."""
    compare(reader, request("csat_index", where=where, start=start, end=end, alike=ALIKE))
    for name in ("handling_time", "hit_rate"):
        compare(reader, request(name, where=where, start=start, end=end))
    reader.histogram(where, start, end)
    step = "day" if (end - start).days < 62 else "week"
    reader.show(["csat_index"], [step, "self_service_first"], where, start, end)


def report(
    title: str, ours: float, theirs: dict[str, float], more: str = "", apart: Sequence[str] = ()
) -> None:
    """One line: our milliseconds, theirs, and how many times the fastest of them ours is faster; not of those
    that are shown ``apart``."""
    listed = "  ".join(f"{name} {spent:8.1f}" for name, spent in theirs.items())
    fastest = min((spent for name, spent in theirs.items() if name not in apart), default=0.0)
    ratio = f"{fastest / ours:6.2f} times faster" if theirs else ""
    print(f"{title:<18} ours {ours:7.1f} {more:<9} {listed}   {ratio}", flush=True)


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


def _pages(settings: Settings, others: dict[str, tuple[Peer, Free]]) -> None:
    reader = open_reader(settings, Scope.everything())
    print("\nmilliseconds, comparison page (in brackets what the dashboard asks)")
    for title, (start, end, where) in CASES.items():
        ours = timed(partial(page, reader, where, start, end))
        drawn = timed(partial(shown, reader, where, start, end))
        theirs = {name: timed(partial(both, where, start, end), 3) for name, (both, _) in others.items()}
        report(title, ours, theirs, f"({drawn:.1f})")
    if not others:
        return
    _free(reader, others)


def _free(reader: Reader, others: dict[str, tuple[Peer, Free]]) -> None:
    """Questions that no cube holds, for a year and for a month."""
    print("\nmilliseconds, questions that scan the facts")
    for name, (by, where) in FREE.items():
        assert reader.source([name], by, where) == "facts"
        print(f"{name} by {' and '.join(by)}, where {where}")
        for span, start in (("year", FIRST), ("month", MONTH[0])):
            ours = timed(partial(reader.show, [name], by, where, start, LAST))
            theirs = {
                peer: timed(partial(free, name, where, start, LAST), 3) for peer, (_, free) in others.items()
            }
            report(f"  {span}", ours, theirs, apart=("MergeTree",))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="Keep the lake here, and use it again.")
    parser.add_argument("--only", choices=("pages", "free", "freshness", "memory"), help="One part alone.")
    parser.add_argument("--cubes", action="store_true", help="The pages alone, from the cubes of a sample.")
    parser.add_argument("--live", action="store_true", help="Fresh events by the store, not by a file.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=given.home or Path(folder))
        lake = Lake(settings.lake_path)
        if given.only == "memory":
            _alone(settings)
            return
        if given.cubes:
            make_cubes(settings, given.contacts)
            _pages(settings, {})
            return
        make(settings, given.contacts)
        if given.only is None:
            # In a process of its own: what the peers and the making hold is not ours.
            alone = [sys.executable, "-m", "benchmarks.bench_metrics", "--only", "memory"]
            subprocess.run([*alone, "--home", str(settings.home)], check=True)
        if given.only in (None, "pages"):
            _pages(settings, peers(str(lake.path / "facts" / "*" / "*" / "*.parquet")))
        if given.only == "free":
            files = str(lake.path / "facts" / "*" / "*" / "*.parquet")
            _free(open_reader(settings, Scope.everything()), peers(files))
        if given.only in (None, "freshness"):
            print()
            freshness.measure(settings, given.contacts, live=given.live)


if __name__ == "__main__":
    main()
