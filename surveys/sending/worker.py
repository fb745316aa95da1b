"""Steps 4 to 6 in a loop: decide what is due, claim, post, record; read replies; reconcile after crashes."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from settings import Settings
from store import Absence, Store, is_away, is_passing
from store.lease import leave, note, noted, present
from surveys.asking.decide import Asker
from surveys.carriers.base import Gateway, Outgoing, Posted
from surveys.ledger import faults
from surveys.ledger.clock import STEP_S, Clock
from surveys.ledger.due import Due, look
from surveys.replies import process
from surveys.replies.spool import Spool
from surveys.sending.delivery import record
from surveys.sending.follow_ups import claim_ready
from surveys.sending.outage import LIFE_S, missing
from surveys.sending.recovery import adopt_orphans, reconcile, worker_id

BATCH = 1_000
IDLE_S = 1.0
ROOM_S = 0.05
TEND_S = 5.0  # how often a running worker looks after orphans and unknown outcomes
DRAIN_S = 60.0
LEFT_S = 2  # who stores a reply also reads it; after so long it was left
SENDER = "sender"  # the kind of lease by which workers know of each other
PRESENT_S = 20
_CLOCK = f"clock:{socket.gethostname()}"
log = logging.getLogger(__name__)


class Worker:
    """One sender. Several may run at once, in one process or many: the store keeps them apart."""

    def __init__(self, settings: Settings, store: Store, gateway: Gateway) -> None:
        self._settings, self._store, self._gateway = settings, store, gateway
        self.id = worker_id()
        self._asker = Asker(settings, store, self.id)
        self._in_flight: dict[str, Outgoing] = {}
        self._unrecorded: list[Posted] = []
        self._wake = threading.Event()
        self._pause_s = IDLE_S
        self._clock = Clock(interval_s=settings.survey_interval_s)
        self._accepted_at = 0  # when a person last said that the clock is right
        # Perhaps alarms stand from before: they are cleared once all is well.
        self._clock_alarm = self._carrier_alarm = True
        self._fault: str | None = None  # of the gateway, as last seen
        self._spool = Spool(settings)
        self._absence = Absence(log, "nothing is sent until it is back.")
        self._back_at = 0.0  # when it came back, s of time.monotonic
        self._lacks: tuple[str, str] | None = None  # what the store may lack, as last told

    def wake(self) -> None:
        """There may be something to do: a contact or a reply has come in."""
        self._wake.set()

    def step(self, now: datetime) -> int:
        """One complete round at ``now``: everything that is due is decided, posted and on record.

        Returns the number of things done; 0 means that nothing was due.
        """
        done = self._tend(now)
        while did := self._round(now, int(now.timestamp())) + self._settle(lambda: now):
            done += did
        return done

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, then wait for what is in flight and record it."""
        clock = self._clock
        since = clock.resume(noted(self._store, _CLOCK))
        self._accepted_at = int(since or clock.now().timestamp())
        tend_at = clock.now()
        while not stop.is_set():
            try:
                now, claim_clock = clock.look()
                if now >= tend_at or now < tend_at - timedelta(seconds=2 * TEND_S):
                    self._be_known(now)
                    self._tend(now)
                    tend_at = now + timedelta(seconds=TEND_S)
                done = self._round(now, claim_clock, LEFT_S) + self._collect(clock.now, 0.02)
            except Exception as error:
                # The store may be away for a moment. What was claimed is found again by _tend.
                if is_away(error):
                    self._absence.begins(error)
                else:
                    log.exception("the worker's round failed; it goes on")
                stop.wait(IDLE_S)
                continue
            if self._absence.ends():
                self._back_at = time.monotonic()
            if not done and not self._in_flight:
                self._wake.wait(self._pause_s)
                self._wake.clear()
        self._drain(clock.now)

    def _drain(self, now: Callable[[], datetime]) -> None:
        self._finish(self._gateway.close(DRAIN_S), now())
        leave(self._store, SENDER, self.id)

    def _round(self, now: datetime, claim_clock: int, left_s: int = 0) -> int:
        due = look(self._store, now)
        done = process.read_pending(self._store, self._settings, now, waited_s=left_s) if due.replies else 0
        room = min(BATCH, self._gateway.room())
        # Who has work and only waits for the pace looks again soon, or the pace would never be reached.
        starved = room <= 0 and (due.follow_ups or due.decisions)
        self._pause_s = ROOM_S if starved else IDLE_S
        if room <= 0 or not self._may_send(due, now):
            return done
        if due.follow_ups:
            follow_ups = claim_ready(self._settings, self._store, self.id, now, room)
            self._post(follow_ups, now)
            done, room = done + len(follow_ups), room - len(follow_ups)
        if due.decisions:
            decided, messages = self._asker.decide_due(now, room, claim_clock)
            self._post(messages, now)
            done += decided
        return done

    def _post(self, messages: list[Outgoing], now: datetime) -> None:
        if not messages:
            return
        self._in_flight.update({message.message_id: message for message in messages})
        try:
            self._gateway.submit(messages, now)
        except Exception:
            # Perhaps posted, perhaps not: they are found as orphans, like those of a worker that died.
            for message in messages:
                self._in_flight.pop(message.message_id, None)
            raise

    def _collect(self, now: Callable[[], datetime], timeout_s: float) -> int:
        results = self._gateway.results(timeout_s)
        if results or self._unrecorded:
            self._finish(results, now())
        return len(results)

    def _settle(self, now: Callable[[], datetime]) -> int:
        """Wait until nothing is in flight."""
        done = self._collect(now, 0.0)
        while self._gateway.in_flight():
            done += self._collect(now, 1.0)
        return done

    def _finish(self, results: list[Posted], now: datetime) -> None:
        # Kept until they are on record: the store may be away just now.
        self._unrecorded += results
        try:
            record(self._store, self._unrecorded, now)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("outcomes could not be recorded together; one by one")
            self._record_each(now)
        self._tell_of_the_carrier(self._unrecorded, now)
        for result in self._unrecorded:
            self._in_flight.pop(result.message.message_id, None)
        self._unrecorded.clear()

    def _record_each(self, now: datetime) -> None:
        """One outcome that cannot be written down must not hold up the others: its message is unknown."""
        for result in list(self._unrecorded):
            try:
                record(self._store, [result], now)
            except Exception as error:
                if is_passing(error):
                    raise
                log.exception("the outcome of message %s could not be recorded", result.message.message_id)
                text = f"The outcome of message {result.message.message_id} could not be recorded."
                faults.raise_alarm(self._store, "outcome_fault", text, now)

    def _tell_of_the_carrier(self, results: list[Posted], now: datetime) -> None:
        """An alarm that stopped the sending ends with the first message that is taken."""
        if any(result.trips for result in results):
            self._carrier_alarm = True
        elif self._carrier_alarm and any(r.result == "taken" and not r.looked_up for r in results):
            for name in faults.STOPPING:
                faults.clear(self._store, name, now)
            self._carrier_alarm = False

    def _be_known(self, now: datetime) -> None:
        """Tell the others that this worker lives, share the pace with them, and keep what the clock did."""
        at = int(now.timestamp())
        self._gateway.share(present(self._store, SENDER, self.id, at, PRESENT_S))
        note(self._store, _CLOCK, self._clock.kept(), at)
        fault = self._gateway.fault()
        if fault and fault != self._fault:
            faults.raise_alarm(self._store, "poster_fault", fault, now)
        elif fault != self._fault:
            faults.clear(self._store, "poster_fault", now)
        self._fault = fault

    def _tend(self, now: datetime) -> int:
        orphans = adopt_orphans(self._store, self.id, self._in_flight, now)
        return orphans + reconcile(self._store, self._gateway, now)

    def _may_send(self, due: Due, now: datetime) -> bool:
        """Not while the clock is wrong, nor while the carrier has asked for a pause."""
        if due.accepted_at > self._accepted_at:
            self._accepted_at, self._clock.drift = due.accepted_at, 0.0
        latest = due.latest or 0
        behind = latest - now.timestamp() if latest > int(due.accepted) else 0.0
        if max(behind, abs(self._clock.drift)) > STEP_S:
            self._stop_for_the_clock(now, max(behind, abs(self._clock.drift)))
            return False
        if self._clock_alarm:
            faults.clear(self._store, "clock", now)
            self._clock_alarm = False
        return due.held_until <= now.timestamp() and self._store_is_complete(now)

    def _store_is_complete(self, now: datetime) -> bool:
        """Whether the store has every reply that was acknowledged: a stop may be among them."""
        if not self._spool.is_empty():
            return False
        if self._back_at and time.monotonic() < self._back_at + LIFE_S:
            return False  # by then every host's beat is fresh, or known to be silent
        lacks = missing(self._store, now)
        if lacks is not None and lacks != self._lacks:
            faults.raise_alarm(self._store, *lacks, now)
        elif self._lacks is not None and lacks is None:
            faults.clear(self._store, self._lacks[0], now)
        self._lacks = lacks
        return lacks is None

    def _stop_for_the_clock(self, now: datetime, seconds: float) -> None:
        if not self._clock_alarm:
            self._clock_alarm = True
            message = (
                f"The clock has stepped by {seconds:.0f} s. Nothing is sent until it has stepped back, or a"
                " person says that it is right now: python -m surveys clock --accept"
            )
            faults.raise_alarm(self._store, "clock", message, now)
