"""Posting in a process of its own, so that transactions and posts do not share an interpreter.

The two speak over a pair of pipes, in frames of a length and a pickle. Whoever dies, the other notices: a
worker without its poster counts what it had handed over as unknown and starts another; a poster without
its worker ends at once, and what it had not posted yet is never posted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from settings import PROJECT_ROOT, Settings
from surveys.carriers.base import Posted
from surveys.carriers.lanes import GATHER_S, Job, Lanes

_LENGTH = struct.Struct(">I")
CHUNK = 1 << 20  # bytes read at once
END_S = 10.0  # for a poster to end
STUCK_S = 60.0  # a poster that takes no job for so long, or answers none (beyond the carrier's time), is none
MOST_PAUSE_S = 60.0  # between two attempts to start one
DEATHS = 3  # so many posters that ended by themselves ...
LATELY_S = 600.0  # ... within so long are a fault
log = logging.getLogger(__name__)


def _frame(content: object) -> bytes:
    body = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class ProcessLink:
    """The worker's end of the pipes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._out: dict[tuple[str, bool], Job] = {}  # handed over, not answered
        self._lost: list[Posted] = []
        self._bytes = bytearray()
        self._failures = 0
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._again_at = 0.0
        self._heard_at = time.monotonic()
        self._answer_s = STUCK_S + 2 * settings.carrier_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._listens = False
        self._start()

    def ready(self) -> bool:
        """Whether the poster listens; starts one where there is none."""
        if self._process is None and time.monotonic() >= self._again_at:
            self._start()
        if not self._listens:
            self._read(0.0)
        return self._listens

    def fault(self) -> str:
        if len(self._deaths) < DEATHS or time.monotonic() - self._deaths[0] > LATELY_S:
            return ""
        return "The process that posts keeps ending by itself; the log says why. Little or nothing is sent."

    def send(self, jobs: Sequence[Job]) -> None:
        if not self._out:
            self._heard_at = time.monotonic()
        self._out.update({_key(job): job for job in jobs})
        if not self._write(_frame(jobs)):
            # A frame that did not get through whole is one that nobody acts on.
            for job in jobs:
                del self._out[_key(job)]
                self._lost.append(_unanswered(job, "not_sent"))

    def receive(self, timeout_s: float) -> list[Posted]:
        answers = [answer for batch in self._read(timeout_s) for answer in batch]
        for answer in answers:
            self._out.pop((answer.message.message_id, answer.looked_up), None)
        lost, self._lost = self._lost, []
        return answers + lost

    def close(self) -> None:
        if self._process is None:
            return
        process, self._process, self._listens = self._process, None, False
        assert process.stdin is not None  # noqa: S101 - both are pipes, see _start
        assert process.stdout is not None  # noqa: S101
        process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> None:
        self._bytes.clear()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "surveys.carriers.apart"],
                cwd=PROJECT_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        except OSError:
            log.exception("the poster could not be started")
            self._died()
            return
        self._write(_frame(self._settings))

    def _write(self, data: bytes) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        rest = memoryview(data)
        try:
            while rest:
                if not select.select([], [self._process.stdin], [], STUCK_S)[1]:
                    self._give_up()
                    return False
                # So much fits wherever anything does.
                rest = rest[self._process.stdin.write(rest[: select.PIPE_BUF]) or 0 :]
        except OSError:
            return False
        return True

    def _give_up(self) -> None:
        """A poster that stands still is ended: its pipe then says so, like that of any other that died."""
        log.error("the poster stands still and is ended")
        assert self._process is not None  # noqa: S101 - it stands still
        self._process.kill()

    def _read(self, timeout_s: float) -> list[list[Posted]]:
        """Frames that have come. The first says that the poster listens and holds nothing else."""
        if self._process is None or self._process.stdout is None:
            time.sleep(min(timeout_s, GATHER_S))
            return []
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            if self._out and time.monotonic() > self._heard_at + self._answer_s:
                self._give_up()
            return []
        self._heard_at = time.monotonic()
        data = os.read(self._process.stdout.fileno(), CHUNK)
        if not data:
            self._died()
            return []
        self._bytes += data
        batches = list(_frames(self._bytes))
        if batches:
            self._listens, self._failures = True, 0
        return batches

    def _died(self) -> None:
        """What was handed over may have been posted; nobody can say."""
        self._failures += not self._listens
        pause = min(MOST_PAUSE_S, 2.0**self._failures) if self._failures else 0.0
        self._again_at = time.monotonic() + pause
        self._deaths.append(time.monotonic())
        log.error("the poster has ended by itself; %d messages are of unknown outcome", len(self._out))
        self._lost += [_unanswered(job, "unknown") for job in self._out.values()]
        self._out.clear()
        self.close()


def _key(job: Job) -> tuple[str, bool]:
    return job.message.message_id, job.known is not None


def _unanswered(job: Job, result: Any) -> Posted:
    if job.known is not None:
        return Posted(job.message, "unknown", status="absent", looked_up=True)
    return Posted(job.message, result, error="the poster ended")


def _frames(data: bytearray) -> Iterator[Any]:
    """Take the whole frames off the front of what has been read."""
    while len(data) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        if len(data) < end:
            return
        yield pickle.loads(data[_LENGTH.size : end])  # noqa: S301 - of our own process
        del data[:end]


# --- the poster's end ---


async def _read_frame(reader: asyncio.StreamReader) -> Any:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))  # noqa: S301 - of our own worker


async def _post_until_left(come_in: Any, go_out: Any) -> None:
    """Post what comes in until the worker has gone."""
    from surveys.carriers.twilio import Twilio

    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=CHUNK)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), come_in)
    writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, go_out)
    gathered: list[Posted] = []

    def tell() -> None:
        writer.write(_frame(gathered))
        gathered.clear()

    def answered(answer: Posted) -> None:
        if not gathered:
            loop.call_later(GATHER_S, tell)
        gathered.append(answer)

    settings: Settings = await _read_frame(reader)
    carrier = Twilio(settings)
    await carrier.open()
    lanes = Lanes(carrier, settings.posts_in_flight, answered)
    tell()
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            lanes.take(await _read_frame(reader))
    lanes.stop()
    await carrier.close()


def main() -> None:
    """The poster: ends when its worker does, whatever signals both of them get."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    go_out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints must not write between the frames
    asyncio.run(_post_until_left(sys.stdin.buffer, go_out))


if __name__ == "__main__":
    main()
