"""How things are written and drawn."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import context
from dashboard.parts.theme import Palette, palette
from metrics.catalog.catalog import unit
from texts.formats import Formats
from texts.words import Words, words


@dataclass(frozen=True)
class Look:
    """How things are written and drawn: in which language, on which ground."""

    language: str
    ground: str  # light or dark

    @property
    def words(self) -> Words:
        return words(self.language)

    @property
    def formats(self) -> Formats:
        return Formats(self.language, context.settings().zone, unit)

    @property
    def palette(self) -> Palette:
        return palette(self.ground)
