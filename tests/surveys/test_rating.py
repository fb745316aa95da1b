"""The rating page: one question, ten buttons, no script, no guessing of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.testclient import TestClient

from settings import Settings
from store import Store
from store.schema import survey
from surveys.carriers.phone import PhoneGateway
from surveys.sending.worker import Worker
from surveys.web.rating_page import PER_MINUTE, RateLimit
from surveys.web.webhooks import routes
from tests.surveys.conftest import outcome


@pytest.fixture
def client(settings: Settings, store: Store) -> TestClient:
    return TestClient(Starlette(routes=routes(settings, store, lambda: None)))


def asked(settings: Settings, store: Store, ended: Callable[..., None], **fields: object) -> str:
    """A contact that was asked just now; returns the token of its survey."""
    now = datetime.now(UTC)
    ended("c1", at=now, **fields)
    Worker(settings.model_copy(update={"quiet_hours": ""}), store, PhoneGateway(store)).step(now)
    with store.read() as connection:
        token: str = connection.execute(select(survey.c.token)).scalar_one()
    return token


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nb", "Hvor fornøyd er du med hjelpen"),
        ("nn", "Kor nøgd er du med hjelpa"),
        ("en", "How satisfied are you"),
    ],
)
def test_the_page_asks_in_the_customers_language_with_ten_buttons_and_no_script(
    client: TestClient,
    settings: Settings,
    store: Store,
    ended: Callable[..., None],
    language: str,
    words: str,
) -> None:
    page = client.get(f"/r/{asked(settings, store, ended, language=language)}")
    assert page.status_code == 200
    assert words in page.text
    assert f'<html lang="{language}">' in page.text
    assert re.findall(r'name="value" value="(\d+)"', page.text) == [str(n) for n in range(1, 11)]
    assert "<script" not in page.text
    assert len(page.content) < 20_000
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_tap_is_the_score_then_a_follow_up_then_thanks(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended)
    client.get(f"/r/{token}")
    assert outcome(store, "c1")["score"] is None, "looking answers nothing"
    second = client.post(f"/r/{token}", data={"question": "score", "value": "2"})
    assert "Hva gikk galt?" in second.text
    assert (outcome(store, "c1")["score"], outcome(store, "c1")["score_source"]) == (2, "web")
    third = client.post(f"/r/{token}", data={"question": "reason", "text": "ventet <b>lenge</b>"})
    assert "Takk for svaret!" in third.text
    assert "<form" not in third.text


@pytest.mark.parametrize(
    "form",
    [
        {"question": "score", "value": "0"},
        {"question": "score", "value": "11"},
        {"question": "score", "value": "8.5"},
        {"question": "score", "value": "٨"},
        {"question": "score"},
        {"question": "unknown", "value": "8"},
        {"question": "solved", "value": "3"},
        {"question": "reason", "text": " "},
        {"value": "8"},
    ],
)
def test_what_is_no_answer_changes_nothing_and_asks_again(
    client: TestClient,
    settings: Settings,
    store: Store,
    ended: Callable[..., None],
    form: dict[str, str],
) -> None:
    answer = client.post(f"/r/{asked(settings, store, ended)}", data=form)
    assert answer.status_code == 400
    assert "<form" in answer.text
    assert outcome(store, "c1")["score"] is None


@pytest.mark.parametrize("token", ["x", "a" * 22, "%00", "..%2f", "ø"])
def test_a_token_that_was_never_given_out_finds_nothing(client: TestClient, token: str) -> None:
    assert client.get(f"/r/{token}").status_code == 404


def test_a_token_expires_with_its_survey(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended)
    past = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp())
    with store.write() as connection:
        connection.execute(update(survey).values(closes_at=past))
    assert client.get(f"/r/{token}").status_code == 410
    assert client.post(f"/r/{token}", data={"question": "score", "value": "9"}).status_code == 410
    assert outcome(store, "c1")["score"] is None


def test_who_guesses_tokens_is_turned_away_and_nobody_else_of_the_same_address(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended)
    answers = [client.get(f"/r/x{n}").status_code for n in range(PER_MINUTE + 1)]
    assert answers == [404] * PER_MINUTE + [429]
    assert client.get(f"/r/{token}").status_code == 200


def test_too_many_visits_of_one_survey_are_turned_away(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended)
    answers = [client.get(f"/r/{token}").status_code for _ in range(PER_MINUTE + 1)]
    assert answers == [200] * PER_MINUTE + [429]


def test_who_comes_back_sees_what_they_gave_and_may_change_it(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended, language="nn")
    assert "Du har gitt" not in client.get(f"/r/{token}").text
    client.post(f"/r/{token}", data={"question": "score", "value": "2"})
    assert "Du har gitt 2. Trykk på eit tal for å endre det." in client.get(f"/r/{token}").text
    client.post(f"/r/{token}", data={"question": "score", "value": "7"})
    assert outcome(store, "c1")["score"] == 7


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("", "nb"), ("nn-NO,nb;q=0.8", "nn"), ("no", "nb"), ("sv-SE", "nb"), ("en-GB,nb", "en"), ("de", "en")],
)
def test_where_no_survey_is_known_the_browser_says_the_language(
    client: TestClient, accepts: str, language: str
) -> None:
    page = client.get("/r/x", headers={"Accept-Language": accepts})
    assert f'<html lang="{language}">' in page.text


def test_every_page_has_one_heading_a_name_and_a_label_for_each_control(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    token = asked(settings, store, ended)
    first = client.get(f"/r/{token}").text
    words = client.post(f"/r/{token}", data={"question": "score", "value": "2"}).text
    thanks = client.post(f"/r/{token}", data={"question": "reason", "text": "nei"}).text
    for page in (first, words, thanks, client.get("/r/x").text):
        assert page.count("<h1") == 1
        assert "<title>Din vurdering</title>" in page
        assert '<html lang="nb">' in page
        assert "<script" not in page
    assert re.findall(r'aria-label="(\d+ av 10)"', first) == [f"{n} av 10" for n in range(1, 11)]
    assert "<fieldset>" in first
    assert '<label for="text">' in words
    assert 'role="status"' in thanks


def test_the_limit_is_by_the_minute() -> None:
    at = [0.0]
    limit = RateLimit(2, lambda: at[0])
    assert [limit.allows("a"), limit.allows("a"), limit.allows("a"), limit.allows("b")] == [
        True,
        True,
        False,
        True,
    ]
    at[0] = 59.9
    assert not limit.allows("a")
    at[0] = 60.0
    assert limit.allows("a")


def test_the_sms_carries_the_link_where_it_is_set(
    settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    from surveys.web.simulated_phone import Phone

    token = asked(settings.model_copy(update={"sms_link": True}), store, ended)
    phone = Phone(settings, store)
    (message,) = phone.messages(phone.numbers(1)[0])
    assert message.body.endswith(f"http://testserver/r/{token}")
