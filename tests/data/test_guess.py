"""Proposing a mapping for a stranger's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.files.mapping import BadUse, read
from data.files.sources.header import header_row
from data.guess.propose import Proposal, propose
from data.guess.times.formats import alternatives
from settings import PROJECT_ROOT, Settings
from tests.data.files import counts, load, log_rows, write

RWFD = PROJECT_ROOT.parent / "shared" / "data" / "call_center_rwfd.csv"
STRANGE = """Call Id;Agent;Date;Time;Topic;Answered (Y/N);AvgTalkDuration;CSAT;Customer name;Remarks
ID1;Diane;13.01.2026;09:12:58;Kontrakt;Y;00:02:23;9;Ola Nordmann;Fint
ID2;Becky;01.01.2026;23:15:00;Faktura;Y;00:04:02;10;Kari Nordmann;N/A
ID3;Stewart;02.01.2026;09:47:31;Kontrakt;N;N/A;N/A;Per;
"""


def guess(path: Path) -> Proposal:
    return propose(path, "Europe/Oslo")


def test_a_proposal_imports_a_strangers_file_as_it_is_meant(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, STRANGE)
    proposal = guess(path)
    assert "#   Customer name: may name a person" in proposal.toml
    assert "Nordmann" not in proposal.toml
    summary = load(settings, path, proposal.toml)
    assert counts(summary) == (3, 3, 0, 0, 0)
    rows = log_rows(settings)
    assert [(row["day"].day, row["hour"]) for row in rows] == [(13, 9), (1, 23), (2, 9)]
    assert [row["talk_s"] for row in rows] == [143, 242, None]
    assert [row["score"] for row in rows] == [9, 10, None]
    assert [row["answered"] for row in rows] == [True, True, False]
    assert [row["agent"] for row in rows] == ["Diane", "Becky", "Stewart"]


def test_a_date_that_could_be_two_stays_open_until_a_person_chooses(
    tmp_path: Path, settings: Settings
) -> None:
    path = write(tmp_path, "Call Id,Date\nID1,05/10/2026\nID2,06/11/2026\n")
    proposal = guess(path)
    (doubt,) = [doubt for doubt in proposal.doubts if "two ways" in doubt]
    assert '"%d/%m/%Y"' in doubt
    assert '"%m/%d/%Y"' in doubt
    with pytest.raises(BadUse, match="not for a program to guess"):
        load(settings, path, proposal.toml)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2026-03-02 10:15", "2026-03-02T10:15:00Z"], [["iso"]]),
        (["13/01/2026", "01/02/2026"], [["%d/%m/%Y"]]),
        (["01/13/2026", "01/02/2026"], [["%m/%d/%Y"]]),
        (["12/01/2026", "01/12/2026"], [["%d/%m/%Y"], ["%m/%d/%Y"]]),
        (["13.01.2026 10:15"], [["%d.%m.%Y %H:%M"]]),
        (["13.01.2026 10.15"], [["%d.%m.%Y %H.%M"]]),
        (["1/13/2026 3:15:00 PM"], [["%m/%d/%Y %I:%M:%S %p"]]),
        (["1/13/2026, 3:15 PM"], [["%m/%d/%Y, %I:%M %p"]]),
        (["02-Mar-2026"], [["%d-%b-%Y"]]),
        (["March 2, 2026"], [["%B %d, %Y"]]),
        (["yesterday"], []),
        (["13/01/2026", "yesterday"], []),
        (["13/01/2026", "2026-01-13"], [["%d/%m/%Y", "iso"]]),
        (["12/01/2026", "2026-01-13"], [["%d/%m/%Y", "iso"], ["%m/%d/%Y", "iso"]]),
        (["13/01/2026", "01/13/2026"], []),
        (["260313"], []),
        (["Tue Oct 31 22:10:47 +0000 2017"], [["%a %b %d %H:%M:%S %z %Y"]]),
        (["Tue Oct 31 22:10:47 2017"], [["%a %b %d %H:%M:%S %Y"]]),
        (["13-JAN-21 09.12.58.000000 AM"], [["%d-%b-%y %I.%M.%S.%f %p"]]),
        (["2026-03-02 10:15:00 UTC"], [["iso"]]),
    ],
)
def test_formats_are_concluded_from_all_values_or_not_at_all(
    texts: list[str], expected: list[list[str]]
) -> None:
    assert [sorted(each, reverse=False) for each in alternatives(texts)] == [
        sorted(each) for each in expected
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["260313", "260302"], [["%y%m%d"]]),
        (["20260313"], [["%Y%m%d"]]),
        (["46083.427", "46084"], [["excel"]]),
        (["44209", "44228"], [["excel"]]),  # not 2044
        (["1772446500"], [["epoch"]]),
        (["1772446500999"], [["epoch_ms"]]),
        (["12", "13"], []),
    ],
)
def test_digits_alone_are_a_time_where_the_columns_name_says_so(
    texts: list[str], expected: list[list[str]]
) -> None:
    assert alternatives(texts, packed=True) == expected


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("Satisfaction rating", ["1", "5", "3"], "the scale 1-5 is assumed"),
        ("NPS score", ["0", "10", "9"], "the scale 0-10 is assumed"),
        ("CSAT", ["0", "10", "9"], "does 0 in CSAT mean not given"),
        ("CSAT", ["4.5", "3", "2"], "not a whole number"),
        ("CSAT", ["-1", "3", "2"], "not a whole number"),
        ("CSAT", ["250", "3", "2"], "no scale known"),
        ("CSAT", ["happy", "glum", "happy"], "not a whole number"),
        ("CSAT", ["happy", "sad", "happy"], "the scale 0-1: sad = 0, happy = 1"),
        ("Call duration", ["5", "12", "3"], "is not told; minutes assumed"),
        ("Call duration", ["300", "720", "0"], "does 0 in Call duration mean not given"),
        ("Talk time", ["12:30", "01:15", "00:10"], "may be minutes and seconds or hours and minutes"),
        ("Channel", ["Fax", "E-post", "Tlf"], "'Fax'"),
        ("Language", ["Norwegian", "Spanish", "English"], "'Spanish' is none of nb, nn, en"),
        ("Outcome", ["answered", "HANG", "ghost"], "is 'ghost' in Outcome answered"),
        ("Abandoned", ["Y", "N", "N"], "the opposite of Abandoned"),
        ("Customer ID", ["0", "17", "0"], "taken to mean: not known"),
        ("Call length", ["5", "7", "480"], "is not told; minutes assumed"),
        ("Call length", ["5", "7", "481"], "is not told; seconds assumed"),
        ("Call length", ["0", "0", "0"], "is not told; seconds assumed"),
        ("Location", ["Bergen", "Oslo", "Oslo"], "where the contact was answered"),
    ],
)
def test_what_a_column_may_mean_is_said_as_a_doubt(
    tmp_path: Path, column: str, values: list[str], words: str
) -> None:
    lines = [f"ID{number},2026-03-0{number + 1},{value}" for number, value in enumerate(values)]
    proposal = guess(write(tmp_path, "\n".join([f"Call Id,Date,{column}", *lines])))
    assert any(words in doubt for doubt in proposal.doubts)
    assert all(f"# doubt: {doubt}" in proposal.toml for doubt in proposal.doubts)
    read(proposal.toml.encode(), "proposal")


@pytest.mark.parametrize(
    ("column", "values", "answered"),
    [
        ("Ticket status", ["Closed", "Rejected", "Closed"], None),
        ("Status", ["Closed", "Rejected", "Closed"], None),
        ("Status", ["Completed", "Abandoned", "Completed"], '{ "Abandoned" = "no", "Completed" = "yes" }'),
        ("Outcome", ["Resolved", "Failed", "Resolved"], '{ "Failed" = "no", "Resolved" = "yes" }'),
        ("dialer_status", ["CONNECTED", "NO_ANSWER", "BUSY"], '"NO_ANSWER" = "no"'),
        ("Atendida", ["Não atendida", "Atendida", "Atendida"], '"Não atendida" = "no"'),
    ],
)
def test_a_status_tells_whether_a_call_was_answered_only_where_it_is_one_of_calls(
    tmp_path: Path, column: str, values: list[str], answered: str | None
) -> None:
    lines = [f"ID{number},2026-03-0{number + 1},{value}" for number, value in enumerate(values)]
    toml = guess(write(tmp_path, "\n".join([f"Call Id,Date,{column}", *lines]))).toml
    assert answered in toml if answered else "answered = " not in toml


@pytest.mark.parametrize(
    ("column", "used"),
    [("Date of Purchase", True), ("Last updated", True), ("Date of birth", False), ("Born", False)],
)
def test_a_time_of_something_else_stands_in_with_a_doubt_but_never_a_birth(
    tmp_path: Path, column: str, used: bool
) -> None:
    text = f"Ticket,Resolved at,{column}\nT1,2026-03-02 10:00,2021-05-06\nT2,,1999-05-06\n"
    proposal = guess(write(tmp_path, text))
    assert (
        any(f"50 % of the rows tell no time of the contact: there {column}" in d for d in proposal.doubts)
        is used
    )
    assert (f'"{column}"' in proposal.toml) is used


def test_no_more_times_stand_in_than_rows_need(tmp_path: Path) -> None:
    rows = "".join(f"T{number},,2026-03-02 10:00,2026-03-03\n" for number in range(2))
    text = f"Ticket,Resolved at,Created at,Updated at\n{rows}"
    assert "Updated" not in guess(write(tmp_path, text)).toml.split("# Columns that are not used")[0]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("a,2026-03-02,Kari\nb,2026-03-03,Ola\n", 0),
        ("7,a,Kari\n8,b,Ola\n", 0),
        ("Id,Date,Line 7\na,2026-03-02,Kari\nb,2026-03-03,Ola\n", 1),
        ("Calls of 2026-03-02;;\nId;Date;Agent\na;2026-03-02;Kari\n", 2),
    ],
)
def test_a_file_that_begins_with_values_has_no_header(tmp_path: Path, text: str, row: int) -> None:
    path = write(tmp_path, text)
    assert header_row(path, "utf-8") == row
    proposal = guess(path)
    assert ("header_row = 0" in proposal.toml) is (row == 0)
    assert any("no header" in doubt for doubt in proposal.doubts) is (row == 0)


def test_lines_that_are_no_rows_are_told_of_before_an_import(tmp_path: Path) -> None:
    text = "Call Id,Date,Caller\na,2026-03-02,Kari,7,8\nb,2026-03-02,Ola\n"
    assert any(
        "1 lines are no rows" in doubt and "Kari" in doubt for doubt in guess(write(tmp_path, text)).doubts
    )


def test_numbers_of_phones_are_doubted_as_ids(tmp_path: Path) -> None:
    lines = "".join(f"9{number}368447937,2026-03-02\n" for number in range(3))
    assert any("phone numbers" in doubt for doubt in guess(write(tmp_path, f"Number,Date\n{lines}")).doubts)
    assert not any("phone" in d for d in guess(write(tmp_path, f"Call Id,Date\n{lines}")).doubts)


@pytest.mark.parametrize(
    ("name", "is_id"),
    [("Destino", False), ("Piano", False), ("Booking no", True), ("BookingID", True), ("uniqueid", True)],
)
def test_a_name_must_end_in_a_word_for_an_id(tmp_path: Path, name: str, is_id: bool) -> None:
    toml = guess(write(tmp_path, f"{name},Date\na,2026-03-02\nb,2026-03-02\n")).toml
    assert (f'contact_id = "{name}"' in toml) is is_id


def test_the_name_of_the_table_before_each_column_is_passed_over(tmp_path: Path) -> None:
    text = "Calls[Call Id],Calls[Date],Calls[Agent Name]\na,2026-03-02,Kari\n"
    toml = guess(write(tmp_path, text)).toml
    assert 'agent = "Calls[Agent Name]"' in toml
    assert 'contact_id = "Calls[Call Id]"' in toml


def test_a_file_in_another_encoding_is_said_to_be(tmp_path: Path) -> None:
    text = "Call Id,Date,Agent\nID1,2026-03-02,Bjørn\n"
    proposal = guess(write(tmp_path, text.encode("cp1252")))
    assert 'encoding = "cp1252"' in proposal.toml
    assert any("not UTF-8" in doubt for doubt in proposal.doubts)


def test_a_time_that_is_required_and_not_found_is_said(tmp_path: Path) -> None:
    proposal = guess(write(tmp_path, "colour,Call Id\nred,a\n"))
    assert any("ended_at is required" in doubt for doubt in proposal.doubts)


def test_a_file_without_an_id_has_its_rows_numbered(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, "Date,Agent\n2026-03-02,Kari\n2026-03-02,Kari\n")
    proposal = guess(path)
    assert any("rows are numbered" in doubt for doubt in proposal.doubts)
    assert counts(load(settings, path, proposal.toml)) == (2, 2, 0, 0, 0)
    assert [row["contact_id"] for row in log_rows(settings)] == ["file-2026-03-02-1", "file-2026-03-02-2"]


def test_an_id_that_repeats_is_a_version_or_no_id_at_all(tmp_path: Path, settings: Settings) -> None:
    versions = "Ticket,Opened,State\n" + "T1,2026-03-02 10:00,New\nT1,2026-03-02 10:00,Closed\n"
    others = versions.replace("10:00,Closed", "18:00,New")
    for text, accepted in ((versions, 1), (others, 2)):
        path = write(tmp_path, text)
        proposal = guess(path)
        assert any("only 1 different values in 2 rows" in doubt for doubt in proposal.doubts)
        assert load(settings, path, proposal.toml, dry_run=True).accepted == accepted


def test_a_title_above_the_header_is_passed_over(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, "Samtaler mars 2026;;\n\nCall Id;Date;Agent\na;2026-03-02;Kari\n")
    proposal = guess(path)
    assert "header_row = 3" in proposal.toml
    assert load(settings, path, proposal.toml).accepted == 1


def test_a_time_that_never_was_here_says_that_the_file_comes_from_elsewhere(
    tmp_path: Path, settings: Settings
) -> None:
    path = write(tmp_path, "Call Id,Date\na,2026-03-29 02:30\nb,2026-03-29 03:30\n")
    proposal = guess(path)
    assert 'time_zone = "UTC"' in proposal.toml
    assert counts(load(settings, path, proposal.toml)) == (2, 2, 0, 0, 0)
    assert "UTC" not in propose(path, "America/New_York").toml


@pytest.mark.skipif(not RWFD.exists(), reason="the public data set is not beside this copy")
def test_the_proposal_for_the_real_world_fake_data_gives_its_totals(settings: Settings) -> None:
    proposal = guess(RWFD)
    assert counts(load(settings, RWFD, proposal.toml)) == (32_941, 32_941, 0, 0, 0)
    rows = log_rows(settings)
    assert round(sum(row["handling_s"] for row in rows) / len(rows) / 60, 3) == 25.021
    assert sum(row["score"] is not None for row in rows) == 12_271


def test_a_few_slips_in_a_column_do_not_hide_what_it_is(tmp_path: Path, settings: Settings) -> None:
    lines = [f"ID{n},{1 + n % 28:02}.03.2026 10:15,{1 + n % 10},0{n % 9}:30" for n in range(200)]
    lines += [
        "x,31.02.2026 10:15,9,00:01:00",
        "y,02.03.2026 10:15,good,00:01:00",
        "z,02.03.2026 10:15,9,long",
    ]
    path = write(tmp_path, "\n".join(["Call Id,Date,CSAT,Talk time", *lines]))
    proposal = guess(path)
    for slip in ("31.02.2026 10:15", "good", "long"):
        assert any(repr(slip) in doubt for doubt in proposal.doubts)
    summary = load(settings, path, proposal.toml)
    assert counts(summary) == (203, 200, 0, 0, 3)
    assert {row["score_scale"] for row in log_rows(settings)} == {"1-10"}


@pytest.mark.parametrize(
    "content",
    [
        b"id\n1\n2\n",
        b"id,date,date\n1,2026-03-02,2026-03-03\n",
        b"id,,date\n1,,2026-03-02\n",
        b"id,date\n1\x00,2026-03-02\n",
        b"id,date\n" + b"x" * 200_000 + b",2026-03-02\n",
        b"id,date,score\n1\n2,2026-03-02,5\n",
        b"id,date\n1,2026-03-\r02\n",
        b"Call Id,Date,Sale amount\n1,2026-03-02,$99\n",
        b'"Call ""Id""","Da\nte"\n1,2026-03-02\n',
    ],
)
def test_an_odd_file_gets_a_readable_proposal_all_the_same(tmp_path: Path, content: bytes) -> None:
    read(guess(write(tmp_path, content)).toml.encode(), "proposal")


def test_a_line_of_totals_does_not_hide_when_contacts_ended(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},0{n % 9 + 1}.03.2026 10:0{n % 5},0{n % 9 + 1}.03.2026 10:09,3m 5s\n" for n in range(12)
    )
    path = write(tmp_path, f"Call ID,Created At,End Time,Handle Time\n{rows}Total,,,37m\n")
    assert 'ended_at = { column = "End Time"' in propose(path, "Europe/Oslo").toml
