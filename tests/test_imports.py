"""Who may import whom: the parts of the house, the rooms of each part, and no circle between modules."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from settings import PROJECT_ROOT

# What a part of the house may import, besides what everybody may.
EVERYBODY = {"settings", "console", "logs", "texts"}
HOUSE: dict[str, set[str]] = {
    "settings": set(),
    "console": set(),
    "logs": set(),
    "texts": set(),
    "store": set(),
    "lake": set(),
    # The store only where builds take the lease and drain what happened live.
    "metrics": {"lake", "store"},
    "data": {"store", "lake", "metrics"},
    "surveys": {"data", "store", "lake", "metrics"},
    "publisher": {"metrics", "surveys", "store", "lake"},
    "demo": {"data", "surveys", "metrics", "store", "lake"},
    "dashboard": {"metrics", "surveys", "data", "store", "lake"},
    "middleware": set(),
    "web": {"data", "surveys", "metrics", "store", "lake", "publisher", "middleware"},
    "app": {"web", "dashboard", "demo", "surveys", "publisher", "middleware", "store"},
}
# Commands are entry points: those of data also load the demonstration.
ENTRY_POINTS = {("data", "demo")}

# The rooms of a part, from the ground up: a room imports only those that stand before it.
ROOMS = {
    "data": ("records", "files", "guess", "api", "inbox", "tokens"),
    "metrics": ("inference", "catalog", "build", "query", "analysis", "settlement", "wording", "cli"),
}
UPWARD = {
    # Answers of the command line carry their sentence in both languages.
    ("metrics.query", "metrics.wording"),
}


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the product by its dotted name."""
    parts = [part for part in HOUSE if (PROJECT_ROOT / part).is_dir()]
    paths = [PROJECT_ROOT / f"{part}.py" for part in HOUSE if part not in parts]
    paths += [path for part in parts for path in (PROJECT_ROOT / part).rglob("*.py")]
    return {
        ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def imported(name: str, text: str, known: Mapping[str, Path], *, is_package: bool = False) -> set[str]:
    """The product's modules that a module's text imports, wherever in it the import stands."""
    package = name.split(".") if is_package else name.split(".")[:-1]
    targets: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            targets.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            targets.update(
                full if (full := f"{base}.{alias.name}") in known else base for alias in node.names
            )
    return {target for target in targets if target in known and target != name}


@cache
def arrows() -> Mapping[str, set[str]]:
    """Of every module the modules that it imports."""
    return {
        name: imported(name, path.read_text("utf-8"), modules(), is_package=path.name == "__init__.py")
        for name, path in modules().items()
    }


def upward(graph: Mapping[str, set[str]], part: str) -> set[tuple[str, str]]:
    """The arrows of a part that lead to where it may not look."""
    may = HOUSE[part] | EVERYBODY | {part}
    return {
        (module, target)
        for module, targets in graph.items()
        if module.split(".")[0] == part
        for target in targets
        if target.split(".")[0] not in may
        and not (module.endswith("__main__") and (part, target.split(".")[0]) in ENTRY_POINTS)
    }


def upstairs(graph: Mapping[str, set[str]], part: str) -> set[tuple[str, str]]:
    """The arrows between the rooms of a part that lead to a room further up."""
    order = {f"{part}.{room}": number for number, room in enumerate(ROOMS[part])}
    pairs = {
        (".".join(module.split(".")[:2]), ".".join(target.split(".")[:2]))
        for module, targets in graph.items()
        for target in targets
    }
    return {
        pair
        for pair in pairs - UPWARD
        if pair[0] in order and pair[1] in order and order[pair[1]] > order[pair[0]]
    }


@pytest.mark.parametrize("part", sorted(HOUSE))
def test_a_part_imports_only_what_the_table_says(part: str) -> None:
    assert upward(arrows(), part) == set()


@pytest.mark.parametrize("part", sorted(ROOMS))
def test_a_room_imports_only_rooms_below_it(part: str) -> None:
    assert upstairs(arrows(), part) == set()


@pytest.mark.parametrize("part", sorted(ROOMS))
def test_every_room_stands_in_the_table(part: str) -> None:
    rooms = {module.split(".")[1] for module in modules() if module.startswith(f"{part}.")} - {"__main__"}
    assert rooms == set(ROOMS[part])


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        tuple(TopologicalSorter(arrows()).static_order())
    except CycleError as error:
        pytest.fail(f"A circle of imports: {' → '.join(error.args[1])}")


def test_a_line_that_is_turned_around_is_found() -> None:
    known = {name: Path() for name in ("lake.log", "metrics.build.drain", "metrics.query.reader", "store")}
    turned = {
        "lake.log": imported("lake.log", "def f():\n    from metrics.build import drain", known),
        "metrics.build.drain": imported("metrics.build.drain", "from ..query.reader import Reader", known),
    }
    assert upward(turned, "lake") == {("lake.log", "metrics.build.drain")}
    assert upstairs(turned, "metrics") == {("metrics.build", "metrics.query")}
