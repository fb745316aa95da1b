"""Targets: a number, a date and an owner, and how likely the number is reached by the date."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import ndtr

from metrics.inference.base import missing
from metrics.inference.base.estimates import ALPHA, AS_IS, Scale, moments, quantile, woodruff, z_quantile
from metrics.inference.base.results import Estimate
from metrics.inference.base.stats import MeanStats, RatioStats, ScoreStats, ShareStats, TimeBins
from texts.sentences import Names, Sentences

FEWEST = 6  # weeks with data
LONGEST = 52  # weeks of history that are looked at
LIKELY, UNLIKELY = 0.8, 0.2
REACHED, ON_TRACK, UNCERTAIN, OFF_TRACK = "reached", "on_track", "uncertain", "off_track"
# Variance of the true level's move in a week, relative to that of a week's number; its root is held to be
# as likely anywhere: taking small moves for the rule covered .83 where .95 is promised.
_WANDER = np.linspace(0, 1.5, 25) ** 2

Weekly = MeanStats | ShareStats | ScoreStats | RatioStats | TimeBins

PROBLEMS = Names("targets_design")
_TEXT = Sentences("outlook")


@dataclass(frozen=True)
class Target:
    """``goal`` (in the metric's unit) is to be reached by the day ``by``, upwards or downwards."""

    metric: str
    goal: float
    by: date
    owner: str
    higher: bool = True


@dataclass(frozen=True)
class Outlook:
    """Where a target stands: the level ``now``, the level expected at the date, the pace per week and the one
    that is needed, and the probability of reaching the goal by the date."""

    now: Estimate
    at_date: Estimate
    pace: Estimate
    needed_pace: float | None
    probability: float | None
    status: str
    reason: str = ""


def outlook(
    target: Target, weeks: Sequence[Weekly], last_week: date, *, scale: Scale = AS_IS, alpha: float = ALPHA
) -> Outlook:
    """Forecast from one statistic per week (oldest first, empty weeks included); ``last_week`` is the last
    day of the last one.

    The level wanders and drifts: y = level + noise, the noise known from the week's own spread, the level a
    random walk with drift (Harvey, *Forecasting, Structural Time Series Models*, 1989, 2.3), by generalised
    least squares and averaged over how much it wanders. The drift is held to be near nothing until the
    weeks say otherwise: straight lines into the future are seldom kept.
    """
    used = list(weeks)[-LONGEST:]
    at, y, v = _observed(used, scale)
    ahead = (target.by - last_week).days / 7
    n = sum(stats.n for stats in used)
    reason = missing.TOO_SHORT if len(at) < FEWEST else missing.NO_TARGET_DATE if ahead <= 0 else ""
    if not reason and float(v.max()) == 0:
        reason = missing.NO_SPREAD
    if reason:
        empty = Estimate(n, None, None, None, reason)
        return Outlook(empty, empty, empty, None, None, "", reason)
    weight, slope, level = _fit(at, y, v, np.array([len(used) - 1.0, len(used) - 1.0 + ahead]))
    now, then = (_mixture(weight, level[:, i, 0], level[:, i, 1], n, alpha) for i in (0, 1))
    pace = _mixture(weight, slope[:, 0], slope[:, 1], n, alpha)
    sign = 1.0 if target.higher else -1.0
    beyond = sign * (level[:, 1, 0] - target.goal) / np.sqrt(level[:, 1, 1])
    probability = float(weight @ ndtr(beyond))
    sure = now.low if target.higher else now.high
    reached = sure is not None and sign * (sure - target.goal) >= 0
    status = (
        REACHED
        if reached
        else ON_TRACK
        if probability >= LIKELY
        else OFF_TRACK
        if probability <= UNLIKELY
        else UNCERTAIN
    )
    needed = (target.goal - now.value) / ahead if now.value is not None else None
    return Outlook(now, then, pace, needed, probability, status)


def problems(target: Target, today: date, now: Estimate | None = None) -> tuple[str, ...]:
    """What keeps a target from being SMART, as codes of :data:`PROBLEMS`; ``now`` is the current estimate."""
    found = [] if target.metric.strip() else ["no_metric"]
    if not target.owner.strip():
        found.append("no_owner")
    days = (target.by - today).days
    if days <= 0:
        found.append("date_passed")
    elif days < 14:
        found.append("too_soon")
    if now is not None and now.value is not None and now.low is not None and now.high is not None:
        sign = 1 if target.higher else -1
        if sign * ((now.low if target.higher else now.high) - target.goal) >= 0:
            found.append("already_reached")
        elif abs(target.goal - now.value) < (now.high - now.low) / 2:
            found.append("too_small")
    return tuple(found)


def outlook_text(outlook: Outlook, language: str = "nb") -> str:
    """The outlook in a sentence (nb, en); probabilities in steps of five per cent, none as 0 or 100."""
    if outlook.probability is None:
        return missing.reason_text(outlook.reason, language)
    text, steps = _TEXT[language], round(20 * outlook.probability)
    beyond = "under" if steps < 1 else "over" if steps > 19 else ""
    share = text["share"].format(p=5 * min(19, max(1, steps)))
    return text[outlook.status].format(p=text[beyond].format(p=share) if beyond else share)


def _observed(weeks: Sequence[Weekly], scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Week numbers, values and the squared standard errors of the weeks that have data."""
    a, b = scale
    rows = [
        (i, quantile(stats, stats.q), ((limits[1] - limits[0]) / (2 * z_quantile(0.975))) ** 2)
        for i, stats in enumerate(weeks)
        if isinstance(stats, TimeBins) and stats.n > 1 and (limits := woodruff(stats))
    ]
    averaged = [(i, s) for i, s in enumerate(weeks) if s.n > 1 and not isinstance(s, TimeBins)]
    if averaged:
        table = [moments(stats) for _, stats in averaged]
        degrees = [stats.n - 1 for _, stats in averaged]
        common = sum(d * variance for d, (_, variance) in zip(degrees, table, strict=True)) / sum(degrees)
        rows = [(i, mean, common / s.n) for (i, s), (mean, _) in zip(averaged, table, strict=True)]
    at, values, variances = np.array(rows, dtype=float).reshape(-1, 3).T
    return at, a + b * values, b * b * variances


def _fit(
    at: np.ndarray, y: np.ndarray, v: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of the ways the level may wander; slope and levels at ``wanted`` weeks as (mean, variance)."""
    noise = float(v.mean())
    design = np.column_stack([np.ones(len(at)), at])
    # A quarter's drift is, beforehand, about as large as the weeks' own scatter.
    prior = np.diag([0.0, (13 / max(float(y.std()), math.sqrt(noise))) ** 2])
    shared = np.minimum(at[:, None], at[None, :])
    log_weight, slopes, levels = [], [], []
    for wander in _WANDER:
        q = wander * noise
        inverse = np.linalg.inv(np.diag(v) + q * shared)
        spread = np.linalg.inv(design.T @ inverse @ design + prior)
        beta = spread @ (design.T @ inverse @ y)
        error = y - design @ beta
        fit = float(error @ inverse @ error) + float(beta @ prior @ beta)
        determinants = np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(spread)[1]
        log_weight.append(0.5 * determinants - 0.5 * fit)
        slopes.append((beta[1], spread[1, 1] + q / max(at[-1] - at[0], 1)))
        rows = []
        for week in wanted:
            own = q * np.minimum(at, week)
            gain = inverse @ own
            left = np.array([1.0, week]) - design.T @ gain
            variance = q * week - float(own @ gain) + float(left @ spread @ left)
            rows.append((float(np.array([1.0, week]) @ beta + gain @ error), max(variance, 1e-30)))
        levels.append(rows)
    weight = np.exp(np.array(log_weight) - max(log_weight))
    return weight / weight.sum(), np.array(slopes), np.array(levels)


def _mixture(weight: np.ndarray, mean: np.ndarray, variance: np.ndarray, n: int, alpha: float) -> Estimate:
    """Mean and limits of a mixture of normals."""
    sd = np.sqrt(variance)
    reach = z_quantile(1 - alpha / 2) * 4 * float(sd.max())
    limits = []
    for q in (alpha / 2, 1 - alpha / 2):
        low, high = float(mean.min()) - reach, float(mean.max()) + reach
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if float(weight @ ndtr((middle - mean) / sd)) < q else (low, middle)
        limits.append((low + high) / 2)
    return Estimate(n, float(weight @ mean), limits[0], limits[1])
