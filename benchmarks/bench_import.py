"""Importing contacts against the barest peer: DuckDB's own COPY from CSV to Parquet partitioned by day.

The peer validates nothing, removes no duplicates and makes no pseudonyms; both read the same file in the same
run, in turns, and the median counts. ``--rows 10000000`` is the size that is spoken of in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lake.duck import connect

ROUNDS = 3
MAPPING = 'record = "contact"\nby_name = true\n'
MAKE = """
    copy (
        select
            printf('c-%09d', i) as contact_id,
            strftime(to_timestamp(1735686000 + i * 31536000 // $rows), '%Y-%m-%dT%H:%M:%SZ') as ended_at,
            hash(i) % $customers as customer_id,
            'Partner ' || hash(i * 7) % 5 as partner,
            'Team ' || hash(i * 11) % 20 as team,
            'a-' || hash(i * 13) % 800 as agent,
            ['phone', 'chat', 'email', 'store'][(hash(i * 17) % 4 + 1)::int] as channel,
            'Topic ' || hash(i * 19) % 25 as topic,
            strftime(to_timestamp(1735685300 + i * 31536000 // $rows), '%Y-%m-%dT%H:%M:%SZ') as offered_at,
            strftime(
                to_timestamp(1735685300 + i * 31536000 // $rows + (hash(i * 47) % 90)::bigint),
                '%Y-%m-%dT%H:%M:%SZ'
            ) as answered_at,
            hash(i * 23) % 500 as talk_s,
            hash(i * 29) % 60 as hold_s,
            hash(i * 31) % 120 as wrap_s,
            ['true', 'false', ''][(hash(i * 37) % 3 + 1)::int] as self_service_first,
            case when hash(i * 41) % 3 = 0 then hash(i * 43) % 10 + 1 end as score
        from range($rows) as made (i)
    ) to '{path}' (header true)
"""
COPY = """
    copy (select *, ended_at::date as day from read_csv('{path}'))
    to '{out}' (format parquet, partition_by (day))
"""


def make(path: Path, rows: int, each: int) -> None:
    """A file of so many contacts, of customers with so many each."""
    with connect() as connection:
        connection.execute(MAKE.format(path=path), {"rows": rows, "customers": rows // each + 1})


def bare(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds by the clock and of CPU."""
    out = folder / "bare"
    started, worked = time.perf_counter(), time.process_time()
    with connect(memory="3GB") as connection:
        connection.execute(COPY.format(path=path, out=out))
    seconds = time.perf_counter() - started, time.process_time() - worked
    shutil.rmtree(out)
    return seconds


def ours(path: Path, mapping: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds by the clock and of CPU and peak memory (MB) of the command, its start included."""
    home = folder / "home"
    script = (
        "import os, resource, subprocess, sys, time\n"
        "started = time.perf_counter()\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "seconds = time.perf_counter() - started\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
    )
    command = [sys.executable, "-m", "data", "import", str(path), "--mapping", str(mapping), "--json"]
    done = subprocess.run(
        ["env", f"SVAR_HOME={home}", sys.executable, "-c", script, *command],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(home)
    seconds, worked, memory = map(float, done.stdout.split())
    return seconds, worked, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--each", type=int, default=4, help="Contacts of a customer.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="svar-bench-") as name:
        folder = Path(name)
        path, mapping = folder / "contacts.csv", folder / "own.toml"
        mapping.write_text(MAPPING)
        make(path, arguments.rows, arguments.each)
        print(f"{arguments.rows:,} contacts, {path.stat().st_size / 1e6:,.0f} MB of CSV")
        peer, own = [], []
        for _ in range(arguments.rounds):
            peer.append(bare(path, folder))
            own.append(ours(path, mapping, folder))
    for label, times in (("bare COPY by day", peer), ("import", [each[:2] for each in own])):
        middle, worked = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{label:18} {middle:7.2f} s {arguments.rows / middle:12,.0f} rows/s, {worked:.2f} s of CPU")
    ratio, by_cpu = (
        statistics.median(theirs[i] / mine[i] for theirs, mine in zip(peer, own, strict=True)) for i in (0, 1)
    )
    print(f"rate of the import: {ratio:.2f} of the bare COPY's, {by_cpu:.2f} by CPU (wanted: 0.50 at 10 M)")
    print(f"peak memory {max(each[2] for each in own):,.0f} MB")


if __name__ == "__main__":
    main()
