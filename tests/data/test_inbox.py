"""The watched folder: files that come are imported, moved aside, and missed by their hour."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.files import importer
from data.inbox import SETTLED_S, look
from settings import Settings
from store import Store
from surveys.ledger.faults import all_standing
from tests.data.files import log_rows
from web import Service

NOW = datetime(2026, 4, 1, 5, 0, tzinfo=UTC)  # a Wednesday, 07:00 in Oslo
RULES = '[[file]]\nname = "calls_*.csv"\nmapping = "own.toml"\nby = "07:00"\ndays = ["mon", "wed"]\n'
OWN = 'time_zone = "Europe/Oslo"\n[fields]\ncontact_id = "No"\nended_at = "End"\n'
CALLS = "No,End\n1,2026-03-02 10:00:00\n2,2026-03-02 11:00:00\n"


@pytest.fixture
def inbox(tmp_path: Path, sqlite_store: Store) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "inbox.toml").write_text(RULES)
    (folder / "own.toml").write_text(OWN)
    return folder


def lay(folder: Path, name: str, text: str = CALLS, *, age_s: float = SETTLED_S + 1) -> Path:
    path = folder / name
    path.write_text(text)
    os.utime(path, (time.time() - age_s, time.time() - age_s))
    return path


def test_a_file_that_has_come_is_imported_once_and_moved_aside(inbox: Path, settings: Settings) -> None:
    lay(inbox, "calls_1.csv")
    made = look(settings, inbox, NOW)
    assert (made.imported, made.faults) == (1, {})
    assert [row["contact_id"] for row in log_rows(settings)] == ["1", "2"]
    assert (inbox / "done" / "2026-04-01" / "calls_1.csv").is_file()
    lay(inbox, "calls_1.csv")
    assert look(settings, inbox, NOW).imported == 1
    assert (inbox / "done" / "2026-04-01" / "calls_1-2.csv").is_file()
    assert len(log_rows(settings)) == 2


@pytest.mark.parametrize(
    "text", ["No,Slutt\n1,2026-03-02 10:00:00\n", "No,End\n1,never\n2,2026-03-02 10:00:00x\n", ""]
)
def test_a_file_that_cannot_be_imported_lies_aside_with_its_reason(
    inbox: Path, settings: Settings, text: str
) -> None:
    lay(inbox, "calls_1.csv", text)
    made = look(settings, inbox, NOW)
    assert (made.imported, [*made.faults]) == (0, ["inbox_failed"])
    failed = inbox / "failed" / "2026-04-01"
    assert (failed / "calls_1.csv").read_text() == text
    assert (failed / "calls_1.csv.reason.txt").read_text().strip()
    assert "calls_1.csv" in made.faults["inbox_failed"]
    assert log_rows(settings) == []
    assert [*look(settings, inbox, NOW + timedelta(days=1)).faults] == []


@pytest.mark.parametrize(
    ("name", "age_s"), [("calls_1.csv", SETTLED_S - 5), ("other_1.csv", 60), ("Calls_1.csv", 60)]
)
def test_a_file_that_is_being_written_or_is_not_meant_stays(
    inbox: Path, settings: Settings, name: str, age_s: float
) -> None:
    path = lay(inbox, name, age_s=age_s)
    assert look(settings, inbox, NOW - timedelta(hours=1)).imported == 0
    assert path.is_file()


def test_a_file_that_breaks_the_reading_does_not_hold_up_the_next(
    inbox: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importer.run

    def breaks(settings: Settings, path: Path, *rest: Any, **more: Any) -> importer.Summary:
        if path.name == "calls_1.csv":
            raise RuntimeError("unforeseen")
        return real(settings, path, *rest, **more)

    monkeypatch.setattr(importer, "run", breaks)
    lay(inbox, "calls_1.csv", age_s=60)
    lay(inbox, "calls_2.csv")
    made = look(settings, inbox, NOW)
    assert (made.imported, [*made.faults]) == (1, ["inbox_failed"])


def test_a_link_to_a_file_elsewhere_is_not_followed(inbox: Path, settings: Settings, tmp_path: Path) -> None:
    (inbox / "calls_1.csv").symlink_to(lay(tmp_path, "secret.csv"))
    assert look(settings, inbox, NOW - timedelta(hours=1)).imported == 0


@pytest.mark.parametrize(
    ("now", "is_missing"),
    [
        (NOW - timedelta(seconds=1), False),
        (NOW, True),
        (NOW + timedelta(days=1, hours=1), False),  # no file is due on a Thursday
        (NOW + timedelta(days=5), True),
    ],
)
def test_a_file_is_missed_from_its_hour_on_its_days(
    inbox: Path, settings: Settings, now: datetime, is_missing: bool
) -> None:
    assert ("inbox_missing" in look(settings, inbox, now).faults) == is_missing
    lay(inbox, "calls_2.csv")
    assert "inbox_missing" not in look(settings, inbox, now).faults


@pytest.mark.parametrize(
    "rules", ["", "file = 3", "[[file]]\nmapping = 'x'", "[[file]]\nname='a'\nby='25:00'", "["]
)
def test_rules_that_cannot_be_read_are_a_fault_and_nothing_is_touched(
    inbox: Path, settings: Settings, rules: str
) -> None:
    (inbox / "inbox.toml").write_text(rules)
    path = lay(inbox, "calls_1.csv")
    assert [*look(settings, inbox, NOW).faults] == ["inbox_rules"]
    assert path.is_file()


def test_the_server_imports_what_comes_and_raises_and_clears_the_alarm(
    inbox: Path, settings: Settings
) -> None:
    (inbox / "inbox.toml").write_text("nothing")
    service = Service(settings.model_copy(update={"inbox": str(inbox)}))
    thread = threading.Thread(target=service._watch_inbox)
    thread.start()
    try:
        _wait(lambda: [each.name for each in all_standing(service.store)] == ["inbox_rules"])
        (inbox / "inbox.toml").write_text(RULES.replace('by = "07:00"\n', ""))
        lay(inbox, "calls_1.csv")
        _wait(lambda: not all_standing(service.store) and len(log_rows(settings)) == 2)
    finally:
        service.stop()
        thread.join()


def _wait(condition: object) -> None:
    until = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.1)
