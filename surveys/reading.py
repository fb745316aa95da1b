"""Reading a reply: a score, a stop, a start, or unclear. Pure, versioned, tolerant, and never a guess.

A number is the score where it stands by itself (at the start, at the end, between marks), where a mark is
given ("jeg gir 9", "8 av 10", "en åtter"), and where nothing else in the text could be meant. What counts
or measures something ("3 dager siden", "kl 8", "8 kr") is no score; halves, ranges, other scales and two
different numbers are unclear. docs/surveys.md has the rules in words.
"""

# ruff: noqa: E501 (one pattern a line)

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from surveys import words
from surveys.flags import flags_of
from surveys.stopping import is_start, is_stop

VERSION = "2026-11.1"
MAX_LENGTH = 1_700  # the longest SMS there is, and a little more
Kind = Literal["score", "opt_out", "opt_in", "unclear"]


@dataclass(frozen=True)
class Reading:
    """How one text was read. ``score`` is 1–10 for the kind ``score``, else None."""

    kind: Kind
    score: int | None = None
    flags: tuple[str, ...] = ()
    parser: str = VERSION


_PLAIN = {str(score): Reading("score", score) for score in range(1, 11)}


def read(text: str) -> Reading:
    """Read one reply, whatever it holds."""
    if text in _PLAIN:
        return _PLAIN[text]
    return _read(text[:MAX_LENGTH])


@lru_cache(maxsize=4_096)
def _read(text: str) -> Reading:
    plain = normalise(text)
    flags = flags_of(plain)
    if is_stop(plain):
        return Reading("opt_out", flags=flags)
    if is_start(plain):
        return Reading("opt_in", flags=flags)
    score = _score(plain)
    return Reading("unclear", flags=flags) if score is None else Reading("score", score, flags)


def read_choice(text: str) -> int | None:
    """1 for yes, 2 for no, None for neither: the answer must open the reply and nothing contradict it."""
    found = re.findall(r"\w+", normalise(text[:MAX_LENGTH]))
    if not found:
        return None
    says_yes, says_no = found[0] in words.YES, found[0] in words.NO
    if not (says_yes or says_no):
        return None
    rest = set(found[1:])
    contradiction = words.NO if says_yes else words.YES
    numbers = {word for word in rest if word.isdigit()}
    if rest & contradiction or numbers - {found[0]}:
        return None
    return 1 if says_yes else 2


def normalise(text: str) -> str:
    """One spelling for all: NFKC, lower case, ASCII digits, plain dashes; fractions stay what they are."""
    out = []
    for character in text:
        if character in _DROPPED:
            continue
        if character == "🔟":
            out.append(" 10 ")
        elif character in _DASHES:
            out.append("-")
        elif unicodedata.category(character) == "No":
            out.append(_numeral(character))
        elif character.isdecimal():
            out.append(str(unicodedata.decimal(character)))
        elif ord(character) < 32 or ord(character) == 127:
            out.append("\n" if character in "\r\n" else " ")
        else:
            out.append(character)
    plain = unicodedata.normalize("NFKC", "".join(out)).casefold().replace("’", "'").replace("`", "'")
    # One space, one line break: sixteen hundred of them must not keep a pattern busy.
    return "\n".join(filter(None, (" ".join(line.split()) for line in plain.splitlines())))


_DROPPED = frozenset("\ufe0e\ufe0f\u20e3\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202c")
_DASHES = frozenset("‐‑‒–—―−")


def _numeral(character: str) -> str:
    # ① and ❽ are numbers; ½, ² and ₂ are something that no whole number is.
    name = unicodedata.name(character, "")
    value = unicodedata.numeric(character)
    circled = "CIRCLED" in name or "PARENTHESIZED" in name or "FULL STOP" in name
    return f" {int(value)} " if circled and value == int(value) else " ½ "


