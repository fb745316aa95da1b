"""Given at most a handful of log rows, the facts that come out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.given import NOON, contact, days, link, outcome, sale, session

DAY = 86_400
KNOWN: dict[str, Any] = {"customer_key": "k1", "identified": True}


def _one(facts: Any) -> dict[str, Any]:
    (row,) = facts()
    return dict(row)


@pytest.mark.parametrize(
    ("before_s", "route", "source"),
    [
        (-1, "direct", "no_session"),  # began after the contact
        (0, "self_service_first", "session"),
        (DAY, "self_service_first", "session"),
        (DAY + 1, "unknown", "none"),  # the day before: and nobody was seen on the contact's own day
    ],
)
def test_a_session_within_24_hours_before_the_contact_makes_it_self_service_first(
    write, fresh, facts, before_s, route, source
):
    write("contact", contact(**KNOWN))
    write("session", session(at=NOON - before_s))
    fresh()
    assert (_one(facts)["route"], _one(facts)["route_source"]) == (route, source)


def test_the_24_hours_end_when_the_customer_began_to_wait(write, fresh, facts):
    write("contact", contact(**KNOWN, handling_s=300, wait_s=100))
    write("session", session(at=NOON - 399))
    fresh()
    assert _one(facts)["route"] == "direct"


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
        write("session", session(customer="somebody else"))
    fresh()
    assert (_one(facts)["route"], _one(facts)["route_source"]) == expected


def test_a_session_outranks_a_flag_that_says_no(write, fresh, facts):
    write("contact", contact(**KNOWN, self_service_first=False))
    write("session", session(at=NOON - 60))
    fresh()
    assert _one(facts)["route_source"] == "session"


@pytest.mark.parametrize("given", [{"identified": False, "customer_key": "p1"}, {"hour": None, **KNOWN}])
def test_who_is_not_known_or_came_at_no_known_hour_is_never_direct(write, fresh, facts, given):
    write("contact", contact(**given))
    write("session", session(customer="somebody else"))
    fresh()
    assert _one(facts)["route"] == "unknown"


def test_a_phone_number_that_turns_out_to_be_a_customers_brings_the_session_along(write, fresh, facts):
    write("contact", contact(customer_key="p1"))
    write("session", session(customer="k1", at=NOON - 60))
    fresh()
    assert _one(facts)["route"] == "unknown"
    write("link", link("p1", "k1"))
    fresh()
    assert (_one(facts)["route"], _one(facts)["customer"]) == ("self_service_first", "k1")


@pytest.mark.parametrize(
    ("given", "told", "state"),
    [
        ({}, None, ("waiting", "new", False, False, None, "")),
        ({"source": "import:x"}, None, ("not_asked", "imported", False, False, None, "")),
        ({"source": "import:x", "asked": True}, None, ("not_asked", "imported", True, True, None, "")),
        (
            {"source": "import:x", "asked": True, "score": 7},
            None,
            ("not_asked", "imported", True, True, 7, "imported"),
        ),
        ({"score": 7}, {"state": "skipped", "reason": "no_number", "eligible": False, "sent": False,
          "delivered": False}, ("skipped", "no_number", True, True, 7, "imported")),
        ({"score": 7}, {"score": 3}, ("asked", "asked", True, True, 3, "sms")),
        ({}, {"score": 3, "score_source": "web"}, ("asked", "asked", True, True, 3, "web")),
        ({}, {"score": 3, "late": True}, ("asked", "asked", True, True, None, "")),
        ({}, {"score": 3, "delivered": False}, ("asked", "asked", True, True, 3, "sms")),
        ({}, {"state": "waiting", "reason": "quiet_hours", "eligible": None, "sent": False,
          "delivered": False}, ("waiting", "quiet_hours", False, False, None, "")),
    ],
)  # fmt: skip
def test_the_survey_of_a_contact(write, fresh, facts, given, told, state):
    write("contact", contact(**given))
    if told is not None:
        write("outcome", outcome(**told))
    fresh()
    row = _one(facts)
    found = (row["survey_state"], row["survey_reason"], row["eligible"], row["delivered"], row["score"])
    assert (*found, row["score_source"]) == state


@pytest.mark.parametrize(
    ("given", "sales", "expected"),
    [
        ({}, [], (False, False, 0)),
        ({"hit": False}, [], (False, True, 0)),
        ({"hit": True, "hit_value_minor": 5000}, [], (True, True, 5000)),
        ({"hit": True, "hit_value_minor": 5000}, [{}], (True, True, 10000)),
        ({}, [{}, {"sale_id": "s2"}], (True, True, 20000)),
        ({}, [{}, {}], (True, True, 10000)),  # the same sale told twice
        ({}, [{"currency": "EUR"}], (True, True, 0)),
        ({}, [{"value_minor": None}], (True, True, 0)),
    ],
)
def test_a_hit_is_a_sale_or_the_files_word_and_sales_give_the_value(
    write, fresh, facts, given, sales, expected
):
    write("contact", contact(**given))
    if sales:
        write("sale", *[sale(**one) for one in sales])
    fresh()
    row = _one(facts)
    assert (row["hit"], row["sale_known"], row["value_minor"]) == expected


def test_of_several_versions_the_one_accepted_last_counts(log, fresh, facts):
    rows = [
        contact(topic="new") | {"accepted_us": 2, "seq": 9},
        contact(topic="newest") | {"accepted_us": 2, "seq": 10},
        contact(topic="old") | {"accepted_us": 1, "seq": 99},
    ]
    log.append("contact", rows)
    fresh()
    assert _one(facts)["topic"] == "newest"


def test_a_sale_that_moves_to_another_contact_leaves_the_first(write, fresh, fold, facts):
    write("contact", contact("c1"), contact("c2", at=NOON + days(3)))
    write("sale", sale(contact_id="c1"))
    fold()
    write("sale", sale(contact_id="c2"))
    fresh()
    assert [row["hit"] for row in facts()] == [False, True]


@pytest.mark.parametrize(
    ("gap_s", "second", "returned"),
    [
        (7 * DAY, {}, True),
        (7 * DAY + 1, {}, False),
        (DAY, {"topic": "fault"}, False),
        (DAY, {"customer_key": "k2"}, False),
        (DAY, {"partner": "B", "channel": "chat"}, True),
        (DAY, {"answered": False}, True),
        (DAY, {"customer_key": "p1", "identified": False}, True),  # linked to k1
    ],
)
def test_a_customer_who_comes_back_about_the_same_within_7_days_was_not_helped(
    write, fresh, facts, gap_s, second, returned
):
    write("link", link("p1", "k1"))
    write("contact", contact("c1", **KNOWN))
    fresh()
    write("contact", contact("c2", at=NOON + gap_s, **KNOWN) | second)
    fresh()
    first, last = facts()
    assert (first["return_known"], first["returned_at"]) == (True, NOON + gap_s if returned else None)
    assert last["returned_at"] is None


@pytest.mark.parametrize("given", [{"customer_key": ""}, {"customer_key": "k1", "topic": ""}])
def test_without_customer_or_topic_nobody_knows_who_came_back(write, fresh, facts, given):
    write("contact", contact("c1", **given), contact("c2", at=NOON + 60, **given))
    fresh()
    assert [row["return_known"] for row in facts()] == [False, False]


def test_a_reply_before_its_contact_waits_for_it(write, fresh, facts, lake):
    write("outcome", outcome(score=9))
    fresh()
    assert facts() == []
    assert lake.version().orphans
    write("contact", contact())
    fresh()
    assert _one(facts)["score"] == 9
    assert not lake.version().orphans
