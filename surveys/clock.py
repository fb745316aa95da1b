"""The worker's clock. A small step is lived with; a step of more than a minute stops the sending.

Claims use the earlier of two clocks (the host's, and the host's at start plus the time that has truly
passed), so a clock that jumps ahead by seconds cannot shorten anybody's 24 hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

STEP_S = 60


def passed_s() -> float:
    """Seconds that have truly passed since some moment; counts on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock:
    """Watches the host's clock from one look to the next."""

    def __init__(self, wall: Callable[[], float] = time.time, passed: Callable[[], float] = passed_s) -> None:
        self._wall, self._passed = wall, passed
        self._last = (wall(), passed())
        self._ahead = 0.0

    def now(self) -> datetime:
        """The host's time."""
        return datetime.fromtimestamp(self._wall(), UTC)

    def look(self) -> tuple[datetime, int, float]:
        """The host's time, the time for claims (epoch seconds), and the step since the last look (s)."""
        wall, passed = self._wall(), self._passed()
        step = (wall - self._last[0]) - (passed - self._last[1])
        self._last = (wall, passed)
        # What it jumped ahead is remembered; slow correction, and a jump back, take it away again.
        if abs(step) > 0.05:
            self._ahead = min(max(0.0, self._ahead + step), STEP_S)
        return datetime.fromtimestamp(wall, UTC), int(wall - self._ahead), step