def _any(names: Sequence[str] | frozenset[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?!\w)"


_N = r"(?:(?<![\w.,])\d+|\b" + _any(list(words.NUMBERS)) + ")"
_N2 = r"(?:\d+|" + _any([*words.NUMBERS, "to"]) + ")"
_OUT_OF = r"(?:/|(?<![^\W\d])(?:av|of|out\s+of|ut\s*av|ud\s+af|af)(?![^\W\d]))"
_TO = r"(?:-|/|&|,|\b(?:til|till|to|or|eller|og|och|and|samt)\b)"
_UNIT = "(?:" + _any(words.UNITS) + r"|tusen(?!\w|\s+(?:hjertelig\s+)?(?:takk|tack)))"
_HALF = r"(?:½|\b(?:og|och|and)\s+(?:en\s+|ein\s+|et\s+|ett\s+|a\s+)?hal[vf]\w*|1/2)"
# In this order: the first that fits takes the text. SKIP is no score, SPOIL makes the whole reply unclear.
_TOKENS = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("SKIP_link", r"https?://\S+|www\.\S+|\S+@\S+\.\w+"),
            ("SKIP_smile", r"[:;=]-?(?:[()|/]+|[dpo3](?!\w))|<+3+(?!\d)|\^\^"),
            ("SKIP_scale", r"(?:\b(?:skala\w*|scale|fra|frå|från|from|mellom|between|av|of)\s+)?"
                           r"(?:\b(?:fra|frå|från|from|of)\s+)?(?<![\w.,])(?:1|0)\s*(?:-|\btil\b|\btill\b|\bto\b|\bog\b|\band\b|\boch\b)"
                           r"\s*(?:10|ti|ten|tio)(?!\w)"),
            ("SKIP_date", r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|(?<!\d)\d{1,2}\.?\s*"
                          + _any(words.MONTHS)),
            ("SKIP_phone", r"\+?(?<!\d)\d(?:[ \-]?\d){6,}"),
            ("SKIP_reference", r"#\s*\d+|(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d{4,}"),
            ("SKIP_time", r"\b(?:kl|klokka|klokken|klokkå|klockan|at)\b\.?\s*" + _N2 + r"(?:[:.]\d\d)?|(?<!\d)\d{1,2}:\d\d(?!\d)"
                          r"|(?<!\d)\d{1,2}\s*(?:am|pm|a\.m\.|p\.m\.|o'?clock)(?!\w)"),
            ("SKIP_money", r"(?:[$£€]|\b(?:kr|nok|sek|dkk|eur|usd)\b\.?)\s*\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?\s*(?:[$£€]|,-|:-(?![()|/dp])|"
                           + _any(words.MONEY) + ")"),
            ("SKIP_percent", r"\d+(?:[.,]\d+)?\s*(?:%|(?:prosent|procent|percent|pst)\b)"),
            ("SKIP_thanks", r"\b(?:1000|tusen|tusind)\s+(?:hjertelig\s+)?(?:takk|tack|tak)\b|\bthousand\s+thanks\b"),
            ("SEP_me", r"\b(?:fra|frå|från|from|av|by|af)\s+(?:meg|mig|mej|oss|os|me|us)\b"),
            ("SPOIL_half", _N2 + r"\s*" + _HALF + "|½"),
            ("SKIP_share", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\.?\s*" + _UNIT),
            ("SCORE_of", r"(?<![\d.,/])" + _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"(?![\d/])(?!\s*[.,/-]\s*\d)"),
            ("SPOIL_stars", _N2 + r"\s*(?:[★⭐☆✩✪🌟]|\*\*+|" + _any(words.STARS) + r")|\bterningkast\s+" + _N2),
            ("NUMBER_whole", r"(?<![\d.,])\d+[.,]0(?!\d)"),
            ("SPOIL_range", _N2 + r"\s*" + _TO + r"\s*" + _N2 + r"(?!\w)(?!\.?\s*" + _UNIT + ")"),
            ("SPOIL_decimal", r"\d+[.,]\d+|(?<![\w)])-\d+"),
            ("SKIP_unit", _N2 + r"\.?\s*-?\s*" + _UNIT),
            ("SCORE_points", _N2 + r"\s*" + _any(words.POINTS)),
            ("SCORE_noun", r"(?<!\w)\d+(?:[:'-]?(?:er|ar|a|eren|aren|an)|[ -]?tall?)(?!\w)|\b" + _any(list(words.NOUNS))),
            ("SKIP_ordinal", r"(?<!\w)\d+(?:st|nd|rd|th|de|te|ende)(?!\w)"),
            ("SKIP_mixed", r"(?:\d+[^\W\d]|[^\W\d]+\d)\w*"),
            ("SKIP_zero", r"(?<!\d)0\d+"),
            ("NUMBER", r"\d+"),
            ("WORD", r"[^\W\d_]+(?:'[^\W\d_]+)*"),
            ("SEP", r"[^\w\s]|_|\n"),
        )
    )
)  # fmt: skip


_BETWEEN = words.FILLERS | words.PRONOUNS


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # NUMBER, SCORE, SPOIL, SKIP, WORD, SEP
    text: str
    value: int = -1


