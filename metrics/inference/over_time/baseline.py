"""What a day should look like: 13 weeks of its weekday, without the last 14 days and without holidays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.special import betainc, betaincc, gammaln, ndtri, stdtr

from metrics.inference.base import missing

WEEKS = 13
LEFT_OUT = 14  # days before the judged one that are no part of its baseline
LAGS = np.arange(LEFT_OUT // 7 + 1, LEFT_OUT // 7 + 1 + WEEKS) * 7
# The scatter is pooled over the weekdays, and so reaches six days further back.
HISTORY = int(LAGS[-1]) + 6
FEWEST = 6  # same weekdays, below which nothing is expected
LATELY = 14  # days, none of which can be judged: the series is not watched
_LARGEST = 8.0  # |z|; a stronger one says nothing more
_RARE = 10  # hits expected of a share's day, below which they are counted rather than averaged


@dataclass(frozen=True)
class Series:
    """One number per day from ``first_day`` on.

    ``kind`` is ``count`` (``total`` per day), ``share`` (``total`` hits of ``n``) or ``mean`` (sums over
    ``n`` observations; ``squares`` as well). ``dims`` are what a cause may have in common with other
    series (topic, channel, partner). ``bad`` is the direction that calls for action: up, down or both.
    ``full`` marks series where an alarm is a full alarm: self-service is not used as it was meant.

    A day of which nothing is known has NaN for its ``total``. The last day may be ``unfinished``: then only
    a count that is already too high for a whole day is an alarm, however often one looks.
    """

    name: str
    kind: str
    first_day: date
    total: tuple[float, ...]
    n: tuple[int, ...] = ()
    squares: tuple[float, ...] = ()
    dims: tuple[tuple[str, str], ...] = ()
    bad: str = "both"
    full: bool = False
    unfinished: bool = False

    def __post_init__(self) -> None:
        if self.kind not in {"count", "share", "mean"} or self.bad not in {"up", "down", "both"}:
            raise ValueError(f"unknown kind or direction: {self.kind!r}, {self.bad!r}")
        if self.kind != "count" and len(self.n) != len(self.total):
            raise ValueError("shares and means need n for each day")
        if self.kind == "mean" and len(self.squares) != len(self.total):
            raise ValueError("means need squares for each day")

    def day(self, index: int) -> date:
        """The day at a place in the series."""
        return self.first_day + timedelta(days=index)


@dataclass(frozen=True)
class Expected:
    """Per day: value, expected value, the standard deviation of a new day about it, and z; NaN where the day
    is a holiday, has no data, or has too short a history."""

    value: np.ndarray
    expected: np.ndarray
    sd: np.ndarray
    z: np.ndarray


def expect(series: Series, *, holidays: Collection[date] = ()) -> Expected:
    """Expectation and z of each day, each from its own baseline, without a trend.

    Counts: negative binomial, whose dispersion comes from the scatter about the weekdays' means, with the
    uncertainty of those means added; z is the normal quantile of the mid-probability. Means and shares:
    (x̄ − μ) ÷ √(s²/n + τ² + var μ̂), τ² being how much days differ beyond chance.
    """
    off = np.array([series.day(i) in holidays for i in range(len(series.total))], dtype=bool)
    total = np.array(series.total, dtype=float)
    if series.kind == "count":
        return _counts(np.where(off, np.nan, total))
    n = np.where(off, 0.0, np.array(series.n, dtype=float))
    squares = total if series.kind == "share" else np.array(series.squares, dtype=float)
    return _means(n, np.where(off, 0.0, total), np.where(off, 0.0, squares), share=series.kind == "share")


def unjudged(series: Series, *, holidays: Collection[date] = ()) -> str:
    """Why none of the last days can be judged (a reason code); empty where one can."""
    if not series.total:
        return missing.NO_DATA
    day = expect(series, holidays=holidays)
    if np.isfinite(day.z[-LATELY:]).any():
        return ""
    if not np.isfinite(day.value[-LATELY:]).any():
        return missing.NO_DATA
    return missing.NO_SPREAD if np.isfinite(day.expected[-LATELY:]).any() else missing.TOO_SHORT


def _history(values: np.ndarray) -> np.ndarray:
    """(days, weeks): the same weekday 21, 28, … days before; NaN before the beginning."""
    padded = np.concatenate([np.full(LAGS[-1], np.nan), values])
    return np.stack([padded[LAGS[-1] - lag : LAGS[-1] - lag + len(values)] for lag in LAGS], axis=1)


def _week(values: np.ndarray) -> np.ndarray:
    """Sum over the day and the six before it."""
    sums = np.concatenate([np.zeros(1), np.cumsum(np.nan_to_num(values))])
    start = np.maximum(np.arange(len(values)) - 6, 0)
    return np.asarray(sums[1:] - sums[start])


def _counts(y: np.ndarray) -> Expected:
    past = _history(y)
    known = ~np.isnan(past)
    weeks = known.sum(axis=1)
    enough = weeks >= FEWEST
    mean = np.where(enough, np.nansum(past, axis=1) / np.maximum(weeks, 1), np.nan)
    scatter = np.where(enough, np.nansum((past - mean[:, None]) ** 2, axis=1), 0.0)
    free = np.where(enough, weeks - 1, 0)
    filled = np.nan_to_num(mean)
    # Var = μ + αμ², pooled over the week: Σ scatter = Σ (n − 1)(μ + αμ²).
    beyond = _week(scatter) - _week(free * filled)
    alpha = np.maximum(beyond, 0.0) / np.maximum(_week(free * filled**2), 1e-9)
    variance = filled + alpha * filled**2
    sd = np.sqrt(variance * (1 + 1 / np.maximum(weeks, 1)))
    z = np.full(len(y), np.nan)
    judged = enough & ~np.isnan(y)
    z[judged] = _mid_z(y[judged], np.maximum(filled[judged], 0.25), np.maximum(sd[judged] ** 2, 0.26))
    return Expected(y, mean, np.where(enough, sd, np.nan), _as_normal(z, _week(free)))


def _mid_z(y: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Normal quantile of P(Y < y) + ½P(Y = y) for a negative binomial Y of that mean and variance."""
    size = mean**2 / np.maximum(variance - mean, 1e-3 * mean)
    p = size / (size + mean)
    log_mass = gammaln(y + size) - gammaln(size) - gammaln(y + 1) + size * np.log(p) + y * np.log1p(-p)
    mass = np.exp(log_mass)
    below = betainc(size, y + 1, p) - mass / 2
    above = betaincc(size, y + 1, p) + mass / 2
    lower = ndtri(np.clip(below, 1e-300, 1))
    upper = -ndtri(np.clip(above, 1e-300, 1))
    return np.asarray(np.clip(np.where(below < 0.5, lower, upper), -_LARGEST, _LARGEST))


