"""What differs inside an alarm: the parts and the words that set its days apart from those before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from metrics.analysis import comments as remarks
from metrics.inference.answers.comments import says_something
from metrics.inference.answers.distinctive import Distinct, Excess, excesses
from metrics.inference.over_time.alarms import Cause
from metrics.inference.over_time.baseline import LEFT_OUT, WEEKS
from metrics.query.reader import Reader
from settings import Settings

PARTS = ("topic", "partner", "channel")
LONGEST = timedelta(days=6)


@dataclass(frozen=True)
class Inside:
    """Excess contacts by topic, partner or channel, and words by how much more frequent they are than before;
    ``comments`` are how many were read, of the days and of those before."""

    parts: dict[str, tuple[Excess, ...]]
    words: tuple[Distinct, ...] = ()
    comments: tuple[int, int] = (0, 0)


def inside(
    reader: Reader, settings: Settings, dims: tuple[tuple[str, str], ...], first: date, last: date
) -> Inside:
    """What rose on the days from ``first`` to ``last`` among the contacts of ``dims``, against the same
    weekdays of the baseline, and which words against all its days.

    One query of the cubes for each part; the comments scan the facts of those weeks.
    """
    where = {dim: [value] for dim, value in dims}
    weekdays = {(first + timedelta(days=i)).isoweekday() for i in range((last - first).days + 1)}
    until = first - timedelta(days=LEFT_OUT + 1)
    since = until - timedelta(weeks=WEEKS) + timedelta(days=1)
    parts = {}
    for part in PARTS:
        if part in where:
            continue
        now = _counts(reader, part, where, (first, last), weekdays)
        before = _counts(reader, part, where, (since, until), weekdays)
        if not before[1]:
            continue
        found = excesses(now[0], {k: float(v) for k, v in before[0].items()}, now[1] / before[1])
        parts[part] = tuple(excess for excess in found if excess.name)
    given = remarks.remarks(settings, reader.scope, since, last, dict(dims))
    telling = [remark for remark in given if says_something(remark.text)]
    words, sizes = remarks.words_of_days(telling, first, last, apart=timedelta(days=LEFT_OUT))
    return Inside(parts, words, sizes)


def days_of(cause: Cause, today: date) -> tuple[date, date]:
    """The days of a cause that are looked into: of a lasting change its first week."""
    first = min(alarm.since for alarm in cause.alarms)
    last = min(max(alarm.day for alarm in cause.alarms), first + LONGEST, today)
    return first, max(first, last)


def _counts(
    reader: Reader, part: str, where: dict[str, list[str]], span: tuple[date, date], weekdays: set[int]
) -> tuple[dict[str, int], int]:
    """Contacts by part on days of these weekdays, and how many such days have any contact."""
    counts: dict[str, int] = {}
    seen = set()
    for group in reader.groups([], ["day", part], where, *span):
        day = date.fromisoformat(group.key[0])
        if day.isoweekday() in weekdays:
            seen.add(day)
            counts[group.key[1]] = counts.get(group.key[1], 0) + group.contacts
    return counts, len(seen)
