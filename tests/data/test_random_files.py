"""A known table in any style comes out right by ``guess``, or a doubt names the column that does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from data.files.mapping import BadUse
from data.guess.propose import propose
from settings import Settings
from tests.data.files import NOW, load, log_rows
from tests.data.random_files import Written, files, save

LATER = NOW.replace(year=2027)


@pytest.fixture(scope="module")
def silent_errors(migrated_file: Path) -> Callable[[Written], dict[str, Any]]:
    """What an import by ``guess`` makes wrong without a word, by field: what came and what is true."""

    def errors(file: Written) -> dict[str, Any]:
        with TemporaryDirectory(prefix="svar-random-") as folder:
            home = Path(folder) / "home"
            home.mkdir()
            shutil.copy(migrated_file, home / "svar.db")
            path = save(Path(folder), file)
            return _silent_errors(Settings(home=home, pseudonym_key="a key of the tests"), path, file)

    return errors


def _silent_errors(settings: Settings, path: Path, file: Written) -> dict[str, Any]:
    said: list[str] = []
    read: dict[str, dict[str, Any]] = {}
    toml = ""
    try:
        proposal = propose(path, settings.timezone)
        toml = proposal.toml
        said += map(str, proposal.doubts)
        said += map(str, load(settings, path, toml, now=LATER).notes)
        read = {row["contact_id"]: values_of(row) for row in log_rows(settings)}
    except BadUse as error:
        said.append(str(error))
    wrong: dict[str, Any] = {
        name: (read[key][name], right)
        for key, contact in file.contacts.items()
        if key in read
        for name, right in contact.items()
        if read[key][name] != right
    }
    if read.keys() != file.contacts.keys():
        wrong["rows"] = sorted(read.keys() ^ file.contacts.keys())
    silent = {name: pair for name, pair in wrong.items() if not _named(name, file, said)}
    return silent | {"toml": toml, "said": said, "text": file.content[:600]} if silent else {}


def values_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the log as the known table tells it."""
    return {
        "ended_at": row["ended_at"],
        "handling_s": row["handling_s"],
        "score": row["score_given"],
        "agent": row["agent"],
        "topic": row["topic"],
        "hit_value": row["hit_value_minor"],
    }


def _named(name: str, file: Written, said: list[str]) -> bool:
    """Whether anything that was said names the field or its column; rows that differ may be of any field."""
    fields = [*file.columns] if name == "rows" else [name]
    words = [word for each in fields for word in [each, *file.columns[each]]]
    return any(word in text for text in said for word in words)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(files())
def test_a_random_file_is_read_right_or_doubted_where_it_is_not(
    silent_errors: Callable[[Written], dict[str, Any]], file: Written
) -> None:
    assert silent_errors(file) == {}


@pytest.mark.long
@hypothesis_settings(
    max_examples=2_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(files(kinds=("csv", "csv", "csv", "xlsx")))
def test_two_thousand_random_files_are_read_right_or_doubted(
    silent_errors: Callable[[Written], dict[str, Any]], file: Written
) -> None:
    assert silent_errors(file) == {}
