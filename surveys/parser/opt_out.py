"""Whether a reply asks us to send nothing more, or to send again. Pure; the words and phrases are data."""

from __future__ import annotations

import re

from surveys.parser import lexicon
from surveys.parser.phrases import Phrases

_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_CLAUSE = re.compile(r"[^.!?,\n]+")
_PHRASES = Phrases(lexicon.PHRASES["stop"], lexicon.LISTS)
_MESSAGE = tuple(sorted(lexicon.MESSAGES))
DENIED = 3  # words before a phrase among which one can deny it: "I do not want to opt out"


def is_stop(plain: str) -> bool:
    """Whether a normalised text says that nothing more may be sent."""
    if re.sub(r"[\W_]+", "", plain) in lexicon.STOP | lexicon.STOP_ALONE:
        return True
    said = _LETTERS.findall(plain)
    if _only_stops(said) or _opens_with_stop(plain, said) or _stops_at_an_end(plain):
        return True
    return any(not _is_denied(plain, place) for place, _ in _PHRASES.spans(plain))


def is_start(plain: str) -> bool:
    """Whether a normalised text says that sending is welcome again."""
    return re.sub(r"[\W_]+", "", plain) in lexicon.START


def stops_something(plain: str) -> bool:
    """Whether a thing stands where the messages should: "stopp strømmen" perhaps is no stop."""
    parts = _CLAUSE.findall(plain)
    said = _after_greeting(_LETTERS.findall(parts[0])) if parts else []
    return len(said) > 1 and _is_opener(said[0]) and not _means_messages(said[1:3])


def _only_stops(said: list[str]) -> bool:
    """ "Stopp takk", "please stop", "stopp sms nå", "8 stopp"."""
    return (
        bool(said)
        and any(map(_is_stop_word, said))
        and all(_is_stop_word(word) or word in lexicon.POLITE for word in said)
    )


def _stops_at_an_end(plain: str) -> bool:
    """ "Bra service. STOPP": a part of its own at the end, or at the beginning where no number follows."""
    parts = [part for part in _CLAUSE.findall(plain) if _LETTERS.search(part)]
    if len(parts) < 2:
        return False
    ends = [parts[-1]] if re.search(r"\d", plain) else [parts[0], parts[-1]]
    return any(_only_stops(said) for said in map(_LETTERS.findall, ends))


def _opens_with_stop(plain: str, said: list[str]) -> bool:
    """ "Stopp! Jeg vil ikke", "stopp å ringe meg", "stopp bilen"; not "stopp bestillingen"."""
    rest = _after_greeting(said)
    if not rest or not _is_opener(rest[0]) or re.search(r"\d", plain.partition(rest[0])[2]):
        return False
    thing = [word for word in rest[1:3] if word not in lexicon.OWN and word not in lexicon.ARTICLES]
    return not (thing and _is_listed(thing[0], lexicon.THINGS))


def _after_greeting(said: list[str]) -> list[str]:
    at = 0
    while at < len(said) and said[at] in lexicon.GREETING:
        at += 1
    return said[at:]


def _is_stop_word(word: str) -> bool:
    return word in lexicon.STOP or _is_opener(word)


def _is_opener(word: str) -> bool:
    return re.sub(r"p+$", "p", word) in _OPENERS


_OPENERS = frozenset(re.sub(r"p+$", "p", word) for word in lexicon.STOP_OPENER)


def _means_messages(following: list[str]) -> bool:
    """ "stopp disse", "stopp meldingene", "stopp å ringe": what is sent, or nothing but who and when."""
    first = following[0]
    if first in lexicon.OWN or first in lexicon.INFINITIVE:
        return len(following) > 1 and (_is_message(following[1]) or following[1] in lexicon.CONTACTING)
    if first in lexicon.CONTACTING or _is_message(first):
        return True
    alone = len(following) == 1 or not _is_listed(following[1], lexicon.THINGS)
    return (first in lexicon.POLITE or first in lexicon.EXTRA) and alone


def _is_message(word: str) -> bool:
    return _is_listed(word, lexicon.MESSAGES)


def _is_listed(word: str, listed: frozenset[str]) -> bool:
    return word in listed or any(each.endswith("*") and word.startswith(each[:-1]) for each in listed)


def _is_denied(plain: str, place: int) -> bool:
    clause = re.split(r"[.!?,;:\n]", plain[max(0, place - 40) : place])[-1]
    return not lexicon.STOP_DENIED.isdisjoint(_LETTERS.findall(clause)[-DENIED:])
