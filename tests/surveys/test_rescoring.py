"""Old replies can be read again, with today's parser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from settings import Settings
from store import Store
from store.schema import answer, opt_out, reply
from surveys.desk.queue import settle
from surveys.replies import process
from surveys.replies.reread import reread
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE, outcome


@pytest.fixture
def replied(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> Callable[[str], None]:
    ended("c1")
    worker.step(NOON)

    def reply_with(body: str) -> None:
        process.receive(store, {"MessageSid": "SM1", "From": PHONE, "Body": body}, NOON)
        process.read_pending(store, settings, NOON)

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


def test_what_a_person_has_settled_stays(store: Store, replied: Callable[[str], None]) -> None:
    replied("sånn midt på treet")
    assert settle(store, "SM1", 5, NOON + timedelta(hours=1), who="Kari")
    assert reread(store, NOON, apply=True) == []
    assert outcome(store, "c1")["score"] == 5


def test_a_misread_score_gives_way_to_the_one_it_had_replaced(
    store: Store, settings: Settings, replied: Callable[[str], None]
) -> None:
    replied("8")
    second = {"MessageSid": "SM2", "From": PHONE, "Body": "nettet falt ut 3 ganger"}
    process.receive(store, second, NOON + timedelta(minutes=5))
    process.read_pending(store, settings, NOON + timedelta(minutes=5))
    with store.write() as connection:
        misread = update(reply).where(reply.c.sid == "SM2")
        connection.execute(misread.values(kind="score", score=3, question="", parser="older"))
        connection.execute(update(answer).values(value=3, answered_at=reply_at(store)))
    (change,) = reread(store, NOON, apply=True)
    assert (change.sid, change.before, change.after) == ("SM2", "3", "unclear")
    assert outcome(store, "c1")["score"] == 8


def test_a_stop_that_was_overlooked_counts_when_it_is_read_again(
    store: Store, replied: Callable[[str], None]
) -> None:
    replied("Bra service. STOPP")
    _as_an_older_parser_read_it(store, "unclear", None)
    with store.write() as connection:
        connection.execute(opt_out.delete())
    (change,) = reread(store, NOON, apply=False)
    assert (change.before, change.after) == ("unclear", "opt_out")
    assert stopped(store) == []
    reread(store, NOON, apply=True)
    assert stopped(store) == [PHONE]


def test_an_overlooked_stop_does_not_undo_a_later_start(
    store: Store, settings: Settings, replied: Callable[[str], None]
) -> None:
    replied("Bra service. STOPP")
    _as_an_older_parser_read_it(store, "unclear", None)
    process.receive(store, {"MessageSid": "SM2", "From": PHONE, "Body": "START"}, NOON + timedelta(hours=1))
    process.read_pending(store, settings, NOON + timedelta(hours=1))
    assert reread(store, NOON, apply=True) == []
    assert stopped(store) == []


def stopped(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(opt_out.c.phone)))


def reply_at(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(reply.c.received_at).where(reply.c.sid == "SM2")) or 0)


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
        from surveys.ledger import snapshots

        with store.write() as connection:
            snapshots.append_changed(connection, ["c1"], NOON)
