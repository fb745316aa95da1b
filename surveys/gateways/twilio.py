"""Twilio, and every server that speaks its API: the one file that knows it.

Creating a message has no idempotency key, so the meaning of every outcome matters: only what certainly was
not processed is ever tried again (``not_sent``); whatever may have been accepted is ``unknown``.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from twilio.rest import Client

from settings import Settings, SettingsError
from surveys.clock import passed_s
from surveys.gateways.base import Outgoing, Posted, Result
from surveys.gateways.pace import Pace
from surveys.gateways.transport import CONNECT_S, Seen, Transport, seen_now
from surveys.hours import is_quiet, quiet_ends

CLAIM_S = 30.0  # a claim older than this is not posted any more
LOOK_UPS_AT_ONCE = 8
GATHER_S = 0.005
QUEUE_FULL_PAUSE_S = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Meaning:
    """What an answer of the carrier means. ``reason`` becomes the decision's where it refuses for good."""

    result: Result
    reason: str = "not_sent"
    alarm: str = ""
    opted_out: bool = False
    trips: bool = False


_REFUSED = {
    21211: Meaning("refused", "invalid_number"),
    21614: Meaning("refused", "not_mobile"),
    21635: Meaning("refused", "not_mobile"),
    21610: Meaning("refused", "opted_out", opted_out=True),
    21602: Meaning("refused"),
    21617: Meaning("refused"),
    21408: Meaning("refused", alarm="carrier_route"),
    21612: Meaning("refused", alarm="carrier_route"),
}
_BUSY = Meaning("not_sent")
_CREDENTIALS = Meaning("not_sent", alarm="carrier_credentials", trips=True)
_MISCONFIGURED = Meaning("not_sent", alarm="carrier_rejects", trips=True)
_UNKNOWN = Meaning("unknown")


def meaning_of(status: int | None, code: int | None) -> Meaning:
    """What an HTTP status and Twilio's error code mean. Whatever is not known to be harmless is unknown."""
    if status is None or status < 400 or status >= 500 or status == 408:
        return _UNKNOWN
    if status == 429 or code in (20429, 21611):
        return _BUSY
    if status == 401 or code in (20003, 20005, 20006):
        return _CREDENTIALS
    if code in _REFUSED:
        return _REFUSED[code]
    if code is not None and 21000 <= code < 22000:
        return Meaning("refused", alarm="carrier_rejects")
    # Not a word about this message: the account, the address or something in between is wrong.
    return _MISCONFIGURED


