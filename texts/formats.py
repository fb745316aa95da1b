"""Numbers, times and days as a Norwegian (or an English) reader expects them.

At most three significant digits in text; downloads carry every digit. What is missing is a dash, never a
zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from texts.languages import read

MISSING = "–"
MINUS = "\u2212"
NBSP = "\u00a0"  # within one quantity, so that a line never breaks inside it


@dataclass(frozen=True)
class Formats:
    """Writes values in one language; times are shown in ``zone``.

    ``unit_of`` gives the unit of a metric (share, seconds, nok, score, index …) by its name.
    """

    language: str
    zone: ZoneInfo
    unit_of: Callable[[str], str]

    @property
    def date_input(self) -> str:
        """How a day is written where it is typed in."""
        return str(self._marks["date_input"])

    @property
    def plotly_day(self) -> str:
        """The same, as Plotly's hover wants it."""
        return self.date_input.replace("DD", "%d").replace("MM", "%m").replace("YYYY", "%Y")

    @property
    def plotly_separators(self) -> str:
        return f"{self._marks['decimal']}{self._marks['thousands']}"

    @property
    def percent(self) -> str:
        return str(self._marks["percent"])

    @property
    def _marks(self) -> Mapping[str, Any]:
        return read(self.language, "formats")

    @property
    def _locale(self) -> Locale:
        return _locale(self.language)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """``12345`` as ``12 345`` (nb) or ``12,345`` (en)."""
        if value is None or math.isnan(value):
            return MISSING
        # Rounding may leave a negative zero, which reads as a fall that is not there.
        return _number(round(value, decimals) + 0.0, decimals, self.language)

    def rounded(self, value: float | None) -> str:
        """A whole number with three significant digits, for what is estimated: ``19014`` as ``19 000``."""
        if value is None or math.isnan(value):
            return MISSING
        beyond = len(str(abs(round(value)))) - 3
        return self.number(round(value, -max(beyond, 0)))

    def share(self, value: float | None, decimals: int | None = None) -> str:
        """``0.63`` as ``63 %`` (nb) or ``63%`` (en); shares under 20 % get one decimal."""
        if value is None or math.isnan(value):
            return MISSING
        if decimals is None:
            decimals = 1 if 0 < abs(value) < 0.1995 else 0
        return self.number(value * 100, decimals) + self.percent

    def duration(self, seconds: float | None) -> str:
        """``320`` as ``5 min 20 s``; from one hour on ``1 t 5 min`` (nb) or ``1 h 5 min`` (en)."""
        if seconds is None or math.isnan(seconds):
            return MISSING
        whole = round(abs(seconds))
        sign = MINUS if seconds < 0 and whole else ""
        hours, rest = divmod(whole, 3600)
        minutes, left = divmod(rest, 60)
        hour = str(self._marks["hour"])
        if hours:
            parts = [f"{self.number(hours)}{NBSP}{hour}", *([f"{minutes}{NBSP}min"] if minutes else [])]
        else:
            parts = [*([f"{minutes}{NBSP}min"] if minutes else []), *([f"{left}{NBSP}s"] if left else [])]
        return sign + NBSP.join(parts or [f"0{NBSP}s"])

    def value(self, metric: str, value: float | None) -> str:
        """A metric's value in its own unit."""
        of = self.unit_of(metric)
        if of == "share":
            return self.share(value)
        if of == "seconds":
            return self.duration(value)
        decimals = 0 if of in ("nok", "hours") and abs(value or 0) >= 100 else 1
        text = self.number(value, decimals)
        # Money and scores say what they are by what stands beside them; hours and rates do not.
        name = {"hours": str(self._marks["hour"]), "per_thousand": "‰"}.get(of)
        return f"{text}{NBSP}{name}" if name and text != MISSING else text

    def difference(self, metric: str, value: float | None) -> str:
        """A signed difference; shares in percentage points."""
        if value is None or math.isnan(value):
            return MISSING
        if self.unit_of(metric) == "share":
            text = f"{self.number(value * 100, 1)}{NBSP}{self._marks['points']}"
        else:
            text = self.value(metric, value)
        moved = any(character in "123456789" for character in text)
        return text if text.startswith(MINUS) or not moved else f"+{text}"

    def interval(self, metric: str, low: float | None, high: float | None) -> str:
        """``55,7–56,8``, the unit once at the end where it is the same; empty when there is none."""
        if low is None or high is None:
            return ""
        if self.unit_of(metric) == "share":
            decimals = 1 if high < 0.1995 or (high - low) < 0.02 else 0
            left, right = self.share(low, decimals), self.share(high, decimals)
            return f"{left.rstrip('%').rstrip(NBSP)}–{right}"
        dash = " – " if self.unit_of(metric) == "seconds" else "–"
        return f"{self.value(metric, low)}{dash}{self.value(metric, high)}"

    def difference_interval(self, metric: str, low: float | None, high: float | None) -> str:
        """``−10,7 til −9,3``: a dash between signed numbers cannot be read."""
        if low is None or high is None:
            return ""
        return f"{self.difference(metric, low)} {self._marks['to']} {self.difference(metric, high)}"

    def clock(self, moment: datetime) -> str:
        """``kl. 14.05`` (nb) or ``14:05`` (en), in local time."""
        local = moment.astimezone(self.zone)
        # Not by strftime, which drops what the process's own locale cannot write.
        return str(self._marks["clock"]).format(hour=f"{local:%H}", minute=f"{local:%M}")

    def moment(self, moment: datetime) -> str:
        """Day and time, ``22. nov. kl. 14.05``."""
        return f"{self.day(moment.astimezone(self.zone).date())} {self.clock(moment)}"

    def day(self, day: date, *, year: bool = False) -> str:
        """``22. nov.`` (nb) or ``22 Nov`` (en)."""
        pattern = self._marks["day"] + (" y" if year else "")
        return format_date(day, pattern, locale=self._locale).replace(" ", NBSP)

    def long_day(self, day: date) -> str:
        """``søndag 22. november``."""
        pattern = self._marks["long_day"]
        return format_datetime(datetime(day.year, day.month, day.day), pattern, locale=self._locale)  # noqa: DTZ001

    def period(self, first: date, last: date) -> str:
        """``26. okt. – 22. nov. 2026``; one day alone where both are the same."""
        if first == last:
            return self.day(first, year=True)
        return f"{self.day(first, year=first.year != last.year)} – {self.day(last, year=True)}"


@lru_cache(maxsize=16_384)
def _number(value: float, decimals: int, language: str) -> str:
    # The same numbers are written for every viewer, and Babel reads its pattern anew each time.
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=_locale(language)).replace("-", MINUS)


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(read(language, "formats")["locale"])
