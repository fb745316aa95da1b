"""Publishing: cheap when nothing is new, all or nothing, and harmless to readers and to other builders."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from data.log import Log
from metrics import Scope, build, current_version, drain, models, open_reader, refresh, shape
from metrics.audit import check
from metrics.checks import CheckError
from metrics.lake import GRACE_S, Lake, OvertakenError, Version
from settings import Settings
from store import Store
from store.lease import held
from tests.metrics.builder import work
from tests.metrics.given import NOON, NOW, contact, days, happens, logged, outcome, sale


def _contacts(settings: Settings) -> int:
    (value,) = open_reader(settings, Scope.everything()).show(["survey_coverage"])
    return int(value.parts["contacts"])


def test_an_empty_lake_has_a_version_and_no_days(settings, fresh):
    assert current_version(settings) == ""
    fresh()
    reader = open_reader(settings, Scope.everything())
    assert reader.days() is None
    assert reader.members("partner") == []


def test_what_happens_live_is_drained_published_and_marked(settings, store: Store):
    happens(store, "contact", contact("c1"), contact("c2"))
    happens(store, "outcome", outcome("c1", score=10))
    version = refresh(settings, store, NOW)
    assert current_version(settings) == version
    assert _contacts(settings) == 2
    (csat,) = open_reader(settings, Scope.everything()).show(["csat"])
    assert csat.n == 1
    assert refresh(settings, store, NOW) == version


def test_nothing_new_leaves_version_and_files_as_they_are(settings, write, fresh, fold):
    write("contact", contact())
    version = fold()
    before = sorted(settings.lake_path.rglob("*"))
    assert fresh() == version
    assert fold() == version
    assert sorted(settings.lake_path.rglob("*")) == before


def test_an_event_writes_no_facts_until_the_fold_and_then_only_its_own_day(
    settings, write, fold, fresh, lake
):
    write("contact", contact("c1"), contact("c2", at=NOON + days(1)))
    fold()
    before = {place.day: place.files for place in lake.base(lake.version().base).places}
    write("sale", sale(contact_id="c2"))
    fresh()
    assert lake.version().delta_contacts == 1
    assert {place.day: place.files for place in lake.base(lake.version().base).places} == before
    fold()
    after = {place.day: place.files for place in lake.base(lake.version().base).places}
    assert lake.version().delta == ""
    assert [day for day in after if after[day] != before[day]] == ["2026-10-06"]


def test_an_event_that_changes_nothing_leaves_no_delta(write, fold, fresh, lake):
    write("contact", contact())
    fold()
    write("link", {"phone_key": "p9", "customer_key": "k9"})
    fresh()
    assert lake.version().delta == ""


def test_what_is_new_is_seen_before_it_is_folded(settings, write, fold, fresh, lake, monkeypatch):
    monkeypatch.setattr(sys.modules["metrics.build"], "SMALLEST_FOLD", 2)
    write("contact", contact("c1"))
    fold()
    seen = []
    publish = Lake.publish

    def noted(self: Lake, version: Version, *, after: Version) -> None:
        publish(self, version, after=after)
        seen.append((_contacts(settings), version.delta_contacts))

    monkeypatch.setattr(Lake, "publish", noted)
    write("contact", *(contact(f"new {number}") for number in range(2)))
    fresh()
    assert seen == [(3, 2)]
    write("contact", contact("new 3"))
    fresh()
    assert seen[1:] == [(4, 3), (4, 0)]


def test_a_fold_tells_how_far_it_is(settings, sqlite_store, write, fold):
    write("contact", contact("c1"))
    fold()
    told: list[tuple[str, float]] = []
    write("contact", contact("c2"), contact("c3", at=NOON - 40 * 86_400))
    build(settings, sqlite_store, NOW, progress=lambda text, part: told.append((text, part)))
    cubes = [("cubes", 0.0), ("cubes", 0.5)]
    assert told == [("facts", 0.0), ("files", 0.0), *cubes, ("rows by key and checks", 1.0)]


@pytest.mark.parametrize("bring", ["fresh", "fold"])
def test_a_failed_check_never_publishes(request, settings, write, fold, lake, bring, monkeypatch):
    write("contact", contact("good"))
    version = fold()
    # A fault of the models: what comes in with such a value is kept aside before it gets so far.
    faulty = models.sql("facts", "fact").replace("as score,\n", "+ 1 as score,\n", 1)
    monkeypatch.setattr(
        shape, "sql", lambda *name: faulty if name == ("facts", "fact") else models.sql(*name)
    )
    write("contact", contact("bad", score=10))
    with pytest.raises(CheckError, match=r"values_in_range.*score.*11"):
        request.getfixturevalue(bring)()
    assert lake.version().name == version
    assert _contacts(settings) == 1


def test_a_version_that_others_overtook_is_not_published(write, fold, lake):
    write("contact", contact())
    before = lake.version()
    fold()
    with pytest.raises(OvertakenError):
        lake.publish(before, after=before)


def test_a_reader_keeps_its_version_while_newer_ones_are_published(settings, write, fold, fresh):
    write("contact", contact("c1"))
    fold()
    old = open_reader(settings, Scope.everything())
    for number in range(3):
        write("contact", contact(f"new {number}"))
        fresh()
        fold()
        new = open_reader(settings, Scope.everything())
    # By language there is no cube, so the files of the old version are read again.
    for by in ((), ("language",)):
        assert [value.parts["contacts"] for value in old.show(["survey_coverage"], by)] == [1]
        assert [value.parts["contacts"] for value in new.show(["survey_coverage"], by)] == [4]


def test_while_somebody_else_builds_a_refresh_returns_what_is_published(
    settings, sqlite_store, write, fold, monkeypatch
):
    monkeypatch.setattr(sys.modules["metrics.build"], "PATIENCE_S", 0.2)
    write("contact", contact("c1"))
    version = fold()
    write("contact", contact("c2"))
    with held(sqlite_store, "build", 60) as ours:
        assert ours
        assert refresh(settings, sqlite_store, NOW) == version
    assert refresh(settings, sqlite_store, NOW) > version


def test_builders_and_readers_at_once_see_whole_versions(settings, sqlite_store, log):
    """Every batch has three contacts of one partner: no reader may see one or two of them."""
    faults: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen = _contacts(settings) if current_version(settings) else 0
            if seen % 3:
                faults.append(seen)

    def bring() -> None:
        try:
            for _ in range(4):
                refresh(settings, sqlite_store, NOW)
        except Exception as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for number in range(4):
        log.append("contact", [logged(contact(f"{number} {i}")) for i in range(3)])
        builders = [threading.Thread(target=bring) for _ in range(2)]
        for thread in builders:
            thread.start()
        for thread in builders:
            thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert _contacts(settings) == 12


def test_many_small_batches_become_one_and_go_when_nobody_reads_them(settings, log, fresh, lake, monkeypatch):
    for number in range(drain.MANY):
        log.append("outcome", [logged(outcome("c1", score=1 + number % 10))])
        log.append("comment", [logged({"contact_id": f"c{number}", "day": NOW.date(), "text": "takk"})])
    log.append("contact", [logged(contact("c1"))])
    fresh()
    assert len(log.files("outcome")) == drain.MANY + 1
    assert len(lake.version().retired) == 2 * drain.MANY
    version = lake.version()
    aged = dict.fromkeys(version.retired, int(NOW.timestamp()) - GRACE_S - 1)
    lake.publish(version.__class__(**(vars(version) | {"retired": aged})), after=version)
    log.append("contact", [logged(contact("c2"))])
    fresh()
    assert len(log.files("outcome")) == len(log.files("comment")) == 1
    # Of snapshots the last is enough; comments are all kept.
    assert [len(_ids(log.files(kind)[0])) for kind in ("outcome", "comment")] == [1, drain.MANY]
    assert _contacts(settings) == 2


def test_files_that_no_version_names_are_swept_after_a_while(settings, write, fold, lake):
    write("contact", contact("c1"))
    fold()
    write("contact", contact("c2"))
    fold()
    assert len(list(settings.lake_path.glob("facts/*/*/*.parquet"))) == 2
    for folder in ("facts", "cubes", "rows", "bases"):  # what a killed builder left
        (settings.lake_path / folder / ".draft-x.json").write_text("half")
    for path in settings.lake_path.rglob("*"):
        os.utime(path, (time.time() - 2 * GRACE_S,) * 2)
    lake.sweep(time.time())
    base = lake.version().base
    assert len(list(settings.lake_path.glob("facts/*/*/*.parquet"))) == 1
    assert len(list(settings.lake_path.glob("bases/*"))) == 1
    assert {path.name.split("-")[0] for path in settings.lake_path.glob("rows/*")} == {base.split("-")[0]}
    assert _contacts(settings) == 2


def test_days_made_again_from_the_log_heal_what_was_damaged(settings, sqlite_store, write, fold, facts, lake):
    write("contact", contact("c1", topic="bill"), contact("c2", at=NOON + days(2)))
    fold()
    before = facts()
    place = lake.base(lake.version().base).places[0]
    other = lake.base(lake.version().base).places[1]
    (settings.lake_path / place.files[0]).write_bytes((settings.lake_path / other.files[0]).read_bytes())
    assert facts() != before
    build(settings, sqlite_store, NOW, since=date(2026, 10, 5))
    assert facts() == before


_BUILDERS = multiprocessing.get_context("spawn")


def _killed_while_building(settings: Settings, after_s: float) -> None:
    """A builder of a process of its own, killed after some seconds of work."""
    hearing, telling = _BUILDERS.Pipe(duplex=False)
    builder = _BUILDERS.Process(target=work, args=(settings.home, telling))
    builder.start()
    # Held here too, it would let us wait for ever for a builder that died before it began.
    telling.close()
    hearing.recv()
    time.sleep(after_s)
    builder.kill()
    builder.join()


def _survives(settings: Settings, store: Store, kills: int) -> None:
    Log(settings.lake_path).append("contact", [logged(contact("first"))])
    build(settings, store, NOW)
    before = 1
    for number in range(kills):
        _killed_while_building(settings, 0.02 + 0.31 * (number / kills))
        after = _contacts(settings)
        assert after >= before
        before = after
        if number % 10 == 0:
            assert not [result for result in check(settings) if result["rows"]]
    # The lease of the one that was killed runs out by itself.
    with store.write() as connection:
        connection.exec_driver_sql("delete from lease")
    build(settings, store, NOW)
    logged_contacts = {name for file in Log(settings.lake_path).files("contact") for name in _ids(file)}
    assert _contacts(settings) == len(logged_contacts)
    assert not [result for result in check(settings) if result["rows"]]


def _ids(file: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_table(file, columns=["contact_id"]).column(0).to_pylist())


def test_a_builder_killed_at_any_moment_leaves_a_whole_lake(settings, sqlite_store):
    _survives(settings, sqlite_store, 2)


@pytest.mark.slow
def test_a_hundred_builders_killed_leave_a_whole_lake(settings, sqlite_store):
    _survives(settings, sqlite_store, 100)


def test_a_lake_of_another_layout_is_made_anew_from_the_log(settings, write, fold, fresh):
    write("contact", contact("c1"))
    fold()
    head = settings.lake_path / "version.json"
    head.write_text(head.read_text().replace('"layout": ', '"layout": 9'))
    assert current_version(settings) == ""
    fresh()
    assert _contacts(settings) == 1
