"""Publishing: cheap when nothing is new, all or nothing, and harmless to readers and to other builders."""

from __future__ import annotations

import multiprocessing
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from lake.log import Log
from lake.manifest import GRACE_S, OvertakenError
from metrics import Scope, open_reader
from metrics.build import compaction, partitions
from metrics.build import refresh as refresh_module
from metrics.build.audit import check
from metrics.build.checks import CheckError
from metrics.build.refresh import build, current_version, refresh, refresh_step
from metrics.catalog import models
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


def test_nothing_new_leaves_version_and_files_as_they_are(settings, write, fresh, rebuild):
    write("contact", contact())
    version = rebuild()
    before = sorted(settings.lake_path.rglob("*"))
    assert fresh() == version
    assert rebuild() == version
    assert sorted(settings.lake_path.rglob("*")) == before


def test_an_event_makes_its_own_partition_anew_and_no_other(write, rebuild, fresh, lake):
    write("contact", contact("c1"), contact("c2", at=NOON + days(1)))
    rebuild()
    before = {key.day: each.files for key, each in lake.partitions(lake.version()).items()}
    write("sale", sale(contact_id="c2"))
    fresh()
    after = {key.day: each.files for key, each in lake.partitions(lake.version()).items()}
    assert [day for day in after if after[day] != before[day]] == ["2026-10-06"]
    assert lake.version().dirty == ()


def test_an_event_that_reaches_nobody_makes_nothing_anew(write, rebuild, fresh, lake):
    write("contact", contact())
    rebuild()
    before = lake.partitions(lake.version())
    write("link", {"phone_key": "p9", "customer_key": "k9"})
    fresh()
    assert lake.partitions(lake.version()) == before


def test_the_newest_days_are_seen_first_and_the_rest_is_said_to_be_dirty(
    settings, sqlite_store, write, lake, monkeypatch
):
    monkeypatch.setattr(refresh_module, "PASS_ROWS", 1)
    write("contact", *(contact(f"c{number}", at=NOON + days(number)) for number in range(3)))
    seen = []
    while refresh_step(settings, sqlite_store, NOW):
        seen.append((_contacts(settings), [key.day for key in lake.version().dirty]))
    assert seen == [(1, ["2026-10-05", "2026-10-06"]), (2, ["2026-10-05"])]
    assert _contacts(settings) == 3


def test_what_happens_during_a_long_build_is_seen_before_older_days(
    settings, sqlite_store, write, lake, monkeypatch
):
    monkeypatch.setattr(refresh_module, "PASS_ROWS", 1)
    write("contact", *(contact(f"c{number}", at=NOON + days(number)) for number in range(3)))
    refresh_step(settings, sqlite_store, NOW)
    write("contact", contact("new", at=NOON + days(14)))
    refresh_step(settings, sqlite_store, NOW)
    days_seen = sorted(key.day for key in lake.partitions(lake.version()))
    assert days_seen == ["2026-10-07", "2026-10-19"]


def test_a_build_tells_how_far_it_is(settings, sqlite_store, write, monkeypatch):
    monkeypatch.setattr(refresh_module, "PASS_ROWS", 1)
    write("contact", contact("c2"), contact("c3", at=NOON - 40 * 86_400), contact("c4", at=NOON - days(1)))
    told: list[tuple[str, float]] = []
    build(settings, sqlite_store, NOW, progress=lambda text, part: told.append((text, part)))
    assert told == [("reading the log", 0.0), ("facts and cubes", 0.0), ("facts and cubes", 0.5)]


@pytest.mark.parametrize("bring", ["fresh", "rebuild"])
def test_a_failed_check_never_publishes(request, settings, write, rebuild, lake, bring, monkeypatch):
    write("contact", contact("good"))
    version = rebuild()
    # A fault of the models: what comes in with such a value is kept aside before it gets so far.
    faulty = models.sql("facts", "fact").replace("score) as score,\n", "score) + 1 as score,\n", 1)
    monkeypatch.setattr(
        partitions, "sql", lambda *name: faulty if name == ("facts", "fact") else models.sql(*name)
    )
    write("contact", contact("bad", score=10))
    with pytest.raises(CheckError, match=r"values_in_range.*score.*11"):
        request.getfixturevalue(bring)()
    assert lake.version().name == version
    assert _contacts(settings) == 1


def test_a_version_that_others_overtook_is_not_published(write, rebuild, lake):
    write("contact", contact())
    before = lake.version()
    rebuild()
    with pytest.raises(OvertakenError):
        lake.publish(before, after=before)


def test_a_reader_keeps_its_version_while_newer_ones_are_published(settings, write, rebuild, fresh):
    write("contact", contact("c1"))
    rebuild()
    old = open_reader(settings, Scope.everything())
    for number in range(3):
        write("contact", contact(f"new {number}"))
        fresh()
        rebuild()
        new = open_reader(settings, Scope.everything())
    # By language there is no cube, so the files of the old version are read again.
    for by in ((), ("language",)):
        assert [value.parts["contacts"] for value in old.show(["survey_coverage"], by)] == [1]
        assert [value.parts["contacts"] for value in new.show(["survey_coverage"], by)] == [4]


