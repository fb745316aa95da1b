"""GET /metrics: to this machine alone, or to whoever has the token."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from settings import Settings
from web import make_app

HERE, ELSEWHERE = "127.0.0.1", "203.0.113.5"


@pytest.mark.parametrize(
    ("token", "client", "headers", "status"),
    [
        ("", HERE, {}, 200),
        ("", "::1", {}, 200),
        ("", ELSEWHERE, {}, 403),
        ("", HERE, {"X-Forwarded-For": HERE}, 403),  # a proxy on this machine serves everybody
        ("", HERE, {"Forwarded": "for=198.51.100.1"}, 403),
        ("secret", HERE, {}, 403),
        ("secret", ELSEWHERE, {"Authorization": "Bearer secret"}, 200),
        ("secret", ELSEWHERE, {"Authorization": "Bearer secre"}, 403),
        ("secret", ELSEWHERE, {"Authorization": "secret"}, 403),
        ("secret", ELSEWHERE, {"Authorization": "Bearer sécret"}, 403),
    ],
)
def test_counters_are_not_for_everybody(
    settings: Settings, token: str, client: str, headers: dict[str, str], status: int
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    app = make_app(settings.model_copy(update={"metrics_token": token}))
    with TestClient(app, client=(client, 4711)) as caller:
        answer = caller.get("/metrics", headers=encoded)
    assert answer.status_code == status
    assert ("svar_contacts" in answer.text) == (status == 200)
