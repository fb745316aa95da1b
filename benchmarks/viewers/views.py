"""Who looks at what: every second at the comparison, the others live, at scorecards and as partners."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_N = re.compile(r"n\s=\s([\d\s,]+)<")
_BIG = re.compile(r'class="svar-(?:big|few)[^>]*>([\d\s,]+)<')
_CARD = '<section class="svar-card">'


@dataclass(frozen=True)
class View:
    """Which page somebody looks at, as whom, and in which card of it the replies are counted."""

    page: str  # as it stands in the address; "" is the first page
    viewer: str
    language: str
    ground: str

    @property
    def partner(self) -> str:
        """Whose replies the viewer may see; "" is everybody's."""
        return self.viewer.partition(":")[2]

    def count(self, body: str) -> int | None:
        """The replies that a piece of the page counts; None where it counts none."""
        cards = body.split(_CARD)[1:]
        if self.page == "live":
            found = _BIG.findall(cards[2]) if len(cards) == 4 else []
        else:
            found = _N.findall(cards[0]) if len(cards) == 3 else []
        return sum(int(re.sub(r"\D", "", number)) for number in found) if found else None


def views(count: int, partners: Sequence[str]) -> list[View]:
    """So many viewers, in the same mixture whatever the count; every fifth reads English on a dark ground."""
    looking = []
    for at in range(count):
        partner = f"partner:{partners[at % len(partners)]}"
        page, viewer = (
            ("", "lead"),
            ("live", "lead"),
            ("", "management"),
            ("scorecard", partner),
            ("", "lead"),
            ("live", partner),
            ("", "management"),
            ("scorecard", "management"),
        )[at % 8]
        language, ground = ("en", "dark") if at % 5 == 4 else ("nb", "light")
        looking.append(View(page, viewer, language, ground))
    return looking
