"""What is told about a file, as a code with its values, in every language.

A :class:`Said` is its English text: on the command line and in JSON it stays a string. A page in another
language asks it for its words there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from texts.languages import read

ENGLISH = "en"
SEPARATOR = "\x1f"  # between a code and its values, where SQL tells them


class Said(str):
    """A sentence in English that knows its ``code`` (``family.name``) and its ``values``."""

    code: str
    values: Mapping[str, Any]

    __slots__ = ("code", "values")

    def __new__(cls, text: str, code: str = "", values: Mapping[str, Any] | None = None) -> Said:
        made = super().__new__(cls, text)
        made.code, made.values = code, values or {}
        return made

    def within(self, language: str) -> str:
        """The same in another language (``nb`` or ``en``)."""
        return _written(language, self.code, self.values)


def say(code: str, **values: Any) -> Said:
    """A sentence of ``messages``; values are text, numbers, lists or sentences. KeyError: no such code."""
    return Said(_written(ENGLISH, code, values), code, values)


def within(text: str, language: str) -> str:
    """A text in this language, where it was said; any other text is as it is."""
    return text.within(language) if isinstance(text, Said) else text


def quotes(words: Iterable[str]) -> str:
    """Words of a file, each in quotation marks."""
    return ", ".join(f"'{word}'" for word in words)


@lru_cache
def templates(language: str) -> Mapping[str, str]:
    """Every sentence of a language, by code."""
    families = read(language, "messages")
    return {f"{family}.{name}": text for family, texts in families.items() for name, text in texts.items()}


def _written(language: str, code: str, values: Mapping[str, Any]) -> str:
    return templates(language)[code].format(**{name: _value(language, each) for name, each in values.items()})


def _value(language: str, value: Any) -> str:
    if isinstance(value, Said):
        return value.within(language)
    if isinstance(value, list | tuple):
        return ", ".join(_value(language, each) for each in value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", read(language, "formats")["thousands"])
    return f"{value:g}" if isinstance(value, float) else str(value)
