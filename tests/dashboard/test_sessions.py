"""A sign-in ends: by itself, by hand, by the provider; and what was ended stays ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from authlib.jose import JsonWebKey, jwt
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import back_channel, sessions
from settings import Settings
from store import Store

BEGAN = datetime(2026, 11, 30, 8, tzinfo=UTC)
KARI: dict[str, Any] = {
    "iss": "https://login.example.no", "sub": "u-1", "email": "kari@example.no",
    "iat": int(BEGAN.timestamp()),
}  # fmt: skip
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def over(store: Store, at: datetime, **claims: Any) -> bool:
    return sessions.is_over(store, sessions.session_of({**KARI, **claims}, 10), at)


@pytest.mark.parametrize(
    ("at", "claims", "is_over"),
    [
        (BEGAN, {}, False),
        (BEGAN + 10 * HOUR - SECOND, {}, False),
        (BEGAN + 10 * HOUR, {}, True),
        (BEGAN + 30 * 24 * HOUR, {}, True),
        (BEGAN + HOUR - SECOND, {"exp": int((BEGAN + HOUR).timestamp())}, False),
        (BEGAN + HOUR, {"exp": int((BEGAN + HOUR).timestamp())}, True),
        (BEGAN + 11 * HOUR, {"exp": int((BEGAN + 99 * HOUR).timestamp())}, True),
        # When somebody signed in counts, not when a token was made anew.
        (BEGAN + 11 * HOUR, {"iat": int((BEGAN + 10 * HOUR).timestamp()), "auth_time": KARI["iat"]}, True),
        # The provider's clock may be a little ahead of ours.
        (BEGAN - timedelta(minutes=5), {}, False),
        (BEGAN - timedelta(minutes=5) - SECOND, {}, True),
        (BEGAN, {"iat": None}, True),
        (BEGAN, {"iat": "now"}, True),
        (BEGAN, {"iat": True}, True),
    ],
)
def test_a_sign_in_lasts_until_its_end_or_its_longest_age(sqlite_store, at, claims, is_over):
    assert over(sqlite_store, at, **claims) is is_over


def test_what_was_signed_out_stays_so_and_another_sign_in_counts(sqlite_store):
    session = sessions.session_of(KARI, 10)
    assert session is not None
    sessions.end(sqlite_store, session, BEGAN + HOUR)
    assert over(sqlite_store, BEGAN + HOUR)
    assert not over(sqlite_store, BEGAN + 2 * HOUR, iat=int((BEGAN + HOUR).timestamp()) + 1)
    assert not over(sqlite_store, BEGAN + HOUR, sub="u-2", email="ola@example.no")


@pytest.mark.parametrize("whom", ["kari@example.no", "u-1", sessions.EVERYBODY])
def test_all_sign_ins_of_a_person_end_by_hand_and_later_ones_count(sqlite_store, whom):
    sessions.end_all(sqlite_store, whom, "drift", BEGAN + HOUR)
    assert over(sqlite_store, BEGAN + HOUR)
    assert over(sqlite_store, BEGAN + HOUR, sid="another browser")
    assert not over(sqlite_store, BEGAN + 2 * HOUR, iat=int((BEGAN + HOUR).timestamp()) + 1)
    ola = over(sqlite_store, BEGAN + HOUR, sub="u-2", email="ola@example.no")
    assert ola is (whom == sessions.EVERYBODY)


KEY = JsonWebKey.generate_key("RSA", 2048, {"kid": "one"}, is_private=True)
OTHER = JsonWebKey.generate_key("RSA", 2048, {"kid": "one"}, is_private=True)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """An identity provider that publishes its key."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
            described = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
            keys = {"keys": [KEY.as_dict(is_private=False)]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(orjson.dumps(keys if self.path == "/keys" else described))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


EVENTS: dict[str, Any] = {back_channel.EVENT: {}}


@pytest.mark.parametrize(
    ("claims", "key", "status"),
    [
        ({}, KEY, 200),
        ({}, OTHER, 400),
        ({"aud": "another"}, KEY, 400),
        ({"iss": "https://evil.example"}, KEY, 400),
        ({"sub": ""}, KEY, 400),
        ({"events": {}}, KEY, 400),
        ({"nonce": "x"}, KEY, 400),
        ({"iat": int(time.time()) - 3600}, KEY, 400),
    ],
    ids=["right", "key", "audience", "issuer", "nobody", "event", "an id token", "old"],
)
def test_the_provider_ends_sign_ins_by_a_token_that_only_it_can_make(
    sqlite_store, settings, provider, claims, key, status
):
    own = settings.model_copy(update={"oidc_issuer": provider, "oidc_client_id": "svar"})
    client = TestClient(Starlette(routes=back_channel.routes(own, sqlite_store)))
    now = int(time.time())
    content = {"iss": provider, "aud": "svar", "sub": "u-1", "iat": now, "events": EVENTS} | claims
    token = jwt.encode({"alg": "RS256", "kid": "one"}, content, key).decode()
    assert client.post(back_channel.PATH, data={"logout_token": token}).status_code == status
    at = datetime.fromtimestamp(now, UTC)
    assert over(sqlite_store, at, iat=now - 60) is (status == 200)


def test_without_sign_in_there_is_no_such_route(settings: Settings, sqlite_store: Store):
    assert back_channel.routes(settings, sqlite_store) == []