def _means(n: np.ndarray, total: np.ndarray, squares: np.ndarray, *, share: bool = False) -> Expected:
    past_n = np.nan_to_num(_history(n))
    past_total = np.nan_to_num(_history(np.where(n > 0, total, np.nan)))
    past_squares = np.nan_to_num(_history(np.where(n > 0, squares, np.nan)))
    weeks = (past_n > 0).sum(axis=1)
    enough = weeks >= FEWEST
    sums = past_n.sum(axis=1)
    overall = past_total.sum(axis=1) / np.maximum(sums, 1)
    mean = np.where(past_n > 0, past_total / np.maximum(past_n, 1), np.nan)
    # Within days, then between them: DerSimonian and Laird's moments, pooled over the week.
    inside = (past_squares - past_total**2 / np.maximum(past_n, 1)).sum(axis=1)
    within = _week(inside * enough) / np.maximum(_week((sums - weeks) * enough), 1)
    if share:
        # Where none of n was a hit, or all were, there is still the chance of one in 2(n + 1).
        pooled = (_week(past_total.sum(axis=1) * enough) + 0.5) / (_week(sums * enough) + 1)
        within = np.maximum(within, pooled * (1 - pooled))
    between = np.nansum(past_n * (mean - overall[:, None]) ** 2, axis=1)
    weight = sums - (past_n**2).sum(axis=1) / np.maximum(sums, 1)
    beyond = _week(between * enough) - within * _week(np.maximum(weeks - 1, 0) * enough)
    tau2 = np.maximum(beyond, 0.0) / np.maximum(_week(weight * enough), 1e-9)
    noise = within[:, None] / np.maximum(past_n, 1) + tau2[:, None]
    w = np.where(past_n > 0, 1 / np.maximum(noise, 1e-12), 0.0)
    expected = np.where(
        enough, np.nansum(w * np.nan_to_num(mean), axis=1) / np.maximum(w.sum(axis=1), 1e-12), np.nan
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = within / n + tau2 + 1 / w.sum(axis=1)
        value = np.where(n > 0, total / n, np.nan)
        z = (value - expected) / np.sqrt(variance)
    judged = enough & (n > 0) & (within > 0)
    sd = np.where(judged, np.sqrt(np.where(judged, variance, 1.0)), np.nan)
    if share:
        z = _with_rare(z, n, total, expected, n**2 * np.where(judged, variance, 1.0))
    z = np.where(judged, np.clip(z, -_LARGEST, _LARGEST), np.nan)
    return Expected(value, expected, sd, _as_normal(z, _week(np.maximum(weeks - 1, 0) * enough)))


def _with_rare(
    z: np.ndarray, n: np.ndarray, hits: np.ndarray, expected: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """z of days on which hits (or misses) are rare from their count, whose tails are not a normal one's."""
    z = z.copy()
    for sign, share, count in ((1, expected, hits), (-1, 1 - expected, n - hits)):
        rare = ~np.isnan(z) & (n * np.nan_to_num(share) < _RARE)
        # A baseline without any hit still leaves the chance of half a one.
        mean = np.maximum(n[rare] * share[rare], 0.05)
        z[rare] = sign * _mid_z(count[rare], mean, np.maximum(variance[rare], 1.02 * mean))
    return z


def _as_normal(z: np.ndarray, df: np.ndarray) -> np.ndarray:
    """z with the tails of a normal one: the scatter of days is itself estimated from ``df`` of them."""
    return np.asarray(np.sign(z) * -ndtri(stdtr(np.maximum(df, 1), -np.abs(z))))
