"""What a reply is made of: numbers, marks, words, and what counts or measures something. Pure.

The text is brought to one spelling (:func:`normalise`) and cut into tokens (:func:`tokens_of`). What they
mean together stands in :mod:`surveys.reading`.
"""

# ruff: noqa: E501 (one pattern a line)

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys import words


def normalise(text: str) -> str:
    """One spelling for all: NFKC, lower case, ASCII digits, plain dashes; fractions stay what they are."""
    plain = text if _ORDINARY.fullmatch(text) else unicodedata.normalize("NFKC", _respelt(text))
    plain = plain.casefold().replace("’", "'").replace("`", "'")
    # One space, one line break: sixteen hundred of them must not keep a pattern busy.
    lines = list(filter(None, (" ".join(line.split()) for line in plain.splitlines())))
    # "> " quotes what was sent to them, unless nothing else is said.
    return "\n".join([line for line in lines if not line.startswith("> ")] or lines)


# Most replies: nothing in them has another spelling.
_ORDINARY = re.compile(r"[\n\r -~À-ÖØ-öø-ÿ]*+")


def _respelt(text: str) -> str:
    """Digits and dashes as we know them, nothing that cannot be seen."""
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
    return "".join(out)


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
_OUT_OF = r"\(?(?:[/\\|]|(?<![^\W\d])(?:av|of|out\s+of|ut\s*av|ud\s+af|af)(?![^\W\d]))"
_TO = r"(?:-|/|&|,|\+|~|\b(?:til|till|to|or|eller|og|och|and|samt|minus|pluss?)\b)"
_UNIT = (
    "(?:"
    + _any(words.UNITS | {f"{unit}s" for unit in words.UNITS})
    + r"|tusen(?!\w|\s+(?:hjertelig\s+)?(?:takk|tack)))"
)
_HALF = r"(?:½|\b(?:og|och|and)\s+(?:en\s+|ein\s+|et\s+|ett\s+|a\s+)?hal[vf]\w*|1/2)"
# "1 (svært misfornøyd) til 10 (svært fornøyd)", as we wrote it.
_MEANING = r"(?:\([^()\d]{1,40}\)\s*)?"
_LESS = r"\b(?:trekk\w*|drar|drog|dro|dras|minus|deduct\w*|subtract\w*)\s+(?:(?:i?fra|frå|ned|av|off|ett?|en)\s+)?"
# In this order: the first that fits takes the text. SKIP is no score, SPOIL makes the whole reply unclear.
_TOKENS = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("SKIP_link", r"https?://\S+|www\.\S+|[^\s@]{1,64}@[^\s@]{1,250}\.\w+"),
            ("SKIP_smile", r"[:;=]-?(?:[()|/]+|[dpo3](?!\w))|<+3+(?!\d)|\^\^"),
            ("ASIDE_scale", r"(?:\b(?:skala\w*|scale|fra|frå|från|from|mellom|between|av|of)\s+)?"
                           r"(?:\b(?:fra|frå|från|from|of)\s+)?(?<![\w.,])(?:1|0)\s*" + _MEANING + r"(?:-|\btil\b|\btill\b|\bto\b|\bog\b|\band\b|\boch\b)"
                           r"\s*(?:10|ti|ten|tio)(?!\w)(?:\s*" + _MEANING + ")?"),
            ("SKIP_date", r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|(?<!\d)\d{1,2}\.?\s*"
                          + _any(words.MONTHS)),
            ("ASIDE_thanks", r"\b(?:1000|tusen|tusind)\s+(?:hjertelig\s+)?(?:takk|tack|tak)\b|\bthousand\s+thanks\b"),
            ("SKIP_phone", r"\+?(?<!\d)\d(?:[ \-]?\d){6,}"),
            ("SKIP_first", r"\b(?:nr|no|nummer|number)\b\.?\s*(?:" + _N2 + r"|one\b|en\b|ein\b|ett\b)"),
            ("ASIDE_less", _LESS + _N2 + r"(?:\s*" + _any(words.POINTS) + ")?"),
            ("SKIP_reference", r"#\s*\d+|(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d{4,}"),
            ("SKIP_time", r"\b(?:kl|klokka|klokken|klokkå|klockan|at)\b\.?\s*" + _N2 + r"(?:[:.]\d\d)?(?:\s*-\s*\d{1,2}(?:[:.]\d\d)?)?|(?<!\d)\d{1,2}:\d\d(?!\d)"
                          r"|(?<!\d)\d{1,2}\s*(?:am|pm|a\.m\.|p\.m\.|o'?clock)(?!\w)"),
            ("SKIP_money", r"(?:[$£€]|\b(?:kr|nok|sek|dkk|eur|usd)\b\.?)\s*\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?\s*(?:[$£€]|,-|:-(?![()|/dp])|"
                           + _any(words.MONEY) + ")"),
            # "2 good 2 be true", "2 be honest": said, not counted.
            ("SKIP_too", r"(?<!\d)2\s+(?:be\b|[^\W\d]+\s+2\s+[^\W\d]+)"),
            ("SKIP_percent", r"\d+(?:[.,]\d+)?\s*(?:%|(?:prosent|procent|percent|pst)\b)"),
            ("SEP_me", r"\b(?:fra|frå|från|from|av|by|af)\s+(?:meg|mig|mej|oss|os|me|us)\b"),
            ("SPOIL_half", _N2 + r"\s*" + _HALF + r"|½|±|\bpluss?\s*/?\s*minus\b|(?<![-=])[<>]\s*=?\s*\d+"),
            ("SKIP_share", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\.?\s*" + _UNIT),
            ("SKIP_most", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\s+(?:er|are|är)\b(?!\s+(?:det|what|som|" + _any(words.AFTER_IS) + r"))"),
            ("SCORE_of", r"(?<![\d.,/])" + _N2 + r"\s*(?:" + _any(words.STARS | words.POINTS) + r"\s*)?" + _OUT_OF + r"\s*" + _N2 + r"(?![\d/])(?!\s*[.,/-]\s*\d)"),
            ("SPOIL_stars", _N2 + r"\s*(?:[★⭐☆✩✪🌟]|\*\*+|" + _any(words.STARS) + r")|\bterningkast\s+" + _N2),
            ("NUMBER_whole", r"(?<![\d.,])\d+[.,]0(?!\d)"),
            ("SKIP_range", _N2 + r"(?:[-~]|\s*\b(?:eller|or|til|till)\b\s*)" + _N2 + r"\.?\s*" + _UNIT),
            ("SPOIL_range", _N2 + r"\s*" + _TO + r"\s*" + _N2 + r"(?!\w)(?!\.?\s*" + _UNIT + ")"),
            ("SPOIL_decimal", r"\d+[.,]\d+|(?<![\w)])-\d+"),
            ("SKIP_unit", _N2 + r"\.?\s*-?\s*" + _UNIT),
            ("SCORE_points", _N2 + r"\s*" + _any(words.POINTS)),
            ("SCORE_noun", r"(?<!\w)\d+(?:[:'-]?(?:er|ar|a|eren|aren|an)|[ -]?tall?)(?!\w)|\b" + _any(list(words.NOUNS)) + r"(?!\s+still)"),
            ("SKIP_ordinal", r"(?<!\w)\d+(?:st|nd|rd|th|de|te|ende)(?!\w)"),
            ("SKIP_mixed", r"(?:\d+[^\W\d]|[^\W\d]+\d)\w*"),
            ("SKIP_zero", r"(?<!\d)0\d+"),
            ("NUMBER", r"\d+"),
            ("WORD", r"[^\W\d_]+(?:'[^\W\d_]+)*"),
            ("SEP", r"[^\w\s]|_|\n"),
        )
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a reply. ``value`` is that of a NUMBER or a SCORE (a number that says it is a mark)."""

    kind: str  # NUMBER, SCORE, SPOIL (makes the whole reply unclear), ASIDE (a number may stand beside it), SKIP, WORD, SEP
    text: str
    value: int = -1


# Most words begin nothing but themselves; only these are held against the whole list.
_WORD = re.compile(r"[^\W\d_]++(?:'[^\W\d_]++)*+(?![\d@'_])")
_DOUBLE = re.compile(r"([^\W\d_])\1+")
_ONCE = {_DOUBLE.sub(r"\1", word): value for word, value in words.NUMBERS.items()}
_BEGINNINGS = (
    frozenset(words.NUMBERS) | frozenset(words.NUMBERS_ALONE) | frozenset(words.NOUNS) | words.OPENERS
)


def tokens_of(plain: str) -> Iterator[Token]:
    """Cut a normalised text into tokens."""
    position = 0
    while position < len(plain):
        word = _WORD.match(plain, position)
        if word and word[0] not in _BEGINNINGS:
            number = _stretched(word[0])
            yield Token("WORD", word[0]) if number is None else Token("NUMBER", word[0], number)
            position = word.end()
            continue
        match = _TOKENS.match(plain, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        yield from _token(match.lastgroup or "", match[0])


def _stretched(word: str) -> int | None:
    """ "Tiiii!" and "sjuu" are numbers, said with feeling."""
    return _ONCE.get(_DOUBLE.sub(r"\1", word)) if _DOUBLE.search(word) else None


def _token(name: str, text: str) -> Iterator[Token]:
    kind = name.partition("_")[0]
    if name == "SKIP_mixed":
        yield from _mixed(text)
    elif name == "WORD":
        number = words.NUMBERS.get(text)
        yield Token("WORD", text) if number is None else Token("NUMBER", text, number)
    elif kind == "NUMBER":
        yield Token(kind, text, int(re.split("[.,]", text)[0]))
    elif name == "SCORE_of":
        yield _out_of(text)
    elif kind == "SCORE":
        yield Token(kind, text, _number(text))
    else:
        yield Token(kind, text)


def _mixed(text: str) -> Iterator[Token]:
    """ "9takk" is a number and a word, so is "knallbra10"; "iphone8" is neither."""
    mark = re.fullmatch(r"([^\W\d]+)(\d+)", text)
    if mark and mark[1] in words.MARKS:
        yield Token("SCORE", text, int(mark[2]))
        return
    if mark and (mark[1] in words.GLUED or mark[1].startswith(words.STRONG)) and mark[1] not in words.NAMES:
        yield Token("WORD", mark[1])
        yield Token("NUMBER", mark[2], int(mark[2]))
        return
    number, word = re.match(r"(\d*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if number and word in words.AFTER:
        yield Token("NUMBER", number, int(number))
        yield Token("WORD", word)
    else:
        yield Token("SKIP", text)


def _out_of(text: str) -> Token:
    """ "8 av 10" is a score; "4/5" is one on another scale, "05/10" a date."""
    numbers = re.findall(_N2, text)
    first, second = numbers[0], numbers[-1]
    if first.startswith("0") and len(first) > 1:
        return Token("SKIP", text)
    value = _number(first)
    return Token("SCORE", text, value) if _number(second) == 10 and 1 <= value <= 10 else Token("SPOIL", text)


def _number(text: str) -> int:
    digits = re.match(r"\d+", text)
    if digits:
        return int(digits[0])
    word = text.split(maxsplit=1)[0]
    return words.NOUNS.get(word, words.NUMBERS.get(word, words.NUMBERS_ALONE.get(word, -1)))
