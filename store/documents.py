"""The JSON documents of the store, as text and back: most of what a batch of many rows costs in Python."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_text(document: Any) -> str:
    """A document as JSON."""
    try:
        return orjson.dumps(document).decode()
    except TypeError:
        # Whole numbers beyond 64 bits, half a character, keys that are not text.
        return json.dumps(document)


def from_text(text: str | bytes) -> Any:
    """The document that a text holds. ValueError where it is no JSON."""
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)
