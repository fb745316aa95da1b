"""Statistics: pure functions from frozen sums to frozen results with a reason. No frame, no connection."""

from __future__ import annotations

from metrics.inference.differences import difference
from metrics.inference.estimates import INDEX, estimate
from metrics.inference.reasons import reason_text
from metrics.inference.results import Difference, Estimate, from_json, to_json
from metrics.inference.stats import (
    MeanStats,
    RateStats,
    RatioStats,
    ScoreStats,
    ShareStats,
    Stats,
    TimeBins,
    time_bin,
)
from metrics.inference.superiority import superiority
from metrics.inference.verdict import Labels, verdict

__all__ = [
    "INDEX",
    "Difference",
    "Estimate",
    "Labels",
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
    "verdict",
]
