"""How fast, how many at once, and when not at all."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """A token bucket with a brake: so many a second, a pause when the carrier asks for one.

    After a fault that concerns every message (wrong credentials, say) the circuit is open: nothing goes
    out until a minute has passed, then one message alone tries whether the fault is gone.
    """

    PROBE_S = 60.0

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate(per_second)
        self._clock = clock
        self._tokens = self._burst
        self._filled_at = clock()
        self._closed_until = 0.0
        self._open = False
        self._failures = 0

    def rate(self, per_second: float) -> None:
        """From now on so many a second."""
        self._rate = per_second
        self._burst = max(1.0, per_second / 10)

    def room(self) -> int:
        """How many messages may go out now."""
        now = self._clock()
        if now < self._closed_until:
            return 0
        if self._open:
            return 1
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return int(self._tokens)

    def take(self, count: int) -> None:
        """``count`` messages are on their way."""
        self._tokens -= count
        if self._open and count:
            # One probe at a time: the next waits for this one's answer, or for another minute.
            self._closed_until = self._clock() + self.PROBE_S

    def pause(self, seconds: float | None) -> float:
        """The carrier is busy: pause that long, or ever longer where it did not say; returns seconds."""
        now = self._clock()
        if seconds is None and now < self._closed_until:
            return self._closed_until - now  # one of many that failed together
        self._failures += 1
        pause = seconds if seconds is not None else min(15.0, 2.0 ** min(self._failures, 6) / 4)
        self._closed_until = max(self._closed_until, now + pause)
        return pause

    def trip(self) -> None:
        """Open the circuit."""
        self._open = True
        self._closed_until = self._clock() + self.PROBE_S

    def went_well(self) -> None:
        """A message was taken: the circuit closes."""
        self._failures = 0
        if self._open:
            self._open = False
            self._closed_until = 0.0
