"""Statistics: pure functions from frozen sums to frozen results with a reason. No frame, no connection."""

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
from metrics.wording.verdict import Labels, verdict

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
