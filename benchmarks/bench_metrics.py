"""The metrics side on N contacts over a year, each figure beside peers that read the same Parquet files.

- page: what the comparison page asks (three comparisons, medians, histogram, daily series of both groups),
  for {year, month} × {all, one partner, one topic}, against DuckDB, Polars and ClickHouse (chdb) giving the
  same from one scan grouped by day, route and score and one by route and time bin.
- scan: a question that no cube holds (by language and hour, for one team), against the same peers.
- freshness: new contacts, replies and late sales spread over the year, until a reader answers with them.

``--contacts 100_000_000`` takes a while and some 15 GB of disk; the default is small.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from data.duck import connect
from data.log import Log
from metrics import Reader, Scope, open_reader, refresh
from metrics.fold import fold
from metrics.lake import Base, Lake, Version, new_name
from metrics.shape import signed_schema
from settings import Settings
from store import open_store

FIRST, LAST = date(2025, 11, 1), date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = date(2026, 10, 1), LAST
ROUNDS = 5
CASES: dict[str, tuple[date, date, dict[str, list[str]]]] = {
    f"{span}, {cut}": (start, LAST, where)
    for span, start in (("year", FIRST), ("month", MONTH[0]))
    for cut, where in (
        ("all", {}),
        ("one partner", {"partner": ["partner 2"]}),
        ("one topic", {"topic": ["topic 7"]}),
    )
}

# Every number is a hash of the contact's, so that any two columns are independent.
_FACTS = """
    insert into delta by name
    with numbered as (
        select
            number,
            date '2025-11-01' + cast(number % 365 as integer) as day,
            hash(number) as a, hash(number + 1000000000) as b, hash(number + 2000000000) as c
        from range($first, $last) as numbers(number)
        where strftime(date '2025-11-01' + cast(number % 365 as integer), '%Y-%m') = $month
    ),
    chosen as (
        select
            *,
            a % 5 as partner, a // 5 % 16 as agent, a // 80 % 25 as topic, a // 2000 % 4 as channel,
            b % 100 as asked, b // 100 % 100 as answers, b // 10000 % 100 as route, b // 1000000 % 10 as mood,
            cast(60 + c % 400 + c // 400 % 500 as integer) as seconds, c // 1000000 % 100 as sells
        from numbered
    )
    select
        'c' || number as contact_id, 'api' as source, day, cast(8 + b % 12 as smallint) as hour,
        epoch(day) + (8 + b % 12) * 3600 as ended_at,
        'partner ' || partner as partner, 'team ' || partner || agent // 4 as team,
        'agent ' || partner || '-' || agent as agent,
        ['phone', 'chat', 'email', 'store'][cast(channel + 1 as integer)] as channel,
        'topic ' || topic as topic, case when b % 9 = 0 then 'en' else 'nb' end as language,
        'k' || a % 40000000 as customer_key, 'k' || a % 40000000 as customer,
        true as identified, true as answered, seconds as handling_s, 0 as hold_s, 1 as seq, 1 as accepted_us,
        cast(floor(ln(seconds) / ln(1.05)) as smallint) as handling_bin,
        '' as case_id, false as closed_automatically, false as file_asked, false as late,
        true as return_known,
        case when route < 50 then 'self_service_first' when route < 90 then 'direct' else 'unknown' end
            as route,
        case when route < 90 then 'flag' else 'none' end as route_source,
        case when asked < 60 then 'asked' else 'skipped' end as survey_state,
        case when asked < 60 then 'asked' else 'recently_asked' end as survey_reason,
        2 as outcome_us, 2 as outcome_seq,
        case when asked < 60 then 'asked' else 'skipped' end as outcome_state,
        case when asked < 60 then 'asked' else 'recently_asked' end as outcome_reason,
        true as outcome_eligible, asked < 60 as outcome_sent, asked < 60 as outcome_delivered,
        true as eligible, asked < 60 as asked, asked < 60 as sent, asked < 60 as delivered,
        case when asked < 60 and answers < 35 then 1 + mood end as score,
        case when asked < 60 and answers < 35 then 1 + mood end as live_score,
        case when asked < 60 and answers < 35 then 'sms' else '' end as score_source,
        sells < 8 as sale_known, sells < 8 as hit, case when sells < 8 then 1 else 0 end as sales,
        case when sells < 8 then 49900 else 0 end as value_minor,
        1 as sign
    from chosen
"""


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Milliseconds, the median of some rounds after one to warm up."""
    work()
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def make(lake: Lake, contacts: int) -> None:
    """A published lake of that many facts, folded month by month by the product's own code."""
    base, begun = Base(""), time.perf_counter()
    month = FIRST
    while month <= LAST:
        with connect(memory="6GB") as connection:
            connection.from_arrow(signed_schema().empty_table()).create("delta")
            span = {"first": 0, "last": contacts, "month": month.isoformat()[:7]}
            connection.execute(_FACTS, span)
            base, _ = fold(lake, base, connection)
        month = (month + timedelta(days=31)).replace(day=1)
    lake.publish(Version(new_name(), int(NOW.timestamp()), base.name), after=lake.version())
    spent = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in lake.path.rglob("*.parquet"))
    print(
        f"facts, cubes, index and checks of {contacts:,} contacts: {spent:.1f} s "
        f"({contacts / spent:,.0f} a second), {size / 1e6:,.0f} MB"
    )


