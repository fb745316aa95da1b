"""Many replies at once: stored before they are answered, a stop heard by then, no other forgotten."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from settings import Settings
from store import Store
from store.schema import opt_out, reply
from surveys.replies import process
from surveys.replies.inbox import Inbox
from surveys.replies.storing import FEW, Storing
from tests.surveys.conftest import NOON

STOPPING = "+4791230003"


def form(number: int, body: str) -> dict[str, str]:
    return {"MessageSid": f"SM{number:03}", "From": f"+479123{number:04}", "Body": body}


def many(stop_at: int | None = None) -> list[dict[str, str]]:
    return [form(n, "STOPP" if n == stop_at else "8") for n in range(FEW)]


def unread(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.scalars(select(reply.c.phone).where(reply.c.read_at.is_(None))))


def stopped(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(opt_out.c.phone)))


def test_few_are_read_with_what_stores_them_and_many_after_their_answer(
    settings: Settings, store: Store
) -> None:
    storing = Storing(settings, store, lambda: None)
    storing.write_down(many()[1:], NOON)
    assert unread(store) == set()
    storing.write_down([form(100 + n, "8") for n in range(FEW)], NOON)
    assert len(unread(store)) == FEW
    storing.write_down([form(200, "8")], NOON)  # waits with them, or it would be read before them
    assert len(unread(store)) == FEW + 1
    storing.read_waiting()
    assert unread(store) == set()


def test_a_stop_among_many_is_heard_before_its_answer_after_all_else_from_its_number(
    settings: Settings, store: Store
) -> None:
    storing = Storing(settings, store, lambda: None)
    storing.write_down(many(), NOON)
    assert (stopped(store), STOPPING in unread(store)) == ([], True)
    storing.write_down(
        [form(900 + n, "8") for n in range(FEW)] + [form(3, "Stopp!") | {"MessageSid": "SMX"}], NOON
    )
    assert stopped(store) == [STOPPING]
    assert STOPPING not in unread(store)
    assert len(unread(store)) == 2 * FEW - 1


def test_a_stop_is_heard_at_once_however_much_has_waited_since_before(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.replies.storing.TOGETHER", 2)
    for one in many():
        process.receive(store, one, NOON)
    Storing(settings, store, lambda: None).write_down([form(3, "Stopp!") | {"MessageSid": "SMX"}], NOON)
    assert stopped(store) == [STOPPING]


def test_all_of_many_are_read_in_the_end_with_one_word_to_whoever_waits_for_them(
    settings: Settings, store: Store
) -> None:
    async def all_at_once() -> None:
        read = asyncio.Event()
        loop = asyncio.get_running_loop()

        def told() -> None:
            loop.call_soon_threadsafe(read.set)

        inbox = Inbox(settings, store, told)
        await asyncio.gather(*(inbox.put(form(n, "8")) for n in range(300)))
        while unread(store):
            await read.wait()
            read.clear()

    asyncio.run(all_at_once())
    with store.read() as connection:
        assert [row.score for row in connection.execute(select(reply))] == [8] * 300
