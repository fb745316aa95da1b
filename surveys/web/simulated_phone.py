"""The phones on the screen: what the phone gateway delivered, and answering it the way a carrier does."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from sqlalchemy import func, insert, select

from settings import Settings
from store import Store
from store.schema import phone_message
from surveys.carriers.signature import HEADER, sign

TIMEOUT_S = 15.0
SHORT_CODE = "+4700000000"  # the demonstration's own sender, assigned to nobody


@dataclass(frozen=True)
class PhoneMessage:
    """One SMS on a phone. ``direction`` is to_phone or from_phone; ``at`` is aware UTC."""

    sid: str
    direction: str
    body: str
    at: datetime


class Phone:
    """The built-in phones of a store."""

    def __init__(self, settings: Settings, store: Store, client: httpx.Client | None = None) -> None:
        self._settings, self._store = settings, store
        self._client = client or httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def numbers(self, limit: int) -> list[str]:
        """Numbers that have received something, the latest first."""
        query = (
            select(phone_message.c.phone)
            .group_by(phone_message.c.phone)
            .order_by(func.max(phone_message.c.at).desc(), phone_message.c.phone)
            .limit(limit)
        )
        with self._store.read() as connection:
            return list(connection.scalars(query))

    def messages(self, number: str) -> list[PhoneMessage]:
        """Everything on one phone, oldest first."""
        query = (
            select(phone_message.c.sid, phone_message.c.direction, phone_message.c.body, phone_message.c.at)
            .where(phone_message.c.phone == number)
            .order_by(phone_message.c.at, phone_message.c.seq, phone_message.c.sid)
        )
        with self._store.read() as connection:
            return [
                PhoneMessage(sid, direction, body, datetime.fromtimestamp(at, UTC))
                for sid, direction, body, at in connection.execute(query)
            ]

    def reply(self, number: str, body: str) -> None:
        """Answer from a phone: posted to our own webhook, signed as the carrier signs.

        httpx.HTTPError when the webhook cannot be reached or refuses.
        """
        sid = f"SM{secrets.token_hex(16)}"
        url = f"{self._settings.base_url}/sms/reply"
        form = self.form(number, body, sid)
        signature = sign(self._settings.signing_token, url, {name: [value] for name, value in form.items()})
        row = {
            "sid": sid,
            "phone": number,
            "direction": "from_phone",
            "body": body.replace("\x00", "\ufffd"),
            "at": int(time.time()),
            "seq": time.time_ns(),
        }
        with self._store.write() as connection:
            connection.execute(insert(phone_message), [row])
        self._client.post(url, data=form, headers={HEADER: signature}).raise_for_status()

    def form(self, number: str, body: str, sid: str) -> dict[str, str]:
        """The form of an inbound SMS with the fields that Twilio sends."""
        return {
            "ToCountry": "NO",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "SmsSid": sid,
            "SmsStatus": "received",
            "FromCountry": "NO",
            "FromCity": "",
            "FromState": "",
            "FromZip": "",
            "Body": body,
            "To": self._settings.twilio_from or SHORT_CODE,
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": self._settings.twilio_account_sid or "AC" + "0" * 32,
            "From": number,
            "ApiVersion": "2010-04-01",
        }


__all__: Sequence[str] = ["Phone", "PhoneMessage"]
