"""How one measured number is put into words, with the minimum n of metrics.inference.minimum."""

from __future__ import annotations

from typing import Protocol

from metrics.inference.base import thresholds
from texts.formats import MISSING, Formats
from texts.words import Words


class Measured(Protocol):
    """A number with its n and its 95 % interval: an Estimate or a Value."""

    @property
    def n(self) -> int: ...
    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def hidden(measured: Measured) -> bool:
    """So few that a single customer could be recognised."""
    return 0 < measured.n < thresholds.HIDDEN


def enough(measured: Measured) -> bool:
    return measured.n >= thresholds.TOO_FEW and measured.value is not None


def value_text(metric: str, measured: Measured, words: Words, formats: Formats) -> str:
    """The value; or why there is none: nothing yet, hidden, too few."""
    if enough(measured):
        return formats.value(metric, measured.value)
    if measured.n == 0:
        return MISSING
    if hidden(measured):
        return words("few.hidden")
    if measured.n < thresholds.TOO_FEW:
        return words("few.too_few", n=formats.number(measured.n))
    return MISSING


def interval_text(metric: str, measured: Measured, formats: Formats) -> str:
    return formats.interval(metric, measured.low, measured.high) if enough(measured) else ""


def n_text(measured: Measured, words: Words, formats: Formats) -> str:
    if hidden(measured):
        return words("few.n_hidden", n=thresholds.HIDDEN)
    return f"n = {formats.number(measured.n)}".replace(" ", "\u00a0")
