"""Each example comes to the kroner that were computed by hand, and changes with its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.settlement.verification import TESTS, cases_file, run
from settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "examples" / "settlement"
FILES = sorted(file for file in FOLDER.glob("*.toml") if not file.name.endswith(TESTS))


def test_the_eight_models_are_there() -> None:
    assert [file.name[0] for file in FILES] == list("abcdefgh")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_comes_to_its_kroner(file: Path) -> None:
    count, failures = run(file)
    assert count >= 2
    assert failures == []


def test_one_ore_too_much_fails_with_name_line_and_both_amounts(tmp_path: Path) -> None:
    file = FOLDER / "g-tiers.toml"
    (tmp_path / file.name).write_text(file.read_text())
    text = cases_file(file).read_text().replace("60820.00", "60820.01")
    (tmp_path / cases_file(file).name).write_text(text)
    _, (failure,) = run(tmp_path / file.name)
    assert (failure.line, failure.what, failure.expected, failure.actual) == (
        1,
        "total",
        "60820.01",
        "60820.00",
    )
