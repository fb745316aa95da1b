"""Drivers and reasons in words (nb, en)."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.inference.answers.drivers import Driver, Drivers
from metrics.inference.base.estimates import ALPHA
from metrics.inference.base.missing import reason_text
from metrics.wording.numbers import decimal
from texts.sentences import Names, Sentences

DRIVERS = Names("drivers_drivers")
REASONS = Names("drivers_reasons")
_TEXT = Sentences("drivers")


MOST = 3  # drivers that are named together


def sentence(found: Drivers, language: str) -> str:
    """The strongest driver with its share, or the two or three above all others; else that none is."""
    if found.reason or not found.drivers or found.explained.value is None:
        return reason_text(found.reason, language)
    text, names = _TEXT[language], []
    explained = decimal(100 * found.explained.value, 0, language)
    for driver in leading(found.drivers):
        share = [driver.share.value or 0.0, driver.share.low or 0.0, driver.share.high or 0.0]
        value, low, high = (decimal(100 * number, 0, language) for number in share)
        names.append({"name": DRIVERS[driver.name][language], "share": value, "low": low, "high": high})
    if not names:
        return text["unsure"].format(explained=explained)
    if len(names) == 1:
        return text["first"].format(**names[0], explained=explained)
    told = [text["one"].format(**one) for one in names]
    return text["together"].format(names=", ".join(told[:-1]) + text["and"] + told[-1], explained=explained)


def leading(drivers: Sequence[Driver]) -> Sequence[Driver]:
    """The fewest of the strongest, three at most, whose intervals lie above the shares of all others and who
    explain more than chance would; none where there are no such, or no others."""
    for count in range(1, min(MOST, len(drivers) - 1) + 1):
        first, rest = drivers[:count], drivers[count:]
        below = max(other.share.value or 0.0 for other in rest)
        clear = all(one.share.low is not None and one.share.low > below for one in first)
        if clear and all(surely(one, of=len(drivers)) for one in first):
            return first
    return ()


def surely(driver: Driver, *, of: int) -> bool:
    """Whether a driver explains more than chance would, allowing for ``of`` of them (Bonferroni)."""
    return driver.p is not None and driver.p * of <= ALPHA


def direction(driver: Driver, *, of: int) -> str:
    """``up`` where more of it goes with higher scores, ``down`` with lower, "" where that is not sure among
    ``of`` drivers that are shown together."""
    slope = driver.direction
    if slope is None or slope.low is None or slope.high is None or not surely(driver, of=of):
        return ""
    return "up" if slope.low > 0 else "down" if slope.high < 0 else ""
