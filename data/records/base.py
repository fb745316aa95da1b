"""What every kind of record shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Record(BaseModel):
    """Unknown fields are refused (a mistyped name would lose data silently); blanks are not given."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    KIND: ClassVar[str]
    ID: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            name: given
            for name, given in value.items()
            if given is not None and not (isinstance(given, str) and not given.strip())
        }