class TwilioGateway:
    """Posts on an event loop of its own, so that a slow carrier delays nobody but itself."""

    def __init__(self, settings: Settings) -> None:
        if not (settings.twilio_account_sid and settings.twilio_auth_token):
            raise SettingsError("SVAR_GATEWAY=twilio needs SVAR_TWILIO_ACCOUNT_SID and _AUTH_TOKEN")
        if not (settings.twilio_from or settings.twilio_messaging_service_sid):
            raise SettingsError(
                "SVAR_GATEWAY=twilio needs SVAR_TWILIO_FROM or SVAR_TWILIO_MESSAGING_SERVICE_SID"
            )
        if any(c.isalpha() for c in settings.twilio_from) and not settings.sms_link:
            raise SettingsError(
                f"SVAR_TWILIO_FROM={settings.twilio_from} cannot be answered:"
                " use a number, or let the SMS carry a link with SVAR_SMS_LINK=true"
            )
        self._settings = settings
        self._pace = Pace(settings.messages_per_second)
        self._capacity = settings.posts_in_flight
        self._results: queue.SimpleQueue[Posted] = queue.SimpleQueue()
        self._posting = 0
        self._looking = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="svar-twilio", daemon=True)
        self._thread.start()
        self._client = asyncio.run_coroutine_threadsafe(self._connect(), self._loop).result()
        self._tasks: set[asyncio.Task[None]] = set()
        self._look_ups = asyncio.Semaphore(LOOK_UPS_AT_ONCE)

    async def _connect(self) -> Any:
        base_url = self._settings.twilio_base_url
        http = Transport(
            self._settings.carrier_timeout_s, self._capacity + LOOK_UPS_AT_ONCE, trust_env=not base_url
        )
        client = Client(self._settings.twilio_account_sid, self._settings.twilio_auth_token, http_client=http)
        if base_url:
            client.api.base_url = base_url
            client.edge = client.region = None  # they would rewrite the host
        return client

    def room(self) -> int:
        free = self._capacity - self._posting
        # A transaction for a handful costs as much as one for many: wait until a quarter is free.
        return 0 if free < self._capacity // 4 else min(self._pace.room(), free)

    def in_flight(self) -> int:
        return self._posting + self._looking

    def submit(self, messages: Sequence[Outgoing], now: datetime) -> None:
        self._posting += len(messages)
        self._pace.take(len(messages))
        validity_s = self._validity_s(now)
        self._start([self._post(message, validity_s) for message in messages])

    def look_up(self, messages: Sequence[Outgoing], known: frozenset[str]) -> list[Posted]:
        """Ask for each message by number and text; answers come by :meth:`results`."""
        self._looking += len(messages)
        self._start([self._find(message, known) for message in messages])
        return []

    def results(self, timeout_s: float) -> list[Posted]:
        done: list[Posted] = []
        until = time.monotonic() + timeout_s
        while self.in_flight() and len(done) < max(1, self._capacity // 4):
            try:
                result = self._results.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            self._account(result)
            done.append(result)
            # What comes within a moment of the first is written down with it.
            until = min(until, time.monotonic() + GATHER_S)
        return [result for result in done if result.status != "absent"]

    def close(self, timeout_s: float) -> list[Posted]:
        done: list[Posted] = []
        end = time.monotonic() + timeout_s
        while self.in_flight() and time.monotonic() < end:
            done += self.results(0.2)
        asyncio.run_coroutine_threadsafe(self._client.http_client.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        return done

    def _start(self, coroutines: list[Any]) -> None:
        def start() -> None:
            for coroutine in coroutines:
                task = self._loop.create_task(coroutine)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        self._loop.call_soon_threadsafe(start)

    def _account(self, result: Posted) -> None:
        if result.looked_up:
            self._looking -= 1
            return
        self._posting -= 1
        if result.result == "taken":
            self._pace.went_well()
        elif result.trips:
            self._pace.trip()
        elif result.result == "not_sent" and result.busy:
            self._pace.pause(result.retry_after_s or None)

    def _validity_s(self, now: datetime) -> int:
        """As set, but never beyond the start of the quiet hours: a late SMS is worse than none."""
        validity_s = self._settings.validity_s
        quiet = self._settings.quiet
        if quiet is None or is_quiet(now, quiet, self._settings.zone):
            return validity_s
        begins = quiet_ends(now, (quiet[1], quiet[0]), self._settings.zone)
        return max(60, min(validity_s, int((begins - now).total_seconds())))

    async def _post(self, message: Outgoing, validity_s: int) -> None:
        result = Posted(message, "unknown", error="interrupted")
        try:
            if passed_s() - message.claimed_clock > CLAIM_S:
                # Stopped in between, perhaps for long: nobody knows what has happened since.
                result = Posted(message, "not_sent", error="claim too old")
            else:
                result = await self._create(message, validity_s)
        except Exception as error:
            log.exception("posting failed in a way that was not foreseen")
            result = Posted(message, "unknown", error=type(error).__name__)
        finally:
            self._results.put(result)

    async def _create(self, message: Outgoing, validity_s: int) -> Posted:
        seen = Seen()
        seen_now.set(seen)
        sender = (
            {"messaging_service_sid": self._settings.twilio_messaging_service_sid}
            if self._settings.twilio_messaging_service_sid
            else {"from_": self._settings.twilio_from}
        )
        try:
            # The total is bounded as well: a carrier that trickles bytes must not hold a place for ever.
            async with asyncio.timeout(CONNECT_S + 2 * self._settings.carrier_timeout_s):
                created = await self._client.messages.create_async(
                    to=message.phone,
                    body=message.body,
                    status_callback=f"{self._settings.base_url}/sms/status?attempt={message.message_id}",
                    validity_period=validity_s,
                    **sender,
                )
            if not created.sid:
                return Posted(message, "unknown", error="an answer without an id")
            return Posted(message, "taken", sid=str(created.sid), status=str(created.status or ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Posted(message, "not_sent", error=type(error).__name__, busy=True)
        except Exception as error:
            return self._failed(message, seen, error)

    @staticmethod
    def _failed(message: Outgoing, seen: Seen, error: Exception) -> Posted:
        meaning = meaning_of(seen.status, seen.code)
        busy = meaning is _BUSY
        pause = seen.retry_after_s or 0.0
        if seen.code == 21611:
            pause = max(pause, QUEUE_FULL_PAUSE_S)
        return Posted(
            message,
            meaning.result,
            error=str(seen.code or seen.status or type(error).__name__),
            reason=meaning.reason,
            opted_out=meaning.opted_out,
            retry_after_s=pause if busy else Pace.PROBE_S if meaning.trips else 0.0,
            alarm=meaning.alarm,
            trips=meaning.trips,
            busy=busy,
        )

    async def _find(self, message: Outgoing, known: frozenset[str]) -> None:
        absent = Posted(message, "unknown", status="absent", looked_up=True)
        result = absent
        try:
            async with self._look_ups, asyncio.timeout(CONNECT_S + self._settings.carrier_timeout_s):
                listed = await self._client.messages.list_async(to=message.phone, limit=50)
            ours = [item for item in listed if item.sid not in known and _is_of(item, message)]
            if len(ours) == 1:
                result = replace(absent, result="taken", sid=ours[0].sid, status=str(ours[0].status or ""))
        except Exception as error:
            log.warning("the carrier could not be asked about a message: %s", type(error).__name__)
        finally:
            self._results.put(result)


def _is_of(item: Any, message: Outgoing) -> bool:
    """Whether a listed message is this attempt: its text, and made when the attempt was."""
    if item.body != message.body or str(item.direction or "outbound").startswith("inbound"):
        return False
    made = _time(item.date_created) or _time(item.date_sent)
    claimed = datetime.fromtimestamp(message.claimed_at, UTC)
    return made is not None and claimed - timedelta(minutes=2) <= made <= claimed + timedelta(minutes=10)


def _time(value: Any) -> datetime | None:
    """A time as the client gives it: parsed, or as text where the server wrote it its own way."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            try:
                value = parsedate_to_datetime(value)
            except ValueError:
                return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
