"""The story of one contact, and forgetting the person behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from data.api.intake import accept
from lake.log import Log
from metrics.build.refresh import build
from settings import Settings
from store import Store, feed
from store.schema import decision, opt_out
from surveys.asking.decide import Asker
from surveys.carriers.base import Posted, Result
from surveys.desk.explain import explain
from surveys.desk.queue import handle, put_back, settle
from surveys.desk.timeline import tell
from surveys.privacy.forget import Forgotten
from surveys.privacy.forget import forget as forget_person
from surveys.privacy.retention import prune
from surveys.replies import process
from surveys.sending.delivery import record
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE


def forget(settings: Settings, store: Store, who: str, now: datetime) -> Forgotten:
    return forget_person(settings, store, who, now, lambda since: build(settings, store, now, since))


def reply(store: Store, settings: Settings, body: str, sid: str = "SM1") -> None:
    process.receive(store, {"MessageSid": sid, "From": PHONE, "Body": body}, NOON)
    process.read_pending(store, settings, NOON)


def test_a_contact_that_was_asked_is_told_from_its_arrival_to_its_answer(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    reply(store, settings, "3 – jeg vil klage")
    story = explain(store, "c1")
    assert story is not None
    assert (story["decision"]["state"], story["decision"]["reason"]) == ("asked", "asked")
    assert story["replies"][0]["flags"] == ["complaint"]
    assert [told["status"] for told in story["messages"][0]["statuses"]] == ["delivered"]
    assert PHONE not in json.dumps(story), "the number is shown in part only"
    told = "\n".join(tell(story, settings.zone))
    for words in (
        "24.11.2026 12:00:00",
        "Decided: asked. No rule spoke against it. Rules",
        "SMS: the question: “Hei!",
        "delivered",
        "Read as the score 3 by parser",
        "What counts: score 3 (by SMS).",
        "complaint",
    ):
        assert words in told


def test_what_was_changed_after_the_contact_ended_is_kept_and_shown(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    changed = {
        "contact_id": "c1",
        "ended_at": (NOON - timedelta(minutes=1)).isoformat(),
        "partner": "Nord",
        "agent": "Kari Nordmann",
        "language": "nb",
        "talk_s": 120,
        "phone": PHONE,
        "closed_automatically": True,
    }
    accept(store, settings, "contact", [changed], NOON + timedelta(minutes=5))
    story = explain(store, "c1")
    assert story is not None
    assert story["decision"]["state"] == "asked", "what is decided stays decided"
    assert story["changes"][0]["fields"] == {"closed_automatically": (False, True)}
    assert not story["changes"][0]["before_decision"]
    told = "\n".join(tell(story, settings.zone))
    assert "changed after the decision, which stands: closed_automatically no → yes" in told


def test_what_was_changed_before_it_was_decided_is_told_as_such(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    ended_at = (NOON - timedelta(minutes=2)).isoformat()
    sent = {"contact_id": "c1", "ended_at": ended_at, "phone": PHONE, "agent": "Ola"}
    accept(store, settings, "contact", [sent], NOON + timedelta(seconds=5))
    worker.step(NOON + timedelta(seconds=10))
    story = explain(store, "c1")
    assert story is not None
    assert story["changes"][0]["before_decision"]
    told = tell(story, settings.zone)
    assert "it ended at 24.11.2026 11:59:00" in told[1], "as it first came in"
    assert "Its facts were changed: " in told[2]
    assert "agent Kari Nordmann → Ola" in told[2]
    assert "Decided: asked" in told[3]


def test_a_contact_that_waited_tells_since_when_and_until_when(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    night = NOON + timedelta(hours=11)  # 23:00 in Oslo
    ended("c1", at=night)
    worker.step(night)
    waiting = explain(store, "c1")
    assert waiting is not None
    assert tell(waiting, settings.zone)[-1].startswith("It waits until 25.11.2026 09:00:00 (quiet_hours)")
    worker.step(night + timedelta(hours=10))
    story = explain(store, "c1")
    assert story is not None
    assert [row["state"] for row in story["decisions"]] == ["waiting", "asked"]
    told = tell(story, settings.zone)
    assert told[2].startswith("24.11.2026 23:00:00  It had to wait (quiet_hours)")
    assert told[3].startswith("25.11.2026 09:00:00  Decided: asked")


def test_who_was_asked_too_recently_is_told_for_which_contact(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    ended("c2", at=NOON + timedelta(hours=2))
    worker.step(NOON + timedelta(hours=2))
    story = explain(store, "c2")
    assert story is not None
    assert story["asked_before"]["contact_id"] == "c1"
    assert "That was for contact c1 at 24.11.2026 12:00:00." in "\n".join(tell(story, settings.zone))


def test_what_a_person_did_about_a_reply_is_told(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    reply(store, settings, "7-8, jeg vil klage")
    settle(store, "SM1", 7, NOON + timedelta(minutes=1), who="Kari")
    handle(store, "SM1", NOON + timedelta(minutes=2), who="Ola", note="ringt")
    put_back(store, "SM1", NOON + timedelta(minutes=3), who="Kari")
    story = explain(store, "c1")
    assert story is not None
    told = tell(story, settings.zone)
    assert "Read as unclear by parser" in "\n".join(told)
    assert [line[21:] for line in told[-4:-1]] == [
        "Kari said what the reply “7-8, jeg vil klage” means: 7.",
        "Ola took care of the reply “7-8, jeg vil klage”: ringt.",
        "Kari put the reply “7-8, jeg vil klage” back into the queue.",
    ]
    assert told[-1] == "What counts: score 7 (as a person has read it)."


def test_an_unknown_contact_has_no_story(sqlite_store: Store) -> None:
    assert explain(sqlite_store, "c1") is None


def test_a_forgotten_person_is_nowhere_but_the_score_stays(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1", customer_id="kunde-17")
    worker.step(NOON)
    reply(store, settings, "9 hilsen Ola Dunk")
    key = _customer_key(store)
    rows = [
        row.payload | {"accepted_us": 1, "seq": 1} for row in feed.undrained(store) if row.kind == "comment"
    ]
    Log(settings.lake_path).append("comment", rows)
    done = forget(settings, store, "kunde-17", NOON + timedelta(days=2))
    assert (done.contacts, done.replies, done.files) == (1, 1, 1)
    everything = _everything(store)
    for trace in (PHONE, "Ola Dunk", key):
        assert trace not in everything, trace
    assert b"Ola Dunk" not in Log(settings.lake_path).files("comment")[0].read_bytes()
    story = explain(store, "c1")
    assert story is not None
    assert story["answers"][0]["value"] == 9


def test_whose_number_is_no_longer_kept_can_still_be_forgotten_by_it(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    reply(store, settings, "2 hilsen Ola Dunk, jeg vil klage")
    handle(store, "SM1", NOON, who="Kari", note="ringte Ola Dunk")
    month = NOON + timedelta(days=31)
    prune(settings, store, month)
    assert "Ola Dunk" in _everything(store)
    done = forget(settings, store, PHONE, month)
    assert (done.contacts, done.replies) == (1, 1)
    assert "Ola Dunk" not in _everything(store)
    assert forget(settings, store, "+4798765432", month).nobody


def test_a_forgotten_person_who_had_said_stop_is_still_left_alone(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    reply(store, settings, "STOPP")
    ended("c2")
    forget(settings, store, "912 34 567", NOON)
    with store.read() as connection:
        assert connection.scalars(select(opt_out.c.phone)).all() == [PHONE]
        states = dict(connection.execute(select(decision.c.contact_id, decision.c.reason)).all())
    assert states == {"c1": "asked", "c2": "forgotten"}


@pytest.mark.parametrize("result", ["taken", "not_sent"])
@pytest.mark.parametrize("who", ["+4798765432", PHONE])
def test_whose_number_was_corrected_while_the_sms_was_on_the_way_is_forgotten_by_either(
    store: Store, settings: Settings, ended: Callable[..., None], result: Result, who: str
) -> None:
    ended("c1")
    (outgoing,) = Asker(settings, store, "w").decide_due(NOON, 10, int(NOON.timestamp()))[1]
    ended_at = (NOON - timedelta(minutes=1)).isoformat()
    corrected = {"contact_id": "c1", "ended_at": ended_at, "phone": "+4798765432"}
    accept(store, settings, "contact", [corrected], NOON)
    record(store, [Posted(outgoing, result, sid="SM0" if result == "taken" else None)], NOON)
    forget(settings, store, who, NOON + timedelta(days=2))
    assert who not in _everything(store)


def _customer_key(store: Store) -> str:
    with store.read() as connection:
        key: str = connection.execute(select(decision.c.customer_key)).scalar_one()
    return key


def _everything(store: Store) -> str:
    with store.read() as connection:
        tables = (
            "decision", "survey", "message", "reply", "answer", "feed", "record", "customer_link", "slot",
            "deed",
        )  # fmt: skip
        return "\n".join(str(connection.execute(text(f"select * from {name}")).all()) for name in tables)