def page(reader: Reader, where: dict[str, list[str]], start: date, end: date) -> None:
    """What the comparison page asks."""
    for metric in ("csat_index", "handling_time", "hit_rate", "handling_time_median"):
        reader.compare(metric, where=where, start=start, end=end)
    reader.histogram(where, start, end)
    reader.show(["csat", "handling_time", "hit_rate"], ["day", "self_service_first"], where, start, end)


Peer = Callable[[dict[str, list[str]], date, date], Any]


def duckdb_peer(pattern: str) -> tuple[Peer, Peer]:
    """DuckDB over the facts' files: the page's two scans, and the free scan."""
    connection = connect()
    connection.execute("set parquet_metadata_cache = true")
    connection.read_parquet(pattern, hive_partitioning=False).create_view("facts")

    def ask(text: str, where: dict[str, list[str]], start: date, end: date) -> Any:
        conditions = "".join(f" and {name} = '{values[0]}'" for name, values in where.items())
        chosen = f"from facts where day between '{start}' and '{end}'{conditions}"
        return connection.execute(text.replace("from facts", chosen)).fetchall()

    def both(where: dict[str, list[str]], start: date, end: date) -> None:
        ask(
            "select day, route, score, count(*), count(handling_s), sum(handling_s), "
            "sum(handling_s * handling_s), sum(cast(hit as integer)) from facts group by all",
            where, start, end,
        )  # fmt: skip
        ask("select route, handling_bin, count(*) from facts group by all", where, start, end)

    def free(where: dict[str, list[str]], start: date, end: date) -> None:
        ask(
            "select language, hour, count(*), count(handling_s), sum(handling_s), "
            "sum(handling_s * handling_s) from facts group by all",
            where, start, end,
        )  # fmt: skip

    return both, free


def polars_peer(pattern: str) -> tuple[Peer, Peer]:
    """Polars, lazily over the same files."""
    import polars as pl

    def rows(where: dict[str, list[str]], start: date, end: date) -> Any:
        frame = pl.scan_parquet(pattern, hive_partitioning=False).filter(pl.col("day").is_between(start, end))
        for name, values in where.items():
            frame = frame.filter(pl.col(name) == values[0])
        return frame

    seconds = pl.col("handling_s").cast(pl.Int64)
    sums = [pl.len().alias("n"), seconds.count().alias("m"), seconds.sum(), (seconds**2).sum().alias("q")]

    def both(where: dict[str, list[str]], start: date, end: date) -> None:
        one = rows(where, start, end).group_by("day", "route", "score").agg(*sums, pl.col("hit").sum())
        other = rows(where, start, end).group_by("route", "handling_bin").agg(pl.len())
        pl.collect_all([one, other])

    def free(where: dict[str, list[str]], start: date, end: date) -> None:
        rows(where, start, end).group_by("language", "hour").agg(*sums).collect()

    return both, free


def clickhouse_peer(pattern: str) -> tuple[Peer, Peer]:
    """ClickHouse in the process, over the same files."""
    from chdb.session import Session

    session = Session()

    def ask(text: str, where: dict[str, list[str]], start: date, end: date) -> Any:
        conditions = "".join(f" and {name} = '{values[0]}'" for name, values in where.items())
        chosen = f"from file('{pattern}', Parquet) where day between '{start}' and '{end}'{conditions}"
        return session.query(text.replace("from facts", chosen), "CSV")

    def both(where: dict[str, list[str]], start: date, end: date) -> None:
        ask(
            "select day, route, score, count(), count(handling_s), sum(handling_s), "
            "sum(toInt64(handling_s) * handling_s), sum(hit) from facts group by day, route, score",
            where, start, end,
        )  # fmt: skip
        ask("select route, handling_bin, count() from facts group by route, handling_bin", where, start, end)

    def free(where: dict[str, list[str]], start: date, end: date) -> None:
        ask(
            "select language, hour, count(), count(handling_s), sum(handling_s), "
            "sum(toInt64(handling_s) * handling_s) from facts group by language, hour",
            where, start, end,
        )  # fmt: skip

    return both, free


