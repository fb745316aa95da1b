"""What is wrong with a refused record, in words that its sender can act on."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

SHOWN = 200  # characters of a refused name or value that are repeated to the sender
TOLD = 20  # faults of one record that are listed; the rest is counted


def explain(error: ValidationError) -> list[dict[str, Any]]:
    """pydantic's findings as ``{field, value, reason}``, in words of a person; the first twenty of them."""
    told = [
        {
            "field": printed(".".join(str(part) for part in found["loc"])),
            "value": None if found["type"] == "missing" else _shown(found["input"], found["loc"]),
            "reason": _REASONS.get(found["type"], found["msg"]),
        }
        for found in error.errors(include_url=False, include_context=False)[:TOLD]
    ]
    left = error.error_count() - TOLD
    if left > 0:
        told.append({"field": "", "value": None, "reason": f"and {left} more"})
    return told


_REASONS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this record",
    "model_type": "is not an object with fields",
    "bool_parsing": "is neither true nor false",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "decimal_parsing": "is not an amount",
    "decimal_max_places": "has more than two decimals",
}


def _shown(value: Any, place: tuple[int | str, ...]) -> Any:
    # A fault of the record as a whole names its fields in the reason; the record itself is not repeated.
    if not place:
        return None
    return value if isinstance(value, bool | int) else printed(value)


def printed(value: Any) -> str:
    """A value as text that is short enough to repeat and that any encoding can write."""
    return str(value)[:SHOWN].encode(errors="replace").decode()
