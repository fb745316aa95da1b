"""Phrases as a translator writes them, held against a text in time that grows with its length. Pure.

``(a|b)`` is one of several, ``{name}`` a word of that list of the lexicon; ``?`` after either says that it
may be missing, ``*`` and ``+`` that it may be repeated. A star at the end or the beginning of a word is any
letters, alone it is any word. ``^`` is the beginning of a part of a sentence, ``$`` its end.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

_PIECE = re.compile(r"\^|\$|\{\w+\}[?*+]?|\((?:[^()]|\([^()]*\))*\)[?*+]?|[^\s^$(){}]+")
_WORD_START = re.compile(r"(?<!\w)\w")
_SIGNS = {
    "^": r"(?<![^\W\d] )(?<![^\W\d])",  # a digit before it is no part of the sentence: "8 stopp"
    "$": r"(?!\w)",
    "*": r"\w++ ?+",
}
_TIMES = {"": "", "?": "?", "*": "{0,6}", "+": "{1,6}"}


class Phrases:
    """A set of phrases. Only those that can begin as a word does are held against the text there."""

    def __init__(self, phrases: Iterable[str], lists: Mapping[str, Iterable[str]]) -> None:
        self._lists = lists
        patterns: dict[str, list[str]] = defaultdict(list)
        anywhere: list[str] = []
        for phrase in dict.fromkeys(phrases):
            pattern, starts = self._pattern(phrase), self._starts(phrase)
            if any(start.startswith("*") for start in starts):
                anywhere.append(pattern)
            for start in {f"{start} "[:2] for start in starts if not start.startswith("*")}:
                patterns[start].append(pattern)
        self._anywhere = re.compile("|".join(anywhere)) if anywhere else None
        self._by_start = {start: re.compile("|".join(some + anywhere)) for start, some in patterns.items()}

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in a normalised text a phrase begins and ends."""
        padded = f"{text} "
        for word in _WORD_START.finditer(text):
            at = word.start()
            pattern = self._by_start.get(padded[at : at + 2], self._anywhere)
            found = pattern and pattern.match(text, at)
            if found:
                yield found.span()

    def found_in(self, text: str) -> bool:
        """Whether a phrase stands in a normalised text."""
        return next(self.spans(text), None) is not None

    def without(self, text: str) -> str:
        """A normalised text with each phrase taken out."""
        left, end = [], 0
        for start, stop in self.spans(text):
            left.append(text[end:start])
            end = max(end, stop)
        return " ".join([*left, text[end:]])

    def _pattern(self, phrase: str) -> str:
        return "".join(map(self._piece, _PIECE.findall(phrase)))

    def _piece(self, piece: str) -> str:
        if piece in _SIGNS:
            return _SIGNS[piece]
        choices, times = self._choices(piece)
        if choices is None:
            return _word(piece)
        inside = map(_word, choices) if piece[0] == "{" else map(self._pattern, choices)
        return f"(?:{'|'.join(inside) or '(?!)'}){_TIMES[times]}"

    def _choices(self, piece: str) -> tuple[list[str] | None, str]:
        """What a list or a group can be, the longest first; and how often."""
        if piece[0] not in "{(":
            return None, ""
        body, times = (piece[:-1], piece[-1]) if piece[-1] in "?*+" else (piece, "")
        if piece[0] == "{":
            return sorted(self._lists[body[1:-1]], key=len, reverse=True), times
        return _alternatives(body[1:-1]), times

    def _starts(self, phrase: str) -> set[str]:
        """What a phrase can begin with."""
        found: set[str] = set()
        for piece in _PIECE.findall(phrase):
            if piece == "^":
                continue
            if piece == "$":
                break
            choices, times = self._choices(piece)
            if choices is None:
                found.add(piece)
            elif piece[0] == "{":
                found.update(choices)
            else:
                found.update(*map(self._starts, choices))
            if times not in ("?", "*"):
                break
        return found


def _alternatives(body: str) -> list[str]:
    """The alternatives of a group; those of a group inside of it stay together."""
    found, depth = [""], 0
    for character in body:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            found.append("")
        else:
            found[-1] += character
    return found


def _word(word: str) -> str:
    opened = r"\w*" if word.startswith("*") else ""
    closed = r"\w*+" if word.endswith("*") else ""
    return rf"{opened}{re.escape(word.strip('*'))}{closed}(?!\w) ?+"
