"""Reading a reply: a score, a stop, a start, or unclear. Pure and versioned; never a guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

VERSION = "2026-11.0"
Kind = Literal["score", "opt_out", "opt_in", "unclear"]
_STOP = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "optout",
        "revoke",
        "stopp",
        "avslutt",
        "avmeld",
        "stans",
    ]
)
_START = frozenset(("start", "yes", "unstop"))


@dataclass(frozen=True)
class Reading:
    """How one text was read. ``score`` is 1–10 for the kind ``score``, else None."""

    kind: Kind
    score: int | None = None
    flags: tuple[str, ...] = ()
    parser: str = VERSION


def read(text: str) -> Reading:
    """Read one reply."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    word = re.sub(r"[^\w]+", "", plain)
    if word in _STOP:
        return Reading("opt_out")
    if word in _START:
        return Reading("opt_in")
    number = re.match(r"\s*(10|[1-9])(?![\d,./-])", plain)
    return Reading("score", int(number[1])) if number else Reading("unclear")


def read_choice(text: str) -> int | None:
    """1 for yes, 2 for no, None for neither."""
    plain = re.sub(r"[^\w]+", " ", text.casefold()).strip()
    return {"1": 1, "ja": 1, "yes": 1, "2": 2, "nei": 2, "no": 2}.get(plain)
