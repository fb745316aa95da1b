"""Stop and start words: the carrier's own, and those Scandinavians use."""

# ruff: noqa: E501 (one phrase a line)

from __future__ import annotations

import re

_STOP = frozenset(
    # Twilio's list; an exact single word.
    "stop stopall unsubscribe cancel end quit optout revoke "  # noqa: SIM905
    # Ours to handle.
    "stopp avslutt avmeld stans stopsms stoppsms slutt sluta avsluta avregistrer afmeld afmelding frameld "
    "avmelding avanmäl avregistrera stoppa stans stoppen stoppall st0pp stpp".split()
)
_START = frozenset(("start", "yes", "unstop", "startigjen", "startpåny", "startsms"))
_POLITE = (
    r"(?:takk|tack|tak|please|pls|plz|vennligst|venligst|snälla|nå|no|nu|now|da|sms|sms-er|smser|dette|this|these|disse|"
    r"meldinger|meldingene|meldingar|beskeder|meddelanden|messages|texts|texting|all|alt|alle|it|igjen|så|reklame\w*|"
    r"er du snill|er dere snille|vær så snill(?: og)?|ver så snill|be så snill|thanks|thank you|omgående|straks)"
)
_WORD = r"(?:stop+|stoppa|stans|avslutt|avmeld|unsubscribe)"
_NOT = r"(?:ikke|ikkje|inte|aldri|aldrig|ei)"
_MORE = r"(?:fler|flere|fleire|flera|mer|meir|mere|more)"
_SUCH = r"(?:slike?|sånne?|slikt|sånt|disse|desse|dessa|these|this|dette|det|sådanne|noe|noko|any|it)"
_ME = r"(?:(?:til|åt|to|på)\s+)?(?:meg|mig|mej|me|oss|os|us)"
_MESSAGES = (
    r"(?:sms\w*|melding\w*|besked\w*|beskjed\w*|meddeland\w*|tekst\w*|messages?|messaging|texts?|texting|undersøk\w*|"
    r"undersök\w*|spørreundersøk\w*|surveys?|spørsmål|spam\w*|mas|henvendels\w*)"
)
# The thing itself, or nothing more than who, more and thanks: not "ikke send flere fakturaer".
_ANY = (
    rf"(?:\s+(?:{_ME}|{_MORE}|{_SUCH}|flere slike))*\s+{_MESSAGES}|"
    rf"(?:\s+(?:{_ME}|{_MORE}|{_SUCH}|igjen|igen|again|anymore|takk|tack|tak|please|nå|da)){{1,5}}\s*(?:[.!,\n]|$)"
)
# What customers stop with us that is not the messages: an order, a subscription, a payment.
_THING = (
    r"(?:(?:mitt|min|mi|mine|my|the|our|vårt|vår|det|den|dette|denne|alle|en|et)\s+)?(?:abonnement\w*|bestilling\w*|"
    r"ordre\w*|order\w*|beställning\w*|avtale\w*|avtal\w*|aftale\w*|levering\w*|leveranse\w*|betaling\w*|"
    r"faktur\w*|regning\w*|trekk\w*|kort\w*|konto\w*|tjeneste\w*|subscription\w*|contract\w*|delivery|payment\w*|"
    r"card|forsikring\w*|medlemskap\w*|kundeforhold\w*|flytting\w*|oppsigelse\w*|purring\w*|strøm\w*|nett\w*)"
)
_PHRASES = re.compile(
    "|".join(
        (
            # "Stopp takk", "please stop", "stopp sms nå", "8 stopp"
            rf"^[\W\d]*{_WORD}[\W\d]*$",
            rf"^\W*(?:{_POLITE}\W+)*(?:{_WORD}|quit)(?:\W+{_POLITE})*\W*$",
            # "Nei, STOPP", "Stopp! Jeg vil ikke", "stopp å ringe meg"; not "7, stopp i køen" and "stopp bestillingen"
            r"^\W*(?:(?:nei|nej|no|ja|jo|ok|hei|hej|hi|takk|tack|tak|vennligst|please|men|og|så)\W+)*"
            rf"(?:stopp|stop|stans|avslutt|avmeld)\b(?!\W+(?:i|på|av|in|on|mellom|{_THING})\b)\D*$",
            # "Bra service. STOPP": a sentence of its own at the end
            rf"[.!?\n,]\s*(?:{_POLITE}\s+)?{_WORD}(?:\s+{_POLITE})*\W*$",
            # "Ikke send flere meldinger", "ikkje ta kontakt meir", "skicka inte fler sms", "don't text me again"
            rf"\b{_NOT}\s+(?:send[ae]?|skicka|skriv|skrive|spør|ta kontakt|kontakt|kontakte)(?:{_ANY})",
            rf"\b(?:send|skicka|kontakt|kontakta|skriv)(?:\s+{_ME})?\s+{_NOT}(?:{_ANY})",
            rf"\b(?:don'?t|do not|never)\s+(?:text|message|contact|sms)\s+(?:{_ME}|any|more|again)\b",
            rf"\b(?:don'?t|do not|never)\s+send(?:{_ANY})",
            rf"\b{_NOT}\s+\w+\s+(?:eller|og|or)\s+(?:send|sende|skriv|text)(?:{_ANY})",
            rf"\b(?:send|skicka)\s+(?:{_ME}\s+)?(?:ingen|inga)\s+(?:{_MORE}\s+)?{_MESSAGES}",
            r"\bbli\s+(?:slettet|fjernet|sletta|fjerna|borttagen)\s+(?:fra|frå|från)\b",
            rf"\b{_NOT}\s+(?:mas|mase|plag\w*|spam\w*)\b",
            # "Ingen flere sms", "no more surveys"
            rf"(?:^|[.!\n,])\W*(?:(?:nei|nej|no)\W+)?(?:(?:takk|tack|tak|thanks)\W+)?(?:ingen|inga|inget|{_NOT}|no)\s+(?:{_MORE}\s+)?(?:{_SUCH}\s+)?{_MESSAGES}",
            # "Slutt å sende meg sms", "stop spamming me", "sluta smsa"
            rf"\b(?:slutte?|sluta|stoppe?|stop|slut|hold opp)\s+(?:med\s+)?(?:å\s+|att\s+|at\s+)?(?:(?:send[ae]?|sending|skicka|skriv[ae]?)(?:{_ANY}|\W*$)|(?:{_SUCH}\s+)?{_MESSAGES}|smsa|mas\w*|spam\w*|(?:med\s+)?dette\W*$)",
            # "Vil ikke ha flere sms", "ønsker ikke slike meldinger", "I don't want to receive these texts"
            rf"\b(?:vil|ønsker|ønskjer|ynskjer|vill|önskar)\s+{_NOT}\s+(?:å\s+)?(?:(?:ha|have|motta|få|modtage|ta emot)\s+)?(?:(?:{_MORE}|{_SUCH})\s+){{0,2}}{_MESSAGES}",
            rf"\b(?:don'?t|do not)\s+want\s+(?:to\s+(?:get|receive|have)\s+)?(?:(?:{_MORE}|{_SUCH})\s+){{0,2}}{_MESSAGES}",
            # "Meld meg av", "slett nummeret mitt", "take me off this list"
            r"\b(?:meld|melde|ta|stryk)\s+(?:meg|mig|mej|nummeret mitt|mitt nummer)\s+(?:av|fra|frå|ut|bort|på lista|af)\b|\bta\s+bort\s+(?:mig|mitt nummer)\b",
            r"\b(?:fjern|slette?|slet|remove|delete)\s+(?:meg|mig|me|nummeret mitt|mitt nummer|mit nummer|my number)\b",
            r"\bunsubscribe\s+me\b|\btake\s+me\s+off\b|\bopt\s+(?:me\s+)?out\b|\bleave me alone\b|\bstop\s+it\b",
            r"\b(?:la\s+meg|lad\s+mig|låt\s+mig)\s+(?:være|vere|vara)\b|\breserverer?\s+meg\b",
            r"\b(?:avregistrer|avmeld)\s+meg\b|\b(?:afmeld|avanmäl|avregistrera)\s+mig\b|\bavsluta\s+(?:sms|utskick)\b",
        )
    )
)


def is_stop(plain: str) -> bool:
    """Whether a normalised text says that nothing more may be sent."""
    return re.sub(r"[\W_]+", "", plain) in _STOP or _PHRASES.search(plain) is not None


def is_start(plain: str) -> bool:
    """Whether a normalised text says that sending is welcome again."""
    return re.sub(r"[\W_]+", "", plain) in _START