# Most words begin nothing but themselves; only these are held against the whole list.
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*(?![\d@'_])")
_BEGINNINGS = (
    frozenset(words.NUMBERS) | frozenset(words.NUMBERS_ALONE) | frozenset(words.NOUNS) | words.OPENERS
)


def _tokens(plain: str) -> Iterator[_Token]:
    position = 0
    while position < len(plain):
        word = _WORD.match(plain, position)
        if word and word[0] not in _BEGINNINGS:
            yield _Token("WORD", word[0])
            position = word.end()
            continue
        match = _TOKENS.match(plain, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        yield from _token(match.lastgroup or "", match[0])


def _token(name: str, text: str) -> Iterator[_Token]:
    kind = name.partition("_")[0]
    if name == "SKIP_mixed":
        yield from _mixed(text)
    elif name == "WORD":
        number = words.NUMBERS.get(text)
        yield _Token("WORD", text) if number is None else _Token("NUMBER", text, number)
    elif kind == "NUMBER":
        yield _Token(kind, text, int(re.split("[.,]", text)[0]))
    elif name == "SCORE_of":
        yield _out_of(text)
    elif kind == "SCORE":
        yield _Token(kind, text, _number(text))
    else:
        yield _Token(kind, text)


def _mixed(text: str) -> Iterator[_Token]:
    """ "9takk" is a number and a word; "iphone8" is neither."""
    number, word = re.match(r"(\d*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if number and word in words.AFTER:
        yield _Token("NUMBER", number, int(number))
        yield _Token("WORD", word)
    else:
        yield _Token("SKIP", text)


def _out_of(text: str) -> _Token:
    """ "8 av 10" is a score; "4/5" is one on another scale, "05/10" a date."""
    numbers = re.findall(_N2, text)
    first, second = numbers[0], numbers[-1]
    if first.startswith("0") and len(first) > 1:
        return _Token("SKIP", text)
    value = _number(first)
    return (
        _Token("SCORE", text, value) if _number(second) == 10 and 1 <= value <= 10 else _Token("SPOIL", text)
    )


def _number(text: str) -> int:
    digits = re.match(r"\d+", text)
    if digits:
        return int(digits[0])
    word = text.split(maxsplit=1)[0]
    return words.NOUNS.get(word, words.NUMBERS.get(word, words.NUMBERS_ALONE.get(word, -1)))


def _score(plain: str) -> int | None:
    tokens = list(_tokens(plain))
    if any(token.kind == "SPOIL" for token in tokens):
        return None
    alone = [token for token in tokens if token.kind not in ("SEP", "SKIP")]
    if len(alone) == 1 and alone[0].text in words.NUMBERS_ALONE:
        return words.NUMBERS_ALONE[alone[0].text]
    asks = bool(alone) and alone[0].text in words.QUESTION_STARTERS and "?" in plain
    certain = {token.value for token in tokens if token.kind == "SCORE"}
    stray: set[int] = set()
    for index, token in enumerate(tokens):
        if token.kind != "NUMBER":
            continue
        stands = _left_is_free(tokens, index, asks=asks) and _right_is_free(tokens, index)
        (certain if stands else stray).add(token.value)
    if len(certain) != 1 or (stray - certain):
        return None
    score = certain.pop()
    return score if 1 <= score <= 10 else None


def _left_is_free(tokens: Sequence[_Token], index: int, *, asks: bool) -> bool:
    """Whether nothing to the left binds the number to something else."""
    number, index = tokens[index], index - 1
    fillers, someone = 0, False
    while index >= 0 and tokens[index].text in _BETWEEN and fillers < 5:
        someone |= tokens[index].text in words.PRONOUNS
        index, fillers = index - 1, fillers + 1
    if index >= 0 and tokens[index].text in words.GIVERS:
        return True
    if index < 0 or someone:
        return not (asks or someone)
    left = tokens[index]
    if left.kind == "WORD":
        return left.text in words.BEFORE and not asks
    if left.kind == "NUMBER":
        return fillers == 0 and left.value == number.value
    return left.kind in ("SEP", "SCORE") or left.text.endswith(("10", "ti", "ten", "tio"))


def _right_is_free(tokens: Sequence[_Token], index: int) -> bool:
    """Whether nothing to the right is counted by the number."""
    if index + 1 == len(tokens):
        return True
    right = tokens[index + 1]
    if right.kind == "WORD":
        return right.text in words.AFTER
    if right.kind == "NUMBER":
        return right.value == tokens[index].value
    return right.kind == "SEP" or right.text[0] in ":;=<^" or right.text.endswith(("takk", "tack", "thanks"))
