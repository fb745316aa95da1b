"""Files of many kinds that once were misread: each comes out right, or is refused with the reason."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dashboard.pages.data_in import upload
from data.__main__ import app
from data.guess.propose import propose
from settings import PROJECT_ROOT, Settings
from store import Store
from tests.data.files import NOW, load, log_rows, write

FOLDER = PROJECT_ROOT.parent / "shared" / "data" / "imports"
LATER = NOW.replace(year=2027)
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of strange files is not here")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, sqlite_store: Store, settings: Settings) -> None:
    """The home of the commands is that of the test, whose store is ready."""
    monkeypatch.setenv("SVAR_HOME", str(settings.home))
    monkeypatch.setenv("SVAR_PSEUDONYM_KEY", settings.pseudonym_key)


@dataclass(frozen=True)
class Right:
    """What a file holds: its record, sums over its rows, its first row, and words that a doubt must name."""

    sums: Map[str, int]
    first: Map[str, Any] = field(default_factory=dict)
    doubted: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    rejected: int = 0
    record: str = "contact"
    own: str = ""  # a mapping, where the file is not to be guessed


OWN_QUOTE = (
    'record = "contact"\nquote = ""\n[fields]\ncontact_id = "uniqueid"\nended_at = "calldate"\n'
    'handling_s = "billsec"\n'
)
SCORED = {"rows": 30, "score": 165}
RIGHT = {
    "01_trailing_space.csv": Right(
        {"rows": 2, "score": 11, "hour": 46}, {"ended_at": 1_772_490_600}, own="generic"
    ),
    "02_march.csv": Right(SCORED, {"day": "2026-03-01"}, ("02_march-2026-03-01-",)),
    "02_april.csv": Right(SCORED, {"day": "2026-04-01"}, ("02_april-2026-04-01-",)),
    "03_offset_zero.csv": Right(
        {"rows": 30, "answered": 22, "handling_s": 22 * 230},
        {"ended_at": 1_772_352_360, "answered": False},
    ),
    "04_stray_quote.csv": Right(SCORED, {}, ("line 11", "20 lines")),
    "05_swapped_dates.csv": Right(
        {"rows": 60, "score": 330, "month": 60 * 3}, {"day": "2026-03-01", "hour": 8}, ("ended_at", "swapped")
    ),
    "06_thousands_dot.csv": Right({**SCORED, "handling_s": 30 * 1_234}, {}, ("duration_sec",)),
    "07_outcome_is_a_sale.csv": Right({"rows": 30, "answered": 30}, {"handling_s": 600}, ("outcome",)),
    "08_own_names.csv": Right(SCORED, {"hour": 10, "score_at": 1_772_384_400}),
    "09_past_midnight.csv": Right({"rows": 31, "handling_s": 30 * 50 + 300}, {"ended_at": 1_772_348_450}),
    "10_header_says_utc.csv": Right(SCORED, {"hour": 9, "ended_at": 1_772_352_000}, ("(UTC)",)),
    "11_one_score_of_11.csv": Right(
        {"rows": 29, "score": 161}, {"score_scale": "1-10"}, ("'11'",), rejected=1
    ),
    "12_freepbx_cdr.csv": Right(
        {"rows": 30, "answered": 30, "handling_s": sum(range(55, 85))}, {"hour": 8}, ("30 lines",)
    ),
    "14_first_sheet_is_a_note.xlsx": Right(SCORED, {}, ("'Data' (30 rows)", "'Les meg' (1 rows)")),
    "14_hidden_rows_read.xlsx": Right(SCORED, {}, ("10 rows",)),
    "14_hidden_sheet_read.xlsx": Right(
        {"rows": 5, "score_given": 15}, {"score_scale": "1-5"}, ("'Synlig' (5 rows)", "'Skjult'")
    ),
    "14_second_sheet_ignored.xlsx": Right(SCORED, {}, ("'Mars' (30 rows)", "'April' (30 rows)")),
    "15_30_february.csv": Right({"rows": 29, "score": 160}, {}, ("2026-02-30 10:00:00",), rejected=1),
    "15_one_odd_duration.csv": Right(
        {"rows": 29, "score": 161, "handling_s": sum(range(180, 210)) - 183}, {}, ("-00:00:05",), rejected=1
    ),
    "15_total_row.csv": Right({**SCORED, "talk_s": sum(range(100, 130))}, {}, ("5.5",), rejected=1),
    "17_archive.zip": Right(SCORED, {}, ("calls.csv",)),
    "12_freepbx_cdr.csv without quotes": Right({"rows": 30, "handling_s": sum(range(55, 85))}, own=OWN_QUOTE),
    "19_case_own.csv": Right({"rows": 40}, {"closed_at": 1_773_219_600}, record="case"),
    "19_sale_own.csv": Right({"rows": 40, "value_minor": 40 * 49_900}, record="sale"),
    "19_session_own.csv": Right({"rows": 32}, {"ended_at": 1_773_133_500}, record="session"),
    "20_google_forms_norwegian.csv": Right(
        {"rows": 40, "score": 220}, {"day": "2026-03-01", "hour": 8, "agent": "Kari", "score": 1}
    ),
    "20_qualtrics_three_headers.csv": Right(
        {"rows": 40, "score": 220},
        {"ended_at": 1_772_384_520, "handling_s": None},
        ("America/Denver",),
    ),
    "21_german_money.csv": Right(
        {**SCORED, "handling_s": 30 * 1_235, "hit_value_minor": 30 * 249_900}, {}, ("duration_sec",)
    ),
    "22_midnight_offset.csv": Right(SCORED, {"day": "2026-06-01", "hour": None}, ("+03:00",)),
    "25_cp865.csv": Right({"rows": 40}, {"agent": "Bjørn Åse"}, ("cp865",)),
    "25_utf16_without_bom.csv": Right({"rows": 30}, {"agent": "Bo"}, ("utf-16",)),
    "26_300_columns.csv": Right({"rows": 30}, {"handling_s": 71}),
    "27_duration_type.parquet": Right({"rows": 30, "talk_s": sum(range(60, 90))}),
    "28_compact_clock.csv": Right(SCORED, {"day": "2026-03-01", "hour": 8}),
    "29_iso_duration.csv": Right({**SCORED, "handling_s": sum(range(70, 100))}),
    "30_five_faces.csv": Right({"rows": 30, "score_given": 90}, {"score_scale": "1-5"}, ("😞 = 1",)),
    "31_same_name_twice.csv": Right({"rows": 30}, {"agent": "Bo"}, ("agent (2)",)),
}
REFUSED = {
    "14_formula_without_value.xlsx": "'duration_sec', 'score'.*formulas",
    "16_queue_log_no_header": "one event",
    "17_truncated.xlsx": "cut short",
    "23_campaign_totals.csv": "many contacts",
    "25_header_only.csv": "header but no rows",
    "25_html_called.xls": "HTML",
    "25_json.json": "JSON",
    "25_password.xlsx": "password",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_strange_file_comes_out_at_its_right_value(name: str, tmp_path: Path, settings: Settings) -> None:
    path, right = FOLDER / name.removesuffix(" without quotes"), RIGHT[name]
    toml = right.own or run("guess", path).stdout
    assert [word for word in right.doubted if word not in toml] == []
    mapping_name = toml if toml == "generic" else str(write(tmp_path, toml, "own.toml"))
    summary = json.loads(run("import", path, "--mapping", mapping_name, "--json").stdout)
    assert (summary["record"], summary["rejected"]) == (right.record, right.rejected)
    assert_right(settings, right)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, right in RIGHT.items() if not right.own])
def test_the_page_imports_a_strange_file_at_its_right_value(
    name: str, tmp_path: Path, settings: Settings
) -> None:
    path = upload.keep(name, (FOLDER / name).read_bytes())
    try:
        start = upload.start(settings, path, "nb")
        summary = upload.take(settings, path, start.toml, LATER, dry_run=False)
    finally:
        upload.forget(path)
    assert (summary.record, summary.rejected) == (RIGHT[name].record, RIGHT[name].rejected)
    assert_right(settings, RIGHT[name])


def run(*arguments: str | Path) -> Result:
    """A command of ``python -m data`` that succeeds."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result


