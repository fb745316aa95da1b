"""What once was misread without a word: values, lines and files, each beside a twin that was right."""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data.files.importer import harmless
from data.files.mapping import BadUse, read
from data.files.number_marks import marks_of
from data.files.sources.encodings import encoding_of
from data.files.sources.quotation import Dialect, repaired
from data.files.swapped_dates import never_past_twelfth, swap_of
from data.guess.propose import propose
from data.guess.times.zones import zone_of
from settings import Settings
from tests.data.files import NOW, counts, load, log_rows, one, write

LATER = NOW + timedelta(days=365)
WHITE = st.text(" \t\u00a0\u2009", max_size=3)
PLAIN = {
    "contact_id": "a",
    "ended_at": "2026-03-02 23:30:00",
    "offered_at": "2026-03-02T22:00:00+01:00",
    "answered_at": "2026-03-02T21:01:00Z",
    "partner": "Nord",
    "talk_s": "70",
    "hold_s": "0:10",
    "score": "5",
    "answered": "yes",
    "hit_value": "1234.50",
}
TOML = 'by_name = true\nmissing = ["NA"]\nfields.hold_s = { column = "hold_s", unit = "m:s" }'


@pytest.mark.slow
@hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(WHITE, WHITE), min_size=len(PLAIN) + 1, max_size=len(PLAIN) + 1))
def test_white_space_around_any_value_changes_nothing(
    tmp_path: Path, settings: Settings, around: list[tuple[str, str]]
) -> None:
    header = "\t".join([*PLAIN, "topic"]).replace("\t", ";")
    cells = [
        before + text + after for (before, after), text in zip(around, [*PLAIN.values(), "NA"], strict=True)
    ]
    made: list[dict[str, object]] = []
    for row in (";".join([*PLAIN.values(), "NA"]), ";".join(cells)):
        home = settings.model_copy(update={"home": tmp_path / f"home-{len(made)}-{abs(hash(row))}"})
        load(home, write(tmp_path, f"{header}\n{row}\n"), TOML)
        made.append({key: each for key, each in one(home).items() if key != "accepted_us"})
    assert made[0] == made[1]


@pytest.mark.parametrize("offset", ["+00:00", "Z", "+0000", "+00", " +00:00", "z", " Z", "+00:00 "])
def test_every_way_of_writing_utc_is_the_same_moment(tmp_path: Path, settings: Settings, offset: str) -> None:
    load(settings, write(tmp_path, f"contact_id,ended_at\na,2026-03-01T08:00:00{offset}\n"))
    assert one(settings)["ended_at"] == 1_772_352_000


def test_an_offset_of_nothing_is_no_midnight(tmp_path: Path, settings: Settings) -> None:
    rows = "".join(
        f"{n},2026-03-0{n}T08:00:00+00:00,2026-03-0{n}T08:01:00+00:00,2026-03-0{n}T08:05:00+00:00\n"
        for n in range(1, 6)
    )
    path = write(tmp_path, f"id,created_at,answered_at,closed_at\n{rows}")
    load(settings, path, propose(path, "Europe/Oslo").toml)
    assert {(row["wait_s"], row["handling_s"]) for row in log_rows(settings)} == {(60, 240)}


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("080000", "hhmmss", 28_800),
        ("901", "hhmm", 32_460),
        ("2401", "hhmm", None),
        ("PT1M49S", "seconds", 109),
        ("P1DT2H", "seconds", 86_400 + 7_200),
        ("1,82 min", "seconds", 109),
        ("1.5 h", "seconds", 5_400),
        ("PT", "seconds", None),
    ],
)
def test_a_duration_is_read_as_it_is_written(
    tmp_path: Path, settings: Settings, text: str, unit: str, seconds: int | None
) -> None:
    plus = f'[{{ column = "d", unit = "{unit}" }}]'
    toml = f'by_name = true\ndelimiter = ";"\nfields.ended_at = {{ column = "ended_at", plus = {plus} }}'
    summary = load(settings, write(tmp_path, f"contact_id;ended_at;d\na;2026-03-02T00:00:00Z;{text}\n"), toml)
    assert summary.accepted == (seconds is not None)
    if seconds is not None:
        assert one(settings)["ended_at"] == 1_772_409_600 + seconds


@pytest.mark.parametrize(
    ("marks", "text", "seconds"),
    [
        ('thousands = "."', "1.234", 1_234),
        ('thousands = "."', "1.234,5", 1_235),
        ('thousands = ","', "1,234.4", 1_234),
        ("", "1.234", 1),
    ],
)
def test_a_point_between_thousands_leaves_the_comma_for_decimals(
    tmp_path: Path, settings: Settings, marks: str, text: str, seconds: int
) -> None:
    toml = f'delimiter = ";"\nby_name = true\n{marks}'
    load(settings, write(tmp_path, f"contact_id;ended_at;talk_s\na;2026-03-02;{text}\n"), toml)
    assert one(settings)["talk_s"] == seconds


