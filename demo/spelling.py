"""How people write what they think in an SMS.

Every spelling is one that people use; which of them says what is for the reader of replies to find out,
not for the demonstration to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

WORDS: Mapping[str, Sequence[str]] = {
    "nb": ("en", "to", "tre", "fire", "fem", "seks", "syv", "åtte", "ni", "ti"),
    "nn": ("ein", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti"),
    "en": ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}
# {n} is the score, {w} the score as a word. Written by anybody, whatever the score.
PLAIN: Mapping[str, Sequence[tuple[str, float]]] = {
    "nb": (("{n}", 60), (" {n} ", 3), ("{n}.", 4), ("{n}!", 3), ("{n}/10", 6), ("{n} av 10", 4), ("{w}", 3),
           ("{W}!", 3), ("Jeg gir {n}", 3), ("Gir dere {n}", 2), ("{n} fra meg", 1), ("{n}\ufe0f\u20e3", 1),
           ("ringte 2 ganger, gir {n}", 1), ("Svar: {n}", 1)),
    "nn": (("{n}", 60), ("{n}.", 4), ("{n}/10", 6), ("{n} av 10", 4), ("{w}", 3), ("{W}!", 3),
           ("Eg gir {n}", 5)),
    "en": (("{n}", 60), ("{n}!", 4), ("{n}/10", 7), ("{n} out of 10", 5), ("{w}", 4), ("{W}!", 3),
           ("I give it {n}", 3), ("I'd say {n}", 2)),
}  # fmt: skip
PLEASED: Mapping[str, Sequence[str]] = {
    "nb": ("{n} og takk for hjelpen", "{n} – supert", "{n} Veldig hyggelig dame!", "{n}, rask og grei hjelp",
           "{n} 😊", "{n}. Takk for god hjelp", "{n} Han forklarte alt så jeg kan gjøre det selv neste gang"),
    "nn": ("{n} og takk for hjelpa", "{n} – kjempebra", "{n}, grei og venleg", "{n}. Tusen takk"),
    "en": ("{n} thanks for the help", "{n} - great", "{n}, quick and friendly",
           "{n}. Very helpful, thank you"),
}  # fmt: skip
DISPLEASED: Mapping[str, Sequence[str]] = {
    "nb": ("{n}. Fortsatt ikke løst", "{n} ventet altfor lenge", "{n}, måtte forklare alt på nytt",
           "{n} - dette er tredje gang jeg tar kontakt", "{n}. Ingen hørte på meg", "{n} altfor dyrt",
           "{n} appen virket ikke og dere kunne ikke hjelpe"),
    "nn": ("{n}. Framleis ikkje løyst", "{n} venta altfor lenge", "{n}, fekk ikkje hjelp"),
    "en": ("{n}. Still not fixed", "{n} waited far too long", "{n}, had to explain it all again",
           "{n} the app did not work and neither did you"),
}  # fmt: skip
UNCLEAR: Mapping[str, Sequence[str]] = {
    "nb": ("👍", "ok takk", "8,5", "7-8", "vet ikke", "?", "Bra", "Ring meg kl 8", "hvem er dette",
           "Det var 3 dager siden, husker ikke", "har ikke fått ruteren ennå"),
    "nn": ("👍", "greitt", "6-7", "veit ikkje", "Kven er dette?"),
    "en": ("👍", "fine", "7-8", "who is this", "call me at 8", "not sure"),
}  # fmt: skip
STOP: Mapping[str, Sequence[str]] = {
    "nb": ("STOPP", "stopp", "Avslutt", "Ikke send flere meldinger", "STOP", "Stopp!"),
    "nn": ("STOPP", "Stopp.", "ikkje send fleire meldingar"),
    "en": ("STOP", "stop please", "Unsubscribe"),
}
REASONS: Mapping[str, Sequence[str]] = {
    "nb": ("Ventet over en halvtime i kø", "Problemet er ikke løst", "Ble ikke hørt på", "Det er for dyrt",
           "Ruteren virker fortsatt ikke", "Fant ikke ut av det på nettsiden",
           "Fikk forskjellige svar hver gang",
           "Ble satt over tre ganger", "Appen logget meg ut hele tiden", "Ingen ringte tilbake som lovet",
           "Regningen er fortsatt feil", "Kundebehandleren var kort og uinteressert"),
    "nn": ("Venta altfor lenge", "Det er ikkje løyst", "Fekk ulike svar", "Nettsida virka ikkje"),
    "en": ("Waited too long", "Still not solved", "Nobody listened", "The website did not work",
           "I was given different answers"),
}  # fmt: skip
# On the day of the outage, about the topic of the outage.
OUTAGE: Mapping[str, Sequence[str]] = {
    "nb": ("Nettet er nede og ingen visste hvorfor", "Internett nede hele dagen",
           "Nettet nede igjen, ingen varsel", "Ingen kunne si når nettet er oppe"),
    "nn": ("Nettet er nede", "Nettet nede i heile dag"),
    "en": ("The internet is down", "Internet down all day"),
}  # fmt: skip
YES: Mapping[str, Sequence[str]] = {
    "nb": ("1", "1", "1", "Ja", "ja", "Ja!", "1 ja"),
    "nn": ("1", "1", "Ja", "ja"),
    "en": ("1", "1", "Yes", "yes"),
}
NO: Mapping[str, Sequence[str]] = {
    "nb": ("2", "2", "2", "Nei", "nei", "2 nei"),
    "nn": ("2", "2", "Nei", "nei"),
    "en": ("2", "2", "No", "no"),
}


def score_text(score: int, language: str, rng: np.random.Generator) -> str:
    """A score as somebody would write it."""
    if score >= 8 and rng.random() < 0.16:
        pattern = _any(PLEASED[language], rng)
    elif score <= 4 and rng.random() < 0.25:
        pattern = _any(DISPLEASED[language], rng)
    else:
        patterns, weights = zip(*PLAIN[language], strict=True)
        chance = rng.random() * sum(weights)
        pattern = patterns[int(np.searchsorted(np.cumsum(weights), chance, side="right"))]
    if (score == 1 and "{w}" in pattern.lower()) or (score == 10 and "\u20e3" in pattern):
        pattern = "{n}"  # "en" is no number by itself; ten has no key of its own
    word = WORDS[language][score - 1]
    return pattern.format(n=score, w=word, W=word.capitalize())


def unclear_text(language: str, rng: np.random.Generator) -> str:
    """Something that is no score."""
    return _any(UNCLEAR[language], rng)


def stop_text(language: str, rng: np.random.Generator) -> str:
    """A wish to be left alone."""
    return _any(STOP[language], rng)


def yes_or_no(yes: bool, language: str, rng: np.random.Generator) -> str:
    """An answer to a follow-up question with 1 = yes and 2 = no."""
    return _any((YES if yes else NO)[language], rng)


def reason_text(language: str, rng: np.random.Generator, *, outage: bool = False) -> str:
    """What went wrong, in the customer's own words."""
    return _any((OUTAGE if outage else REASONS)[language], rng)


def _any(texts: Sequence[str], rng: np.random.Generator) -> str:
    return texts[int(rng.integers(len(texts)))]
