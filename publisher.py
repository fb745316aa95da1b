"""Publishing the figures in a process of its own, so that it does not share Python's one running thread with
the pages that people look at.

``python app.py`` keeps such a process: it is woken over a pipe, ends by itself when that is closed, as it is
when the server dies, and is started again when it ends otherwise. ``python -m publisher`` is the same without
a server, on any machine that sees the store and the lake.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import logs
from metrics.build.refresh import reconcile, refresh_step
from settings import PROJECT_ROOT, Settings, read_settings
from store import Store, open_store
from surveys.ledger import faults
from surveys.ledger.backfill import backfill
from surveys.tuning import settle_in

log = logging.getLogger("svar.publisher")

# Replies must be on an open page within two seconds (docs/operation.md, "From a reply to the page").
REFRESH_S = 0.25
FAULT_PAUSE_S = 5.0
COMPARE_S = 86_400.0  # between two comparisons of the figures with the store; the first one at the start
LAKE_FAULT = "lake_fault"  # the alarm while the figures cannot be brought up to date
DIFFERENCE = "figures_differ"  # the alarm while the figures say something else than the store
PUBLISHER_FAULT = "publisher_fault"  # the alarm while the process keeps ending by itself
DEATHS = 3  # so many ends are a fault ...
QUIET_S = 600.0  # ... unless it has lived for so long since the last one
MOST_PAUSE_S = 60.0  # between two attempts to start one
LOOK_S = 0.5  # between two looks whether it lives
END_S = 25.0  # for a publication that is under way to be finished
COMMAND = (sys.executable, "-m", "publisher", "--led")
_LENGTH = struct.Struct(">I")

# Waits so many seconds or until there is news; False when it is over.
News = Callable[[float], bool]


def follow(settings: Settings, store: Store, news: News) -> None:
    """Publish whatever is new, until ``news`` says that it is over."""
    well = False
    compared_at = -COMPARE_S
    while news(REFRESH_S):
        try:
            # While more is dirty there is no wait: what is new is taken in by every round.
            while refresh_step(settings, store, datetime.now(UTC)) and news(0.0):
                pass
            if time.monotonic() - compared_at >= COMPARE_S:
                compare(settings, store, datetime.now(UTC))
                compared_at = time.monotonic()
            if not well:
                faults.clear(store, LAKE_FAULT, datetime.now(UTC))
            well = True
        except Exception as fault:
            # The old version stays readable; the next round tries again.
            well = False
            log.exception("The lake could not be refreshed; the pages show the last good version.")
            _say(store, LAKE_FAULT, f"The figures stand still: {type(fault).__name__}: {fault}")
            if not _pause(news):
                return


def compare(settings: Settings, store: Store, now: datetime) -> None:
    """Compare the figures with the store, resend what differs, and raise an alarm for what still does."""
    left = reconcile(settings, store, now, lambda days: backfill(store, days, now))
    if left:
        count = len({each.day for each in left})
        _say(store, DIFFERENCE, f"The figures of {count} days differ from the store, first {left[0]}.")
    else:
        faults.clear(store, DIFFERENCE, now)


def _say(store: Store, name: str, text: str) -> None:
    """Raise the alarm that the page of health shows; a store that fails as well has its own."""
    with suppress(Exception):
        faults.raise_alarm(store, name, text[:500], datetime.now(UTC))


def _pause(news: News) -> bool:
    """Wait for the next attempt, whatever the news; False when it is over."""
    until = time.monotonic() + FAULT_PAUSE_S
    while (left := until - time.monotonic()) > 0:
        if not news(left):
            return False
    return True


class Publisher:
    """The server's end: keeps one publishing process, and wakes it."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._lock = threading.Lock()  # of the pipe: its number must not be another file's by then
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths, self._died_at = 0, 0.0

    @property
    def pid(self) -> int:
        """The number of the process, 0 while there is none."""
        process = self._process
        return process.pid if process is not None else 0

    def wake(self) -> None:
        """There is something new. Never waits: what does not fit into the pipe is no news to its reader."""
        with self._lock, suppress(OSError):
            if self._process is not None and self._process.stdin is not None:
                os.write(self._process.stdin.fileno(), b".")

    def run(self, stop: threading.Event) -> None:
        """Keep one running until stopped; what it publishes then is finished."""
        try:
            while not stop.is_set():
                self._start()
                while not stop.wait(LOOK_S) and self._lives():
                    self._forgive()
                if not stop.is_set():
                    self._died()
                    stop.wait(self._rest())
        finally:
            self._end()

    def _start(self) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603 - nobody gives it anything
                COMMAND, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, bufsize=0
            )
        except OSError:
            log.exception("The process that publishes could not be started.")
            return
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        told = pickle.dumps(self._settings)
        with suppress(OSError):  # it has ended already, which is seen at the next look
            process.stdin.write(_LENGTH.pack(len(told)) + told)
        os.set_blocking(process.stdin.fileno(), False)
        with self._lock:
            self._process = process

    def _lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _died(self) -> None:
        self._deaths, self._died_at = self._deaths + 1, time.monotonic()
        code = None if self._process is None else self._process.returncode
        log.error("The process that publishes has ended by itself (%s); it is started again.", code)
        self._end()
        if self._deaths >= DEATHS:
            text = "The process that publishes the figures keeps ending by itself; the log says why."
            _say(self._store, PUBLISHER_FAULT, text)

    def _rest(self) -> float:
        """Seconds until the next attempt: at once after a first end, then longer and longer."""
        return min(MOST_PAUSE_S, 2.0 ** (self._deaths - 1)) if self._deaths > 1 else 0.0

    def _forgive(self) -> None:
        """It has lived for long enough since it last ended by itself."""
        if self._deaths and time.monotonic() - self._died_at > QUIET_S:
            self._deaths = 0
            with suppress(Exception):
                faults.clear(self._store, PUBLISHER_FAULT, datetime.now(UTC))

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            # What it was at is made again: nothing is published by halves.
            log.warning("The process that publishes did not end in time, and is killed.")
            process.kill()
            process.wait()


# --- the publishing process ---


def _led() -> tuple[Settings, News]:
    """What the server says: settings first, then a sign for each piece of news, until it has gone."""
    for ignored in (signal.SIGINT, signal.SIGTERM):  # whatever signals both get, the server ends this
        signal.signal(ignored, signal.SIG_IGN)
    (length,) = _LENGTH.unpack(_exactly(_LENGTH.size))
    settings: Settings = pickle.loads(_exactly(length))  # noqa: S301 - of our own server

    def news(seconds: float) -> bool:
        if select.select([0], [], [], seconds)[0]:
            return os.read(0, 1 << 16) != b""
        return True

    return settings, news


def _exactly(count: int) -> bytes:
    """So many bytes of standard input, past any buffer in which news would lie unseen."""
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            sys.exit(0)  # the server has gone
        data += more
    return data


def _alone() -> tuple[Settings, News]:
    """By hand: until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    return read_settings(), lambda seconds: not stop.wait(seconds)


def main() -> None:
    """Publish until the server has gone, or until stopped by hand."""
    logs.set_up()
    settle_in()
    settings, news = _led() if sys.argv[1:] == ["--led"] else _alone()
    store = open_store(settings.database_url)
    follow(settings, store, news)
    store.close()
    gc.unfreeze()  # or what is still there at the end counts as leaked


if __name__ == "__main__":
    main()
