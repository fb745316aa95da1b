"""Statistics: pure functions.

In: frozen sums (``MeanStats``, ``ShareStats``, ``TimeBins``, …), never a frame or a connection.
Out: frozen results with their interval, or None with the reason why a number is missing.
Imports numpy, scipy and nothing of the house: neither queries nor words.
"""

from __future__ import annotations

from metrics.inference.base.estimates import INDEX, estimate
from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import Difference, Estimate, from_json, to_json
from metrics.inference.base.stats import (
    MeanStats,
    RateStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
    time_bin,
)
from metrics.inference.compare.differences import difference
from metrics.inference.compare.superiority import superiority

__all__ = [
    "INDEX",
    "Difference",
    "Estimate",
    "MeanStats",
    "RateStats",
    "RatioStats",
    "ScoreStats",
    "ShareStats",
    "Stats",
    "TimeBins",
    "difference",
    "estimate",
    "from_json",
    "reason_text",
    "superiority",
    "time_bin",
    "to_json",
]
