"""Shares over strata, also when the strata are many and small, or the hits few."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.inference.base import missing
from metrics.inference.base.estimates import ALPHA, z_quantile
from metrics.inference.base.results import Difference
from metrics.inference.base.stats import ShareStats
from metrics.inference.compare.score_limits import Tables, agreeing, cmh_p, score_limits, share_p


def mantel_haenszel(tables: Sequence[tuple[ShareStats, ShareStats]], *, alpha: float = ALPHA) -> Difference:
    """The common difference of shares, first − second; ``effect`` is the common odds ratio.

    Estimate of Mantel and Haenszel with stratified score limits, see
    :func:`metrics.inference.compare.score_limits.score_limits`, which hold for few large as for many small
    strata and
    for few hits. p is the Cochran–Mantel–Haenszel test without continuity correction (JNCI 22, 1959), or the
    exact test where hits are rare; the interval holds 0 wherever p does not reject it. Strata with one group
    only carry no weight.
    """
    sizes = [sum(pair[g].n for pair in tables) for g in (0, 1)]
    if not all(sizes):
        return Difference.missing(missing.ONE_SIDED if sum(sizes) else missing.NO_DATA)
    kept = Tables.of(tables)
    if not len(kept.n1):
        return Difference.missing(missing.NO_SUPPORT)
    n, weights = kept.n1 + kept.n2, kept.mantel_haenszel
    gap = float(weights @ (kept.a / kept.n1 - kept.c / kept.n2))
    odds_below = float((kept.c * (kept.n1 - kept.a) / n).sum())
    odds_ratio = float((kept.a * (kept.n2 - kept.c) / n).sum()) / odds_below if odds_below else None
    if cmh_p(kept) is None:
        return Difference(gap, None, None, None, None, None, odds_ratio, missing.NO_SPREAD)
    low, high = score_limits(kept, weights, z_quantile(1 - alpha / 2))
    return agreeing(Difference(gap, low, high, None, None, share_p(kept), odds_ratio), alpha)
