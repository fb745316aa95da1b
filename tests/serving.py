"""Svar as a real process, for tests that talk to it as the outside does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from settings import PROJECT_ROOT, Settings

START_TIMEOUT_S = 60
Found = TypeVar("Found")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """``python app.py`` on a home of its own; started, killed and started again at will."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.environment = {
            "SVAR_HOME": str(home),
            "SVAR_PORT": str(free_port()),
            "SVAR_DEMO": "on",
            "SVAR_QUIET_HOURS": "",
            "SVAR_API_TOKEN": "a-token-of-the-tests",
            "SVAR_PSEUDONYM_KEY": "a key of the tests",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.output = home.with_suffix(".log")

    @property
    def settings(self) -> Settings:
        """The same settings, for looking at the server's state from the test."""
        values = {name.removeprefix("SVAR_").lower(): value for name, value in self.environment.items()}
        return Settings.model_validate(values)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['SVAR_PORT']}"

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.output.read_text()[-3000:]}")

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def interrupt(self, timeout: float = 30) -> int:
        """As Ctrl-C does; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout)

    def post(self, path: str, body: object, token: str = "a-token-of-the-tests") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)


@contextmanager
def served(home: Path, **environment: str) -> Iterator[Server]:
    """A running server for the block."""
    server = Server(home, **environment)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def until(look: Callable[[], Found | None], what: str, timeout: float = 90) -> Found:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {timeout} s")
