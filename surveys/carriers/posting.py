"""The worker's side of posting: how many may be claimed now, and what the answers say about the pace."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from settings import Settings
from surveys.asking.quiet_hours import is_quiet, quiet_ends
from surveys.carriers.base import Outgoing, Posted
from surveys.carriers.lanes import Job, Link
from surveys.carriers.pace import Pace

DOUBTS = 30  # posts of unknown outcome in a row until nothing more is posted for a while
BATCH_S = 0.05  # a batch is at least what goes out within so long


class PostingGateway:
    """A gateway whose posts happen at the other end of a link, so that a slow carrier delays only itself."""

    def __init__(self, settings: Settings, link: Link) -> None:
        self._settings, self._link = settings, link
        self._pace = Pace(settings.messages_per_second)
        self._answered: deque[tuple[float, int]] = deque()  # when and how many, of the last moment
        self._posting = 0
        self._looking = 0
        self._doubts = 0  # posts of unknown outcome in a row

    def room(self) -> int:
        if not self._link.ready():
            return 0
        # Nothing is claimed that would wait for its turn on the wire: the claim is the last look whether the
        # customer has said stop, and what is claimed and not posted is lost with this process.
        capacity = self._settings.posts_in_flight
        free = capacity - self._posting
        # A transaction for a handful costs as much as one for many.
        enough = min(capacity // 2, int(self._went_out() * BATCH_S))
        return 0 if free < enough else min(self._pace.room(), free)

    def _went_out(self) -> int:
        """Posts that were answered within the last second."""
        while self._answered and self._answered[0][0] < time.monotonic() - 1:
            self._answered.popleft()
        return sum(count for _, count in self._answered)

    def fault(self) -> str:
        return self._link.fault()

    def share(self, senders: int) -> None:
        self._pace.rate(self._settings.messages_per_second / max(1, senders))

    def in_flight(self) -> int:
        return self._posting + self._looking

    def submit(self, messages: Sequence[Outgoing], now: datetime) -> None:
        self._posting += len(messages)
        self._pace.take(len(messages))
        validity_s = self._validity_s(now)
        self._link.send([Job(message, validity_s) for message in messages])

    def can_look_up(self) -> bool:
        return self._link.ready()

    def look_up(self, messages: Sequence[Outgoing], known: frozenset[str]) -> list[Posted]:
        """Ask for each message by number and text; answers come by :meth:`results`."""
        self._looking += len(messages)
        self._link.send([Job(message, known=known) for message in messages])
        return []

    def results(self, timeout_s: float) -> list[Posted]:
        if not self.in_flight():
            return []
        done = [self._account(result) for result in self._link.receive(timeout_s)]
        self._answered.append((time.monotonic(), sum(not result.looked_up for result in done)))
        return [result for result in done if result.status != "absent"]

    def close(self, timeout_s: float) -> list[Posted]:
        done: list[Posted] = []
        end = time.monotonic() + timeout_s
        while self.in_flight() and time.monotonic() < end:
            done += self.results(0.2)
        self._link.close()
        return done

    def _account(self, result: Posted) -> Posted:
        if result.looked_up:
            self._looking -= 1
            return result
        self._posting -= 1
        self._doubts = self._doubts + 1 if result.result == "unknown" else 0
        if result.result == "taken":
            self._pace.went_well()
        elif result.trips:
            self._pace.trip()
        elif self._doubts >= DOUBTS:
            # Each of these costs a customer his question: better to wait until the carrier is well.
            self._doubts = 0
            self._pace.trip()
            return replace(result, trips=True, alarm="carrier_unwell")
        elif result.result == "not_sent" and result.busy:
            pause = self._pace.pause(result.retry_after_s or None)
            return replace(result, hold_s=pause) if result.hold_s else result
        return result

    def _validity_s(self, now: datetime) -> int:
        """As set, but never beyond the start of the quiet hours: a late SMS is worse than none."""
        validity_s = self._settings.validity_s
        quiet = self._settings.quiet
        if quiet is None or is_quiet(now, quiet, self._settings.zone):
            return validity_s
        begins = quiet_ends(now, (quiet[1], quiet[0]), self._settings.zone)
        return max(60, min(validity_s, int((begins - now).total_seconds())))
