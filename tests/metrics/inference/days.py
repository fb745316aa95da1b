"""Days of made-up series, for the tests of what is expected and of alarms."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

from datetime import date

import numpy as np

from metrics.inference.over_time.baseline import Series

START = date(2025, 1, 6)
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.0, 0.5, 0.4])


def counts(rng: np.random.Generator, mean: float, alpha: float, days: int) -> np.ndarray:
    mu = mean * WEEK[np.arange(days) % 7]
    return rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mu)) if alpha else rng.poisson(mu)


def count_series(values: np.ndarray, name: str = "contacts", **options) -> Series:
    return Series(name, "count", START, tuple(map(float, values)), **options)


def score_series(
    rng: np.random.Generator, mean: float, per_day: float, days: int, name: str = "csat"
) -> Series:
    n = rng.poisson(per_day * WEEK[np.arange(days) % 7])
    days_ = [np.clip(np.round(rng.normal(mean + rng.normal(0, 0.2), 2, k)), 1, 10) for k in n]
    return Series(
        name,
        "mean",
        START,
        tuple(float(x.sum()) for x in days_),
        tuple(map(int, n)),
        tuple(float((x**2).sum()) for x in days_),
    )


def share_series(
    rng: np.random.Generator, share: float, per_day: float, days: int, name: str = "hit"
) -> Series:
    n = rng.poisson(per_day * WEEK[np.arange(days) % 7])
    hits = rng.binomial(n, np.clip(share + rng.normal(0, 0.02, days), 0, 1))
    return Series(name, "share", START, tuple(map(float, hits)), tuple(map(int, n)))


def share_of(hits: list[int], n: list[int], **options) -> Series:
    return Series("send_failure", "share", START, tuple(map(float, hits)), tuple(n), **options)
