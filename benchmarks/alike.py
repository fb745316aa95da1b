"""Weeks in which nothing differs, through the whole product: how often a page claims that something does.

    python -m benchmarks.alike [--weeks 1000] [--seed 7]

Contacts are drawn in which routes, partners, teams, topics and asking differ in nothing; agents differ by
nature, as agents do. DuckDB makes the cubes of them by the product's own SQL, a reader opens cubes and facts
as the pages do, and everything that a page claims is asked week by week: the comparison's sentences, what is
left on the same questions, groups called different, agents who ask less, drivers of the score by quarter,
and alarms year by year.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lake.duck import connect
from lake.manifest import NOTHING, Lake, Version, new_name
from metrics import Reader, Scope, open_reader
from metrics.analysis.compare import compare
from metrics.analysis.drivers import find
from metrics.analysis.ranking import standings
from metrics.analysis.response import flagged, who_answers, who_is_asked
from metrics.analysis.series import JUDGED, watched
from metrics.build import partitions
from metrics.catalog.columns import FACT
from metrics.catalog.models import definition
from metrics.inference.over_time.alarms import FALSE_ALARMS
from metrics.query.request import request
from metrics.wording import drivers as driver_words
from settings import Settings

CONTACTS, PARTNERS, TEAMS, AGENTS, TOPICS = 3000, 2, 12, 48, 8  # of a week
FIRST = date(2001, 1, 1)  # a Monday; the weeks follow one another
COMPARED = ("csat_index", "handling_time", "hit_rate")
QUARTER = 13  # weeks of which the drivers of the score are sought
EARLIER = 7  # weeks before the first that is judged
ICC = 0.03  # how much alike the contacts of one agent are
_DRAWN = """
    insert into fact by name
    select
        'c' || number as contact_id, 'api' as source, day, cast(12 as smallint) as hour,
        'partner ' || partner as partner, 'team ' || team as team, 'agent ' || agent as agent,
        case when channel = 0 then 'phone' else 'chat' end as channel, 'topic ' || topic as topic,
        case route when 0 then 'self_service_first' when 1 then 'direct' else 'unknown' end as route,
        'nb' as language, '' as customer, true as answered, seconds as handling_s,
        cast(least(floor(ln(seconds) / ln(1.05)), 300) as smallint) as handling_bin,
        case when asked then 'asked' else 'skipped' end as survey_state,
        case when asked then 'asked' else 'recently_asked' end as survey_reason,
        eligible, asked, asked as sent, asked as delivered, false as late,
        case when score > 0 then score end as score,
        case when score > 0 then 'sms' else '' end as score_source,
        true as sale_known, hit, case when hit then 49900 else 0 end as value_minor,
        case when hit then 49900000 else 0 end as weighted_milli, false as case_open, true as return_known,
        0 as repeats
    from drawn
"""


# What else a pass writes its files and sums of: nothing came but these contacts.
_REST = """
    create view target_partition as select distinct partner, day from fact;
    create view contact_key as select contact_id, partner, day from fact;
    create table session_fact (
        day date, hour smallint, channel varchar, topic varchar,
        completed boolean, followed boolean, followed_about_the_same boolean
    );
    create table queue_now (
        day date, hour smallint, partner varchar, team varchar, channel varchar,
        offered integer, answered integer, answered_within_s20 integer, abandoned integer, wait_s bigint
    );
    create table quarantine (kind varchar, key varchar, field varchar, value varchar, mended boolean);
