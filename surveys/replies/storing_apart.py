"""Storing and reading in a process of its own while replies keep coming, apart from the answering.

It is started when a burst lasts and ended after it, so between bursts it costs nothing. One group at a time
is handed over, and answered when it is durable. Whoever dies, nothing is lost: a group without an answer is
written again by whoever has it, which changes nothing where it had been, and what is stored can be read.
"""

from __future__ import annotations

import contextlib
import logging
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from settings import PROJECT_ROOT, Settings
from store import Store, open_store
from surveys.replies.spool import Item
from surveys.replies.storing import Storing
from surveys.tuning import settle_in

LULL_S = 0.02  # without a group: then what waits is read
LAG_S = 0.75  # where there is no lull, replies wait for so long to be read, and a little more
STUCK_S = 60.0  # for one group; then the process is given up
END_S = 10.0  # for it to end
REST_S = 30.0  # after it was started, until another is where it has ended by itself
COMMAND: Sequence[str] = (sys.executable, "-m", "surveys.replies.storing_apart")
log = logging.getLogger(__name__)


class StoringApart:
    """The end of whoever takes the replies. For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None
        self._listens = False
        self._again_at = 0.0  # s of time.monotonic

    def start(self) -> None:
        """Start the process where there is none; it listens in a second or so."""
        if self._process is not None or time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + REST_S
        self._link, theirs = socket.socketpair()
        self._link.settimeout(STUCK_S)
        try:
            self._process = subprocess.Popen(COMMAND, cwd=PROJECT_ROOT, stdin=theirs.fileno())  # noqa: S603 - ours
            self._link.sendall(_packed(self._settings))
        except OSError:
            log.exception("the process that stores replies could not be started; they are stored here")
            self.close()
        finally:
            theirs.close()

    def listens(self) -> bool:
        """Whether a group can be handed over."""
        if self._link is None or not select.select([self._link], [], [], 0)[0]:
            return self._listens
        # Once it has said that it listens it only ever answers, unless it has gone.
        try:
            self._listens = self._link.recv(1) != b""
        except OSError:
            self._listens = False
        if not self._listens:
            self._gone()
        return self._listens

    def commit(self, items: Sequence[Item], unread: int) -> list[BaseException | None] | None:
        """Have a group written, and ``unread`` replies of before read; None where nobody says that it was.

        Returns what is wrong with each item.
        """
        assert self._link is not None  # noqa: S101 - it listens
        try:
            self._link.sendall(_packed((items, unread)))
            with self._link.makefile("rb") as answers:
                wrong: list[str] = pickle.load(answers)  # noqa: S301 - of our own process
        except (OSError, EOFError, pickle.UnpicklingError):
            self._gone()
            return None
        return [RuntimeError(name) if name else None for name in wrong]

    def _gone(self) -> None:
        log.error("the process that stores replies has ended by itself; they are stored here for a while")
        if self._process is not None:
            self._process.kill()
        self.close()

    def close(self) -> None:
        """End the process; what it has in hand it finishes."""
        if self._link is not None:
            self._link.close()
        if self._process is not None:
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process, self._link, self._listens = None, None, False


def _packed(content: object) -> bytes:
    return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)


# --- the end of the process ---


def _store_until_left(link: socket.socket, prepare: Callable[[Store], None]) -> None:
    """Store what comes in until whoever takes it has gone, then read what is left."""
    groups = link.makefile("rb")
    settings: Settings = pickle.load(groups)  # noqa: S301 - of our own process
    store = open_store(settings.database_url)
    prepare(store)
    storing = Storing(settings, store, lambda: None)
    settle_in()
    link.sendall(b"r")
    with contextlib.suppress(EOFError, OSError):
        while True:
            if storing.unread and not select.select([link], [], [], LULL_S)[0]:
                storing.read_waiting()
                continue
            items, unread = pickle.load(groups)  # noqa: S301 - of our own process
            storing.leave(unread)
            wrong = [type(error).__name__ if error else "" for error in storing.commit(items)]
            link.sendall(_packed(wrong))
            if storing.unread and time.monotonic() > storing.oldest + LAG_S:
                storing.read_waiting()
    while storing.unread:
        storing.read_waiting()
    store.close()


def main(prepare: Callable[[Store], None] = lambda _: None) -> None:
    """Ends when the process that started it does, whatever signals both of them get.

    ``prepare`` is given the store before anything is written.
    """
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    with contextlib.suppress(EOFError):
        _store_until_left(socket.socket(fileno=0), prepare)


if __name__ == "__main__":
    main()
