"""What a reply is made of: numbers, marks, words, and what counts or measures something. Pure.

The text is brought to one spelling (:func:`normalise`) and cut into tokens (:func:`tokens_of`). What they
mean together stands in :mod:`surveys.reading`.
"""

# ruff: noqa: E501 (one pattern a line)

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surveys import words
from surveys.letters import fold


def normalise(text: str) -> str:
    """A text in one spelling (see :func:`fold`), with one space, one line break, and signs that were dictated."""
    plain = fold(text)
    # Sixteen hundred of them must not keep a pattern busy.
    plain = _REPEATED.sub(r"\1\1\1", plain)
    lines = list(filter(None, (" ".join(line.split()) for line in plain.splitlines())))
    # "> " quotes what was sent to them, unless nothing else is said.
    plain = "\n".join([line for line in lines if not line.startswith("> ")] or lines)
    return _DICTATED.sub(lambda sign: words.SIGNS[sign[1]], plain) if _DICTATED.search(plain) else plain


_REPEATED = re.compile(r"([^\w\s])\1{3,}")


def any_of(names: Iterable[str]) -> str:
    """One of the words (a star at the end of one is any letters), and no other that begins with it."""
    spelt = (re.escape(name.rstrip("*")) + (r"\w*+" if name.endswith("*") else "") for name in names)
    return "(?:" + "|".join(sorted(spelt, key=len, reverse=True)) + r")(?!\w)"