"""


def draw(rng: np.random.Generator, weeks: int) -> dict[str, np.ndarray]:
    """The contacts of so many weeks, in columns."""
    size = weeks * CONTACTS
    week = np.repeat(np.arange(weeks), CONTACTS)
    agent = rng.integers(AGENTS, size=size)
    level = rng.normal(0, ICC**0.5, (weeks, AGENTS))[week, agent]
    mood = level + rng.normal(0, (1 - ICC) ** 0.5, size)
    eligible = rng.random(size) < 0.85
    asked = eligible & (rng.random(size) < 0.9)
    answered = asked & (rng.random(size) < 0.5)
    return {
        "number": np.arange(size),
        "on": week * 7 + rng.integers(7, size=size),
        "agent": agent,
        "team": agent % TEAMS,
        "partner": agent % TEAMS % PARTNERS,
        "topic": rng.integers(TOPICS, size=size),
        "channel": rng.integers(2, size=size),
        "route": rng.choice(3, size, p=[0.55, 0.35, 0.1]),
        "eligible": eligible,
        "asked": asked,
        "score": np.where(answered, np.clip(np.round(6.5 + 2.5 * mood), 1, 10), 0).astype(int),
        "seconds": np.round(np.exp(5.8 + 0.5 * rng.normal(size=size) + 0.1 * level)).astype(int),
        "hit": rng.random(size) < 0.1,
    }


def publish(folder: Path, columns: Mapping[str, np.ndarray]) -> Reader:
    """A lake of these contacts, cubes and facts, and a reader of it as the pages have one."""
    settings = Settings(home=folder, demo=False)
    lake = Lake(settings.lake_path)
    days = (np.datetime64(FIRST) + columns["on"]).astype("datetime64[D]")
    with connect(memory="3GB") as connection:
        connection.from_arrow(FACT.empty_table()).create("fact")
        connection.from_arrow(pa.table({**columns, "day": days})).create_view("drawn")
        connection.execute(_DRAWN)
        connection.execute(_REST)
        made = partitions.write(connection, lake, new_name())
    now = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    shards = lake.with_partitions(NOTHING, made.partitions)
    lake.publish(Version(new_name(), now, definition(), shards=shards), after=lake.version())
    return open_reader(settings, Scope.everything())


def claims(reader: Reader, week: int) -> dict[str, bool]:
    """What the pages claim of a week: differences in words, groups called different, agents flagged."""
    found: dict[str, bool] = {}
    first = FIRST + timedelta(weeks=week)
    last = first + timedelta(days=6)

    def compared(metric: str, groups: str, alike: Sequence[str]) -> Any:
        return compare(reader, request(metric, groups, None, first, last, alike=alike))

    for metric in COMPARED:
        one = compared(metric, "self_service_first", ("topic", "channel", "partner"))
        found[f"{metric}, routes"] = "No difference" not in one.sentence("en")
        within, mix = one.adjusted.split.within, one.adjusted.split.mix
        found[f"{metric}, same questions"] = not within.low <= 0 <= within.high
        found[f"{metric}, other questions"] = not mix.low <= 0 <= mix.high
        partners = compared(metric, "partner", ("topic", "channel"))
        found[f"{metric}, partners"] = "No difference" not in partners.sentence("en")
        found[f"{metric}, partners like for like"] = "No difference" not in partners.adjusted.sentence("en")
    for by in ("team", "agent", "topic"):
        for metric in ("csat", "handling_time", "hit_rate"):
            judged = standings(reader, metric, by, start=first, end=last).groups
            found[f"groups: some {by} in {metric}"] = any(one.differs for one in judged)
    agents = who_is_asked(reader, {}, last)
    found["asked: some agent asks less or more"] = bool(flagged(agents.asked))
    found["asked: some agent has fewer who can be asked"] = bool(flagged(agents.eligible))
    shift = who_answers(reader, "topic", ({}, first, last)).weighted.shift
    found["asked: weighting moves the score"] = (
        shift.low is not None and shift.high is not None and not shift.low <= 0 <= shift.high
    )
    return found


def alarms(reader: Reader, weeks: int) -> tuple[int, float]:
    """False alarms of all series, and the years they were watched for."""
    found, days = 0, 0
    end = FIRST + timedelta(weeks=weeks, days=-1)
    # Whole stretches of judged days, each with the whole history it needs before it.
    while end - timedelta(days=JUDGED + 130) >= FIRST:
        start = end - timedelta(days=JUDGED)
        raised = watched(reader, end + timedelta(days=1), until=end).alarms()
        found += sum(start < alarm.day <= end for alarm in raised)
        days += JUDGED
        end = start
    return found, days / 365.25


def drivers(reader: Reader, weeks: int) -> tuple[dict[str, int], int]:
    """In how many quarters a driver of the score is named, or has an arrow; and the quarters.

    Agents, and so teams, differ by nature here: the team is counted apart.
    """
    made = {"drivers: some named beside the team": 0, "drivers: the team named": 0, "drivers: some arrow": 0}
    quarters = range(0, weeks - QUARTER + 1, QUARTER)
    for week in quarters:
        first = FIRST + timedelta(weeks=week)
        last = first + timedelta(weeks=QUARTER, days=-1)
        found = find(reader, first, last, as_of=last + timedelta(days=30)).everybody
        named = {driver.name for driver in driver_words.leading(found.drivers)}
        made["drivers: some named beside the team"] += bool(named - {"team"})
        made["drivers: the team named"] += "team" in named
        arrows = [driver_words.direction(driver, of=len(found.drivers)) for driver in found.drivers]
        made["drivers: some arrow"] += any(arrows)
    return made, len(quarters)


def stated(claim: str) -> float:
    """What each claim may be wrong in: 10 % of whole pages of groups, else the 5 % of one interval."""
    return 0.1 if claim.startswith(("groups", "asked: some")) else 0.05


def shares(reader: Reader, weeks: Sequence[int]) -> dict[str, float]:
    """The share of weeks in which each claim is made."""
    made: dict[str, int] = defaultdict(int)
    for week in weeks:
        for name, claimed in claims(reader, week).items():
            made[name] += claimed
    return {name: count / len(weeks) for name, count in made.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--weeks", type=int, default=1000)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    begun = time.perf_counter()
    # Who is asked is judged over eight weeks: the first seven only stand before the others.
    weeks = range(EARLIER, EARLIER + given.weeks)
    with tempfile.TemporaryDirectory() as folder:
        reader = publish(Path(folder), draw(np.random.default_rng(given.seed), weeks.stop))
        print(f"{weeks.stop * CONTACTS:,} contacts in cubes after {time.perf_counter() - begun:.0f} s")
        found = shares(reader, weeks)
        made, quarters = drivers(reader, weeks.stop)
        count, years = alarms(reader, weeks.stop)
    print(f"{'claim':48} {'stated':>6} {'found':>6}   (of {given.weeks:,} weeks)")
    for name, share in found.items():
        print(f"{name:48} {stated(name):6.2f} {share:6.3f}")
    for name, often in made.items() if quarters else ():
        print(f"{name:48} {stated(name):6.2f} {often / quarters:6.3f}   (of {quarters} quarters)")
    if years:
        name = "alarms a year, all series together"
        print(f"{name:48} {FALSE_ALARMS:6.0f} {count / years:6.1f}   (of {years:.1f} years)")
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
