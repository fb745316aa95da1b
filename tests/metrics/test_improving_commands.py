"""The commands of alarms, initiatives, reasons and targets: one JSON document each, and honest exit codes."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lake.log import Log
from metrics.__main__ import app
from metrics.build.refresh import build
from settings import Settings
from store import open_store
from store.metric_alarms import StoredAlarm, keep, stored
from tests.metrics.given import contact, logged

FIRST = date(2026, 1, 5)
BAD = FIRST + timedelta(days=60)
DAYS = 66
NOW = datetime(2026, 3, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine weeks of two topics, every fourth day, with a target and a comment."""
    settings = Settings(home=tmp_path_factory.mktemp("commands"))
    rows = []
    for day in (FIRST + timedelta(days=i) for i in range(0, DAYS, 4)):
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        for topic, number in (("bill", 40 if day == BAD else 5), ("move", 4)):
            rows += [
                contact(f"{topic}{day}{i}", at=noon + i, topic=topic, score=5 + i % 4, asked=True,
                        customer_key=f"{topic}{day}{i}", handling_s=300 + i)
                for i in range(number)
            ]  # fmt: skip
    log = Log(settings.lake_path)
    log.append("contact", [logged(row) for row in rows])
    log.append("comment", [logged({"contact_id": f"bill{BAD}0", "day": BAD, "text": "Feil beløp igjen"})])
    log.append("target", [logged({
        "target_id": "t1", "metric": "csat", "filters": "", "baseline": 6.0, "target": 7.0,
        "start": FIRST, "by": date(2030, 1, 1), "owner": "Kari",
    })])  # fmt: skip
    with closing(open_store(settings.database_url)) as store:
        build(settings, store, NOW)
    return settings.home


@pytest.fixture(autouse=True)
def _there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVAR_HOME", str(home))


