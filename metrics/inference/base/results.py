"""What the statistics return: frozen results, and their way to JSON and back."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Estimate:
    """One number with its 95 % interval, in the unit of what was measured.

    ``reason`` is empty when all is there; else it says why the value, or only its interval, is None.
    """

    n: int
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """First group minus second, with the 95 % interval for one look and the one for any number of looks.

    ``p`` is two-sided and for one look. ``effect`` has no unit, see
    :func:`metrics.inference.compare.effects.effect`:
    the probability of superiority for scores, Cohen's d for means, Cohen's h for shares, first ÷ second − 1
    for ratios and medians.
    """

    difference: float | None
    low: float | None
    high: float | None
    low_always: float | None
    high_always: float | None
    p: float | None
    effect: float | None
    reason: str = ""

    @classmethod
    def missing(cls, reason: str) -> Difference:
        """A difference that cannot be computed, and why."""
        return cls(None, None, None, None, None, None, None, reason)

    def scaled(self, by: float) -> Difference:
        """The same difference in a unit ``by`` times as small."""

        def pair(low: float | None, high: float | None) -> tuple[float | None, float | None]:
            if low is None or high is None:
                return None, None
            return (by * low, by * high) if by >= 0 else (by * high, by * low)

        low, high = pair(self.low, self.high)
        low_always, high_always = pair(self.low_always, self.high_always)
        gap = None if self.difference is None else by * self.difference
        return Difference(gap, low, high, low_always, high_always, self.p, self.effect, self.reason)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval on which a claim rests: the always-valid one where there is one."""
        if self.low_always is not None and self.high_always is not None:
            return self.low_always, self.high_always
        if self.low is not None and self.high is not None:
            return self.low, self.high
        return None


def to_json(result: object) -> dict[str, Any]:
    """A result as dicts, lists, numbers, texts (dates in ISO form) and None, ready for ``json.dumps``."""
    if not is_dataclass(result) or isinstance(result, type):
        raise TypeError(f"not a result: {result!r}")
    return typing.cast(dict[str, Any], _plain(asdict(result)))


def from_json(kind: type[Result], data: Mapping[str, Any]) -> Result:
    """The result of type ``kind`` that :func:`to_json` (by way of JSON text) came from."""
    hints = typing.get_type_hints(kind)
    return kind(**{f.name: _typed(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data})  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _typed(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if value is None:
        return None
    if origin in (types.UnionType, typing.Union):
        return _typed(next(a for a in arguments if a is not type(None)), value)
    if is_dataclass(hint) or hint is date:
        return date.fromisoformat(value) if hint is date else from_json(typing.cast(type, hint), value)
    if origin is tuple:
        repeated = len(arguments) == 2 and arguments[1] is Ellipsis
        kinds = [arguments[0]] * len(value) if repeated else arguments
        return tuple(_typed(kind, item) for kind, item in zip(kinds, value, strict=True))
    if origin is dict:
        return {key: _typed(arguments[1], item) for key, item in value.items()}
    return value
