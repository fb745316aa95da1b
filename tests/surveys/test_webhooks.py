"""Replies come in signed, are stored once, and are read before the carrier hears "thanks"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from settings import Settings
from store import Store
from store.schema import opt_out, reply
from surveys.carriers.phone import PhoneGateway
from surveys.carriers.signature import HEADER, sign
from surveys.replies import process
from surveys.replies.storing import Storing
from surveys.sending.worker import Worker
from surveys.web.simulated_phone import Phone
from surveys.web.webhooks import routes
from tests.surveys.conftest import PHONE, outcome


@pytest.fixture
def client(settings: Settings, store: Store) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes(settings, store, lambda: None))) as client:
        yield client


def post(client: TestClient, settings: Settings, form: dict[str, str], path: str = "/sms/reply") -> int:
    signature = sign(
        settings.signing_token, f"http://testserver{path}", {name: [value] for name, value in form.items()}
    )
    answer = client.post(path, data=form, headers={HEADER: signature})
    return int(answer.status_code)


def stored(store: Store) -> int:
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(reply)) or 0


def test_a_signed_reply_is_the_score_of_its_contact_when_the_answer_comes(
    client: TestClient, settings: Settings, store: Store, ended: Callable[..., None]
) -> None:
    now = datetime.now(UTC)
    awake = settings.model_copy(update={"quiet_hours": ""})
    ended("c1", at=now)
    Worker(awake, store, PhoneGateway(store)).step(now)
    phone = Phone(settings, store, client)
    assert phone.numbers(10) == [PHONE]
    phone.reply(PHONE, "9 og takk for hjelpen")
    latest = outcome(store, "c1")
    assert (latest["state"], latest["sent"], latest["delivered"]) == ("asked", True, True)
    assert (latest["score"], latest["score_source"], latest["late"]) == (9, "sms", False)
    assert [message.direction for message in phone.messages(PHONE)] == ["to_phone", "from_phone"]


@pytest.mark.parametrize("signature", ["", "forged", "Zm9yZ2Vk", "ø"])
def test_a_forged_or_unsigned_reply_is_refused_and_changes_nothing(
    client: TestClient, store: Store, signature: str
) -> None:
    headers = {HEADER: signature.encode()} if signature else {}
    answer = client.post(
        "/sms/reply", data={"MessageSid": "SM1", "From": PHONE, "Body": "1"}, headers=headers
    )
    assert answer.status_code == 403
    assert stored(store) == 0


def test_a_repeated_message_changes_nothing(client: TestClient, settings: Settings, store: Store) -> None:
    form = {"MessageSid": "SM1", "From": PHONE, "Body": "8"}
    assert post(client, settings, form) == 200
    assert post(client, settings, {**form, "Body": "1"}) == 200
    with store.read() as connection:
        assert connection.execute(select(reply.c.sid, reply.c.body)).all() == [("SM1", "8")]


def test_a_stop_word_that_only_the_carrier_knows_stops(
    client: TestClient, settings: Settings, store: Store
) -> None:
    form = {"MessageSid": "SM1", "From": PHONE, "Body": "ferdig", "OptOutType": "STOP"}
    assert post(client, settings, form) == 200
    with store.read() as connection:
        assert connection.scalars(select(opt_out.c.phone)).all() == [PHONE]


def test_a_reply_that_our_reading_fails_on_is_kept_for_a_person_and_a_stop_in_it_stops(
    client: TestClient, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.replies.process.turn", _fail)
    assert post(client, settings, {"MessageSid": "SM1", "From": PHONE, "Body": "Stopp"}) == 200
    assert post(client, settings, {"MessageSid": "SM2", "From": "+4798765432", "Body": "8"}) == 200
    with store.read() as connection:
        assert connection.execute(select(reply.c.kind, reply.c.flags)).all() == [("unclear", ["fault"])] * 2
        assert connection.scalars(select(opt_out.c.phone)).all() == [PHONE]


def test_one_webhook_that_cannot_be_written_harms_no_other_of_its_group(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = process.store_raw

    def fails_for_one(connection: Connection, forms: list[dict[str, str]], now: datetime) -> int:
        if any(form["MessageSid"] == "SM2" for form in forms):
            raise ValueError("a fault of our own")
        return whole(connection, forms, now)

    monkeypatch.setattr("surveys.replies.process.store_raw", fails_for_one)
    forms = [{"MessageSid": f"SM{number}", "From": PHONE, "Body": "8"} for number in (1, 2, 3)]
    errors = Storing(settings, store, lambda: None).commit(forms)
    assert [type(error) for error in errors] == [type(None), ValueError, type(None)]
    assert stored(store) == 2


def test_a_store_that_is_away_is_answered_with_an_error_so_that_the_carrier_comes_again(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Starlette(routes=routes(settings, sqlite_store, lambda: None))
    with TestClient(app, raise_server_exceptions=False) as client:
        with monkeypatch.context() as broken:
            broken.setattr("surveys.replies.process.store_raw", _fail)
            assert post(client, settings, {"MessageSid": "SM1", "From": PHONE, "Body": "8"}) == 500
        assert post(client, settings, {"MessageSid": "SM1", "From": PHONE, "Body": "8"}) == 200
    assert stored(sqlite_store) == 1


def _fail(*_: object) -> None:
    raise RuntimeError("a fault of our own")


@pytest.mark.parametrize("path", ["/sms/reply", "/sms/status"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_taken(client: TestClient, path: str, method: str) -> None:
    assert client.request(method, path).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "\x00",
        "8\x00",
        "x" * 1_600,
        "🙂" * 400,
        "=&?%+",
        "linje\r\n to",
        "؀٣",
        "'; drop table reply;--",
    ],
)
def test_whatever_a_reply_holds_it_is_kept(
    client: TestClient, settings: Settings, store: Store, body: str
) -> None:
    form = {"MessageSid": "SM1", "From": "+4798765432", "Body": body, "FromCity": "", "NumMedia": "1"}
    assert post(client, settings, form) == 200
    with store.read() as connection:
        row = connection.execute(select(reply)).one()
    assert row.body == body.replace("\x00", "\ufffd")
    assert row.form == form, "the form is as the carrier sent it"
    assert row.read_at is not None


SID = "SM" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({}, 200),
        ({"MessageSid": SID + "NumMedia0"}, 400),  # its neighbour swallowed: the signature is the same
        ({"MessageSid": SID, "SmsSid": SID[:-1] + "0"}, 400),
        ({"MessageSid": SID, "SmsSid": SID, "SmsMessageSid": SID}, 200),
        ({"MessageSid": SID + "a"}, 400),
        ({"MessageSid": ""}, 400),
    ],
)
def test_a_captured_reply_cannot_be_sent_anew_under_another_id(
    settings: Settings, store: Store, changed: dict[str, str], answer: int
) -> None:
    sends = settings.model_copy(update={"gateway": "twilio"})
    with TestClient(Starlette(routes=routes(sends, store, lambda: None))) as client:
        form = {"MessageSid": SID, "From": PHONE, "Body": "STOPP"} | changed
        assert post(client, sends, form) == answer
    assert stored(store) == (answer == 200)
