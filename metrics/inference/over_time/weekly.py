"""A step in a weekly series whose weeks resemble each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

# Correlations of neighbouring weeks that are considered, and how likely each is held to be beforehand.
_RHO = np.linspace(-0.3, 0.97, 50)
_PRIOR = 1 / (1 - _RHO)


@dataclass(frozen=True)
class Step:
    """A step: its ``size`` with 95 % limits and two-sided ``p``; the likely correlation of neighbouring weeks
    and the standard deviation of a week."""

    size: float
    low: float
    high: float
    p: float
    rho: float
    sd: float


def step(
    values: np.ndarray,
    start: int,
    alpha: float = 0.05,
    *,
    weeks: np.ndarray | None = None,
    drift: float = 0.0,
) -> Step:
    """Regression on a constant and a step at week ``start``, with AR(1) errors. Needs three weeks or more,
    and one on each side.

    For each correlation ρ the transformation of Prais and Winsten (1954), which is generalised least
    squares; the results are averaged over ρ by how well it explains the residuals (Zellner and Tiao,
    JASA 59, 1964). Taking one estimated ρ as known covers .85–.94 where .95 is promised. ``drift`` is the
    standard deviation of a slope a week, normal about 0 (a mixed model; Robinson, Statistical Science 6,
    1991); ``weeks`` are the places of the values in time where some are left out.
    """
    b, se, log_likelihood, sd, df = _gls(values, start)
    if drift:
        at = np.arange(len(values)) if weeks is None else weeks
        b, se, log_likelihood = _with_drift(values, start, at.astype(float), drift, sd)
    weight = _weight(log_likelihood)

    def below(at: float) -> float:
        return float(weight @ stdtr(df, (at - b) / se))

    reach = 60 * float(se.max())
    low, high = (
        _root(below, q, float(b.min()) - reach, float(b.max()) + reach) for q in (alpha / 2, 1 - alpha / 2)
    )
    under = below(0.0)
    size = float(weight @ b)
    return Step(size, low, high, 2 * min(under, 1 - under), float(weight @ _RHO), float(weight @ sd))


def step_size(values: np.ndarray, start: int) -> float:
    """The size of the step alone."""
    b, _, log_likelihood, _, _ = _gls(values, start)
    return float(_weight(log_likelihood) @ b)


def step_error(before: int, after: int, sd: float, rho: float) -> float:
    """Standard error that a step would have with so many weeks on each side."""
    a, b, cross = _crossed(before + after, before, np.array([rho]))
    return float(sd * math.sqrt((1 - rho**2) * float((a / (a * b - cross**2))[0])))


def _weight(log_likelihood: np.ndarray) -> np.ndarray:
    weight = np.exp(log_likelihood - log_likelihood.max()) * _PRIOR
    return np.asarray(weight / weight.sum())


def _gls(values: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    n, df = len(values), len(values) - 2
    y = _moved(values, _RHO)
    ones, steps = _moved(np.ones(n), _RHO), _moved((np.arange(n) >= start).astype(float), _RHO)
    aa, bb, ab = _crossed(n, start, _RHO)
    ay, by = (ones * y).sum(axis=1), (steps * y).sum(axis=1)
    determinant = aa * bb - ab**2
    a, b = (bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant
    residual = np.maximum(((y - a[:, None] * ones - b[:, None] * steps) ** 2).sum(axis=1), 1e-30)
    log_likelihood = 0.5 * np.log(1 - _RHO**2) - 0.5 * np.log(determinant) - df / 2 * np.log(residual)
    se = np.sqrt(residual / df * aa / determinant)
    return b, se, log_likelihood, np.sqrt(residual / df / (1 - _RHO**2)), df


def _with_drift(
    values: np.ndarray, start: int, weeks: np.ndarray, drift: float, sd: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, standard errors and log likelihoods by correlation, beside a slope that is drawn towards 0."""
    n, df = len(values), len(values) - 2
    steps, slope = (np.arange(n) >= start).astype(float), weeks - weeks.mean()
    x = np.stack([_moved(one, _RHO) for one in (np.ones(n), steps, slope)], axis=2)
    y = _moved(values, _RHO)
    # The slope's prior as one observation more, in units of a week's own noise.
    noise = np.maximum(sd**2 * (1 - _RHO**2), 1e-12)
    cross = np.einsum("rni,rnj->rij", x, x)
    cross[:, 2, 2] += noise / drift**2
    inverse = np.linalg.inv(cross)
    coefficients = np.einsum("rij,rnj,rn->ri", inverse, x, y)
    residual = ((y - np.einsum("rni,ri->rn", x, coefficients)) ** 2).sum(axis=1)
    residual = np.maximum(residual + noise / drift**2 * coefficients[:, 2] ** 2, 1e-30)
    log_likelihood = 0.5 * np.log(1 - _RHO**2) - 0.5 * np.linalg.slogdet(cross)[1] - df / 2 * np.log(residual)
    return coefficients[:, 1], np.sqrt(residual / df * inverse[:, 1, 1]), log_likelihood


def _crossed(n: int, start: int, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ones, steps = _moved(np.ones(n), rho), _moved((np.arange(n) >= start).astype(float), rho)
    return (ones**2).sum(axis=1), (steps**2).sum(axis=1), (ones * steps).sum(axis=1)


def _moved(values: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """(correlations, weeks), with what the week before explains taken out; the first keeps its weight."""
    out = np.empty((len(rho), len(values)))
    out[:, 0] = values[0] * np.sqrt(1 - rho**2)
    out[:, 1:] = values[1:] - rho[:, None] * values[:-1]
    return out


def _root(below: Callable[[float], float], q: float, low: float, high: float) -> float:
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < q else (low, middle)
    return (low + high) / 2
