"""What must not be shown to a partner because a single customer could be recognised."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.inference.base import thresholds


def hidden(
    sizes: Mapping[str, int], *, minimum_n: int = thresholds.HIDDEN, total_shown: bool = True
) -> frozenset[str]:
    """Names of the cells to hide: those of 1 to ``minimum_n`` − 1, and what would give them away.

    Where the total stands beside its parts, a single hidden cell is the total minus the rest. Then the
    next smallest is hidden too, until two or more cells with at least ``minimum_n`` together are hidden.
    Empty cells name nobody and stay.
    """
    filled = sorted((n, name) for name, n in sizes.items() if n > 0)
    out = [(n, name) for n, name in filled if n < minimum_n]
    rest = filled[len(out) :]
    if out and total_shown:
        while rest and (len(out) < 2 or sum(n for n, _ in out) < minimum_n):
            out.append(rest.pop(0))
    return frozenset(name for _, name in out)
