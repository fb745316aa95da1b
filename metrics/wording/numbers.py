"""Numbers as people read them, in Norwegian (nb) and English (en)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from metrics.inference.base import thresholds
from texts.languages import read
from texts.sentences import Names

NO_BREAK = "\u00a0"
_DECIMALS = {"seconds": 0, "nok": 0, "count": 0}  # all other units have one
_UNIT = Names("numbers_unit")
UNITS = frozenset(_UNIT)


def decimal(value: float, decimals: int, language: str) -> str:
    """``1234.5`` as ``1 234,5`` (nb) or ``1,234.5`` (en), with a true minus sign."""
    marks = read(language, "formats")
    whole, _, rest = f"{abs(value):,.{decimals}f}".partition(".")
    text = whole.replace(",", marks["thousands"]) + (marks["decimal"] + rest if rest else "")
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def level(value: float, unit: str, language: str, more: int = 0) -> str:
    """A value in its unit: ``63,4 %``, ``6 min 50 s``, ``56,0``, ``320 kr``; ``more`` decimals than usual."""
    if unit == "seconds":
        return _time(value, more, language)
    if unit == "share":
        return decimal(100 * value, 1 + more, language) + str(read(language, "formats")["percent"])
    text = decimal(value, decimals(unit, [value]) + more, language)
    return f"{text}{NO_BREAK}{_UNIT[unit][language]}" if unit in {"nok", "per_thousand", "hours"} else text


def size(n: int, language: str) -> str:
    """How many there are, ``n = 1 234``; where somebody could be recognised only that there are few."""
    if 0 < n < thresholds.HIDDEN:
        return f"n under {thresholds.HIDDEN}"
    return f"n = {decimal(n, 0, language)}"


def levels(first: float, second: float, unit: str, language: str) -> tuple[str, str]:
    """Two values, with as many more decimals (up to three) as it takes to see that they differ."""
    pair = level(first, unit, language), level(second, unit, language)
    for more in range(1, 4):
        if first == second or pair[0] != pair[1]:
            break
        pair = level(first, unit, language, more), level(second, unit, language, more)
    return pair


def gap(value: float, unit: str, language: str, places: int | None = None, *, bare: bool = False) -> str:
    """A difference in its unit: ``2,3 prosentpoeng``, ``10,0 poeng``, ``−25 s``; ``bare`` drops the unit's
    name where another number with it follows."""
    places = decimals(unit, [value]) if places is None else places
    if unit == "seconds":
        return _time(value, places, language)
    text = decimal(100 * value if unit == "share" else value, places, language)
    name = "" if bare else _UNIT[unit][language]
    return f"{text}{NO_BREAK}{name}" if name else text


def decimals(unit: str, values: Iterable[float]) -> int:
    """The unit's decimals, and as many more (up to three) as keep a value other than 0 from reading 0."""
    places = _DECIMALS.get(unit, 1)
    factor = 100 if unit == "share" else 1
    smallest = min((abs(factor * value) for value in values if value), default=1.0)
    while smallest < 0.5 * 10**-places and places < _DECIMALS.get(unit, 1) + 3:
        places += 1
    return places


def _time(value: float, places: int, language: str) -> str:
    rounded = round(abs(value), places)
    if rounded < 60:
        return f"{decimal(math.copysign(rounded, value), places, language)}{NO_BREAK}s"
    minutes, seconds = divmod(round(rounded), 60)
    if minutes < 60:
        parts = [f"{minutes}{NO_BREAK}min"] + ([f"{seconds}{NO_BREAK}s"] if seconds else [])
    else:
        hours, minutes = divmod(round(rounded / 60), 60)
        if hours >= 48:
            days = decimal(value / 86400, 1, language)
            return f"{days}{NO_BREAK}{read(language, 'formats')['days']}"
        parts = [f"{hours}{NO_BREAK}{read(language, 'formats')['hour']}", f"{minutes}{NO_BREAK}min"]
    return ("−" if value < 0 else "") + NO_BREAK.join(parts)


def day(value: date, language: str) -> str:
    """``21. mai 2026`` (nb) or ``21 May 2026`` (en)."""
    from babel.dates import format_date

    return format_date(value, "long", locale=read(language, "formats")["locale"])
