"""`python -m metrics` as a person or a program uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lake.log import Log
from metrics.__main__ import app
from settings import PROJECT_ROOT, Settings
from tests.metrics.given import NOON, contact, days, logged

PUBLIC_DATA = PROJECT_ROOT.parent / "shared" / "data" / "call_center_rwfd.csv"


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs a command in a home of its own: exit code, standard output, standard error."""
    monkeypatch.setenv("SVAR_HOME", str(tmp_path / "home"))
    runner = CliRunner()

    def run(*arguments: str) -> tuple[int, str, str]:
        result = runner.invoke(app, list(arguments))
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def contacts(tmp_path) -> None:
    """Sixty scored contacts of each route, over two days, three scores lower after self-service."""
    log = Log(Settings(home=tmp_path / "home").lake_path)
    rows = [
        contact(
            f"{flag}{i}",
            at=NOON + days(i % 2),
            source="import:x",
            asked=True,
            score=5 + i % 3 - (3 if flag else 0),
            self_service_first=flag,
            handling_s=300 + i,
            team="one" if i % 4 else "two",
        )
        for flag in (True, False)
        for i in range(60)
    ]
    log.append("contact", [logged(row) for row in rows])


def _json(answer: tuple[int, str, str]) -> Any:
    code, out, err = answer
    assert (code, err) == (0, "")
    return json.loads(out)


def test_show_gives_one_document_with_the_keys_of_the_contract(command, contacts):
    (value,) = _json(command("show", "csat", "--json"))
    assert value["value"] == pytest.approx(4.5)
    assert value["n"] == 120
    assert value["low"] < 4.5 < value["high"]
    assert {"metric", "value", "n", "low", "high", "reason"} <= set(value)


def test_dimensions_follow_by_one_at_a_time_or_several(command, contacts):
    separately = _json(command("show", "csat", "--by", "day", "--by", "team", "--json"))
    assert _json(command("show", "csat", "--by", "day", "team", "--json")) == separately
    assert _json(command("show", "csat", "--by", "day,team", "--json")) == separately
    assert [(row["day"], row["team"]) for row in separately] == [
        ("2026-10-05", "one"),
        ("2026-10-05", "two"),
        ("2026-10-06", "one"),
    ]


@pytest.mark.parametrize(
    ("arguments", "contacts_left"),
    [
        ([], 120),
        (["--where", "team=two"], 30),
        (["--where", "team=two", "--where", "team=one"], 120),
        (["--where", "team=two", "--where", "self_service_first=direct"], 15),
        (["--where", "team=two", "self_service_first=direct"], 15),
        (["--from", "2026-10-06"], 60),
        (["--to", "2026-10-05"], 60),
        (["--from", "2026-10-05", "--to", "2026-10-06"], 120),
        (["--from", "2026-10-07"], 0),
        (["--as-partner", "A"], 120),
        (["--as-partner", "somebody else"], 0),
    ],
)
def test_filters_and_days_cut_what_they_say(command, contacts, arguments, contacts_left):
    (value,) = _json(command("show", "survey_coverage", *arguments, "--json"))
    assert value["parts"]["contacts"] == contacts_left


def test_a_person_sees_what_a_number_leaves_out(command, tmp_path):
    log = Log(Settings(home=tmp_path / "home").lake_path)
    given: dict[str, Any] = {
        "source": "import:x",
        "asked": True,
        "score": None,
        "score_given": 4,
        "score_scale": "1-5",
    }
    log.append("contact", [logged(contact(f"c{i}", **given)) for i in range(3)])
    _, out, _ = command("show", "csat")
    assert "3 scores on another scale" in " ".join(out.replace("│", " ").split())


def test_compare_gives_the_keys_of_the_contract(command, contacts):
    found = _json(
        command(
            "compare", "csat_index", "--groups", "self_service_first", "--like-for-like", "team", "--json"
        )
    )
    keys = "metric groups difference low high low_always high_always p adjusted verdict reason"
    assert set(keys.split()) <= set(found)
    assert list(found["groups"]) == ["self_service_first", "direct"]
    assert found["difference"] == pytest.approx(-100 / 3)
    assert found["low"] < found["difference"] < found["high"] < 0
    assert found["adjusted"]["difference"] == pytest.approx(-100 / 3)
    assert found["low_always"] is None
    assert "lower" in found["verdict"]


def test_compare_several_metrics_gives_a_list_and_a_fixed_start_wider_limits(command, contacts):
    found = _json(command("compare", "csat", "handling_time", "--fixed-start", "--json"))
    assert [one["metric"] for one in found] == ["csat", "handling_time"]
    assert found[0]["low_always"] < found[0]["low"]


