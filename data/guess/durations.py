"""Units of durations that no name tells, where other columns of the file do."""

from __future__ import annotations

from data.files.mapping import UNITS
from data.files.profile import Column
from data.guess.overlaps import declared, seconds
from data.guess.times.times import Moment
from data.guess.values import quoted, table
from texts.messages import Said, say

FEW = 3  # rows, below which nothing is concluded
NEARLY_ALL = 0.9  # of the rows: a ticket may be open for any time, which must not look like a unit
LEAST, MOST = 0.9, 3.0  # from beginning to end, of what the work took: the rest is waiting
_KNOWN = ("seconds", "minutes", "hours", "milliseconds")


def settle(
    found: dict[str, Column], lines: dict[str, str], told: dict[str, list[Said]], times: list[Moment]
) -> None:
    """Put right the units that were only assumed, as the times or the total have them."""
    for name in ("handling_s", "talk_s"):
        if _is_assumed(name, told) and (unit := _by_times(found[name], times)):
            _state(name, unit, found[name], lines, told)
    for name in ("talk_s", "hold_s", "wrap_s"):
        if _is_assumed(name, told) and "handling_s" in lines and _is_too_long(name, found, lines):
            _state(name, "seconds", found[name], lines, told)


def _is_assumed(name: str, told: dict[str, list[Said]]) -> bool:
    return any(doubt.code == "doubt.unit" for doubt in told.get(name, []))


def _by_times(column: Column, times: list[Moment]) -> str | None:
    """The unit in which the durations fill the time from beginning to end."""
    clocks = [each for each in times if each.has_clock and not each.to_the_minute]
    by_role = {each.role: each for each in reversed(clocks)}
    start, end = by_role.get("answered") or by_role.get("offered"), by_role.get("ended")
    if start is None or end is None or len(column.numbers) != len(column.cells):
        return None
    passed = [
        (b - a).total_seconds() if a and b else 0.0 for a, b in zip(start.times, end.times, strict=True)
    ]
    shares = [gap / number for gap, number in zip(passed, column.numbers, strict=True) if gap > 0 < number]
    for unit in _KNOWN:
        fits = sum(LEAST <= share / UNITS[unit] <= MOST for share in shares)
        if len(shares) >= FEW and fits >= NEARLY_ALL * len(shares):
            return unit
    return None


def _is_too_long(name: str, found: dict[str, Column], lines: dict[str, str]) -> bool:
    """Whether a part in its unit is mostly more than the whole."""
    part, whole = (seconds(found[each], lines[each]) for each in (name, "handling_s"))
    rows = [(a, b) for a, b in zip(part, whole, strict=True) if a and b]
    return len(rows) >= FEW and 2 * sum(a > b for a, b in rows) > len(rows)


def _state(name: str, unit: str, column: Column, lines: dict[str, str], told: dict[str, list[Said]]) -> None:
    kept = {key: value for key, value in declared(lines[name]).items() if key in {"decimal", "thousands"}}
    marks = {key: quoted(value) for key, value in kept.items()}
    lines[name] = table(column.name, unit="" if unit == "seconds" else quoted(unit), **marks)
    told[name] = [
        say(doubt.code, **{**doubt.values, "unit": unit}) if doubt.code == "doubt.unit" else doubt
        for doubt in told[name]
    ]
