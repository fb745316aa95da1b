"""The words on the pages, from each language's ``pages.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from texts.languages import read


@dataclass(frozen=True)
class Words:
    """The texts of one language: ``words("comparison.title")``."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its ``{names}`` filled in. KeyError for a key that does not exist."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def named(self, family: str, code: str) -> str:
        """The word for a code of a family (``reason`` …); the code itself where none is known."""
        return self.texts.get(f"{family}.{code}") or code.replace("_", " ")


@lru_cache
def words(language: str) -> Words:
    """The texts of ``nb`` or ``en``."""
    return Words(language, dict(_flat(read(language, "pages"), "")))


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs
