"""Facts of the whole log made anew: when that is done, in slices, and what a fault in it leaves behind."""

from __future__ import annotations

import os
import sys
from datetime import date

import pytest

from metrics import anew, build, models, shape
from metrics.checks import CheckError
from metrics.lake import STALE_S, staging
from tests.metrics.given import NOON, NOW, case, contact, days, link, outcome, sale, session


@pytest.fixture
def said(settings, sqlite_store):
    """Build, and return what the progress was told."""

    def bring(since: date | None = None) -> list[str]:
        told: list[str] = []
        build(settings, sqlite_store, NOW, since, progress=lambda text, _part: told.append(text))
        return told

    return bring


@pytest.mark.parametrize(
    ("there", "coming", "is_made_anew"),
    [(0, 2, False), (0, 3, True), (4, 4, False), (4, 5, True)],
    ids=["few into an empty lake", "many into one", "as many as there are", "more than there are"],
)
def test_more_contacts_than_there_are_are_made_anew_with_them(
    said, write, facts, monkeypatch, there, coming, is_made_anew
):
    if there:
        write("contact", *(contact(f"old {number}") for number in range(there)))
        said()
    monkeypatch.setattr(sys.modules["metrics.build"], "SMALLEST_FOLD", 2)
    write("contact", *(contact(f"new {number}") for number in range(coming)))
    assert ("reading the log" in said()) is is_made_anew
    assert len(facts()) == there + coming


@pytest.mark.parametrize(("since", "is_made_anew"), [(date(2026, 10, 5), True), (date(2026, 10, 6), False)])
def test_everything_is_made_anew_when_no_day_is_left_out(said, write, facts, since, is_made_anew):
    write("contact", contact("c1"), contact("c2", at=NOON + days(1)))
    said()
    before = facts()
    assert ("reading the log" in said(since)) is is_made_anew
    assert facts() == before


def test_slices_keep_together_what_a_fact_is_made_of(said, write, facts, monkeypatch):
    people = range(6)
    write("contact", *(contact(f"a{n}", customer_key=f"k{n}", identified=True) for n in people))
    write("contact", *(contact(f"b{n}", customer_key=f"p{n}", at=NOON + days(1)) for n in people))
    write("contact", *(contact(f"m{n}", at=NOON + days(2) + n, case_id="m") for n in people))
    write("link", *(link(f"p{n}", f"k{n}") for n in people))
    write("session", *(session(f"v{n}", f"k{n}", at=NOON - 3600) for n in people))
    write("sale", *(sale(f"s{n}", f"a{n}") for n in people))
    write("outcome", *(outcome(f"b{n}", score=n + 1) for n in people))
    write("case", case("m", closed_at=NOON + days(3)))
    monkeypatch.setattr(anew, "SLICE", 3)
    assert said(date(2000, 1, 1)).count("facts") == 6
    made = {fact["contact_id"]: fact for fact in facts()}
    for n in people:
        first, second = made[f"a{n}"], made[f"b{n}"]
        assert (first["route"], first["sales"], first["returned_at"]) == (
            "self_service_first", 1, NOON + days(1)
        )  # fmt: skip
        assert (second["customer"], second["score"]) == (f"k{n}", n + 1)
    assert [made[f"m{n}"]["case_open"] for n in people] == [False, None, None, None, None, None]


def test_a_contact_that_the_models_lose_is_noticed_and_nothing_is_published(said, write, lake, monkeypatch):
    write("contact", contact("c1"))
    said()
    before = lake.version().name
    losing = models.sql("facts", "fact") + " where contact_id <> 'c2'"
    monkeypatch.setattr(shape, "sql", lambda *name: losing if name[1] == "fact" else models.sql(*name))
    write("contact", *(contact(f"c{number}") for number in range(2, 5)))
    with pytest.raises(CheckError, match=r"contacts and facts differ in 1 place.*A.*2026-10-05"):
        said(date(2000, 1, 1))
    assert lake.version().name == before
    assert not list(lake.path.glob("staging-*"))


@pytest.mark.parametrize(("age", "is_left"), [(STALE_S - 60, True), (STALE_S + 60, False)])
def test_what_a_killed_builder_left_in_between_goes_after_a_day(lake, age, is_left):
    left = lake.folder("staging-killed")
    (left / "part.parquet").touch()
    then = left.stat().st_mtime - age
    os.utime(left, (then, then))
    with staging(lake) as folder:
        assert folder.is_dir()
    assert not folder.exists()
    assert left.exists() is is_left