@pytest.mark.parametrize(
    "toml",
    [
        'by_name = true\ndecimal = ","\n[fields]\nscore = { column = "s", thousands = "," }',
        'by_name = true\nthousands = "."\n[fields]\nscore = { column = "s", decimal = "." }',
        'by_name = true\ndelimiter = "||"',
        "by_name = true\nheader_row = 999999999999",
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(toml: str) -> None:
    with pytest.raises(BadUse):
        read(toml.encode(), "own")


@pytest.mark.parametrize(
    ("texts", "thousands", "found"),
    [
        (["1.234,50", "2"], False, (",", ".", True)),
        (["1,234", "2,345"], True, ("", ",", False)),
        (["1,234", "2,345"], False, (",", "", False)),
        (["1,234", "0,5"], True, (",", "", True)),
        (["1.234.567"], False, ("", ".", True)),
        (["1\u00a0234", "12"], False, ("", "", True)),
        (["1'234.5"], False, (".", "'", True)),
    ],
)
def test_marks_are_told_from_all_numbers_of_a_column(
    texts: list[str], thousands: bool, found: tuple[str, str, bool]
) -> None:
    marks = marks_of(texts, thousands=thousands)
    assert marks is not None
    assert (marks.decimal, marks.thousands, marks.certain) == found


@pytest.mark.parametrize("texts", [["12", "soon"], ["1.5", "1,5", "2,25"], []])
def test_what_contradicts_itself_has_no_marks(texts: list[str]) -> None:
    marks = marks_of(texts)
    assert marks is None or not (marks.decimal or marks.thousands)


HEAD = b"id,at,comment\n"
ROWS = [b"%d,2026-03-02,fine\n" % number for number in range(8)]


@pytest.mark.parametrize(
    ("lines", "strays", "partly"),
    [
        ([*ROWS], {}, 0),
        ([*ROWS[:2], b'2,2026-03-02,"good\n', *ROWS[3:]], {4: 5}, 0),
        ([*ROWS[:2], b'2,2026-03-02,"good\n', *ROWS[3:7], b'7,2026-03-02,"bad\n'], {4: 5, 9: 0}, 0),
        ([b'0,2026-03-02,"two\n', b'lines"\n', *ROWS[1:]], {}, 0),
        ([b'0,2026-03-02,"a, b, c\n', b'd, e, f"\n', *ROWS[1:]], {}, 0),
        ([b'0,2026-03-02,5" screen\n', *ROWS[1:]], {}, 0),
        ([b'"User" <1>,2026-03-02,x\n', *ROWS[1:]], {}, 1),
    ],
)
def test_a_mark_that_swallows_rows_is_a_character(
    tmp_path: Path, lines: list[bytes], strays: dict[int, int], partly: int
) -> None:
    content = HEAD + b"".join(lines)
    _, repair = repaired(write(tmp_path, content), Dialect(b",", b'"', 3), content)
    assert (repair.strays, repair.partly) == (strays, partly)


def test_lines_below_a_stray_mark_are_rows_and_it_is_said(tmp_path: Path, settings: Settings) -> None:
    rows = [f"{n},2026-03-02,fine\n" for n in range(9)]
    rows[3] = rows[3].replace("fine", '"fine')
    toml = '[fields]\ncontact_id = "id"\nended_at = "at"\ncomment = "comment"'
    summary = load(settings, write(tmp_path, "id,at,comment\n" + "".join(rows)), toml)
    assert counts(summary) == (9, 9, 0, 0, 0)
    assert any("line 5" in note and "5 lines" in note for note in summary.notes)


MARCH = [f"2026-{day:02}-03 08:00" for day in range(1, 13)]
LATE = [f"03/{day}/2026 08:00" for day in range(13, 29)]


@pytest.mark.parametrize(
    ("texts", "certain"),
    [
        (MARCH + LATE, True),
        ([f"⎖{text}" for text in MARCH] + LATE, True),
        (MARCH[:4] + LATE, None),
        ([*MARCH, "2026-03-13 08:00", *LATE], None),
        ([*MARCH, "03/04/2026 08:00", *LATE], None),
        (MARCH, None),
    ],
)
def test_swapped_dates_are_known_by_what_is_never_there(texts: list[str], certain: bool | None) -> None:
    swap = swap_of(texts)
    assert (swap.certain if swap else None) is certain


def test_a_mapping_that_reads_swapped_dates_as_they_stand_is_refused(
    tmp_path: Path, settings: Settings
) -> None:
    text = "contact_id,ended_at\n" + "".join(f"{n},{text}\n" for n, text in enumerate(MARCH + LATE))
    toml = 'by_name = true\nfields.ended_at = {{ column = "ended_at", format = [{}"%m/%d/%Y %H:%M"] }}'
    path = write(tmp_path, text)
    with pytest.raises(BadUse, match="swapped"):
        load(settings, path, toml.format('"iso", '))
    load(settings, path, toml.format('"swapped", '), now=LATER)
    assert {row["day"].month for row in log_rows(settings)} == {3}


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([date(2026, month, day) for month in range(1, 11) for day in (3, 4)], True),
        ([date(2026, month, day) for month in range(1, 11) for day in (3, 13)], False),
        ([date(2026, month, 1) for month in range(1, 13)] * 2, False),
        ([date(2026, month, day) for month in (1, 2) for day in range(1, 13)], False),
    ],
)
def test_days_that_never_pass_the_twelfth_are_doubted(days: list[date], told: bool) -> None:
    assert never_past_twelfth(days) is told


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("End Time (UTC)", "UTC"),
        ("created_utc", "UTC"),
        ("Start (EST)", "America/New_York"),
        ("Ended (GMT+1)", "Etc/GMT-1"),
        ("Start [CET]", "Europe/Oslo"),
        ("Latest", ""),
        ("ended_at", ""),
        ("Was est", ""),
    ],
)
def test_a_columns_name_tells_its_zone(name: str, zone: str) -> None:
    assert zone_of(name) == zone


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp865", "mac_roman", "utf-16-le", "utf-16-be"])
def test_norwegian_letters_tell_the_encoding(tmp_path: Path, encoding: str) -> None:
    text = "id;agent\n" + "".join(f"{n};Bjørn Åse Ærlig på gård\n" for n in range(20))
    assert encoding_of(write(tmp_path, text.encode(encoding))) == encoding


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        (" =1", "' =1"),
        ("+cmd", "'+cmd"),
        ("-5", "-5"),
        ("+47 90 00 00 00", "+47 90 00 00 00"),
        ("", ""),
        (7, 7),
    ],
)
def test_a_rejected_value_is_no_formula(value: object, shown: object) -> None:
    assert harmless(value) == shown


