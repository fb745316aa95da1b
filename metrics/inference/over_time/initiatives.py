"""Initiatives: how many contacts a measure has avoided, against the topics it does not touch.

Weeks in, contacts avoided out. Two checks stand beside every estimate: the same calculation at dates
when nothing happened, and on topics that nothing happened to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from metrics.inference.base import missing
from metrics.inference.base.results import Estimate
from metrics.inference.over_time.weekly import Step, step, step_error, step_size

FEWEST_BEFORE, FEWEST_AFTER = 8, 3  # weeks
LONGEST = 52  # weeks after launch beyond which nobody waits
POWER = 0.8
DRIFT = 0.005  # a week: how much topics grow or shrink against others by themselves (standard deviation)
PLACEBOS = 0.1  # so many dates before the start may show as large a step


@dataclass(frozen=True)
class Impact:
    """What an initiative did.

    ``effect`` is the relative change of contacts (−.12: 12 % fewer), ``avoided`` the contacts that did not
    come since the start, ``money`` their handling cost (NOK). ``placebo_dates`` is the share of the dates
    before the start at which as large a step is found, ``placebo_topics`` the untouched topics that show
    one (p below .05) of those tried. ``reason`` is ``not_yet_measurable`` where the interval holds 0 or dates
    at which nothing happened show as large a step.
    """

    weeks_before: int
    weeks_after: int
    effect: Estimate
    avoided: Estimate
    money: Estimate
    p: float | None
    placebo_dates: float | None
    placebo_topics: int | None
    topics_tried: int
    reason: str = ""


@dataclass(frozen=True)
class Forecast:
    """What to expect before launch. ``fewer`` contacts a week and their ``money`` (NOK a year), if the effect
    is the assumed one; ``weeks_until_seen`` with 80 % certainty; ``seen_in_8`` is the smallest relative
    effect that eight weeks would show."""

    weekly: Estimate
    fewer: Estimate
    money_a_year: float | None
    weeks_until_seen: int | None
    seen_in_8: float | None
    reason: str = ""


@dataclass(frozen=True)
class Ranked:
    """An initiative's place by contacts avoided (or money), the places it may well have, and how likely it is
    the best."""

    name: str
    value: float | None
    place: int | None
    low: int | None
    high: int | None
    best: float | None
    reason: str = ""


def impact(
    treated: Sequence[float],
    untouched: Mapping[str, Sequence[float]],
    start: int,
    *,
    cost_per_contact: float | None = None,
    settling: int = 0,
) -> Impact:
    """Contacts avoided since week ``start`` (an index), from weekly counts of the touched topic and of topics
    that the initiative does not touch.

    Step regression on ln(touched) − ln(sum of untouched), :func:`metrics.inference.over_time.weekly.step`,
    beside a
    drift of the topic's own, held to be near nothing until the weeks say otherwise;
    avoided = touched since the start · (e^(−b) − 1). ``settling`` weeks after the start are left out of the
    estimate (but not of the sum). Topics that compete for the same customers must not be among the
    untouched: what moved there would count twice.
    """
    touched, topics, there = _filled(treated, untouched)
    start = int(there[:start].sum())
    after = len(touched) - start
    reason = _missing(untouched, start, after - settling) or _empty(touched, topics, start)
    if reason:
        empty = Estimate(max(after, 0), None, None, None, reason)
        return Impact(start, max(after, 0), empty, empty, empty, None, None, None, len(untouched), reason)
    used = np.r_[0:start, start + settling : len(touched)]
    found = step(_log_ratio(touched, topics.sum(axis=0))[used], start, weeks=used, drift=DRIFT)
    since = float(touched[start:].sum())
    avoided = [since * math.expm1(-b) for b in (found.size, found.high, found.low)]
    effect = [math.expm1(b) for b in (found.size, found.low, found.high)]
    tried, shown = _placebo_topics(topics, used, start)
    dates, earlier = _placebo_dates(_log_ratio(touched, topics.sum(axis=0))[:start], len(used) - start, found)
    apart = found.low > 0 or found.high < 0
    measurable = "" if apart and _unlike_before(dates, earlier) else missing.NOT_MEASURABLE
    money = Estimate(after, None, None, None, missing.NO_COST)
    if cost_per_contact is not None:
        money = _estimate(after, [cost_per_contact * value for value in avoided], measurable)
    return Impact(
        start,
        after,
        _estimate(after, effect, measurable),
        _estimate(after, avoided, measurable),
        money,
        found.p,
        dates,
        shown,
        tried,
        measurable,
    )


def forecast(
    treated: Sequence[float],
    untouched: Mapping[str, Sequence[float]],
    assumed_effect: float,
    *,
    cost_per_contact: float | None = None,
) -> Forecast:
    """Before launch, from the topic's own weeks: what an effect of ``assumed_effect`` (.12: 12 % fewer) would
    avoid, and how long until that can be told from chance (two-sided 5 %, power 80 %).

    ValueError for an effect outside 0–1.
    """
    if not 0 < assumed_effect < 1:
        raise ValueError(f"the effect is a share between 0 and 1, not {assumed_effect}")
    touched, topics, _ = _filled(treated, untouched)
    weeks = len(touched)
    reason = _missing(untouched, weeks, FEWEST_AFTER) or _empty(touched, topics, weeks)
    if reason:
        empty = Estimate(weeks, None, None, None, reason)
        return Forecast(empty, empty, None, None, None, reason)
    history = step(_log_ratio(touched, topics.sum(axis=0)), weeks // 2)
    recent = touched[-13:]
    mean, half = float(recent.mean()), 1.96 * float(recent.std(ddof=1))
    weekly = Estimate(len(recent), mean, max(mean - half, 0.0), mean + half)
    fewer = _estimate(len(recent), [assumed_effect * v for v in (mean, max(mean - half, 0.0), mean + half)])
    needed = float(ndtri(0.975) + ndtri(POWER))
    visible = [
        -math.expm1(-needed * step_error(weeks, m, history.sd, history.rho)) for m in range(1, LONGEST + 1)
    ]
    seen = next(
        (m for m, size in enumerate(visible, 1) if m >= FEWEST_AFTER and size <= assumed_effect), None
    )
    money = None if cost_per_contact is None else 52 * assumed_effect * mean * cost_per_contact
    return Forecast(weekly, fewer, money, seen, visible[7], "" if seen else missing.NOT_MEASURABLE)


def rank(initiatives: Mapping[str, Estimate], *, draws: int = 2000, seed: int = 0) -> tuple[Ranked, ...]:
    """Initiatives by what they avoided (contacts, money, or either per krone spent), the most first.

    Places are drawn from each estimate and its interval, so that a large but uncertain number does not
    pass for the best; those without an interval, or not yet measurable, have no place. The seed makes the
    draws repeatable.
    """
    known = [
        (name, e.value, e.low, e.high)
        for name, e in initiatives.items()
        if e.low is not None and e.high is not None and not e.reason
    ]
    values = np.array([value for _, value, _, _ in known], dtype=float)
    # An interval of counts is skew: each side keeps its own width.
    unit = np.random.default_rng(seed).normal(size=(draws, len(known)))
    below = np.array([value - low for _, value, low, _ in known if value is not None]) / 1.96
    above = np.array([high - value for _, value, _, high in known if value is not None]) / 1.96
    drawn = values + np.where(unit < 0, below, above) * unit
    places = np.argsort(np.argsort(-drawn, axis=1), axis=1) + 1
    order = np.argsort(np.argsort(-values, kind="stable"), kind="stable") + 1
    found = []
    for i, (name, value, *_) in enumerate(known):
        low, high = np.quantile(places[:, i], [0.025, 0.975], method="closest_observation")
        best = float((places[:, i] == 1).mean())
        found.append(Ranked(name, value, int(order[i]), int(low), int(high), best, initiatives[name].reason))
    rest = [
        Ranked(name, e.value, None, None, None, None, e.reason or missing.NO_DATA)
        for name, e in initiatives.items()
        if e.low is None or e.high is None or e.reason
    ]
    return tuple(sorted(found, key=lambda r: r.place or 0)) + tuple(rest)


def _missing(untouched: Mapping[str, Sequence[float]], before: int, after: int) -> str:
    if not untouched:
        return missing.NO_COMPARISON
    return missing.TOO_SHORT if before < FEWEST_BEFORE or after < FEWEST_AFTER else ""


def _filled(
    treated: Sequence[float], untouched: Mapping[str, Sequence[float]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The touched topic's weeks, those of the others (topics, weeks), and which weeks there are: one in which
    nothing came in at all says nothing; it is a gap, not a fall."""
    touched = np.array(treated, dtype=float)
    topics = np.zeros((len(untouched), len(touched)))
    for i, name in enumerate(sorted(untouched)):
        if len(untouched[name]) != len(touched):
            raise ValueError("all series need the same weeks")
        topics[i] = untouched[name]
    there = touched + topics.sum(axis=0) > 0
    return touched[there], topics[:, there], there


