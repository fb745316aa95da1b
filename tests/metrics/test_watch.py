"""Watching: series out of a lake, alarms kept with what people did about them, over when they are over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo import marker
from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis.alarms import changes, finding, watch
from metrics.analysis.explain_alarm import inside
from metrics.analysis.holidays import holidays
from metrics.analysis.series import watched
from metrics.build.refresh import build, refresh
from metrics.inference.over_time.alarms import group
from settings import Settings
from store import Store, open_store
from store.deeds import deeds
from store.metric_alarms import SUBJECT, StoredAlarm, acknowledge, close, keep, reopen, stored
from tests.metrics.given import contact, logged

FIRST = date(2026, 1, 5)  # a Monday
WEEKS = 10
TODAY = FIRST + timedelta(weeks=WEEKS, days=-1)
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 22, tzinfo=UTC)
BAD, GAP = TODAY - timedelta(days=10), TODAY - timedelta(days=4)


def history(*, eventful: bool, weeks: int = WEEKS) -> list[dict[str, Any]]:
    """Six or seven calls a day about bills, all after self-service, and four about moving. When eventful,
    forty about bills on the bad day, and nothing at all on the day of the gap."""
    rows = []
    for day in (FIRST + timedelta(days=i) for i in range(7 * weeks)):
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        bills = 40 if eventful and day == BAD else 6 + day.day % 2
        for topic, number in (("bill", bills), ("move", 4)):
            rows += [
                contact(f"{topic}-{day}-{i}", at=noon + i, topic=topic, self_service_first=topic == "bill")
                for i in range(0 if eventful and day == GAP else number)
            ]
    return rows


def built(home: Path, rows: list[dict[str, Any]]) -> Path:
    settings = Settings(home=home)
    Log(settings.lake_path).append("contact", [logged(row) for row in rows])
    with closing(open_store(settings.database_url)) as store:
        build(settings, store, NOW)
    return settings.lake_path


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Built once: reading them changes nothing, and who adds to one has a copy."""
    return {
        name: built(tmp_path_factory.mktemp(name), history(eventful=name == "eventful"))
        for name in ("calm", "eventful")
    }


@pytest.fixture
def calm(settings: Settings, lakes: dict[str, Path]) -> Settings:
    shutil.copytree(lakes["calm"], settings.lake_path)
    return settings


@pytest.fixture
def eventful(settings: Settings, lakes: dict[str, Path]) -> Settings:
    shutil.copytree(lakes["eventful"], settings.lake_path)
    return settings


def test_before_the_first_contact_there_is_nothing_to_watch(calm: Settings) -> None:
    reader = open_reader(calm, Scope.everything())
    assert watched(reader, TODAY, until=FIRST).series
    assert not watched(reader, TODAY, until=FIRST - timedelta(days=1)).series


def test_a_bad_day_is_found_as_one_cause_and_a_full_alarm(eventful: Settings, sqlite_store: Store) -> None:
    watch(eventful, sqlite_store, NOW)
    cause, gap = group([finding(row) for row in stored(sqlite_store)])
    assert (cause.full, gap.full) == (True, False)
    assert cause.shared == (("topic", "bill"),)
    assert {alarm.series for alarm in cause.alarms} == {
        "contacts", "contacts|topic=bill", "self_service_failed|topic=bill"
    }  # fmt: skip
    assert all((alarm.day, alarm.value >= 40) == (BAD, True) for alarm in cause.alarms)


def test_a_day_without_any_contact_is_one_alarm_and_says_nothing_of_topics(
    eventful: Settings, sqlite_store: Store
) -> None:
    watch(eventful, sqlite_store, NOW)
    down = [row for row in stored(sqlite_store) if row.direction == "down"]
    assert [(row.series, finding(row).day) for row in down] == [("contacts", GAP)]


def test_nothing_happens_and_nothing_is_found(calm: Settings, sqlite_store: Store) -> None:
    found = watch(calm, sqlite_store, NOW)
    assert stored(sqlite_store) == []
    assert found.unwatched().keys() == {"no_reply", "send_failure", "csat|partner=A", "hit_rate|partner=A",
                                        "handling_time|partner=A"}  # fmt: skip
    assert set(found.unwatched().values()) == {"no_data"}


def test_one_week_of_history_is_said_to_be_too_short(settings: Settings, sqlite_store: Store) -> None:
    built(settings.home, history(eventful=False, weeks=1))
    found = watch(settings, sqlite_store, datetime(2026, 1, 11, 22, tzinfo=UTC))
    assert found.unwatched()["contacts"] == "too_short"
    assert stored(sqlite_store) == []


def test_an_empty_lake_has_no_series(settings: Settings) -> None:
    found = watched(open_reader(settings, Scope.everything()), TODAY)
    assert (found.series, found.first, found.unwatched(), found.alarms()) == ((), None, {}, ())


@pytest.mark.parametrize(("contacts", "alarm"), [(40, True), (6, False), (0, False)])
def test_of_a_day_that_is_not_over_only_too_many_are_an_alarm(
    calm: Settings, sqlite_store: Store, write: Callable[..., None], contacts: int, alarm: bool
) -> None:
    tomorrow = NOW + timedelta(hours=12)
    at = int(tomorrow.timestamp())
    write("contact", *(contact(f"new{i}", at=at + i) for i in range(contacts)))
    refresh(calm, sqlite_store, tomorrow)
    watch(calm, sqlite_store, tomorrow)
    assert bool(stored(sqlite_store)) is alarm