@pytest.mark.parametrize(("rows", "refused"), [(9, False), (10, True)])
def test_a_file_that_replaces_other_days_must_be_meant(
    tmp_path: Path, settings: Settings, rows: int, refused: bool
) -> None:
    text = "ended_at\n" + "".join(f"2026-03-{n + 1:02} 10:00\n" for n in range(rows))
    toml = 'by_name = true\n[fields]\ncontact_id = { row_number = "row-" }'
    load(settings, write(tmp_path, text), toml)
    again = write(tmp_path, text.replace("-03-", "-02-"))
    if refused:
        with pytest.raises(BadUse, match="take the place"):
            load(settings, again, toml)
        assert load(settings, again, toml, replace=True).updated == rows
    else:
        assert load(settings, again, toml).updated == rows


def _book(path: Path, sheets: dict[str, list[list[object]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def test_the_sheet_with_contacts_is_chosen_and_the_others_are_named(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "book.xlsx"
    rows: list[list[object]] = [["call_id", "ended_at"], ["a", date(2026, 3, 2)]]
    _book(path, {"Note": [["Made by"], ["us"]], "Calls": rows, "More": rows})
    proposal = propose(path, "Europe/Oslo")
    assert 'sheet = "Calls"' in proposal.toml
    assert any("'Note' (1 rows)" in doubt and "'More' (1 rows)" in doubt for doubt in proposal.doubts)
    assert 'sheet = "More"' in propose(path, "Europe/Oslo", sheet="More").toml
    assert load(settings, path, proposal.toml).accepted == 1


def test_merged_cells_say_the_same_in_each_row_and_formulas_need_values(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "book.xlsx"
    rows: list[list[object]] = [["contact_id", "ended_at", "agent", "talk_s"]]
    book = _book(
        path, {"Calls": rows + [[f"c{n}", date(2026, 3, 2), "Kari" if n == 0 else None] for n in range(3)]}
    )
    book["Calls"].merge_cells("C2:C3")
    book.save(path)
    load(settings, path)
    assert [row["agent"] for row in log_rows(settings)] == ["Kari", "Kari", ""]
    book["Calls"]["D2"] = "=1+1"
    book.save(path)
    with pytest.raises(BadUse, match="'talk_s' hold formulas"):
        load(settings, path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    _book(path, {"Calls": [["a"]]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/huge.xml", b" ")
        archive.infolist()[-1].file_size = 5 << 30  # as the archive's own list says
    with pytest.raises(BadUse, match="unpacks to more"):
        propose(path, "Europe/Oslo")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"a": 1}]', "JSON"),
        (b"<html><table>", "HTML"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML"),
        (b"id,ended_at\n", "header but no rows"),
        ("id,ended_at\n1,2026\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_what_is_no_table_is_refused_as_what_it_is(
    tmp_path: Path, settings: Settings, content: bytes, words: str
) -> None:
    toml = '[fields]\ncontact_id = "id"\nended_at = "ended_at"'
    with pytest.raises(BadUse, match=words):
        load(settings, write(tmp_path, content), toml)


@pytest.mark.parametrize("place", [40, 400, 2_000])
def test_a_parquet_file_that_is_damaged_is_refused_as_such(
    tmp_path: Path, settings: Settings, place: int
) -> None:
    path = tmp_path / "calls.parquet"
    ids = [f"c{number}" for number in range(2_000)]
    ended = ["2026-03-02T10:15:00Z"] * len(ids)
    pq.write_table(pa.table({"contact_id": ids, "ended_at": ended}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + b"\xff" * 300 + whole[place + 300 :])
    for read_it in (partial(propose, zone="Europe/Oslo"), partial(load, settings)):
        with pytest.raises(BadUse, match=r"calls\.parquet is not a readable Parquet file"):
            read_it(path)


def test_an_archive_with_one_file_is_opened_and_with_two_refused(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "calls.zip"
    for number, refused in ((1, False), (2, True)):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"{number}.csv", "contact_id,ended_at\na,2026-03-02\n")
        if refused:
            with pytest.raises(BadUse, match="archive of 2 files"):
                load(settings, path)
        else:
            assert load(settings, path).accepted == 1


def _rows(header: str, row: str, odd: str = "") -> str:
    """Thirty rows of one kind, and an odd one."""
    lines = [row.format(n=n, at=f"2026-03-{1 + n % 28:02} 08:00", s=1 + n % 10) for n in range(30)]
    return "\n".join([header, *lines, *([odd] if odd else [])]) + "\n"


ODD = "x,2026-03-02 08:00,"
TEN = 'score_scale = { constant = "1-10" }'
WHOLE = 'customer_id = { column = "customer_id", whole = true }'
THOUSANDS = 'talk_s = { column = "talk_sec", thousands = "," }'


@pytest.mark.parametrize(
    ("text", "line", "doubt"),
    [
        (_rows("id,date,outcome", "{n},{at},yes", ODD + "no"), None, "outcome"),
        (_rows("id,ended_at,score", "{n},{at},{s}", ODD + "99"), TEN, "'99'"),
        (_rows("id,ended_at,score", "{n},{at},{s}", ODD + "5.5"), TEN, "'5.5'"),
        (
            _rows("id,ended_at,duration", "{n},{at},00:03:00", ODD + "Unknown"),
            'handling_s = "duration"',
            "'Unknown'",
        ),
        (_rows("contact_id,score_at,ended_at,score", "{n},{at},{at},{s}"), 'ended_at = "ended_at"', ""),
        (_rows("customer_id,id,ended_at", "1{n}.0,{n},{at}"), WHOLE, ""),
        (_rows("id,ended_at,talk_sec", '{n},{at},"1,234"'), THOUSANDS, "talk_sec may be"),
    ],
)
def test_a_proposal_takes_a_column_for_what_it_is_and_says_what_it_doubts(
    tmp_path: Path, text: str, line: str | None, doubt: str
) -> None:
    proposal = propose(write(tmp_path, text), "Europe/Oslo")
    assert line is None or line in proposal.toml
    assert not doubt or any(doubt in each for each in proposal.doubts)


def test_a_call_past_midnight_ends_on_the_next_day(tmp_path: Path, settings: Settings) -> None:
    rows = "".join(f"{n},2026-03-{n + 1:02},10:00:00,10:05:00\n" for n in range(12))
    path = write(tmp_path, f"id,date,start,end\n{rows}x,2026-03-20,23:58:00,00:03:00\n")
    load(settings, path, propose(path, "Europe/Oslo").toml)
    assert log_rows(settings)[-1]["day"] == date(2026, 3, 21)
    assert {row["handling_s"] for row in log_rows(settings)} == {300}


@pytest.mark.parametrize("name", ["metric,value", "KPI,Result"])
def test_a_table_of_figures_is_no_table_of_contacts(tmp_path: Path, name: str) -> None:
    text = f"date,{name}\n" + "".join(f"2026-03-0{n},{m},{n}\n" for n in range(1, 6) for m in ("AHT", "CSAT"))
    with pytest.raises(BadUse, match="one figure"):
        propose(write(tmp_path, text), "Europe/Oslo")
