"""What in a reply a team lead should see: distress, a complaint, bad language, a question."""

# ruff: noqa: E501 (lists of words read better whole)

from __future__ import annotations

import re
from collections.abc import Sequence

_FLAGS = {
    "emergency": (
        r"selvmord|sjølvmord|självmord|suicid|ta livet (?:av|mitt)|take my (?:own )?life|kill myself|drepe meg|"
        r"nødsituasjon|nødstilfelle|emergency|livsfare|akutt (?:hjelp|syk|fare)|ambulanse|ambulance|gasslekkasje|"
        r"det brenner|brann i|on fire|ring 11[0-3]|hjertestans|heart attack|(?:blir|er) truet|trusler|slår meg|"
        r"vold mot|(?:orker|orkar|vil|vill|lyst til å|lyst å|ynskjer|ønsker)(?: (?:ikke|ikkje|inte))?(?: å| att)? leve? lenger|"
        r"orker ikke (?:leve|mer av livet)|(?:vill|orkar) inte leva|vil dø|want to die|vill dö|lukt\w* (?:av )?gass|gasslukt|gaslukt|"
        r"ring(?:t|e|er)? (?:politi\w*|ambulanse\w*|brannvesen\w*|nødnummer\w*|nødetat\w*|11[0-3])|innbrudd|brutt seg inn|"
        r"trygghetsalarm\w*|truer (?:meg|oss|mig)|truet på livet|puster ikke|bevisstløs|medvetslös|can't breathe"
    ),
    "complaint": (
        r"\bklag(?:e|er|ar|et|a|en|de)\b|klagesak|klagom[åa]l|forbrukerr[åa]det|forbrukertilsynet|finansklage|advokat|"
        r"erstatning|kompensasjon|ersättning|uakseptab|skandale|helt håpløs|håpløs|håplaus|elendig|forferdelig|forfärdelig|"
        r"forfærdelig|verste|værste|värsta|reklam(?:ere|asjon)|complain|lawyer|refund|unacceptable|terrible|awful|"
        r"worst|disgrace|uholdbar|uhaldbar|forbrukerklage\w*|krever|krev (?:pengane|pengene)|money back|pengene tilbake|pengarna tillbaka|"
        r"(?:sint|misfornøyd|misnøgd|missnöjd|angry) (?:kunde|customer)|ikke kunde (?:lenge|mer)|ubrukelig|dårlig behandl\w*|"
        r"bytte[rt]? (?:jeg |vi |nå )?(?:leverandør|selskap|operatør)|sier opp|si opp abonnement|säger upp|heve kjøpet|svindel|scam|"
        r"(?:takk|tack|tak|thanks|thank you) (?:for|för) (?:ingenting|ingen verdens ting|nothing)|"
        r"anmelde|løgn|ljug|lyver|oppgitt|rasende|forbanna|misfornøyd med"
    ),
    "swearing": (
        r"\bf\*+|\b(?:faen|faan|fader|fanden|fandens|jævla|jævlig|jævel|jävla|jävlig|jävel|helvete|helvetes|helvede|satan|"
        r"satans|dritt|drittselskap|drit|skit|skitt|fuck\w*|shit\w*|bullshit|damn|goddamn|idiot\w*|fitte|fitta|kuk|kukk|"
        r"pikk|hore|hora|bitch\w*|asshole\w*|arsehole|bastard\w*|crap|ræv|røv|rævva|svin|svina|moron\w*|pisspreik|"
        r"\w*(?:selskap|service)?dritt\w*|kuk\w*|skit(?:företag|service)\w*|hold kjeft|kjeften|piss off|pissoff|fan ta|"
        r"dust|dustene|tulling\w*|wtf)\b"
    ),
    "question": (
        r"\?|\b(?:kan|kunne|could|can) (?:du|dere|de|dykk|noen|nokon|jeg|eg|ni|i|you|someone|somebody|någon|nogen)\b|"
        r"\bring(?:e)? (?:meg|mig|tilbake|opp)\b|\bcall me\b|\bring me\b|\bta kontakt\b|\blurer på (?:når|om|hvor|hva|hvem|hvordan|hvorfor)\b|\b(?:trenger|treng|behöver|need) (?:fortsatt |framleis |still )?(?:hjelp|hjälp|hjælp|help)\b|\bkontakt(?:e)? meg\b|\bcontact me\b|"
        # "Stopp internettet mitt" is heard as a stop, and perhaps is none.
        r"^\W*(?:stopp|stop|stans|avslutt)\s+(?!(?:sms|meld|beskj|besked|medd|undersøk|undersök|spør|spam|mas|tull)\w*)"
        r"\w{2,}(?:en|et|ene|ane)\b|"
        r"^\W*(?:hva|hvorfor|hvordan|hvor|hvem|når|kva|kvifor|korleis|vad|varför|hur|what|why|how|when|where)\b"
    ),
}
# "Ingenting å klage på", "klager ikke": the opposite of a complaint.
_CONTENT = re.compile(
    r"\b(?:ingenting|intet|ikke noe|ikke|ikkje|ikkje noko|uten|utan|inget|inte|nothing|no|not)\s+(?:å\s+|att\s+|at\s+|to\s+)?"
    r"(?:klag\w*|complain\w*)|\bklag\w*\s+(?:ikke|ikkje|inte)\b"
)
_COMPILED = {name: re.compile(pattern) for name, pattern in _FLAGS.items()}


def flags_of(plain: str) -> tuple[str, ...]:
    """The flags of a normalised text. A question mark alone ("8?") is no question."""
    grave = _CONTENT.sub(" ", plain)
    found = [name for name, pattern in _COMPILED.items() if pattern.search(grave)]
    if "question" in found and sum(character.isalpha() for character in plain) < 6:
        found.remove("question")
    return tuple(found)


CORRECTION = "correction"
_CORRECTION = re.compile(
    r"\b(?:mente|meinte|menade|meant|rettelse|correction|typo|skrivefeil|tastefeil|tastet feil)\b|^\*\d+$|"
    r"^\W*(?:sorry|beklager|oops|ops|unnskyld|orsak|ursäkta|undskyld|nei|nej|no)\W+\d+\W*$"
)
_COURTESY = re.compile(
    r"^\W*(?:(?:ok|takk|tack|tak|thanks|thank you|tusen|mange|for|hjelpen|hjelpa|svar|mvh|hilsen)\b\W*)*$"
)


def is_correction(plain: str) -> bool:
    """Whether a normalised text that gives a score says that it takes the place of another."""
    return _CORRECTION.search(plain) is not None


def is_courtesy(plain: str) -> bool:
    """Whether a normalised text says nothing that needs an answer."""
    return _COURTESY.match(plain) is not None


URGENCY = ("emergency", "complaint", "question", "swearing")


def urgency_of(flags: Sequence[str]) -> int | None:
    """0 for an emergency, more for what can wait longer, None for nothing that a person must look at."""
    return min(
        (URGENCY.index(flag) if flag in URGENCY else len(URGENCY) for flag in flags if flag != CORRECTION),
        default=None,
    )
