"""Who is asked: each rule on both sides of its boundary, and what must hold of any contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import Settings
from surveys.asking.decision_codes import REASONS
from surveys.asking.phone_class import number_class
from surveys.asking.quiet_hours import is_quiet, quiet_ends
from surveys.asking.rules import Facts, History, Rules, Verdict, decide, in_sample, utc

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # 12:00 in Oslo
AT = int(NOON.timestamp())
FACTS = Facts("c1", "mobile", "+4791234567", ended_at=AT - 60, received_at=AT - 30, handling_s=120)
RULES = Rules(OSLO)
DAY_S = 86_400


def test_an_ordinary_contact_is_asked() -> None:
    assert decide(FACTS, History(), RULES, NOON) == Verdict("ask", "asked", True)


@pytest.mark.parametrize(
    ("facts", "history", "rules", "reason", "eligible"),
    [
        ({"answered": False}, {}, {}, "not_answered", False),
        ({"closed_automatically": True}, {}, {}, "closed_automatically", False),
        ({"asked_by_source": True}, {}, {}, "asked_by_source", False),
        ({"asked_by_source": True, "answered": False}, {}, {}, "asked_by_source", False),
        ({"number": "no_number"}, {}, {}, "no_number", False),
        ({"number": "invalid_number"}, {}, {}, "invalid_number", False),
        ({"number": "not_mobile"}, {}, {}, "not_mobile", False),
        ({}, {}, {"test_numbers": frozenset(["+4791234567"])}, "test_number", False),
        ({}, {"opted_out": True}, {}, "opted_out", False),
        ({}, {"unreachable": True}, {}, "unreachable", True),
        ({"handling_s": 9}, {}, {"min_handling_s": 10}, "too_short", True),
        ({"handling_s": 10}, {}, {"min_handling_s": 10}, "asked", True),
        ({"handling_s": None}, {}, {"min_handling_s": 10}, "asked", True),
        ({"ended_at": AT - 7_201, "received_at": AT}, {}, {}, "too_old", True),
        ({"ended_at": AT - 7_200, "received_at": AT}, {}, {}, "asked", True),
        ({}, {}, {"sample_share": 0.0}, "sampled_out", True),
        ({"partner": "Nord"}, {}, {"sample_shares": {"Nord": 0.0}}, "sampled_out", True),
        ({"partner": "Sør"}, {}, {"sample_shares": {"Nord": 0.0}}, "asked", True),
        ({"channel": "chat"}, {}, {"sample_shares": {"*/chat": 0.0}}, "sampled_out", True),
        (
            {"partner": "Nord", "channel": "chat"},
            {},
            {"sample_shares": {"Nord": 0.0, "Nord/chat": 1.0}},
            "asked",
            True,
        ),
        ({}, {"last_sent_at": AT - DAY_S + 1}, {}, "recently_asked", True),
        ({}, {"last_sent_at": AT - DAY_S}, {}, "asked", True),
        ({}, {"last_sent_at": AT - 2 * DAY_S + 1}, {"interval_s": 2 * DAY_S}, "recently_asked", True),
        ({}, {"last_sent_at": AT - 2 * DAY_S}, {"interval_s": 2 * DAY_S}, "asked", True),
        ({}, {"asked_in_30_days": 2}, {"monthly_cap": 2}, "capped", True),
        ({}, {"asked_in_30_days": 1}, {"monthly_cap": 2}, "asked", True),
        ({}, {"asked_in_30_days": 99}, {}, "asked", True),
        ({}, {"sent_today": 5}, {"daily_cap": 5}, "capped", True),
        ({}, {"sent_today": 4}, {"daily_cap": 5}, "asked", True),
        ({}, {"cost_today": 9.5}, {"daily_cost_cap": 10.0, "segment_cost": 0.6}, "capped", True),
        ({}, {"cost_today": 9.4}, {"daily_cost_cap": 10.0, "segment_cost": 0.6}, "asked", True),
        ({"ended_at": AT - 64_801, "received_at": AT - 64_800}, {}, {}, "given_up", True),
        ({"ended_at": AT - 64_800, "received_at": AT - 64_800}, {}, {}, "asked", True),
        ({"ended_at": AT + 60}, {}, {}, "asked", True),
    ],
)
def test_each_rule_on_both_sides_of_its_boundary(
    facts: dict[str, object],
    history: dict[str, object],
    rules: dict[str, object],
    reason: str,
    eligible: bool,
) -> None:
    verdict = decide(
        replace(FACTS, **facts),  # type: ignore[arg-type]
        History(**history),  # type: ignore[arg-type]
        replace(RULES, **rules),  # type: ignore[arg-type]
        NOON,
    )
    assert (verdict.reason, verdict.eligible) == (reason, eligible)
    assert verdict.action == ("ask" if reason == "asked" else "skip")


def test_a_contact_that_has_not_ended_waits_for_its_end() -> None:
    verdict = decide(replace(FACTS, ended_at=AT + 61), History(), RULES, NOON)
    assert (verdict.action, verdict.reason, verdict.due_at) == ("wait", "not_ended", AT + 61)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "action", "due"),
    [
        ("2026-11-24T20:59:59", "ask", None),
        ("2026-11-24T21:00:00", "wait", "2026-11-25T09:00"),
        ("2026-11-24T23:59:59", "wait", "2026-11-25T09:00"),
        ("2026-11-25T00:00:00", "wait", "2026-11-25T09:00"),
        ("2026-11-25T08:59:59", "wait", "2026-11-25T09:00"),
        ("2026-11-25T09:00:00", "ask", None),
        # The night the clock goes back an hour, and the one it goes forward: nine is nine.
        ("2026-10-24T22:00:00", "wait", "2026-10-25T09:00"),
        ("2026-10-25T02:30:00", "wait", "2026-10-25T09:00"),
        ("2027-03-27T22:00:00", "wait", "2027-03-28T09:00"),
        ("2027-03-28T03:30:00", "wait", "2027-03-28T09:00"),
    ],
)
def test_quiet_hours_wait_for_nine_in_the_morning_local_time(now: str, action: str, due: str | None) -> None:
    at = int(local(now).timestamp())
    verdict = decide(replace(FACTS, ended_at=at - 60, received_at=at), History(), RULES, local(now))
    assert verdict.action == action
    assert verdict.due_at == (None if due is None else int(local(due).timestamp()))


def test_in_the_morning_all_other_rules_are_checked_again() -> None:
    ended = int(local("2026-11-24T22:00").timestamp())
    facts = replace(FACTS, ended_at=ended, received_at=ended)
    morning = local("2026-11-25T09:00")
    assert decide(facts, History(), RULES, morning).reason == "asked"
    assert decide(facts, History(opted_out=True), RULES, morning).reason == "opted_out"
    asked = History(last_sent_at=int(morning.timestamp()) - 60)
    assert decide(facts, asked, RULES, morning).reason == "recently_asked"


def test_a_wait_that_would_be_too_long_is_none() -> None:
    ended = int(local("2026-11-24T14:59").timestamp())
    facts = replace(FACTS, ended_at=ended, received_at=ended)
    assert decide(facts, History(), RULES, local("2026-11-24T21:30")).reason == "quiet_hours"
    later = replace(facts, ended_at=ended + 60, received_at=ended + 60)
    assert decide(later, History(), RULES, local("2026-11-24T21:30")).action == "wait"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        decide(FACTS, History(), RULES, datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("phone", "demo", "expected"),
    [
        (None, False, "no_number"),
        ("", False, "no_number"),
        ("skjult", False, "invalid_number"),
        ("91234567", False, "invalid_number"),
        ("+٤٧٩١٢٣٤٥٦٧", False, "invalid_number"),
        ("+4791234567", False, "mobile"),
        ("+4741234567", False, "mobile"),
        ("+4722334455", False, "not_mobile"),
        ("+4742000001", True, "mobile"),
        ("+4742000001", False, "not_mobile"),
    ],
)
def test_a_number_is_a_mobile_or_there_is_a_reason(phone: str | None, demo: bool, expected: str) -> None:
    assert number_class(phone, demo=demo) == expected


times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
hours = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@given(times, hours, hours)
def test_where_a_quiet_window_ends_it_is_not_quiet(now: datetime, start: time, end: time) -> None:
    if start != end and is_quiet(now, (start, end), OSLO):
        over = quiet_ends(now, (start, end), OSLO)
        assert now < over <= now + timedelta(hours=25)
        # A window that ends inside of the hour that the clock skips ends where the clock lands.
        assert not is_quiet(over, (start, end), OSLO) or over.astimezone(OSLO).time() != end


facts_of_any_contact = st.builds(
    Facts,
    contact_id=st.text(max_size=20),
    number=st.sampled_from(["mobile", "mobile", "no_number", "not_mobile", "invalid_number"]),
    phone=st.just("+4791234567"),
    ended_at=st.integers(AT - 2 * DAY_S, AT + DAY_S),
    received_at=st.integers(AT - 2 * DAY_S, AT),
    answered=st.booleans(),
    handling_s=st.none() | st.integers(0, 10_000),
    closed_automatically=st.booleans(),
    asked_by_source=st.booleans(),
)
any_history = st.builds(
    History, opted_out=st.booleans(), last_sent_at=st.none() | st.integers(AT - 3 * DAY_S, AT + 60)
)


@given(facts_of_any_contact, any_history, st.integers(0, 24 * 3_600))
def test_every_decision_has_a_known_reason_and_asks_nobody_it_must_not(
    facts: Facts, history: History, after: int
) -> None:
    now = NOON + timedelta(seconds=after)
    verdict = decide(facts, history, RULES, now)
    assert verdict.reason in REASONS
    assert verdict == decide(facts, history, RULES, now), "the same facts, the same decision"
    if verdict.action == "wait":
        assert verdict.due_at is not None
        assert verdict.due_at > now.timestamp()
    if verdict.action == "ask":
        assert verdict.eligible
        assert not history.opted_out
        assert history.last_sent_at is None or now.timestamp() - history.last_sent_at >= DAY_S
        assert not is_quiet(now, RULES.quiet, OSLO)


NIGHTS = [(time(21), time(9)), (time(22, 30), time(6)), (time(0), time(8)), (time(12), time(13))]
# Around both changes of the clock, to the minute.
near_a_change = st.sampled_from(
    [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
).flatmap(lambda day: st.integers(-36 * 60, 36 * 60).map(lambda minutes: day + timedelta(minutes=minutes)))


@given(near_a_change | times, st.sampled_from(NIGHTS), st.integers(0, 30 * 3_600))
def test_whatever_the_night_a_contact_is_asked_in_the_day_or_given_up_and_always_comes_to_an_end(
    ended: datetime, quiet: tuple[time, time], late_s: int
) -> None:
    rules = replace(RULES, quiet=quiet, max_age_s=10 * DAY_S)
    at = int(ended.timestamp())
    facts = replace(FACTS, ended_at=at, received_at=at + late_s)
    now, verdict = at + late_s, decide(facts, History(), rules, utc(at + late_s))
    looks = 0
    while verdict.action == "wait":
        assert verdict.due_at is not None
        assert now < verdict.due_at <= now + 25 * 3_600
        assert verdict.due_at - at <= rules.give_up_s, "it does not wait for what would be too late"
        now, looks = verdict.due_at, looks + 1
        verdict = decide(facts, History(), rules, utc(now))
    assert looks <= 1, "where the night ends it does not wait again"
    assert verdict.action == "skip" or not is_quiet(utc(now), quiet, OSLO)
    assert verdict.reason in ("asked", "quiet_hours", "given_up")
    assert (verdict.action == "ask") <= (now - at <= rules.give_up_s)


@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_sample_holds_the_smaller_one(contact_id: str, one: float, other: float) -> None:
    if in_sample(contact_id, min(one, other)):
        assert in_sample(contact_id, max(one, other))


def test_a_sample_has_the_size_that_was_asked_for() -> None:
    # Binomial: 10,000 draws at 0.3 lie within 300 +- 4.5 standard deviations of 46 practically always.
    assert abs(sum(in_sample(f"c{n}", 0.3) for n in range(10_000)) - 3_000) < 210


def test_the_rules_are_those_of_the_settings(settings: Settings) -> None:
    changed = settings.model_copy(update={"monthly_cap": 3, "test_numbers": ["+4791234567"]})
    rules = Rules.of(changed)
    assert (rules.monthly_cap, rules.test_numbers) == (3, frozenset(["+4791234567"]))
    assert Rules.of(settings) == RULES


# 25 October 2026, 03:00 → 02:00: that hour is there twice. 29 March, 02:00 → 03:00: it is not there at all.
@pytest.mark.parametrize("end", [time(2, 0), time(2, 30), time(2, 59), time(3, 0)])
@pytest.mark.parametrize("night", ["2026-10-24T22:00", "2026-03-28T22:00"])
def test_quiet_hours_end_later_than_now_also_where_the_clock_is_changed(night: str, end: time) -> None:
    quiet = (time(22), end)
    start = datetime.fromisoformat(night).replace(tzinfo=OSLO).astimezone(UTC)
    for minute in range(7 * 60):
        now = start + timedelta(minutes=minute, seconds=17)
        if is_quiet(now, quiet, OSLO):
            assert quiet_ends(now, quiet, OSLO) > now


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times())  # noqa: DTZ001
def test_whenever_it_is_quiet_it_ends_later(now: datetime, start: time, end: time) -> None:
    aware = now.replace(tzinfo=UTC)
    if start != end and is_quiet(aware, (start, end), OSLO):
        assert quiet_ends(aware, (start, end), OSLO) > aware
