"""Norwegian public holidays, on which a day is not like its weekday: neither judged nor learnt from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from dateutil.easter import easter

# Christmas Eve and New Year's Eve are no holidays by law, and no ordinary days either.
_FIXED = ((1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31))
# From Palm Sunday to Whit Monday, counted from Easter Sunday (Saturday before it included).
_FROM_EASTER = (-7, -3, -2, -1, 0, 1, 39, 49, 50)


def holidays(years: Iterable[int]) -> frozenset[date]:
    """Every holiday of the years, Sundays that are holidays by themselves included."""
    days: set[date] = set()
    for year in years:
        days.update(date(year, month, day) for month, day in _FIXED)
        days.update(easter(year) + timedelta(days=offset) for offset in _FROM_EASTER)
    return frozenset(days)


def between(first: date, last: date) -> frozenset[date]:
    """Holidays of the years from one day to another."""
    return holidays(range(first.year, last.year + 1))
