"""A year of contacts to measure on: a log written by SQL, and made into facts by the product's own code; and
late events."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from console import bar
from lake.duck import connect
from lake.log import Log, publish
from lake.manifest import Lake
from metrics.build.refresh import build
from metrics.catalog.models import CUBES, measures
from settings import Settings
from store import open_store

SAMPLE = 3_000_000  # contacts that cubes alone are made of
FIRST, LAST = date(2025, 11, 1), date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)

# Every number is a hash of the contact's, so that any two columns are independent. Two contacts in five are
# of a customer who comes back the next day about the same, the others of customers whose contacts lie weeks
# apart.
_DRAWN = """
    create or replace table drawn as
    with numbered as (
        select
            each * 365 + number_of_day as number,
            date '2025-11-01' + cast(number_of_day as integer) as day,
            hash(number) as a, hash(number + 1000000000) as b, hash(number + 2000000000) as c,
            number // 2 as pair, number % 2 = 0 as is_first,
            hash(pair + 3000000000) as d, d % 100 < 40 and pair * 2 % 365 <> 364 as paired
        from range($each) as contacts_of_day(each), range($first, $last) as days(number_of_day)
    )
    select
        number, day, a, b, c, d, paired,
        a % 5 as partner, a // 5 % 16 as agent, case when paired then d else a end // 80 % 25 as topic,
        a // 2000 % 4 as channel,
        case when paired then 'p' || pair else 'k' || number % 40000000 end as customer,
        b % 100 as asked, b // 100 % 100 as answers, b // 10000 % 100 as route, b // 1000000 % 10 as mood,
        cast(60 + c % 400 + c // 400 % 500 as integer) as seconds, c // 1000000 % 100 as sells
    from numbered
"""
_CONTACTS = """
    select
        'c' || number as contact_id, 'api' as source, day, cast(8 + b % 12 as smallint) as hour,
        cast(epoch(day) as bigint) + (8 + b % 12) * 3600 as ended_at,
        'partner ' || partner as partner, 'team ' || partner || agent // 4 as team,
        'agent ' || partner || '-' || agent as agent,
        ['phone', 'chat', 'email', 'store'][cast(channel + 1 as integer)] as channel,
        'topic ' || topic as topic, case when b % 9 = 0 then 'en' else 'nb' end as language,
        customer as customer_key, true as identified, true as answered,
        cast(c // 7 % 300 as integer) as wait_s, seconds as talk_s, 0 as hold_s, 0 as wrap_s,
        seconds as handling_s, '' as case_id, case when route < 90 then route < 50 end as self_service_first,
        false as closed_automatically, false as asked, '' as score_scale,
        case when sells < 8 then true end as hit, case when sells < 8 then 49900 end as hit_value_minor,
        1 as accepted_us, 0 as seq
    from drawn order by day, partner
"""
_OUTCOMES = """
    select
        'c' || number as contact_id, day, case when asked < 60 then 'asked' else 'skipped' end as state,
        case when asked < 60 then 'asked' else 'recently_asked' end as reason, true as eligible,
        asked < 60 as sent, asked < 60 as delivered,
        cast(case when asked < 60 and answers < 35 then 1 + mood end as smallint) as score,
        case when asked < 60 and answers < 35 then 'sms' else '' end as score_source, false as late,
        case when asked < 60 and answers < 12 then a % 3 > 0 end as guided, 2 as accepted_us, 0 as seq
    from drawn order by day
"""


def make(settings: Settings, contacts: int) -> None:
    """A published lake of that many contacts, made from a log by the product's own code.

    Continues where an earlier run was stopped.
    """
    lake, log = Lake(settings.lake_path), Log(settings.lake_path)
    for month in _months()[len(log.files("contact")) if not lake.version().name else 12 :]:
        with closing(connect(memory="6GB")) as connection:
            _draw(connection, month, contacts)
            for kind, query in (("outcome", _OUTCOMES), ("contact", _CONTACTS)):
                draft, final = log.new_batch(kind)
                connection.sql(query).write_parquet(str(draft), compression="zstd")
                publish(draft, final)
    begun, cpu = time.perf_counter(), time.process_time()
    with closing(open_store(settings.database_url)) as store, bar() as progress:
        build(settings, store, NOW, progress=progress)
    spent, used = time.perf_counter() - begun, time.process_time() - cpu
    made = sum(each.rows for key, each in lake.partitions(lake.version()).items() if key.table == "contact")
    parts = ("log", "facts", "cubes", "manifest")
    sizes = ", ".join(f"{part} {_size(lake.path / part) / 1e6:,.0f} MB" for part in parts)
    each = f"{used / made * 1e6:.1f} µs of processor each"
    print(f"facts, cubes and checks of {made:,} contacts: {spent:.0f} s, {each}; {sizes}")


def make_cubes(settings: Settings, contacts: int) -> None:
    """The cubes of so many contacts: those of a sample of them, each counted several times.

    All but the finest cells are filled by then; of medians by topic there would be some four times as many.
    """
    make(settings, min(contacts, SAMPLE))
    times = max(contacts // SAMPLE, 1)
    for cube in CUBES if times > 1 else ():
        for file in (settings.lake_path / "cubes" / cube).glob("[0-9]*.parquet"):
            pq.write_table(_multiplied(pq.read_table(file), measures(cube), times), file, compression="zstd")


def _multiplied(rows: pa.Table, names: Iterable[str], times: int) -> pa.Table:
    for name in names:
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pc.multiply(rows.column(name), times))
    return rows


def _draw(connection: duckdb.DuckDBPyConnection, month: date, contacts: int) -> None:
    """Table ``drawn`` with a month of so many contacts a year."""
    following = (month + timedelta(days=31)).replace(day=1)
    span = {"first": (month - FIRST).days, "last": (following - FIRST).days}
    connection.execute(_DRAWN, span | {"each": contacts // 365})


def _months() -> list[date]:
    return [date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1) for n in range(12)]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def event(kind: str, number: int, step: int) -> dict[str, Any]:
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
