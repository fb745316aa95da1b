"""Old replies can be read again, and what no parser reads a person settles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from settings import Settings
from store import Store
from store.schema import answer, reply
from surveys import replies
from surveys.rescoring import reread, settle, unclear
from surveys.worker import Worker
from tests.surveys.conftest import NOON, PHONE, outcome


@pytest.fixture
def replied(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> Callable[[str], None]:
    ended("c1")
    worker.step(NOON)

    def reply_with(body: str) -> None:
        replies.receive(store, {"MessageSid": "SM1", "From": PHONE, "Body": body}, NOON)
        replies.read_pending(store, settings, NOON)

    return reply_with


def test_reading_again_shows_what_would_change_and_changes_it_only_when_told(
    store: Store, replied: Callable[[str], None]
) -> None:
    replied("Jeg gir 9")
    _as_an_older_parser_read_it(store, "unclear", None)
    (change,) = reread(store, NOON, apply=False)
    assert (change.sid, change.before, change.after) == ("SM1", "unclear", "9")
    assert outcome(store, "c1")["score"] is None
    assert reread(store, NOON, apply=True) == [change]
    assert outcome(store, "c1")["score"] == 9
    assert reread(store, NOON, apply=True) == []


def test_a_score_that_was_misread_is_taken_back(store: Store, replied: Callable[[str], None]) -> None:
    replied("ringte 2 ganger")
    _as_an_older_parser_read_it(store, "score", 2)
    (change,) = reread(store, NOON, apply=True)
    assert (change.before, change.after) == ("2", "unclear")
    assert outcome(store, "c1")["score"] is None


def test_a_person_settles_an_unclear_reply_once(store: Store, replied: Callable[[str], None]) -> None:
    replied("sånn midt på treet")
    (waiting,) = unclear(store)
    assert (waiting.contact_id, waiting.body, waiting.question) == ("c1", "sånn midt på treet", "score")
    assert settle(store, waiting.sid, 5, NOON + timedelta(hours=1))
    assert (outcome(store, "c1")["score"], outcome(store, "c1")["score_source"]) == (5, "hand")
    assert unclear(store) == []
    assert not settle(store, waiting.sid, 6, NOON), "it is settled"
    assert reread(store, NOON, apply=True) == [], "what a person has settled stays"


def test_a_reply_can_be_settled_as_no_score(store: Store, replied: Callable[[str], None]) -> None:
    replied("takk for sist")
    assert settle(store, "SM1", None, NOON)
    assert unclear(store) == []
    assert outcome(store, "c1")["score"] is None
    with pytest.raises(ValueError, match="1 to 10"):
        settle(store, "SM1", 11, NOON)


def _as_an_older_parser_read_it(store: Store, kind: str, score: int | None) -> None:
    with store.write() as connection:
        connection.execute(update(reply).values(kind=kind, score=score, parser="older"))
        connection.execute(answer.delete())
        if score is not None:
            connection.execute(
                answer.insert().values(
                    contact_id="c1", question="score", value=score, answered_at=1, source="sms"
                )
            )
            assert connection.scalar(select(answer.c.value)) == score
    if score is None:
        from surveys import outcomes

        with store.write() as connection:
            outcomes.append_changed(connection, ["c1"], NOON)
