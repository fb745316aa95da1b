"""What a reply is made of: numbers, marks, words, and what counts or measures something. Pure.

The text is brought to one spelling (:func:`normalise`) and cut into tokens (:func:`tokens_of`). What they
mean together stands in :mod:`surveys.parser.read`.
"""

# ruff: noqa: E501 (one pattern a line)

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surveys.parser import lexicon
from surveys.parser.letters import fold


def normalise(text: str) -> str:
    """A text in one spelling (see :func:`fold`), with one space, one line break, and signs that were dictated."""
    plain = fold(text)
    # Sixteen hundred of them must not keep a pattern busy.
    plain = _BOLD.sub(r"\1", plain)
    plain = _REPEATED.sub(r"\1\1\1", plain)
    lines = list(filter(None, (" ".join(line.split()) for line in plain.splitlines())))
    # "> " quotes what was sent to them, unless nothing else is said.
    plain = "\n".join([line for line in lines if not line.startswith("> ")] or lines)
    return _DICTATED.sub(lambda sign: lexicon.SIGNS[sign[1]], plain) if _DICTATED.search(plain) else plain


_BOLD = re.compile(r"\*\*(\w+)\*\*")
_REPEATED = re.compile(r"([^\w\s])\1{3,}")


def any_of(names: Iterable[str]) -> str:
    """One of the words (a star at the end of one is any letters), and no other that begins with it."""
    spelt = (re.escape(name.rstrip("*")) + (r"\w*+" if name.endswith("*") else "") for name in names)
    return "(?:" + "|".join(sorted(spelt, key=len, reverse=True)) + r")(?!\w)"


