"""The wire under the carrier's official client: time-outs that hold, and what the carrier answered."""

from __future__ import annotations

import base64
import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

CONNECT_S = 10.0


@dataclass
class Seen:
    """What the wire said to one request, whatever the client made of it."""

    status: int | None = None
    code: int | None = None
    retry_after_s: float | None = None


seen_now: ContextVar[Seen] = ContextVar("seen")


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """The transport under the official client: time-outs that hold, and the status it saw.

    The official transport hands ``None`` to aiohttp as its time-out, which lifts every time-out of the
    session, and spends a fifth of a post on what only its own tests read.
    """

    def __init__(self, timeout_s: float, connections: int, *, trust_env: bool) -> None:
        super().__init__(logging.getLogger("twilio.http"), True, timeout_s)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=timeout_s)
        # A connection that was idle for long may be closed by the other side just as we post on it.
        connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=4)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=trust_env)

    async def request(  # noqa: PLR0917 (the client's signature)
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 (the client's signature; ours is the session's)
        allow_redirects: bool = False,
    ) -> Response:
        headers = dict(headers or {})
        if auth:
            headers["Authorization"] = _basic(*auth)
        async with self._session.request(
            method.upper(),
            url,
            params=params,
            data=data,
            headers=headers,
            timeout=self._timeout,
            allow_redirects=allow_redirects,
        ) as answer:
            seen = seen_now.get(None)
            if seen is not None:
                seen.status = answer.status
                seen.retry_after_s = _seconds(answer.headers.get("Retry-After"))
            text = await answer.text()
            if seen is not None and answer.status >= 400:
                seen.code = _code(text)
            return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        await self._session.close()


@lru_cache(maxsize=4)
def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, in seconds or as a date; None where it is absent or unreadable."""
    if not retry_after:
        return None
    try:
        return min(3_600.0, max(0.0, float(retry_after)))
    except ValueError:
        pass
    try:
        wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(3_600.0, max(0.0, wait))


def _code(text: str) -> int | None:
    """Twilio's error code in an answer, or None."""
    try:
        return int(json.loads(text)["code"])
    except (ValueError, TypeError, KeyError):
        return None