def test_a_person_reads_a_table_and_a_sentence(command, contacts):
    code, out, _ = command("show", "csat", "hit_rate", "--by", "team")
    assert code == 0
    assert "hit_rate" in out
    code, out, _ = command("compare", "csat", "--language", "nb")
    assert code == 0
    assert "lavere" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "csatt"], "csat_index"),
        (["show", "csat", "--by", "partners"], "partner"),
        (["show", "csat", "--where", "partners=A"], "partner"),
        (["show", "csat", "--where", "partner"], "DIM=VALUE"),
        (
            ["show", "csat", "--where", "partner=somebody else"],
            "there is no partner 'somebody else'; there are: A",
        ),
        (["compare", "csat", "--where", "team=tow"], "there is no team 'tow'; there are: two"),
        (
            ["show", "csat", "--from", "2026-10-06", "--to", "2026-10-05"],
            "ends (2026-10-05) before it begins",
        ),
        (["show", "csat", "--from", "yesterday"], "%Y-%m-%d"),
        (["compare", "csat", "--groups", "colour"], "channel"),
        (["compare", "csat", "--groups", "partner"], "exactly two"),
        (["compare", "csat", "--like-for-like", "colour"], "channel"),
        (["compare", "csat", "--language", "sv"], "nb, en"),
        (["compare", "csat", "--cluster", "team"], "day or contact"),
        (["compare", "csat", "--weights", "heavy"], "pooled"),
        (["compare", "csat", "--like-for-like", "self_service_first"], "cannot be alike"),
        (["build", "--since", "soon"], "%Y-%m-%d"),
        (["build", "--engine", "abacus"], "duckdb, spark"),
        (["show"], "METRIC"),
    ],
)
def test_bad_use_ends_with_2_and_says_what_there_is(command, contacts, arguments, says):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert says in err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("SVAR_PORT", "eighty", "SVAR_PORT"), ("SVAR_HOME", "/proc/nowhere", "SVAR_HOME")],
)
def test_settings_that_cannot_be_used_end_with_2_and_without_a_traceback(
    command, monkeypatch, name, value, says
):
    monkeypatch.setenv(name, value)
    for arguments in (["show", "csat"], ["compare", "csat"], ["build"]):
        code, out, err = command(*arguments)
        assert (code, out) == (2, "")
        assert says in err


def test_partners_are_compared_by_agent_and_the_two_chosen_stand_in_the_filter(command, contacts):
    command("build")
    arguments = ["compare", "handling_time", "--groups", "team", "--where", "team=two", "team=one"]
    found = _json(command(*arguments, "--like-for-like", "topic", "--json"))
    assert list(found["groups"]) == ["two", "one"]
    assert (found["cluster"], found["alike"], found["adjusted"]["alike"]) == ("agent", [], ["topic"])
    _, out, _ = command(*arguments, "--like-for-like", "topic", "--cluster", "customer")
    assert "by customer" in out
    assert "facts" in out
    assert "Like for like" in out


def test_without_a_build_the_answer_is_what_was_published(command, contacts, tmp_path):
    command("build")
    log = Log(Settings(home=tmp_path / "home").lake_path)
    log.append("contact", [logged(contact("late", source="import:x", asked=True, score=1))])
    assert _json(command("show", "csat", "--no-build", "--json"))[0]["n"] == 120
    assert _json(command("show", "csat", "--json"))[0]["n"] == 121


def test_an_empty_home_has_no_numbers_and_says_so(command):
    (value,) = _json(command("show", "csat", "--json"))
    assert (value["value"], value["n"], value["reason"]) == (None, 0, "no_data")
    assert _json(command("compare", "csat", "--json"))["difference"] is None
    assert _json(command("build", "--json")) is not None
    found = _json(command("check", "--json"))
    assert (found["ok"], {check["rows"] for check in found["checks"]}) == (True, {0})


@pytest.mark.slow
@pytest.mark.skipif(not PUBLIC_DATA.exists(), reason="../shared/data is not there")
def test_the_public_call_centre_gives_its_published_table(tmp_path):
    def run(package: str, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", package, *arguments, "--json"],
            cwd=PROJECT_ROOT,
            env=os.environ | {"SVAR_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    run("data", "import", str(PUBLIC_DATA), "--mapping", "rwfd")
    found = run("metrics", "show", "csat", "response_rate", "handling_time", "--by", "partner")
    table = {(row["partner"], row["metric"]): (row["n"], row["value"]) for row in found}
    published = {
        "Baltimore/MD": (11_012, 4_129, 5.5597, 0.3750, 24.962),
        "Chicago/IL": (5_419, 1_994, 5.4794, 0.3680, 25.063),
        "Denver/CO": (2_776, 1_059, 5.6176, 0.3815, 25.017),
        "Los Angeles/CA": (13_734, 5_089, 5.5520, 0.3705, 25.053),
    }
    assert {partner for partner, _ in table} == set(published)
    for partner, (contacts, scored, mean, rate, minutes) in published.items():
        assert table[partner, "csat"] == (scored, pytest.approx(mean, abs=5e-5))
        assert table[partner, "response_rate"] == (contacts, pytest.approx(rate, abs=5e-5))
        assert table[partner, "handling_time"][1] / 60 == pytest.approx(minutes, abs=5e-4)


def test_it_runs_from_any_folder(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "metrics", "--help"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "compare" in done.stdout