def _empty(touched: np.ndarray, topics: np.ndarray, start: int) -> str:
    """Why weeks that are long enough tell nothing: no contact beforehand, or weeks without any scatter."""
    if not touched[:start].any() or not topics[:, :start].any():
        return missing.NO_DATA
    ratio = _log_ratio(touched, topics.sum(axis=0))
    parts = [part for part in (ratio[:start], ratio[start:]) if len(part)]
    return missing.NO_SPREAD if all(float(np.ptp(part)) < 1e-9 for part in parts) else ""


def _estimate(n: int, numbers: list[float], reason: str = "") -> Estimate:
    value, low, high = numbers
    return Estimate(n, value, low, high, reason)


def _log_ratio(touched: np.ndarray, untouched: np.ndarray) -> np.ndarray:
    # Half a contact more keeps an empty week finite and a busy one unmoved.
    return np.asarray(np.log(touched + 0.5) - np.log(untouched + 0.5))


def _placebo_dates(before: np.ndarray, after: int, found: Step) -> tuple[float | None, int]:
    """Share of the dates before the start, with as many weeks after them, that show as large a step; and how
    many such dates there are."""
    after = min(after, len(before) - FEWEST_BEFORE)
    if after < FEWEST_AFTER:
        return None, 0
    sizes = [
        abs(step_size(before[: start + after], start))
        for start in range(FEWEST_BEFORE, len(before) - after + 1)
    ]
    return (1 + sum(size >= abs(found.size) for size in sizes)) / (1 + len(sizes)), len(sizes)


def _unlike_before(dates: float | None, earlier: int) -> bool:
    """Whether the step is larger than what the same weeks show without an initiative, as a season does.
    A permutation in time (Abadie, Diamond and Hainmueller, JASA 105, 2010), at one in ten, or
    at the largest of all where there are fewer dates than that."""
    return dates is None or dates <= max(PLACEBOS, 1 / (1 + earlier)) + 1e-9


def _placebo_topics(topics: np.ndarray, used: np.ndarray, start: int) -> tuple[int, int | None]:
    if len(topics) < 2:
        return 0, None
    shown = 0
    for i in range(len(topics)):
        rest = topics.sum(axis=0) - topics[i]
        shown += step(_log_ratio(topics[i], rest)[used], start).p < 0.05
    return len(topics), shown
