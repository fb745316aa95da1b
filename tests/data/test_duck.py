"""The connection everything analytical runs on."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb
import pytest

from lake.duck import connect, sweep_spills


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    row = connection.execute("select current_setting($name)::varchar", {"name": name}).fetchone()
    assert row is not None
    return str(row[0])


def test_the_time_zone_is_utc_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with connect() as connection:
        assert setting(connection, "TimeZone") == "UTC"


def test_nothing_is_fetched_from_the_network() -> None:
    with connect() as connection:
        assert setting(connection, "autoinstall_known_extensions") == "false"
        assert setting(connection, "autoload_known_extensions") == "false"


def test_work_beyond_the_memory_limit_spills_and_the_spill_is_gone_after_closing() -> None:
    connection = connect(memory="150MB")
    spill = Path(setting(connection, "temp_directory"))
    connection.execute(
        "create table t as select range as n, md5(range::varchar) as text from range(4_000_000)"
    )
    row = connection.execute("select count(distinct text) from t").fetchone()
    assert row == (4_000_000,)
    assert spill.exists()
    connection.close()
    assert not spill.exists()


def test_two_connections_never_share_a_spill_folder() -> None:
    with connect() as one, connect() as other:
        assert setting(one, "temp_directory") != setting(other, "temp_directory")


@pytest.mark.parametrize(("age_s", "is_left"), [(86_340, True), (86_460, False)])
def test_what_a_killed_process_has_spilled_goes_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: int, is_left: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "svar-duckdb-1-killed"
    left.mkdir()
    (left / "block").touch()
    then = left.stat().st_mtime - age_s
    os.utime(left, (then, then))
    sweep_spills()
    assert left.exists() is is_left