_DICTATED = re.compile(r" ?(?<![\w-])(" + any_of(lexicon.SIGNS).removesuffix(r"(?!\w)") + r")(?![\w-])")
_N2 = r"(?:\d+|" + any_of([*lexicon.NUMBERS, *lexicon.NOUNS, "to"]) + ")"
_OUT_OF = r"\(?(?:[/\\|]|(?<![^\W\d])" + any_of(lexicon.OUT_OF).replace(r"(?!\w)", r"(?![^\W\d])") + ")"
_TO = r"(?:-|/|&|\+|~|\b" + any_of(lexicon.RANGE_TO) + ")"
_UNIT = (
    "(?:"
    + any_of(lexicon.UNITS | {f"{unit}s" for unit in lexicon.UNITS})
    + "|"
    + any_of(lexicon.THOUSAND).removesuffix(r"(?!\w)")
    + r"(?!\w|\s(?:"
    + any_of(lexicon.HEARTY)
    + r"\s)?"
    + any_of(lexicon.THOUSAND_THANKS)
    + "))"
)
_HALF = (
    r"(?:½|\b"
    + any_of(lexicon.JOINED_BY)
    + r"\s(?:"
    + any_of(lexicon.ARTICLES | {"et"})
    + r"\s)?"
    + any_of(lexicon.HALF)
    + "|1/2)"
)
# "1 (svært misfornøyd) til 10 (svært fornøyd)", as we wrote it.
_MEANING = r"(?:\([^()\d]{1,40}\)\s*)?"
_LESS = r"\b" + any_of(lexicon.LESS) + r"\s(?:" + any_of(lexicon.LESS_FROM) + r"\s){0,2}"
_TEN = "(?:10|" + any_of(word for word, value in lexicon.NUMBERS.items() if value == 10) + ")"
_DAY = r"(?<!\d)\d{1,2}"
# In this order: the first that fits takes the text. SKIP is no score, SPOIL makes the whole reply unclear.
# Beside each name what it can begin with: a digit, a number in letters, a keyword, another word, a sign.
_PATTERNS = (
    ("SKIP_link", "dnk", r"https?://\S+|www\.\S+|[^\s@]{1,64}+@[^\s@]{1,250}\.\w+"),
    ("SKIP_smile", "s", r"[:;=]-?(?:[()|/]+|[dpo3](?!\w))|<+3+(?!\d)|\^\^"),
    ("ASIDE_scale", "dk", r"(?:\b" + any_of(lexicon.SCALE | lexicon.SCALE_FROM) + r"\s*)?(?:\b" + any_of(lexicon.SCALE_FROM) + r"\s*)?"
                           r"(?<![\w.,])(?:1|0)\s*" + _MEANING + r"(?:-|\b" + any_of(lexicon.SCALE_TO) + r")\s*" + _TEN + r"(?!\w)(?:\s*" + _MEANING + ")?"),
    ("SKIP_day", "k", r"(?<![^\W\d] )\b" + any_of(lexicon.ON_DAY) + r"\s\d{1,2}\.?(?=\s[^\W\d])"),
    ("SKIP_date", "dk", r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|" + _DAY + r"\.?\s*" + any_of(lexicon.MONTHS)
                          + "|" + _DAY + r"[./]\d{1,2}\.?\s" + any_of(lexicon.CLOCK) + r"\.?\s?\d|\b" + any_of(lexicon.DATED) + r"(?:\s" + any_of(lexicon.ON_DAY) + r")?\s\d{1,2}[./]\d{1,2}(?!\d)"),
    ("ASIDE_thanks", "dk", r"\b(?:1000|" + any_of(lexicon.THOUSAND) + r")\s(?:" + any_of(lexicon.HEARTY) + r"\s)?" + any_of(lexicon.THOUSAND_THANKS) + r"|\bthousand\sthanks\b"),
    ("SKIP_thousands", "n", r"\b" + any_of(word for word, value in lexicon.NUMBERS.items() if value >= 10) + r"\s?" + any_of(lexicon.THOUSAND)),
    ("NUMBER_again", "d", r"(?<![\w.,])(?P<again>10|[1-9])(?:[ ,]{1,2}(?P=again)(?![\w.,/:]))+"),
    ("SKIP_phone", "ds", r"\+?(?<!\d)\d(?:[ \-]?\d){6,}+"),
    ("SKIP_first", "k", r"\b" + any_of(lexicon.PLACE) + r"\.?\s*(?:" + _N2 + "|" + any_of(lexicon.NUMBERS_ALONE) + ")"),
    ("SKIP_place", "d", r"(?<![\w.,])\d{1,2}\.?\s?" + any_of(lexicon.ORDINAL_NOUNS)),
    ("SKIP_thumbs", "dnk", r"\b(?:[12]|to|two|en|ein)\s" + any_of(lexicon.THUMBS)),
    ("SKIP_plus", "s", r"(?<![\w)])\+\d{1,2}(?!\d)"),
    ("ASIDE_less", "k", _LESS + _N2 + r"(?:\s*" + any_of(lexicon.POINTS) + ")?"),
    ("SPOIL_hundreds", "d", r"\d{3,}\s*/\s*\d+"),
    ("SKIP_reference", "ds", r"#\s*\d+|(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d{4,}"),
    ("SKIP_time", "dnk", r"\b" + any_of(lexicon.CLOCK) + r"\.?\s*" + _N2 + r"(?:[:.]\d\d)?(?:\s*-\s*\d{1,2}(?:[:.]\d\d)?)?|(?<!\d)\d{1,2}:\d\d(?!\d)"
                          r"|(?<!\d)\d{1,2}\s*(?:am|pm|a\.m\.|p\.m\.|o'?clock)(?!\w)|" + _N2 + r"\s?-?\s?" + any_of(lexicon.HOUR_AROUND)),
    ("SKIP_money", "dks", r"(?:[$£€]|\b(?:kr|nok|sek|dkk|eur|usd)\b\.?)\s*\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?\s*(?:[$£€]|,-|:-(?![()|/dp])|"
                           + any_of(lexicon.MONEY) + ")"),
    # "2 good 2 be true", "2 be honest": said, not counted.
    ("SKIP_too", "d", r"(?<!\d)2\s+(?:be\b|[^\W\d]+\s+2\s+[^\W\d]+)"),
    ("SKIP_percent", "d", r"\d+(?:[.,]\d+)?\s*(?:%|" + any_of(lexicon.PERCENT) + ")"),
    ("SEP_today", "k", r"(?<=.)\b" + any_of(lexicon.TODAY)),
    ("SEP_me", "k", r"\b" + any_of(lexicon.FROM_ME) + r"\s" + any_of(lexicon.ME_AFTER)),
    ("SPOIL_half", "dnks", _N2 + r"\s*" + _HALF + r"|½|±|\bpluss?\s*/?\s*minus\b|(?<![-=])[<>]\s*=?\s*\d+"),
    ("SKIP_share", "dn", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\.?\s*" + _UNIT),
    ("SKIP_most", "dn", _N2 + r"\s*" + _OUT_OF + r"\s*" + _N2 + r"\s(?:er|are|är)\b(?!\s(?:det|what|som|" + any_of(lexicon.AFTER_IS) + r"))"),
    ("SCORE_of", "dn", r"(?<![\d.,/])" + _N2 + r"\s*(?:" + any_of(lexicon.STARS | lexicon.POINTS) + r"\s*)?" + _OUT_OF + r"\s*" + _N2 + r"(?![\d/])(?!\s*[./-]\s*\d|,\d)"),
    ("SPOIL_stars", "dnk", _N2 + r"\s*(?:[★⭐☆✩✪🌟]|\*\*+|" + any_of(lexicon.STARS) + r")|(?<![\w*])[1-6]\*(?!\w)|\b" + any_of(lexicon.CAST) + r":?\s*" + _N2
                            + "|" + r"(?:\d+(?:'?er)?|" + any_of([*lexicon.NUMBERS, *lexicon.NOUNS]) + r")\s" + any_of(lexicon.ON) + r"\s" + any_of(lexicon.DICE)),
    ("NUMBER_whole", "d", r"(?<![\d.,])\d+[.,]0(?!\d)"),
    ("SKIP_range", "dn", _N2 + r"(?:[-~]|\s*\b" + any_of(lexicon.RANGE_TO - {"minus", "pluss", "og", "och", "and", "samt"}) + r"\s*)" + _N2 + r"\.?\s*" + _UNIT),
    ("SPOIL_range", "dn", _N2 + r"\s*" + _TO + r"\s*" + _N2 + r"(?!\w)(?!\.?\s*" + _UNIT + ")"),
    ("SPOIL_decimal", "ds", r"\d+[.,]\d+|(?<![\w)])-\d+"),
    ("SKIP_unit", "dn", _N2 + r"\.?\s*-?\s*" + _UNIT + r"|(?<!\w)\d+\s?" + any_of(lexicon.SHORT_HOUR)),
    ("SCORE_points", "dn", _N2 + r"\s*" + any_of(lexicon.POINTS)),
    ("SCORE_noun", "dn", r"(?<!\w)\d+(?:[:'-]?(?:er|ar|a|eren|aren|an)|[ -]?tall?)(?!\w)|\b" + any_of(lexicon.NOUNS) + r"(?!\s+still)"),
    ("SKIP_ordinal", "d", r"(?<!\w)\d+(?:st|nd|rd|th|de|te|ende)(?!\w)"),
    ("SKIP_mixed", "dnkw", r"(?:\d+[^\W\d]|[^\W\d]+\d)\w*"),
    ("SKIP_zero", "d", r"(?<!\d)0\d+"),
    ("NUMBER", "d", r"\d+"),
    ("WORD", "nkw", r"[^\W\d_]+(?:'[^\W\d_]+)*"),
    ("SEP", "s", r"[^\w\s]|_|\n"),
)  # fmt: skip
_TOKENS = {
    start: re.compile(
        "|".join(f"(?P<{name}>{pattern})" for name, starts, pattern in _PATTERNS if start in starts)
    )
    for start in "dnkws"
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a reply. ``value`` is that of a NUMBER or a SCORE (a number that says it is a mark)."""

    kind: str  # NUMBER, SCORE, SPOIL (makes the whole reply unclear), ASIDE (a number may stand beside it), SKIP, WORD, SEP
    text: str
    value: int = -1


# Most words begin nothing but themselves; only these are held against the whole list.
_WORD = re.compile(r"[^\W\d_]++(?:'[^\W\d_]++)*+(?![\d@'_])")
_DOUBLE = re.compile(r"([^\W\d_])\1+")
_ONCE = {_DOUBLE.sub(r"\1", word): value for word, value in lexicon.NUMBERS.items()}
_NUMBERS = frozenset((*lexicon.NUMBERS, *lexicon.NOUNS, "to"))
_KEYWORDS = lexicon.OPENERS | {
    listed.split(" ")[0]
    for several in (
        lexicon.SCALE, lexicon.SCALE_FROM, lexicon.CLOCK, lexicon.DATED,
        lexicon.THOUSAND, lexicon.PLACE, lexicon.LESS, lexicon.FROM_ME, lexicon.CAST, lexicon.TODAY, lexicon.ON_DAY, lexicon.FROM_ME, lexicon.MONTHS,
    )
    for listed in several
}  # fmt: skip


def tokens_of(plain: str) -> Iterator[Token]:
    """Cut a normalised text into tokens."""
    position = 0
    while position < len(plain):
        character = plain[position]
        if character == " ":
            position += 1
            continue
        word = _WORD.match(plain, position) if character.isalpha() else None
        if word and word[0] not in _NUMBERS and word[0] not in _KEYWORDS:
            number = _stretched(word[0])
            yield Token("WORD", word[0]) if number is None else Token("NUMBER", word[0], number)
            position = word.end()
            continue
        start = _start(character, word[0] if word else "")
        if start == "s" and character not in _SIGNS:
            yield Token("SEP", character)
            position += 1
            continue
        match = _TOKENS[start].match(plain, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        yield from _token(match.lastgroup or "", match[0])


_SIGNS = frozenset(":;=<>^#+$£€½±-")  # what begins more than itself


def _start(character: str, word: str) -> str:
    """What a token begins with, as the patterns tell it."""
    if word:
        return "n" if word in _NUMBERS else "k"
    if character.isdigit():
        return "d"
    return "w" if character.isalpha() else "s"


def _stretched(word: str) -> int | None:
    """ "Tiiii!" and "sjuu" are numbers, said with feeling."""
    return _ONCE.get(_DOUBLE.sub(r"\1", word)) if _DOUBLE.search(word) else None


def _token(name: str, text: str) -> Iterator[Token]:
    kind = name.partition("_")[0]
    if name == "SKIP_mixed":
        yield from _mixed(text)
    elif name == "WORD":
        number = lexicon.NUMBERS.get(text)
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
    if text in lexicon.AFTER:  # "m8"
        yield Token("WORD", text)
        return
    mark = re.fullmatch(r"([^\W\d]+)(\d+)", text)
    if mark and mark[1] in lexicon.MARKS:
        yield Token("SCORE", text, int(mark[2]))
        return
    if (
        mark
        and (mark[1] in lexicon.GLUED or mark[1].startswith(lexicon.STRONG))
        and mark[1] not in lexicon.NAMES
    ):
        yield Token("WORD", mark[1])
        yield Token("NUMBER", mark[2], int(mark[2]))
        return
    number, word = re.match(r"(\d*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if number and word in lexicon.AFTER:
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
    return lexicon.NOUNS.get(word, lexicon.NUMBERS.get(word, lexicon.NUMBERS_ALONE.get(word, -1)))