def assert_right(settings: Settings, right: Right) -> None:
    """The log holds the sums and the first row that the table states."""
    rows = log_rows(settings, right.record)
    sums = {each: _sum(rows, each) for each in right.sums}
    assert sums == right.sums
    first = {each: str(rows[0][each]) if each == "day" else rows[0][each] for each in right.first}
    assert first == right.first


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    if name == "rows":
        return len(rows)
    if name == "month":
        return sum(row["day"].month for row in rows)
    return sum(row[name] or 0 for row in rows)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_for_what_it_is(name: str, settings: Settings) -> None:
    result = CliRunner().invoke(app, ["guess", str(FOLDER / name)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.search(REFUSED[name], result.stderr), result.stderr
    refusal = upload.start(settings, FOLDER / name, "en").refusal
    assert refusal is not None
    assert re.search(REFUSED[name], refusal.within("en"))


def test_every_strange_file_is_in_one_of_the_tables() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix != ".toml"}
    elsewhere = {"18_formula_in_rejects.csv"}
    assert files - elsewhere - RIGHT.keys() - REFUSED.keys() == set()


def test_a_mapping_whose_thousands_mark_is_a_point_reads_thousands(settings: Settings) -> None:
    toml = (FOLDER / "06_thousands_dot.toml").read_text()
    load(settings, FOLDER / "06_thousands_dot.csv", toml, now=LATER)
    assert {row["handling_s"] for row in log_rows(settings)} == {1_234}


def test_a_second_file_without_ids_does_not_take_the_place_of_the_first(
    tmp_path: Path, settings: Settings
) -> None:
    for name in ("02_march.csv", "02_april.csv"):
        load(settings, FOLDER / name, propose(FOLDER / name, settings.timezone).toml, now=LATER)
    assert len(log_rows(settings)) == 60


def test_a_rejected_formula_is_no_formula_in_the_file_of_rejects(tmp_path: Path, settings: Settings) -> None:
    toml = '[fields]\ncontact_id = "call_id"\nended_at = "ended_at"\nscore = "score"\n'
    summary = load(settings, write(tmp_path, (FOLDER / "18_formula_in_rejects.csv").read_bytes()), toml)
    assert summary.rejects_file is not None
    with Path(summary.rejects_file).open(newline="") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    assert values == ["'=cmd|' /C calc'!A0", "'@SUM(1+1)"]
