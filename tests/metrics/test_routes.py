"""Given a handful of log rows, which way customers came: self-service first, direct, or nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.given import NOON, contact, link, one, outcome, session

DAY = 86_400
KNOWN: dict[str, Any] = {"customer_key": "k1", "identified": True}


def _others_seen(write: Any, *moments: int) -> None:
    """Sessions of somebody else: by default from two days before noon until after it, every day."""
    given = moments or (NOON - 2 * DAY, NOON - DAY, NOON + 3600)
    write("session", *[session(f"o{at}", "somebody else", at=at) for at in given])


@pytest.mark.parametrize(
    ("before_s", "route", "source"),
    [
        (-1, "direct", "no_session"),  # began after the contact
        (0, "self_service_first", "session"),
        (DAY, "self_service_first", "session"),
        (DAY + 1, "direct", "no_session"),
    ],
)
def test_a_session_within_24_hours_before_the_contact_makes_it_self_service_first(
    write, fresh, facts, before_s, route, source
):
    write("contact", contact(**KNOWN))
    write("session", session(at=NOON - before_s))
    _others_seen(write)
    fresh()
    assert (one(facts)["route"], one(facts)["route_source"]) == (route, source)


def test_the_24_hours_end_when_the_customer_began_to_wait(write, fresh, facts):
    write("contact", contact(**KNOWN, handling_s=300, wait_s=100))
    write("session", session(at=NOON - 399))
    _others_seen(write)
    fresh()
    assert one(facts)["route"] == "direct"


@pytest.mark.parametrize(
    ("seen", "route"),
    [
        ([NOON - DAY, NOON], "direct"),  # all of the 24 hours, to the second
        ([NOON - DAY + 1, NOON], "unknown"),
        ([NOON - DAY, NOON - 1], "unknown"),  # who knows what has not come in yet
        ([NOON], "unknown"),
        ([NOON - 2 * DAY, NOON], "unknown"),  # a day without any lies between
        ([NOON - 2 * DAY, NOON - DAY, NOON + DAY], "unknown"),
        ([NOON - 2 * DAY, NOON - DAY, NOON, NOON + DAY], "direct"),
        ([], "unknown"),
    ],
)
@pytest.mark.parametrize("order", ["contact first", "sessions first", "sessions backwards", "by and by"])
def test_without_a_session_a_contact_is_direct_only_where_sessions_were_tracked_all_the_time_before(
    write, fresh, rebuild, facts, seen, route, order
):
    steps: list[Any] = [lambda: write("contact", contact(**KNOWN))]
    told = seen[::-1] if order == "sessions backwards" else seen
    steps += [lambda at=at: _others_seen(write, at) for at in told]
    if order == "sessions first":
        steps = [*steps[1:], steps[0]]
    for number, step in enumerate(steps):
        step()
        if order != "contact first":
            (rebuild if number % 2 and order == "by and by" else fresh)()
    fresh()
    assert one(facts)["route"] == route


@pytest.mark.parametrize(
    ("flag", "answer", "tracked", "expected"),
    [
        (True, None, False, ("self_service_first", "flag")),
        (False, None, False, ("direct", "flag")),
        (False, True, False, ("direct", "flag")),  # the platform's word before the customer's
        (None, True, False, ("self_service_first", "answer")),
        (None, False, True, ("direct", "answer")),
        (None, None, True, ("direct", "no_session")),
        (None, None, False, ("unknown", "none")),
    ],
)
def test_without_a_session_flag_then_answer_then_tracking_decide(
    write, fresh, facts, flag, answer, tracked, expected
):
    write("contact", contact(**KNOWN, self_service_first=flag))
    write("outcome", outcome(tried_self_service=answer))
    if tracked:
        _others_seen(write)
    fresh()
    assert (one(facts)["route"], one(facts)["route_source"]) == expected


def test_a_session_outranks_a_flag_that_says_no(write, fresh, facts):
    write("contact", contact(**KNOWN, self_service_first=False))
    write("session", session(at=NOON - 60))
    fresh()
    assert one(facts)["route_source"] == "session"


@pytest.mark.parametrize("given", [{"identified": False, "customer_key": "p1"}, {"hour": None, **KNOWN}])
def test_who_is_not_known_or_came_at_no_known_hour_is_never_direct(write, fresh, facts, given):
    write("contact", contact(**given))
    _others_seen(write)
    fresh()
    assert one(facts)["route"] == "unknown"


def test_a_phone_number_that_turns_out_to_be_a_customers_brings_the_session_along(
    write, fresh, rebuild, facts
):
    write("contact", contact(customer_key="p1"))
    write("session", session(customer="k1", at=NOON - 60))
    fresh()
    assert one(facts)["route"] == "unknown"
    write("link", link("p1", "k1"))
    rebuild()  # it is of a day long ago
    assert (one(facts)["route"], one(facts)["customer"]) == ("self_service_first", "k1")
