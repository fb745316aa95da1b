"""Drivers and reasons in words (nb, en)."""

from __future__ import annotations

from metrics.inference.drivers import Driver, Drivers
from metrics.inference.numbers import decimal
from metrics.inference.reasons import reason_text

DRIVERS = {
    "solved": {"nb": "Løst ved første kontakt", "en": "Solved at first contact"},
    "guided": {"nb": "Vist hvordan man gjør det selv", "en": "Shown how to do it oneself"},
    "self_service_first": {"nb": "Prøvde selvbetjening først", "en": "Tried self-service first"},
    "waited": {"nb": "Ventetid", "en": "Waiting time"},
    "handled": {"nb": "Behandlingstid", "en": "Handling time"},
    "repeats": {"nb": "Kontakter de siste sju dagene", "en": "Contacts in the last seven days"},
    "team": {"nb": "Team", "en": "Team"},
}
REASONS = {
    "waiting": {"nb": "Ventet for lenge", "en": "Waited too long"},
    "not_solved": {"nb": "Ikke løst", "en": "Not solved"},
    "not_listened": {"nb": "Ikke hørt på", "en": "Not listened to"},
    "price": {"nb": "Pris", "en": "Price"},
    "product": {"nb": "Produktet", "en": "The product"},
    "self_service_failed": {"nb": "Selvbetjeningen sviktet", "en": "Self-service failed"},
    "none": {"nb": "Ingen av disse", "en": "None of these"},
}
_TEXT = {
    "nb": {
        "first": "«{name}» følger sterkest med poengene: {share} % av det som kan forklares ({low}–{high}), "
        "og {explained} % av forskjellene mellom kundene kan forklares.",
        "unsure": "Ingen av driverne skiller seg klart ut. {explained} % av forskjellene kan forklares.",
    },
    "en": {
        "first": "“{name}” goes most with the scores: {share}% of what can be explained ({low}–{high}), and "
        "{explained}% of the differences between customers can be explained.",
        "unsure": "None of the drivers stands out. {explained}% of the differences can be explained.",
    },
}


def sentence(found: Drivers, language: str) -> str:
    """The strongest driver with its share, where it is above the others; else that none is."""
    if found.reason or not found.drivers or found.explained.value is None:
        return reason_text(found.reason, language)
    first = found.drivers[0]
    share, rest = first.share, found.drivers[1:]
    explained = decimal(100 * found.explained.value, 0, language)
    clear = share.low is not None and all(share.low > (other.share.value or 0.0) for other in rest)
    if not clear or share.value is None or share.low is None or share.high is None:
        return _TEXT[language]["unsure"].format(explained=explained)
    value, low, high = (decimal(100 * number, 0, language) for number in (share.value, share.low, share.high))
    name = DRIVERS[first.name][language]
    return _TEXT[language]["first"].format(name=name, share=value, low=low, high=high, explained=explained)


def direction(driver: Driver) -> str:
    """``up`` where more of it goes with higher scores, ``down`` with lower, "" where that is not sure."""
    slope = driver.direction
    if slope is None or slope.low is None or slope.high is None:
        return ""
    return "up" if slope.low > 0 else "down" if slope.high < 0 else ""
