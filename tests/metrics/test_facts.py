"""Given at most a handful of log rows, the facts that come out."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.build.audit import check
from metrics.inference import time_bin
from tests.metrics.given import NOON, case, contact, days, link, one, outcome, sale

DAY = 86_400
KNOWN: dict[str, Any] = {"customer_key": "k1", "identified": True}


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
    row = one(facts)
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
        ({}, [{"cancelled": True}], (False, True, 0)),
        ({}, [{"cancelled": True}, {"sale_id": "s2"}], (True, True, 10000)),
        ({}, [{}, {"cancelled": True}], (False, True, 0)),  # the same sale, called off later
        ({"hit": True, "hit_value_minor": 5000}, [{"cancelled": True}], (False, True, 0)),
    ],
)
def test_a_hit_is_a_sale_or_the_files_word_and_sales_give_the_value(
    write, fresh, facts, given, sales, expected
):
    write("contact", contact(**given))
    if sales:
        write("sale", *[sale(**one) for one in sales])
    fresh()
    row = one(facts)
    assert (row["hit"], row["sale_known"], row["value_minor"]) == expected


def test_of_several_versions_the_one_accepted_last_counts(log, fresh, facts):
    rows = [
        contact(topic="new") | {"accepted_us": 2, "seq": 9},
        contact(topic="newest") | {"accepted_us": 2, "seq": 10},
        contact(topic="old") | {"accepted_us": 1, "seq": 99},
    ]
    log.append("contact", rows)
    fresh()
    assert one(facts)["topic"] == "newest"


def test_a_sale_that_moves_to_another_contact_leaves_the_first(write, fresh, rebuild, facts):
    write("contact", contact("c1"), contact("c2", at=NOON + days(3)))
    write("sale", sale(contact_id="c1"))
    rebuild()
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
    assert lake.version().waiting
    write("contact", contact())
    fresh()
    assert one(facts)["score"] == 9
    assert not lake.version().waiting


@pytest.mark.parametrize(
    ("told", "product", "weighted"),
    [
        ([{}], {}, 10_000),  # of products that nobody weighs each krone counts once
        ([{}], {"product": "fibre", "progression_milli": 1500}, 15_000),
        ([{}], {"product": "tv", "progression_milli": 1500}, 10_000),
        ([{"product": "tv"}, {"sale_id": "s2"}], {"product": "tv", "progression_milli": 500}, 15_000),
        ([{"cancelled": True}], {"product": "fibre", "progression_milli": 1500}, 0),
        ([{"currency": "EUR"}], {"product": "fibre", "progression_milli": 1500}, 0),
        ([{"value_minor": 333}], {"product": "fibre", "progression_milli": 1}, 0.333),
    ],
)
@pytest.mark.parametrize("stated", ["before", "later"])
def test_value_counts_as_much_as_its_product_whenever_that_is_stated(
    write, rebuild, facts, told, product, weighted, stated
):
    steps = [
        lambda: write("product", *[product] if product else []),
        lambda: (write("contact", contact()), write("sale", *[sale(**one) for one in told])),
    ]
    for step in steps if stated == "before" else reversed(steps):
        step()
        rebuild()
    assert one(facts)["weighted_milli"] == pytest.approx(weighted * 1000)


@pytest.mark.parametrize(
    ("given", "closed_s", "expected"),
    [
        ({}, None, (True, None)),
        ({}, 3600, (False, 3600)),
        ({"handling_s": 300, "wait_s": 60}, 3600, (False, 3960)),  # from when the customer began
        ({}, 0, (False, 0)),
        ({}, -1, (False, None)),  # closed before anybody got in touch
        ({"hour": None}, 3600, (False, None)),
        ({"case_id": ""}, 3600, (None, None)),
        ({"case_id": "another"}, 3600, (None, None)),
    ],
)
def test_a_case_lasts_from_its_first_contact_until_it_is_closed(
    write, fresh, facts, given, closed_s, expected
):
    write("contact", contact(**{"case_id": "m1"} | given))
    write("case", case("m1", at=NOON - 60, closed_at=None if closed_s is None else NOON + closed_s))
    fresh()
    row = one(facts)
    assert (row["case_open"], row["resolution_s"]) == expected
    assert (row["resolution_bin"] is None) == (expected[1] is None)


def test_of_several_contacts_the_earliest_has_the_case_whenever_it_comes(write, fresh, rebuild, facts):
    write("case", case("m1", closed_at=NOON + 10 * DAY))
    write("contact", contact("c2", at=NOON + DAY, case_id="m1"))
    rebuild()
    assert [row["resolution_s"] for row in facts()] == [9 * DAY]
    write("contact", contact("c1", case_id="m1", partner="B"))
    fresh()
    assert [row["resolution_s"] for row in facts()] == [10 * DAY, None]
    write("case", case("m1", closed_at=NOON + 20 * DAY))
    fresh()
    assert [row["resolution_s"] for row in facts()] == [20 * DAY, None]
    write("contact", contact("c1", case_id="", partner="B"))
    fresh()
    assert [row["resolution_s"] for row in facts()] == [None, 19 * DAY]


@pytest.mark.parametrize("seconds", [259_200, 259_201, 262_799, 262_800, 86_400 * 400, 86_400 * 4000])
def test_long_cases_stand_in_the_bin_of_their_hour_and_of_ten_years_at_most(write, fresh, facts, seconds):
    write("contact", contact(case_id="m1"))
    write("case", case("m1", closed_at=NOON + seconds))
    fresh()
    longest = min(seconds, 86_400 * 3650)
    assert one(facts)["resolution_bin"] in {time_bin(longest), time_bin(longest - longest % 3600)}


def test_a_score_on_another_scale_is_counted_and_is_no_score(write, fresh, facts):
    given: dict[str, Any] = {
        "source": "import:x",
        "asked": True,
        "score": None,
        "score_given": 4,
        "score_scale": "1-5",
    }
    write("contact", contact(**given))
    fresh()
    row = one(facts)
    assert (row["score"], row["delivered"], row["other_scale"]) == (None, True, True)
    write("sale", sale())
    fresh()
    assert one(facts)["other_scale"]


@pytest.mark.parametrize("bring", ["fresh", "rebuild"])
def test_what_cannot_be_true_is_in_quarantine_and_shown_until_it_is_sent_again(
    request, settings, write, facts, bring
):
    def quarantine() -> list[dict[str, Any]]:
        (found,) = [result for result in check(settings) if result["check"] == "rows_in_quarantine"]
        assert found["level"] == "warn"
        return list(found["examples"])

    again = request.getfixturevalue(bring)
    write("contact", contact("good"), contact("bad", score=11), contact("worse", wait_s=-5))
    again()
    assert [row["contact_id"] for row in facts()] == ["good"]
    assert {(row["kind"], row["key"], row["field"], row["value"]) for row in quarantine()} == {
        ("contact", "bad", "score", "11"),
        ("contact", "worse", "wait_s", "-5"),
    }
    # An earlier version goes on counting, and a later one that is right ends the matter.
    write("contact", contact("good", score=0), contact("bad", score=10))
    again()
    assert [(row["contact_id"], row["score"]) for row in facts()] == [("bad", 10), ("good", None)]
    assert {(row["key"], row["value"]) for row in quarantine()} == {("worse", "-5"), ("good", "0")}
    write("contact", contact("good"), contact("worse"))
    again()
    assert quarantine() == []
