"""What waits for a person: unclear replies to settle, flagged ones to call back, and who did it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text, update

from settings import Settings
from store import Store, bulk
from store.deeds import deeds
from store.schema import record, reply
from surveys.desk.queue import (
    SUBJECT,
    handle,
    handled,
    highest,
    put_back,
    settle,
    settled,
    to_call,
    unclear,
    unsettle,
)
from surveys.replies import process
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, outcome

Say = Callable[..., None]


@pytest.fixture
def say(store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]) -> Say:
    """A contact of its own for every reply: ``say("c1", "hva?", partner="Sør")``."""

    def reply_with(contact_id: str, body: str, partner: str = "Nord", seconds: int = 0) -> None:
        phone = f"+479123{int(contact_id[1:]):04d}"
        ended(contact_id, phone=phone, partner=partner)
        worker.step(NOON)
        form = {"MessageSid": f"SM-{contact_id}", "From": phone, "Body": body}
        process.receive(store, form, NOON + timedelta(seconds=seconds))
        process.read_pending(store, settings, NOON + timedelta(seconds=seconds))

    return reply_with


def test_a_person_settles_an_unclear_reply_once(store: Store, say: Say) -> None:
    say("c1", "sånn midt på treet")
    (waiting,) = unclear(store)
    assert (waiting.contact_id, waiting.body, waiting.question) == ("c1", "sånn midt på treet", "score")
    assert (waiting.partner, waiting.agent, waiting.score) == ("Nord", "Kari Nordmann", None)
    assert settle(store, waiting.sid, 5, NOON + timedelta(hours=1), who="kari@example.no")
    assert (outcome(store, "c1")["score"], outcome(store, "c1")["score_source"]) == (5, "hand")
    assert unclear(store) == []
    assert not settle(store, waiting.sid, 6, NOON, who="Ola"), "it is settled"
    (deed,) = deeds(store, SUBJECT)
    assert (deed.key, deed.what, deed.who, deed.note) == ("SM-c1", "settled", "kari@example.no", "5")


def test_a_reply_can_be_settled_as_no_score(store: Store, say: Say) -> None:
    say("c1", "takk for sist")
    with pytest.raises(ValueError, match="1 to 10"):
        settle(store, "SM-c1", 11, NOON, who="Ola")
    assert settle(store, "SM-c1", None, NOON, who="Ola")
    assert unclear(store) == []
    assert outcome(store, "c1")["score"] is None
    assert deeds(store, SUBJECT)[0].note == "none"


def test_nobody_settles_nothing(store: Store, say: Say) -> None:
    say("c1", "takk for sist")
    with pytest.raises(ValueError, match="who"):
        settle(store, "SM-c1", 5, NOON, who=" ")
    assert len(unclear(store)) == 1


def test_an_unclear_answer_to_a_yes_or_no_question_is_settled_as_yes_or_no(
    store: Store, settings: Settings, say: Say
) -> None:
    # Which question a contact gets in turn depends on its id; one of these gets "solved".
    ids = [f"c{number}" for number in range(1, 12)]
    for name in ids:
        say(name, "9")
        form = {"MessageSid": f"SM-{name}-2", "From": f"+479123{int(name[1:]):04d}", "Body": "tja"}
        process.receive(store, form, NOON + timedelta(minutes=1))
    process.read_pending(store, settings, NOON + timedelta(minutes=1))
    solved = next(one for one in unclear(store) if one.question == "solved")
    assert highest("solved") == 2
    with pytest.raises(ValueError, match="1 to 2"):
        settle(store, solved.sid, 3, NOON, who="Ola")
    assert settle(store, solved.sid, 1, NOON, who="Ola")
    assert outcome(store, solved.contact_id)["solved"] is True
    assert outcome(store, solved.contact_id)["score"] == 9, "the score is what the customer gave"


def test_a_partner_is_told_of_its_own_contacts_only(store: Store, say: Say) -> None:
    say("c1", "hva? jeg vil klage", partner="Nord")
    say("c2", "hva? jeg vil klage", partner="Sør")
    assert [one.contact_id for one in unclear(store)] == ["c1", "c2"]
    assert [one.contact_id for one in unclear(store, partner="Sør")] == ["c2"]
    assert [one.contact_id for one in to_call(store, NOON, partner="Nord")] == ["c1"]
    assert to_call(store, NOON, partner="Vest") == []


def test_the_most_urgent_call_comes_first(store: Store, say: Say) -> None:
    say("c1", "9, men når kommer fakturaen?", seconds=1)
    say("c2", "1 faen", seconds=2)
    say("c3", "2 jeg vil klage", seconds=3)
    say("c4", "det er en nødsituasjon", seconds=4)
    say("c5", "10 supert", seconds=5)
    say("c6", "3 skandale", seconds=6)
    waiting = to_call(store, NOON + timedelta(hours=1))
    assert [one.contact_id for one in waiting] == ["c4", "c3", "c6", "c1", "c2"]
    assert (waiting[1].score, waiting[1].flags, waiting[1].phone) == (2, ("complaint",), "+4791230003")


@pytest.mark.parametrize(("days", "waits"), [(14, True), (15, False)])
def test_what_is_long_past_is_not_called_about(store: Store, say: Say, days: int, waits: bool) -> None:
    say("c1", "jeg vil klage")
    assert bool(to_call(store, NOON + timedelta(days=days))) == waits


def test_who_has_called_is_written_down_and_can_be_taken_back(store: Store, say: Say) -> None:
    say("c1", "jeg vil klage")
    assert handle(store, "SM-c1", NOON + timedelta(hours=1), who="Kari", note="ringt, ordnet")
    assert not handle(store, "SM-c1", NOON, who="Ola"), "somebody has"
    assert not handle(store, "SM-9", NOON, who="Ola")
    assert to_call(store, NOON + timedelta(hours=1)) == []
    (done,) = handled(store, NOON + timedelta(hours=1))
    assert (done.done_by, done.done_at) == ("Kari", NOON + timedelta(hours=1))
    assert put_back(store, "SM-c1", NOON + timedelta(hours=2), who="Ola")
    assert not put_back(store, "SM-c1", NOON, who="Ola")
    assert len(to_call(store, NOON + timedelta(hours=2))) == 1
    assert [(deed.what, deed.who, deed.note) for deed in deeds(store, SUBJECT, ["SM-c1"])] == [
        ("handled", "Kari", "ringt, ordnet"),
        ("put_back", "Ola", ""),
    ]


@pytest.mark.parametrize("value", [5, None])
def test_what_a_person_has_settled_can_be_taken_back_and_both_are_written_down(
    store: Store, say: Say, value: int | None
) -> None:
    say("c1", "sånn midt på treet")
    settle(store, "SM-c1", value, NOON + timedelta(hours=1), who="Kari")
    (one,) = settled(store)
    assert (one.sid, one.body, one.done_by) == ("SM-c1", "sånn midt på treet", "Kari")
    assert (settled(store, partner="Nord"), settled(store, partner="Sør")) == ([one], [])
    assert unsettle(store, "SM-c1", NOON + timedelta(hours=2), who="Ola")
    assert not unsettle(store, "SM-c1", NOON, who="Ola"), "it waits already"
    assert not unsettle(store, "SM-9", NOON, who="Ola")
    assert (outcome(store, "c1")["score"], settled(store)) == (None, [])
    (waiting,) = unclear(store)
    assert (waiting.body, waiting.score) == ("sånn midt på treet", None)
    assert [(deed.what, deed.who) for deed in deeds(store, SUBJECT)] == [
        ("settled", "Kari"),
        ("unsettled", "Ola"),
    ]
    assert settle(store, "SM-c1", 6, NOON + timedelta(hours=3), who="Ola")
    assert outcome(store, "c1")["score"] == 6


def test_the_score_that_a_settled_one_had_replaced_counts_again(
    store: Store, settings: Settings, say: Say
) -> None:
    say("c1", "7")
    form = {"MessageSid": "SM-2", "From": "+4791230001", "Body": "nei, heller 8 eller 9"}
    process.receive(store, form, NOON + timedelta(minutes=1))
    process.read_pending(store, settings, NOON + timedelta(minutes=1))
    with store.write() as connection:  # asked about the score anew, as after a clarification
        connection.execute(update(reply).where(reply.c.sid == "SM-2").values(question="score"))
        connection.execute(update(reply).where(reply.c.sid == "SM-2").values(kind="unclear"))
    settle(store, "SM-2", 9, NOON + timedelta(hours=1), who="Kari")
    assert outcome(store, "c1")["score"] == 9
    unsettle(store, "SM-2", NOON + timedelta(hours=2), who="Kari")
    assert outcome(store, "c1")["score"] == 7


def _contact(name: str) -> dict[str, Any]:
    values = {"kind": "contact", "digest": "", "received_at": 0, "revision": 1}
    return {**values, "record_id": name, "payload": {"partner": "Nord"}}


@pytest.mark.parametrize("partner", [None, "Nord"])
@pytest.mark.parametrize(
    ("what", "index"),
    [
        (to_call, "reply_to_call"),
        (handled, "reply_handled"),
        (settled, "reply_settled"),
        (unclear, "unsettled"),
    ],
)
def test_a_long_queue_is_read_from_an_index(
    store: Store, what: Callable[..., object], index: str, partner: str | None
) -> None:
    day = int(NOON.timestamp())
    many: list[dict[str, Any]] = [
        {
            "sid": f"SM{n:05}",
            "phone": None,
            "body": "hva?",
            "form": {},
            "received_at": day - n,
            "read_at": day,
            "contact_id": f"c{n}",
            "kind": "unclear" if n % 10 == 1 else "score",
            "urgency": n % 4 if n % 10 == 0 else None,
            "handled_at": day if n % 20 == 0 else None,
            "settled_at": day if n % 10 == 5 else None,
        }
        for n in range(5_000)
    ]
    asked: list[tuple[str, Any]] = []
    with store.write() as connection:
        bulk.insert_rows(connection, reply, many)
        bulk.insert_rows(connection, record, [_contact(f"c{n}") for n in range(5_000)])
        if store.is_postgres:  # which does it by itself, in time
            connection.execute(text("analyze"))

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", hear)
    given = {"partner": partner, "limit": 20} | ({} if what in (unclear, settled) else {"now": NOON})
    what(store, **given)
    event.remove(store.engine, "before_cursor_execute", hear)
    explain = "explain " if store.is_postgres else "explain query plan "
    with store.read() as connection:
        plans = [
            str(connection.exec_driver_sql(explain + statement, values).all())
            for statement, values in asked
            if "FROM reply" in statement
        ]
    assert plans
    assert all(index in plan for plan in plans), plans