def peers(lake: Lake) -> dict[str, tuple[Peer, Peer]]:
    """Those that are installed."""
    found = {}
    pattern = str(lake.path / "facts" / "*" / "*" / "*.parquet")
    for name, make_peer in (("DuckDB", duckdb_peer), ("Polars", polars_peer), ("chdb", clickhouse_peer)):
        try:
            found[name] = make_peer(pattern)
        except ImportError:
            print(f"({name} is not installed)")
    return found


def compare(title: str, ours: float, theirs: dict[str, float]) -> None:
    """One line: our milliseconds, theirs, and how many times the fastest of them ours is faster."""
    listed = "  ".join(f"{name} {spent:9.1f}" for name, spent in theirs.items())
    print(f"{title:<20} ours {ours:7.1f}  {listed}   {min(theirs.values()) / ours:6.1f} times faster")


def freshness(settings: Settings, contacts: int, *, new: int, replies: int, sales: int) -> None:
    """Events spread over the year, from the log to a reader's answer."""
    log, store = Log(settings.lake_path), open_store(settings.database_url)
    with connect() as connection:
        for kind, count in (("contact", new), ("outcome", replies), ("sale", sales)):
            rows = [_event(kind, number, contacts // max(count, 1)) for number in range(count)]
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


def _event(kind: str, number: int, step: int) -> dict[str, Any]:
    """The events of one kind hit contacts (or days) spread evenly over the year."""
    day = FIRST + timedelta(days=number % 365)
    order = {"accepted_us": time.time_ns() // 1000, "seq": number}
    at = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    old = f"c{number * step}"
    if kind == "sale":
        return order | {
            "sale_id": f"s{time.time_ns()}-{number}", "contact_id": old, "day": day, "sold_at": at,
            "kind": "upgrade", "product": "p", "value_minor": 100, "currency": "NOK",
        }  # fmt: skip
    if kind == "outcome":
        return order | {
            "contact_id": old, "day": day, "state": "asked", "reason": "asked", "eligible": True,
            "sent": True, "delivered": True, "score": 9, "score_source": "sms", "late": False,
        }  # fmt: skip
    return order | {
        "contact_id": f"n{time.time_ns()}-{number}", "source": "api", "day": day, "hour": 12, "ended_at": at,
        "partner": f"partner {number % 5}", "team": "team 00", "agent": "agent 0-0", "channel": "phone",
        "topic": "topic 7", "language": "nb", "customer_key": f"new {number}", "identified": True,
        "answered": True, "handling_s": 300, "case_id": "", "closed_automatically": False, "asked": False,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=300_000)
    parser.add_argument("--home", type=Path, help="Keep the lake here, and use it again.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=given.home or Path(folder))
        lake = Lake(settings.lake_path)
        if not lake.version().name:
            make(lake, given.contacts)
        begun = time.perf_counter()
        reader = open_reader(settings, Scope.everything())
        print(f"opening a reader: {(time.perf_counter() - begun) * 1000:.0f} ms")
        others = peers(lake)
        print("\nmilliseconds, comparison page")
        for title, (start, end, where) in CASES.items():
            ours = timed(partial(page, reader, where, start, end))
            theirs = {name: timed(partial(both, where, start, end), 3) for name, (both, _) in others.items()}
            compare(title, ours, theirs)
        print("\nmilliseconds, by language and hour for one team (no cube: a scan)")
        where = {"team": ["team 13"]}
        by = ["language", "hour"]
        ours = timed(lambda: reader.show(["handling_time"], by, where, FIRST, LAST))
        compare(
            "year, one team",
            ours,
            {name: timed(partial(free, where, FIRST, LAST), 3) for name, (_, free) in others.items()},
        )
        print()
        for size in ((5, 5, 1), (0, 1, 0), (10_000, 5_000, 500)):
            freshness(settings, given.contacts, new=size[0], replies=size[1], sales=size[2])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process, peers included: {peak:,.0f} MB")


if __name__ == "__main__":
    main()
