"""Drivers and comments from a real lake: what is read, by whom, and what is not."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type, union-attr"

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.log import Log
from metrics import Scope, build, refresh, remarks, score_drivers
from metrics.commands.reasons import as_content, as_reading
from metrics.inference import reasons
from metrics.inference.drivers import CrossSums, drivers
from metrics.score_drivers import COUNTED, _blocks, _drivers
from settings import Settings
from store import Store, open_store
from tests.metrics.given import contact, logged

FIRST = date(2026, 3, 2)
DAYS = 12
LAST = FIRST + timedelta(days=DAYS - 1)
AS_OF = LAST + timedelta(days=10)
NOW = datetime(2026, 3, 24, 12, tzinfo=UTC)
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


def test_what_makes_the_difference_is_found_with_its_direction(there: Settings) -> None:
    found = score_drivers.find(there, EVERYTHING, FIRST, LAST, as_of=AS_OF).everybody
    assert found.n == 40 * DAYS
    assert found.drivers[0].name == "solved"
    assert found.drivers[0].share.low > 0.8
    assert found.drivers[0].direction.low > 0
    # Nobody's scored contact came after another one.
    assert {driver.name for driver in found.drivers} == {
        "solved", "self_service_first", "waited", "handled", "team"
    }  # fmt: skip


def test_the_cross_table_is_what_single_contacts_would_give() -> None:
    rng = np.random.default_rng(2)
    people = [
        (int(rng.integers(2)), f"p{rng.integers(2)}", "a", *(int(rng.integers(2)) for _ in range(3)),
         int(rng.integers(3)), float(rng.normal()), float(rng.normal()), int(rng.integers(1, 11)))
        for _ in range(400)
    ]  # fmt: skip
    cells: dict[tuple[Any, ...], list[float]] = {}
    for *key, waited, handled, score in people:
        own = [1, score, score**2, waited, handled, waited**2, handled**2, waited * handled, waited * score,
               handled * score]  # fmt: skip
        cells[tuple(key)] = [a + b for a, b in zip(cells.get(tuple(key), [0] * 10), own, strict=True)]
    found = _blocks([(*key, *sums) for key, sums in cells.items()], COUNTED, [("p1", "a")])
    for block in (0, 1):
        rows = [
            (solved, route, repeats, waited, handled, float(partner == "p1"), score)
            for at, partner, _, solved, route, _, repeats, waited, handled, score in people
            if at == block
        ]
        assert found[block] == pytest.approx(np.array(CrossSums.of(rows).products))


def test_days_of_which_nobody_knows_who_came_back_are_left_out(there: Settings) -> None:
    found = score_drivers.find(there, EVERYTHING, FIRST, LAST, as_of=LAST)
    assert found.last == LAST - timedelta(days=8)
    assert found.everybody.n == 40 * 4
    too_soon = score_drivers.find(there, EVERYTHING, LAST, LAST, as_of=LAST)
    assert (too_soon.everybody.n, too_soon.everybody.reason) == (0, reasons.NO_DATA)


def test_what_most_contacts_do_not_tell_is_left_out_and_said(
    settings: Settings, sqlite_store: Store, write: Callable[..., None]
) -> None:
    contacts, _ = rows()
    write(
        "contact",
        *(row | {"wait_s": None, "self_service_first": None, "customer_key": ""} for row in contacts),
    )
    refresh(settings, sqlite_store, NOW)
    found = score_drivers.find(settings, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    assert found.unknown == ("solved", "self_service_first", "waited")
    assert {driver.name for driver in found.everybody.drivers} == {"handled", "team"}
    assert found.everybody.n == 40 * DAYS


def test_a_partner_has_drivers_of_its_own_contacts_alone(there: Settings) -> None:
    found = score_drivers.find(there, NORD, FIRST, LAST, as_of=AS_OF)
    assert found.everybody.n == 20 * DAYS
    others = score_drivers.find(there, NORD, FIRST, LAST, {"partner": "Sør"}, as_of=AS_OF)
    assert others.everybody.reason == reasons.NO_DATA
    assert remarks.remarks(there, NORD, FIRST, LAST, {"partner": "Sør"}) == ()
    assert {remark.partner for remark in remarks.remarks(there, NORD, FIRST, LAST)} == {"Nord"}
    assert {remark.partner for remark in remarks.remarks(there, EVERYTHING, FIRST, LAST)} == {"Nord", "Sør"}


@pytest.mark.parametrize(("where", "part"), [({"topic": "topic 1"}, 0.5), ({"channel": "phone"}, 1.0),
                                             ({"channel": "chat"}, 0.0)])  # fmt: skip
def test_a_filter_leaves_its_contacts(there: Settings, where: dict[str, str], part: float) -> None:
    found = score_drivers.find(there, EVERYTHING, FIRST, LAST, where, as_of=AS_OF)
    assert found.everybody.n == part * 40 * DAYS


def test_nobody_was_asked_about_guidance_and_that_is_said(there: Settings) -> None:
    asked = score_drivers.find(there, EVERYTHING, FIRST, LAST, as_of=AS_OF).asked
    assert (asked.n, asked.reason) == (0, reasons.NO_DATA)


def test_a_driver_that_never_varies_is_left_out_and_not_an_error() -> None:
    sums = (10.0, 60.0, 400.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    cells = [(block, "a", "b", solved, 1, 0, 0, *sums) for block in range(12) for solved in (0, 1)]
    found = _drivers(cells, guided=False)
    assert [driver.name for driver in found.drivers] == ["solved"]


def test_scores_that_are_all_alike_have_no_drivers() -> None:
    sums = (10.0, 80.0, 640.0, 5.0, 5.0, 9.0, 9.0, 4.0, 40.0, 40.0)
    cells = [(block, "a", "b", solved, 1, 0, 0, *sums) for block in range(12) for solved in (0, 1)]
    found = _drivers(cells, guided=False)
    assert found.reason == reasons.NO_SPREAD
    assert all(driver.share.value is None for driver in found.drivers)


def test_too_few_scores_have_no_drivers() -> None:
    rng = np.random.default_rng(1)
    blocks = [CrossSums.of(rng.normal(size=(4, 3))) for _ in range(12)]
    assert drivers(blocks, {"a": (0,), "b": (1,)}).reason == reasons.TOO_FEW
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
    assert all(reason.share.reason == reasons.NO_DATA for reason in reading.reasons)
    found = score_drivers.find(settings, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    assert found.everybody.reason == reasons.NO_DATA


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
    found = score_drivers.find(there, EVERYTHING, FIRST, LAST, as_of=AS_OF)
    given = remarks.remarks(there, EVERYTHING, FIRST, LAST)
    reading = remarks.read(given, dissatisfied_to=4)
    hits = remarks.find(EVERYTHING, reading.read, "ventet")
    for content in (as_content(found), as_reading(reading, (FIRST, LAST), hits)):
        assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert as_content(found)["everybody"]["sentence"].startswith("“Solved at first contact” goes most")


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