_DICTATED = re.compile(r" ?(?<![\w-])(" + any_of(words.SIGNS).removesuffix(r"(?!\w)") + r")(?![\w-])")
_N2 = r"(?:\d+|" + any_of([*words.NUMBERS, *words.NOUNS, "to"]) + ")"
_OUT_OF = r"\(?(?:[/\\|]|(?<![^\W\d])" + any_of(words.OUT_OF).replace(r"(?!\w)", r"(?![^\W\d])") + ")"
_TO = r"(?:-|/|&|\+|~|\b" + any_of(words.RANGE_TO) + ")"
_UNIT = (
    "(?:"
    + any_of(words.UNITS | {f"{unit}s" for unit in words.UNITS})
    + "|" + any_of(words.THOUSAND).removesuffix(r"(?!\w)") + r"(?!\w|\s(?:" + any_of(words.HEARTY) + r"\s)?" + any_of(words.THOUSAND_THANKS) + "))"
)
_HALF = r"(?:½|\b" + any_of(words.JOINED_BY) + r"\s(?:" + any_of(words.ARTICLES | {"et"}) + r"\s)?" + any_of(words.HALF) + "|1/2)"
# "1 (svært misfornøyd) til 10 (svært fornøyd)", as we wrote it.
_MEANING = r"(?:\([^()\d]{1,40}\)\s*)?"
_LESS = r"\b" + any_of(words.LESS) + r"\s(?:" + any_of(words.LESS_FROM) + r"\s){0,2}"
_TEN = "(?:10|" + any_of(word for word, value in words.NUMBERS.items() if value == 10) + ")"
_DAY = r"(?<!\d)\d{1,2}"
# In this order: the first that fits takes the text. SKIP is no score, SPOIL makes the whole reply unclear.
_TOKENS = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("SKIP_link", r"https?://\S+|www\.\S+|[^\s@]{1,64}+@[^\s@]{1,250}\.\w+"),
            ("SKIP_smile", r"[:;=]-?(?:[()|/]+|[dpo3](?!\w))|<+3+(?!\d)|\^\^"),
            ("ASIDE_scale", r"(?:\b" + any_of(words.SCALE | words.SCALE_FROM) + r"\s*)?(?:\b" + any_of(words.SCALE_FROM) + r"\s*)?"
                           r"(?<![\w.,])(?:1|0)\s*" + _MEANING + r"(?:-|\b" + any_of(words.SCALE_TO) + r")\s*" + _TEN + r"(?!\w)(?:\s*" + _MEANING + ")?"),
            ("SKIP_day", r"(?<![^\W\d] )\b" + any_of(words.ON_DAY) + r"\s\d{1,2}\.?(?=\s[^\W\d])"),
            ("SKIP_date", r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|" + _DAY + r"\.?\s*" + any_of(words.MONTHS)
                          + "|" + _DAY + r"[./]\d{1,2}\.?\s" + any_of(words.CLOCK) + r"\.?\s?\d|\b" + any_of(words.DATED) + r"(?:\s" + any_of(words.ON_DAY) + r")?\s\d{1,2}[./]\d{1,2}(?!\d)"),
            ("ASIDE_thanks", r"\b(?:1000|" + any_of(words.THOUSAND) + r")\s(?:" + any_of(words.HEARTY) + r"\s)?" + any_of(words.THOUSAND_THANKS) + r"|\bthousand\sthanks\b"),
            ("SKIP_thousands", r"\b" + any_of(word for word, value in words.NUMBERS.items() if value >= 10) + r"\s?" + any_of(words.THOUSAND)),
            ("NUMBER_again", r"(?<![\w.,])(?P<again>10|[1-9])(?:[ ,]{1,2}(?P=again)(?![\w.,/:]))+"),
            ("SKIP_phone", r"\+?(?<!\d)\d(?:[ \-]?\d){6,}+"),
            ("SKIP_first", r"\b" + any_of(words.PLACE) + r"\.?\s*(?:" + _N2 + "|" + any_of(words.NUMBERS_ALONE) + ")"),
            ("SKIP_place", r"(?<![\w.,])\d{1,2}\.?\s?" + any_of(words.ORDINAL_NOUNS)),
            ("SKIP_thumbs", r"\b(?:[12]|to|two|en|ein)\s" + any_of(words.THUMBS)),
            ("SKIP_plus", r"(?<![\w)])\+\d{1,2}(?!\d)"),
            ("ASIDE_less", _LESS + _N2 + r"(?:\s*" + any_of(words.POINTS) + ")?"),
            ("SPOIL_hundreds", r"\d{3,}\s*/\s*\d+"),
            ("SKIP_reference", r"#\s*\d+|(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d{4,}"),
            ("SKIP_time", r"\b" + any_of(words.CLOCK) + r"\.?\s*" + _N2 + r"(?:[:.]\d\d)?(?:\s*-\s*\d{1,2}(?:[:.]\d\d)?)?|(?<!\d)\d{1,2}:\d\d(?!\d)"
                          r"|(?<!\d)\d{1,2}\s*(?:am|pm|a\.m\.|p\.m\.|o'?clock)(?!\w)|" + _N2 + r"\s?-?\s?" + any_of(words.HOUR_AROUND)),
            ("SKIP_money", r"(?:[$£€]|\b(?:kr|nok|sek|dkk|eur|usd)\b\.?)\s*\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?\s*(?:[$£€]|,-|:-(?![()|/dp])|"
                           + any_of(words.MONEY) + ")"),
            # "2 good 2 be true", "2 be honest": said, not counted.
            ("SKIP_too", r"(?<!\d)2\s+(?:be\b|[^\W\d]+\s+2\s+[^\W\d]+)"),
            ("SKIP_percent", r"\d+(?:[.,]\d+)?\s*(?:%|" + any_of(words.PERCENT) + ")"),
            ("SEP_today", r"(?<=.)\b" + any_of(words.TODAY)),
            ("SEP_me", r"\b" + any_of(words.FROM_ME) + r"\s" + any_of(words.ME_AFTER)),
            ("SPOIL_half", _N2 + r"\s*" + _HALF + r"|½|±|\bpluss?\s*/?\s*minus\b|(?<![-=])[<>]\s*=?\s*\d+"),
            ("SKIP_share", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\.?\s*" + _UNIT),
            ("SKIP_most", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\s(?:er|are|är)\b(?!\s(?:det|what|som|" + any_of(words.AFTER_IS) + r"))"),
            ("SCORE_of", r"(?<![\d.,/])" + _N2 + r"\s*(?:" + any_of(words.STARS | words.POINTS) + r"\s*)?" + _OUT_OF + r"\s*" + _N2 + r"(?![\d/])(?!\s*[.,/-]\s*\d)"),
            ("SPOIL_stars", _N2 + r"\s*(?:[★⭐☆✩✪🌟]|\*\*+|" + any_of(words.STARS) + r")|(?<![\w*])[1-6]\*(?!\w)|\b" + any_of(words.CAST) + r"\s" + _N2
                            + "|" + r"(?:\d+(?:'?er)?|" + any_of([*words.NUMBERS, *words.NOUNS]) + r")\s" + any_of(words.ON) + r"\s" + any_of(words.DICE)),
            ("NUMBER_whole", r"(?<![\d.,])\d+[.,]0(?!\d)"),
            ("SKIP_range", _N2 + r"(?:[-~]|\s*\b" + any_of(words.RANGE_TO - {"minus", "pluss", "og", "och", "and", "samt"}) + r"\s*)" + _N2 + r"\.?\s*" + _UNIT),
            ("SPOIL_range", _N2 + r"\s*" + _TO + r"\s*" + _N2 + r"(?!\w)(?!\.?\s*" + _UNIT + ")"),
            ("SPOIL_decimal", r"\d+[.,]\d+|(?<![\w)])-\d+"),
            ("SKIP_unit", _N2 + r"\.?\s*-?\s*" + _UNIT + r"|(?<!\w)\d+\s?" + any_of(words.SHORT_HOUR)),
            ("SCORE_points", _N2 + r"\s*" + any_of(words.POINTS)),
            ("SCORE_noun", r"(?<!\w)\d+(?:[:'-]?(?:er|ar|a|eren|aren|an)|[ -]?tall?)(?!\w)|\b" + any_of(words.NOUNS) + r"(?!\s+still)"),
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
_BEGINNINGS = words.OPENERS | {
    listed.split(" ")[0]
    for several in (
        words.NUMBERS, words.NUMBERS_ALONE, words.NOUNS, words.SCALE, words.SCALE_FROM, words.CLOCK, words.DATED,
        words.THOUSAND, words.PLACE, words.LESS, words.FROM_ME, words.CAST, words.TODAY, words.ON_DAY,
    )
    for listed in several
}  # fmt: skip


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
        yield Token(kind, text, _number(text))
    elif name == "SCORE_of":
        yield _out_of(text)
    elif kind == "SCORE":
        yield Token(kind, text, _number(text))
    else:
        yield Token(kind, text)


def _mixed(text: str) -> Iterator[Token]:
    """ "9takk" is a number and a word, so is "knallbra10"; "iphone8" is neither."""
    if text in words.AFTER:  # "m8"
        yield Token("WORD", text)
        return
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
