"""Norwegian public holidays, on which a day is not like its weekday: neither judged nor learnt from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

# Christmas Eve and New Year's Eve are no holidays by law, and no ordinary days either.
_FIXED = ((1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31))
# From Palm Sunday to Whit Monday, counted from Easter Sunday (Saturday before it included).
_FROM_EASTER = (-7, -3, -2, -1, 0, 1, 39, 49, 50)


def easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian algorithm; Meeus, *Astronomical Algorithms*, 1991, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    week = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * week) // 433
    month = (h + week - 7 * m + 90) // 25
    return date(year, month, (h + week - 7 * m + 33 * month + 19) % 32)


def holidays(years: Iterable[int]) -> frozenset[date]:
    """Every holiday of the years, Sundays that are holidays by themselves included."""
    found: set[date] = set()
    for year in years:
        found.update(date(year, month, day) for month, day in _FIXED)
        found.update(easter(year) + timedelta(days=away) for away in _FROM_EASTER)
    return frozenset(found)


def between(first: date, last: date) -> frozenset[date]:
    """Holidays of the years from one day to another."""
    return holidays(range(first.year, last.year + 1))