def run(*arguments: str) -> Any:
    found = CliRunner().invoke(app, [*arguments, "--no-build", "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


COMMANDS: list[tuple[list[str], set[str]]] = [
    (["alarms", "--all"], {"as_of", "series", "false_alarms_a_year", "unwatched", "causes"}),
    (["initiative", "list"], {"until", "hour_cost", "hour_costs", "initiatives"}),
    (
        ["initiative", "forecast", "--topic", "bill", "--effect", ".3"],
        {"topics", "effect", "weekly", "fewer", "money_a_year", "weeks_until_seen", "seen_in_8", "reason"},
    ),
    (["drivers"], {"first", "last", "unknown", "source", "everybody", "asked", "note"}),
    (["comments", "feil"], {"first", "last", "comments", "read", "reasons", "themes", "hits"}),
]


@pytest.mark.parametrize(("arguments", "keys"), COMMANDS)
def test_each_command_prints_one_document_with_its_keys(arguments: list[str], keys: set[str]) -> None:
    assert set(run(*arguments)) == keys


@pytest.mark.parametrize(
    ("command", "keys"),
    [("alarms", ("as_of",)), ("drivers", ("first", "last")), ("comments", ("first", "last"))],
)
def test_before_anything_came_in_there_are_no_days(
    command: str, keys: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVAR_HOME", str(tmp_path))
    found = run(command)
    assert [found[key] for key in keys] == [None] * len(keys)


def test_targets_are_a_list_with_where_each_stands() -> None:
    (target,) = run("targets")
    assert {"target_id", "metric", "filters", "target", "by", "owner", "level", "now", "at_date", "pace",
            "needed_pace", "probability", "status", "reason", "weeks", "problems", "headline", "sentence",
            "baseline", "start"} == set(target)  # fmt: skip
    assert run("targets", "--as-partner", "Nobody") == []


def test_the_search_finds_the_comment_and_a_partner_is_told_that_it_is_one_too_few() -> None:
    first, last = FIRST.isoformat(), (FIRST + timedelta(days=DAYS)).isoformat()
    found = run("comments", "beløp", "--from", first, "--to", last)
    assert (found["hits"]["number"], found["hits"]["shown"][0]["text"]) == (1, "Feil beløp igjen")
    own = run("comments", "beløp", "--from", first, "--to", last, "--as-partner", "A")
    assert (own["hits"]["number"], own["hits"]["shown"], own["hits"]["hidden"]) == (1, [], True)
    assert run("comments", "--from", first, "--to", last, "--as-partner", "B")["comments"] == 0


def test_an_initiative_is_added_listed_changed_and_removed() -> None:
    common = ["--topic", "bill", "--owner", "Kari", "--launched", "2026-02-10"]
    found = CliRunner().invoke(app, ["initiative", "add", "Ny faktura", *common, "--cost", "1000", "--json"])
    added = json.loads(found.stdout)
    assert (added["initiative_id"], added["cost"], added["ended"]) == ("ny-faktura", 1000, None)
    (listed,) = run("initiative", "list")["initiatives"]
    assert (listed["name"], listed["reason"], listed["avoided"]["value"]) == ("Ny faktura", "too_short", None)
    changed = CliRunner().invoke(
        app, ["initiative", "add", "Nyere faktura", *common, "--id", "ny-faktura", "--ended", "2026-03-01"]
    )
    assert changed.exit_code == 0
    assert [each["name"] for each in run("initiative", "list")["initiatives"]] == ["Nyere faktura"]
    assert CliRunner().invoke(app, ["initiative", "remove", "ny-faktura"]).exit_code == 0
    assert run("initiative", "list")["initiatives"] == []


def test_an_alarm_is_acknowledged_and_closed_by_somebody(home: Path) -> None:
    run("alarms")
    settings = Settings(home=home)
    now = int(datetime.now(UTC).timestamp())
    with closing(open_store(settings.database_url)) as store:
        keep(store, [StoredAlarm("k", "contacts", "up", ALARM, now)])
        for option in ("--acknowledge", "--close", "--reopen", "--close"):
            done = CliRunner().invoke(app, ["alarms", option, "k", "--who", "Kari", "--no-build"])
            assert done.exit_code == 0, done.output
        (row,) = [row for row in stored(store) if row.key == "k"]
    assert (row.acknowledged_by, row.closed_by) == ("Kari", "Kari")


ALARM = {
    "key": "k", "series": "contacts", "kind": "spike", "direction": "up", "day": "2020-01-01",
    "since": "2020-01-01", "value": 9.0, "expected": 1.0, "low": 0.0, "high": 2.0, "z": 5.0, "bad": True,
    "full": False, "dims": [], "closed": None,
}  # fmt: skip


GIVEN = ["--topic", "a", "--owner", "b", "--launched", "2026-01-01"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["alarms", "--language", "sv"], "there is no language"),
        (["alarms", "--close", "nothing", "--who", "Kari"], "there is no alarm"),
        (["initiative", "remove", "nothing"], "there is no initiative"),
        (["initiative", "forecast", "--topic", "nothing"], "there are: bill, move"),
        (["initiative", "forecast", "--topic", "bill", "--effect", "30"], "share between 0 and 1"),
        (["initiative", "add", "X", *GIVEN, "--cost", "x"], "number of NOK"),
        (["initiative", "add", " ", *GIVEN], "needs a name"),
        (["targets", "--language", "x"], "there is no language"),
        (["drivers", "--language", "x"], "there is no language"),
        (["comments", "--language", "x"], "there is no language"),
        (["initiative", "add", "X"], "--topic"),
        (["targets", "--planet", "Mars"], "No such option"),
    ],
)  # fmt: skip
def test_bad_use_ends_with_two_and_says_what_is_wrong(arguments: list[str], message: str) -> None:
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 2
    assert message in found.output.replace("\n", " ")


def test_a_mistake_of_ours_is_not_called_bad_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("forgotten")

    monkeypatch.setattr("metrics.cli.targets.standings", broken)
    found = CliRunner().invoke(app, ["targets", "--no-build"])
    assert found.exit_code == 1
    assert isinstance(found.exception, KeyError)


def test_without_json_each_command_speaks_to_people() -> None:
    for arguments, text in (
        (["alarms"], "false alarms a year"),
        (["initiative", "list"], "No initiative is registered"),
        (["initiative", "forecast", "--topic", "bill"], "contacts a week"),
        (["targets"], "Satisfaction up to 7.0 by 1 January 2030"),
        (["drivers"], "n = "),
        (["comments"], "say more than a score"),
    ):
        found = CliRunner().invoke(app, [*arguments, "--no-build"])
        assert found.exit_code == 0, found.output
        assert text in found.output
