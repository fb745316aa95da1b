"""Who may import whom among the statistics."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import metrics.inference

FOLDER = Path(metrics.inference.__file__).parent
HOUSE = {
    "data",
    "surveys",
    "dashboard",
    "demo",
    "lake",
    "store",
    "metrics",
    "settings",
    "publisher",
}  # texts are for everybody
ALLOWED = {
    "base": {"base"},
    "compare": {"base", "compare"},
    "clustered": {"base", "compare", "clustered"},
    "groups": {"base", "groups"},
    "over_time": {"base", "over_time"},
    "answers": {"base", "compare", "groups", "answers"},
}


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    sources = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name for name in names | sources if name.split(".")[0] in HOUSE}


@pytest.mark.parametrize(
    "part", sorted(path.name for path in FOLDER.iterdir() if (path / "__init__.py").exists())
)
def test_a_part_of_the_statistics_imports_only_the_parts_below_it(part: str) -> None:
    allowed = {f"metrics.inference.{name}" for name in ALLOWED[part]}
    for file in (FOLDER / part).glob("*.py"):
        for name in imported(file):
            assert ".".join(name.split(".")[:3]) in allowed, (file.name, name)


def test_the_statistics_import_nothing_else_of_the_house() -> None:
    names = {name for file in FOLDER.rglob("*.py") for name in imported(file)}
    assert {name for name in names if not name.startswith("metrics.inference")} == set()
