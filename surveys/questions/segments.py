"""How an SMS is packed: the GSM-7 alphabet, septets, segments. Source: 3GPP TS 23.038."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Packing:
    """How one text travels. ``units`` are septets, or UTF-16 code units where GSM-7 does not do."""

    encoding: str  # GSM-7 or UCS-2
    units: int
    segments: int
    triggers: tuple[str, ...]  # the characters that force UCS-2, in order of appearance


@lru_cache(maxsize=1_024)
def pack(text: str) -> Packing:
    """Encoding, length and segments of a text: 160 septets or 70 units alone, then 153 or 67 a part."""
    triggers = tuple(dict.fromkeys(c for c in text if c not in _GSM7 and c not in _TWO_SEPTETS))
    if triggers:
        return _ucs2(text, triggers)
    sizes = [2 if c in _TWO_SEPTETS else 1 for c in text]
    units = sum(sizes)
    return Packing("GSM-7", units, 1 if units <= 160 else _parts(sizes, 153), ())


def _ucs2(text: str, triggers: tuple[str, ...]) -> Packing:
    sizes = [2 if ord(c) > 0xFFFF else 1 for c in text]
    units = sum(sizes)
    return Packing("UCS-2", units, 1 if units <= 70 else _parts(sizes, 67), triggers)


def _parts(sizes: list[int], room: int) -> int:
    # A character of two units is never split over two parts.
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