@pytest.mark.parametrize("later", [0, 1, 8])
def test_a_demonstrations_live_traffic_since_it_was_loaded_is_no_alarm(
    calm: Settings, write: Callable[..., None], later: int
) -> None:
    demo = calm.model_copy(update={"demo": True})
    loaded = NOW + timedelta(hours=12)
    with closing(open_store(demo.database_url)) as store:
        marker.start(
            demo.model_copy(update={"lake": str(demo.home / "none")}), store, {}, int(loaded.timestamp())
        )
        for day in range(later + 1):
            noon = int((loaded + timedelta(days=day)).timestamp())
            write("contact", *(contact(f"new{day}-{i}", at=noon + i) for i in range(80)))
        now = loaded + timedelta(days=later, hours=1)
        refresh(demo, store, now)
        assert watch(demo, store, now).last == TODAY
        assert stored(store) == []


def test_what_people_did_is_kept_while_the_figures_are_looked_at_again(
    eventful: Settings, sqlite_store: Store
) -> None:
    watch(eventful, sqlite_store, NOW)
    key = stored(sqlite_store)[0].key
    acknowledge(sqlite_store, key, who="Kari", now=NOW)
    close(sqlite_store, key, who="Ola", note="feil i fakturakjøringen", now=NOW)
    before = stored(sqlite_store)
    watch(eventful, sqlite_store, NOW + timedelta(hours=1))
    assert stored(sqlite_store) == before
    row = next(row for row in before if row.key == key)
    assert (row.acknowledged_by, row.closed_by, row.open) == ("Kari", "Ola", False)
    reopen(sqlite_store, key, who="Kari", now=NOW)
    assert [(deed.what, deed.who, deed.note) for deed in deeds(sqlite_store, SUBJECT, [key])] == [
        ("acknowledged", "Kari", ""), ("closed", "Ola", "feil i fakturakjøringen"), ("reopened", "Kari", ""),
    ]  # fmt: skip


def test_doing_it_twice_counts_once_and_nobody_does_nothing(store: Store) -> None:
    alarm = StoredAlarm("a", "contacts", "up", {"value": 1.5}, 0)
    keep(store, [alarm])
    for _ in range(2):
        acknowledge(store, "a", who="Kari", now=NOW)
        close(store, "a", who="Kari", note="", now=NOW)
    assert [deed.what for deed in deeds(store, SUBJECT)] == ["acknowledged", "closed"]
    reopen(store, "a", who="Kari", now=NOW)
    with pytest.raises(ValueError, match="who"):
        close(store, "a", who=" ", note="", now=NOW)
    assert stored(store)[0].open
    for act in (acknowledge, reopen):
        with pytest.raises(KeyError):
            act(store, "b", who="Kari", now=NOW)


def test_late_data_move_an_alarm_or_take_it_away_without_doubling_it(
    eventful: Settings, sqlite_store: Store
) -> None:
    watch(eventful, sqlite_store, NOW)
    rows = stored(sqlite_store)
    row = next(row for row in rows if row.series == "contacts|topic=bill")
    moved = replace(
        finding(row), key="contacts|topic=bill|shift|up|2026-03-18", since=BAD - timedelta(days=1)
    )
    others = [finding(each) for each in rows if each.key != row.key]
    (kept,) = changes(rows, [moved, *others], TODAY, NOW)
    assert kept.key == row.key
    gone = changes(rows, others, TODAY, NOW)
    assert [(each.key, each.over_on) for each in gone] == ([] if row.over_on else [(row.key, str(TODAY))])
    open_row = replace(row, over_on="")
    (over,) = changes([open_row], [], TODAY, NOW)
    assert over.over_on == TODAY.isoformat()


def test_what_differs_inside_names_the_parts_that_rose(eventful: Settings) -> None:
    reader = open_reader(eventful, Scope.everything())
    found = inside(reader, eventful, (), BAD, BAD)
    assert [(excess.name, excess.count) for excess in found.parts["topic"]] == [("bill", 40), ("move", 4)]
    assert found.parts["topic"][0].excess == pytest.approx(33.5, abs=0.5)
    assert "partner" in found.parts
    assert "topic" not in inside(reader, eventful, (("topic", "bill"),), BAD, BAD).parts


def test_without_a_baseline_nothing_differs(calm: Settings) -> None:
    reader = open_reader(calm, Scope.everything())
    assert inside(reader, calm, (), FIRST, FIRST).parts == {}


@pytest.mark.parametrize(
    ("year", "day"), [(1961, date(1961, 4, 2)), (2000, date(2000, 4, 23)), (2026, date(2026, 4, 5)),
                      (2038, date(2038, 4, 25))]
)  # fmt: skip
def test_holidays_follow_easter_as_the_almanac_says(year: int, day: date) -> None:
    assert {day, day + timedelta(days=1), day + timedelta(days=50)} <= holidays([year])
    assert day + timedelta(days=2) not in holidays([year])


def test_norwegian_holidays_of_2026() -> None:
    found = holidays([2026])
    given = {(1, 1), (3, 29), (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (5, 1), (5, 14), (5, 17), (5, 24),
             (5, 25), (12, 24), (12, 25), (12, 26), (12, 31)}  # fmt: skip
    assert found == {date(2026, month, day) for month, day in given}
