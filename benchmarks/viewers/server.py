"""The server under test, ``python app.py`` on a demonstration's home, and what it costs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import delete

import demo
from demo.marker import KEY, KIND
from settings import PROJECT_ROOT, Settings
from store import open_store
from store.schema import record

START_S = 240
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """What a process has used so far."""

    at: float  # seconds of time.monotonic
    cpu_s: float
    memory: int  # bytes held now

    def share_since(self, before: Cost) -> float:
        """Of one core."""
        return (self.cpu_s - before.cpu_s) / (self.at - before.at)


@dataclass(frozen=True)
class Server:
    """A running server."""

    settings: Settings
    process: subprocess.Popen[bytes]

    def cost(self) -> Cost:
        """Of the process that serves the pages."""
        return cost_of(self.process.pid)

    def publishing(self) -> Cost:
        """Of the process that it has started to publish the figures."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [child for thread in threads for child in (thread / "children").read_text().split()]
        (publisher,) = (pid for pid in children if "publisher" in Path(f"/proc/{pid}/cmdline").read_text())
        return cost_of(int(publisher))


def cost_of(pid: int) -> Cost:
    """What a running process has used so far."""
    folder = Path(f"/proc/{pid}")
    # The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    pages = int((folder / "statm").read_text().split()[1])
    cpu = (int(fields[11]) + int(fields[12])) / TICK
    return Cost(time.monotonic(), cpu, pages * os.sysconf("SC_PAGE_SIZE"))


def prepare(home: Path, contacts: int) -> None:
    """A demonstration's history in a home, without the marker that lets it bring traffic of its own."""
    settings = Settings(home=home, demo=True, quiet_hours="")
    settings.claim_home()
    store = open_store(settings.database_url)
    if not settings.lake_path.is_dir():
        demo.load(settings, store, contacts=contacts)
    with store.write() as connection:
        connection.execute(delete(record).where(record.c.kind == KIND, record.c.record_id == KEY))
    store.close()


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """The server while the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    given = {"SVAR_HOME": str(home), "SVAR_PORT": str(port), "SVAR_DEMO": "on", "SVAR_QUIET_HOURS": ""}
    settings = Settings(home=home, port=port, demo=True, quiet_hours="")
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=PROJECT_ROOT, env={**os.environ, **given}, stdout=log, stderr=log
    )
    try:
        _wait(settings, process)
        yield Server(settings, process)
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Until it answers and the lake has a version: the first build of a history takes a while."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{settings.base_url}/health", trust_env=False, timeout=5).json()["version"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start; see {settings.home / 'server.log'}")
