"""Twilio, and every server that speaks its API: the one file that knows it.

Creating a message has no idempotency key, so the meaning of every outcome matters: only what certainly was
not processed is ever tried again (``not_sent``); whatever may have been accepted is ``unknown``.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from settings import Settings
from surveys.carriers.base import Listed, Outgoing, Posted, Result
from surveys.carriers.lanes import ThreadLink
from surveys.carriers.needed import check_settings
from surveys.carriers.pace import Pace
from surveys.carriers.posting import PostingGateway
from surveys.carriers.transport import CONNECT_S, Seen, Transport, field_of, seen_now
from surveys.ledger.clock import passed_s

MAX_LISTED = 100_000  # messages of one look at the carrier's list
CLAIM_S = 5.0  # a claim older than this is not posted any more
LOOK_UPS_AT_ONCE = 8
MIN_HOLD_S = 0.1  # the pace knows better how long, where the carrier does not say
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
# "Ask there instead" says that nothing was done here; the older 302 and 303 are also said after it was done.
_ELSEWHERE = {
    301: _MISCONFIGURED,
    302: Meaning("unknown", alarm="carrier_rejects", trips=True),
    303: Meaning("unknown", alarm="carrier_rejects", trips=True),
    307: _MISCONFIGURED,
    308: _MISCONFIGURED,
}
MAX_ID = 200  # characters of what the carrier calls a message


def meaning_of(status: int | None, code: int | None) -> Meaning:
    """What an HTTP status and Twilio's error code mean. Whatever is not known to be harmless is unknown."""
    if status is None or status < 400 or status >= 500 or status == 408:
        return _ELSEWHERE.get(status or 0, _UNKNOWN)
    if status == 429 or code in (20429, 21611):
        return _BUSY
    if status == 401 or code in (20003, 20005, 20006):
        return _CREDENTIALS
    if code in _REFUSED:
        return _REFUSED[code]
    if code is not None and 21000 <= code < 22000:
        return Meaning("refused", alarm="carrier_refuses")
    # Not a word about this message: the account, the address or something in between is wrong.
    return _MISCONFIGURED


class TwilioGateway(PostingGateway):
    """Twilio, posted to by a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        check_settings(settings)
        super().__init__(settings, ThreadLink(Twilio(settings), settings.posts_in_flight))


class Twilio:
    """What speaks to Twilio, on an event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = (
            {"messaging_service_sid": settings.twilio_messaging_service_sid}
            if settings.twilio_messaging_service_sid
            else {"from_": settings.twilio_from}
        )

    async def open(self) -> None:
        settings, base_url = self._settings, self._settings.twilio_base_url
        http = Transport(
            settings.carrier_timeout_s,
            settings.posts_in_flight + LOOK_UPS_AT_ONCE,
            trust_env=not base_url,
        )
        self._look_ups = asyncio.Semaphore(LOOK_UPS_AT_ONCE)
        self._client = Client(settings.twilio_account_sid, settings.twilio_auth_token, http_client=http)
        if base_url:
            self._client.api.base_url = base_url
            self._client.edge = self._client.region = None  # they would rewrite the host

    async def close(self) -> None:
        await self._client.http_client.close()

    async def post(self, message: Outgoing, validity_s: int) -> Posted:
        """Post once; whatever goes wrong is an outcome."""
        if passed_s() - message.claimed_clock > CLAIM_S:
            # Stopped in between, perhaps for long: nobody knows what has happened since.
            return Posted(message, "not_sent", error="claim too old")
        try:
            return await self._create(message, validity_s)
        except Exception as error:
            log.exception("posting failed in a way that was not foreseen")
            return Posted(message, "unknown", error=type(error).__name__)

    async def _create(self, message: Outgoing, validity_s: int) -> Posted:
        seen = Seen()
        seen_now.set(seen)
        try:
            # The total is bounded as well: a carrier that trickles bytes must not hold a place for ever.
            async with asyncio.timeout(CONNECT_S + 2 * self._settings.carrier_timeout_s):
                created = await self._client.messages.create_async(
                    to=message.phone,
                    body=message.body,
                    status_callback=f"{self._settings.base_url}/sms/status?attempt={message.message_id}",
                    validity_period=validity_s,
                    **self._sender,
                )
            sid = _plain(created.sid)
            if not sid:
                return Posted(message, "unknown", error="an answer without an id")
            return Posted(message, "taken", sid=sid, status=_plain(created.status))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Posted(message, "not_sent", error=type(error).__name__, busy=True)
        except Exception as error:
            return self._failed(message, seen, error)

    @staticmethod
    def _failed(message: Outgoing, seen: Seen, error: Exception) -> Posted:
        if seen.status in (200, 201) and (sid := _plain(field_of(seen.text, "sid"))):
            # Taken; only the rest of the answer is not as the client expects it.
            return Posted(message, "taken", sid=sid, status=_plain(field_of(seen.text, "status")))
        meaning = meaning_of(seen.status, seen.code)
        busy = meaning is _BUSY
        pause = seen.retry_after_s or 0.0
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
            hold_s=max(pause, MIN_HOLD_S) if busy else 0.0,
            queue_full=seen.code == 21611,
        )

    async def find(self, message: Outgoing, known: frozenset[str]) -> Posted:
        """Look for a message in the carrier's list; one that is not there, or not alone, is ``absent``."""
        absent = Posted(message, "unknown", status="absent", looked_up=True)
        try:
            async with self._look_ups, asyncio.timeout(CONNECT_S + self._settings.carrier_timeout_s):
                listed = await self._client.messages.list_async(to=message.phone, limit=50)
            ours = [item for item in listed if item.sid and item.sid not in known and _is_of(item, message)]
        except Exception as error:
            log.warning("the carrier could not be asked about a message: %s", type(error).__name__)
            return absent
        if len(ours) != 1:
            return absent
        return replace(absent, result="taken", sid=_plain(ours[0].sid), status=_plain(ours[0].status))


def list_messages(settings: Settings, since: datetime) -> list[Listed]:
    """Twilio's list of messages since a moment. Waits for the carrier: for threads that may wait."""
    http = TwilioHttpClient(timeout=settings.carrier_timeout_s)
    if settings.twilio_base_url:
        http.session.trust_env = False  # a proxy would take what is meant for this machine
    client = Client(settings.twilio_account_sid, settings.twilio_auth_token, http_client=http)
    if settings.twilio_base_url:
        client.api.base_url = settings.twilio_base_url
        client.edge = client.region = None
    found = client.messages.stream(date_sent_after=since.astimezone(UTC), limit=MAX_LISTED, page_size=1_000)
    return [
        Listed(
            sid=_plain(item.sid),
            inbound=str(item.direction or "").startswith("inbound"),
            sender=_plain(item.from_),
            to=_plain(item.to),
            body=str(item.body or ""),
            status=_plain(item.status),
            error=_plain(item.error_code),
            made_at=_time(item.date_sent) or _time(item.date_created) or since,
        )
        for item in found
        if item.sid
    ]


def _plain(value: Any) -> str:
    """What the carrier says, as text that every store can hold."""
    text = "" if value is None else str(value)
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:MAX_ID]


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
