"""Which marks the numbers of a column have: between thousands, and before decimals."""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.files.sources.source import TYPED

_SPACES = "[ \u00a0\u2007\u2009\u202f]"
_NUMBER = re.compile(rf"[+-]?\d+(?:{_SPACES}\d{{3}})*(?:[.,'’⎖]\d+)*")


@dataclass(frozen=True)
class Marks:
    """Decimal mark and mark between thousands, "" where no number has one."""

    decimal: str
    thousands: str
    certain: bool  # no number could be read in another way

    def number(self, text: str) -> float:
        """A number of the column. ValueError where it is none."""
        bare = re.sub(_SPACES, "", text)
        if TYPED not in bare and self.thousands:
            bare = bare.replace(self.thousands, "")
        return float(bare.replace(TYPED, ".").replace(",", "."))


PLAIN = Marks("", "", True)


def marks_of(texts: list[str], *, thousands: bool = False) -> Marks | None:
    """The marks of a column's numbers; None where one is no number, or two contradict each other.

    ``thousands``: of two readings (``1.234``) the one as thousands is likelier.
    """
    decimals, groups, open_ = set(), set(), set()
    for text in set(texts):
        if not _NUMBER.fullmatch(text):
            return None
        found = re.findall(r"[.,'’]", text)
        if not found or TYPED in text:
            continue
        whole, last = re.split(r"[.,'’]", re.sub(r"^[+-]", "", text))[0], re.split(r"[.,'’]", text)[-1]
        groups |= {*found[:-1]} | ({found[-1]} & {"'", "’"})
        if len(found) > 1 and found[-1] in found[:-1]:
            groups.add(found[-1])
        elif len(found) > 1 or len(last) != 3 or len(whole) > 3 or whole.startswith("0"):
            decimals |= {found[-1]} - {"'", "’"}
        else:
            open_ |= {found[-1]} - {"'", "’"}
    certain = not open_ - decimals - groups
    for mark in open_ - decimals - groups:
        (groups if thousands or decimals else decimals).add(mark)
    if decimals & groups or len(decimals) > 1 or len(groups) > 1:
        return None
    return Marks("".join(decimals), "".join(groups), certain)
