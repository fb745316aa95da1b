"""Importing a file: what is kept, what is refused and why, and what a second time changes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from data.files import importer, mapping
from data.files.mapping import BadUse
from data.records.identity import customer_key
from lake.log import SCHEMAS, Log
from settings import PROJECT_ROOT, Settings
from tests.data.files import NOW, counts, load, log_rows, one, write

RWFD = PROJECT_ROOT.parent / "shared" / "data" / "call_center_rwfd.csv"
MORNING = datetime(2026, 3, 2, 10, 15)  # noqa: DTZ001 workbooks have no time zones
TWO = "contact_id,ended_at\na,2026-03-02T10:15:00Z\nb,2026-03-03T10:15:00Z\n"


def test_a_file_becomes_one_batch_of_the_log_in_the_order_of_days(tmp_path: Path, settings: Settings) -> None:
    days = ["2026-03-05", "2026-03-02", "2026-03-04", "2026-03-02"]
    lines = [f"c{number},{day}T10:15:00+01:00" for number, day in enumerate(days)]
    path = write(tmp_path, "\n".join(["contact_id,ended_at", *lines]))
    summary = load(settings, path)
    assert counts(summary) == (4, 4, 0, 0, 0)
    assert (summary.first_day, summary.last_day) == ("2026-03-02", "2026-03-05")
    (batch,) = Log(settings.lake_path).files("contact")
    table = pq.read_table(batch)
    assert table.cast(SCHEMAS["contact"]).num_rows == 4
    assert table.schema.names == SCHEMAS["contact"].names
    assert table.schema.types == SCHEMAS["contact"].types
    assert table["contact_id"].to_pylist() == ["c1", "c3", "c2", "c0"]
    assert set(table["accepted_us"].to_pylist()) == {int(NOW.timestamp() * 1e6)}
    assert set(table["source"].to_pylist()) == {"import:generic"}


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        ("sale", "sale_id,contact_id,sold_at,kind,value\ns,c,2026-03-02T10:15:00Z,Upgrade,12.5\n", "s"),
        ("case", "case_id,opened_at,closed_at\nk,2026-03-02T10:15:00Z,\n", "k"),
        ("session", "session_id,customer_id,started_at,completed\nw,7,2026-03-02T10:15:00Z,no\n", "w"),
        (
            "calls_offered",
            "partner,interval_start,offered,answered\nA|B,2026-03-02T10:00:00Z,5,4\n",
            "A¦B|||1772445600",
        ),
        ("topic", "topic,need,ease,contact_cost\nFaktura,Unwanted,4,85.50\n", "Faktura"),
        ("product", "product,progression\nFiber 500,1.25\n", "Fiber 500"),
        ("active_customers", "month,customers,partner\n2026-03,120000,\n", "2026-03-01|"),
        ("hour_cost", "valid_from,cost,partner\n2026-01-01,540,Nord\n", "2026-01-01|Nord"),
        ("target", "target_id,metric,target,by\nt,csat,8,2026-12-31\n", "t"),
    ],
)
def test_the_generic_mapping_knows_every_record_by_its_columns(
    tmp_path: Path, settings: Settings, kind: str, text: str, key: str
) -> None:
    summary = load(settings, write(tmp_path, text))
    assert (summary.record, summary.accepted) == (kind, 1)
    row = one(settings, kind)
    assert row[SCHEMAS[kind].names[0]] == key
    assert list(row) == SCHEMAS[kind].names


def test_importing_the_same_file_twice_changes_nothing(tmp_path: Path, settings: Settings) -> None:
    text = "contact_id,ended_at,phone,customer_id,comment\na,2026-03-02T10:15:00Z,91234567,7,Takk\n"
    path = write(tmp_path, text)
    load(settings, path)
    before = sorted(settings.lake_path.rglob("*"))
    again = load(settings, path, now=NOW + timedelta(hours=1))
    assert counts(again) == (1, 0, 0, 1, 0)
    assert (again.first_day, again.last_day) == (None, None)
    assert sorted(settings.lake_path.rglob("*")) == before


def test_a_corrected_file_updates_what_changed_and_adds_what_is_new(
    tmp_path: Path, settings: Settings
) -> None:
    load(settings, write(tmp_path, TWO))
    corrected = TWO.replace("b,2026-03-03", "b,2026-03-04") + "c,2026-03-05T10:15:00Z\n"
    again = load(settings, write(tmp_path, corrected), now=NOW + timedelta(hours=1))
    assert counts(again) == (3, 1, 1, 1, 0)
    assert [row["day"].day for row in log_rows(settings)] == [2, 4, 5]
    assert pq.read_table(Log(settings.lake_path).files("contact")[-1]).num_rows == 2


def test_a_record_that_is_taken_back_to_what_it_was_is_an_update(tmp_path: Path, settings: Settings) -> None:
    other = TWO.replace("b,2026-03-03", "b,2026-03-04")
    for hour, text in enumerate((TWO, other, TWO)):
        summary = load(settings, write(tmp_path, text), now=NOW + timedelta(hours=hour))
    assert counts(summary) == (2, 0, 1, 1, 0)
    assert [row["day"].day for row in log_rows(settings)] == [2, 3]


def test_a_wrong_row_is_rejected_with_row_field_value_and_reason_and_the_rest_is_kept(
    tmp_path: Path, settings: Settings
) -> None:
    text = (
        "contact_id,ended_at,score,talk_s\n"
        "a,2026-03-02T10:15:00Z,11,-3\n"
        "b,2026-03-02T10:15:00Z,10,3\n"
        ",2026-03-02T10:15:00Z,,\n"
        "d,2026-03-02T10:15:00Z,7.5,\n"
    )
    summary = load(settings, write(tmp_path, text))
    assert counts(summary) == (4, 1, 0, 0, 3)
    assert summary.rejects_file is not None
    with Path(summary.rejects_file).open(newline="") as file:
        rejected = list(csv.reader(file))
    assert rejected == [
        ["row", "field", "value", "reason"],
        ["2", "talk_s", "-3", "is not between 0 and 86400"],
        ["2", "score", "11", "is not between 1 and 10"],
        ["4", "contact_id", "", "is required"],
        ["5", "score", "7.5", "is not a whole number"],
    ]
    assert summary.examples[0] == {
        "row": 2,
        "field": "talk_s",
        "value": "-3",
        "reason": "is not between 0 and 86400",
    }
    assert sum(fault["rows"] for fault in summary.faults) == 4
    assert summary.summary_file is not None
    assert json.loads(Path(summary.summary_file).read_text())["rejected"] == 3
    assert Path(summary.rejects_file).stat().st_mode & 0o077 == 0
    assert [row["contact_id"] for row in log_rows(settings)] == ["b"]


def test_a_line_that_is_no_row_of_the_table_is_rejected_alone(tmp_path: Path, settings: Settings) -> None:
    text = TWO + "c,2026-03-05T10:15:00Z,surplus\nd\ne,nonsense\nf,2026-03-06T10:15:00Z\n"
    summary = load(settings, write(tmp_path, text))
    assert counts(summary) == (6, 3, 0, 0, 3)
    assert {each["row"]: each["field"] for each in summary.examples} == {4: "", 5: "", 6: "ended_at"}


@pytest.mark.parametrize("flags", [True, False])
def test_a_dry_run_writes_nothing(tmp_path: Path, settings: Settings, flags: bool) -> None:
    text = TWO + ("c,nonsense\n" if flags else "")
    summary = load(settings, write(tmp_path, text), dry_run=True)
    assert (summary.accepted, summary.rejected, summary.dry_run) == (2, int(flags), True)
    assert len(summary.examples) == int(flags)
    assert not settings.home.exists()


def test_a_contact_of_a_file_that_brings_scores_counts_as_asked(tmp_path: Path, settings: Settings) -> None:
    text = "contact_id,ended_at,score\na,2026-03-02T10:15:00Z,9\nb,2026-03-02T10:15:00Z,\n"
    load(settings, write(tmp_path, text))
    assert [(row["asked"], row["score"]) for row in log_rows(settings)] == [(True, 9), (True, None)]


def test_a_contact_of_any_other_file_does_not(tmp_path: Path, settings: Settings) -> None:
    load(settings, write(tmp_path, TWO))
    assert [row["asked"] for row in log_rows(settings)] == [False, False]


def test_a_customer_is_the_same_by_file_as_live_and_no_number_reaches_the_lake(
    tmp_path: Path, settings: Settings
) -> None:
    phones = ["91234567", "+47 912 34 567", "0047 91 23 45 67", "(+47) 912.34.567", "4791234567"]
    lines = [f"c{number},2026-03-02T10:15:00Z,{phone}," for number, phone in enumerate(phones)]
    lines += ["d,2026-03-02T10:15:00Z,+46 70 123 45 67,", "e,2026-03-02T10:15:00Z,hemmelig,"]
    lines += ["f,2026-03-02T10:15:00Z,42000001, 7 "]
    load(settings, write(tmp_path, "\n".join(["contact_id,ended_at,phone,customer_id", *lines])))
    secret = settings.pseudonym_secret
    keys = [row["customer_key"] for row in log_rows(settings)]
    assert set(keys[:5]) == {customer_key(secret, None, "+4791234567")}
    assert keys[5:] == [
        customer_key(secret, None, "+46701234567"),
        "",
        customer_key(secret, "7", None),
    ]
    link = one(settings, "link")
    assert (link["phone_key"], link["customer_key"]) == (customer_key(secret, None, "+4742000001"), keys[7])
    assert b"1234567" not in b"".join(path.read_bytes() for path in settings.lake_path.rglob("*.parquet"))


def test_comments_are_kept_apart(tmp_path: Path, settings: Settings) -> None:
    text = 'contact_id,ended_at,comment\na,2026-03-02T10:15:00Z,"Fin, rask\nhjelp"\nb,2026-03-02T10:15:00Z,\n'
    load(settings, write(tmp_path, text))
    comment = one(settings, "comment")
    assert (comment["contact_id"], comment["text"]) == ("a", "Fin, rask\nhjelp")


def test_a_comment_comes_to_the_log_without_numbers_and_addresses(tmp_path: Path, settings: Settings) -> None:
    text = "contact_id,ended_at,comment\na,2026-03-02T10:15:00Z,8/10! Ring +47 912 34 567 el. ola@epost.no\n"
    load(settings, write(tmp_path, text))
    assert one(settings, "comment")["text"] == "8/10! Ring […] el. […]"


def test_an_import_that_is_stopped_has_not_happened(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("data.files.dedupe.publish", stop)
    with pytest.raises(KeyboardInterrupt):
        load(settings, write(tmp_path, TWO))
    assert not list(settings.home.rglob("*parquet*"))


def test_an_import_is_stopped_also_where_the_engine_does_not_end(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = Event()

    def stop(text: str, _part: float) -> None:
        if text == "writing":
            raise KeyboardInterrupt

    monkeypatch.setattr("data.files.dedupe.publish", lambda *_: ends.wait())
    monkeypatch.setattr("data.files.importer.STOPPED_S", 0.01)
    made = mapping.load("generic")
    with pytest.raises(KeyboardInterrupt):
        importer.run(settings, write(tmp_path, TWO), made, now=NOW, progress=stop)
    assert not ends.is_set()
    assert not list(settings.home.rglob("*parquet*"))
    ends.set()


@pytest.mark.skipif(not RWFD.exists(), reason="the public data set is not beside this copy")
def test_the_real_world_fake_data_gives_its_published_table(settings: Settings) -> None:
    summary = load(settings, RWFD, "rwfd")
    assert counts(summary) == (32_941, 32_941, 0, 0, 0)
    assert (summary.first_day, summary.last_day) == ("2020-10-01", "2020-10-31")
    files = [str(path) for path in Log(settings.lake_path).files("contact")]
    found = duckdb.read_parquet(files).aggregate(
        "partner, count(*), count(score), round(avg(score), 4), round(avg(handling_s) / 60, 3)", "partner"
    )
    assert sorted(found.fetchall()) == [
        ("Baltimore/MD", 11_012, 4_129, 5.5597, 24.962),
        ("Chicago/IL", 5_419, 1_994, 5.4794, 25.063),
        ("Denver/CO", 2_776, 1_059, 5.6176, 25.017),
        ("Los Angeles/CA", 13_734, 5_089, 5.5520, 25.053),
    ]
    scores = duckdb.read_parquet(files).filter("score is not null").aggregate("score, count(*)", "score")
    assert [n for _, n in sorted(scores.fetchall())] == [
        595, 571, 1575, 1526, 1899, 1865, 1314, 1266, 1092, 568,
    ]  # fmt: skip
    assert set(duckdb.read_parquet(files).select("customer_key").fetchall()) == {("",)}
    assert counts(load(settings, RWFD, "rwfd", now=NOW + timedelta(hours=1))) == (32_941, 0, 0, 32_941, 0)


class TestCommand:
    """``python -m data import`` as a person types it."""

    def run(self, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SVAR_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-m", "data", "import", *arguments]
        return subprocess.run(
            command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def test_json_is_one_document_and_nothing_else(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, str(write(tmp_path, TWO + "c,nonsense\n")), "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["accepted"] == 2
        assert done.stderr == ""

    def test_words_are_for_people(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, str(write(tmp_path, TWO)))
        assert done.returncode == 0
        assert "read 2: accepted 2, updated 0, unchanged 0, rejected 0" in done.stdout

    @pytest.mark.parametrize(
        ("content", "arguments", "code", "words"),
        [
            (TWO, ["--mapping", "nobody"], 2, "generic, genesys_cloud, rwfd"),
            (TWO, ["--kind", "tables"], 2, "There is no kind 'tables'"),
            ("topic\nFaktura\n", [], 2, "say it with --kind"),
            ("topic\nFaktura\n", ["--kind", "topics"], 0, ""),
            ("", [], 2, "is empty"),
            ("contact_id,ended_at\na,2026-03-02\nb,x\n,\n", [], 0, ""),
            ("contact_id,ended_at,score\na,2026-03-02,11\n", [], 1, ""),
        ],
    )
    def test_the_exit_code_tells_bad_use_from_failure(
        self, tmp_path: Path, content: str, arguments: list[str], code: int, words: str
    ) -> None:
        done = self.run(tmp_path, str(write(tmp_path, content)), "--json", *arguments)
        assert done.returncode == code
        assert words in done.stderr
        assert (done.stdout == "") == (code == 2)


def test_only_the_rows_that_a_mapping_is_about_are_read(tmp_path: Path, settings: Settings) -> None:
    text = (
        "contact_id,ended_at,way\na,2026-03-02T10:00:00Z, in\nb,2026-03-02T10:00:00Z,out\nc,soon,In\nd,x,in\n"
    )
    summary = load(settings, write(tmp_path, text), 'by_name = true\nwhere = { way = ["in"] }')
    assert counts(summary) == (2, 1, 0, 0, 1)
    assert summary.examples[0]["row"] == 5
    with pytest.raises(BadUse, match="'direction'"):
        load(settings, write(tmp_path, text), 'by_name = true\nwhere = { direction = "in" }')
