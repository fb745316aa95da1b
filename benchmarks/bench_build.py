"""From a file to the first number over all of its days: import, facts, cubes and checks.

The peers make one table from the same CSV, each in a process of its own: a fact for each contact with its
local day, handling time, route and whether the customer came back within a week about the topic, and its sums
by day, partner, channel, topic and route, both as Parquet. They validate nothing, join no surveys, sales,
sessions and cases, make no pseudonyms, and write one cube instead of eleven.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.bench_import import MAPPING, make

WEEK_S = 7 * 86_400
DUCKDB = """
    copy (
        select contact_id, customer_id, partner, team, agent, channel, topic,
            (ended_at at time zone 'Europe/Oslo')::date as day, self_service_first as route,
            talk_s + hold_s + wrap_s as handling_s, score,
            epoch(lead(ended_at) over (partition by customer_id, topic order by ended_at) - ended_at) <= $week
                as returned
        from read_csv('{path}')
    ) to '{folder}/facts.parquet';
    copy (
        select day, partner, channel, topic, route, count(*) as contacts, sum(handling_s) as handling_s,
            sum(handling_s * handling_s) as squares, count(score) as scores, sum(score) as score,
            count(*) filter (where returned) as returned
        from '{folder}/facts.parquet' group by all
    ) to '{folder}/cube.parquet'
"""
CLICKHOUSE = """
    insert into function file('{folder}/facts.parquet')
    select contact_id, customer_id, partner, team, agent, channel, topic,
        toDate(ended_at, 'Europe/Oslo') as day, self_service_first as route,
        talk_s + hold_s + wrap_s as handling_s, score,
        leadInFrame(toNullable(toUnixTimestamp(ended_at))) over (
            partition by customer_id, topic order by ended_at
            rows between unbounded preceding and unbounded following
        ) - toUnixTimestamp(ended_at) <= {week} as returned
    from file('{path}', CSVWithNames);
    insert into function file('{folder}/cube.parquet')
    select day, partner, channel, topic, route, count() as contacts, sum(handling_s),
        sum(handling_s * handling_s), count(score), sum(score), countIf(returned = 1)
    from file('{folder}/facts.parquet') group by day, partner, channel, topic, route
"""


def duckdb(path: Path, folder: Path) -> None:
    from lake.duck import connect

    with connect() as connection:
        for statement in DUCKDB.format(path=path, folder=folder).replace("$week", str(WEEK_S)).split(";"):
            connection.execute(statement)


def polars(path: Path, folder: Path) -> None:
    import polars as pl

    ended = pl.col("ended_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    facts = (
        pl.scan_csv(path)
        .with_columns(ended_at=ended)
        .sort("ended_at")
        .select(
            "contact_id", "customer_id", "partner", "team", "agent", "channel", "topic", "score",
            day=pl.col("ended_at").dt.convert_time_zone("Europe/Oslo").dt.date(),
            route="self_service_first",
            handling_s=pl.col("talk_s") + pl.col("hold_s") + pl.col("wrap_s"),
            returned=(pl.col("ended_at").shift(-1).over("customer_id", "topic") - pl.col("ended_at"))
            <= pl.duration(seconds=WEEK_S),
        )
        .collect()
    )  # fmt: skip
    facts.write_parquet(folder / "facts.parquet")
    facts.group_by("day", "partner", "channel", "topic", "route").agg(
        pl.len(),
        pl.col("handling_s").sum(),
        (pl.col("handling_s") ** 2).sum().alias("squares"),
        pl.col("score").count().alias("scores"),
        pl.col("score").sum().alias("sum"),
        pl.col("returned").sum(),
    ).write_parquet(folder / "cube.parquet")


def chdb(path: Path, folder: Path) -> None:
    from chdb.session import Session

    session = Session()
    for statement in CLICKHOUSE.format(path=path, folder=folder, week=WEEK_S).split(";"):
        session.query(statement)


PEERS: dict[str, Callable[[Path, Path], None]] = {"duckdb": duckdb, "polars": polars, "chdb": chdb}


def spent(*commands: list[str], home: Path) -> tuple[float, float, float]:
    """Seconds by the clock and of CPU, and the largest memory (MB), of commands run one after the other."""
    seconds = worked = memory = 0.0
    for command in commands:
        began, before = time.perf_counter(), os.times()
        process = subprocess.Popen(
            command, env={**os.environ, "SVAR_HOME": str(home)}, stdout=subprocess.DEVNULL
        )
        watched = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            # The system's own figure would count what this process held when it started the other.
            if peak := re.search(r"VmHWM:\s+(\d+) kB", watched.read_text()):
                memory = max(memory, int(peak[1]) / 1024)
            time.sleep(0.02)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        seconds += time.perf_counter() - began
        after = os.times()
        worked += after.children_user + after.children_system
        worked -= before.children_user + before.children_system
    return seconds, worked, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=4, help="Contacts of a customer.")
    parser.add_argument("--peer", nargs=3, metavar=("NAME", "FILE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        name, path, folder = arguments.peer
        PEERS[name](Path(path), Path(folder))
        return
    with tempfile.TemporaryDirectory(prefix="svar-bench-") as name:
        measure(Path(name), arguments.contacts, arguments.each)


def measure(folder: Path, contacts: int, each: int) -> None:
    """Print a line for ours and for each peer, and the ratios."""
    path, mapping, home = folder / "contacts.csv", folder / "own.toml", folder / "home"
    mapping.write_text(MAPPING)
    make(path, contacts, each)
    print(f"{contacts:,} contacts, {path.stat().st_size / 1e6:,.0f} MB of CSV")
    ours = spent(
        [sys.executable, "-m", "data", "import", str(path), "--mapping", str(mapping)],
        [sys.executable, "-m", "metrics", "show", "csat", "handling_time"],
        home=home,
    )
    lake = sum(file.stat().st_size for file in (home / "lake").rglob("*") if file.is_file())
    _print("file to first number", contacts, ours)
    print(f"on disk {lake / 1e6:,.0f} MB, {lake / contacts:.0f} bytes a contact")
    for peer in PEERS:
        if find_spec(peer) is None:
            continue
        (made := folder / peer).mkdir()
        theirs = spent(
            [sys.executable, "-m", "benchmarks.bench_build", "--peer", peer, str(path), str(made)], home=home
        )
        _print(peer, contacts, theirs)
        print(
            f"  ours takes {ours[0] / theirs[0]:.1f} times as long, {ours[1] / theirs[1]:.1f} times the CPU"
        )


def _print(label: str, contacts: int, figures: tuple[float, float, float]) -> None:
    seconds, worked, memory = figures
    print(
        f"{label:20} {seconds:7.1f} s, {worked:7.1f} s of CPU ({worked / contacts * 1e6:.1f} µs a contact), "
        f"{memory:,.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
