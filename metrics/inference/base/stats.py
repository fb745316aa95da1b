"""Sufficient statistics: the sums from which everything here is computed. SQL makes them, `+` merges them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

BIN_WIDTH = 1.05  # a time bin's upper edge ÷ its lower edge


@dataclass(frozen=True)
class MeanStats:
    """Sums of ``x − shift`` over ``n`` observations: ``total`` and ``squares``.

    A shift near the mean (600 s for handling times) keeps the variance's digits when n is large.
    """

    n: int
    total: float
    squares: float
    shift: float = 0.0

    def __post_init__(self) -> None:
        _check(self.n, self.total, self.squares, self.shift)

    @classmethod
    def of(cls, values: Iterable[float], shift: float = 0.0) -> MeanStats:
        """The sums of given values."""
        moved = [value - shift for value in values]
        return cls(len(moved), math.fsum(moved), math.fsum(m * m for m in moved), shift)

    def __add__(self, other: MeanStats) -> MeanStats:
        moved = other.moved(self.shift)
        return MeanStats(self.n + moved.n, self.total + moved.total, self.squares + moved.squares, self.shift)

    def moved(self, shift: float) -> MeanStats:
        """The same observations with another shift."""
        by = self.shift - shift
        squares = self.squares + 2 * by * self.total + self.n * by * by
        return MeanStats(self.n, self.total + self.n * by, squares, shift)

    @property
    def mean(self) -> float:
        """Needs n ≥ 1."""
        return self.shift + self.total / self.n

    @property
    def variance(self) -> float:
        """With n − 1 below the line; needs n ≥ 2. Rounding never leaves a variance where there is none: sums
        of whole numbers are exact however many, others are cut off where their digits end."""
        if isinstance(self.total, int) and isinstance(self.squares, int):
            return max(self.n * self.squares - self.total**2, 0) / (self.n * (self.n - 1))
        residual = self.squares - self.total * self.total / self.n
        return residual / (self.n - 1) if residual > 1e-12 * self.squares else 0.0


@dataclass(frozen=True)
class ShareStats:
    """``hits`` of ``n`` observations."""

    n: int
    hits: int

    def __post_init__(self) -> None:
        _check(self.n, self.hits)
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} hits of {self.n}")

    def __add__(self, other: ShareStats) -> ShareStats:
        return ShareStats(self.n + other.n, self.hits + other.hits)

    @property
    def share(self) -> float:
        """Needs n ≥ 1."""
        return self.hits / self.n

    def mean_stats(self) -> MeanStats:
        """The same as zeros and ones."""
        return MeanStats(self.n, self.hits, self.hits)


@dataclass(frozen=True)
class RatioStats:
    """Sums over ``n`` units (customers, agents, contacts) of x, y, x², y² and xy; the ratio is Σy ÷ Σx."""

    n: int
    x_total: float
    y_total: float
    x_squares: float
    y_squares: float
    xy: float

    def __post_init__(self) -> None:
        _check(self.n, self.x_total, self.y_total, self.x_squares, self.y_squares, self.xy)

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> RatioStats:
        """The sums of given ``(x, y)`` pairs, one per unit."""
        given = list(pairs)
        xs, ys = [x for x, _ in given], [y for _, y in given]
        return cls(
            len(given),
            math.fsum(xs),
            math.fsum(ys),
            math.fsum(x * x for x in xs),
            math.fsum(y * y for y in ys),
            math.fsum(x * y for x, y in given),
        )

    def __add__(self, other: RatioStats) -> RatioStats:
        return RatioStats(
            self.n + other.n,
            self.x_total + other.x_total,
            self.y_total + other.y_total,
            self.x_squares + other.x_squares,
            self.y_squares + other.y_squares,
            self.xy + other.xy,
        )

    @property
    def ratio(self) -> float:
        """Needs a sum of x other than 0."""
        return self.y_total / self.x_total

    @property
    def variance(self) -> float:
        """Of one unit's (y − r·x) ÷ x̄, which has mean 0; needs n ≥ 2. Delta method: Cochran,
        *Sampling Techniques* (1977), formula 6.13; equals (v_y − 2rc + r²v_x) ÷ x̄²."""
        r = self.ratio
        residual = math.fsum((self.y_squares, -2 * r * self.xy, r * r * self.x_squares))
        if residual <= 1e-12 * self.y_squares:
            return 0.0
        return residual / (self.n - 1) / (self.x_total / self.n) ** 2


@dataclass(frozen=True)
class RateStats:
    """The sum of ``n`` things that happened, and of their squares, over an ``exposure`` that is known.

    How many happen is chance, too: with a Poisson number of them the sum has the variance Σx². Contacts for
    every 1,000 customers (of ones), or hours in all (of hours; the exposure is 1).
    """

    n: int
    total: float
    squares: float
    exposure: float

    def __post_init__(self) -> None:
        _check(self.n, self.total, self.squares, self.exposure)
        if min(self.total, self.squares, self.exposure) < 0:
            raise ValueError("a rate is of sums from 0 on")

    def __add__(self, other: RateStats) -> RateStats:
        return RateStats(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            self.exposure + other.exposure,
        )

    @property
    def rate(self) -> float:
        """Needs an exposure other than 0."""
        return self.total / self.exposure


@dataclass(frozen=True)
class ScoreStats:
    """How many gave each score from 1 to 10: ten counts, from which everything about scores is exact."""

    bins: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.bins) != 10 or min(self.bins) < 0:
            raise ValueError(f"ten counts from 0 on are needed, not {self.bins}")

    def __add__(self, other: ScoreStats) -> ScoreStats:
        return ScoreStats(tuple(a + b for a, b in zip(self.bins, other.bins, strict=True)))

    @cached_property
    def n(self) -> int:
        """Scores given."""
        return sum(self.bins)

    def mean_stats(self) -> MeanStats:
        """The sums of the scores, which are whole numbers and so exact."""
        total = sum(score * count for score, count in enumerate(self.bins, 1))
        return MeanStats(self.n, total, sum(score**2 * count for score, count in enumerate(self.bins, 1)))

    def at_least(self, score: int) -> ShareStats:
        """Share of scores of ``score`` or more."""
        return ShareStats(self.n, sum(self.bins[score - 1 :]))

    def at_most(self, score: int) -> ShareStats:
        """Share of scores of ``score`` or less."""
        return ShareStats(self.n, sum(self.bins[:score]))


@dataclass(frozen=True)
class TimeBins:
    """A histogram of times, ``((bin, count), …)`` in rising order, and which quantile is asked for.

    Bin k holds 1.05ᵏ ≤ seconds < 1.05ᵏ⁺¹; bin −1 holds all below one second. A quantile is therefore
    known to within 5 %, and closer by what interpolation gives.
    """

    counts: tuple[tuple[int, int], ...]
    q: float = 0.5

    def __post_init__(self) -> None:
        if any(count < 0 for _, count in self.counts) or not 0 < self.q < 1:
            raise ValueError("counts from 0 on and a quantile between 0 and 1 are needed")
        if list(self.counts) != sorted(set(self.counts)):
            raise ValueError("bins must rise and occur once")

    @classmethod
    def of(cls, counts: Mapping[int, int], q: float = 0.5) -> TimeBins:
        """From ``{bin: count}``; empty bins are left out."""
        return cls(tuple(sorted((int(k), int(c)) for k, c in counts.items() if c)), q)

    @classmethod
    def of_seconds(cls, seconds: Iterable[float], q: float = 0.5) -> TimeBins:
        """The histogram of given times."""
        counts: dict[int, int] = {}
        for value in seconds:
            counts[time_bin(value)] = counts.get(time_bin(value), 0) + 1
        return cls.of(counts, q)

    def __add__(self, other: TimeBins) -> TimeBins:
        counts = dict(self.counts)
        for k, count in other.counts:
            counts[k] = counts.get(k, 0) + count
        return TimeBins.of(counts, self.q)

    @cached_property
    def n(self) -> int:
        """Times measured."""
        return sum(count for _, count in self.counts)


Stats = MeanStats | ShareStats | RatioStats | RateStats | ScoreStats | TimeBins


def time_bin(seconds: float) -> int:
    """The bin of a time: ⌊ln(seconds) ÷ ln 1.05⌋, and −1 below one second."""
    return math.floor(math.log(seconds) / math.log(BIN_WIDTH) + 1e-12) if seconds >= 1 else -1


def _check(n: int, *sums: float) -> None:
    # One infinite or undefined among them makes their sum so.
    if n < 0 or not math.isfinite(sum(sums)):
        raise ValueError(f"a count from 0 on and finite sums are needed, not {(n, *sums)}")
