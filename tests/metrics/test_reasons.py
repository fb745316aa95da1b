"""Drivers and comments from a real lake: what is read, by whom, and what is not."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type, union-attr"

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis import comments as remarks
from metrics.analysis import drivers as score_drivers
from metrics.analysis.drivers import FACTORS, Found, Products, of, products
from metrics.build.refresh import build, refresh
from metrics.cli.drivers import as_content, as_reading
from metrics.inference.answers.drivers import CrossSums, drivers
from metrics.inference.base import missing
from metrics.query import scope as scopes
from settings import Settings
from store import Store, open_store
from tests.metrics.given import contact, logged, outcome

FIRST = date(2026, 3, 2)
DAYS = 12
LAST = FIRST + timedelta(days=DAYS - 1)
AS_OF = LAST + timedelta(days=10)
NOW = datetime(2026, 3, 24, 12, tzinfo=UTC)
DAY = 86_400
EVERYTHING, NORD = Scope.everything(), Scope.of_partner("Nord")
TEXTS = ("Ventet i en time", "Fortsatt ikke løst", "Altfor dyrt", "Jeg gir 3", "nei")


def rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Forty contacts a day at two partners: a fifth come back, and those give three points less."""
    rng = np.random.default_rng(1)
    contacts, comments = [], []
    for d in range(DAYS):
        day = FIRST + timedelta(days=d)
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        for i in range(40):
            back = rng.random() < 0.2
            score = int(np.clip(np.round(rng.normal(5 if back else 8, 1)), 1, 10))
            own = {
                "partner": "Nord" if i % 2 else "Sør", "team": f"t{i % 4}", "customer_key": f"k{d}-{i}",
                "identified": True, "self_service_first": bool(i % 3), "wait_s": int(rng.integers(0, 200)),
                "handling_s": int(rng.integers(100, 900)), "topic": f"topic {i % 2}",
            }  # fmt: skip
            contacts.append(contact(f"{d}-{i}", at=noon + i, score=score, asked=True, **own))
            if back:
                contacts.append(contact(f"{d}-{i}-again", at=noon + i + 3600, **own))
                text = {"contact_id": f"{d}-{i}", "day": day, "text": TEXTS[(d + i) % len(TEXTS)]}
                comments.append(text)
    return contacts, comments


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("reasons"))
    contacts, comments = rows()
    log = Log(settings.lake_path)
    log.append("contact", [logged(row) for row in contacts])
    log.append("comment", [logged(row) for row in comments])
    with closing(open_store(settings.database_url)) as store:
        build(settings, store, NOW)
    return settings.home


@pytest.fixture
def there(home: Path) -> Settings:
    return Settings(home=home)


def drivers_of(settings: Settings, scope: Scope, *asked: Any, as_of: date) -> Found:
    return score_drivers.find(open_reader(settings, scope), *asked, as_of=as_of)


def test_what_makes_the_difference_is_found_with_its_direction(there: Settings) -> None:
    found = drivers_of(there, EVERYTHING, FIRST, LAST, as_of=AS_OF).everybody
    assert found.n == 40 * DAYS
    assert found.drivers[0].name == "solved"
    assert found.drivers[0].share.low > 0.8
    assert found.drivers[0].direction.low > 0
    # Nobody's scored contact came after another one.
    assert {driver.name for driver in found.drivers} == {
        "solved", "self_service_first", "waited", "handled", "team"
    }  # fmt: skip


