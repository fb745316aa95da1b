"""Small teams and agents: estimates drawn towards what is common to peers, as far as noise explains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, betaln, psi

from metrics.inference.base import missing as reasons
from metrics.inference.base import thresholds
from metrics.inference.base.estimates import ALPHA, AS_IS, Scale, estimate, moments, z_quantile
from metrics.inference.base.results import Estimate
from metrics.inference.base.stats import MeanStats, ScoreStats, ShareStats

PEERS = 5  # fewer groups say too little about how groups differ


@dataclass(frozen=True)
class Member:
    """One group: ``raw`` as measured, ``shrunk`` as best guessed, and ``shown``, the one to show.

    Shown is nothing below 10 observations, the shrunk one below 40, the raw one from 40 on. ``weight``
    (0–1) is how much of the shrunk value is the group's own.
    """

    name: str
    raw: Estimate
    shrunk: Estimate
    shown: Estimate
    weight: float | None


@dataclass(frozen=True)
class Shrunk:
    """All groups with what they share: ``centre``, and ``spread``, the standard deviation of true values."""

    centre: float | None
    spread: float | None
    members: tuple[Member, ...]
    reason: str = ""


def shrink(
    groups: Mapping[str, MeanStats | ScoreStats] | Mapping[str, ShareStats],
    *,
    scale: Scale = AS_IS,
    alpha: float = ALPHA,
) -> Shrunk:
    """Shrink means and scores (normal–normal, Paule–Mandel) or shares (beta-binomial) over ``{name: sums}``.

    With fewer than five groups nothing is shrunk, and small ones have a reason instead of a value.
    """
    raw = {name: estimate(stats, scale=scale, alpha=alpha) for name, stats in groups.items()}
    # Two observations show that a mean has a spread; the groups' common variance does the rest.
    usable = {name: stats for name, stats in groups.items() if stats.n >= 2}
    if len(usable) < PEERS:
        members = tuple(_unshrunk(name, one) for name, one in raw.items())
        return Shrunk(None, None, members, reasons.NO_PEERS)
    shares = {name: stats for name, stats in usable.items() if isinstance(stats, ShareStats)}
    if len(shares) == len(usable):
        centre, spread, found = _shrunk_shares(shares, alpha)
    elif shares:
        raise TypeError("shares and means are not shrunk together")
    else:
        averaged = {n: s for n, s in usable.items() if isinstance(s, MeanStats | ScoreStats)}
        centre, spread, found = _shrunk_means(averaged, alpha)
    a, b = scale
    members = tuple(
        _member(raw[name], name, *_rescaled(found[name], scale))
        if name in found
        else _unshrunk(name, raw[name])
        for name in groups
    )
    return Shrunk(a + b * centre, abs(b) * spread, members)


def paule_mandel(values: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Centre and τ², the variance of true values (Paule and Mandel, J. Res. NBS 87, 1982).

    τ² solves Σ(yᵢ − μ)²/(vᵢ + τ²) = k − 1; it is 0 where noise alone explains the scatter.
    """

    def excess(tau2: float) -> tuple[float, float, float]:
        w = 1 / (variances + tau2)
        centre = float(w @ values / w.sum())
        squares = (values - centre) ** 2
        return float(w @ squares) - (len(values) - 1), -float(w**2 @ squares), centre

    tau2 = 0.0
    # Newton from 0 rises monotonically to the root, since the excess is convex and falling.
    for _ in range(200):
        over, slope, centre = excess(tau2)
        if over <= 1e-12 * len(values):
            break
        tau2 -= over / slope
    return centre, tau2


def beta_binomial(n: np.ndarray, hits: np.ndarray) -> tuple[float, float]:
    """α and β of the beta distribution of true shares, by maximum likelihood.

    Where shares scatter no more than chance, α + β is at its limit of 10⁶ and all groups share one value.
    """
    centre = float((hits.sum() + 0.5) / (n.sum() + 1))
    at = np.array([math.log(centre / (1 - centre)), math.log(30.0)])
    value, slope = _likelihood(at, n, hits)
    for _ in range(100):
        tilt = np.array([_likelihood(at + step, n, hits)[1] - slope for step in 1e-5 * np.eye(2)]) / 1e-5
        tilt = (tilt + tilt.T) / 2
        # Newton where the likelihood is a hill, else uphill.
        move = -np.linalg.solve(tilt, slope) if tilt[0, 0] < 0 < np.linalg.det(tilt) else slope / 10
        move *= min(1.0, 2.0 / float(np.abs(move).max() or 1.0))
        for _ in range(30):
            tried = np.clip(at + move, (-15.0, math.log(0.1)), (15.0, math.log(1e6)))
            new_value, new_slope = _likelihood(tried, n, hits)
            if new_value >= value:
                break
            move /= 2
        if new_value < value or float(np.abs(tried - at).max()) < 1e-10:
            break
        at, value, slope = tried, new_value, new_slope
    return _shape(at)


def _likelihood(at: np.ndarray, n: np.ndarray, hits: np.ndarray) -> tuple[float, np.ndarray]:
    """Log likelihood and its slope along the logit of the common share and the logarithm of α + β."""
    a, b = _shape(at)
    value = float((betaln(a + hits, b + n - hits) - betaln(a, b)).sum())
    both = psi(a + b) - psi(a + b + n)
    by_a = float((psi(a + hits) - psi(a) + both).sum())
    by_b = float((psi(b + n - hits) - psi(b) + both).sum())
    return value, np.array([a * b / (a + b) * (by_a - by_b), a * by_a + b * by_b])


