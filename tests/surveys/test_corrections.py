"""A question is open when the customer can have got it; until then a reply corrects the answer before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from settings import Settings
from store import Store
from store.schema import answer as given
from store.schema import message, reply, survey
from surveys.parser.read import read
from surveys.questions.questions import load
from surveys.replies import process
from surveys.replies.conversation import Talk, turn
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE, answer, outcome, rows

BOOK = load()
EVENING = NOON + timedelta(hours=8, minutes=59)  # 20:59 in Oslo
NIGHT = NOON + timedelta(hours=10)  # 22:00
MORNING = NOON + timedelta(hours=21)  # 09:00
SCORED = Talk("c1", "", 2, {"score": 1}, pending="reason")  # the follow-up waits for the morning
ASKED = Talk("c1", "solved", 2, {"score": 9})  # the customer has the follow-up
ANSWERED = Talk("c1", "", 2, {"score": 9, "solved": 1})


@pytest.mark.parametrize(
    ("talk", "body", "question", "value"),
    [
        (SCORED, "Beklager, mente 10", "score", 10),
        (SCORED, "10", "score", 10),
        (SCORED, "1", "score", 1),
        (ASKED, "jeg mente 9", "score", 9),
        (ASKED, "mente 2", "score", 2),
        (ASKED, "Eg meinte 3", "score", 3),
        (ASKED, "I meant 3", "score", 3),
        (ASKED, "sorry, 9", "score", 9),
        (ASKED, "sorry, 2", "solved", 2),
        (ASKED, "2", "solved", 2),
        (ANSWERED, "2", "solved", 2),
        (ANSWERED, "mente nei", "solved", 2),
        (ANSWERED, "3", "score", 3),
        (replace(ASKED, question="self_help"), "mente 10", "score", 10),
        (replace(ASKED, question="reason"), "mente 10", "score", 10),
        (replace(ASKED, question="reason"), "ventet i 8 dager", "reason", None),
        (replace(ASKED, question="reason"), "jeg mente dere skulle ringt meg innen 8 dager", "reason", None),
        (Talk("c1", "score", 1), "mente 10", "score", 10),
    ],
)  # fmt: skip
def test_a_reply_answers_what_is_open_or_corrects_the_last_answer(
    talk: Talk, body: str, question: str, value: int | None
) -> None:
    done = turn(talk, body, BOOK)
    assert (done.answered, done.value) == (question, value)
    assert done.corrects == (question in talk.answers)
    assert not done.clarify


@pytest.mark.parametrize(
    ("body", "courtesy"),
    [
        ("takk", True),
        ("Tusen takk!", True),
        ("👍", True),
        ("👍👍🙏", True),
        ("Takk for det. Ha en fin dag!", True),
        ("Mvh Kari Nordmann", True),
        ("Takk\n\nMed vennlig hilsen\nOla Nordmann", True),
        ("Thanks, you too", True),
        ("Дякую!", True),
        ("Liked “Takk! Ble saken løst første gang du tok kontakt? Svar 1 for ja, 2 for nei.”", True),
        ("Likte «Takk! Ble saken løst?»", True),
        ("> Takk! Ble saken løst første gang?", True),
        ("", True),
        ("   ", True),
        ("God jul til dere", True),
        ("i like måte", True),
        ("❤️", True),
        ("Reagerte med 👍 på «Takk! Ble saken løst første gang du tok kontakt?»", True),
        ("👎", False),
        ("ja takk", False),
        ("nei", False),
        ("hva?", False),
        ("takk?", False),
        ("takk for ingenting", False),
        ("mvh 2", False),
        ("Hilsen fra oss som fortsatt venter på svar", False),
        ("ring meg", False),
        ('Jeg sa "nei" til han', False),
        ("ja", False),
        ("2", False),
    ],
)
def test_a_courtesy_costs_no_clarification(body: str, courtesy: bool) -> None:
    assert read(body).courtesy is courtesy
    done = turn(ASKED, body, BOOK)
    assert (done.kind == "courtesy") is courtesy
    if courtesy:
        assert (done.question, done.answered, done.clarify) == ("solved", "", False)


def test_before_any_score_a_courtesy_is_asked_again() -> None:
    assert turn(Talk("c1", "score", 1), "takk", BOOK).clarify


@pytest.mark.parametrize(("value", "pending", "sends"), [("10", "reason", True), ("2", "reason", False)])
def test_a_correction_chooses_the_waiting_question_anew(value: str, pending: str, sends: bool) -> None:
    done = turn(replace(SCORED, pending=pending), f"mente {value}", BOOK)
    assert (done.drop, bool(done.send)) == (sends, sends)
    assert done.send != "reason"
    assert done.question == (done.send or pending)


@pytest.mark.parametrize(("value", "question"), [("10", ""), ("2", "reason")])
def test_what_has_been_asked_stays_open_only_where_it_still_applies(value: str, question: str) -> None:
    asked = Talk("c1", "reason", 2, {"score": 1})
    assert turn(asked, f"mente {value}", BOOK).question == question


def test_a_second_answer_takes_the_place_of_a_waiting_clarification() -> None:
    done = turn(Talk("c1", "score", 2, pending="score", clarified=True), "9", BOOK)
    assert (done.answered, done.drop, bool(done.send)) == ("score", True, True)
    assert not turn(Talk("c1", "score", 2, pending="score"), "hva?", BOOK).clarify


def asked_in_the_evening(worker: Worker, ended: Callable[..., None]) -> None:
    ended("c1", at=EVENING)
    worker.step(EVENING)


def out(store: Store) -> list[tuple[str, str]]:
    order = (message.c.created_at, message.c.message_id)
    with store.read() as connection:
        sent = connection.execute(
            select(message).where(message.c.state == "delivered").order_by(*order)
        ).all()
    return [(row.purpose, row.question) for row in sent]


def test_in_quiet_hours_a_second_number_corrects_the_score(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    asked_in_the_evening(worker, ended)
    answer(store, settings, "1", NIGHT, "SM1")
    worker.step(NIGHT)
    answer(store, settings, "Beklager, mente 10", NIGHT + timedelta(minutes=1), "SM2")
    assert outcome(store, "c1")["score"] == 10
    history = [(r.sid, r.score, r.flags) for r in sorted(rows(store, reply), key=lambda r: r.sid)]
    assert history == [("SM1", 1, []), ("SM2", 10, ["correction"])]
    worker.step(MORNING)
    sent = out(store)
    assert len(sent) == 2, "one question in the morning"
    assert sent[1][1] != "reason", "nobody who gave 10 is asked what went wrong"
    # Now the question is out, and 1 is its answer.
    answer(store, settings, "1", MORNING + timedelta(minutes=1), "SM3")
    assert outcome(store, "c1")["score"] == 10


def test_two_questions_never_go_out_together_in_the_morning(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    asked_in_the_evening(worker, ended)
    for minute, body in enumerate(["hva?", "9", "takk", "mente 8", "hæ?", "8"]):
        answer(store, settings, body, NIGHT + timedelta(minutes=minute), f"SM{minute}")
        worker.step(NIGHT + timedelta(minutes=minute))
    worker.step(MORNING)
    assert [purpose for purpose, _ in out(store)] == ["opening", "follow_up"]
    (asked,) = rows(store, survey)
    assert asked.messages == 2


@pytest.mark.parametrize(
    ("state", "answered"),
    [("ready", "score"), ("not_sent", "score"), ("failed", "score"), ("claimed", "solved"),
     ("unknown", "solved"), ("sent", "solved")],
)  # fmt: skip
def test_a_number_answers_a_follow_up_that_the_carrier_can_have(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None], state: str, answered: str
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "9", NOON, "SM1")
    with store.write() as connection:
        connection.execute(update(survey).values(question="solved"))
        follow_up = update(message).where(message.c.purpose == "follow_up")
        connection.execute(follow_up.values(question="solved", state=state))
    answer(store, settings, "2", NOON + timedelta(minutes=1), "SM2")
    values = {row.question: row.value for row in rows(store, given)}
    assert values == ({"score": 2} if answered == "score" else {"score": 9, "solved": 2})


def test_who_answers_on_the_page_meanwhile_gets_no_follow_up_by_sms(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "9", NOON, "SM1")
    with store.write() as connection:
        connection.execute(update(survey).values(question=""))
    worker.step(NOON + timedelta(seconds=2))
    assert [purpose for purpose, _ in out(store)] == ["opening"]


def test_a_stop_at_night_leaves_nothing_for_the_morning(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    asked_in_the_evening(worker, ended)
    at: datetime = NIGHT
    for sid, body in (("SM1", "9"), ("SM2", "STOPP"), ("SM3", "mente 8")):
        process.receive(store, {"MessageSid": sid, "From": PHONE, "Body": body}, at)
    process.read_pending(store, settings, at)
    worker.step(MORNING)
    assert [purpose for purpose, _ in out(store)] == ["opening"]
    assert outcome(store, "c1")["score"] == 8


@pytest.mark.parametrize(("later", "sent"), [(-1, ["opening", "follow_up"]), (0, ["opening", "opening"])])
def test_a_follow_up_gives_way_to_the_question_about_a_later_contact(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None], later: int, sent: list[str]
) -> None:
    """Both wait; a second before the 24 hours are over only the follow-up can go out."""
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "9", NOON + timedelta(hours=1))
    tomorrow = NOON + timedelta(days=1, seconds=later)
    ended("c2", at=tomorrow)
    worker.step(tomorrow)
    assert [purpose for purpose, _ in out(store)] == sent
