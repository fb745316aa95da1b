"""Alarms in words: what went up or down, on which day, against what was expected."""

from __future__ import annotations

from metrics.inference.over_time.alarms import SHIFT, Alarm, measure
from metrics.wording.numbers import day, decimal, level
from texts.languages import read
from texts.sentences import Names, Sentences

# What is measured, with the unit in which it is written.
_UNITS = {
    "contacts": "count",
    "self_service_failed": "count",
    "no_reply": "share",
    "send_failure": "share",
    "unanswered": "share",
    "answer_rate": "share",
    "csat": "score",
    "hit_rate": "share",
    "handling_time": "seconds",
    "leakage": "share",
    "self_service_rate": "share",
}
_NAMES = Names("alarms_names")
NAMES = {code: (unit, _NAMES[code]) for code, unit in _UNITS.items()}
_NUMBERS = ("value", "expected", "low", "high")
_WHERE = Sentences("alarms_where")
_TEXT = Sentences("alarms")


def name(alarm: Alarm, language: str) -> str:
    """What the alarm is about: the measure, and the topic or partner."""
    _, names = NAMES[measure(alarm.series)]
    where = (_WHERE[language].get(dim, "{}").format(_quoted(value, language)) for dim, value in alarm.dims)
    return " ".join([names[language], *where])


def _quoted(text: str, language: str) -> str:
    return str(read(language, "formats")["quote"]).format(text)


def written(alarm: Alarm, value: float, language: str) -> str:
    """A number of the alarm in its unit; contacts are counted whole."""
    unit = NAMES[measure(alarm.series)][0]
    return decimal(value, 0, language) if unit == "count" else level(value, unit, language)


def sentence(alarm: Alarm, language: str) -> str:
    """The alarm in one sentence (nb, en)."""
    numbers = {key: written(alarm, getattr(alarm, key), language) for key in _NUMBERS}
    text = _TEXT[language][alarm.direction if alarm.kind == SHIFT else "spike"]
    days = {"day": day(alarm.day, language), "since": day(alarm.since, language)}
    return text.format(name=name(alarm, language), **days, **numbers)
