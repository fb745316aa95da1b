"""Columns that tell the time of day, which a proposal adds to a date where no format reads both."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import openpyxl
import pytest

from data.files.profile import Column
from data.guess.propose import propose
from data.guess.times.clocks import added, is_clock, since_midnight, unit
from settings import Settings
from tests.data.files import counts, load, log_rows, write


@pytest.mark.parametrize(
    ("name", "cells", "told"),
    [
        ("Time", ["0.384", "0.5"], "days"),
        ("Time", ["0", "0.999"], "days"),
        ("Time", ["0", "1"], None),
        ("Time", ["0", "0"], None),
        ("Time", ["9", "10"], None),  # minutes as well as hours
        ("Hour", ["0", "23"], "hours"),
        ("Hour", ["0", "24"], None),
        ("Hour of day", ["9", "10"], "hours"),
        ("Hour", ["9", "9"], None),
        ("Hour", ["9.5", "10"], None),
        ("Hora", ["9", "10"], "hours"),
        ("Score", ["0.384", "0.5"], None),
        ("Clock", ["9:12", "10:15"], "h:m"),
        ("Clock", ["9:12:58", "10:15:00"], "h:m:s"),
        ("Clock", ["9:12:58", "10:15"], None),
        ("Clock", ["9:12 PM", "10:15 PM"], None),
    ],
)
def test_what_a_column_tells_the_time_of_day_in(name: str, cells: list[str], told: str | None) -> None:
    assert unit(Column(name, cells)) == told


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("Time", ["9:12:58"], True),
        ("Time", ["9:12 AM"], True),
        ("Time", ["9.12"], True),
        ("Length", ["9:12:58"], False),
        ("Duraci\u00f3n promedio", ["00:02:23"], False),
        ("Time to answer", ["9:12:58"], False),
        ("Anything", ["0:02:23"] * 9, True),
        ("Anything", ["0:02:23"] * 10, False),
        ("Anything", ["0:02:23"] * 9 + ["1:02:23"], True),
        ("Anything", ["12:02:23 AM"] * 10, False),
    ],
)
def test_durations_are_not_taken_for_times_of_the_day(name: str, cells: list[str], expected: bool) -> None:
    assert is_clock(Column(name, cells)) is expected


@pytest.mark.parametrize(
    ("text", "told", "seconds"),
    [("9:12:58", "h:m:s", 33_178), ("9:12", "h:m", 33_120), ("0.5", "days", 43_200), ("23", "hours", 82_800)],
)
def test_a_time_of_day_is_a_duration_since_midnight(text: str, told: str, seconds: int) -> None:
    assert since_midnight(text, told).total_seconds() == seconds


def test_a_fraction_with_a_comma_is_declared_to_have_one() -> None:
    assert added(Column("Tid", ["0,5"])) == '{ column = "Tid", unit = "days", decimal = "," }'


CALLS = """Call Id,Agent,Date,Time,Answered (Y/N),Speed of answer in seconds,AvgTalkDuration
a,Kari,{days[0]},{clocks[0]},Y,60,0.0025
b,Ola,{days[1]},{clocks[1]},N,,
"""


@pytest.mark.parametrize(
    ("days", "clocks", "hours"),
    [
        (["13/01/2021", "01/02/2021"], ["0.3840046", "0.5"], [9, 12]),
        (["13.01.2021", "01.02.2021"], ["0.3840046", "0.0"], [9, 0]),
        (["2021-01-13", "2021-02-01"], ["0.3840046", "0.999"], [9, 23]),
        (["2021-01-13 00:00:00", "2021-02-01 00:00:00"], ["9:12:58", "12:00:00"], [9, 12]),
        (["2021-01-13 00:00:00", "2021-02-01 00:00:00"], ["9:12", "12:00"], [9, 12]),
        (["44209", "44228"], ["0.3840046", "0.5"], [9, 12]),
    ],
)
def test_a_time_of_day_is_added_to_a_date_with_which_no_format_reads_it(
    tmp_path: Path, settings: Settings, days: list[str], clocks: list[str], hours: list[int]
) -> None:
    path = write(tmp_path, CALLS.format(days=days, clocks=clocks))
    assert counts(load(settings, path, propose(path, "Europe/Oslo").toml)) == (2, 2, 0, 0, 0)
    rows = log_rows(settings)
    assert [row["hour"] for row in rows] == hours
    assert [row["day"].isoformat() for row in rows] == ["2021-01-13", "2021-02-01"]
    assert [(row["wait_s"], row["talk_s"], row["answered"]) for row in rows] == [
        (60, 216, True),
        (None, None, False),
    ]


def test_an_hour_beside_a_date_is_when_the_contact_was(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, "Call Id,Date,Hour\na,2021-01-13,9\nb,2021-01-13,23\n")
    load(settings, path, propose(path, "Europe/Oslo").toml)
    assert [row["hour"] for row in log_rows(settings)] == [9, 23]


@pytest.mark.parametrize(
    ("day", "hour", "begun_utc"),
    [
        ("2026-03-28", 14, "2026-03-28T13:00:00"),
        ("2026-03-29", 1, "2026-03-29T00:00:00"),
        ("2026-03-29", 14, "2026-03-29T12:00:00"),
        ("2026-03-29", 2, None),  # left out by the clock
        ("2026-10-25", 0, "2026-10-24T22:00:00"),
        ("2026-10-25", 12, "2026-10-25T11:00:00"),
    ],
)
@pytest.mark.parametrize("midnight", ["", " 00:00:00"], ids=["date", "midnight"])
def test_an_hour_beside_a_date_is_what_the_clock_showed_also_when_it_is_changed(
    tmp_path: Path, settings: Settings, midnight: str, day: str, hour: int, begun_utc: str | None
) -> None:
    mapping = """
        record = "contact"
        fields.contact_id = "id"
        fields.ended_at = { column = "day", plus = { column = "hour", unit = "hours" } }
    """
    path = write(tmp_path, f"id,day,hour\na,{day}{midnight},{hour}\n")
    load(settings, path, mapping, now=datetime(2026, 11, 1, tzinfo=UTC))
    found = [(row["day"].isoformat(), row["ended_at"]) for row in log_rows(settings)]
    if begun_utc is None:
        assert found == []
    else:
        assert found == [(day, int(datetime.fromisoformat(begun_utc).replace(tzinfo=UTC).timestamp()))]


def test_what_is_added_to_another_time_has_passed(tmp_path: Path, settings: Settings) -> None:
    mapping = """
        record = "contact"
        fields.contact_id = "id"
        fields.ended_at = { column = "begun", plus = "talk" }
    """
    path = write(tmp_path, "id,begun,talk\na,2026-03-29 01:30:00,3600\n")
    load(settings, path, mapping, now=datetime(2026, 11, 1, tzinfo=UTC))
    (row,) = log_rows(settings)
    assert row["ended_at"] == int(datetime(2026, 3, 29, 1, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("written", "hour"), [("%Y-%m-%d 00:00:00", None), ("%Y-%m-%d %H:%M:%S", 0)], ids=["a date", "a time"]
)
def test_a_midnight_that_the_format_says_as_letters_is_no_hour(
    tmp_path: Path, settings: Settings, written: str, hour: int | None
) -> None:
    mapping = f"""
        record = "contact"
        fields.contact_id = "id"
        fields.ended_at = {{ column = "day", format = "{written}" }}
    """
    load(settings, write(tmp_path, "id,day\na,2026-03-02 00:00:00\n"), mapping)
    assert [row["hour"] for row in log_rows(settings)] == [hour]


def test_a_workbooks_midnights_are_dates_beside_a_clock(tmp_path: Path, settings: Settings) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Call Id", "Date", "Time"])
    for number, hour in enumerate((9, 15)):
        # Written by a program, its dates have the format of a date with a time.
        sheet.append([f"c{number}", datetime(2021, 1, 13), time(hour, 12, 58)])  # noqa: DTZ001
        sheet.cell(number + 2, 2).number_format = "yyyy-mm-dd hh:mm:ss"
    book.save(tmp_path / "calls.xlsx")
    load(settings, tmp_path / "calls.xlsx", propose(tmp_path / "calls.xlsx", "Europe/Oslo").toml)
    assert [(row["day"].day, row["hour"]) for row in log_rows(settings)] == [(13, 9), (13, 15)]
