"""Settlements in words: why a file is refused, and where the kroner of a line come from."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from metrics.settlement.evaluate import Line
from metrics.settlement.refusal import Problem

FOLDER = Path(__file__).resolve().parents[2] / "texts" / "settlement"


@lru_cache
def texts(language: str) -> dict[str, dict[str, str]]:
    """Every sentence about settlements in ``nb`` or ``en``, by family and code."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def problem(each: Problem, language: str) -> str:
    """Why something is refused."""
    return texts(language)["refusal"][each.code].format(**each.values)


def reason(line: Line, language: str) -> str:
    """Where the kroner of a line come from."""
    return texts(language)["code"][line.code].format(**line.values)
