"""While the store is away every webhook is answered 200 and kept; afterwards nothing is missing."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.testclient import TestClient

from settings import Settings
from store import Store, is_away
from store import lease as lease_of
from store.schema import message, opt_out, reply
from surveys.carriers import make_gateway
from surveys.carriers.signature import HEADER, sign
from surveys.ledger.statuses import Status
from surveys.replies.spool import Spool, SpoolFull
from surveys.replies.storing import Storing
from surveys.sending.outage import CLOSED, GIVEN_UP_S, LIFE_S, Keeper, catch_up, mark_restored, missing
from surveys.sending.worker import Worker
from surveys.web import webhooks
from tests.surveys.carrier import Carrier, Text, through
from tests.surveys.conftest import NOON, PHONE, answer, rows, states

FORM = {"MessageSid": "SM1", "From": PHONE, "Body": "9", "To": "+4759440000"}


@contextmanager
def away(store: Store) -> Iterator[None]:
    """The store cannot be reached, whatever is asked of it."""

    def refuse(_connection: object) -> None:
        raise OperationalError("begin", None, OSError("connection refused"))

    event.listen(store.engine, "begin", refuse)
    yield
    event.remove(store.engine, "begin", refuse)


def client(settings: Settings, store: Store) -> TestClient:
    return TestClient(Starlette(routes=webhooks.routes(settings, store, lambda: None)))


def post(calls: TestClient, settings: Settings, path: str, form: dict[str, str]) -> int:
    signature = sign(settings.signing_token, settings.base_url + path, {n: [v] for n, v in form.items()})
    return int(calls.post(path, data=form, headers={HEADER: signature}).status_code)


def test_replies_and_statuses_are_taken_while_the_store_is_away_and_replayed(
    store: Store,
    settings: Settings,
    worker: Worker,
    ended: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended("c1")
    worker.step(NOON)
    (sent,) = rows(store, message)
    with store.write() as connection:
        connection.execute(update(message).values(state="queued"))
    calls, keeper = client(settings, store), Keeper(settings, store, lambda: None)
    with away(store), caplog.at_level(logging.INFO, "surveys"):
        for n in range(30):
            assert post(calls, settings, "/sms/reply", FORM | {"MessageSid": f"SM{n:02}"}) == 200
        assert post(calls, settings, "/sms/reply", FORM | {"MessageSid": "SMX", "Body": "STOPP"}) == 200
        status = {"MessageSid": sent.sid, "MessageStatus": "delivered"}
        assert post(calls, settings, f"/sms/status?attempt={sent.message_id}", status) == 200
        keeper.step(NOON)
        assert not Spool(settings).is_empty()
    assert len([line for line in caplog.records if line.levelno >= logging.ERROR]) == 1, "one line an outage"
    assert rows(store, reply) == []
    keeper.step(NOON)
    assert Spool(settings).is_empty()
    assert len(rows(store, reply)) == 31
    assert [row.phone for row in rows(store, opt_out)] == [PHONE]
    assert rows(store, message)[0].state == "delivered"


def test_a_spool_is_readable_by_its_owner_alone_and_empty_afterwards(settings: Settings) -> None:
    spool = Spool(settings)
    spool.append([FORM, Status("SM2", "a1", "sent")], NOON)
    assert spool.path.stat().st_mode & 0o777 == 0o600
    assert spool.path.parent.stat().st_mode & 0o777 == 0o700
    written: list[object] = []
    assert Spool(settings).replay(lambda items, at: written.append((list(items), at))) == 2
    assert written == [([FORM, Status("SM2", "a1", "sent")], NOON)]
    assert spool.replay(lambda items, at: written.append(items)) == 0


def test_a_line_that_was_cut_off_harms_no_other(settings: Settings) -> None:
    spool = Spool(settings)
    spool.append([FORM], NOON)
    with spool.path.open("ab") as file:
        file.write(b'{"at": 1, "form": {"MessageSid": "SMcut')
    spool.append([FORM | {"MessageSid": "SM2"}], NOON + timedelta(seconds=1))
    sids: list[str] = []
    spool.replay(
        lambda items, _at: sids.extend(item["MessageSid"] for item in items if isinstance(item, dict))
    )
    assert sids == ["SM1", "SM2"]


def test_what_could_not_be_replayed_stays(settings: Settings) -> None:
    spool = Spool(settings)
    spool.append([FORM], NOON)

    def fail(*_: object) -> None:
        raise OperationalError("insert", None, OSError("away"))

    with pytest.raises(OperationalError):
        spool.replay(fail)
    assert not spool.is_empty()

    def refuse(*_: object) -> None:
        raise ValueError("never")

    assert spool.replay(refuse) == 1, "an item that never can be stored holds up no other"
    assert spool.is_empty()


@pytest.mark.parametrize(("room", "kept"), [(0, True), (-1, False)])
def test_at_its_limit_the_spool_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, room: int, kept: bool
) -> None:
    spool = Spool(settings)
    spool.append([FORM], NOON)
    monkeypatch.setattr(spool, "_limit", 2 * spool.size() + room)
    if kept:
        spool.append([FORM], NOON)
    else:
        with pytest.raises(SpoolFull):
            spool.append([FORM], NOON)


def test_a_full_disk_is_told_to_the_carrier(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with away(sqlite_store):
        (error,) = Storing(settings, sqlite_store, lambda: None).commit([FORM])
    assert isinstance(error, OSError)
    assert Spool(settings).is_empty()


def test_replies_of_an_outage_keep_their_order_and_their_time(
    sqlite_store: Store, settings: Settings
) -> None:
    storing, spool = Storing(settings, sqlite_store, lambda: None), Spool(settings)
    spool.append([FORM], NOON)
    assert storing.commit([FORM | {"MessageSid": "SM2", "Body": "mente 3"}]) == [None]
    assert rows(sqlite_store, reply) == [], "what comes later waits behind it"
    spool.replay(storing.write_down)
    first, second = sorted(rows(sqlite_store, reply), key=lambda row: row.sid)
    assert first.received_at == int(NOON.timestamp()) < second.received_at


def test_nothing_is_sent_while_a_spool_holds_something(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    Spool(settings).append([FORM | {"Body": "STOPP"}], NOON)
    worker.step(NOON)
    assert rows(store, message) == []
    Keeper(settings, store, lambda: None).step(NOON)
    worker.step(NOON)
    assert rows(store, message) == []
    assert [row.phone for row in rows(store, opt_out)] == [PHONE]


@pytest.mark.parametrize(
    ("said", "age", "waits"),
    [("", 0, False), ("", LIFE_S, False), ("", LIFE_S + 1, True), ("", LIFE_S + GIVEN_UP_S, True),
     ("", LIFE_S + GIVEN_UP_S + 1, False), (CLOSED, LIFE_S + 1, False)],
)  # fmt: skip
def test_sending_waits_for_a_host_whose_beat_is_silent(
    store: Store, worker: Worker, ended: Callable[..., None], said: str, age: int, waits: bool
) -> None:
    ended("c1")
    lease_of.note(store, "spool:elsewhere:ab", said, int(NOON.timestamp()) - age + LIFE_S)
    assert (missing(store, NOON) is not None) is waits
    worker.step(NOON)
    assert (rows(store, message) == []) is waits


def listed(sid: str, body: str, at: str) -> dict[str, object]:
    return {"sid": sid, "from": PHONE, "to": "+4759440000", "body": body, "status": "received",
            "direction": "inbound", "date_created": at, "date_sent": at, "error_code": None}  # fmt: skip


def test_what_the_carrier_could_not_deliver_is_fetched_from_its_list(
    store: Store, settings: Settings, ended: Callable[..., None]
) -> None:
    """A carrier by default calls once and does not come back: its list has what it said."""
    with Carrier() as carrier:
        told = through(carrier, settings)
        gateway = make_gateway(told, store)
        worker = Worker(told, store, gateway)
        ended("c1")
        worker.step(NOON)
        gateway.close(1)
        (text,) = carrier.accepted
        text.status = "delivered"
        at = format_datetime(NOON + timedelta(minutes=1))
        carrier.inbound = [listed("SM1", "7", at), listed("SM2", "STOPP", at)]
        later = NOON + timedelta(minutes=5)
        assert catch_up(told, store, NOON, later) == (2, 1)
        assert catch_up(told, store, NOON, later) == (0, 0), "twice changes nothing"
    assert {row.purpose: row.state for row in rows(store, message)}["opening"] == "delivered"
    assert [row.phone for row in rows(store, opt_out)] == [PHONE]
    assert {row.received_at for row in rows(store, reply)} == {int(NOON.timestamp()) + 60}


def test_a_restored_backup_asks_nobody_again(
    store: Store, settings: Settings, ended: Callable[..., None]
) -> None:
    """The backup was made when one contact waited and a follow-up was ready; both were sent afterwards."""
    with Carrier() as carrier:
        told = through(carrier, settings)
        gateway = make_gateway(told, store)
        worker = Worker(told, store, gateway)
        ended("c1")
        worker.step(NOON)
        answer(store, told, "9", NOON)
        (follow_up,) = [row for row in rows(store, message) if row.purpose == "follow_up"]
        ended("c2", "c3", phone="+4792222222", at=NOON)
        ended("c4", phone="+4793333333", at=NOON)
        later = NOON + timedelta(minutes=10)
        since_backup = (("+4792222222", "Hei! Svar STOPP …"), (PHONE, follow_up.body))
        for number, (to, body) in enumerate(since_backup):
            at = (NOON + timedelta(minutes=5)).timestamp()
            carrier.accepted.append(Text(f"SMlost{number}", to, body, "", at))
        mark_restored(store, NOON, later)
        before = len(carrier.forms)
        worker.step(later)
        assert len(carrier.forms) == before, "nothing is sent before the list is taken over"
        Keeper(told, store, lambda: None).step(later)
        worker.step(later)
        gateway.close(1)
        assert [form["To"] for form in carrier.forms[before:]] == ["+4793333333"]
    assert states(store)["skipped", "recently_asked"] == 2


def test_a_host_that_was_down_catches_up_from_its_last_beat(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def nothing(_settings: Settings, since: object) -> list[object]:
        asked.append(since)
        return []

    monkeypatch.setattr("surveys.sending.outage.list_messages", nothing)
    Keeper(settings, sqlite_store, lambda: None).step(NOON)
    assert asked == [], "nothing to catch up with at the very first start"
    Keeper(settings, sqlite_store, lambda: None).step(NOON + timedelta(seconds=5))
    assert asked == []
    Keeper(settings, sqlite_store, lambda: None).step(NOON + timedelta(hours=2))
    assert asked == [NOON + timedelta(seconds=5) - timedelta(minutes=2)]


def test_a_deadlock_is_no_outage() -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    assert not is_away(OperationalError("update", None, Deadlock()))
    assert is_away(OperationalError("update", None, Exception("database disk image is malformed")))
    assert not is_away(ValueError())
