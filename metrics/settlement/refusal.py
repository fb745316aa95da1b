"""Refuse what cannot be settled: each problem with a code, its values and its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*\"?([\w.\-]+)\"?\s*=")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: ``line`` of the file (0: the month's figures), a code and its values."""

    line: int
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


class RefusalError(ValueError):
    """An incentive file or a month that is not settled; ``problems`` say why, by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: (each.line, each.code, str(each.values))))
        super().__init__("; ".join(f"line {each.line}: {each.code} {dict(each.values)}" for each in problems))


def refuse(line: int, code: str, **values: Any) -> RefusalError:
    """A refusal for one problem."""
    return RefusalError([Problem(line, code, values)])


class Lines:
    """The line on which each entry of a TOML text stands, by its path: ``("criterion", 0, "base")``."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        counts: dict[str, int] = {}
        at: Path = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                brackets, name = header.groups()
                if brackets == "[[" and "." not in name:
                    counts[name] = counts.get(name, -1) + 1
                at = self._path(name, counts)
                if brackets == "[[" and "." in name:
                    nested = ".".join(map(str, at))
                    counts[nested] = counts.get(nested, -1) + 1
                    at = (*at, counts[nested])
                self._lines.setdefault(at, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*at, *key.group(1).split(".")), number)

    @staticmethod
    def _path(name: str, counts: Mapping[str, int]) -> Path:
        first, *rest = name.split(".")
        return (first, counts[first], *rest) if first in counts else (first, *rest)

    def of(self, path: Sequence[str | int]) -> int:
        """The line of an entry, or of the nearest one that it is part of; 1 where none is known."""
        for length in range(len(path), 0, -1):
            if line := self._lines.get(tuple(path[:length])):
                return line
        return 1
