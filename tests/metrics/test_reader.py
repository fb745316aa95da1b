"""What a reader answers: figures worked out by hand, from cubes and from facts alike."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

from metrics import Scope, open_reader
from metrics.analysis.compare import compare
from metrics.catalog import catalog
from metrics.query.answers import Comparison
from metrics.query.request import request
from settings import Settings
from tests.metrics.given import NOON, calls, contact, day_of, days, outcome, sale, session

ALL = ("csat", "satisfied", "response_rate", "handling_time", "hit_rate", "value_per_contact")


@pytest.fixture
def reader(settings, write, fresh):
    return lambda: open_reader(settings, Scope.everything())


def _scored(name: str, score: int | None, **given):
    return contact(name, source="import:x", asked=True, score=score, **given)


def test_means_shares_and_their_limits_are_those_of_the_textbook(write, rebuild, reader):
    # Scores 1–10 once each: mean 5.5, variance 55/6, so 5.5 ± 2.262·√(55/60); Wilson's limits of 3 in 10.
    write("contact", *[_scored(f"c{score}", score, handling_s=60 * score) for score in range(1, 11)])
    rebuild()
    csat, satisfied, response, handling, *_ = reader().show(ALL)
    assert (csat.value, csat.n) == (5.5, 10)
    assert (csat.low, csat.high) == (pytest.approx(3.3341, abs=1e-4), pytest.approx(7.6659, abs=1e-4))
    assert (satisfied.value, satisfied.n) == (0.3, 10)
    assert (satisfied.low, satisfied.high) == (
        pytest.approx(0.10779, abs=1e-5),
        pytest.approx(0.60322, abs=1e-5),
    )
    assert response.value == 1.0
    assert handling.value == 330


def test_the_value_and_its_variance_keep_their_oere(write, rebuild, reader):
    write("contact", *[contact(f"c{i}") for i in range(20)])
    write("sale", *[sale(f"s{i}", f"c{i}", value_minor=10_050) for i in range(10)])
    rebuild()
    (value,) = reader().show(["value_per_contact"])
    assert value.value == pytest.approx(50.25)
    # Ten of 100.50 and ten of 0 kroner: standard deviation 51.556, half-width 2.093·51.556/√20.
    assert value.high - value.value == pytest.approx(24.1287, abs=1e-3)


def test_values_in_oere_have_the_interval_of_scipy(write, rebuild, reader):
    rng = np.random.default_rng(5)
    values = [int(one) for one in rng.lognormal(11, 1, 60)] + [2_000_000_000, 2_000_000_001]
    write("contact", *[contact(f"c{i}") for i in range(len(values))])
    # No sale is that large: a contact that brings so much has several.
    write("sale", *[
        sale(f"s{i}-{begin}", f"c{i}", value_minor=min(one - begin, 10**9))
        for i, one in enumerate(values)
        for begin in range(0, one, 10**9)
    ])  # fmt: skip
    rebuild()
    (value,) = reader().show(["value_per_contact"])
    expected = scipy_stats.ttest_1samp(np.array(values) / 100, 0).confidence_interval()
    assert (value.low, value.high) == pytest.approx(tuple(expected), rel=1e-8)


@pytest.mark.parametrize(("count", "reason"), [(0, "no_data"), (9, "too_few"), (10, "")])
def test_below_ten_there_is_no_number(write, rebuild, reader, count, reason):
    write("contact", contact("other"), *[_scored(f"c{i}", 1 + i % 10) for i in range(count)])
    rebuild()
    (csat,) = reader().show(["csat"])
    assert (csat.n, csat.reason) == (count, reason)
    assert (csat.value is None) == bool(reason)


@pytest.mark.parametrize(
    ("count", "to_a_partner", "to_others"),
    [(4, "hidden", "too_few"), (5, "too_few", "too_few"), (10, "", "")],
)
def test_so_few_that_somebody_could_be_recognised_are_hidden_from_partners(
    settings, write, rebuild, count, to_a_partner, to_others
):
    write("contact", *[_scored(f"c{i}", 1 + i % 10) for i in range(count)])
    rebuild()
    scopes = (Scope.of_partner("A"), Scope.everything())
    reasons = [open_reader(settings, scope).show(["csat"])[0].reason for scope in scopes]
    assert reasons == [to_a_partner, to_others]


@pytest.mark.parametrize(("days_ago", "still_coming"), [(2, 1), (3, 0)])
def test_surveys_of_the_last_72_hours_are_marked_as_still_coming_in(
    write, rebuild, reader, days_ago, still_coming
):
    # The facts are of 2026-10-20.
    at = NOON + days(15 - days_ago)
    write("contact", contact("c1", at=at))
    write("outcome", outcome("c1", at=at))
    rebuild()
    (value,) = reader().show(["response_rate"])
    assert value.parts["still_coming"] == still_coming


def test_partners_that_never_sell_have_no_hit_rate_and_do_not_spoil_the_others(write, rebuild, reader):
    write("contact", *[contact(f"a{i}", partner="A") for i in range(10)])
    write("contact", *[contact(f"b{i}", partner="B") for i in range(30)])
    write("sale", sale(contact_id="a1"))
    rebuild()
    selling, silent = reader().show(["hit_rate"], by=["partner"])
    assert (selling.value, selling.n) == (0.1, 10)
    assert (silent.value, silent.n, silent.reason) == (None, 0, "no_sales_recorded")
    assert [value.value for value in reader().show(["hit_rate"])] == [0.1]
    comparison = compare(reader(), request("hit_rate", where={"partner": ["B"]}))
    assert comparison.reason == "no_sales_recorded"
    assert "not recorded any sale" in comparison.sentence("en")
    assert "ikke registrert noe salg" in comparison.sentence("nb")


def test_a_file_that_says_no_hit_records_sales_all_the_same(write, rebuild, reader):
    write("contact", *[contact(f"c{i}", hit=False) for i in range(10)])
    rebuild()
    (value,) = reader().show(["hit_rate"])
    assert (value.value, value.n) == (0.0, 10)


def test_cubes_facts_and_delta_give_the_same(write, rebuild, fresh, reader):
    def rows(first: int, last: int):
        return [
            _scored(
                f"c{i}",
                1 + i % 10,
                at=NOON + days(i % 40),
                partner="AB"[i % 2],
                team=f"t{i % 3}",
                topic=f"p{i % 4}",
                channel=("phone", "chat")[i % 5 == 0],
                self_service_first=(True, False, None)[i % 3],
                handling_s=100 + i,
                language=("nb", "en")[i % 7 == 0],
                hit=i % 6 == 0,
                hit_value_minor=i * 100,
            )
            for i in range(first, last)
        ]

    write("contact", *rows(0, 150))
    rebuild()
    write("contact", *rows(150, 200), *[row | {"topic": "p0"} for row in rows(0, 10)])
    fresh()
    cuts = [[], ["partner"], ["team", "channel"], ["topic", "self_service_first"], ["week", "agent"]]
    before = {}
    for by in cuts:
        values = reader().show(ALL, by=by)
        assert reader().source(ALL, by) != "facts"
        # Every contact has a language, so filtering for all of them changes nothing but the source.
        assert reader().source(ALL, by, {"language": ["nb", "en"]}) == "facts"
        assert reader().show(ALL, by=by, where={"language": ["nb", "en"]}) == values
        before[tuple(by)] = values
    rebuild()
    for by in cuts:
        assert reader().show(ALL, by=by) == before[tuple(by)]


def test_days_weeks_and_hours_are_named_as_people_name_them(write, rebuild, reader):
    write("contact", contact("c1"), contact("c2", at=NOON + days(89)), contact("c3", hour=None))
    rebuild()
    found = reader()
    assert found.days() == (date(2026, 10, 5), date(2027, 1, 2))
    assert found.members("week") == ["2026-W41", "2026-W53"]
    assert found.members("month") == ["2026-10", "2027-01"]
    assert found.members("weekday") == ["1", "6"]
    assert found.members("hour") == ["", "12"]
    assert found.members("self_service_first") == ["unknown"]


def test_calls_offered_and_sessions_have_the_hour_they_began_in(write, fresh, rebuild, reader):
    write("contact", contact("c1"))
    times = (NOON, NOON + 2700, NOON + 3600)  # twelve, a quarter to one, one o'clock
    write("calls_offered", *[calls(at) for at in times], calls(NOON - 3600, hour=None, offered=20))
    write("session", *[session(f"v{at}", at=at) for at in times])
    for build in (fresh, rebuild):
        build()
        answered = reader().show(["answer_rate"], ["hour"])
        assert [(row.dims["hour"], row.n, row.value) for row in answered] == [
            ("", 20, 0.45), ("12", 20, 0.9), ("13", 10, 0.9)
        ]  # fmt: skip
        visits = reader().show(["leakage"], ["hour"])
        assert [(row.dims["hour"], row.n) for row in visits] == [("12", 2), ("13", 1)]


def test_a_metric_that_is_not_kept_by_a_dimension_says_so_for_each_group(write, rebuild, reader):
    write(
        "contact",
        *[_scored(f"c{i}", 1 + i % 10, topic=topic) for topic in ("bill", "move") for i in range(5)],
    )
    write("calls_offered", calls())
    rebuild()
    for by, where in ((["topic"], None), (["topic"], {"topic": ["bill", "move"]}), ([], {"agent": ["Kari"]})):
        both = reader().show(["answer_rate", "csat"], by, where)
        alone = reader().show(["answer_rate"], by, where)
        assert [row for row in both if row.metric == "answer_rate"] == alone
        assert {(row.value, row.n, row.reason, *row.parts) for row in alone} == {(None, 0, "no_such_groups")}
        assert [row.dims for row in alone] == [row.dims for row in both if row.metric == "csat"]
        assert reader().source(["answer_rate"], by, where) != "facts"
    (whole,) = reader().show(["answer_rate"])
    assert (whole.value, whole.n) == (0.9, 10)


def test_coverage_says_why_the_others_were_not_asked_and_adds_up(write, rebuild, reader):
    write("contact", *[contact(f"c{i}") for i in range(30)])
    write("outcome", *[outcome(f"c{i}") for i in range(10)])
    no_number: dict[str, Any] = {"state": "skipped", "reason": "no_number", "eligible": False}
    no_number |= {"sent": False, "delivered": False}
    write("outcome", *[outcome(f"c{i}", **no_number) for i in range(10, 17)])
    recently = no_number | {"reason": "recently_asked", "eligible": True}
    write("outcome", *[outcome(f"c{i}", **recently) for i in range(17, 20)])
    rebuild()
    for by in ([], ["team"], ["language"]):
        (value,) = reader().show(["survey_coverage"], by=by)
        assert (value.value, value.n) == (10 / 13, 13)
        assert value.parts == {
            "asked": 10,
            "eligible": 13,
            "contacts": 30,
            "reason:asked": 10,
            "reason:new": 10,
            "reason:no_number": 7,
            "reason:recently_asked": 3,
        }


def test_a_comparison_counts_the_unknown_and_never_as_direct(write, rebuild, reader):
    for flag, score in ((True, 4), (False, 8), (None, 1)):
        write("contact", *[_scored(f"{flag}{i}", score + i % 2, self_service_first=flag) for i in range(60)])
    rebuild()
    found = compare(reader(), request("csat"))
    assert {name: group.n for name, group in found.groups.items()} == {"self_service_first": 60, "direct": 60}
    assert (found.difference, found.unknown) == (-4.0, 60)
    assert json.loads(json.dumps(found.to_json("nb")))["verdict"] == found.sentence("nb")
    assert "60" in found.verdict
    assert reader().histogram()["direct"] == [0] * 7 + [30, 30, 0]


def test_like_for_like_takes_away_what_harder_questions_make(write, rebuild, reader):
    # On either topic both routes score alike; self-service just gets the hard one more often.
    shares = {("hard", True): 80, ("hard", False): 20, ("easy", True): 20, ("easy", False): 80}
    for (topic, flag), count in shares.items():
        base = 2 if topic == "hard" else 8
        rows = [
            _scored(
                f"{topic}{flag}{i}",
                base + i % 2,
                topic=topic,
                self_service_first=flag,
                handling_s=5,
                customer_key=f"{topic}{flag}{i}",
            )
            for i in range(count)
        ]
        write("contact", *rows)
    rebuild()
    found = compare(reader(), request("csat_index", alike=["topic", "channel"]))
    assert found.difference == pytest.approx(-40)
    assert isinstance(found.adjusted, Comparison)
    assert found.adjusted.difference == pytest.approx(0, abs=1e-9)
    assert found.adjusted.support == 1.0
    median = compare(reader(), request("handling_time_median", alike=["topic"])).adjusted
    assert isinstance(median, Comparison)
    assert median.difference == 0.0
    assert median.low is not None
    assert median.high is not None
    assert median.low < 0 < median.high


def test_medians_come_from_bins_and_are_within_five_per_cent(write, rebuild, reader):
    write("contact", *[contact(f"c{i}", handling_s=i + 1, self_service_first=i % 2 == 0) for i in range(999)])
    rebuild()
    median, slow = reader().show(["handling_time_median", "handling_time_p90"])
    assert median.value == pytest.approx(500, rel=0.05)
    assert slow.value == pytest.approx(900, rel=0.05)
    assert median.low < median.value < median.high
    assert reader().source(["handling_time_median"]) != "facts"
    assert compare(reader(), request("handling_time_median")).difference == pytest.approx(0, abs=25)


def test_thresholds_are_settings(settings, write, rebuild):
    write("contact", *[_scored(f"c{score}", score) for score in range(1, 11)])
    rebuild()
    strict = settings.model_copy(update={"satisfied_from": 10})
    shares = [open_reader(s, Scope.everything()).show(["satisfied"])[0].value for s in (settings, strict)]
    assert shares == [0.3, 0.1]


def test_the_reader_is_the_same_until_something_is_published(
    settings: Settings, write, rebuild, fresh, reader
):
    write("contact", contact("c1"))
    rebuild()
    first = reader()
    assert reader() is first
    fresh()
    assert reader() is first
    write("contact", contact("c2"))
    fresh()
    assert reader() is not first
    assert reader().version > first.version


def test_many_threads_get_their_own_answers(write, rebuild, reader):
    for number in range(6):
        write("contact", *[contact(f"{number}-{i}", team=f"t{number}") for i in range(number + 1)])
    rebuild()
    found = reader()
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(15):
            (value,) = found.show(["survey_coverage"], where={"team": [f"t{number}"]})
            if value.parts["contacts"] != number + 1:
                wrong.append((number, value))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("by", ["day", "topic", "language"])
def test_metrics_of_one_question_answer_as_each_would_alone(write, rebuild, reader, by):
    write("contact", *[_scored(f"c{i}", 1 + i % 10, handling_s=60 * i, topic="bill") for i in range(20)])
    write("topic", {"topic": "bill", "need": "unwanted", "ease": 3, "contact_cost_minor": None})
    write("hour_cost", {"cost_id": "x", "valid_from": day_of(NOON), "partner": "", "cost_minor": 540_00})
    write("active_customers", {
        "active_id": "x", "month": day_of(NOON).replace(day=1), "partner": "", "customers": 1000,
    })  # fmt: skip
    rebuild()
    opened = reader()
    names = [name for name, entry in catalog.metrics().items() if entry.subject == "contact"]
    alone = {name: value for name in names for value in opened.show([name], by=[by])}
    assert {value.metric: value for value in opened.show(names, by=[by])} == alone
    assert alone["removable_cost"].value is not None
