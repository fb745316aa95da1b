"""Many tests at once: how many of the findings may be false."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def adjusted_p(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's adjusted p (JRSS B 57, 1995): calling all with a value ≤ q a finding keeps the
    expected share of false ones at q or below."""
    given = np.asarray(p, dtype=float)
    order = np.argsort(given)[::-1]
    rank = np.arange(len(given), 0, -1)
    raised = np.minimum.accumulate(given[order] * len(given) / rank) if len(given) else given
    found = np.empty(len(given))
    found[order] = np.minimum(raised, 1.0)
    return found
