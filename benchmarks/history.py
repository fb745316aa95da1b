"""A year of contacts to measure on: facts made by SQL, folded by the product's own code; and late events."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from data.duck import connect
from metrics.fold import fold, measured
from metrics.lake import Base, Lake, Version, new_name
from metrics.models import CUBES, sql
from metrics.shape import signed_schema

SAMPLE = 3_000_000  # contacts that cubes alone are made of
FIRST, LAST = date(2025, 11, 1), date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)

# Every number is a hash of the contact's, so that any two columns are independent. The facts are what the
# models would make of such contacts: one that an event touches becomes another one by that event alone. Two
# contacts in five are of a customer who comes back the next day about the same, the others of customers whose
# contacts lie weeks apart.
_FACTS = """
    insert into delta by name
    with numbered as (
        select
            each * 365 + number_of_day as number,
            date '2025-11-01' + cast(number_of_day as integer) as day,
            hash(number) as a, hash(number + 1000000000) as b, hash(number + 2000000000) as c,
            number // 2 as pair, number % 2 = 0 as is_first,
            hash(pair + 3000000000) as d, d % 100 < 40 and pair * 2 % 365 <> 364 as paired
        from range($each) as contacts_of_day(each), range($first, $last) as days(number_of_day)
    ),
    chosen as (
        select
            *,
            a % 5 as partner, a // 5 % 16 as agent, case when paired then d else a end // 80 % 25 as topic,
            a // 2000 % 4 as channel,
            case when paired then 'p' || pair else 'k' || number % 40000000 end as customer,
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
        customer as customer_key, customer,
        true as identified, true as answered, seconds as handling_s, 0 as hold_s, 1 as seq, 1 as accepted_us,
        cast(floor(ln(seconds) / ln(1.05)) as smallint) as handling_bin,
        '' as case_id, false as closed_automatically, false as file_asked, false as late,
        true as return_known,
        case when paired and not is_first then 1 else 0 end as repeats,
        case when paired and is_first
            then epoch(day + 1) + (8 + hash(number + 1000000001) % 12) * 3600 end as returned_at,
        cast(c // 7 % 300 as integer) as wait_s,
        case when asked < 60 and answers < 12 then a % 3 > 0 end as guided,
        case when route < 50 then 'self_service_first' when route < 90 then 'direct' else 'unknown' end
            as route,
        case when route < 90 then 'flag' else 'none' end as route_source,
        case when route < 90 then route < 50 end as flag,
        case when asked < 60 then 'asked' else 'skipped' end as survey_state,
        case when asked < 60 then 'asked' else 'recently_asked' end as survey_reason,
        2 as outcome_us, 2 as outcome_seq,
        case when asked < 60 then 'asked' else 'skipped' end as outcome_state,
        case when asked < 60 then 'asked' else 'recently_asked' end as outcome_reason,
        true as outcome_eligible, asked < 60 as outcome_sent, asked < 60 as outcome_delivered,
        true as eligible, asked < 60 as asked, asked < 60 as sent, asked < 60 as delivered,
        case when asked < 60 and answers < 35 then 1 + mood end as score,
        case when asked < 60 and answers < 35 then 1 + mood end as live_score,
        case when asked < 60 and answers < 35 then 'sms' end as live_score_source,
        case when asked < 60 and answers < 35 then 'sms' else '' end as score_source,
        case when sells < 8 then true end as file_hit, case when sells < 8 then 49900 end as file_value_minor,
        sells < 8 as sale_known, sells < 8 as hit, 0 as sales,
        case when sells < 8 then 49900 else 0 end as value_minor,
        case when sells < 8 then 49900000 else 0 end as weighted_milli, 1 as sign
    from chosen
"""


def make(lake: Lake, contacts: int) -> None:
    """A published lake of that many facts, folded month by month by the product's own code.

    Continues where an earlier run was stopped.
    """
    version = lake.version()
    base, begun = lake.base(version.base), time.perf_counter()
    for month in _months():
        if any(place.day[:7] == month.isoformat()[:7] for place in base.places):
            continue
        with connect(memory="6GB") as connection:
            _fill(connection, month, contacts)
            base, _ = fold(lake, base, connection)
        version = Version(new_name(), int(NOW.timestamp()), base.name)
        lake.publish(version, after=lake.version())
    spent = time.perf_counter() - begun
    made = sum(place.contacts for place in base.places)
    parts = ("facts", "cubes", "rows")
    sizes = ", ".join(f"{part} {_size(lake.path / part) / 1e6:,.0f} MB" for part in parts)
    print(f"facts, cubes, rows by key and checks of {made:,} contacts: {spent:.0f} s; {sizes}")


def make_cubes(lake: Lake, contacts: int) -> None:
    """The cubes of so many contacts and nothing else: a sample of them, each counted several times.

    All but the finest cells are filled by then; of medians by topic there would be some four times as many.
    """
    for month in _months():
        version = lake.version()
        base, name = lake.base(version.base), f"{month:%Y-%m}"
        cubes = {cube: dict(base.cubes.get(cube, {})) for cube in CUBES}
        if name in cubes["by_team"]:
            continue
        base = Base(new_name(), cubes=cubes)
        with connect(memory="6GB") as connection:
            _fill(connection, month, min(contacts, SAMPLE))
            times = max(contacts // SAMPLE, 1)
            measured(connection, f"select * replace ({times} as sign) from delta")
            for cube in CUBES:
                cubes[cube][name] = f"cubes/{base.name}-{cube}-{name}.parquet"
                rows = connection.sql(f"from ({sql('cubes', cube)}) order by day, partner")
                lake.folder("cubes")
                rows.write_parquet(str(lake.path / cubes[cube][name]), compression="zstd")
        lake.keep(base)
        lake.publish(Version(new_name(), int(NOW.timestamp()), base.name), after=version)


def _fill(connection: duckdb.DuckDBPyConnection, month: date, contacts: int) -> None:
    """Table ``delta`` with a month of so many contacts a year."""
    following = (month + timedelta(days=31)).replace(day=1)
    connection.from_arrow(signed_schema().empty_table()).create("delta")
    span = {"first": (month - FIRST).days, "last": (following - FIRST).days}
    connection.execute(_FACTS, span | {"each": contacts // 365})


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
