"""Partitions made in passes: what belongs together stays together, and what the models lose is noticed."""

from __future__ import annotations

from datetime import date

import pytest

from metrics.build import partitions
from metrics.build import refresh as refresh_module
from metrics.build.checks import CheckError
from metrics.build.refresh import build, refresh_step
from metrics.catalog import models
from metrics.catalog.columns import FACT
from tests.metrics.given import NOON, NOW, case, contact, days, link, outcome, sale, session


def test_passes_of_one_partition_see_their_neighbours(settings, sqlite_store, write, facts, monkeypatch):
    people = range(6)
    write("contact", *(contact(f"a{n}", customer_key=f"k{n}", identified=True) for n in people))
    write("contact", *(contact(f"b{n}", customer_key=f"p{n}", at=NOON + days(1)) for n in people))
    write("contact", *(contact(f"m{n}", at=NOON + days(2) + n, case_id="m") for n in people))
    write("link", *(link(f"p{n}", f"k{n}") for n in people))
    write("session", *(session(f"v{n}", f"k{n}", at=NOON - 3600) for n in people))
    write("sale", *(sale(f"s{n}", f"a{n}") for n in people))
    write("outcome", *(outcome(f"b{n}", score=n + 1) for n in people))
    write("case", case("m", closed_at=NOON + days(3)))
    monkeypatch.setattr(refresh_module, "PASS_ROWS", 1)
    build(settings, sqlite_store, NOW)
    made = {fact["contact_id"]: fact for fact in facts()}
    for n in people:
        first, second = made[f"a{n}"], made[f"b{n}"]
        assert (first["route"], first["sales"], first["returned_at"]) == (
            "self_service_first", 1, NOON + days(1)
        )  # fmt: skip
        assert (second["customer"], second["score"]) == (f"k{n}", n + 1)
    assert [made[f"m{n}"]["case_open"] for n in people] == [False, None, None, None, None, None]


def test_a_contact_that_the_models_lose_is_noticed_and_nothing_is_published(
    settings, sqlite_store, write, lake, monkeypatch
):
    write("contact", contact("c1"))
    build(settings, sqlite_store, NOW)
    before = lake.version().name
    losing = models.sql("facts", "fact") + " where contact_id <> 'c2'"
    monkeypatch.setattr(partitions, "sql", lambda *name: losing if name[1] == "fact" else models.sql(*name))
    write("contact", *(contact(f"c{number}") for number in range(2, 5)))
    with pytest.raises(CheckError, match=r"facts_equal_contacts: 1 rows.*2026-10-05"):
        build(settings, sqlite_store, NOW, since=date(2000, 1, 1))
    assert lake.version().name == before


def test_the_models_give_the_columns_that_are_written_down(write, rebuild, lake):
    import pyarrow.parquet as pq

    write("contact", contact())
    rebuild()
    (partition,) = lake.partitions(lake.version()).values()
    schema = pq.read_schema(lake.path / partition.files[0])
    assert [(field.name, field.type) for field in schema] == [(field.name, field.type) for field in FACT]


@pytest.mark.parametrize(
    ("case_opened", "is_opener"),
    [(-259_201, False), (-259_200, True), (0, True), (259_200, True), (259_201, False)],
)
def test_a_case_is_opened_by_a_contact_within_three_days_of_its_registration(
    write, rebuild, facts, case_opened, is_opener
):
    write("contact", contact("c1", case_id="m1"))
    write("case", case("m1", at=NOON + case_opened, closed_at=NOON + days(30)))
    rebuild()
    assert (facts()[0]["resolution_s"] is not None) is is_opener


def test_a_sale_of_a_contact_long_ago_is_found_by_the_search_of_a_minute(
    settings, sqlite_store, write, facts
):
    from datetime import timedelta

    write("contact", contact("old", at=NOON - days(200)), contact("new"))
    build(settings, sqlite_store, NOW)
    write("sale", sale("s1", "old", at=NOON))
    refresh_step(settings, sqlite_store, NOW)
    assert sum(fact["sales"] for fact in facts()) == 0
    refresh_step(settings, sqlite_store, NOW + timedelta(seconds=61))
    assert {fact["contact_id"]: fact["sales"] for fact in facts()} == {"new": 0, "old": 1}


@pytest.mark.parametrize(
    ("hours", "is_applied"), [(11, False), (12, True)], ids=["by day", "after two at night"]
)
def test_what_a_link_changes_long_ago_waits_for_the_night(
    settings, sqlite_store, write, facts, hours, is_applied
):
    from datetime import timedelta

    write("contact", contact("c1", customer_key="p1"), contact("c2", customer_key="p1", at=NOON + days(14)))
    build(settings, sqlite_store, NOW)
    write("link", link("p1", "k1"))
    refresh_step(settings, sqlite_store, NOW)
    refresh_step(settings, sqlite_store, NOW + timedelta(hours=hours))
    customers = {fact["contact_id"]: fact["customer"] for fact in facts()}
    assert customers == {"c1": "k1" if is_applied else "p1", "c2": "k1"}
