"""What a reply says beside its answer: that it corrects the last one, or nothing but a courtesy. Pure.

The customer's words for it are data: ``courtesy.toml``, one list a language.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from surveys.parser import lexicon
from surveys.parser.quotes import without_signature

FILE = Path(__file__).with_name("courtesy.toml")
MAX_WORDS = 8  # a correction is short: a longer text that says "sorry" tells a story
_DISPLEASED = re.compile("[👎😠😡🤬]")
_LETTERS = re.compile(r"[^\W\d_]+")
_QUOTE = re.compile(r"^\s*>.*$", re.MULTILINE)


@dataclass(frozen=True)
class _Words:
    corrects: re.Pattern[str]
    regrets: re.Pattern[str]
    courtesies: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    book = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return _Words(
        _any_of(phrase for language in book["corrects"].values() for phrase in language),
        _any_of(phrase for language in book["regrets"].values() for phrase in language),
        _any_of(phrase for language in book["courtesies"].values() for phrase in language),
    )


def _any_of(phrases: object) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, phrases), key=len, reverse=True)  # type: ignore[call-overload]
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def corrected_text(text: str) -> str | None:
    """What a reply that corrects says beside that: "10" of "mente 10"; None where it corrects nothing."""
    return _without(_words().corrects, text)


def regretted_text(text: str) -> str | None:
    """The same for a reply that only regrets ("sorry, 9"), which may correct or answer what is asked."""
    return _without(_words().regrets, text)


def _without(marker: re.Pattern[str], text: str) -> str | None:
    plain = _QUOTE.sub(" ", text[:400])
    if len(re.findall(r"\w+", plain)) > MAX_WORDS or not marker.search(plain):
        return None
    return _words().regrets.sub(" ", _words().corrects.sub(" ", plain)).strip(" ,.!:;-–\n\t")


def is_courtesy(plain: str) -> bool:
    """Whether a normalised text needs no answer: thanks, good wishes, a sign, a signature, a quote of ours.

    Nothing at all needs none either. A number, a question or a displeased face does.
    """
    if re.search(r"[\d?]", plain) or _DISPLEASED.search(plain):
        return False
    rest = _words().courtesies.sub(" ", without_signature(plain))
    return all(word in lexicon.THANKS for word in _LETTERS.findall(rest))
