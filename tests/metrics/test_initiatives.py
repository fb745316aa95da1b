"""Initiatives from daily counts: weeks since the launch, what is compared, money, and its absence."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, arg-type"

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from lake.log import Log
from metrics.analysis.initiatives import History, ahead, outcomes, weekly
from metrics.analysis.reference import contact_costs, hour_costs, stated
from metrics.cli.initiative import as_content
from metrics.inference.base import missing
from metrics.inference.base.stats import MeanStats
from metrics.wording import initiatives as initiative_words
from settings import Settings
from store import Store
from store.deeds import deeds
from store.initiatives import SUBJECT, Initiative, initiatives, new_id, register, remove
from tests.metrics.given import logged

FIRST = date(2026, 1, 5)
LAUNCH = FIRST + timedelta(weeks=20)
LAST = LAUNCH + timedelta(weeks=6, days=3)
NOW = datetime(2026, 7, 10, tzinfo=UTC)
BILL = Initiative("bill", "A clearer bill", ("bill",), "Digital", LAUNCH, cost_minor=10_000_00)


def past(*, effect: float = 0.4, last: date = LAST, first: date = FIRST, **given: Any) -> History:
    """Sixty contacts a day on each of five topics, those on bills fewer since the launch."""
    rng = np.random.default_rng(5)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    daily = {
        topic: {
            day: int(rng.poisson(60 * (1 - effect if topic == "bill" and day >= LAUNCH else 1)))
            for day in days
        }
        for topic in ("bill", "move", "net", "tv", "app")
    }
    seconds = {topic: {"Nord": MeanStats.of([240.0, 360.0])} for topic in daily}
    return replace(History(daily, first, last, seconds, {"": 480.0}, {}), **given)


def only(history: History, *measures: Initiative) -> Any:
    found = outcomes(history, list(measures))
    return found[0] if len(found) == 1 else found


def test_a_measure_that_works_has_avoided_contacts_and_money() -> None:
    found = only(past(), BILL)
    truth = 0.4 * 60 * 42
    assert found.impact.avoided.low < truth < found.impact.avoided.high
    assert (found.impact.weeks_before, found.impact.weeks_after, found.impact.topics_tried) == (20, 6, 4)
    # 300 s at 480 kroner an hour are 40 kroner.
    assert found.impact.money.value == pytest.approx(40 * found.impact.avoided.value)
    assert found.net.low == pytest.approx(found.impact.money.low - 10_000)
    text = initiative_words.sentence(found, "nb")
    assert "færre kontakter" in text
    assert "på 6 uker" in text


def test_a_measure_that_does_not_is_not_yet_measurable_and_says_what_fits() -> None:
    found = only(past(effect=0.0), BILL)
    assert found.impact.reason == missing.NOT_MEASURABLE
    assert "passer med alt fra" in initiative_words.sentence(found, "nb")
    assert "flere kontakter til" in initiative_words.sentence(found, "nb")


def test_weeks_are_counted_from_the_launch_and_only_whole_ones() -> None:
    found = weekly(past(), ["bill"], LAUNCH, set(), LAST)
    assert (len(found.touched), found.start, found.days[found.start]) == (26, 20, LAUNCH)
    odd = weekly(past(), ["bill"], LAUNCH + timedelta(days=3), set(), LAST)
    assert (len(odd.touched), odd.start, odd.days[0]) == (26, 20, FIRST + timedelta(days=3))


def test_weeks_count_from_local_day_to_local_day_also_when_the_clock_is_moved() -> None:
    # The last Sunday of March has 23 hours; a week is seven days all the same.
    history = past(effect=0.0)
    found = weekly(history, ["bill"], LAUNCH, set(), LAST)
    week = found.days.index(date(2026, 3, 23))
    assert found.touched[week] == sum(
        history.daily["bill"][date(2026, 3, 23) + timedelta(days=i)] for i in range(7)
    )


@pytest.mark.parametrize(
    ("launched", "last", "text"),
    [
        (LAUNCH, LAUNCH + timedelta(days=1), "Not yet measurable. There are enough weeks on 15 June 2026"),
        (LAUNCH, LAUNCH + timedelta(days=19), "Not yet measurable."),
        (LAUNCH, LAUNCH - timedelta(days=10), "Proposed. To be launched on 25 May 2026."),
        (FIRST + timedelta(days=55), LAST, "Cannot be measured: there are not eight weeks"),
    ],
)
def test_what_cannot_be_measured_says_why_or_from_when(launched: date, last: date, text: str) -> None:
    found = only(past(last=last), replace(BILL, launched=launched))
    assert found.impact.avoided.value is None
    assert initiative_words.sentence(found, "en").startswith(text)


def test_twenty_days_are_too_few_and_twenty_one_are_enough() -> None:
    assert only(past(last=LAUNCH + timedelta(days=19)), BILL).impact.reason == missing.TOO_SHORT
    assert only(past(last=LAUNCH + timedelta(days=20)), BILL).impact.reason == ""


def test_one_that_ended_is_measured_until_then_and_not_beyond() -> None:
    ended = only(past(), replace(BILL, ended=LAUNCH + timedelta(weeks=4)))
    assert ended.impact.weeks_after == 4
    short = only(past(), replace(BILL, ended=LAUNCH + timedelta(weeks=2)))
    assert "lasted for less than three weeks" in initiative_words.sentence(short, "en")


def test_topics_of_other_measures_are_no_comparison() -> None:
    other = replace(BILL, initiative_id="move", topics=("move", "net"))
    found = {o.initiative.initiative_id: o for o in only(past(), BILL, other)}
    assert set(found["bill"].weeks.untouched) == {"tv", "app"}
    everything = replace(other, topics=("move", "net", "tv", "app"))
    lonely = {o.initiative.initiative_id: o for o in only(past(), BILL, everything)}
    assert lonely["bill"].impact.reason == missing.NO_COMPARISON


def test_a_topic_that_nobody_asks_about_has_no_number() -> None:
    found = only(past(), replace(BILL, topics=("unheard of",)))
    assert found.impact.reason == missing.NO_DATA
    assert found.impact.avoided.value is None


def test_a_gap_of_a_fortnight_is_no_effect() -> None:
    history = past(effect=0.0)
    gap = {LAUNCH + timedelta(days=i) for i in range(7, 21)}
    daily = {t: {d: n for d, n in days.items() if d not in gap} for t, days in history.daily.items()}
    found = only(replace(history, daily=daily), BILL)
    assert (found.impact.reason, found.impact.weeks_after) == (missing.NOT_MEASURABLE, 4)


def test_weeks_that_are_all_alike_tell_nothing() -> None:
    history = past()
    daily = {t: dict.fromkeys(days, 10) for t, days in history.daily.items()}
    assert only(replace(history, daily=daily), BILL).impact.reason == missing.NO_SPREAD


def test_christmas_touches_all_topics_and_is_no_effect() -> None:
    history = past(effect=0.0)
    quiet = {LAUNCH + timedelta(days=i) for i in range(7, 18)}
    daily = {
        t: {d: n // 4 if d in quiet else n for d, n in days.items()} for t, days in history.daily.items()
    }
    assert only(replace(history, daily=daily), BILL).impact.reason == missing.NOT_MEASURABLE


def test_without_a_known_cost_there_is_no_money() -> None:
    found = only(past(hour_costs={}), BILL)
    assert (found.impact.money.value, found.impact.money.reason) == (None, missing.NO_COST)
    assert only(past(), replace(BILL, cost_minor=None)).net.reason == missing.NO_COST
    stated_cost = only(past(hour_costs={}, contact_costs={"bill": 85.0}), BILL)
    assert stated_cost.impact.money.value == pytest.approx(85 * stated_cost.impact.avoided.value)


@pytest.mark.parametrize(
    ("costs", "cost"),
    [
        ({"": 480.0}, 480 * 500 / 3600),
        ({"": 480.0, "Sør": 600.0}, (2 * 480 * 300 + 600 * 900) / 3 / 3600),
        ({"Nord": 360.0, "": 1.0, "Sør": 600.0}, (2 * 360 * 300 + 600 * 900) / 3 / 3600),
        ({"Sør": 600.0}, 600 * 900 / 3600),  # of Nord nothing is known
        ({"Vest": 600.0}, None),
    ],
)
def test_a_contact_costs_what_its_partners_hours_cost(costs: dict[str, float], cost: float | None) -> None:
    times = {"Nord": MeanStats.of([240.0, 360.0]), "Sør": MeanStats.of([900.0])}
    found = past(seconds={"bill": times}, hour_costs=costs).cost_per_contact(["bill"])
    assert found == (None if cost is None else pytest.approx(cost))


def test_all_are_ranked_by_what_they_avoided_and_those_without_a_number_come_last() -> None:
    small = replace(BILL, initiative_id="tv", topics=("tv",))
    new = replace(BILL, initiative_id="app", topics=("app",), launched=LAST - timedelta(days=2))
    found = only(past(), new, small, BILL)
    assert [o.initiative.initiative_id for o in found] == ["bill", "app", "tv"]
    assert [o.ranked.place for o in found] == [1, None, None]
    assert found[2].ranked.reason == missing.NOT_MEASURABLE


@pytest.mark.parametrize(
    ("launched", "changes"), [(LAST + timedelta(days=1), False), (LAST - timedelta(weeks=4), True)]
)
def test_what_is_only_proposed_changes_no_other_measure(launched: date, changes: bool) -> None:
    other = replace(BILL, initiative_id="tv", topics=("tv", "app"), launched=launched)
    alone = only(past(), BILL).impact
    beside = next(o for o in only(past(), BILL, other) if o.initiative is BILL).impact
    assert (beside != alone) == changes


def test_a_proposal_tells_what_to_expect_and_when_it_is_seen() -> None:
    proposal = replace(BILL, launched=LAST + timedelta(days=30), assumed_effect=0.3)
    found = only(past(effect=0.0), proposal)
    assert found.forecast.fewer.value == pytest.approx(0.3 * 420, rel=0.05)
    assert found.forecast.weeks_until_seen in range(3, 8)
    assert found.forecast.money_a_year == pytest.approx(52 * 40 * found.forecast.fewer.value)
    with pytest.raises(ValueError, match="there is no topic nothing"):
        ahead(past(), ["nothing"], 0.3, set())
    with pytest.raises(ValueError, match="share"):
        ahead(past(), ["bill"], 30, set())


def test_the_content_of_an_initiative_is_json_without_odd_numbers() -> None:
    for measure in (BILL, replace(BILL, launched=LAST), replace(BILL, topics=("unheard of",))):
        content = as_content(only(past(), measure))
        assert json.loads(json.dumps(content, allow_nan=False)) == content
        assert content["cost"] == 10_000


def test_an_empty_lake_measures_nothing() -> None:
    assert outcomes(None, [BILL]) == []


def test_what_is_registered_is_kept_changed_and_removed_with_a_trace(store: Store) -> None:
    register(store, BILL, who="Kari", now=NOW)
    register(store, replace(BILL, ended=LAUNCH + timedelta(days=40)), who="Ola", now=NOW)
    assert initiatives(store) == [replace(BILL, ended=LAUNCH + timedelta(days=40))]
    remove(store, "bill", who="Kari", now=NOW)
    assert initiatives(store) == []
    assert [(deed.what, deed.who) for deed in deeds(store, SUBJECT)] == [
        ("registered", "Kari"), ("changed", "Ola"), ("removed", "Kari"),
    ]  # fmt: skip
    with pytest.raises(KeyError):
        remove(store, "bill", who="Kari", now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"owner": ""},
        {"topics": ()},
        {"topics": ("bill", " ")},
        {"ended": LAUNCH},
        {"cost_minor": -1},
        {"assumed_effect": 0.0},
        {"assumed_effect": 12.0},
    ],
)
def test_an_initiative_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        replace(BILL, **wrong)


def test_ids_can_be_typed_and_differ() -> None:
    assert new_id("Nytt språk på Åpne dører – nå!", []) == "nytt-sprak-pa-apne-dorer-na"
    assert new_id("!!!", []) == "initiative"
    assert new_id("A b", ["a-b", "a-b-2"]) == "a-b-3"


@pytest.fixture
def state(settings: Settings) -> Callable[..., None]:
    def append(kind: str, *rows: dict[str, Any]) -> None:
        Log(settings.lake_path).append(kind, [logged(row) for row in rows])

    return append


def test_the_latest_row_of_what_is_stated_counts(settings: Settings, state: Callable[..., None]) -> None:
    assert stated(settings, "hour_cost") == []
    row = {"cost_id": "a", "valid_from": date(2026, 1, 1), "partner": "", "cost_minor": 400_00}
    state("hour_cost", row)
    state("hour_cost", row | {"cost_minor": 450_00})
    assert [row["cost_minor"] for row in stated(settings, "hour_cost")] == [450_00]


def test_the_cost_of_an_hour_is_that_of_its_day_then_the_settings_then_unknown(
    settings: Settings, state: Callable[..., None]
) -> None:
    assert hour_costs(settings, LAST) == {}
    assert hour_costs(settings.model_copy(update={"hour_cost": 300.0}), LAST) == {"": 300}
    row = {"partner": "", "cost_minor": 400_00}
    later = {"valid_from": date(2026, 6, 1), "cost_minor": 500_00}
    elsewhere = {"valid_from": date(2026, 6, 2), "cost_minor": 1, "partner": "Nord"}
    state("hour_cost", row | {"cost_id": "a", "valid_from": date(2026, 1, 1)})
    state("hour_cost", row | {"cost_id": "b"} | later, row | {"cost_id": "c"} | elsewhere)
    assert hour_costs(settings, date(2025, 12, 31)) == {}
    assert hour_costs(settings, date(2026, 5, 31)) == {"": 400}
    assert hour_costs(settings, date(2026, 6, 1)) == {"": 500}
    assert hour_costs(settings, date(2026, 6, 3)) == {"": 500, "Nord": 0.01}


def test_a_contact_costs_what_is_stated(settings: Settings, state: Callable[..., None]) -> None:
    topic = {"need": "", "ease": None}
    state("topic", topic | {"topic": "bill", "contact_cost_minor": 85_00}, topic | {"topic": "move"})
    assert contact_costs(settings) == {"bill": 85.0}