def test_the_cubes_products_are_those_of_single_contacts(
    settings: Settings, fresh, write, rebuild, facts, monkeypatch
) -> None:
    monkeypatch.setattr(scopes, "LARGEST_CHANGE", 1.0)
    contacts, _ = rows()
    rng = np.random.default_rng(3)
    told = [row | {"wait_s": None} if rng.random() < 0.1 else row for row in contacts]
    write("contact", *told[:-60])
    rebuild()
    noon = _noon(FIRST)
    open_reader(settings, EVERYTHING)
    # Some come later: new ones, and one that is corrected.
    write("contact", *told[-60:], told[0] | {"score": 1, "seq": 9})
    write("outcome", *(outcome(f"0-{i}", at=noon + i, score=9, guided=bool(i % 2)) for i in range(20)))
    fresh()
    cubes, source = open_reader(settings, EVERYTHING).rows("by_driver", {}, FIRST, LAST)
    assert (source, len(cubes)) == ("by_driver", 2)
    found = products(cubes, FIRST, LAST, {})
    expected = np.zeros_like(found.sums)
    for fact in facts():
        if fact["score"] is None or fact["wait_s"] is None or fact["route"] == "unknown":
            continue
        minutes = [round(1000 * math.log1p(fact[name] / 60)) for name in ("wait_s", "handling_s")]
        own = [1, fact["returned_at"] is None, fact["route"] == "self_service_first", fact["guided"] or False,
               fact["repeats"], *minutes, fact["score"]]  # fmt: skip
        team = found.teams.index((fact["partner"], fact["team"]))
        expected[(fact["day"] - FIRST).days, team, int(fact["guided"] is not None)] += np.outer(own, own)
    assert found.sums == pytest.approx(expected, abs=0)
    assert found.sums[:, :, 1, 0, 0].sum() > 15


def test_a_scan_for_a_topic_makes_the_same_sums_as_the_cube(there: Settings) -> None:
    reader = open_reader(there, EVERYTHING)
    (cube,), _ = reader.rows("by_driver", {}, FIRST, LAST)
    scans = [reader.rows("by_driver", {"topic": [f"topic {i}"]}, FIRST, LAST) for i in (0, 1)]
    assert {source for _, source in scans} == {"facts"}
    whole = products([cube], FIRST, LAST, {})
    parts = products([part for (part,), _ in scans], FIRST, LAST, {})
    order = [parts.teams.index(team) for team in whole.teams]
    assert (parts.sums[:, order] == whole.sums).all()
    assert drivers_of(there, EVERYTHING, FIRST, LAST, {"topic": ["topic 1"]}, as_of=AS_OF).source == "facts"


def test_no_engine_can_round_a_time_otherwise() -> None:
    # Thousandths of ln(1 + minutes) of every time a contact can have: none lies near the half of two.
    thousandths = 1000 * np.log1p(np.arange(3 * 86_400 + 1) / 60)
    assert np.abs(thousandths % 1 - 0.5).min() > 1e-8


@pytest.mark.parametrize(
    ("times", "repeats"),
    [
        ([0, 1], [0, 1]),
        ([0, 0, 60], [0, 0, 2]),  # two in one second: neither came after the other
        ([0, 7 * DAY, 14 * DAY + 1], [0, 1, 0]),
        ([0, 1, 2, 3, 4], [0, 1, 2, 3, 3]),
    ],
)
def test_contacts_of_the_same_customer_in_the_seven_days_before_are_counted(
    write: Callable[..., None], fresh: Any, facts: Any, times: list[int], repeats: list[int]
) -> None:
    noon = _noon(FIRST)
    # The last one first: it is counted anew when an earlier one comes late.
    for i, gap in reversed(list(enumerate(times))):
        customer = {"customer_key": "k", "identified": True, "topic": f"t{i}"}
        write("contact", contact(f"c{i}", at=noon + gap, **customer))
        fresh()
    write("contact", contact("d", at=noon + 1, customer_key="other"), contact("e", at=noon + 1))
    fresh()
    found = {row["contact_id"]: row["repeats"] for row in facts()}
    assert [found[f"c{i}"] for i in range(len(times))] == repeats
    assert (found["d"], found["e"]) == (0, 0)


