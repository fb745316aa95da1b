"""What the benchmarks of the survey side share: settings, contacts, slow commits, servers, the report."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from settings import Settings
from store import Store

TOKEN = "an-auth-token-of-the-benchmark"
CONNECTIONS = 64
COMMITS_MS = (0, 2)
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
ROUNDS = 3


def settings_of(home: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "home": home,
        "demo": True,
        "pseudonym_key": "k",
        "twilio_auth_token": TOKEN,
        "public_url": "http://svar.example",
        "quiet_hours": "",
    }
    return Settings(**{**given, **more})


def slow_commits(store: Store, seconds: float) -> None:
    """Add what a real disk adds to every commit that wrote."""
    if seconds:

        def pause(connection: Any) -> None:
            if connection.get_execution_options().get("svar_writes"):
                time.sleep(seconds)

        event.listen(store.engine, "commit", pause)


def contacts(count: int, first: int = 0) -> list[dict[str, Any]]:
    ended = (NOON - timedelta(minutes=1)).isoformat()
    return [
        {
            "contact_id": f"c{n}",
            "ended_at": ended,
            "phone": f"+4742{n:06d}",
            "partner": "Nord",
            "language": "nb",
        }
        for n in range(first, first + count)
    ]


@contextmanager
def served(*arguments: str) -> Iterator[int]:
    """A server of this benchmark as a process of its own; yields its port once it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "benchmarks.bench_surveys", "--port", str(port), *arguments]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def report(name: str, ours: list[float], peer: list[float], goal: float | None) -> None:
    """One line: medians, their ratio, and the goal where there is one."""
    mine, theirs = statistics.median(ours), statistics.median(peer)
    wanted = "" if goal is None else f" (goal {goal})"
    print(f"{name:46} svar {mine:9,.0f}  peer {theirs:9,.0f}  ratio {mine / theirs:5.2f}{wanted}", flush=True)
