"""Compare the published facts with the store, day by day, and mark what differs dirty.

A snapshot that never reached the log, or a fact that lost it, shows here: both sides count the contacts by
state, the messages that were sent and delivered, and the scores with their sum.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from lake.duck import connect
from lake.facts import create_view
from lake.manifest import Lake, Partition, Version, new_name
from metrics.catalog.columns import FACT

MEMORY = "1GB"


class Total(Protocol):
    """What the store counts of one local day and state; see ``store.totals``."""

    @property
    def day(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def contacts(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def delivered(self) -> int: ...
    @property
    def scored(self) -> int: ...
    @property
    def score_sum(self) -> int: ...


class Difference(NamedTuple):
    """A local day and state of which the store and the published facts do not say the same.

    The counts are contacts, sent, delivered, scored and the sum of the scores.
    """

    day: str
    state: str
    stored: tuple[int, ...]
    published: tuple[int, ...]


_NOTHING = (0, 0, 0, 0, 0)
_PUBLISHED = """
    select
        cast(day as varchar) as day, survey_state as state, count(*) as contacts,
        count(*) filter (sent) as sent, count(*) filter (delivered) as delivered,
        count(score) filter (score_source <> 'imported') as scored,
        coalesce(sum(score) filter (score_source <> 'imported'), 0)::bigint as score_sum
    from fact
    where survey_state <> 'not_asked'
    group by all
"""


def differences(
    lake: Lake, version: Version, totals: Sequence[Total], changing: Collection[str] = ()
) -> list[Difference]:
    """Return the days and states that differ, oldest first.

    Only days of which the store has contacts are compared: it may have been begun later than the lake. Days
    that are dirty or ``changing`` (ISO text) are left for the next comparison.
    """
    stored = {
        (total.day, total.state): (
            total.contacts, total.sent, total.delivered, total.scored, total.score_sum
        )
        for total in totals
    }  # fmt: skip
    left = {key.day for key in version.dirty} | {*changing, ""}
    days = {day for day, _ in stored} - left
    compared = [
        each for key, each in lake.partitions(version).items() if key.table == "contact" and key.day in days
    ]
    published = _published(lake, version, compared)
    return [
        Difference(day, state, ours, theirs)
        for day, state in sorted({*stored, *published})
        if day in days
        and (ours := stored.get((day, state), _NOTHING)) != (theirs := published.get((day, state), _NOTHING))
    ]


def _published(
    lake: Lake, version: Version, partitions: Sequence[Partition]
) -> dict[tuple[str, str], tuple[int, ...]]:
    with connect(memory=MEMORY) as connection:
        create_view(connection, "fact", lake, version, partitions=partitions, columns=FACT)
        rows = connection.execute(_PUBLISHED).fetchall()
    return {(day, state): tuple(counts) for day, state, *counts in rows}


def mark_dirty(lake: Lake, days: Collection[str], now: int) -> None:
    """Publish a version in which every partition of some local days (ISO text) is dirty."""
    version = lake.version()
    dirty = {key for key in lake.partitions(version) if key.table == "contact" and key.day in days}
    following = replace(
        version,
        name=new_name(),
        dirty=tuple(sorted({*version.dirty, *dirty})),
        dirty_since=version.dirty_since or now,
    )
    lake.publish(following, after=version)
