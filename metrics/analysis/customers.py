"""Customers as clusters: contacts of one customer are alike. They are too many to list, so the facts are
scanned and SQL sums what each customer adds to the noise of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from metrics.inference import Difference, Estimate
from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.clustered.strata import linearised
from metrics.inference.compare.kitagawa import tables_of
from metrics.inference.compare.quantiles import compare_quantiles, contributions, noise, standardised
from metrics.inference.compare.strata import Cell, arrays, measured, stratum_weights
from metrics.query.reader import Reader
from metrics.query.request import Request
from metrics.query.sums import scale_of

Pairs = Mapping[Cell, tuple[Any, Any]]  # the sums of the first and the second group, by stratum
Compared = tuple[Estimate, Estimate, Difference, tuple[int, int]]


def compared(reader: Reader, asked: Request, names: tuple[str, str], strata: Pairs, weights: str) -> Compared:
    """Both groups and their difference with customers as clusters, over strata with the given weights; and
    how many customers each group has.

    Linearisation: a contact of stratum s with value x adds w/n·(x − m) to its group's mean (for a quantile
    w/n·(1{below} − p)), and the squares of the customers' sums are the noise.
    """
    entry = asked.metric
    shared = {cell: pair for cell, pair in strata.items() if all(map(measured, pair))}
    columns = None if entry.kind == "quantile" else arrays(shared)
    n = [[pair[g].n for pair in shared.values()] for g in (0, 1)]
    w = stratum_weights(np.array(n, dtype=float), weights or "pooled")
    rows: list[tuple[tuple[str, ...], float, float]] = []
    if columns is None:
        groups = standardised(list(shared.values()), w)
        added = [contributions(one, entry.q) for one in groups]
        for g, name in enumerate(names):
            for s, cell in enumerate(shared):
                for k, bin_ in enumerate(groups[g].bins):
                    rows.append(((name, *cell, str(bin_)), float(added[g][s, k]), 0.0))
    else:
        for g, name in enumerate(names):
            for s, cell in enumerate(shared):
                each = float(w[s] / columns.n[g, s])
                rows.append(((name, *cell), -each * float(columns.mean[g, s]), each))
    sums, counts, shared_customers = reader.customer_noise(asked, names, rows)
    if min(counts[:2]) < 2:
        missing = Difference.missing(reasons.TOO_FEW_CLUSTERS)
        empty = [Estimate(sum(size), None, None, None, missing.reason) for size in n]
        return empty[0], empty[1], missing, counts[:2]
    if columns is None:
        spread = noise(sums, counts, shared=shared_customers)
        return *compare_quantiles(groups, spread, entry.q, fixed_start=asked.fixed_start), counts[:2]
    values = float(w @ columns.mean[0]), float(w @ columns.mean[1])
    found = linearised(
        values,
        sums,
        counts,
        (sum(n[0]), sum(n[1])),
        len(shared),
        shared=shared_customers,
        tables=tables_of(columns) if columns.shares else None,
        looked_at=sum(map(sum, n))
        if asked.fixed_start and min(map(sum, n)) >= thresholds.ALWAYS_VALID
        else 0,
        weights=w,
        scale=scale_of(entry),
    )
    return *found, counts[:2]
