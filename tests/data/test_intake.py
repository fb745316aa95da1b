"""The live way in: what is durable after a batch, and what a repeat, a correction or a fault changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from data.api.intake import Answer, accept
from data.records.identity import customer_key
from lake.log import SCHEMAS
from settings import Settings
from store import Store, feed
from store.schema import decision, record

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def contact(name: str = "c1", **fields: Any) -> dict[str, Any]:
    return {"contact_id": name, "ended_at": "2026-03-02T10:15:00+01:00", **fields}


def fed(store: Store, kind: str = "contact") -> list[dict[str, Any]]:
    return [row.payload for row in feed.undrained(store) if row.kind == kind]


def statuses(answers: Sequence[Answer]) -> list[str]:
    return [answer.status for answer in answers]


def decisions(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(decision).order_by(decision.c.contact_id)).mappings())


def test_a_new_contact_is_kept_told_and_waits_for_its_decision(store: Store, settings: Settings) -> None:
    sent = contact(phone="420 00 001", customer_id="7", partner=" Nord  AS ", comment="Takk!")
    assert accept(store, settings, "contact", [sent], NOW) == [Answer(0, "c1", "accepted")]
    (row,) = fed(store)
    assert set(row) == set(SCHEMAS["contact"].names) - {"accepted_us", "seq"}
    assert (row["partner"], row["source"], row["asked"]) == ("Nord AS", "api", False)
    assert row["customer_key"] == customer_key(settings.pseudonym_secret, "7", None)
    (waiting,) = decisions(store)
    assert waiting["phone"] == "+4742000001"
    assert (waiting["state"], waiting["reason"], waiting["due_at"]) == ("waiting", "new", NOW.timestamp())
    assert waiting["eligible"] is None
    assert fed(store, "comment") == [{"contact_id": "c1", "day": "2026-03-02", "text": "Takk!"}]
    assert fed(store, "link") == [
        {
            "phone_key": customer_key(settings.pseudonym_secret, None, "+4742000001"),
            "customer_key": row["customer_key"],
        }
    ]


def test_no_phone_number_leaves_the_store(store: Store, settings: Settings) -> None:
    accept(store, settings, "contact", [contact(phone="+4742000001", customer_id="7")], NOW)
    with store.read() as connection:
        kept = str(connection.execute(select(record)).all())
    told = str(feed.undrained(store))
    assert "42000001" not in kept + told


def test_a_number_that_cannot_be_read_is_kept_for_the_decision_and_is_nobody(
    store: Store, settings: Settings
) -> None:
    accept(store, settings, "contact", [contact(phone="hemmelig")], NOW)
    assert decisions(store)[0]["phone"] == "hemmelig"
    assert fed(store)[0]["customer_key"] == ""


def test_sending_the_same_again_changes_nothing(store: Store, settings: Settings) -> None:
    batch = [contact(phone="+4742000001"), contact("c2", agent="a")]
    accept(store, settings, "contact", batch, NOW)
    before = feed.undrained(store)
    again = [contact(phone="42 00 00 01"), contact("c2", agent=" a ", ended_at="2026-03-02T09:15:00Z")]
    assert statuses(accept(store, settings, "contact", again, NOW + timedelta(hours=1))) == ["unchanged"] * 2
    assert feed.undrained(store) == before
    assert len(decisions(store)) == 2


def test_a_correction_is_told_again_and_keeps_its_one_decision(store: Store, settings: Settings) -> None:
    accept(store, settings, "contact", [contact(topic="Invoice")], NOW)
    later = NOW + timedelta(minutes=5)
    corrected = contact(topic="Moving", phone="42000002")
    assert statuses(accept(store, settings, "contact", [corrected], later)) == ["updated"]
    assert [row["topic"] for row in fed(store)] == ["Invoice", "Moving"]
    (waiting,) = decisions(store)
    assert (waiting["phone"], waiting["created_at"]) == ("+4742000002", NOW.timestamp())
    with store.read() as connection:
        kept = connection.execute(select(record.c.revision, record.c.payload)).one()
    assert kept.revision == 2
    assert kept.payload["topic"] == "Moving"


def test_a_comment_goes_to_the_feed_without_numbers_and_addresses(store: Store, settings: Settings) -> None:
    sent = contact(comment="9 av 10! Ring +47 912 34 567 eller ola@epost.no")
    accept(store, settings, "contact", [sent], NOW)
    assert [row["text"] for row in fed(store, "comment")] == ["9 av 10! Ring […] eller […]"]


def test_a_correction_can_take_a_comment_back(sqlite_store: Store, settings: Settings) -> None:
    accept(sqlite_store, settings, "contact", [contact(comment="Ring Kari")], NOW)
    accept(sqlite_store, settings, "contact", [contact()], NOW)
    assert [row["text"] for row in fed(sqlite_store, "comment")] == ["Ring Kari", ""]


def test_a_host_whose_clock_is_behind_does_not_file_its_correction_in_the_past(
    sqlite_store: Store, settings: Settings
) -> None:
    accept(sqlite_store, settings, "contact", [contact(topic="Invoice")], NOW)
    accept(sqlite_store, settings, "contact", [contact(topic="Moving")], NOW - timedelta(seconds=30))
    first, second = (row for row in feed.undrained(sqlite_store) if row.kind == "contact")
    assert second.payload["topic"] == "Moving"
    assert second.accepted_us > first.accepted_us


def test_a_wrong_record_harms_no_other(store: Store, settings: Settings) -> None:
    batch: list[Any] = [contact("c1"), contact("c2", score=11), "nonsense", contact("c3")]
    answers = accept(store, settings, "contact", batch, NOW)
    assert statuses(answers) == ["accepted", "rejected", "rejected", "accepted"]
    assert answers[1].errors == [{"field": "score", "value": 11, "reason": "is not between 1 and 10"}]
    assert answers[2].errors == [{"field": "", "value": None, "reason": "is not an object with fields"}]
    assert [row["contact_id"] for row in fed(store)] == ["c1", "c3"]


def test_of_a_record_with_very_many_faults_twenty_are_told_and_the_rest_counted(
    sqlite_store: Store, settings: Settings
) -> None:
    def refused(faults: int) -> list[dict[str, Any]]:
        sent = contact(**{f"x{number}": "y" * 1_000 for number in range(faults)})
        (answer,) = accept(sqlite_store, settings, "contact", [sent], NOW)
        return answer.errors

    assert len(refused(20)) == 20
    assert refused(20)[-1]["reason"] == "is not a field of this record"
    assert len(refused(21)) == 21
    assert refused(5_000)[-1] == {"field": "", "value": None, "reason": "and 4980 more"}
    assert {len(error["value"]) for error in refused(5_000)[:-1]} == {200}
    (answer,) = accept(sqlite_store, settings, "contact", [contact() | {"x" * 10_000: 1}], NOW)
    assert len(answer.errors[0]["field"]) == 200


def test_the_same_id_twice_in_a_batch_counts_as_sent_twice(store: Store, settings: Settings) -> None:
    batch = [contact(agent="a"), contact(agent="a"), contact(agent="b")]
    assert statuses(accept(store, settings, "contact", batch, NOW)) == ["accepted", "unchanged", "updated"]
    assert [row["agent"] for row in fed(store)] == ["a", "b"]
    assert len(decisions(store)) == 1


def test_a_contact_that_comes_with_a_score_or_with_none_is_kept_as_asked_by_its_source(
    store: Store, settings: Settings
) -> None:
    accept(
        store, settings, "contact", [contact("c1", score=9), contact("c2", score=None), contact("c3")], NOW
    )
    assert [row["asked"] for row in fed(store)] == [True, True, False]


def test_a_sale_may_come_before_its_contact_and_has_no_decision(store: Store, settings: Settings) -> None:
    sale = {"sale_id": "s1", "contact_id": "later", "sold_at": "2026-03-02T10:15:00Z", "value": "9.90"}
    assert accept(store, settings, "sale", [sale], NOW) == [Answer(0, "s1", "accepted")]
    assert fed(store, "sale")[0]["value_minor"] == 990
    assert decisions(store) == []


def test_an_interval_of_calls_is_corrected_by_sending_it_again(store: Store, settings: Settings) -> None:
    calls = {"partner": "Nord", "interval_start": "2026-03-02T10:00:00Z", "offered": 5}
    first = accept(store, settings, "calls_offered", [calls], NOW)
    second = accept(store, settings, "calls_offered", [calls | {"offered": 6}], NOW)
    assert statuses(first + second) == ["accepted", "updated"]
    assert first[0].id == second[0].id


def test_a_phone_is_linked_to_a_customer_once_and_anew_when_it_changes_hands(
    store: Store, settings: Settings
) -> None:
    for name, customer in (("c1", "7"), ("c2", "7"), ("c3", "8")):
        accept(store, settings, "contact", [contact(name, phone="42000001", customer_id=customer)], NOW)
    keys = [customer_key(settings.pseudonym_secret, each, None) for each in ("7", "8")]
    assert [row["customer_key"] for row in fed(store, "link")] == keys


def test_a_batch_that_fails_midway_leaves_nothing(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("store.feed.append", fail)
    with pytest.raises(RuntimeError):
        accept(store, settings, "contact", [contact()], NOW)
    with store.read() as connection:
        assert connection.execute(select(record)).all() == []
    assert decisions(store) == []


def test_two_senders_of_the_same_contacts_agree_on_one_history(store: Store, settings: Settings) -> None:
    names = [f"c{number}" for number in range(40)]
    results: list[list[Answer]] = []

    def send(agent: str, order: list[str]) -> None:
        results.append(
            accept(store, settings, "contact", [contact(name, agent=agent) for name in order], NOW)
        )

    senders = [
        threading.Thread(target=send, args=("a", names)),
        threading.Thread(target=send, args=("b", names[::-1])),
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(statuses([answer for answers in results for answer in answers])) == (
        ["accepted"] * 40 + ["updated"] * 40
    )
    with store.read() as connection:
        kept = {row.record_id: row.payload["agent"] for row in connection.execute(select(record))}
    told = [row for row in feed.undrained(store) if row.kind == "contact"]
    latest = {row.key: row.payload["agent"] for row in told}
    assert kept == latest
    assert len(decisions(store)) == 40


def test_a_naive_now_is_a_fault_of_the_caller(sqlite_store: Store, settings: Settings) -> None:
    with pytest.raises(ValueError, match="offset"):
        accept(sqlite_store, settings, "contact", [contact()], datetime(2026, 3, 2))  # noqa: DTZ001


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None])), max_size=6), max_size=4
    )
)
def test_after_any_batches_the_latest_feed_row_is_the_record(
    sqlite_store: Store, settings: Settings, batches: list[list[tuple[str, str | None]]]
) -> None:
    for batch in batches:
        accept(sqlite_store, settings, "contact", [contact(name, agent=agent) for name, agent in batch], NOW)
    with sqlite_store.read() as connection:
        kept = {row.record_id: row.payload for row in connection.execute(select(record))}
    told = {row.key: row.payload for row in feed.undrained(sqlite_store) if row.kind == "contact"}
    assert kept == told
    assert {row["contact_id"] for row in decisions(sqlite_store)} == set(kept)
