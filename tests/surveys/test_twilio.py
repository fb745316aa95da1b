"""What every outcome of a post means: sent, certainly not sent, refused, or unknown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from settings import Settings, SettingsError
from store import Store
from store.schema import alarm, decision, message, message_status, opt_out, slot, survey
from surveys.carriers.twilio import TwilioGateway
from surveys.ledger.statuses import Status, receive
from surveys.sending.worker import Worker
from tests.surveys.carrier import SID, Carrier, through
from tests.surveys.conftest import PHONE, outcome


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier() as carrier:
        yield carrier


@pytest.fixture
def twilio(settings: Settings, carrier: Carrier) -> Settings:
    return through(carrier, settings, carrier_timeout_s=0.3)


def now() -> datetime:
    return datetime.now(UTC)


def send_one(twilio: Settings, store: Store, ended: Callable[..., None]) -> None:
    ended("c1", at=now())
    step(twilio, store)


def step(twilio: Settings, store: Store, at: datetime | None = None) -> None:
    gateway = TwilioGateway(twilio)
    Worker(twilio, store, gateway).step(at or now())
    gateway.close(5)


def rows(store: Store, table: Any) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(table)).all())


TAKEN = ("queued", "asked", "asked", True)
UNKNOWN = ("unknown", "asked", "asked", True)
NOT_SENT = ("not_sent", "waiting", "not_sent", False)


@pytest.mark.parametrize(
    ("behaviour", "expected", "alarms"),
    [
        ("ok", TAKEN, set()),
        ("429", NOT_SENT, set()),
        ("none:hang", UNKNOWN, set()),
        ("after:hang", UNKNOWN, set()),
        ("none:reset", UNKNOWN, set()),
        ("after:reset", UNKNOWN, set()),
        ("none:500", UNKNOWN, set()),
        ("after:500", UNKNOWN, set()),
        ("after:garbage", UNKNOWN, set()),
        (20003, NOT_SENT, {"carrier_credentials"}),
        *[(f"after:{oddity}", TAKEN, set()) for oddity in ("chunked", "close", "trickle", "long", "200")],
        ("after:other-types", ("accepted", "asked", "asked", True), set()),
        ("after:extra", ("accepted", "asked", "asked", True), set()),
        ("after:nul", TAKEN, set()),
        ("after:surrogate", ("accepted", "asked", "asked", True), set()),
        *[(f"after:{oddity}", UNKNOWN, set()) for oddity in ("no-sid", "null", "list", "empty", "endless")],
        *[(f"none:{status}", NOT_SENT, {"carrier_rejects"}) for status in (301, 307, 308, 400, 404, 413)],
        *[(f"none:{status}", UNKNOWN, {"carrier_rejects"}) for status in (302, 303)],
        (20404, NOT_SENT, {"carrier_rejects"}),
        (21999, ("not_sent", "skipped", "not_sent", False), {"carrier_refuses"}),
        (21611, NOT_SENT, set()),
        (21211, ("not_sent", "skipped", "invalid_number", False), set()),
        (21614, ("not_sent", "skipped", "not_mobile", False), set()),
        (21635, ("not_sent", "skipped", "not_mobile", False), set()),
        (21610, ("not_sent", "skipped", "opted_out", False), set()),
        (21602, ("not_sent", "skipped", "not_sent", False), set()),
        (21617, ("not_sent", "skipped", "not_sent", False), set()),
        (21408, ("not_sent", "skipped", "not_sent", False), {"carrier_route"}),
        (21612, ("not_sent", "skipped", "not_sent", False), {"carrier_route"}),
    ],
)
def test_an_outcome_means_what_the_table_says(
    twilio: Settings,
    sqlite_store: Store,
    carrier: Carrier,
    behaviour: str | int,
    expected: tuple[str, str, str, bool],
    alarms: set[str],
    request: pytest.FixtureRequest,
) -> None:
    carrier.behave = lambda form: behaviour
    carrier.lists = False
    ended_in(sqlite_store, twilio)
    step(twilio, sqlite_store)
    (sent,), (decided,) = rows(sqlite_store, message), rows(sqlite_store, decision)
    slots = rows(sqlite_store, slot)
    assert (sent.state, decided.state, decided.reason, bool(slots)) == expected
    assert {row.name for row in rows(sqlite_store, alarm)} == alarms
    assert bool(rows(sqlite_store, opt_out)) == (behaviour == 21610)
    assert len(rows(sqlite_store, survey)) == len(slots), "a survey that was not sent is none"
    assert outcome(sqlite_store, "c1")["state"] == expected[1]
    assert carrier.posts.total() == 1


def ended_in(store: Store, settings: Settings, *ids: str, phone: str = PHONE) -> None:
    from data.api.intake import accept

    at = now()
    accept(
        store,
        settings,
        "contact",
        [
            {"contact_id": name, "ended_at": at.isoformat(), "phone": phone, "language": "nb"}
            for name in ids or ("c1",)
        ],
        at,
    )


def test_a_refused_connection_is_not_sent_and_tried_again(
    twilio: Settings, store: Store, carrier: Carrier, ended: Callable[..., None]
) -> None:
    carrier.stop_listening()
    send_one(twilio, store, ended)
    assert rows(store, decision)[0].state == "waiting"
    assert rows(store, slot) == []
    carrier.listen_again()
    step(twilio, store, now() + timedelta(seconds=3))
    assert [text.to for text in carrier.accepted] == [PHONE]
    assert (rows(store, decision)[0].state, rows(store, decision)[0].attempts) == ("asked", 1)


@pytest.mark.parametrize("behaviour", ["after:hang", "after:reset", "after:500", "after:garbage"])
def test_what_was_accepted_without_an_answer_is_found_in_the_carriers_list_and_never_sent_again(
    twilio: Settings, store: Store, carrier: Carrier, ended: Callable[..., None], behaviour: str
) -> None:
    carrier.behave = lambda form: behaviour
    send_one(twilio, store, ended)
    assert rows(store, message)[0].state == "unknown"
    step(twilio, store, now() + timedelta(seconds=40))
    assert rows(store, message)[0].state == "queued"
    assert rows(store, message)[0].sid == carrier.accepted[0].sid
    assert outcome(store, "c1")["sent"] is True
    assert carrier.posts.total() == 1


@pytest.mark.parametrize("behaviour", ["none:hang", "none:reset", "none:500"])
def test_what_the_carrier_does_not_know_stays_unknown_and_is_never_sent_again(
    twilio: Settings, sqlite_store: Store, carrier: Carrier, behaviour: str
) -> None:
    carrier.behave = lambda form: behaviour
    ended_in(sqlite_store, twilio)
    step(twilio, sqlite_store)
    for hours in (1, 3, 23):
        step(twilio, sqlite_store, now() + timedelta(hours=hours))
    assert rows(sqlite_store, message)[0].state == "unknown"
    assert carrier.posts.total() == 1


def test_the_attempt_is_named_in_the_callback_and_the_carrier_drops_what_it_holds_too_long(
    twilio: Settings, sqlite_store: Store, carrier: Carrier
) -> None:
    ended_in(sqlite_store, twilio)
    step(twilio, sqlite_store)
    (form,), (sent,) = carrier.forms, rows(sqlite_store, message)
    assert form["StatusCallback"] == f"http://testserver/sms/status?attempt={sent.message_id}"
    assert (form["To"], form["From"], form["ValidityPeriod"]) == (PHONE, "+4759440000", "14400")


def test_a_messaging_service_sends_instead_of_a_number(
    twilio: Settings, sqlite_store: Store, carrier: Carrier
) -> None:
    ended_in(sqlite_store, twilio)
    step(twilio.model_copy(update={"twilio_messaging_service_sid": "MG1"}), sqlite_store)
    assert carrier.forms[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in carrier.forms[0]


@pytest.mark.parametrize(
    ("order", "state", "delivered"),
    [
        (("queued", "sending", "sent", "delivered"), "delivered", True),
        (("delivered", "sent", "queued"), "delivered", True),
        (("sent", "sent", "sent"), "sent", None),
        (("undelivered", "delivered"), "undelivered", False),
        (("sent", "strange", "accepted"), "sent", None),
        (("failed",), "failed", False),
    ],
)
def test_statuses_only_move_forward(
    twilio: Settings,
    store: Store,
    carrier: Carrier,
    ended: Callable[..., None],
    order: tuple[str, ...],
    state: str,
    delivered: bool | None,
) -> None:
    send_one(twilio, store, ended)
    sid = carrier.accepted[0].sid
    for status in order:
        receive(store, [Status(sid, "", status)], now())
    assert rows(store, message)[0].state == state
    assert outcome(store, "c1")["delivered"] is delivered
    told = [row.status for row in rows(store, message_status)]
    assert told == ["queued", *(status for status in order if status != "strange")], "all are kept"


def test_a_callback_that_names_the_attempt_tells_the_sid_when_the_answer_was_lost(
    twilio: Settings, store: Store, carrier: Carrier, ended: Callable[..., None]
) -> None:
    carrier.behave = lambda form: "after:reset"
    send_one(twilio, store, ended)
    sent = rows(store, message)[0]
    receive(store, [Status(carrier.accepted[0].sid, sent.message_id, "delivered")], now())
    sent = rows(store, message)[0]
    assert (sent.state, sent.sid) == ("delivered", carrier.accepted[0].sid)


def test_a_callback_before_our_own_commit_is_kept_until_the_sid_is_known(
    twilio: Settings, store: Store, carrier: Carrier, ended: Callable[..., None]
) -> None:
    carrier.on_text = lambda text: receive(store, [Status(text.sid, "", "delivered")], now())
    send_one(twilio, store, ended)
    assert rows(store, message)[0].state == "delivered"
    assert outcome(store, "c1")["delivered"] is True


def test_a_slow_carrier_has_64_posts_in_flight(
    twilio: Settings, sqlite_store: Store, carrier: Carrier
) -> None:
    carrier.behave = lambda form: "slow:0.2"
    patient = twilio.model_copy(update={"carrier_timeout_s": 5.0})
    for number in range(128):
        ended_in(sqlite_store, patient, f"c{number}", phone=f"+4791{number:06d}")
    step(patient, sqlite_store)
    assert len(carrier.accepted) == 128
    assert carrier.most_at_once == 64


def test_stopping_waits_for_what_is_in_flight_and_records_it(
    twilio: Settings, sqlite_store: Store, carrier: Carrier
) -> None:
    carrier.behave = lambda form: "slow:0.5"
    patient = twilio.model_copy(update={"carrier_timeout_s": 5.0})
    ended_in(sqlite_store, patient)
    stop = threading.Event()
    thread = threading.Thread(
        target=Worker(patient, sqlite_store, TwilioGateway(patient)).run, args=(stop,), daemon=True
    )
    thread.start()
    while not carrier.accepted:
        time.sleep(0.01)
    stop.set()
    thread.join(10)
    assert rows(sqlite_store, message)[0].state == "queued"


def test_without_credentials_or_sender_nothing_starts(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="ACCOUNT_SID"):
        TwilioGateway(settings.model_copy(update={"gateway": "twilio", "twilio_auth_token": ""}))
    with pytest.raises(SettingsError, match="TWILIO_FROM"):
        TwilioGateway(settings.model_copy(update={"gateway": "twilio", "twilio_account_sid": SID}))
    unanswerable = {"gateway": "twilio", "twilio_account_sid": SID, "twilio_from": "Svar"}
    with pytest.raises(SettingsError, match="cannot be answered"):
        TwilioGateway(settings.model_copy(update=unanswerable))
