"""The worker's clock. A small step is lived with; steps of more than a minute in all stop the sending.

Claims use the earlier of two clocks (the host's, and the host's before it stepped ahead plus the time that
has truly passed), so a clock that jumps ahead cannot shorten anybody's 24 hours. What was seen is kept
between restarts of the worker: see :meth:`Clock.kept`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

STEP_S = 60
NOTICED_S = 1.0  # steps shorter than this are how clocks are kept right


def passed_s() -> float:
    """Seconds that have truly passed since some moment; counts on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def this_boot() -> str:
    """What tells one start of the machine from the next; "" where it cannot be told."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


class Clock:
    """Watches the host's clock from one look to the next. ``drift`` is by how much it has been stepped, s."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        passed: Callable[[], float] = passed_s,
        *,
        interval_s: int,
    ) -> None:
        self._wall, self._passed, self._interval_s = wall, passed, interval_s
        self._last = (wall(), passed())
        self._ahead = 0.0
        self._ahead_until = 0.0  # on the clock of time passed: by then every slot of before is free
        self.drift = 0.0

    def now(self) -> datetime:
        """The host's time."""
        return datetime.fromtimestamp(self._wall(), UTC)

    def look(self) -> tuple[datetime, int]:
        """The host's time, and the time for claims (epoch seconds)."""
        wall, passed = self._wall(), self._passed()
        step = (wall - self._last[0]) - (passed - self._last[1])
        self._last = (wall, passed)
        if passed >= self._ahead_until:
            self._ahead = 0.0
        # What it jumped ahead is remembered; slow correction, and a jump back, take it away again.
        if abs(step) > 0.05:
            self._ahead = max(0.0, self._ahead + step)
            self._ahead_until = passed + self._interval_s
        if abs(step) > NOTICED_S:
            self.drift += step
        return datetime.fromtimestamp(wall, UTC), int(wall - self._ahead)

    def kept(self) -> str:
        """What is known by now, for the next worker on this machine."""
        wall, passed = self._last
        return json.dumps([this_boot(), wall, passed, self._ahead, self._ahead_until, self.drift])

    def resume(self, kept: str | None) -> float | None:
        """Go on from what an earlier worker has kept, if it is of this boot and not older than the interval.

        Steps in between are seen at the next look. Returns when it was kept (epoch seconds), or None.
        """
        try:
            boot, wall, passed, ahead, until, drift = json.loads(kept or "")
        except ValueError:
            return None
        if not boot or boot != this_boot() or not 0 <= self._passed() - passed < self._interval_s:
            return None
        self._last, self._ahead, self._ahead_until, self.drift = (wall, passed), ahead, until, drift
        return float(wall)
