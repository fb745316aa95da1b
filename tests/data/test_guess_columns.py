"""What a proposal makes of columns that are told in their own way: quoted, cut short, or to the minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.guess.propose import Proposal, propose
from settings import Settings
from tests.data.files import load, log_rows, write

CLOUD_CALLS = """Direction,Start Date,End Date,Caller Number,Total Duration,Call Result,Agent,Queue,Talk Time,Time spent in Queue,Abandoned,On hold Duration,Call ID
inbound,3/21/2025 16:58,3/21/2025 16:58,9.71527E+11,0:00:21,answered,Kari,A,0:00:15,0:00:06,FALSE,0:00:04,c1
inbound,3/21/2025 17:59,3/21/2025 18:02,9.71525E+11,0:02:15,missed,Ola,A,,0:02:15,FALSE,0:00:00,c2
"""  # noqa: E501 as published


def guess(tmp_path: Path, text: str) -> Proposal:
    return propose(write(tmp_path, text), "Europe/Oslo")


def of_column(tmp_path: Path, name: str, values: list[str]) -> Proposal:
    lines = (f"ID{number},2026-03-01 08:0{number % 10}:07,{value}" for number, value in enumerate(values))
    return guess(tmp_path, "\n".join([f"Call Id,Offered at,{name}", *lines]))


@pytest.mark.parametrize(
    "text",
    [
        "CALL_ID,CREATED_AT,QUALITY\n1,'2026-01-01 00:00:00.000',Missed\n2,'2026-01-02 10:00:00.000',Good\n",
        "Chamadas;;\nId;CREATED_AT;Agent\n1;'2026-01-01 00:00:00';'a;b'\n2;'2026-01-02 10:00:00';'c'\n",
    ],
)
def test_values_in_single_quotation_marks_are_read_without_them(
    tmp_path: Path, settings: Settings, text: str
) -> None:
    path = write(tmp_path, text)
    toml = propose(path, "Europe/Oslo").toml
    assert 'quote = "\'"' in toml
    assert load(settings, path, toml).rejected == 0
    assert [str(row["day"]) for row in log_rows(settings)] == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    "text",
    [
        "Id,Date,Said\n1,2026-01-01,'tis\n2,2026-01-02,'tis'\n",
        "Id,Date,Said\n1,2026-01-01,'a'\n2,2026-01-02,b\n",
        "Id,Date,Said\n1,2026-01-01,\"it's\"\n2,2026-01-02,'b'\n",
    ],
)
def test_apostrophes_are_no_quotation_marks(tmp_path: Path, text: str) -> None:
    assert "quote =" not in guess(tmp_path, text).toml


@pytest.mark.parametrize(("name", "field"), [("Customer Number", "customer_id"), ("Phone number", "phone")])
def test_numbers_that_a_spreadsheet_has_cut_short_are_nobodys(tmp_path: Path, name: str, field: str) -> None:
    cut = of_column(tmp_path, name, ["9.71527E+11", "97145810654"])
    assert f"{field} =" not in cut.toml
    assert any("9.71527E+11" in doubt and "cut short" in doubt for doubt in cut.doubts)
    assert f'{field} = "{name}"' in of_column(tmp_path, name, ["97152710655", "97145810654"]).toml


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (["1.4", "5.72", "20"], "minutes"),
        (["1.4", "5.72", "20.5"], "seconds"),
        (["1", "5", "20"], "seconds"),
        (["1.4", "5", "20"], "seconds"),  # mostly whole
    ],
)
def test_short_waits_in_hundredths_are_minutes(tmp_path: Path, values: list[str], unit: str) -> None:
    found = of_column(tmp_path, "wait_time", values)
    assert any(f"is not told; {unit} assumed" in doubt for doubt in found.doubts)


def test_times_to_the_minute_are_not_where_durations_are_taken_from(
    tmp_path: Path, settings: Settings
) -> None:
    path = write(tmp_path, CLOUD_CALLS)
    proposal = propose(path, "Europe/Oslo")
    assert load(settings, path, proposal.toml).rejected == 0
    rows = log_rows(settings)
    assert [row["wait_s"] for row in rows] == [6, None]
    assert [row["talk_s"] for row in rows] == [15, None]
    assert [row["answered"] for row in rows] == [True, False]  # by the result: nobody has abandoned
    assert {row["agent"] for row in rows} == {"Kari", "Ola"}


def test_times_to_the_second_are_taken_as_they_are(tmp_path: Path) -> None:
    text = CLOUD_CALLS.replace(":58,", ":58:07,").replace(":59,", ":59:08,").replace(":02,", ":02:30,")
    assert 'ended_at = { column = "End Date"' in guess(tmp_path, text).toml


def test_rows_that_tell_no_time_are_counted(tmp_path: Path) -> None:
    rows = [f"T{number},{'' if number < 3 else '2026-03-02 10:00'}\n" for number in range(10)]
    doubts = guess(tmp_path, f"Ticket,Created at\n{''.join(rows)}").doubts
    assert any(doubt.startswith("30 % of the rows tell no time") for doubt in doubts)
    doubts = guess(tmp_path, f"Ticket,Created at\n{''.join(rows[3:])}").doubts
    assert not any("tell no time" in doubt for doubt in doubts)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Agent Assigned", "agent"),
        ("Assigned Agent", "agent"),
        ("analyst", "agent"),
        ("team_id", "team"),
        ("Queue name", "team"),
        ("satisfação_cliente", "score"),
        ("Satisfacción", "score"),
        ("owner_group", "team"),
        ("Grupo", "team"),
        ("org:resource", "agent"),
        ("case:concept:name", "case_id"),
        ("Activity", "topic"),
        ("On hold duration (s)", "hold_s"),
        ("Total hold time (s)", "hold_s"),
    ],
)
def test_a_column_is_known_by_its_name(tmp_path: Path, name: str, field: str) -> None:
    assert f'{field} = "{name}"' in of_column(tmp_path, name, ["1", "2", "5"]).toml


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        # wait, talk, hold, total
        ([(9, 60, 5, 70), (4, 80, 0, 85), (7, 90, 9, 110), (8, 50, 0, 70), (2, 40, 6, 60)], set()),
        ([(9, 60, 5, 75), (4, 80, 0, 85), (7, 90, 9, 107), (8, 50, 0, 59), (2, 40, 6, 48)], {"handling_s"}),
        ([(9, 60, 5, 70), (4, 80, 8, 85), (9, 90, 9, 110), (18, 50, 20, 60), (20, 40, 9, 45)], {"hold_s"}),
        ([(9, 60, 5, 60), (4, 80, 8, 40), (7, 90, 9, 9), (8, 50, 20, 10), (9, 40, 9, 45)], {"handling_s"}),
        ([(9, 60, 5, 75), (4, 80, 0, 85)], set()),  # too few to tell
    ],
)
@pytest.mark.parametrize("unit", ["(s)", "(min)", ""])
def test_a_duration_that_is_part_of_another_is_left_out(
    tmp_path: Path, rows: list[tuple[int, ...]], left_out: set[str], unit: str
) -> None:
    names = ["Wait time", "Talk time", "Hold time", "Total handling time"]
    told = [
        [str(s) if unit == "(s)" else str(s / 60) if unit else f"0:{s // 60:02}:{s % 60:02}" for s in row]
        for row in rows
    ]
    lines = (f"c{number},2026-03-01 08:00:07,{','.join(row)}" for number, row in enumerate(told))
    header = ",".join(f"{name} {unit}".strip() for name in names)
    toml = guess(tmp_path, "\n".join([f"Call Id,Offered at,{header}", *lines])).toml
    assert {field for field in ("handling_s", "hold_s") if f"{field} = " not in toml} == left_out
    assert all(f"# doubt: {field}: " in toml for field in left_out)


@pytest.mark.parametrize(
    ("values", "lasts"),
    [
        (["13:56:45", "8:57:35", "9:01:02"], False),
        (["1:56:45 PM", "3:57:35 PM", "11:01:02 AM"], False),
        (["0:56:45", "0:57:35", "9:01:02"], True),
        (["12:06:45 AM", "12:07:35 AM", "12:01:02 AM"], True),  # a spreadsheet's durations
        (["13:56", "8:57", "9:01"], False),
        (["3:56", "8:57", "2:01"], True),
        (["13:56", "48:57", "9:01"], True),
        (["120", "130", "140"], True),
    ],
)
def test_the_time_of_a_call_is_how_long_it_took_or_when_it_was(
    tmp_path: Path, values: list[str], lasts: bool
) -> None:
    lines = (f"ID{number},2026-03-01,{value}" for number, value in enumerate(values))
    toml = guess(tmp_path, "\n".join(["Id,Call date,Call time", *lines])).toml
    assert ("handling_s = " in toml) is lasts
    assert ('column = ["Call date", "Call time"]' in toml) is not lasts


def test_where_no_end_is_told_waiting_is_known_all_the_same(tmp_path: Path, settings: Settings) -> None:
    header = "Call ID,Call Date,Call Time,Time Answered,Agent ID,Covers Booked,Call Outcome,"
    rows = "1,2023-11-01,13:56:45,13:57:02,9,1,Done,\n2,2023-11-01,15:57:35,15:57:51,10,1,Done,\n"
    path = write(tmp_path, f"{header}\n{rows}")
    proposal = propose(path, "Europe/Oslo")
    assert any("When contacts ended is not told" in doubt for doubt in proposal.doubts)
    assert load(settings, path, proposal.toml).rejected == 0
    assert [(row["wait_s"], row["handling_s"], row["hour"]) for row in log_rows(settings)] == [
        (17, None, 13),
        (16, None, 15),
    ]
    # A ticket's first response is not its end, however soon.
    write(tmp_path, f"{header.replace('Time Answered', 'Responded time')}\n{rows}")
    assert "offered_at" not in propose(path, "Europe/Oslo").toml
    # Not every call was answered: when it began stands for it.
    write(tmp_path, f"{header}\n{rows.replace('13:57:02', '')}")
    assert 'ended_at = { column = ["Call Date", "Call Time"] }' in propose(path, "Europe/Oslo").toml


@pytest.mark.parametrize(("first", "second"), [("10:09", "16:31"), ("10:09:00 AM", "4:31:00 PM")])
def test_where_only_the_time_of_day_is_told_a_person_is_given_lines_with_a_day(
    tmp_path: Path, settings: Settings, first: str, second: str
) -> None:
    header = "call_id,agent,queue,duration,answered,time,wait_time"
    rows = f"1001,Kari,Sales,254,Yes,{first},34\n1003,,Sales,0,No,{second},113"
    path = write(tmp_path, f"{header}\n{rows}\n")
    proposal = propose(path, "Europe/Oslo")
    given = [doubt.partition("say which: ")[2] for doubt in proposal.doubts]
    lines = [line for line in given if line]
    assert [line.partition(" = ")[0] for line in lines] == ["ended_at", "offered_at", "answered_at"]
    assert load(settings, path, proposal.toml + "\n".join(lines)).rejected == 0
    found = [
        [row[name] for name in ("hour", "wait_s", "handling_s", "answered")] for row in log_rows(settings)
    ]
    assert found == [[10, 34, 254, True], [16, None, 0, False]]
    assert {str(row["day"]) for row in log_rows(settings)} == {"2026-01-31"}
    text = f"Id,Talk (s),Hold (s),Time\na,70,5,{first}\nb,80,0,{second}\n"
    assert any('plus = ["Talk (s)", "Hold (s)"]' in doubt for doubt in guess(tmp_path, text).doubts)
