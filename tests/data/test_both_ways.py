"""The same record by file and live is the same row of the log, or refused both ways: two codes, one rule."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data.records.events import RECORDS, Contact
from data.records.identity import to_e164
from data.records.log_rows import log_row
from lake.log import KEYS
from settings import Settings
from tests.data.files import NOW, load, log_rows, told, write

CONTACT = {"contact_id": "c", "ended_at": "2026-03-02T10:15:00+01:00"}
SALE = {"sale_id": "s", "contact_id": "c", "sold_at": "2026-03-02T10:15:00Z"}
CASE = {"case_id": "k", "opened_at": "2026-03-02T10:15:00Z"}
SESSION = {"session_id": "w", "customer_id": "7", "started_at": "2026-03-02T10:15:00Z"}
CALLS = {"partner": "Nord", "interval_start": "2026-03-02T10:00:00Z", "offered": "5"}

GIVEN: list[tuple[str, dict[str, str]]] = [
    ("contact", CONTACT | more)
    for more in [
        {},
        {"contact_id": "  c \t 1 "},
        {"contact_id": "\u00a0c\u20031\u00a0"},
        {"contact_id": "x" * 200},
        {"contact_id": "x" * 201},
        {"contact_id": "æ" * 200},
        {"contact_id": ""},
        {"contact_id": "   "},
        {"ended_at": "2026-03-02T09:15:00Z"},
        {"ended_at": "2026-03-02 10:15:00.999+01:00"},
        {"ended_at": "2026-03-01T23:30:00-05:00"},
        {"ended_at": "2026-04-02T12:00:00Z"},
        {"ended_at": "2026-04-02T12:00:01Z"},
        {"ended_at": "1989-12-31T23:59:59Z"},
        {"ended_at": "1990-01-01T00:00:00Z"},
        {"ended_at": "2026-02-30T10:00:00Z"},
        {"ended_at": "soon"},
        {"ended_at": "2025-10-26T02:30:00+02:00"},
        {"ended_at": "2025-10-26T02:30:00+01:00"},
        {"phone": "91234567"},
        {"phone": "(+47) 91 23 45 67"},
        {"phone": "+46 70 123 45 67"},
        {"phone": "hemmelig"},
        {"phone": "12345678"},
        {"phone": "42000001", "customer_id": " 7 "},
        {"customer_id": "7"},
        {"language": "no"},
        {"language": "nn-NO"},
        {"language": "EN_us"},
        {"language": "sv"},
        {"partner": " Nord   AS", "team": "Bjørn's team", "agent": "a\u00a0b", "topic": "Faktura: år 2"},
        {"agent": "a\u0001b"},
        {"channel": " Phone "},
        {"answered": "true"},
        {"answered": "No"},
        {"answered": "maybe"},
        {"offered_at": "2026-03-02T10:00:00+01:00"},
        {"offered_at": "2026-03-02T10:00:00+01:00", "answered_at": "2026-03-02T10:00:20+01:00"},
        {"offered_at": "2026-03-02T10:00:30+01:00", "answered_at": "2026-03-02T10:00:20+01:00"},
        {"answered_at": "2026-03-02T10:15:01+01:00"},
        {"offered_at": "2026-03-02T10:15:01+01:00"},
        {"answered": "false", "answered_at": "2026-03-02T10:00:20+01:00"},
        {"talk_s": "0"},
        {"talk_s": "86400"},
        {"talk_s": "86401"},
        {"talk_s": "-1"},
        {"talk_s": "many"},
        {"talk_s": "99999999999"},
        {"talk_s": "9" * 40},
        {"score": "9" * 40},
        {"hit_value": "9" * 40},
        {"ended_at": "294246-01-01T00:00:00Z"},
        {"ended_at": "infinity"},
        {"ended_at": "05-10-20"},
        {"talk_s": "400", "hold_s": "30", "wrap_s": "60"},
        {"talk_s": "400", "handling_s": "510"},
        {"talk_s": "513", "handling_s": "510"},
        {"talk_s": "512", "handling_s": "510"},
        {"talk_s": "86400", "hold_s": "1"},
        {"self_service_first": "1", "closed_automatically": "on"},
        {"score": "1", "score_at": "2026-03-02T11:00:00Z", "comment": "  Fin\nhjelp  "},
        {"score": "0"},
        {"score": "11"},
        {"score": "7.5"},
        {"score": "8.0"},
        {"score": "5", "score_scale": "1-5"},
        {"score": "6", "score_scale": "1-5"},
        {"score": "0", "score_scale": "0-10"},
        {"score": "10", "score_scale": "1-10"},
        {"score": "3", "score_scale": "1-9"},
        {"score_scale": "1-5"},
        {"hit": "yes", "hit_value": "1499.90"},
        {"hit_value": "0.001"},
        {"hit_value": "-1"},
        {"hit_value": "10000000.00"},
        {"hit_value": "10000000.01"},
    ]
]
GIVEN += [
    ("sale", SALE | more)
    for more in [
        {},
        {"cancelled": "true"},
        {"cancelled": "later"},
        {"kind": "New_Customer", "product": " Fibre  500 ", "value": "0.29", "currency": "nok"},
        {"kind": "lease"},
        {"currency": "EUR"},
        {"contact_id": ""},
    ]
]
GIVEN += [
    ("case", CASE | more)
    for more in [
        {},
        {"closed_at": "2026-03-04T10:15:00Z", "topic": "Faktura", "customer_id": "7"},
        {"closed_at": "2026-03-02T10:14:59Z"},
    ]
]
GIVEN += [
    ("session", SESSION | more)
    for more in [
        {},
        {"ended_at": "2026-03-02T10:16:00Z", "channel": "Web", "topic": "Faktura", "completed": "0"},
        {"ended_at": "2026-03-02T10:14:59Z"},
        {"channel": "phone"},
        {"customer_id": " "},
    ]
]
GIVEN += [
    ("calls_offered", CALLS | more)
    for more in [
        {},
        {"team": "A|B", "channel": "Phone", "interval_s": "1800", "answered": "4", "answered_within_s20": "3",
         "abandoned": "1", "wait_s": "900000"},
        {"answered": "6"},
        {"answered": "3", "answered_within_s20": "4"},
        {"abandoned": "6"},
        {"offered": "-1"},
        {"offered": "2.5"},
        {"interval_s": "0"},
        {"interval_s": "3600"},
        {"interval_s": "3601"},
        {"partner": ""},
    ]
]  # fmt: skip

GIVEN += [
    ("topic", each)
    for each in [
        {"topic": " Bytte  abonnement "},
        {"topic": "A", "need": "Unwanted", "ease": "1", "contact_cost": "85.50"},
        {"topic": "B", "ease": "5"},
        {"topic": "C", "ease": "0"},
        {"topic": "D", "ease": "6"},
        {"topic": "E", "need": "wanted"},
    ]
]
GIVEN += [
    ("product", each)
    for each in [
        {"product": "A"},
        {"product": "B", "progression": "0"},
        {"product": "C", "progression": "1.2345"},
        {"product": "D", "progression": "0.0005"},
        {"product": "E", "progression": "10"},
        {"product": "F", "progression": "10.1"},
        {"product": "G", "progression": "-1"},
        {"product": "H", "progression": "much"},
    ]
]
GIVEN += [
    ("active_customers", {"month": "2026-03", "customers": "100", "partner": str(number)} | each)
    for number, each in enumerate(
        [
            {},
            {"month": "2026-03-31"},
            {"month": "2026-13"},
            {"month": "1999-12"},
            {"month": "2000-01"},
            {"month": "March"},
            {"customers": "0"},
            {"customers": "1000000000"},
            {"customers": "1000000001"},
            {"partner": ""},
        ]
    )
]
GIVEN += [
    ("hour_cost", {"valid_from": "2026-01-01", "cost": "540", "partner": str(number)} | each)
    for number, each in enumerate(
        [{}, {"cost": "0"}, {"cost": "-1"}, {"valid_from": "2100-12-31"}, {"valid_from": "2101-01-01"},
         {"valid_from": "2026-02-30"}, {"partner": ""}]
    )
]  # fmt: skip
TARGET = {"metric": "csat", "target": "8", "by": "2026-12-31"}
GIVEN += [
    ("target", TARGET | {"target_id": f"t{number}"} | each)
    for number, each in enumerate(
        [
            {},
            {"metric": " CSAT_index "},
            {"metric": "csat index"},
            {"metric": "x" * 51},
            {"filters": '{"topic": " Bytte  abonnement ", "channel": "phone"}'},
            {"filters": "{}"},
            {"filters": "channel=phone"},
            {"filters": '{"channel": 1}'},
            {"filters": '{"Channel": "phone"}'},
            {"filters": '["channel"]'},
            {"filters": '{"channel": ""}'},
            {"baseline": "7.4", "target": "-0.1234564"},
            {"target": "1000000000"},
            {"target": "1000000001"},
            {"start": "2026-12-31", "owner": " Leder  kundeservice "},
            {"start": "2027-01-01"},
            {"by": ""},
        ]
    )
]


def by_file(
    settings: Settings, folder: Path, kind: str, batch: list[Mapping[str, str]]
) -> dict[str, dict[str, Any]]:
    names = list(dict.fromkeys(name for each in batch for name in each))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(batch)
    load(settings, write(folder, text.getvalue()), f'record = "{kind}"\nby_name = true')
    return {row[KEYS[kind]]: told(row) for row in log_rows(settings, kind)}


def live(settings: Settings, kind: str, given: Mapping[str, str]) -> dict[str, Any] | None:
    try:
        record = RECORDS[kind].model_validate(given, context={"now": NOW})
    except ValidationError:
        return None
    phone = record.phone if isinstance(record, Contact) else None
    e164 = to_e164(phone, "NO") if phone else None
    return log_row(record, zone=settings.zone, secret=settings.pseudonym_secret, e164=e164)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_by_file_is_the_record_live(tmp_path: Path, settings: Settings, kind: str) -> None:
    # Each under an id of its own, so that all of a kind are one file; those about ids stay as they are.
    batch = [
        each | {KEYS[kind]: f"{number}"} if each.get(KEYS[kind]) in {"c", "s", "k", "w"} else each
        for number, (its_kind, each) in enumerate(GIVEN)
        if its_kind == kind
    ]
    if kind == "calls_offered":
        batch = [each | {"interval_start": f"2026-03-02T{n:02}:00:00Z"} for n, each in enumerate(batch)]
    expected = [row for each in batch if (row := live(settings, kind, each)) is not None]
    assert by_file(settings, tmp_path, kind, list(batch)) == {row[KEYS[kind]]: row for row in expected}
    assert 0 < len(expected) < len(batch)


texts = st.text(st.sampled_from(list("ab |.,;\"'\n\t \u00a0\u2003ø\x85\x1c⎖-")), max_size=8)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(texts, st.integers(-3, 90_000)), min_size=1, max_size=20))
def test_any_label_and_duration_by_file_is_that_live(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, given: list[tuple[str, int]]
) -> None:
    home = settings.model_copy(update={"home": tmp_path_factory.mktemp("home")})
    batch = [
        CONTACT | {"contact_id": f"{number:02}", "agent": agent, "talk_s": str(talk)}
        for number, (agent, talk) in enumerate(given)
    ]
    expected = [row for each in batch if (row := live(home, "contact", each)) is not None]
    found = by_file(home, home.home, "contact", list(batch))
    assert found == {row["contact_id"]: row for row in expected}


def test_where_a_file_is_more_generous_it_says_what_it_means(tmp_path: Path, settings: Settings) -> None:
    given = [
        CONTACT | {"contact_id": "a", "ended_at": "2026-03-02"},
        CONTACT | {"contact_id": "b", "ended_at": "2026-03-02 10:15"},
        CONTACT | {"contact_id": "c", "talk_s": "0:07:30", "answered": "nei"},
    ]
    found = by_file(settings, tmp_path, "contact", list(given))
    assert (found["a"]["day"], found["a"]["hour"]) == ("2026-03-02", None)
    assert found["b"]["ended_at"] == found["c"]["ended_at"]
    assert (found["c"]["talk_s"], found["c"]["answered"]) == (450, False)
    assert all(live(settings, "contact", each) is None for each in given)
