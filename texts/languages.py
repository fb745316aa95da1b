"""Which languages there are, and the files of each: a language is a folder here, and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FILES = ("formats", "pages", "results", "messages")


@lru_cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, the order of their menu: ``nb``, ``en``, then any other."""
    codes = [folder.name for folder in FOLDER.iterdir() if (folder / "formats.toml").is_file()]
    return tuple(sorted(codes, key=lambda code: (read(code, "formats")["order"], code)))


@lru_cache
def read(language: str, file: str) -> Mapping[str, Any]:
    """A file of a language, without ``.toml``. KeyError for a language that has no folder."""
    path = FOLDER / language / f"{file}.toml"
    if file not in FILES or path.parent.parent != FOLDER or not path.is_file():
        raise KeyError(f"{language} has no {file}")
    return tomllib.loads(path.read_text())
