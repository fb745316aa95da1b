"""How the times in a stranger's file are written: the formats that read all of a column's texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from data.files.sources.source import TYPED

DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
         "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
         "%d %b %y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%A, %B %d, %Y", "%b %d %Y", "%Y %b %d",
         "%d/%b/%Y", "%a, %d %b %Y", "%a %b %d %Y"]  # fmt: skip
PACKED = {8: "%Y%m%d", 6: "%y%m%d"}  # by their digits
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", "T%H:%M:%S", "T%H:%M",
          ", %H:%M", ", %H:%M:%S", ", %I:%M %p", ", %I:%M:%S %p", " %H.%M", " %H:%M:%S.%f",
          " %H.%M.%S", " kl. %H.%M.%S", " kl. %H.%M", " kl. %H:%M:%S", " kl. %H:%M",
          " %I:%M:%S %p %z", " %H:%M:%S %z", " %H:%M %z", " %I.%M.%S.%f %p"]  # fmt: skip
WHOLE = ["%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y"]  # as on Unix and in tweets
NUMBERS = {"excel": (20_000, 80_000), "epoch": (6e8, 4e9), "epoch_ms": (6e11, 4e12)}  # and their range
MOST_FORMATS = 3  # in one column
A_FEW = 10  # values: of so many one may be a slip
NEARLY = 0.95  # of the values: the rest are slips, which an import rejects


def alternatives(texts: list[str], *, packed: bool = False) -> list[list[str]]:
    """The ways in which every text can be read, each a list of formats; none where there is no way.

    ``packed``: digits alone may be a date, too, as the column's name says so.
    """
    different = sorted(set(texts))
    if different and all(text.startswith(TYPED) or _is_iso(text) for text in different):
        return [["iso"]]
    plain = [text for text in different if not text.startswith(TYPED)]
    if packed and plain and all(re.fullmatch(r"\d+([.,⎖]\d+)?", text) for text in plain):
        return _of_numbers(plain)
    written = [
        date + clock for date in ([*DATES, *PACKED.values()] if packed else DATES) for clock in CLOCKS
    ] + WHOLE
    single = [[each] for each in written if plain and all(reads(text, each) for text in plain)]
    return single or (_mixed(plain, written) or _nearly(plain, written) if plain else [])


def _nearly(texts: list[str], written: list[str]) -> list[list[str]]:
    """The formats that read nearly every text, where none reads all: a few are plainly wrong."""
    some = texts[:: max(1, len(texts) // 200)]
    likely = [each for each in ["iso", *written] if 2 * sum(reads(text, each) for text in some) > len(some)]
    found = {each: sum(reads(text, each) for text in texts) for each in likely or ["iso"]}
    most = max(found.values())
    slips = max((1 - NEARLY) * len(texts), 1 if len(texts) >= A_FEW else 0)
    if most < len(texts) - slips:
        return []
    ways = [each for each, read in found.items() if read == most]
    return [["iso"]] if "iso" in ways else [[each] for each in ways]


def _of_numbers(texts: list[str]) -> list[list[str]]:
    for digits, written in PACKED.items():
        if all(len(text) == digits and reads(text, written) for text in texts):
            return [[written]]
    numbers = [float(text.replace(TYPED, ".").replace(",", ".")) for text in texts]
    return [[name] for name, (low, high) in NUMBERS.items() if all(low <= each <= high for each in numbers)]


def _mixed(texts: list[str], written: list[str]) -> list[list[str]]:
    """Several formats in one column: those that read most, and never one text as two different days."""
    found = []
    for first in ("%d", "%m"):
        usable = [each for each in ["iso", *written] if not _other_order(each, first)]
        chosen: list[str] = []
        left = texts
        while left and len(chosen) < MOST_FORMATS:
            best = max(usable, key=lambda each: sum(reads(text, each) for text in left[:500]))
            chosen.append(best)
            still = [text for text in left if not reads(text, best)]
            if len(still) == len(left):
                break
            left = still
        if not left and chosen not in found:
            found.append(chosen)
    return found


def _other_order(written: str, first: str) -> bool:
    digits = re.match(r"%([dm])[./-]%([dm])", written)
    return bool(digits) and f"%{digits[1]}" != first if digits else False


def _is_iso(text: str) -> bool:
    text = text.replace(" UTC", "Z")
    try:
        return bool(re.match(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def could_be_date(text: str) -> bool:
    """Whether a text has as many parts as a date: most texts of most columns do not, and are seen at once."""
    if text.startswith(TYPED):
        return True
    digits = len(re.findall(r"\d+", text))
    return digits > 2 or (digits > 1 and re.search(r"[^\W\d]{3}", text) is not None)


_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d([T ]00:00(:00(\.0+)?)? ?(Z|UTC|[+-]\d\d(:?\d\d)?))")


def days_of_midnights(texts: list[str]) -> list[str]:
    """Formats that read midnights with an offset as the days they are, where all texts are such."""
    found = [_MIDNIGHT.fullmatch(text) for text in set(texts)]
    endings = sorted({each[1] for each in found if each})
    return (
        [f"%Y-%m-%d{each}" for each in endings]
        if found and all(found) and len(endings) <= MOST_FORMATS
        else []
    )


def reads(text: str, written: str) -> bool:
    """Whether a format reads a text."""
    return _is_iso(text) if written == "iso" else _strptime(text, written) is not None


_TWO, _NAME = r"\d\d?", r"[^\W\d]+"
_SHAPES = {"d": _TWO, "m": _TWO, "H": _TWO, "I": _TWO, "M": _TWO, "S": _TWO, "y": r"\d\d",
           "Y": r"\d{4}", "f": r"\d+", "p": "[AaPp][Mm]", "a": _NAME, "A": _NAME, "b": _NAME, "B": _NAME,
           "z": r"[+-]\d\d:?\d\d|Z"}  # fmt: skip


@cache
def _shape(written: str) -> re.Pattern[str]:
    """What a text of this format looks like: strptime makes a pattern anew for nearly every call."""
    parts = re.split("%(.)", written)
    return re.compile(
        "".join(f"({_SHAPES[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    )


def _strptime(text: str, written: str) -> datetime | None:
    if not _shape(written).fullmatch(text):
        return None
    try:
        found = datetime.strptime(text, written)  # noqa: DTZ007 only to compare with its like
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None


def parse(text: str, formats: list[str]) -> datetime | None:
    """A text as the first of the formats that reads it does, without its offset."""
    for written in formats:
        if text.startswith(TYPED) or written == "iso":
            bare = text.removeprefix(TYPED)
            bare = bare.replace(" UTC", "Z")
            found = datetime.fromisoformat(bare).replace(tzinfo=None) if _is_iso(bare) else None
        elif "%" in written:
            found = _strptime(text, written)
        else:
            found = _counted(text, written)
        if found:
            return found
    return None


def _counted(text: str, written: str) -> datetime | None:
    """A time told as a number: days since the end of 1899, or (milli)seconds since 1970, then in UTC."""
    if written not in NUMBERS or not re.fullmatch(r"\d+([.,]\d+)?", text):
        return None
    number = float(text.replace(",", "."))
    if written == "excel":
        return datetime(1899, 12, 30) + timedelta(days=number)  # noqa: DTZ001 local, as the file tells it
    return datetime.fromtimestamp(number / (1000 if written == "epoch_ms" else 1), UTC).replace(tzinfo=None)


def clock_format(texts: list[str]) -> str | None:
    """The format that reads every text as a time of day."""
    known = [each.strip() for each in CLOCKS if each.startswith(" %") and "z" not in each]
    return next(
        (
            each
            for each in known
            if texts and all(reads(f"2026-01-31 {text}", f"%Y-%m-%d {each}") for text in {*texts})
        ),
        None,
    )


def clock_of(written: str) -> str:
    """The format of the time of day within a format."""
    return max((each for each in CLOCKS if written.endswith(each)), key=len).strip(" ,T")
