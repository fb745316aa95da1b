"""What stands before every route and page: own names and origins pass, others get no further."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from middleware import OwnHost, PageAddress, SecurityHeaders, UploadGate
from settings import Settings
from tests.serving import Server, served

OWN = "https://svar.example.no"


@pytest.fixture
def client() -> TestClient:
    """Routes of an installation that the world knows as svar.example.no."""
    settings = Settings(public_url=OWN, host="0.0.0.0")
    paths = ("/", "/health", "/metrics", "/_stcore/metrics")
    return TestClient(
        Starlette(
            routes=[
                Route(path, lambda _: PlainTextResponse("here"), methods=["GET", "POST"]) for path in paths
            ],
            middleware=[Middleware(SecurityHeaders, settings), Middleware(OwnHost, settings)],
        ),
        base_url=OWN,
    )


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/", {"Host": "svar.example.no:443"}, 200),
        ("/", {"Host": "SVAR.example.no"}, 200),
        ("/", {"Origin": OWN}, 200),
        ("/", {"Host": "evil.example"}, 421),
        ("/", {"Host": "svar.example.no.evil.example"}, 421),
        ("/", {"Host": "127.0.0.1"}, 421),
        ("/", {"Host": "[::1"}, 421),
        ("/", {"Host": ""}, 421),
        ("/", {"Origin": "https://evil.example"}, 403),
        ("/", {"Origin": "https://svar.example.no.evil.example"}, 403),
        ("/", {"Origin": "null"}, 403),
        ("/", {"Origin": ""}, 403),
        ("/", {"Origin": "http://[::1"}, 403),
        ("/health", {"Host": "10.0.0.7"}, 200),
        ("/metrics", {"Host": "10.0.0.7"}, 200),
        ("/_stcore/metrics", {}, 403),
    ],
)
def test_own_names_and_origins_pass_and_others_do_not(client, path, headers, status):
    assert client.get(path, headers=headers).status_code == status
    assert client.post(path, headers=headers).status_code == status


def test_every_answer_tells_browsers_what_it_may_load_and_that_nobody_may_frame_it(client):
    for headers in ({}, {"Origin": "https://evil.example"}):
        told = client.get("/", headers=headers).headers
        assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("session", "size", "status"),
    [("waits", 10, 200), ("waits", 11, 413), ("another", 1, 403), ("", 1, 403)],
)
def test_a_file_is_taken_where_a_page_waits_for_it(session, size, status):
    async def take(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    gate = Middleware(UploadGate, lambda name: name == "waits", 10)
    app = Starlette(
        routes=[Route("/_stcore/upload_file/{session}/{file}", take, methods=["PUT"])], middleware=[gate]
    )
    answer = TestClient(app).put(f"/_stcore/upload_file/{session}/1", content=b"x" * size)
    assert answer.status_code == status


def test_a_file_of_no_stated_length_is_refused():
    gate = UploadGate(Starlette(), lambda _name: True, 10)
    client = TestClient(gate)
    assert client.put("/_stcore/upload_file/a/1", content=iter([b"x"])).status_code == 413


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """A server whose way to the network swallows everything, as behind a firewall that drops."""
    nowhere = "http://10.255.255.1:9"
    home = tmp_path_factory.mktemp("origins") / "home"
    with served(home, https_proxy=nowhere, http_proxy=nowhere, no_proxy="") as running:
        yield running


async def _handshakes(server: Server, origin: Any, count: int) -> list[int]:
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"

    async def one() -> int:
        try:
            async with websockets.connect(address, origin=origin, proxy=None, open_timeout=20):
                return 101
        except websockets.InvalidStatus as refusal:
            return refusal.response.status_code

    return await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.slow
def test_sockets_from_another_origin_are_refused_and_hold_up_nobody(server):
    begun = time.perf_counter()
    assert asyncio.run(_handshakes(server, "https://evil.example", 20)) == [403] * 20
    assert httpx.get(f"{server.url}/health", trust_env=False, timeout=20).status_code == 200
    assert time.perf_counter() - begun < 5


@pytest.mark.slow
def test_sockets_from_the_own_origin_are_opened_without_the_network(server):
    begun = time.perf_counter()
    assert asyncio.run(_handshakes(server, server.url, 3)) == [101] * 3
    assert time.perf_counter() - begun < 5


PAGES = '<html><head><title>Svar</title><script type="module" src="./index.js"></script></head></html>'
RATING = "<html><head><title>Hvor fornøyd?</title></head></html>"


@pytest.mark.parametrize(
    ("document", "accept", "told"),
    [
        (HTMLResponse(PAGES, headers={"etag": "abc"}), "text/html,*/*", True),
        (HTMLResponse(PAGES), "*/*", False),
        (HTMLResponse(RATING), "text/html", False),
        (PlainTextResponse(PAGES), "text/html", False),
    ],
    ids=["the pages", "not for a browser", "another document", "no document"],
)
def test_the_pages_alone_are_told_where_their_server_is(document: Response, accept: str, told: bool) -> None:
    routes = [Route("/comparison", lambda _: document)]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(PageAddress)]))
    answer = client.get("/comparison", headers={"accept": accept, "if-none-match": "abc"})
    assert ("BACKEND_BASE_URL" in answer.text) == told
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert not (told and "etag" in answer.headers)
