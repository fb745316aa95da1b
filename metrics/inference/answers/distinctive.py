"""What differs inside: the topics, channels or words that set a period (or a group) apart from another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from metrics.inference.base.estimates import ALPHA, z_quantile
from metrics.inference.groups.funnel import FALSE_SHARE

PRIOR = 10.0  # what the common share of a word counts for, in comments
FEWEST = 5  # comments with a word, in both together, below which it is left out


@dataclass(frozen=True)
class Distinct:
    """One word, topic or other mark: in how many items of each side, and the log odds ratio with interval.

    ``p`` is adjusted for the number of marks; ``side`` is ``first``, ``second`` or empty.
    """

    name: str
    first: int
    second: int
    log_odds: float
    low: float
    high: float
    z: float
    p: float
    side: str


@dataclass(frozen=True)
class Excess:
    """What one part contributes: ``count`` now, ``expected`` from before, ``excess`` and its share of the
    sum of all excesses (None where they cancel out)."""

    name: str
    count: int
    expected: float
    excess: float
    share: float | None


def distinctive(
    first: Mapping[str, int],
    second: Mapping[str, int],
    sizes: tuple[int, int],
    *,
    false_share: float = FALSE_SHARE,
    alpha: float = ALPHA,
) -> tuple[Distinct, ...]:
    """Marks by how strongly they set the sides apart, strongest first.

    ``first`` and ``second`` count the items (comments, contacts) with a mark, ``sizes`` all items. Log odds
    with an informative Dirichlet prior (Monroe, Colaresi and Quinn, Political Analysis 16, 2008), here
    per item, since words repeat within a comment; Benjamini–Hochberg at ``false_share``.
    """
    names = sorted(
        name for name in first.keys() | second.keys() if first.get(name, 0) + second.get(name, 0) >= FEWEST
    )
    if not names or not min(sizes):
        return ()
    y = np.array([[side.get(name, 0) for name in names] for side in (first, second)], dtype=float)
    n = np.array(sizes, dtype=float)[:, None]
    if (y > n).any():
        raise ValueError("more items with a mark than items")
    common = y.sum(axis=0) / n.sum()
    inside, outside = y + PRIOR * common, n - y + PRIOR * (1 - common)
    outside = np.maximum(outside, 1e-9)
    log_odds = np.log(inside / outside)
    delta = log_odds[0] - log_odds[1]
    se = np.sqrt((1 / inside + 1 / outside).sum(axis=0))
    z = delta / se
    p = false_discovery_control(2 * ndtr(-np.abs(z)))
    half = z_quantile(1 - alpha / 2) * se
    found = [
        Distinct(
            name,
            int(y[0, i]),
            int(y[1, i]),
            float(delta[i]),
            float(delta[i] - half[i]),
            float(delta[i] + half[i]),
            float(z[i]),
            float(p[i]),
            "" if p[i] > false_share else "first" if z[i] > 0 else "second",
        )
        for i, name in enumerate(names)
    ]
    return tuple(sorted(found, key=lambda d: (-abs(d.z), d.name)))


def excesses(now: Mapping[str, int], before: Mapping[str, float], scale: float) -> tuple[Excess, ...]:
    """Which parts make up a rise or fall, the largest first; ``scale`` (days now ÷ days before) turns
    ``before`` into what was expected now."""
    rows = []
    for name in now.keys() | before.keys():
        expected = scale * before.get(name, 0.0)
        rows.append((name, now.get(name, 0), expected, now.get(name, 0) - expected))
    total = math.fsum(excess for *_, excess in rows)
    noise = math.sqrt(math.fsum(max(expected, 1.0) for _, _, expected, _ in rows)) if rows else 0.0
    ordered = sorted(rows, key=lambda row: (-abs(row[3]), row[0]))
    return tuple(
        Excess(name, count, expected, excess, excess / total if abs(total) > noise else None)
        for name, count, expected, excess in ordered
    )
