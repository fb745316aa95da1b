"""Who the metrics are measured beside: DuckDB, Polars and ClickHouse, reading the same Parquet files.

Each gives what the comparison page needs from one scan by day, route and score and one by route and time
bin, which is the fastest way to it that we know; and each free question from one scan.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, partial
from typing import Any

from lake.duck import connect

Where = dict[str, list[str]]
Peer = Callable[[Where, date, date], Any]
# The metric's name, and what a free question has beside it.
Free = Callable[[str, Where, date, date], Any]

# Questions that no cube holds, by the metric that they are about: its dimensions and filters.
FREE: dict[str, tuple[tuple[str, str], Where]] = {
    "handling_time": (("language", "hour"), {"team": ["team 13"]}),
    "hit_rate": (("agent", "weekday"), {"channel": ["chat"]}),
    "csat": (("hour", "language"), {"topic": ["topic 7"], "partner": ["partner 2"]}),
}


def duckdb_peer(pattern: str) -> tuple[Peer, Free]:
    """DuckDB over the facts' files: the page's two scans, and the free scan."""
    connection = connect()
    connection.execute("set parquet_metadata_cache = true")
    connection.read_parquet(pattern, hive_partitioning=False).create_view("facts")

    def ask(text: str, where: Where, start: date, end: date) -> Any:
        conditions = "".join(f" and {name} = '{values[0]}'" for name, values in where.items())
        chosen = f"from facts where day between '{start}' and '{end}'{conditions}"
        return connection.execute(text.replace("from facts", chosen)).fetchall()

    def both(where: Where, start: date, end: date) -> None:
        ask(
            "select day, route, score, count(*), count(handling_s), sum(handling_s), "
            "sum(handling_s * handling_s), sum(cast(hit as integer)) from facts group by all",
            where, start, end,
        )  # fmt: skip
        ask("select route, handling_bin, count(*) from facts group by all", where, start, end)

    scans = {
        "handling_time": "language, hour, count(*), count(handling_s), sum(handling_s), "
        "sum(handling_s * handling_s)",
        "hit_rate": "agent, isodow(day), count(*), sum(cast(answered as integer)), sum(cast(hit as integer))",
        "csat": "hour, language, score, count(*)",
    }

    def free(metric: str, where: Where, start: date, end: date) -> None:
        ask(f"select {scans[metric]} from facts group by all", where, start, end)

    return both, free


def polars_peer(pattern: str) -> tuple[Peer, Free]:
    """Polars, lazily over the same files."""
    import polars as pl

    def rows(where: Where, start: date, end: date) -> Any:
        frame = pl.scan_parquet(pattern, hive_partitioning=False).filter(pl.col("day").is_between(start, end))
        for name, values in where.items():
            frame = frame.filter(pl.col(name) == values[0])
        return frame

    seconds = pl.col("handling_s").cast(pl.Int64)
    sums = [pl.len().alias("n"), seconds.count().alias("m"), seconds.sum(), (seconds**2).sum().alias("q")]

    def both(where: Where, start: date, end: date) -> None:
        one = rows(where, start, end).group_by("day", "route", "score").agg(*sums, pl.col("hit").sum())
        other = rows(where, start, end).group_by("route", "handling_bin").agg(pl.len())
        pl.collect_all([one, other])

    scans: dict[str, tuple[list[Any], list[Any]]] = {
        "handling_time": (["language", "hour"], sums),
        "hit_rate": (
            ["agent", pl.col("day").dt.weekday().alias("weekday")],
            [pl.len().alias("n"), pl.col("answered").sum(), pl.col("hit").sum()],
        ),
        "csat": (["hour", "language", "score"], [pl.len()]),
    }

    def free(metric: str, where: Where, start: date, end: date) -> None:
        by, wanted = scans[metric]
        rows(where, start, end).group_by(*by).agg(*wanted).collect()

    return both, free


def clickhouse_peer(pattern: str, *, own_table: bool = False) -> tuple[Peer, Free]:
    """ClickHouse in the process, over the same files, or over a table of its own that it keeps sorted."""
    from chdb.session import Session

    session = _session(Session)
    source = f"file('{pattern}', Parquet)"
    if own_table:
        source = "facts.fact"
        session.query("create database if not exists facts")
        session.query(f"create or replace table {source} {_MERGE_TREE} from file('{pattern}', Parquet)")

    def ask(text: str, where: Where, start: date, end: date) -> Any:
        conditions = "".join(f" and {name} = '{values[0]}'" for name, values in where.items())
        chosen = f"from {source} where day between '{start}' and '{end}'{conditions}"
        return session.query(text.replace("from facts", chosen), "CSV")

    def both(where: Where, start: date, end: date) -> None:
        ask(
            "select day, route, score, count(), count(handling_s), sum(handling_s), "
            "sum(toInt64(handling_s) * handling_s), sum(hit) from facts group by day, route, score",
            where, start, end,
        )  # fmt: skip
        ask("select route, handling_bin, count() from facts group by route, handling_bin", where, start, end)

    scans = {
        "handling_time": (
            "language, hour",
            "count(), count(handling_s), sum(handling_s), sum(toInt64(handling_s) * handling_s)",
        ),
        "hit_rate": ("agent, toDayOfWeek(day)", "count(), sum(answered), sum(hit)"),
        "csat": ("hour, language, score", "count()"),
    }

    def free(metric: str, where: Where, start: date, end: date) -> None:
        by, wanted = scans[metric]
        ask(f"select {by}, {wanted} from facts group by {by}", where, start, end)

    return both, free


@cache
def _session(kind: Any) -> Any:
    """One session: chdb has room for no more in a process."""
    return kind()


_MERGE_TREE = """
    engine = MergeTree order by (day, partner, topic)
    as select
        assumeNotNull(toDate(day)) as day, assumeNotNull(toLowCardinality(partner)) as partner,
        toLowCardinality(team) as team, assumeNotNull(toLowCardinality(topic)) as topic,
        toLowCardinality(route) as route, toLowCardinality(language) as language, hour, score, hit,
        toLowCardinality(agent) as agent, toLowCardinality(channel) as channel, answered,
        handling_s, handling_bin
"""


def peers(pattern: str) -> dict[str, tuple[Peer, Free]]:
    """Those that are installed, over the files of a pattern."""
    found = {}
    makers: dict[str, Callable[[str], tuple[Peer, Free]]] = {
        "DuckDB": duckdb_peer,
        "Polars": polars_peer,
        "chdb": clickhouse_peer,
        "MergeTree": partial(clickhouse_peer, own_table=True),
    }
    for name, make_peer in makers.items():
        try:
            found[name] = make_peer(pattern)
        except ImportError:
            print(f"({name} is not installed)")
    return found