def _shape(at: np.ndarray) -> tuple[float, float]:
    share, size = 1 / (1 + math.exp(-at[0])), math.exp(at[1])
    return share * size, (1 - share) * size


Found = tuple[Estimate, float]


def _shrunk_means(
    groups: Mapping[str, MeanStats | ScoreStats], alpha: float
) -> tuple[float, float, dict[str, Found]]:
    n = np.array([stats.n for stats in groups.values()], dtype=float)
    table = np.array([moments(stats) for stats in groups.values()])
    common = float(((n - 1) * table[:, 1]).sum() / (n - 1).sum())
    variances = np.maximum(common, 1e-12) / n
    centre, tau2 = paule_mandel(table[:, 0], variances)
    weight = tau2 / (tau2 + variances)
    values = weight * table[:, 0] + (1 - weight) * centre
    half = z_quantile(1 - alpha / 2) * np.sqrt(_doubt(table[:, 0], variances, values))
    return (
        centre,
        math.sqrt(tau2),
        _members(list(groups), n, np.array([values, values - half, values + half]), weight),
    )


def _doubt(y: np.ndarray, v: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean squared distance of the true values from ``values``, averaged over what τ may be.

    Taking τ as known would cover .85 where .95 is promised. Posterior of τ² under a flat prior (Morris and
    Tang, Statistical Science 26, 2011: the one whose intervals cover), on a grid of τ.
    """
    tau2 = (np.linspace(0, 3 * float(y.std() + np.sqrt(v.mean())), 80)[:, None]) ** 2
    w = 1 / (v + tau2)
    total = w.sum(axis=1, keepdims=True)
    centre = (w @ y)[:, None] / total
    log_posterior = 0.5 * (np.log(w).sum(axis=1) - np.log(total[:, 0]) - (w * (y - centre) ** 2).sum(axis=1))
    posterior = np.exp(log_posterior - log_posterior.max()) * np.sqrt(tau2[:, 0])
    posterior /= posterior.sum()
    own = tau2 / (tau2 + v)
    guess = own * y + (1 - own) * centre
    return np.asarray(posterior @ (own * v + (1 - own) ** 2 / total + (guess - values) ** 2))


def _members(names: list[str], n: np.ndarray, values: np.ndarray, weight: np.ndarray) -> dict[str, Found]:
    rows = zip(n, *values, weight, strict=True)
    return {
        name: (Estimate(int(size), float(value), float(low), float(high)), float(own))
        for name, (size, value, low, high, own) in zip(names, rows, strict=True)
    }


def _shrunk_shares(groups: Mapping[str, ShareStats], alpha: float) -> tuple[float, float, dict[str, Found]]:
    n = np.array([stats.n for stats in groups.values()], dtype=float)
    hits = np.array([stats.hits for stats in groups.values()], dtype=float)
    a, b = beta_binomial(n, hits)
    values, weight = (a + hits) / (a + b + n), n / (a + b + n)
    # Moments of what the share may be, averaged over how much the groups may scatter (prior of the
    # intraclass correlation 1/(α+β+1) flat), and the beta distribution that has them.
    centre = a / (a + b)
    size = np.geomspace(1, 1e5, 40)[:, None]
    log_posterior = np.sum(
        betaln(centre * size + hits, (1 - centre) * size + n - hits)
        - betaln(centre * size, (1 - centre) * size),
        axis=1,
    ) + np.log(size[:, 0] / (size[:, 0] + 1) ** 2)
    posterior = np.exp(log_posterior - log_posterior.max())
    posterior /= posterior.sum()
    guess = (centre * size + hits) / (size + n)
    spread = posterior @ (guess * (1 - guess) / (size + n + 1) + (guess - values) ** 2)
    total = np.maximum(values * (1 - values) / spread - 1, 1e-6)
    low = betaincinv(values * total, (1 - values) * total, alpha / 2)
    high = betaincinv(values * total, (1 - values) * total, 1 - alpha / 2)
    # Where groups are all but 0 or 1, the mean of what a share may be lies beyond its middle 95 %.
    low, high = np.minimum(low, values), np.maximum(high, values)
    found = _members(list(groups), n, np.array([values, low, high]), weight)
    return centre, math.sqrt(centre * (1 - centre) / (a + b + 1)), found


def _rescaled(found: Found, scale: Scale) -> Found:
    one, weight = found
    a, b = scale
    if one.value is None or one.low is None or one.high is None:
        return found
    low, high = sorted((a + b * one.low, a + b * one.high))
    return Estimate(one.n, a + b * one.value, low, high), weight


def _member(raw: Estimate, name: str, shrunk: Estimate, weight: float) -> Member:
    if raw.n < thresholds.TOO_FEW:
        return Member(name, raw, shrunk, Estimate(raw.n, None, None, None, reasons.TOO_FEW), weight)
    return Member(name, raw, shrunk, shrunk if raw.n < thresholds.SHRUNK else raw, weight)


def _unshrunk(name: str, raw: Estimate) -> Member:
    reason = reasons.NO_PEERS if raw.n else reasons.NO_DATA
    missing = Estimate(raw.n, None, None, None, reason)
    small = Estimate(raw.n, None, None, None, raw.reason or reason)
    return Member(name, raw, missing, small if raw.n < thresholds.SHRUNK else raw, None)
