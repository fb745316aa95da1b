"""The process that publishes: what people are told when the figures stand still, and who outlives whom."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import publisher
from metrics.build.refresh import current_version
from settings import Settings
from store import Store
from surveys.ledger.faults import all_standing, standing
from tests.serving import Server, served, until
from tests.test_journey import contact

NOTHING = (sys.executable, "-S", "-c", "")


def test_an_alarm_stands_while_the_figures_cannot_be_brought_up_to_date(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "FAULT_PAUSE_S", 0.0)
    said: list[str] = []
    faults: list[Exception | None] = [RuntimeError("unique_contacts: 2 rows"), None]

    def refresh(*_: object) -> bool:
        said.extend(alarm.message for alarm in all_standing(sqlite_store))
        if fault := faults.pop(0):
            raise fault
        return False

    monkeypatch.setattr(publisher, "refresh_step", refresh)
    publisher.follow(settings, sqlite_store, lambda _: bool(faults))
    # It stood between the two rounds. The first time that it works again, it goes.
    assert said == ["The figures stand still: RuntimeError: unique_contacts: 2 rows"]
    assert not standing(sqlite_store, publisher.LAKE_FAULT)


def test_after_a_fault_it_rests_whatever_the_news(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def news(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) < 4

    def refresh(*_: object) -> bool:
        raise OSError("no space left")

    monkeypatch.setattr(publisher, "refresh_step", refresh)
    publisher.follow(settings, sqlite_store, news)
    assert waits[0] == publisher.REFRESH_S
    assert all(publisher.FAULT_PAUSE_S - 2 < seconds <= publisher.FAULT_PAUSE_S for seconds in waits[1:])


class _Rests(threading.Event):
    """Stops after so many rests, which take no time, and keeps how long they should have been."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.rests = most, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        if timeout == publisher.LOOK_S:
            return super().wait(0.01)
        assert timeout is not None
        self.rests.append(timeout)
        if len(self.rests) == self.most:
            self.set()
        return self.is_set()


def test_one_that_keeps_ending_is_started_less_and_less_often_and_told_of(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "COMMAND", NOTHING)
    twice, often = _Rests(2), _Rests(8)
    publisher.Publisher(settings, sqlite_store).run(twice)
    assert not standing(sqlite_store, publisher.PUBLISHER_FAULT)
    keeper = publisher.Publisher(settings, sqlite_store)
    keeper.run(often)
    assert often.rests == [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert standing(sqlite_store, publisher.PUBLISHER_FAULT)
    # Ten quiet minutes, and it is forgotten.
    keeper._forgive()
    assert standing(sqlite_store, publisher.PUBLISHER_FAULT)
    keeper._died_at -= publisher.QUIET_S
    keeper._forgive()
    assert not standing(sqlite_store, publisher.PUBLISHER_FAULT)


def test_waking_one_that_is_not_there_or_does_not_listen_takes_no_time(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = publisher.Publisher(settings, sqlite_store)
    keeper.wake()
    monkeypatch.setattr(publisher, "COMMAND", (sys.executable, "-S", "-c", "import time; time.sleep(600)"))
    keeper._start()
    process = keeper._process
    assert process is not None
    for _ in range(70_000):  # more than a pipe holds
        keeper.wake()
    process.kill()
    keeper._end()
    keeper.wake()


def test_what_it_is_told_before_it_listens_is_not_lost() -> None:
    """The server writes settings and news at once; the news is still there after the settings."""
    say = "import publisher, sys; _, news = publisher._led(); sys.stdout.write(f'{news(60)} {news(60)}')"
    with subprocess.Popen(
        [sys.executable, "-c", say], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        told = pickle.dumps(Settings(home=Path("somewhere")))
        process.stdin.write(publisher._LENGTH.pack(len(told)) + told + b"..")
        said, _ = process.communicate()
    # News, and then that the server has gone.
    assert said == b"True False"


def test_what_it_is_at_when_the_server_ends_is_finished(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    finish = f"import sys; sys.stdin.buffer.read(); open({str(done)!r}, 'w').close()"
    monkeypatch.setattr(publisher, "COMMAND", (sys.executable, "-S", "-c", finish))
    keeper = publisher.Publisher(settings, sqlite_store)
    keeper._start()
    assert not done.exists()
    keeper._end()
    assert done.exists()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "home") as running:
        yield running


def _publishing(server: Server) -> list[int]:
    """The process ids of the server's publishing process."""
    assert server.process is not None
    found = []
    for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            if "publisher" in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
    return found


@pytest.mark.slow
def test_it_is_started_again_when_it_dies_and_ends_when_the_server_does(server: Server) -> None:
    (first,) = until(lambda: _publishing(server), "the publishing process")
    server.post("/api/contacts", contact(1))
    lake = server.settings
    before = until(lambda: current_version(lake), "a version")
    subprocess.run(["kill", "-9", str(first)], check=True)
    server.post("/api/contacts", contact(2))
    until(lambda: current_version(lake) != before, "a version by the next one")
    (second,) = until(lambda: _publishing(server), "the next one")
    assert second != first
    server.kill()
    until(lambda: not Path(f"/proc/{second}").exists(), "its end, since nobody leads it")


@pytest.mark.slow
def test_it_goes_with_the_server_and_without_a_word(server: Server) -> None:
    (process,) = until(lambda: _publishing(server), "the publishing process")
    server.post("/api/contacts", contact(1))
    until(lambda: current_version(server.settings), "a version")
    before = server.output.read_text()
    assert server.interrupt() == 0
    assert not Path(f"/proc/{process}").exists()
    said = server.output.read_text().removeprefix(before)
    assert not [line for line in said.splitlines() if " INFO " not in line]
