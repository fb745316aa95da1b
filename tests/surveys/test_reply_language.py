"""A clarification is said in the language of the reply, where there is a wording."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from settings import Settings
from store import Store
from store.schema import message
from surveys.questions import questions
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, answer, rows

SCALE = questions.load().clarification["scale"]


@pytest.mark.parametrize(
    ("replied", "language"),
    [
        ("nie wiem, bardzo długo czekałem", "pl"),
        ("Дуже погано", "uk"),
        ("очень долго ждал", "ru"),
        ("سيئة جدا", "ar"),
        ("sehr lange gewartet", "de"),
        ("vet ikke helt", "nb"),
        ("1 svært fornøyd", "nb"),
        ("hmm", "nb"),
        ("veit ikkje heilt", "nb"),  # two forms of one language: the contact's
    ],
)
def test_who_replies_in_another_language_is_asked_again_in_it(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None], replied: str, language: str
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, replied, NOON + timedelta(minutes=1))
    said = [row.body for row in rows(store, message) if row.purpose == "clarification"]
    assert said == [SCALE[language]]


def test_a_clarification_of_a_score_says_which_end_of_the_scale_is_best() -> None:
    for wording in SCALE.values():
        assert wording.index("1 (") < wording.index("10 (")
