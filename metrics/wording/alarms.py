"""Alarms in words: what went up or down, on which day, against what was expected."""

from __future__ import annotations

from metrics.inference.over_time.alarms import SHIFT, Alarm, measure
from metrics.wording.numbers import day, decimal, level

# What is measured, with the unit in which it is written.
NAMES: dict[str, tuple[str, dict[str, str]]] = {
    "contacts": ("count", {"nb": "Kontakter", "en": "Contacts"}),
    "self_service_failed": (
        "count",
        {"nb": "Kontakter etter forsøk på selvbetjening", "en": "Contacts after trying self-service"},
    ),
    "no_reply": ("share", {"nb": "Andel uten svar på SMS-en", "en": "Share who did not answer the SMS"}),
    "send_failure": ("share", {"nb": "Andel SMS som ikke kom fram", "en": "Share of SMS not delivered"}),
    "unanswered": (
        "share",
        {"nb": "Andel kontakter som ikke ble besvart", "en": "Share of contacts not answered"},
    ),
    "answer_rate": ("share", {"nb": "Andel besvarte anrop", "en": "Share of calls answered"}),
    "csat": ("score", {"nb": "Tilfredshet", "en": "Satisfaction"}),
    "hit_rate": ("share", {"nb": "Treffprosent", "en": "Hit-rate"}),
    "handling_time": ("seconds", {"nb": "Behandlingstid", "en": "Handling time"}),
    "leakage": (
        "share",
        {
            "nb": "Andel besøk som endte med en kontakt",
            "en": "Share of visits that ended in a contact",
        },
    ),
    "self_service_rate": (
        "share",
        {"nb": "Andel besøk der kunden ble ferdig alene", "en": "Share of visits done without help"},
    ),
}
_NUMBERS = ("value", "expected", "low", "high")
_WHERE = {
    "nb": {"topic": "om {}", "partner": "hos {}"},
    "en": {"topic": "about {}", "partner": "at {}"},
}
_TEXT = {
    "nb": {
        "spike": "{name}: {value} den {day}, mot ventet {expected} ({low}–{high}).",
        "up": "{name}: høyere enn ventet siden {since}, senest {value} mot {expected}.",
        "down": "{name}: lavere enn ventet siden {since}, senest {value} mot {expected}.",
    },
    "en": {
        "spike": "{name}: {value} on {day}, where {expected} was expected ({low}–{high}).",
        "up": "{name}: higher than expected since {since}, last {value} against {expected}.",
        "down": "{name}: lower than expected since {since}, last {value} against {expected}.",
    },
}


def name(alarm: Alarm, language: str) -> str:
    """What the alarm is about: the measure, and the topic or partner."""
    _, names = NAMES[measure(alarm.series)]
    where = (_WHERE[language].get(dim, "{}").format(_quoted(value, language)) for dim, value in alarm.dims)
    return " ".join([names[language], *where])


def _quoted(text: str, language: str) -> str:
    return f"«{text}»" if language == "nb" else f"“{text}”"


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