def test_while_somebody_else_builds_a_refresh_returns_what_is_published(
    settings, sqlite_store, write, rebuild, monkeypatch
):
    monkeypatch.setattr(refresh_module, "PATIENCE_S", 0.2)
    write("contact", contact("c1"))
    version = rebuild()
    write("contact", contact("c2"))
    with held(sqlite_store, "build", 60) as ours:
        assert ours
        assert refresh(settings, sqlite_store, NOW) == version
    assert refresh(settings, sqlite_store, NOW) > version


@pytest.mark.slow
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


@pytest.mark.slow
def test_many_small_batches_become_one_and_go_when_nobody_reads_them(
    settings, sqlite_store, log, fresh, lake
):
    log.append("contact", [logged(contact("c1"))])
    for number in range(compaction.MANY):
        log.append("outcome", [logged(outcome("c1", score=1 + number % 10))])
        log.append("comment", [logged({"contact_id": f"c{number}", "day": NOW.date(), "text": "takk"})])
        fresh()
    assert len(lake.version().retired) > compaction.MANY
    log.append("contact", [logged(contact("c2"))])
    later = NOW + timedelta(seconds=compaction.RETIRED_S + 1)
    refresh(settings, sqlite_store, later)
    assert len(log.files("comment")) == 1
    # Of snapshots the last is enough; comments are all kept.
    assert sum(len(_ids(file)) for file in log.files("outcome")) < 3
    assert len(_ids(log.files("comment")[0])) == compaction.MANY
    assert _contacts(settings) == 2
    (csat,) = open_reader(settings, Scope.everything()).show(["csat"])
    assert csat.n == 1


def test_slices_of_few_days_become_one_of_many(settings, write, fresh, lake):
    count = compaction.MANY_SLICES
    for number in range(count):
        write("contact", contact(f"c{number}", at=NOON - days(20 * number)))
        fresh()
    slices = {each.slice for each in lake.partitions(lake.version()).values()}
    assert len(slices) == 1
    assert _contacts(settings) == count


def test_files_that_no_version_names_are_swept_after_a_while(settings, write, rebuild, lake):
    write("contact", contact("c1"), contact("c0", score=11))
    rebuild()
    write("contact", contact("c2"))
    rebuild()
    assert len(list(settings.lake_path.glob("facts/*/*/*.parquet"))) == 2
    for folder in ("facts", "cubes", "tables", "manifest"):  # what a killed builder left
        (settings.lake_path / folder / ".draft-x.json").write_text("half")
    lake.sweep(time.time() + GRACE_S - 5)
    assert len(list(settings.lake_path.glob("facts/*/*/*.parquet"))) == 2
    lake.sweep(time.time() + GRACE_S + 5)
    assert len(list(settings.lake_path.glob("facts/*/*/*.parquet"))) == 1
    assert len(list(settings.lake_path.glob("cubes/by_team/*"))) == 1
    assert not list(settings.lake_path.rglob(".draft-x.json"))
    assert _contacts(settings) == 2


def test_days_made_again_from_the_log_heal_what_was_damaged(
    settings, sqlite_store, write, rebuild, facts, lake
):
    write("contact", contact("c1", topic="bill"), contact("c2", at=NOON + days(2)))
    rebuild()
    before = facts()
    first, second = (each for _, each in sorted(lake.partitions(lake.version()).items()))
    (settings.lake_path / first.files[0]).write_bytes((settings.lake_path / second.files[0]).read_bytes())
    assert facts() != before
    build(settings, sqlite_store, NOW, since=date(2026, 10, 5))
    assert facts() == before


DAMAGES = {
    "facts": lambda lake, version: lake.partitions(version).popitem()[1].files[0],
    "cube": lambda lake, version: f"cubes/by_team/{lake.partitions(version).popitem()[1].slice}.parquet",
    "month of the manifest": lambda _lake, version: next(iter(version.shards.values())),
    "reference table": lambda _lake, version: version.tables["topic"],
    "manifest": lambda _lake, _version: "version.json",
}


@pytest.mark.parametrize("damage", ["gone", "cut off"])
@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_file_is_named_and_the_next_build_heals_it(
    settings, write, rebuild, facts, lake, caplog, what, damage
):
    write("contact", contact("c1"), contact("c2", at=NOON + days(2)))
    write("topic", {"topic": "bill", "need": "unwanted", "ease": 3, "contact_cost_minor": None})
    rebuild()
    before = facts()
    file = settings.lake_path / DAMAGES[what](lake, lake.version())
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-3])
    rebuild()
    assert facts() == before
    assert not [result for result in check(settings) if result["rows"]]
    assert file.name in caplog.text or (what == "manifest" and damage == "gone")


def test_a_lost_batch_of_live_events_is_fed_again(settings, sqlite_store, log, facts):
    happens(sqlite_store, "contact", contact("c1"), contact("c2"))
    build(settings, sqlite_store, NOW)
    before = facts()
    log.files("contact")[0].unlink()
    build(settings, sqlite_store, NOW)
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


def test_a_lake_of_another_layout_is_made_anew_from_the_log(settings, write, rebuild, fresh):
    write("contact", contact("c1"))
    rebuild()
    head = settings.lake_path / "version.json"
    head.write_text(head.read_text().replace('"layout": ', '"layout": 9'))
    assert current_version(settings) == ""
    fresh()
    assert _contacts(settings) == 1
