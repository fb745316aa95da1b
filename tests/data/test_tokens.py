"""Tokens of sources: what each opens, and that nobody reaches another's records with theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from data.__main__ import app
from data.api.routes import routes
from settings import Settings
from store import Store, api_tokens
from store.schema import api_token, record

NOW = datetime.now(UTC)
Post = Callable[[str, str, dict[str, Any]], tuple[int, dict[str, Any]]]


@pytest.fixture
def post(store: Store, settings: Settings) -> Iterator[Post]:
    """Posts with a token to an installation that is no demonstration: the status and the answer."""
    with TestClient(Starlette(routes=routes(settings, store, lambda: None))) as client:

        def send(token: str, path: str, item: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            answer = client.post(path, json=item, headers={"Authorization": f"Bearer {token}"})
            return answer.status_code, answer.json()

        yield send


def token(store: Store, name: str, partner: str | None = None, **fields: Any) -> str:
    given: dict[str, Any] = {"kinds": (), "may": "write", "days": 1, "who": "Kari", "now": NOW} | fields
    return api_tokens.create(store, name, partner=partner, **given)


def contact(name: str, **fields: Any) -> dict[str, Any]:
    return {"contact_id": name, "ended_at": NOW.isoformat(), **fields}


def sale(name: str, of: str) -> dict[str, Any]:
    return {"sale_id": name, "contact_id": of, "sold_at": NOW.isoformat(), "value": 10}


def payloads(store: Store) -> dict[str, Any]:
    with store.read() as connection:
        rows = connection.execute(select(record.c.record_id, record.c.payload)).all()
    return dict(rows)


def test_the_demonstrations_token_opens_nothing_elsewhere(
    post: Post, store: Store, settings: Settings
) -> None:
    assert post(settings.api_token, "/api/contacts", contact("a"))[0] == 401
    assert payloads(store) == {}


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({}, "/api/contacts", 200),
        ({"kinds": ("contact",)}, "/api/contacts", 200),
        ({"kinds": ("sale",)}, "/api/contacts", 403),
        ({"may": "read"}, "/api/contacts", 403),
        ({"now": NOW - timedelta(days=1, hours=-2)}, "/api/contacts", 200),
        ({"now": NOW - timedelta(days=1, hours=2)}, "/api/contacts", 401),
        ({"partner": "Nord"}, "/api/contacts", 200),
        ({"partner": "Nord"}, "/api/sessions", 403),
        ({"partner": "Nord"}, "/api/topics", 403),
    ],
)
def test_a_token_opens_its_kinds_until_it_expires(
    post: Post, store: Store, fields: dict[str, Any], path: str, expected: int
) -> None:
    assert post(token(store, "a", **fields), path, contact("c"))[0] == expected


def test_a_revoked_token_is_refused_with_the_next_request(post: Post, store: Store) -> None:
    mine = token(store, "a")
    assert post(mine, "/api/contacts", contact("c"))[0] == 200
    api_tokens.revoke(store, "a", NOW)
    assert post(mine, "/api/contacts", contact("c"))[0] == 401
    with pytest.raises(api_tokens.TokenError):
        api_tokens.revoke(store, "a", NOW)


def test_only_a_digest_of_a_token_is_kept_and_its_last_use_is_told(post: Post, store: Store) -> None:
    mine = token(store, "a")
    assert api_tokens.sources(store)[0].used_at is None
    post(mine, "/api/contacts", contact("c"))
    with store.read() as connection:
        row = connection.execute(select(api_token)).one()
    assert mine not in str(row)
    assert row.used_at >= int(NOW.timestamp())


def test_a_partners_contact_that_names_nobody_is_the_partners(post: Post, store: Store) -> None:
    assert post(token(store, "a", "Nord"), "/api/contacts", contact("c"))[0] == 200
    assert payloads(store)["c"]["partner"] == "Nord"


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/api/contacts", contact("theirs", agent="Mallory")),
        ("/api/contacts", contact("theirs", partner="Nord")),
        ("/api/contacts", contact("theirs", partner="Sør")),
        ("/api/contacts", contact("new", partner="Sør")),
        ("/api/contacts", contact("nobodys", partner="Nord")),
        ("/api/sales", sale("new", of="theirs")),
        ("/api/sales", sale("new", of="nobodys")),
        ("/api/sales", sale("their sale", of="mine")),
        (
            "/api/calls-offered",
            {"partner": "Sør", "interval_start": NOW.isoformat(), "offered": 5},
        ),
    ],
)
def test_a_partners_token_changes_nothing_of_anybody_else(
    post: Post, store: Store, path: str, item: dict[str, Any]
) -> None:
    theirs, everybodys = token(store, "b", "Sør"), token(store, "c")
    post(theirs, "/api/contacts", contact("theirs"))
    post(theirs, "/api/sales", sale("their sale", of="theirs"))
    post(everybodys, "/api/contacts", contact("nobodys"))
    mine = token(store, "a", "Nord")
    post(mine, "/api/contacts", contact("mine"))
    before = payloads(store)
    status, answer = post(mine, path, item)
    assert (status, answer["rejected"]) == (422, 1)
    assert payloads(store) == before


def test_a_contact_of_anothers_is_answered_as_one_that_does_not_exist(post: Post, store: Store) -> None:
    post(token(store, "b", "Sør"), "/api/contacts", contact("theirs"))
    mine = token(store, "a", "Nord")
    foreign, absent = (post(mine, "/api/sales", sale("s", of=name)) for name in ("theirs", "absent"))
    assert foreign == absent


def test_a_partner_corrects_its_own_contact_and_its_sales(post: Post, store: Store) -> None:
    mine = token(store, "a", "Nord")
    for path, items in (
        ("/api/contacts", [contact("c"), contact("c", agent="Kari")]),
        ("/api/sales", [sale("s", of="c"), sale("s", of="c") | {"value": 20}]),
    ):
        answers = [post(mine, path, item)[1] for item in items]
        assert [(each["accepted"], each["updated"]) for each in answers] == [(1, 0), (0, 1)]


def test_partners_that_send_at_once_are_not_taken_for_each_other(post: Post, store: Store) -> None:
    tokens = {partner: token(store, partner, partner) for partner in ("Nord", "Sør")}
    sent = [(partner, number) for number in range(6) for partner in tokens]
    with ThreadPoolExecutor(6) as senders:
        posts = [
            senders.submit(post, tokens[partner], "/api/contacts", contact(f"{partner}-{number}"))
            for partner, number in sent
        ]
    assert [each.result()[0] for each in posts] == [200] * len(sent)
    assert all(row["partner"] == name.split("-")[0] for name, row in payloads(store).items())


def test_the_command_makes_shows_and_revokes_a_token(
    post: Post, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVAR_STORE_URL", store.engine.url.render_as_string(hide_password=False))
    run = CliRunner().invoke
    made = run(app, ["tokens", "create", "crm", "--partner", " Nord ", "--kinds", "contact"])
    assert made.exit_code == 0, made.output
    assert post(made.stdout.strip(), "/api/contacts", contact("c"))[0] == 200
    assert payloads(store)["c"]["partner"] == "Nord"
    assert run(app, ["tokens", "create", "crm"]).exit_code == 2
    assert run(app, ["tokens", "create", "x", "--partner", "Nord", "--kinds", "session"]).exit_code == 2
    (told,) = json.loads(run(app, ["tokens", "list", "--json"]).stdout)
    assert (told["name"], told["partner"], told["kinds"], told["valid"]) == ("crm", "Nord", ["contact"], True)
    assert made.stdout.strip() not in run(app, ["tokens", "list"]).stdout
    assert run(app, ["tokens", "revoke", "crm"]).exit_code == 0
    assert post(made.stdout.strip(), "/api/contacts", contact("d"))[0] == 401
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(api_token)) == 1
