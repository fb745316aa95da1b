"""What of a reply is the customer's own: without our wordings, tapbacks, quotes and signatures. Pure.

All take a normalised text. What is left may be nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from surveys.parser import lexicon
from surveys.parser.letters import fold
from surveys.questions import questions

_OPEN, _CLOSED = '"“”«„‟', '"“”»«‟'
_LONG = re.compile(rf"[{_OPEN}][^{_OPEN}{_CLOSED}]{{25,}}[{_CLOSED}]")
LEAST = 3  # words of a sentence that nobody but us can have written


def _any(listed: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, listed), key=len, reverse=True))


# Liked “…”, Reagerte med 👍 på «…», 👍 to “…”: what a phone sends when a message is tapped.
_TAPBACK = re.compile(
    rf"(?:\W*+(?:{_any(lexicon.TAPBACK)})(?!\w)[^\n{_OPEN}]{{0,30}}|[^\w\s]++\s(?:{_any(lexicon.TAPBACK_TO)})\s)"
    rf"[{_OPEN}].*[{_CLOSED}…][\s.]*",
    re.DOTALL,
)
# "Den 12. nov. kl. 10:14 skrev Svar:", "On Monday Svar wrote:"; the message that is answered follows.
_HEADER = re.compile(
    rf"(?:^|\n)[^\n]{{0,80}}?(?<!\w)(?:{_any(lexicon.WROTE)})(?!\w)[^\n]{{0,60}}:(?=\n|$).*", re.DOTALL
)
# What mail programs and some phones put before the lines of the message that is answered. "> 8" is an answer.
_QUOTED = re.compile(r"(?:^|(?<=\n)) *>[^\w\n]*\w+(?:[^\w\n]+\w+){2}[^\n]*")
_SIGNATURE = re.compile(
    rf"\n(?:--?(?=\n)|(?:{_any(lexicon.SIGNATURE)})(?!\w)).*|"
    rf"(?<!\w)(?:{_any(lexicon.SIGNATURE)})(?!\w)(?:[ ,\n]{{1,2}}[^\W\d]+\.?){{0,5}}\Z",
    re.DOTALL,
)


def without_quotes(plain: str) -> str:
    """What the customer says, without what he was sent, quotes, or taps at."""
    if _TAPBACK.fullmatch(plain):
        return ""
    if len(plain) < 12:  # shorter than any sentence of ours
        return plain
    own = _ours().sub(" ", _QUOTED.sub(" ", plain))
    own = _HEADER.sub("", own, count=1)
    unquoted = _LONG.sub(" ", own)
    return (unquoted if re.search(r"\w", unquoted) else own).strip()


def without_signature(plain: str) -> str:
    """What stands above the signature."""
    return _SIGNATURE.sub("", plain, count=1)


@lru_cache(maxsize=1)
def _ours() -> re.Pattern[str]:
    """The sentences of the questions file, whatever their placeholders were filled with."""
    found = {sentence for wording in _wordings() for sentence in re.findall(r"[^.!?]+[.!?]?", fold(wording))}
    said = (sentence.strip() for sentence in found if len(sentence.split()) >= LEAST)
    patterns = (
        re.sub(r"\\\{\w+\\\}", r"[^\\n.?!]{1,40}?", re.escape(sentence.rstrip(".!?"))) for sentence in said
    )
    return re.compile("(?:" + "|".join(sorted(patterns, key=len, reverse=True)) + r")(?!\w)[.!?]?")


def _wordings() -> Iterator[str]:
    try:
        book = questions.load()
    except questions.QuestionsError:
        return  # its fault is told where the questions are asked
    for question in book.questions:
        yield from question.text.values()
    for wordings in book.clarification.values():
        yield from wordings.values()
    yield from book.link.values()
