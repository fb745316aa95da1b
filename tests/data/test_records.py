"""What a record may hold: both sides of every limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.records.events import RECORDS, Contact
from data.records.log_rows import log_row
from lake.log import SCHEMAS

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")
REQUIRED: dict[str, dict[str, Any]] = {
    "contact": {"contact_id": "c1", "ended_at": "2026-03-02T10:15:00+01:00"},
    "sale": {"sale_id": "s1", "contact_id": "c1", "sold_at": "2026-03-02T10:15:00+01:00"},
    "case": {"case_id": "k1", "opened_at": "2026-03-02T10:15:00+01:00"},
    "session": {"session_id": "w1", "customer_id": "7", "started_at": "2026-03-02T10:15:00+01:00"},
    "calls_offered": {"partner": "Nord", "interval_start": "2026-03-02T10:00:00+01:00", "offered": 5},
    "topic": {"topic": "Invoice"},
    "product": {"product": "Fibre 500"},
    "active_customers": {"month": "2026-03", "customers": 120_000},
    "hour_cost": {"valid_from": "2026-01-01", "cost": "540.00"},
    "target": {"target_id": "t1", "metric": "csat", "target": 8, "by": "2026-12-31"},
}


def row(kind: str = "contact", /, **fields: Any) -> dict[str, Any]:
    record = RECORDS[kind].model_validate(REQUIRED[kind] | fields, context={"now": NOW})
    return log_row(record, zone=OSLO, secret=b"key", e164=None)


def reasons(kind: str = "contact", /, **fields: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        row(kind, **fields)
    return {".".join(map(str, found["loc"])): found["msg"] for found in caught.value.errors()}


@pytest.mark.parametrize("kind", RECORDS)
def test_the_required_fields_alone_make_a_whole_row_of_the_log(kind: str) -> None:
    columns = set(SCHEMAS[kind].names) - {"accepted_us", "seq", "source", "asked"}
    assert set(row(kind)) == columns


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in REQUIRED for name in REQUIRED[kind]])
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_a_required_field_that_is_blank_is_missing(kind: str, name: str, nothing: str | None) -> None:
    assert reasons(kind, **{name: nothing}) == {name: "Field required"}


@pytest.mark.parametrize("kind", RECORDS)
def test_every_field_is_documented_with_an_example_that_is_valid(kind: str) -> None:
    model = RECORDS[kind]
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.examples, name
        model.model_validate(_shorter(REQUIRED[kind], name) | {name: field.examples[0]})


def _shorter(given: dict[str, Any], name: str) -> dict[str, Any]:
    # The example of an interval's length, of a count or of an end must fit the rest.
    early = {key: "2026-03-01T00:00:00Z" for key in given if key in {"started_at", "opened_at"}}
    return given | early | ({"offered": 99} if "offered" in given else {})


@pytest.mark.parametrize("kind", RECORDS)
def test_an_unknown_field_is_refused_rather_than_lost(kind: str) -> None:
    assert reasons(kind, phone_nr="1") == {"phone_nr": "Extra inputs are not permitted"}


@pytest.mark.parametrize(
    ("ended_at", "reason"),
    [
        ("2026-03-02T10:15:00", "offset"),
        ("2026-03-02", "offset"),
        (datetime(2026, 3, 2, 10, 15), "offset"),  # noqa: DTZ001
        ("05/10/2026", "ISO 8601"),
        ("yesterday", "ISO 8601"),
        (1_772_446_500, "ISO 8601"),
        (NOW + timedelta(days=1, seconds=1), "future"),
        ("1989-12-31T23:59:59Z", "1990"),
    ],
)
def test_a_time_without_a_place_on_the_time_line_is_refused(ended_at: Any, reason: str) -> None:
    assert reason in reasons(ended_at=ended_at)["ended_at"]


@pytest.mark.parametrize("ended_at", [NOW + timedelta(days=1), "1990-01-01T00:00:00Z"])
def test_times_on_the_edge_are_taken(ended_at: Any) -> None:
    assert row(ended_at=ended_at)["ended_at"] > 0


@pytest.mark.parametrize(
    ("ended_at", "day", "hour"),
    [
        ("2026-01-31T22:59:59Z", "2026-01-31", 23),
        ("2026-01-31T23:00:00Z", "2026-02-01", 0),
        ("2026-02-01T08:00:00+09:00", "2026-02-01", 0),  # the same moment, told from Tokyo
        ("2025-07-31T21:59:59Z", "2025-07-31", 23),  # summer time
        ("2025-07-31T22:00:00Z", "2025-08-01", 0),
        ("2025-10-26T00:30:00Z", "2025-10-26", 2),  # the hour that comes twice
        ("2025-10-26T01:30:00Z", "2025-10-26", 2),
    ],
)
def test_the_day_and_hour_are_the_contact_centres_own(ended_at: str, day: str, hour: int) -> None:
    made = row(ended_at=ended_at)
    assert (made["day"], made["hour"]) == (day, hour)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"talk_s": 400}, 400),
        ({"talk_s": 400, "hold_s": 30, "wrap_s": 60}, 490),
        ({"handling_s": 510}, 510),
        ({"talk_s": 400, "handling_s": 510}, 510),
        ({"talk_s": 0}, 0),
        ({"talk_s": 10.5}, 11),
        ({"talk_s": 10.4}, 10),
        ({"talk_s": "61"}, 61),
        ({"talk_s": 512, "handling_s": 510}, 510),  # rounding
    ],
)
def test_handling_time_is_the_parts_or_the_given_sum(fields: dict[str, Any], expected: int | None) -> None:
    assert row(**fields)["handling_s"] == expected


@pytest.mark.parametrize(
    ("fields", "answered", "wait_s"),
    [
        ({}, True, None),
        ({"offered_at": "2026-03-02T10:00:00+01:00"}, False, None),
        ({"offered_at": "2026-03-02T10:00:00+01:00", "answered": True}, True, None),
        ({"offered_at": "2026-03-02T10:00:00+01:00", "answered_at": "2026-03-02T10:00:21+01:00"}, True, 21),
        ({"answered_at": "2026-03-02T10:00:21+01:00"}, True, None),
        ({"answered": False}, False, None),
        ({"answered": "no"}, False, None),
    ],
)
def test_a_contact_counts_as_answered_unless_it_was_offered_and_not_taken(
    fields: dict[str, Any], answered: bool, wait_s: int | None
) -> None:
    made = row(**fields)
    assert (made["answered"], made["wait_s"]) == (answered, wait_s)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1499.00", 149_900), ("0.29", 29), (0.29, 29), (1.1, 110), (57, 5_700), ("100.5000", 10_050), (0, 0),
     ("9999999.99", 999_999_999)],
)  # fmt: skip
def test_money_becomes_minor_units_exactly(given: Any, expected: int) -> None:
    assert row("sale", value=given)["value_minor"] == expected


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("contact", "talk_s", -1),
        ("contact", "talk_s", 86_401),
        ("contact", "talk_s", True),
        ("contact", "score", 0),
        ("contact", "score", 11),
        ("contact", "score", 8.5),
        ("contact", "hit_value", "-1"),
        ("contact", "hit_value", "1.001"),
        ("contact", "hit_value", float("nan")),
        ("contact", "language", "sv"),
        ("contact", "answered", "maybe"),
        ("contact", "contact_id", "x" * 201),
        ("contact", "agent", "x" * 201),
        ("contact", "agent", "a\x00b"),
        ("contact", "agent", "a\ud800b"),
        ("contact", "comment", "x" * 10_001),
        ("sale", "kind", "lease"),
        ("sale", "currency", "EUR"),
        ("session", "channel", "phone"),
        ("calls_offered", "offered", -1),
        ("calls_offered", "interval_s", 0),
    ],
)
def test_a_value_out_of_bounds_is_refused(kind: str, name: str, value: Any) -> None:
    assert list(reasons(kind, **{name: value})) == [name]


@pytest.mark.parametrize(
    ("kind", "name", "value", "column", "expected"),
    [
        ("contact", "talk_s", 86_400, "talk_s", 86_400),
        ("contact", "score", 1, "score", 1),
        ("contact", "score", "10", "score", 10),
        ("contact", "contact_id", "x" * 200, "contact_id", "x" * 200),
        ("contact", "contact_id", 17, "contact_id", "17"),
        ("contact", "agent", "  Kari \t Nord ", "agent", "Kari Nord"),
        ("contact", "channel", " Phone ", "channel", "phone"),
        ("contact", "language", "no", "language", "nb"),
        ("contact", "language", "nn-NO", "language", "nn"),
        ("contact", "language", "EN_us", "language", "en"),
        ("sale", "kind", "Upgrade", "kind", "upgrade"),
        ("sale", "currency", "nok", "currency", "NOK"),
        ("calls_offered", "interval_s", None, "interval_s", 900),
    ],
)
def test_a_value_is_brought_into_its_one_form(
    kind: str, name: str, value: Any, column: str, expected: Any
) -> None:
    assert row(kind, **{name: value})[column] == expected


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("contact", {"answered_at": "2026-03-02T10:15:01+01:00"}),
        ("contact", {"offered_at": "2026-03-02T10:15:01+01:00"}),
        ("contact", {"offered_at": "2026-03-02T10:01:00+01:00", "answered_at": "2026-03-02T10:00:59+01:00"}),
        ("contact", {"answered": False, "answered_at": "2026-03-02T10:00:59+01:00"}),
        ("contact", {"talk_s": 513, "handling_s": 510}),
        ("contact", {"talk_s": 86_400, "hold_s": 1}),
        ("case", {"closed_at": "2026-03-02T10:14:59+01:00"}),
        ("session", {"ended_at": "2026-03-02T10:14:59+01:00"}),
        ("calls_offered", {"answered": 6}),
        ("calls_offered", {"answered": 3, "answered_within_s20": 4}),
        ("calls_offered", {"abandoned": 6}),
    ],
)
def test_fields_that_contradict_each_other_are_refused(kind: str, fields: dict[str, Any]) -> None:
    assert list(reasons(kind, **fields)) == [""]


def test_an_interval_is_known_by_its_queue_and_start() -> None:
    start = int(datetime.fromisoformat(REQUIRED["calls_offered"]["interval_start"]).timestamp())
    assert row("calls_offered", team="A|B")["interval_id"] == f"Nord|A¦B||{start}"


@pytest.mark.parametrize(("interval_s", "hour"), [(900, 10), (3600, 10), (3601, None)])
def test_an_interval_belongs_to_the_local_hour_it_begins_in_if_it_is_no_longer(
    interval_s: int, hour: int | None
) -> None:
    assert row("calls_offered", interval_s=interval_s)["hour"] == hour


@given(st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2026, 3, 1)), st.integers(-12, 12))  # noqa: DTZ001
def test_a_moment_is_the_same_whatever_offset_tells_it(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    there = moment.astimezone(ZoneInfo(f"Etc/GMT{hours:+d}"))
    told = [
        Contact.model_validate({"contact_id": "c", "ended_at": each.isoformat()}) for each in (moment, there)
    ]
    assert told[0] == told[1]
