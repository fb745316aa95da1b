"""What the worker asks of a carrier, and what an outcome means to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from surveys.ledger.clock import passed_s

# taken: the carrier has it. not_sent: certainly not, try again. refused: certainly not, never will be.
# unknown: perhaps; never post again, find out.
Result = Literal["taken", "not_sent", "refused", "unknown"]

# Forward only; the last four are the end.
RANK = {
    "claimed": 0,
    "unknown": 0,
    "accepted": 1,
    "scheduled": 1,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "read": 5,
}


# A claim is posted within seconds or not at all, and its answer is awaited for the carrier's time-out.
POSTED_WITHIN_S = 150


@dataclass(frozen=True)
class Outgoing:
    """One message to post. ``claimed_at`` is epoch seconds; ``opening`` tells the ask from its follow-ups."""

    message_id: str
    contact_id: str
    phone: str
    body: str
    claimed_at: int
    opening: bool = True
    claimed_clock: float = field(default_factory=passed_s)  # the same moment on this process's clock


@dataclass(frozen=True)
class Posted:
    """What became of a post. ``reason`` is the decision's reason code where the carrier refused."""

    message: Outgoing
    result: Result
    sid: str | None = None
    status: str = ""
    error: str = ""
    reason: str = "not_sent"
    opted_out: bool = False
    retry_after_s: float = 0.0
    alarm: str = ""
    busy: bool = False  # the carrier wants to be left alone for a while
    hold_s: float = 0.0  # ... by every worker: it has said so itself
    queue_full: bool = False  # ... and for longer each time
    trips: bool = False  # a fault that concerns every message
    looked_up: bool = False  # the answer to a look-up, not to a post


@dataclass(frozen=True)
class Listed:
    """One message as the carrier's own list has it; ``made_at`` is when it came in or was accepted."""

    sid: str
    inbound: bool
    sender: str
    to: str
    body: str
    status: str
    error: str
    made_at: datetime


class Gateway(Protocol):
    """A carrier. ``submit`` never blocks for the carrier; ``results`` hands out what came back."""

    def room(self) -> int:
        """How many messages may be claimed and submitted right now (pace, capacity, circuit breaker)."""

    def fault(self) -> str:
        """What keeps this gateway from posting though the carrier may be well; "" for nothing."""

    def share(self, senders: int) -> None:
        """So many workers share the pace from now on."""

    def submit(self, messages: Sequence[Outgoing], now: datetime) -> None:
        """Start posting. The claim of every message is already committed."""

    def results(self, timeout_s: float) -> list[Posted]:
        """Outcomes that have arrived; waits up to the time-out for the first one while any is due."""

    def in_flight(self) -> int:
        """How many submitted messages have no outcome handed out yet."""

    def can_look_up(self) -> bool:
        """Whether a look-up would reach the carrier now."""

    def look_up(self, messages: Sequence[Outgoing], known: frozenset[str]) -> list[Posted]:
        """What the carrier knows of messages of unknown outcome, at once or later by ``results``.

        Those it does not know are left out.
        ``known`` are the carrier's ids that already belong to other messages.
        """

    def close(self, timeout_s: float) -> list[Posted]:
        """Wait for what is in flight, then end; returns the outcomes that arrived."""
