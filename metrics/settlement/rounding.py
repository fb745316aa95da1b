"""Round money to whole øre, and divide it so that the parts add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def half_up(amount: Fraction) -> int:
    """The nearest whole number; halves go away from zero, as on an invoice."""
    size = abs(amount)
    whole = int(size)
    if size - whole >= Fraction(1, 2):
        whole += 1
    return whole if amount >= 0 else -whole


def divide(total: int, keys: Mapping[str, Fraction]) -> dict[str, int]:
    """Divide whole øre in proportion to keys that are not negative, by the largest remainder.

    Of equal remainders the first name in the alphabet goes first, so the order of the keys does not matter.
    ValueError where there is nothing to divide by.
    """
    whole = sum(keys.values(), Fraction(0))
    if whole <= 0 or min(keys.values()) < 0:
        raise ValueError("the keys must not be negative, and one of them must be more than 0")
    exact = {name: Fraction(abs(total)) * keys[name] / whole for name in sorted(keys)}
    parts = {name: int(amount) for name, amount in exact.items()}
    missing = abs(total) - sum(parts.values())
    by_remainder = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[:missing]:
        parts[name] += 1
    return parts if total >= 0 else {name: -part for name, part in parts.items()}
