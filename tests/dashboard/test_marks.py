"""A number that changed is marked for two seconds, and only when it really changed."""

from __future__ import annotations

from typing import Any

from dashboard.parts.highlight import Marks

MARKED = "svar-changed"


def test_the_first_look_marks_nothing() -> None:
    assert Marks({}, "view", 0.0).css("csat", "7,4") == ""


def test_a_changed_number_is_marked_until_two_seconds_have_passed() -> None:
    session: dict[Any, Any] = {}
    Marks(session, "view", 0.0).css("csat", "7,4")
    assert Marks(session, "view", 10.0).css("csat", "7,5") == MARKED
    assert Marks(session, "view", 11.99).css("csat", "7,5") == MARKED
    assert Marks(session, "view", 12.0).css("csat", "7,5") == ""


def test_an_unchanged_number_beside_it_is_not_marked() -> None:
    session: dict[Any, Any] = {}
    first = Marks(session, "view", 0.0)
    first.css("csat", "7,4")
    first.css("n", "10")
    second = Marks(session, "view", 10.0)
    assert (second.css("csat", "7,5"), second.css("n", "10")) == (MARKED, "")


def test_choosing_another_view_is_no_change() -> None:
    session: dict[Any, Any] = {}
    Marks(session, "all partners", 0.0).css("csat", "7,4")
    assert Marks(session, "one partner", 1.0).css("csat", "6,1") == ""
