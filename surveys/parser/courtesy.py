"""What a reply says beside its answer: that it corrects the last one, or nothing but a courtesy. Pure.

The customer's words for it are data: ``courtesy.toml``, one list a language.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("courtesy.toml")
MAX_WORDS = 8  # a correction is short: a longer text that says "sorry" tells a story
MAX_SIGNATURE = 4  # words of a name after a greeting
# "Liked “Thanks! Was it solved …”": how a phone passes on a reaction to our message, in its owner's language.
_REACTION = re.compile(r"^\W*\w+(?:\s\w+){0,4}\s*[“„«\"”][^“”„«»\"]*[”“»\"]\W*$", re.DOTALL)
_QUOTE = re.compile(r"^\s*>.*$", re.MULTILINE)


@dataclass(frozen=True)
class _Words:
    corrects: re.Pattern[str]
    regrets: re.Pattern[str]
    courtesies: frozenset[str]
    signatures: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    book = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return _Words(
        _any_of(phrase for language in book["corrects"].values() for phrase in language),
        _any_of(phrase for language in book["regrets"].values() for phrase in language),
        frozenset(
            w for language in book["courtesies"].values() for phrase in language for w in phrase.split()
        ),
        _any_of(phrase for language in book["signatures"].values() for phrase in language),
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


def is_courtesy(text: str) -> bool:
    """Whether a reply says thanks, is a reaction, a quote of us or a signature, and nothing more."""
    if not text.strip():
        return False
    if _REACTION.match(text[:2_000]):
        return True
    plain = _QUOTE.sub(" ", text[:400])
    if (signed := _words().signatures.search(plain)) is not None:
        after = plain[signed.end() :]
        if len(re.findall(r"\w+", after)) > MAX_SIGNATURE or any(map(str.isdigit, after)):
            return False
        plain = plain[: signed.start()]
    return (
        all(word in _words().courtesies for word in re.findall(r"\w+", plain.casefold())) and "?" not in plain
    )
