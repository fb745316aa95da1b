"""Whose request is it? Only what our own proxies wrote is believed, however much else is claimed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from settings import Settings
from store import Store
from surveys.web.client_address import address_of
from surveys.web.rating_page import PER_MINUTE
from surveys.web.webhooks import routes

PROXIES = [ip_network("10.0.0.0/8"), ip_network("192.0.2.7"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # no proxy of ours: anybody can write that
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.8", "198.51.100.1", "192.0.2.8"),
        ("192.0.2.7", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the visitor wrote the first
        ("192.0.2.7", "198.51.100.1, 10.1.2.3", "198.51.100.1"),  # two proxies
        ("192.0.2.7", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1,", "192.0.2.7"),
        ("192.0.2.7", "rubbish", "rubbish"),
        ("192.0.2.7", "1.1.1.1, rubbish", "rubbish"),
        ("192.0.2.7", "198.51.100.1:4711", "198.51.100.1"),
        ("fd00::1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_visitor_is_the_nearest_that_is_no_proxy_of_ours(peer: str, forwarded: str, visitor: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == visitor


@pytest.mark.parametrize(("proxies", "other"), [(["192.0.2.7"], 404), ([], 429)])
def test_who_guesses_behind_a_named_proxy_slows_down_nobody_else(
    settings: Settings, sqlite_store: Store, proxies: list[str], other: int
) -> None:
    placed = settings.model_copy(update={"trusted_proxies": proxies})
    app = Starlette(routes=routes(placed, sqlite_store, lambda: None))
    with TestClient(app, client=("192.0.2.7", 4711)) as client:

        def guess(number: int, visitor: str) -> int:
            return int(client.get(f"/r/guess{number}", headers={"X-Forwarded-For": visitor}).status_code)

        guesses = [guess(number, "198.51.100.1") for number in range(PER_MINUTE + 1)]
        assert guesses == [404] * PER_MINUTE + [429]
        assert guess(0, "198.51.100.2") == other


def test_what_is_no_network_is_refused_when_the_settings_are_read() -> None:
    with pytest.raises(ValueError, match="proxy"):
        Settings(trusted_proxies=["the proxy"])
