"""Alarms: a day out of the ordinary, or a level that has moved, with a stated number of false ones a year."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy.special import ndtri

from metrics.inference.over_time.baseline import Expected, Series, expect

SPIKE, SHIFT = "spike", "shift"
FALSE_ALARMS = 12.0  # a year, over all series together
ALLOWANCE = 0.5  # k of the CUSUM: half the shift, in standard deviations, that it is best at
QUIET_DAYS = 3  # in a row, after which an alarm is over
TOGETHER = 3  # days between alarms that may have one cause
# How far an estimated baseline is off, in standard deviations: 13 days for each of seven weekdays.
_DRIFT = 1 / math.sqrt(13 * 7)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


@dataclass(frozen=True)
class Alarm:
    """One alarm. ``since`` is the first day of a shift (of a spike: its day), ``closed`` the day it was over.

    ``low``–``high`` is what the day was expected to lie within. ``key`` stays the same when the alarm is
    found again, so that acknowledging it lasts.
    """

    key: str
    series: str
    kind: str
    direction: str
    day: date
    since: date
    value: float
    expected: float
    low: float
    high: float
    z: float
    bad: bool
    full: bool
    dims: tuple[tuple[str, str], ...]
    closed: date | None = None


@dataclass(frozen=True)
class Cause:
    """Alarms that may have one cause: close in time, and alike in topic, channel or partner.

    ``shared`` is what all of them have in common; the first alarm is the strongest. An alarm of the whole
    (without any ``dims``) belongs to the strongest of its parts that moved with it.
    """

    shared: tuple[tuple[str, str], ...]
    alarms: tuple[Alarm, ...]
    full: bool


@dataclass(frozen=True)
class Limits:
    """|z| of a spike and h of the CUSUM."""

    spike: float
    shift: float


def limits(series: int, false_alarms: float = FALSE_ALARMS) -> Limits:
    """Limits that give ``false_alarms`` a year over that many series, half spikes and half shifts.

    The CUSUM's run length is Siegmund's approximation (*Sequential Analysis*, 1985), averaged over how far
    an estimated baseline may be off. In both directions, every day of the year.
    """
    each = false_alarms / max(series, 1) / 2 / 365.25
    spike = -float(ndtri(min(each, 0.5) / 2))
    low, high = 1.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _shift_rate(middle) > each else (low, middle)
    return Limits(spike, high)


def detect(
    series: Sequence[Series],
    *,
    false_alarms: float = FALSE_ALARMS,
    holidays: Collection[date] = (),
    since: date | None = None,
) -> tuple[Alarm, ...]:
    """Alarms of all series, latest first; ``since`` leaves out those that were closed before it.

    A CUSUM (Page, Biometrika 41, 1954) with k = .5 beside the limit for single days. While an alarm is
    open, none of the same series and direction is added.
    """
    bounds = limits(len(series), false_alarms)
    found = [alarm for one in series for alarm in _of_series(one, bounds, holidays)]
    if since is not None:
        found = [a for a in found if a.closed is None or a.closed >= since]
    return tuple(sorted(found, key=lambda a: (a.day, abs(a.z), a.key), reverse=True))


def group(alarms: Sequence[Alarm]) -> tuple[Cause, ...]:
    """Alarms by cause, the strongest cause first."""
    whole = [alarm for alarm in alarms if not alarm.dims]
    left = sorted((alarm for alarm in alarms if alarm.dims), key=lambda a: (a.since, a.key))
    groups: list[list[Alarm]] = []
    for alarm in left:
        near = [g for g in groups if any(_related(alarm, other) for other in g)]
        merged = [alarm, *(other for g in near for other in g)]
        groups = [g for g in groups if g not in near] + [merged]
    for alarm in whole:
        # The strongest of its parts that moved with it is why the whole has moved.
        parts = [g for g in groups if any(_part_of(alarm, other) for other in g)]
        if parts:
            max(parts, key=lambda g: max(abs(other.z) for other in g)).append(alarm)
        else:
            groups.append([alarm])
    causes = []
    for members in groups:
        ordered = sorted(members, key=lambda a: (-abs(a.z), a.key))
        dims = [set(a.dims) for a in ordered if a.dims] or [set()]
        shared = dims[0].intersection(*dims[1:])
        causes.append(Cause(tuple(sorted(shared)), tuple(ordered), any(a.full for a in ordered)))
    return tuple(sorted(causes, key=lambda c: (not c.full, -abs(c.alarms[0].z), c.alarms[0].key)))


def _of_series(series: Series, bounds: Limits, holidays: Collection[date]) -> list[Alarm]:
    day = expect(series, holidays=holidays)
    found: list[Alarm] = []
    for sign, direction in ((1, "up"), (-1, "down")):
        current: Alarm | None = None
        sum_, start, quiet = 0.0, 0, 0
        for i in np.flatnonzero(~np.isnan(day.z)):
            z = sign * float(day.z[i])
            if series.unfinished and i == len(series.total) - 1:
                # What is there may only become more: a count too high for a whole day is so already.
                if current is None and sign > 0 and series.kind == "count" and z > bounds.spike:
                    current = _alarm(
                        series, day, bounds, direction=direction, kind=SPIKE, at=int(i), first=int(i)
                    )
                break
            start = int(i) if sum_ == 0 else start
            sum_ = max(0.0, sum_ + z - ALLOWANCE)
            kind = SPIKE if z > bounds.spike else SHIFT if sum_ > bounds.shift else ""
            if sum_ > bounds.shift:
                sum_ = 0.0
            if current is not None:
                quiet = quiet + 1 if z < 1 else 0
                if quiet >= QUIET_DAYS:
                    found.append(replace(current, closed=series.day(int(i))))
                    current, sum_ = None, 0.0
            elif kind:
                first = start if kind == SHIFT else int(i)
                current = _alarm(series, day, bounds, direction=direction, kind=kind, at=int(i), first=first)
                quiet = 0
        if current is not None:
            found.append(current)
    return found


def within(series: Series, day: Expected, at: int, bounds: Limits) -> tuple[float, float]:
    """What a day was expected to lie within; NaN where nothing was expected."""
    wide = bounds.spike * float(day.sd[at])
    low, high = float(day.expected[at]) - wide, float(day.expected[at]) + wide
    if series.kind in {"count", "share"}:
        low = max(low, 0.0)
    return low, min(high, 1.0) if series.kind == "share" else high


def _alarm(
    series: Series, day: Expected, bounds: Limits, *, direction: str, kind: str, at: int, first: int
) -> Alarm:
    low, high = within(series, day, at, bounds)
    bad = series.bad in {direction, "both"}
    return Alarm(
        f"{series.name}|{kind}|{direction}|{series.day(first).isoformat()}",
        series.name,
        kind,
        direction,
        series.day(at),
        series.day(first),
        float(day.value[at]),
        float(day.expected[at]),
        low,
        high,
        float(day.z[at]),
        bad,
        series.full and bad,
        series.dims,
    )


def measure(series: str) -> str:
    """What a series measures: its name without what it is cut by."""
    return series.partition("|")[0]


def _part_of(whole: Alarm, part: Alarm) -> bool:
    same = measure(whole.series) == measure(part.series) and whole.direction == part.direction
    return same and bool(part.dims) and _near(whole, part)


def _near(one: Alarm, other: Alarm) -> bool:
    return abs((one.since - other.since).days) <= TOGETHER or abs((one.day - other.day).days) <= TOGETHER


def _related(one: Alarm, other: Alarm) -> bool:
    if not _near(one, other):
        return False
    a, b = dict(one.dims), dict(other.dims)
    # A topic tells most; alarms of different topics are different causes even with one partner.
    common = [name for name in a if name in b]
    return bool(common) and all(a[name] == b[name] for name in common)


def _shift_rate(h: float) -> float:
    """False alarms per day of a CUSUM in both directions, averaged over the baseline's own error."""
    rates = []
    for error in _DRIFT * _NODES:
        away = ALLOWANCE - error
        b = 2 * away * (h + 1.166)
        length = (math.exp(b) - b - 1) / (2 * away**2) if abs(away) > 1e-6 else (h + 1.166) ** 2
        rates.append(2 / length)
    return float(_WEIGHTS @ np.array(rates) / _WEIGHTS.sum())
