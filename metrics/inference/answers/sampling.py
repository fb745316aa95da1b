"""Who was asked: is an agent's share of surveys what the others would have on the same contacts?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr
from scipy.stats import false_discovery_control

from metrics.inference.base import missing, thresholds
from metrics.inference.groups.funnel import FALSE_SHARE
from metrics.inference.groups.shrinkage import PEERS

WEEKS = 8  # the period to test over; a single week has no power
PRACTICAL = 0.1  # of the eligible: so many surveys more or fewer than expected before anybody is named
_QN = 2.219144465985076  # 1 ÷ (√2·Φ⁻¹(5/8)), which makes it the standard deviation of a normal z

Cell = tuple[str, ...]


@dataclass(frozen=True)
class AskedShare:
    """One agent. ``expected`` surveys are what the other agents' rates give on the same strata.

    ``flag`` is ``asked_less``, ``asked_more`` or empty; ``p`` is adjusted for the number of agents. A flag is
    a reason to look, not a proof: it says that chance and ordinary differences do not explain it.
    """

    agent: str
    eligible: int
    sent: int
    expected: float | None
    z: float | None
    p: float | None
    flag: str
    reason: str = ""


@dataclass(frozen=True)
class SampleRatios:
    """All agents; ``over_dispersion`` is how much more agents differ than chance would make them."""

    over_dispersion: float | None
    agents: tuple[AskedShare, ...]
    reason: str = ""


def sample_ratios(
    agents: Mapping[str, Mapping[Cell, tuple[int, int]]],
    *,
    minimum_n: int = thresholds.RANKED,
    false_share: float = FALSE_SHARE,
) -> SampleRatios:
    """From ``{agent: {stratum: (eligible, sent)}}``, over about eight weeks.

    z = (sent − expected) ÷ √variance, less the agents' median z, ÷ √φ, φ ≥ 1 being their robust variance, so
    that only those who stand out from what is usual are flagged (Efron's empirical null, JASA 99, 2004),
    Benjamini–Hochberg at ``false_share``. Nobody is named for a handful of surveys: it takes
    :data:`PRACTICAL` of the eligible. Strata that no other agent has say nothing and are left out.
    """
    names, eligible, sent = _table(agents)
    others_eligible = eligible.sum(axis=0) - eligible
    others_sent = sent.sum(axis=0) - sent
    known = (eligible > 0) & (others_eligible > 0)
    rate = np.divide(others_sent, others_eligible, out=np.zeros_like(sent), where=known)
    used, got = (eligible * known).sum(axis=1), (sent * known).sum(axis=1)
    expected = (eligible * rate).sum(axis=1)
    # Noise of the agent's own surveys and of the others' rate, at the rate of all together: where the others
    # ask everybody, theirs alone would have none.
    extra = np.divide(eligible, others_eligible, out=np.zeros_like(sent), where=known)
    common = sent.sum(axis=0) / np.maximum(eligible.sum(axis=0), 1)
    variance = (eligible * known * common * (1 - common) * (1 + extra)).sum(axis=1)
    judged = (used >= minimum_n) & (variance > 0)
    if judged.sum() < PEERS:
        # Everybody, or nobody, was asked wherever there is somebody to compare with.
        alike = (used >= minimum_n).sum() >= PEERS
        reason = missing.NO_SPREAD if alike else missing.NO_PEERS
        return SampleRatios(
            None, tuple(_unjudged(n, eligible[i], sent[i], reason) for i, n in enumerate(names)), reason
        )
    z = np.divide(got - expected, np.sqrt(variance), out=np.zeros(len(names)), where=judged)
    phi = max(1.0, robust_sd(z[judged]) ** 2)
    # From what is usual: a few who ask far less lower the rate that all others are held against.
    z = np.where(judged, z - np.median(z[judged]), 0.0) / math.sqrt(phi)
    p = np.ones(len(names))
    # The spread is estimated from so many agents, hence t.
    p[judged] = false_discovery_control(2 * stdtr(judged.sum() - 1, -np.abs(z[judged])))
    named = (p <= false_share) & (np.abs(got - expected) >= PRACTICAL * used - 1e-9)
    found = tuple(
        AskedShare(
            name,
            int(used[i]),
            int(got[i]),
            float(expected[i]),
            float(z[i]),
            float(p[i]),
            "" if not named[i] else "asked_less" if z[i] < 0 else "asked_more",
        )
        if judged[i]
        else _unjudged(name, eligible[i], sent[i], missing.TOO_FEW)
        for i, name in enumerate(names)
    )
    return SampleRatios(phi, found)


def robust_sd(values: np.ndarray) -> float:
    """Qₙ of Rousseeuw and Croux (JASA 88, 1993): up to half of the values may be anything. It uses the others
    better than the median absolute deviation, which with 40 agents gave twice the false flags."""
    n = len(values)
    half = n // 2 + 1
    first, second = np.triu_indices(n, 1)
    gaps = np.abs(values[first] - values[second])
    kth = half * (half - 1) // 2 - 1
    small = n / (n + 1.4) if n % 2 else n / (n + 3.8)
    return _QN * small * float(np.partition(gaps, kth)[kth])


def _table(
    agents: Mapping[str, Mapping[Cell, tuple[int, int]]],
) -> tuple[list[str], np.ndarray, np.ndarray]:
    strata = sorted({cell for cells in agents.values() for cell in cells})
    column = {cell: j for j, cell in enumerate(strata)}
    counts = np.zeros((2, len(agents), len(strata)))
    for i, cells in enumerate(agents.values()):
        for cell, (eligible, sent) in cells.items():
            if not 0 <= sent <= eligible:
                raise ValueError(f"{sent} surveys of {eligible} eligible contacts")
            counts[:, i, column[cell]] = eligible, sent
    return list(agents), counts[0], counts[1]


def _unjudged(agent: str, eligible: np.ndarray, sent: np.ndarray, reason: str) -> AskedShare:
    return AskedShare(agent, int(eligible.sum()), int(sent.sum()), None, None, None, "", reason)
