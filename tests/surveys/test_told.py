"""What others see of a survey: the customer on the phone, the team lead on the board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from settings import Settings
from store import Store, feed
from store.schema import slot
from surveys.desk import today
from surveys.sending.worker import Worker
from surveys.web.simulated_phone import Phone
from tests.surveys.conftest import NOON, PHONE, answer, rows

Ended = Callable[..., None]


def test_the_phones_show_the_conversation_in_order(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "2", NOON + timedelta(minutes=1))
    worker.step(NOON + timedelta(minutes=1))
    bodies = [message.body for message in Phone(settings, store).messages(PHONE)]
    assert bodies[0].startswith("Hei! Hvor fornøyd")
    assert bodies[1].startswith("Takk for svaret, og beklager")


def test_recent_answers_are_those_of_the_partner(
    store: Store, settings: Settings, worker: Worker, ended: Ended
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "9 – ring 912 34 567, hilsen Ola", NOON)
    (recent,) = today.recent_answers(store, NOON, "Nord", 10)
    assert (recent.score, recent.partner, recent.agent) == (9, "Nord", "Kari Nordmann")
    assert "912" not in recent.comment
    assert today.recent_answers(store, NOON, "Sør", 10) == []
    comments = [row.payload["text"] for row in feed.history(store, "c1") if row.kind == "comment"]
    assert comments == ["9 – ring […], hilsen Ola"]


def test_a_reply_from_an_unknown_number_is_kept_and_belongs_to_nobody(
    store: Store, settings: Settings
) -> None:
    answer(store, settings, "8", NOON)
    with store.read() as connection:
        kept = connection.execute(text("select contact_id, kind, score from reply")).one()
    assert tuple(kept) == (None, "score", 8)
    assert rows(store, slot) == []