def test_days_of_which_nobody_knows_who_came_back_are_left_out(there: Settings) -> None:
    found = drivers_of(there, EVERYTHING, FIRST, LAST, as_of=LAST)
    assert found.last == LAST - timedelta(days=8)
    assert found.everybody.n == 40 * 4
    too_soon = drivers_of(there, EVERYTHING, LAST, LAST, as_of=LAST)
    assert (too_soon.everybody.n, too_soon.everybody.reason) == (0, missing.NO_DATA)


def test_what_most_contacts_do_not_tell_is_left_out_and_said(
    settings: Settings, sqlite_store: Store, write: Callable[..., None]
) -> None:
    contacts, _ = rows()
    write(
        "contact",
        *(row | {"wait_s": None, "self_service_first": None, "customer_key": ""} for row in contacts),
    )
    refresh(settings, sqlite_store, NOW)
    found = drivers_of(settings, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    assert found.unknown == ("solved", "self_service_first", "waited")
    assert {driver.name for driver in found.everybody.drivers} == {"handled", "team"}
    assert found.everybody.n == 40 * DAYS


def test_a_partner_has_drivers_of_its_own_contacts_alone(there: Settings) -> None:
    found = drivers_of(there, NORD, FIRST, LAST, as_of=AS_OF)
    assert found.everybody.n == 20 * DAYS
    # Of its two teams neither is more of a team than the other.
    assert [one.direction for one in found.everybody.drivers if one.name == "team"] == [None]
    others = drivers_of(there, NORD, FIRST, LAST, {"partner": ["Sør"]}, as_of=AS_OF)
    assert others.everybody.reason == missing.NO_DATA
    assert remarks.remarks(there, NORD, FIRST, LAST, {"partner": "Sør"}) == ()
    assert {remark.partner for remark in remarks.remarks(there, NORD, FIRST, LAST)} == {"Nord"}
    assert {remark.partner for remark in remarks.remarks(there, EVERYTHING, FIRST, LAST)} == {"Nord", "Sør"}


@pytest.mark.parametrize(
    ("where", "part"),
    [
        ({"topic": ["topic 1"]}, 0.5),
        ({"topic": ["topic 9"]}, 0.0),
        ({"channel": ["phone"]}, 1.0),
        ({"channel": ["chat"]}, 0.0),
    ],
)
def test_a_filter_leaves_its_contacts(there: Settings, where: dict[str, list[str]], part: float) -> None:
    found = drivers_of(there, EVERYTHING, FIRST, LAST, where, as_of=AS_OF)
    assert found.everybody.n == part * 40 * DAYS


def test_nobody_was_asked_about_guidance_and_that_is_said(there: Settings) -> None:
    asked = drivers_of(there, EVERYTHING, FIRST, LAST, as_of=AS_OF).asked
    assert (asked.n, asked.reason) == (0, missing.NO_DATA)


def test_a_driver_that_never_varies_is_left_out_and_not_an_error() -> None:
    found = of(given(score=[4, 8], solved=[0, 1]))
    assert [driver.name for driver in found.drivers] == ["solved"]


def test_scores_that_are_all_alike_have_no_drivers() -> None:
    found = of(given(score=[8, 8], solved=[0, 1]))
    assert found.reason == missing.NO_SPREAD
    assert all(driver.share.value is None for driver in found.drivers)


def given(**columns: list[int]) -> Products:
    """Twelve blocks of one team with contacts that have these factors, ten of each; the others have none."""
    table = np.array([np.ones(2), *(columns.get(name, [0, 0]) for name in FACTORS)])
    sums = np.zeros((12, 1, 2, len(table), len(table)))
    sums[:, 0, 0] = 10 * table @ table.T
    return Products(sums, (("a", "b"),))


def test_too_few_scores_have_no_drivers() -> None:
    rng = np.random.default_rng(1)
    blocks = [CrossSums.of(rng.normal(size=(4, 3))) for _ in range(12)]
    assert drivers(blocks, {"a": (0,), "b": (1,)}).reason == missing.TOO_FEW
    assert drivers([*blocks, CrossSums.of(rng.normal(size=(2, 3)))], {"a": (0,), "b": (1,)}).reason == ""


def test_comments_are_read_with_their_scores_and_mere_numbers_are_not(there: Settings) -> None:
    given = remarks.remarks(there, EVERYTHING, FIRST, LAST)
    reading = remarks.read(given, dissatisfied_to=6)
    assert reading.there == len(rows()[1])
    assert {remark.text for remark in reading.read} == set(TEXTS[:3])
    shares = {reason.reason: reason.share for reason in reading.reasons}
    low = [remark for remark in reading.read if remark.score <= 6]
    assert shares["waiting"].n == len(low)
    assert shares["price"].value == pytest.approx(np.mean([r.text == "Altfor dyrt" for r in low]))
    assert given[0].day >= given[-1].day


def test_the_latest_comment_counts_and_a_forgotten_one_is_gone(
    settings: Settings, sqlite_store: Store, write: Callable[..., None]
) -> None:
    for key in ("a", "b"):
        write("contact", contact(key, at=_noon(FIRST), score=2, asked=True))
        write("comment", {"contact_id": key, "day": FIRST, "text": "Ventet"})
    write("comment", {"contact_id": "a", "day": FIRST, "text": "Ventet\nikke løst"})
    write("comment", {"contact_id": "b", "day": FIRST, "text": ""})
    refresh(settings, sqlite_store, NOW)
    found = remarks.remarks(settings, EVERYTHING, FIRST, FIRST)
    assert [(remark.text, remark.score) for remark in found] == [("Ventet\nikke løst", 2)]


def test_an_empty_lake_has_neither_drivers_nor_comments(settings: Settings) -> None:
    assert remarks.remarks(settings, EVERYTHING, FIRST, LAST) == ()
    reading = remarks.read((), dissatisfied_to=4)
    assert (reading.there, reading.themes) == (0, ())
    assert all(reason.share.reason == missing.NO_DATA for reason in reading.reasons)
    found = drivers_of(settings, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    assert found.everybody.reason == missing.NO_DATA


def remark(text: str, day: date = FIRST, score: int = 3) -> remarks.Remark:
    return remarks.Remark(day, "Nord", "t", "phone", "bill", "nb", "direct", score, text)


@pytest.mark.parametrize(("number", "hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_partner_is_not_shown_fewer_than_five_comments(number: int, hidden: bool) -> None:
    given = [remark("Ventet lenge")] * number + [remark("Dyrt")] * 9
    for scope in (NORD, EVERYTHING):
        found = remarks.find(scope, given, "vente")
        assert found.number == number
        assert found.hidden == (hidden and scope == NORD)
        assert len(found.shown) == (0 if found.hidden else number)


def test_words_of_the_days_of_an_alarm_are_set_apart() -> None:
    calm = [remark("Grei hjelp", FIRST + timedelta(days=i % 20)) for i in range(60)]
    bad = FIRST + timedelta(days=40)
    words, (now, before) = remarks.words_of_days(
        [*calm, *(remark("Feil faktura igjen", bad) for _ in range(12))], bad, bad
    )
    assert (now, before) == (12, 60)
    assert {word.name for word in words if word.side == "first"} == {"feil", "faktura", "feil faktura"}
    nothing, sizes = remarks.words_of_days(calm, bad, bad)
    assert (nothing, sizes) == ((), (0, 60))


def test_what_the_commands_print_is_json(there: Settings) -> None:
    found = drivers_of(there, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    given = remarks.remarks(there, EVERYTHING, FIRST, LAST)
    reading = remarks.read(given, dissatisfied_to=4)
    hits = remarks.find(EVERYTHING, reading.read, "ventet")
    for content in (as_content(found), as_reading(reading, (FIRST, LAST), hits)):
        assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert as_content(found)["everybody"]["sentence"].startswith("“Solved at first contact” goes most")


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
