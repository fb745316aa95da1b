"""Run the tests that lie beside an incentive file: given figures must come to the expected kroner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from metrics.settlement.evaluate import Settlement, ore_text, settle_months
from metrics.settlement.figures import Case, cases
from metrics.settlement.incentive import Incentive, parse
from metrics.settlement.refusal import RefusalError

TESTS = ".tests.toml"
COMPARED = ("total", "lines", "payable", "balance", "parts")


@dataclass(frozen=True)
class Failure:
    """A test that does not come out: its name and line, what was compared, expected and actual."""

    test: str
    line: int
    what: str
    expected: str
    actual: str


def cases_file(file: Path) -> Path:
    """The file of tests beside an incentive file: ``bonus.toml`` → ``bonus.tests.toml``."""
    return file.with_name(file.stem + TESTS)


def run(file: Path) -> tuple[int, list[Failure]]:
    """Run a file's tests: how many there are, and those that fail. RefusalError for a file that is wrong."""
    book = parse(file.read_text(encoding="utf-8"))
    given = cases(cases_file(file).read_text(encoding="utf-8")) if cases_file(file).exists() else []
    return len(given), [failure for case in given for failure in failures(book, case)]


def failures(book: Incentive, case: Case) -> list[Failure]:
    """What a test expects and does not get."""
    try:
        settled = settle_months([book], case.months)[-1]
    except RefusalError as error:
        codes = [problem.code for problem in error.problems]
        if case.refused in codes:
            return []
        return [Failure(case.name, case.line, "refused", case.refused or "settled", ", ".join(codes))]
    if case.refused:
        return [Failure(case.name, case.line, "refused", case.refused, "settled")]
    return [
        Failure(case.name, case.line, what, _kroner(wanted), "-" if ore is None else ore_text(ore))
        for what, wanted, ore in _pairs(case.expected, settled)
        if ore is None or Fraction(wanted) * 100 != ore
    ]


def _pairs(expected: Mapping[str, Any], settled: Settlement) -> list[tuple[str, Any, int | None]]:
    sums: dict[str, int] = {}
    for line in settled.lines:
        sums[line.name] = sums.get(line.name, 0) + line.ore
    tables: dict[str, Mapping[str, int]] = {
        "lines": sums,
        "payable": settled.payable,
        "balance": settled.balance,
        "parts": settled.parts,
    }
    found: list[tuple[str, Any, int | None]] = []
    for what, wanted in expected.items():
        if what == "total":
            found.append((what, wanted, settled.total))
        elif what in tables:
            found += [(f"{what}.{name}", each, tables[what].get(name)) for name, each in wanted.items()]
        else:
            found.append((what, 0, None))
    return found


def _kroner(amount: Any) -> str:
    exact = Fraction(amount) * 100
    return ore_text(int(exact)) if exact.denominator == 1 else str(amount)
