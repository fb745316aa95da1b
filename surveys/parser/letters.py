"""One spelling for texts and for the words they are held against: case, digits, dashes, scripts. Pure."""

from __future__ import annotations

import re
import unicodedata

# Most replies: nothing in them has another spelling than its case.
_ORDINARY = re.compile(r"[\n\r -~À-ÖØ-öø-ÿ]*+")
_DROPPED = frozenset("\ufe0e\ufe0f\u20e3\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202c\u0640")
_DASHES = frozenset("‐‑‒–—―−")
# Letters that are written in several ways: apostrophes, the Arabic alef, teh marbuta and yeh, the Russian yo.
_SAME = str.maketrans(
    {
        **dict.fromkeys("’‘`´ʼ′", "'"),
        **dict.fromkeys("أإآٱ", "ا"),
        "ة": "ه",
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ё": "е",
        "،": ",",
        "؟": "?",
        "؛": ";",
    }
)


def fold(text: str) -> str:
    """One spelling for all: NFKC, lower case, ASCII digits, plain dashes; fractions stay what they are."""
    plain = text if _ORDINARY.fullmatch(text) else unicodedata.normalize("NFKC", _respelt(text))
    return plain.casefold().translate(_SAME)


def _respelt(text: str) -> str:
    """Digits and dashes as we know them, nothing that cannot be seen."""
    out = []
    for character in text:
        if character in _DROPPED or "\u064b" <= character <= "\u0652":  # Arabic vowel signs
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


def _numeral(character: str) -> str:
    # ① and ❽ are numbers; ½, ² and ₂ are something that no whole number is.
    name = unicodedata.name(character, "")
    value = unicodedata.numeric(character)
    circled = "CIRCLED" in name or "PARENTHESIZED" in name or "FULL STOP" in name
    return f" {int(value)} " if circled and value == int(value) else " ½ "
