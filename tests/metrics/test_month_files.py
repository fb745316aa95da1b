"""Facts of a partner's month lie in one file, and a day that is made anew counts from its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lake.facts import counted_rows
from lake.manifest import Lake
from metrics import Scope, open_reader
from metrics.build.audit import check
from metrics.build.refresh import build
from settings import Settings
from tests.metrics.given import NOON, NOW, contact, day_of, days

HOME_DAYS = 3


def _named(lake: Lake) -> dict[str, set[str]]:
    """The files of facts that the partitions of each day name."""
    named: dict[str, set[str]] = {}
    for key, partition in lake.partitions(lake.version()).items():
        named.setdefault(key.day, set()).update(partition.files)
    return named


def _scanned(settings: Settings, **where: list[str]) -> dict[str, int]:
    """Contacts by language and day, which only a scan of the facts can tell."""
    reader = open_reader(settings, Scope.everything())
    values = reader.show(["contacts"], by=["language", "day"], where=where)
    return {value.dims["day"]: value.n for value in values}


@pytest.fixture
def three_days(write: Any, rebuild: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # Of several workers each would write a file of its own.
    monkeypatch.setattr("metrics.build.refresh.MOST_WORKERS", 1)
    write("contact", *(contact(f"c{n}", at=NOON + days(n)) for n in range(HOME_DAYS)))
    rebuild()
    return [day_of(NOON + days(n)).isoformat() for n in range(HOME_DAYS)]


def test_days_of_one_build_share_the_file_of_their_month(three_days: list[str], lake: Lake) -> None:
    (file,) = set.union(*_named(lake).values())
    assert Path(file).parent.name == f"month={three_days[0][:7]}"
    assert lake.superseded(lake.version()) == []


@pytest.mark.parametrize(
    ("correction", "contacts"),
    [
        (contact("c1", at=NOON + days(1), handling_s=999), [1, 1, 1]),
        (contact("c1", at=NOON + days(2)), [1, 0, 2]),
        (contact("c1", at=NOON + days(1), partner="B/C"), [1, 1, 1]),
    ],
    ids=["corrected on its day", "moved to the day after", "moved to another partner"],
)
def test_former_rows_of_a_corrected_day_no_longer_count(
    settings: Settings, three_days: list[str], write: Any, rebuild: Any, lake: Lake, facts: Any,
    correction: dict[str, Any], contacts: list[int],
) -> None:  # fmt: skip
    (shared,) = set.union(*_named(lake).values())
    write("contact", correction)
    rebuild()
    superseded = lake.superseded(lake.version())
    assert (str(lake.path / shared), date.fromisoformat(three_days[1])) in superseded
    assert shared in _named(lake)[three_days[0]]
    assert [row["contact_id"] for row in facts()] == ["c0", "c1", "c2"]
    assert _scanned(settings) == {
        day: count for day, count in zip(three_days, contacts, strict=True) if count
    }
    assert not [result for result in check(settings) if result["rows"]]


def test_a_file_of_which_every_day_was_made_anew_is_named_no_more(
    settings: Settings, sqlite_store: Any, three_days: list[str], write: Any, rebuild: Any, lake: Lake
) -> None:
    (shared,) = set.union(*_named(lake).values())
    write("contact", contact("c1", at=NOON + days(1), handling_s=999))
    rebuild()
    build(settings, sqlite_store, NOW, since=date.fromisoformat(three_days[0]))
    assert shared not in set.union(*_named(lake).values())
    assert lake.superseded(lake.version()) == []


@pytest.mark.parametrize(
    ("files", "superseded", "whole", "partly"),
    [
        ([], [], [], []),
        (["a", "b", "a"], [], ["a", "b"], []),
        (["a", "b"], [("b", date(2026, 1, 1))], ["a"], ["b"]),
        (["a"], [("b", date(2026, 1, 1))], ["a"], []),
        (["b"], [("b", date(2026, 1, 1)), ("b", date(2026, 1, 2))], [], ["b"]),
    ],
)
def test_only_files_with_superseded_days_are_read_in_part(
    files: list[str], superseded: list[tuple[str, date]], whole: list[str], partly: list[str]
) -> None:
    query, values = counted_rows(files, superseded)
    assert (values.get("files", []), values.get("files_in_part", [])) == (whole, partly)
    assert bool(query) == bool(files)
