"""The bins of times, as a relation of the models."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from metrics.inference.base.stats import time_bin

# Talk, hold and wrap-up have at most a day each.
LONGEST_S = 3 * 86_400
# Cases take longer; from there on whole hours are fine enough, and beyond ten years nobody asks.
LONGEST_CASE_S = 10 * 365 * 86_400


@cache
def time_bins() -> pa.Table:
    """Relation ``time_bin``: the bin of every time in whole seconds, beyond three days in whole hours.

    A table rather than a formula: engines do not round logarithms alike.
    """
    seconds = [*range(LONGEST_S + 1), *range(LONGEST_S + 3600, LONGEST_CASE_S + 1, 3600)]
    bins = [time_bin(second) for second in seconds]
    return pa.table({"seconds": pa.array(seconds, pa.int32()), "bin": pa.array(bins, pa.int16())})
