"""The words that replies are made of, as the files of ``surveys/lexicon`` list them, all languages together.

One file a language; lexicon/README.md says what each list is for. How the words are used stands in
:mod:`surveys.parser.read` and :mod:`surveys.parser.opt_out`.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from surveys.parser.letters import fold

FOLDER = Path(__file__).with_name("languages")


class _Lexicon:
    """All files, merged. ``languages`` says of each word which languages it belongs to."""

    def __init__(self, folder: Path) -> None:
        self.lists: dict[str, set[str]] = defaultdict(set)
        self.values: dict[str, dict[str, int]] = defaultdict(dict)
        self.signs: dict[str, str] = {}
        self.phrases: dict[str, list[str]] = defaultdict(list)
        self.languages: dict[str, set[str]] = defaultdict(set)
        for path in sorted(folder.glob("*.toml")):
            self._add(path.stem, tomllib.loads(path.read_text("utf-8")))

    def _add(self, language: str, data: Mapping[str, Any]) -> None:
        plain = {fold(letter): typed for letter, typed in data.get("spellings", {}).items()}
        for name in ("numbers", "numbers_alone", "nouns"):
            for value, text in data.get(name, {}).items():
                found = _spelt(text.split(), plain)
                self.values[name].update(dict.fromkeys(found, int(value)))
                self._note(language, found)
        for sign, some in data.get("dictated", {}).items():
            self.signs.update(dict.fromkeys(_spelt(some, plain), sign))
        for name, listed in data.get("words", {}).items():
            found = _spelt(listed.split() if isinstance(listed, str) else listed, plain)
            self.lists[name].update(found)
            self._note(language, found)
        for name, some in data.get("phrases", {}).items():
            self.phrases[name].extend(_spelt(some, plain))

    def _note(self, language: str, found: Iterable[str]) -> None:
        for word in found:
            self.languages[word.strip("*")].add(language)


def _spelt(listed: Iterable[str], plain: Mapping[str, str]) -> list[str]:
    """Each word as replies are spelt, and as it is typed where the keyboard lacks a letter."""
    table = str.maketrans(dict(plain))
    return list(dict.fromkeys(spelt for word in map(fold, listed) for spelt in (word, word.translate(table))))


_ALL = _Lexicon(FOLDER)


def _set(name: str) -> frozenset[str]:
    return frozenset(_ALL.lists[name])


def _ends(name: str) -> tuple[str, ...]:
    return tuple(sorted(_ALL.lists[name]))


LANGUAGES: Mapping[str, set[str]] = _ALL.languages
PHRASES: Mapping[str, list[str]] = _ALL.phrases
LISTS: Mapping[str, set[str]] = {
    **_ALL.lists,
    "extra": _ALL.lists["me"] | _ALL.lists["more"] | _ALL.lists["such"],
}
"""What phrases name in braces."""

NUMBERS: Mapping[str, int] = _ALL.values["numbers"]
# Articles and prepositions as well: a number only where nothing else is said.
NUMBERS_ALONE: Mapping[str, int] = _ALL.values["numbers_alone"]
# "En klar åtter": said of marks only.
NOUNS: Mapping[str, int] = _ALL.values["nouns"]
# What a dictated reply has instead of a sign: "ni punktum".
SIGNS: Mapping[str, str] = _ALL.signs
# What is counted or measured: a number in front of it is no score.
UNITS = _set("units")
MONEY = _set("money")
STARS = _set("stars")
POINTS = _set("points")
MONTHS = _set("months")
# A mark follows, perhaps after fillers: "jeg gir dere en klar 9", "karakteren er 8".
GIVERS = _set("givers")
# "Kari får 9", "det blir 8", but not "jeg får 9" and "vi blir 4".
RECEIVERS = _set("receivers")
# "Det vart 9", but not "regningen ble 9".
RESULTS = _set("results")
IT = _set("it")
WAS = _set("was")
# "Servicen var 9", but not "ventetiden var 9".
SERVED = _set("served")
GO_WITH = _set("go_with")
FILLERS = _set("fillers")
# "Gir jeg 8", but not "jeg er 8".
PRONOUNS = _set("pronouns")
# What may stand before a number without a mark of its own: "veldig bra service 9", "takk 10".
BEFORE = _set("before")
# What may follow a number that stands for itself: "9 og takk for hjelpen", "8 veldig bra".
AFTER = _set("after")
# What follows a number in digits that opens a reply, or has a mark before it, and would else look like
# something that is counted. Words of the grammar only.
FOLLOWERS = _set("followers")
# These tie a number to something else, or say something about it: "3 som ikke visste", "10 er for lite".
TIES = _set("ties")
# "Til 8" and "fem på" point at something else, also where it is not said.
TOWARDS = _set("towards")
IS = _set("is")
IN = _set("in")
# "8 i karakter", "7 I guess", "9 is my answer", "7 er svaret mitt".
AFTER_I = _set("after_i")
AFTER_IS = _set("after_is")
# "Ni" is nine, and "you" in Swedish.
AFTER_NINE = _set("after_nine")
# "Kjempefornøyd", "superfint": praise and blame of any kind.
STRONG = _ends("strong")
# What can be counted ends like this, or describes it: "3 dyre måneder", "4 agents", "3 snabba svar".
PLURAL = _ends("plural")
# ... but these, which only look like it.
NOT_PLURAL = _set("not_plural")
# "9 i morgen", "8 på kvelden", "9 i kveld": a time of the day.
TIMES = _set("times")
# Adjectives of one thing, adverbs and definite nouns are not counted: "2 ubrukelig", "3 systemet".
UNCOUNTED = _ends("uncounted")
# Between a number and what it counts: "3 veldig lange dager", "4 great calls".
QUALIFIERS = _set("qualifiers")
# "Ikke 8": what it is not. "Nesten 10": it is not that either, but close.
DENIALS = _set("denials")
# "10 … NOT", "10? Nei": taken back with the last word.
TAKEN_BACK = DENIALS | _set("taken_back")
IRONY = _set("irony")
NEARLY = _set("nearly")
BOUNDS = _set("bounds")
ARTICLES = _set("articles")
# "Kunne vært 10", "skulle gjerne gitt 10": what it might have been.
# Nouns and adjectives of praise, by their ends: "kundeservice 8", "hyggelig 9".
PRAISED = _ends("praised")
MIGHT = _set("might")
MIGHT_BE = _set("might_be")
# Of "would": "10 would have been …", but not "9 would be my score".
MIGHT_HAVE_BEEN = _set("might_have_been")
WOULD = _set("would")
# "Karakter8": written together.
MARKS = _set("marks")
# "Bra10", and with a word of STRONG as well; but not "topp10" and "super8", which are names of things.
GLUED = _set("glued")
NAMES = _set("names")
# "Sist ga jeg 8", but not "bedre enn sist, 8".
BEFORE_NOW = _set("before_now")
LAST = _set("last")
NOBODY = _set("nobody")
TO_GIVE = _set("to_give")
# "10 når dere ringer", but not "9 når jeg endelig kom gjennom".
ONCE = _set("once")
OTHERS = _set("others")
MUST = _set("must")
AFTER_VERB = {"with": GO_WITH, "be": MUST}
IF = _set("if")
# The first words of what is said in several: scales, times, money, links, smileys.
OPENERS = _set("openers")
# A number inside of a question is what is asked about.
QUESTION_STARTERS = _set("question_starters")
YES = _set("yes")
NO = _set("no")

# What numbers are bound by, in tokens: "9 av 10", "7 til 8", "mellom 1 og 10", "kl 8", "6 på terningen".
OUT_OF = _set("out_of")
RANGE_TO = _set("range_to")
JOINED_BY = _set("joined_by")
HALF = _set("half")
SCALE = _set("scale")
SCALE_FROM = _set("scale_from")
SCALE_TO = _set("scale_to")
CLOCK = _set("clock")
HOUR_AROUND = _set("hour_around")
SHORT_HOUR = _set("short_hour")
PLACE = _set("place")
ORDINAL_NOUNS = _set("ordinal_nouns")
PERCENT = _set("percent")
DATED = _set("dated")
ON_DAY = _set("on_day")
ON = _set("on")
DICE = _set("dice")
CAST = _set("cast")
THUMBS = _set("thumbs")
THOUSAND = _set("thousand")
THOUSAND_THANKS = _set("thousand_thanks")
HEARTY = _set("hearty")
FROM_ME = _set("from_me")
ME_AFTER = _set("me_after")
LESS = _set("less")
LESS_FROM = _set("less_from")
# What a mark is held against: "1 svært fornøyd" and "10 elendig" turn the scale round.
PRAISE = _set("praise")
BLAME = _set("blame")
INTENSE = _set("intense")
CONTRAST = _set("contrast")
# "Mente 10", "skulle stå 9", "beklager, 9": another score than the one before.
MEANT = _set("meant")
MEANT_TO = _set("meant_to")
MISTAKEN = _set("mistaken")
SORRY = _set("sorry")
# "Sist 3, men i dag 9".
TODAY = _set("today")
# The first word of a question, whether it has a question mark or not.
ASKS_WITH = _set("asks_with")
# What needs no answer, and what stands around the customer's own words.
THANKS = _set("thanks")
SIGNATURE = _set("signature")
TAPBACK = _set("tapback")
TAPBACK_TO = _set("tapback_to")
WROTE = _set("wrote")
# Asking us to send nothing more.
STOP = _set("stop")
STOP_ALONE = _set("stop_alone")
GREETING = _set("greeting")
STOP_OPENER = _set("stop_opener")
START = _set("start")
STOP_DENIED = _set("stop_denied")
POLITE = _set("polite")
NOT = _set("not")
EXTRA = frozenset(
    word for name in ("me", "more", "such") for phrase in _ALL.lists[name] for word in phrase.split()
)
MESSAGES = _set("messages")
CONTACTING = _set("contacting")
INFINITIVE = _set("infinitive")
OWN = _set("own")
THINGS = _set("things")
