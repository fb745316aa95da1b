"""Dates of which a spreadsheet took the day for the month: found by what cannot be a coincidence.

A spreadsheet that reads ``03/01/2026`` in its own order makes a date of it, and leaves ``03/13/2026`` as
text since there is no thirteenth month. So the dates never have a day past the twelfth, and the texts
always do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FEW, MANY = 5, 20  # of each kind: worth a refusal; certain
NEAR = timedelta(days=31)
LAST = 12  # the day after which no month can be meant
_ISO = re.compile(r"⎖?(\d{4})-(\d\d)-(\d\d)(?!\d)")
_WRITTEN = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d\d)(?!\d)")


@dataclass(frozen=True)
class Swap:
    """What the times of a column tell of it."""

    certain: bool  # then its dates can be put right
    example: str  # a date as the file has it
    meant: str  # what it was before


def swap_of(texts: Iterable[str]) -> Swap | None:
    """Whether dates among the texts were swapped; None where nothing says so."""
    dates: dict[str, date] = {}
    written: set[tuple[int, int, int]] = set()
    for text in set(texts):
        if found := _ISO.match(text):
            if day := _date(*map(int, found.groups())):
                dates[text] = day
        elif found := _WRITTEN.match(text):
            written.add((int(found[1]), int(found[2]), int(found[3])))
    if any(day.day > LAST for day in dates.values()) or min(len(dates), len(written)) < FEW:
        return None
    day_first, month_first = (all(each[place] > LAST for each in written) for place in (0, 1))
    if day_first == month_first:
        return None
    known = [
        _date(year + 2000 if year < 100 else year, *((b, a) if day_first else (a, b)))
        for a, b, year in written
    ]
    days = sorted(day for day in known if day)
    example = min(dates)
    meant = [date(day.year, day.day, day.month) for day in dates.values()]
    near = bool(days) and all(days[0] - NEAR <= day <= days[-1] + NEAR for day in meant)
    there = all(days[0] - NEAR <= day <= days[-1] + NEAR for day in dates.values()) if days else True
    certain = near and (not there or min(len(dates), len(written)) >= MANY)
    first = dates[example]
    return Swap(certain, example.lstrip("⎖"), date(first.year, first.day, first.month).isoformat())


def never_past_twelfth(days: Iterable[date]) -> bool:
    """Whether many days of several months all lie before the thirteenth, as swapped ones do."""
    different = set(days)
    return (
        len(different) >= MANY
        and all(day.day <= LAST for day in different)
        and len({(day.year, day.month) for day in different}) > 2
        and len({day.day for day in different}) > 1
    )


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
