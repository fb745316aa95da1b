"""What stands before every route and page: who may reach them, and what browsers are told.

In: ASGI requests and websockets. Out: the same, with headers added, or a refusal. May import ``settings``.
The pages' framework looks up its own address over the network when an unknown origin connects, inside the
event loop; nothing from an unknown origin gets that far.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import LOOPBACK, Settings

# What programs ask by an address of their own: a load balancer's look, counters.
OPEN_TO_ANY_HOST = ("/health", "/metrics")
# The framework's own counters say who looks at what.
CLOSED = ("/_stcore/metrics",)
UPLOADS = "/_stcore/upload_file/"
POLICY_VIOLATION = 1008
_OF_A_COPY = (b"accept-encoding", b"if-none-match", b"if-modified-since")
_MODULE = b'<script type="module"'
_ROOT = b"location.origin"
_ADDRESS = b"<script>window.__streamlit={BACKEND_BASE_URL:%b,MAIN_PAGE_BASE_URL:%b}</script>" % (_ROOT, _ROOT)
_POLICY = "; ".join(
    [
        "default-src 'self'",
        # The pages' framework compiles its styles and charts in the browser.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "frame-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class LoopbackOnly:
    """Answers this machine alone: what lets everybody in must not be reachable from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = (scope.get("client") or ("", 0))[0]
        if scope["type"] in ("http", "websocket") and client not in LOOPBACK:
            await _refuse(scope, receive, send, 403, "A demonstration answers this machine only.")
            return
        await self.app(scope, receive, send)


class OwnHost:
    """Answers under the installation's own names alone, and pages of its own origin alone.

    A page on the web can reach neither through a name of its own that points here (DNS rebinding) nor by
    opening a socket or posting a form from another site.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        own = urlsplit(settings.base_url)
        self.app = app
        # The machine itself is known by its own names as well, at any port: a proxy passes on from there.
        self.names = {own.hostname or "", *LOOPBACK} if settings.on_loopback else {own.hostname or ""}
        # A demonstration has no load balancer, and a tunnel to it would show it to the world.
        self.open_paths = () if settings.demo else OPEN_TO_ANY_HOST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope.get("path", "")
        if path in CLOSED:
            await _refuse(scope, receive, send, 403, "These counters are not for reading.")
        elif path not in self.open_paths and _name(headers.get("host", "")) not in self.names:
            await _refuse(
                scope, receive, send, 421, "This server does not go by that name: see SVAR_PUBLIC_URL."
            )
        elif (origin := headers.get("origin")) is not None and not self._is_own(origin):
            await _refuse(scope, receive, send, 403, "Another site may not do this.")
        else:
            await self.app(scope, receive, send)

    def _is_own(self, origin: str) -> bool:
        try:
            return urlsplit(origin).hostname in self.names
        except ValueError:
            return False


class UploadGate:
    """Lets files through to pages that wait for one, and refuses the others before a byte is kept."""

    def __init__(self, app: ASGIApp, is_expected: Callable[[str], bool], most_bytes: int) -> None:
        self.app, self.is_expected, self.most_bytes = app, is_expected, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if (
            scope["type"] != "http"
            or not path.startswith(UPLOADS)
            or scope["method"] in ("OPTIONS", "DELETE")
        ):
            await self.app(scope, receive, send)
            return
        session = path.removeprefix(UPLOADS).partition("/")[0]
        declared = Headers(scope=scope).get("content-length", "")
        if not self.is_expected(session):
            await _refuse(scope, receive, send, 403, "No page waits for this file.")
        elif not declared.isdecimal() or int(declared) > self.most_bytes:
            await _refuse(scope, receive, send, 413, f"A file may have at most {self.most_bytes} bytes.")
        else:
            await self.app(scope, receive, send)


class SecurityHeaders:
    """Tells browsers what the pages may load, and that nobody may frame them."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": _POLICY,
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
        }
        if settings.base_url.startswith("https://"):
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class PageAddress:
    """Tells the pages where their server is: at the root, whatever page is opened first.

    The pages' framework looks for it below the address of the page otherwise, and misses twice before it
    finds it. Its page is recognised by the script that it begins with; other documents pass as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        # Neither compressed nor "not modified": the document is changed on its way.
        kept = [(name, value) for name, value in scope["headers"] if name not in _OF_A_COPY]
        start: Message = {}
        body = b""

        async def with_address(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    await send(message)
                    start = {}
                return
            if not start:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            if _MODULE in body:
                body = body.replace(b"<head>", b"<head>" + _ADDRESS, 1)
                headers = MutableHeaders(raw=start["headers"])
                for name in ("etag", "last-modified"):
                    del headers[name]
                if scope["method"] != "HEAD":
                    headers["content-length"] = str(len(body))
                start["headers"] = headers.raw
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app({**scope, "headers": kept}, receive, with_address)


def _name(host: str) -> str:
    """The name or address of a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
    else:
        await PlainTextResponse(f"{text}\n", status_code=status)(scope, receive, send)
