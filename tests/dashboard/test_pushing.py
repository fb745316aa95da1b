"""Which open pages are drawn again, and when. That real sessions obey is held by the journey."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState

from dashboard import push


class FakeSession:
    """As much of a Streamlit session as is asked for a run."""

    def __init__(self) -> None:
        self._scriptrunner: object | None = None
        self._client_state = ClientState(query_string="viewer=lead")
        self.asked: list[ClientState] = []

    def request_rerun(self, state: ClientState) -> None:
        self.asked.append(state)
        self._scriptrunner = object()


class State:
    """A source whose state a test sets; equal to itself alone."""

    def __init__(self) -> None:
        self.now, self.looks = "old", 0

    def look(self) -> str:
        self.looks += 1
        return self.now


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    connected: dict[str, Any] = {}
    monkeypatch.setattr(push, "_sessions", lambda: connected)
    push.clear()
    yield connected
    push.clear()


def open_page(
    sessions: dict[str, Any], name: str, source: push.Source, shown: object, rests_until: float = 0.0
) -> FakeSession:
    sessions[name] = FakeSession()
    push._pages[name] = push._Page(source, shown, "the-fragment", rests_until)
    return sessions[name]  # type: ignore[no-any-return]


def look_round() -> bool:
    return asyncio.run(push._round())


def test_a_page_that_is_behind_is_drawn_with_its_own_widgets_and_address(sessions: dict[str, Any]) -> None:
    state = State()
    source = push.Source(state.look, (), 0.0)
    behind, level = open_page(sessions, "a", source, "older"), open_page(sessions, "b", source, "old")
    assert look_round()
    (asked,) = behind.asked
    assert (asked.fragment_id, asked.query_string) == ("the-fragment", "viewer=lead")
    assert not level.asked


def test_a_page_is_left_alone_while_it_rests_or_is_being_drawn(sessions: dict[str, Any]) -> None:
    source = push.Source(State().look, (), 0.0)
    rests = open_page(sessions, "a", source, "older", rests_until=float("inf"))
    drawn = open_page(sessions, "b", source, "older")
    drawn._scriptrunner = object()
    look_round()
    assert not rests.asked
    assert not drawn.asked


def test_who_has_waited_longest_comes_first_and_few_at_a_time(sessions: dict[str, Any]) -> None:
    source = push.Source(State().look, (), 0.0)
    pages = [open_page(sessions, str(at), source, "older", rests_until=-at) for at in range(4)]
    look_round()
    assert [bool(page.asked) for page in pages] == [False, False, True, True]
    pages[3]._scriptrunner = None  # its drawing is over, but it did not say what it shows
    look_round()
    assert [bool(page.asked) for page in pages] == [False, True, True, True]


def test_pages_of_another_source_have_a_turn_of_their_own(sessions: dict[str, Any]) -> None:
    slow, quick = (push.Source(State().look, (), 0.0) for _ in range(2))
    for at in range(3):
        open_page(sessions, f"slow {at}", slow, "older", rests_until=-at)
    page = open_page(sessions, "quick", quick, "older")
    look_round()
    assert page.asked


def test_a_source_is_looked_at_once_for_all_pages(sessions: dict[str, Any]) -> None:
    state = State()
    source = push.Source(state.look, (), 3_600.0)
    for name in "abc":
        open_page(sessions, name, source, "old")
    look_round()
    look_round()
    assert push.latest(source) == "old"
    assert state.looks == 1


def test_pages_that_were_closed_are_forgotten_and_what_they_watched(sessions: dict[str, Any]) -> None:
    source = push.Source(State().look, (), 0.0)
    open_page(sessions, "a", source, "older")
    look_round()
    sessions.clear()
    look_round()
    assert not push._pages
    assert not push._kept
