"""Stop and start words: the carrier's own, and those Scandinavians use."""

# ruff: noqa: E501 (one phrase a line)

from __future__ import annotations

import re

_STOP = frozenset(
    # Twilio's list; an exact single word.
    "stop stopall unsubscribe cancel end quit optout revoke "  # noqa: SIM905
    # Ours to handle.
    "stopp avslutt avmeld stans stopsms stoppsms slutt sluta avsluta avregistrer afmeld afmelding frameld "
    "avmelding avanmäl stoppa stans stoppen stoppall".split()
)
_START = frozenset(("start", "yes", "unstop", "startigjen", "startpåny"))
_POLITE = (
    r"(?:takk|tack|tak|please|pls|plz|vennligst|venligst|snälla|nå|no|nu|now|da|sms|sms-er|smser|dette|this|"
    r"meldinger|meldingene|meldingar|beskeder|meddelanden|messages|texts|texting|all|alt|alle|it|igjen|så|"
    r"er du snill|er dere snille|vær så snill|ver så snill|be så snill|thanks|thank you|omgående|straks)"
)
_PHRASES = re.compile(
    "|".join(
        (
            # "Stopp takk", "please stop", "stopp sms nå"
            r"^[\W\d]*(?:stop+|stans|avslutt|avmeld)[\W\d]*$",
            rf"^\W*(?:{_POLITE}\W+)*(?:stop|stopp|stans|avslutt|avmeld|unsubscribe|quit)(?:\W+{_POLITE})*\W*$",
            # "Nei, STOPP", "Stopp! Jeg vil ikke", "stopp å ringe meg"; not "7, stopp i køen" and "Stopp på linja"
            r"^\W*(?:(?:nei|nej|no|ja|jo|ok|hei|hej|hi|takk|tack|tak|vennligst|please|men|og|så)\W+)*"
            r"(?:stopp|stop|stans|avslutt|avmeld)\b(?!\W+(?:i|på|av|in|on|mellom)\b)\D*$",
            # "Ikke send flere meldinger", "ikkje send meir", "skicka inte fler sms", "send ikke flere beskeder"
            r"\b(?:ikke|ikkje|inte|aldri|aldrig)\s+(?:send|sende|sendt|skicka|skriv|kontakt|kontakte|spam\w*)\b"
            r"(?:\s+\w+){0,2}?\s*(?:fler|flere|fleire|flera|mer|meir|mere|sms\w*|melding\w*|besked\w*|meddeland\w*|"
            r"noe|noko|meg|mig|igjen|igen|dette)",
            r"\b(?:send|skicka|kontakt|kontakta|skriv)\s+(?:meg\s+|mig\s+)?(?:ikke|ikkje|inte|aldri|aldrig)\s+"
            r"(?:\w+\s+)?(?:fler|flere|fleire|flera|mer|meir|mere|sms\w*|melding\w*|besked\w*|meddeland\w*|meg|mig|igjen)",
            r"^\W*(?:(?:nei|nej|no)\W+)?(?:(?:takk|tack|tak|thanks)\W+)?(?:ingen|inga|inget|ikke|ikkje|no|inte)\s+"
            r"(?:(?:fler|flere|fleire|flera|more|mer|meir|mere)\s+)?"
            r"(?:sms\w*|melding\w*|besked\w*|meddeland\w*|messages|texts|tekst\w*)",
            r"\b(?:slutte?|sluta|stoppe?|stop|slut|hold opp)\s+(?:med\s+)?(?:å\s+|att\s+|at\s+)?"
            r"(?:send\w*|skicka|sms\w*|melding\w*|texting|sending|messaging|spam\w*|mas\w*)",
            r"\b(?:meld|melde|ta|fjern|stryk|slett|slet)\s+(?:meg|mig|mej|nummeret mitt|mitt nummer)\s+"
            r"(?:av|fra|frå|ut|bort|på lista|af)\b",
            r"\bvil\s+(?:ikke|ikkje)\s+(?:ha|motta|få)\s+(?:\w+\s+)?(?:fler|flere|fleire|sms\w*|melding\w*)",
            r"\bvill\s+inte\s+(?:ha|få)\s+(?:\w+\s+)?(?:fler|sms\w*|meddeland\w*)",
            r"\b(?:don'?t|do not|dont)\s+(?:text|message|contact|sms|send)\s+(?:me|any|more)\b",
            r"\b(?:unsubscribe|remove)\s+me\b|\bopt\s+(?:me\s+)?out\b|\bleave me alone\b|\bstop\s+it\b",
            r"\b(?:la\s+meg|lad\s+mig|låt\s+mig)\s+(?:være|vere|vara)\b",
            r"\bavregistrer\s+meg\b|\bavmeld\s+meg\b|\bafmeld\s+mig\b|\bavsluta\s+(?:sms|utskick)\b",
        )
    )
)


def is_stop(plain: str) -> bool:
    """Whether a normalised text says that nothing more may be sent."""
    return re.sub(r"[\W_]+", "", plain) in _STOP or _PHRASES.search(plain) is not None


def is_start(plain: str) -> bool:
    """Whether a normalised text says that sending is welcome again."""
    return re.sub(r"[\W_]+", "", plain) in _START
