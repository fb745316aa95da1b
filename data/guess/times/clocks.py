"""Columns that tell the time of day: which they are, and how it is added where no format reads both."""

from __future__ import annotations

import re
from datetime import timedelta

from data.files.profile import Column
from data.guess.values import quoted, table

TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?")
MIDNIGHT = re.compile(r"(?<![\d:+-])(0?0:00(:00)?(\.0+)?(?![:.\d])|12:00(:00)? ?[Aa][Mm]\b)")
_DOTTED = re.compile(r"\d{1,2}\.\d\d(\.\d\d)?")
_THREE_PARTS, _TWO_PARTS = re.compile(r"\d{1,2}:\d\d:\d\d( ?[AaPp][Mm])?"), re.compile(r"\d{1,2}:\d\d")
_FIRST_HOUR = re.compile(r"0?0:\d\d(:\d\d)?|12:\d\d(:\d\d)? ?[Aa][Mm]")
_LASTS = re.compile(
    r"\b(dura\w*|dauer|duree|length|varighet|wait\w*|talk\w*|hold|espera|(time|tiempo|tempo) (to|de))\b"
)
_TIME = re.compile(
    r"(call |start |created )?(time|klokkeslett|tid|hora|heure|uhrzeit)( of( the)? (day|call))?"
)
_HOUR = re.compile(r"(call |start |created )?(hour|hora|heure|time på døgnet)( of( the)? day)?")
MANY = 10  # calls that do not all begin within the first hour of the day: such texts are durations


def is_clock(column: Column) -> bool:
    """Whether every value is a time of day in hours and minutes."""
    dotted = bool(re.search(r"\b(time|tid|klokkeslett|kl)\b", column.words))
    like = [TIME_OF_DAY, *([_DOTTED] if dotted else [])]
    return any(all(map(each.fullmatch, column.texts)) for each in like) and not _lasts(column)


def _lasts(column: Column) -> bool:
    early = len(column.texts) >= MANY and all(map(_FIRST_HOUR.fullmatch, column.texts))
    return early or bool(_LASTS.search(column.words))


def unit(column: Column) -> str | None:
    """The unit in which a column's values tell the time of day; None where they do not.

    ``days`` are a spreadsheet's: 0.5 is noon.
    """
    texts, numbers = column.texts, column.numbers
    if texts and all(map(_THREE_PARTS.fullmatch, texts)):
        return "h:m:s"
    if texts and all(map(_TWO_PARTS.fullmatch, texts)):
        return "h:m"
    if _TIME.fullmatch(column.words) and texts and (packed := _packed(texts)):
        return packed
    if _TIME.fullmatch(column.words) and any(numbers) and all(0 <= number < 1 for number in numbers):
        return "days"
    whole = all(number.is_integer() and 0 <= number <= 23 for number in numbers)
    return "hours" if _HOUR.fullmatch(column.words) and len(set(numbers)) > 1 and whole else None


def _packed(texts: list[str]) -> str | None:
    """The unit of times of day without colons, such as 080000 or 901; zeros may have been lost in front."""
    if not all(re.fullmatch(r"\d{1,6}", text) for text in texts) or max(map(len, texts)) < 3:
        return None
    told = "hhmmss" if max(map(len, texts)) > 4 else "hhmm"
    parts = [text.zfill(6 if told == "hhmmss" else 4) for text in texts]
    real = all(int(each[:2]) < 24 and int(each[2:4]) < 60 and int(each[4:] or 0) < 60 for each in parts)
    return told if real else None


def added(column: Column) -> str:
    """The duration in TOML that makes midnight the column's time of day."""
    told = unit(column) or ""
    comma = quoted(",") if told == "days" and any("," in text for text in column.texts) else ""
    return table(column.name, unit="" if told == "h:m:s" else quoted(told), decimal=comma)


def since_midnight(text: str, told: str) -> timedelta:
    """A value as its unit reads it."""
    if ":" in text:
        hours, minutes, *seconds = map(int, re.sub("[^0-9:]", "", text).split(":"))
        if half := re.search("[AaPp]", text):
            hours = hours % 12 + 12 * (half[0] in "Pp")
        return timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    if told in {"hhmmss", "hhmm"}:
        digits = text.zfill(6) if told == "hhmmss" else text.zfill(4) + "00"
        return timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    number = Column("", [text]).numbers[0]
    return timedelta(days=number) if told == "days" else timedelta(hours=number)
