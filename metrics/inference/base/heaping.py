"""Times told to the minute: a bin that holds all of them does not say where in it they lie."""

from __future__ import annotations

import numpy as np

from metrics.inference.base.stats import BIN_WIDTH

AROUND = 4  # bins on either side that are looked at
UNEVEN = 0.02  # squared coefficient of variation beyond chance, from which bins are heaps
SURE = 16.8  # χ² with 6 degrees of freedom exceeds it once in a hundred


def heaped(bins: np.ndarray, counts: np.ndarray, at: int) -> bool:
    """Whether counts of the bins about bin ``at`` jump up and down more than chance lets them.

    Against a parabola through the nine bins (as the heaping indices of demography hold each age against its
    neighbours; Shryock and Siegel, *The Methods and Materials of Demography*, 1976). Below one second there
    is a single bin, which is always a heap.
    """
    if at < 0:
        return True
    window = np.arange(at - AROUND, at + AROUND + 1)
    near = (bins >= window[0]) & (bins <= window[-1]) & (bins >= 0)
    seen = np.zeros(len(window))
    seen[bins[near] - window[0]] = counts[near]
    seen = seen[window >= 0]
    if len(seen) < 5:
        return True
    x = np.arange(len(seen), dtype=float) - len(seen) // 2
    basis = np.stack([np.ones_like(x), x, x * x], axis=1)
    smooth = np.maximum(basis @ np.linalg.lstsq(basis, seen, rcond=None)[0], 0.5)
    squares = (seen - smooth) ** 2
    uneven = (squares.sum() - seen.sum()) / float((smooth**2).sum())
    return bool(uneven > UNEVEN and (squares / smooth).sum() > SURE)


def lower_edge(at: int) -> float:
    """The least time of a bin, in seconds."""
    return float(BIN_WIDTH**at) if at >= 0 else 0.0


def upper_edge(at: int) -> float:
    """The end of a bin, in seconds."""
    return float(BIN_WIDTH ** (at + 1)) if at >= 0 else 1.0
