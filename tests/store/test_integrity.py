"""A store that is damaged, read-only or away is told in a sentence, and health is not ok."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.testclient import TestClient

import web
from settings import PROJECT_ROOT, Settings
from store import Store, StoreFault, integrity, open_store
from surveys.ledger.faults import all_standing


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)


def broken_pages(path: Path) -> None:
    """The header is whole, and what follows is not."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def newer(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    with store.write() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    store.close()


@pytest.mark.parametrize(("harm", "said"), [(garbage, "is damaged"), (newer, "was made by a newer version")])
def test_every_entry_point_tells_in_a_sentence_why_the_store_cannot_be_opened(
    sqlite_store: Store, settings: Settings, harm: Callable[[Path], None], said: str
) -> None:
    sqlite_store.close()
    harm(settings.home / "svar.db")
    with pytest.raises(StoreFault, match=said):
        open_store(settings.database_url)
    environment = os.environ | {"SVAR_HOME": str(settings.home), "SVAR_PORT": "0"}
    for command in (["-m", "surveys", "alarms"], ["-m", "surveys", "worker"], ["-m", "uvicorn", "web:app"]):
        run = subprocess.run(
            [sys.executable, *command],
            check=False,
            cwd=PROJECT_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 1, command
        assert said in run.stderr, command
        assert "Traceback" not in run.stderr, command


def test_an_unreachable_server_is_told_without_its_password() -> None:
    with pytest.raises(StoreFault, match="cannot be opened") as told:
        open_store("postgresql+psycopg://svar:secret@127.0.0.1:1/svar")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(("harmed", "found"), [(False, False), (True, True)])
def test_broken_pages_are_found_by_reading_the_file(
    sqlite_store: Store, settings: Settings, harmed: bool, found: bool
) -> None:
    path = settings.home / "svar.db"
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("pragma user_version = 1")
    sqlite_store.close()
    if harmed:
        broken_pages(path)
    url = settings.database_url
    opened = open_store(url) if not harmed else Store(sqlite_store.engine)
    assert integrity.damaged(opened) is found


@pytest.mark.parametrize(("more", "low"), [(-1_000_000_000, False), (10**15, True)])
def test_a_disk_is_low_before_it_is_full(tmp_path: Path, more: int, low: bool) -> None:
    assert integrity.disk_low([tmp_path, tmp_path / "not yet"], max(0, more)) is low


def test_health_is_not_ok_while_writes_fail(settings: Settings, migrated_file: Path) -> None:
    service = web.Service(settings)
    client = TestClient(Starlette(routes=service.routes()))
    assert client.get("/health").json()["status"] == "ok"

    def refuse(_connection: object) -> None:
        raise OperationalError("begin", None, OSError("disk is full"))

    event.listen(service.store.engine, "begin", refuse)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    event.remove(service.store.engine, "begin", refuse)
    assert client.get("/health").status_code == 200
    service.store.close()


def test_a_fault_of_the_store_raises_an_alarm_that_ends_with_it(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = web.Service(settings)
    monkeypatch.setattr(service._stop, "wait", lambda _seconds: service._stop.set())
    for there in (True, False):
        service._stop.clear()
        monkeypatch.setattr(integrity, "disk_low", lambda _folders, there=there: there)
        service._watch_store()
        assert [alarm.name for alarm in all_standing(sqlite_store)] == (["disk_low"] if there else [])
    service.store.close()
