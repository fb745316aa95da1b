"""The sentences and names of results, by language and code, from each language's ``results.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from texts.languages import languages, read


@dataclass(frozen=True)
class Sentences:
    """The texts of a family: ``Sentences("verdict")["nb"]["higher"]``. KeyError for an unknown one."""

    family: str

    def __getitem__(self, language: str) -> Mapping[str, str]:
        texts: Mapping[str, str] = read(language, "results")[self.family]
        return texts


@dataclass(frozen=True)
class Names(Mapping[str, Mapping[str, str]]):
    """The same, by code first: ``Names("drivers_reasons")["price"]["nb"]``."""

    family: str

    def __getitem__(self, code: str) -> Mapping[str, str]:
        return {language: read(language, "results")[self.family][code] for language in languages()}

    def __iter__(self) -> Iterator[str]:
        return iter(read("en", "results")[self.family])

    def __len__(self) -> int:
        return len(read("en", "results")[self.family])
