"""What the carrier calls: check the signature, store, answer. A replay changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from settings import Settings
from store import Store
from surveys.carriers.signature import HEADER, SETTINGS_HEADER, is_signed, parse_form
from surveys.ledger.statuses import Status
from surveys.replies.inbox import Inbox
from surveys.sending.live import Reach
from surveys.web import rating_page

# All of them: where GET is not registered the pages' own catch-all would answer it with 200.
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
MAX_BODY = 256 * 1024
_IDS = ("MessageSid", "SmsSid", "SmsMessageSid")
_ID = re.compile(r"[A-Za-z]{2}[0-9A-Za-z_-]{1,32}")  # a longer one has swallowed its neighbour
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def routes(settings: Settings, store: Store, replied: Callable[[], None]) -> list[Route]:
    """POST /sms/reply and /sms/status, and the rating page; ``replied`` is called after a reply."""
    inbox = Inbox(settings, store, replied)
    reach = Reach(settings, store)

    async def reply(request: Request) -> Response:
        form = await _signed_form(request, settings)
        if isinstance(form, Response):
            return form
        last = {name: values[-1] for name, values in form.items()}
        reach.was_reached()
        if not _is_sound(last, must_name=settings.gateway == "twilio"):
            return Response(status_code=400)
        await inbox.put(last)
        return Response(_EMPTY_TWIML, media_type="text/xml")

    async def status(request: Request) -> Response:
        form = await _signed_form(request, settings)
        if isinstance(form, Response):
            return form
        reach.was_reached()
        last = {name: values[-1] for name, values in form.items()}
        await inbox.put(
            Status(
                sid=_plain(last.get("MessageSid") or last.get("SmsSid") or ""),
                attempt=_plain(request.query_params.get("attempt", "")),
                status=last.get("MessageStatus") or last.get("SmsStatus") or "",
                error=_plain(last.get("ErrorCode", "")),
            )
        )
        return Response(_EMPTY_TWIML, media_type="text/xml")

    return [
        Route("/sms/reply", reply, methods=EVERY_METHOD),
        Route("/sms/status", status, methods=EVERY_METHOD),
        *rating_page.routes(settings, store, replied),
    ]


async def _signed_form(request: Request, settings: Settings) -> dict[str, list[str]] | Response:
    """The form of a POST that the carrier has signed, or the answer that refuses it."""
    if request.method != "POST":
        return Response(status_code=405, headers={"Allow": "POST"})
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return Response(status_code=413)
    form = parse_form(bytes(body))
    query = request.scope["query_string"].decode("latin-1")
    url = settings.base_url + request.scope["path"] + (f"?{query}" if query else "")
    signature = request.headers.get(HEADER, "")
    if not is_signed(settings.signing_token, url, form, signature, request.headers.get(SETTINGS_HEADER, "")):
        return Response(status_code=403)
    return form


def _is_sound(form: dict[str, str], *, must_name: bool) -> bool:
    """Whether the message's id can be one. The signature covers names and values without their borders.

    So whoever has captured a signed reply can move the border ("MessageSid=SM…NumMedia0") and send it anew as
    another message: a stop, after the customer has said start.
    """
    ids = {form[name] for name in _IDS if form.get(name)}
    return (bool(ids) or not must_name) and len(ids) <= 1 and all(map(_ID.fullmatch, ids))


def _plain(value: str) -> str:
    # PostgreSQL's text holds no NUL.
    return value.replace("\x00", "")
