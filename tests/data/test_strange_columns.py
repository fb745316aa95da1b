"""What columns of a stranger's file tell of one another: units, pairs of date and clock, places, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.files.mapping import BadUse
from data.files.profile import Column
from data.guess.propose import propose
from data.guess.times.clocks import MIDNIGHT, added, since_midnight, unit
from data.guess.times.formats import parse
from settings import Settings
from tests.data.files import load, log_rows, write
from tests.data.test_guess_columns import guess

# From beginning to end: 37, 33 and 29 minutes, to the second.
ENDS = ["03:27:18,04:04:27", "05:27:35,06:01:25", "06:51:26,07:20:33", "08:00:00,08:00:00"]


def timed(values: list[str], name: str = "duration") -> str:
    lines = (f"{end.replace(',', ',2019-06-20 ')},{value}" for end, value in zip(ENDS, values, strict=True))
    return "\n".join([f"starttime,endtime,{name}", *(f"2019-06-20 {line}" for line in lines)])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (["37.0", "33.0", "29.0", "0.0"], '{ column = "duration", unit = "minutes" }'),
        (["2229", "2030", "1747", "0"], '"duration"'),
        (["15", "15", "15", "0"], '{ column = "duration", unit = "minutes" }'),  # and twice as long a wait
        (["2229000", "2030000", "1747000", "0"], '{ column = "duration", unit = "milliseconds" }'),
        (["37.0", "33.0", "", ""], '"duration"'),  # not told everywhere: as its values look
        (["0.62", "0.1", "5", "0"], '{ column = "duration", unit = "minutes" }'),  # in no unit: as they look
    ],
)
def test_the_times_tell_the_unit_of_a_duration(tmp_path: Path, values: list[str], line: str) -> None:
    assert f"\nhandling_s = {line}\n" in guess(tmp_path, timed(values)).toml


def test_a_unit_that_the_name_tells_is_left_alone(tmp_path: Path) -> None:
    toml = guess(tmp_path, timed(["37", "33", "29", "0"], "duration_sec")).toml
    assert '\nhandling_s = "duration_sec"\n' in toml


@pytest.mark.parametrize(("holds", "minutes"), [((20, 18, 15), False), ((2, 3, 1), True)])
def test_a_part_is_not_longer_than_the_whole(tmp_path: Path, holds: tuple[int, ...], minutes: bool) -> None:
    rows = (f"c{n},2023-08-01 08:1{n}:07,{240 + n},{hold}" for n, hold in enumerate(holds))
    text = "\n".join(["callid,calldate,aht,holdtime", *rows])
    assert ('unit = "minutes"' in guess(tmp_path, text).toml) is minutes


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        ("1773047411", "epoch", "2026-03-09 09:10:11"),
        ("1773047411000", "epoch_ms", "2026-03-09 09:10:11"),
        ("46090.5", "excel", "2026-03-09 12:00:00"),
        ("46090,5", "excel", "2026-03-09 12:00:00"),
        ("a46090", "excel", "None"),
        ("46090", "unknown", "None"),
    ],
)
def test_times_that_are_numbers_are_read(text: str, written: str, read: str) -> None:
    assert str(parse(text, [written])) == read


def test_no_work_lasts_to_a_time_that_is_not_set(tmp_path: Path, settings: Settings) -> None:
    lines = ["begin,connect,end,agent"]
    lines += [f"{start},{start + 20},{start + 80},a-1" for start in (1773047411, 1773051011)]
    source = write(tmp_path, "\n".join([*lines, "1773054611,0,1773054641,a-2"]))
    proposal = propose(source, "Europe/Oslo")
    assert "\nhandling_s" not in proposal.toml
    assert load(settings, source, proposal.toml).rejected == 0
    assert [row["wait_s"] for row in log_rows(settings)] == [20, 20, None]


def test_numbers_of_whole_days_tell_no_time_of_day(tmp_path: Path) -> None:
    text = "Id,Start date,End date\n1,46090{},46090{}\n2,46091{},46091{}\n"
    assert 'ended_at = { column = "End date"' in guess(tmp_path, text.format(".4", ".41", ".5", ".51")).toml
    assert 'ended_at = { column = "Start date"' in guess(tmp_path, text.format("", "", "", "")).toml


def test_a_date_that_says_midnight_takes_a_clock_with_am_and_pm(tmp_path: Path, settings: Settings) -> None:
    text = "CASENO,EVENTDT,EVENTTM,InDbDate\n{},08/20/2022 12:00:00 AM,{},10/13/2022 04:42:00 PM\n"
    path = write(
        tmp_path, text.format("7", "6:10:00 AM") + text.format("8", "12:25:00 PM").partition("\n")[2]
    )
    assert load(settings, path, propose(path, "Europe/Oslo").toml).rejected == 0
    found = [(row["contact_id"], str(row["day"]), row["hour"]) for row in log_rows(settings)]
    assert found == [("7", "2022-08-20", 6), ("8", "2022-08-20", 12)]


@pytest.mark.parametrize(
    ("text", "hours"), [("12:00:00 AM", 0), ("11:00:00 am", 11), ("12:00:00 PM", 12), ("1:00:00 pm", 13)]
)
def test_a_clock_of_twice_twelve_hours_is_added(text: str, hours: int) -> None:
    column = Column("EVENTTM", [text])
    assert (unit(column), added(column)) == ("h:m:s", '"EVENTTM"')
    assert since_midnight(text, "h:m:s").total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("header", "ended"),
    [
        ("Created date,Created time,Closed date,Closed time", '["Closed date", "Closed time"]'),
        ("Fecha apertura,Hora inicio,Fecha cierre,Hora fin", '["Fecha cierre", "Hora fin"]'),
        (
            "Date,Start time,Other date,End time",
            '["Date", "Start time"]',
        ),  # the first date, if none is its own
    ],
)
def test_a_clock_stands_with_its_own_date(tmp_path: Path, header: str, ended: str) -> None:
    rows = "2026-03-01,23:50:07,2026-03-02,00:10:07\n2026-03-03,09:50:07,2026-03-03,10:10:08\n"
    assert f"ended_at = {{ column = {ended}" in guess(tmp_path, f"{header}\n{rows}").toml


@pytest.mark.parametrize(
    ("name", "written"),
    [("Date (MM/DD/YYYY)", '"%m/%d/%Y"'), ("Date (dd/mm/yyyy)", '"%d/%m/%Y"'), ("Date", None)],
)
def test_a_name_tells_whether_the_day_comes_first(tmp_path: Path, name: str, written: str | None) -> None:
    toml = guess(tmp_path, f"Id,{name}\n1,02/01/2026\n2,03/01/2026\n").toml
    assert (f"format = {written} }}" in toml) if written else ("two ways" in toml)


@pytest.mark.parametrize(
    ("rows", "doubted"),
    [
        ([f"{day:02}/13/2026,120" for day in range(1, 9)], True),
        ([f"{day:02}/13/2026,120" for day in range(1, 8)], False),
        ([f"{day:02}/13/2026,120" for day in [1, *range(1, 9)]], False),
        ([f"{day:02}/13/2026 10:0{day}:00,120" for day in range(1, 9)], False),
    ],
)
def test_rows_of_one_day_each_may_be_totals(tmp_path: Path, rows: list[str], doubted: bool) -> None:
    doubts = guess(tmp_path, "\n".join(["Date,Minutes", *rows])).doubts
    assert any("Every row is of another day" in doubt for doubt in doubts) is doubted


@pytest.mark.parametrize("name", ["total atendimentos diários", "Calls per day", "Daily calls"])
def test_totals_of_days_are_told_by_their_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadUse, match="seems to be many contacts"):
        guess(tmp_path, f"Date,{name}\n2026-01-01,109\n2026-01-02,2326\n")


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["Sede", "Norte", "Sul", "Norte"], False),  # both agents in several
        (["Sede", "Sede", "Sul", "Sul"], True),
    ],
)
def test_a_place_where_the_same_agents_are_in_many_of_is_the_customers(
    tmp_path: Path, places: list[str], told: bool
) -> None:
    rows = (
        f"{n},2026-03-01 08:00:0{n},{who},{where}"
        for n, (who, where) in enumerate(zip("aabb", places, strict=True))
    )
    proposal = guess(tmp_path, "\n".join(["Id,Date,Agent,Location", *rows]))
    assert ('\npartner = "Location"' in proposal.toml) is told
    assert any("same people (Agent)" in doubt for doubt in proposal.doubts) is not told


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("Cliente", ["ANA", "JOSE"], False),
        ("Cliente", ["C-1", "C-2"], True),
        ("Cliente", ["ana@x.no", "jose@x.no"], True),
        (
            "Customer id",
            ["ANA", "JOSE"],
            True,
        ),  # called a number: what else it may be is the company's matter
    ],
)
def test_names_are_no_customers(tmp_path: Path, name: str, values: list[str], told: bool) -> None:
    rows = "\n".join(f"{n},2026-03-01 08:00:0{n},{value}" for n, value in enumerate(values))
    assert (f'\ncustomer_id = "{name}"' in guess(tmp_path, f"Id,Date,{name}\n{rows}\n").toml) is told


@pytest.mark.parametrize(("price", "taken"), [("-0.44", False), ("99.50", True)])
def test_what_a_call_cost_is_not_what_was_sold(tmp_path: Path, price: str, taken: bool) -> None:
    toml = guess(tmp_path, f"Id,Date,price\n1,2026-03-01 08:00:01,{price}\n2,2026-03-01 08:00:02,1.00\n").toml
    assert ('\nhit_value = "price"' in toml) is taken


def test_a_column_of_one_value_goes_after_those_that_differ(tmp_path: Path) -> None:
    rows = "1,2026-03-01 08:00:01,Admin,Kari\n2,2026-03-01 08:00:02,Admin,Ola\n"
    assert '\nagent = "Tecnico"' in guess(tmp_path, f"Id,Date,Responsavel,Tecnico\n{rows}").toml
    assert (
        '\nagent = "Responsavel"'
        in guess(tmp_path, f"Id,Date,Responsavel,Tecnico\n{rows}".replace("Ola", "Kari")).toml
    )


def test_times_with_an_offset_tell_nothing_of_the_zone(tmp_path: Path) -> None:
    text = "Id,Date\n1,2026-03-29T02:30:00{}\n2,2026-03-30T02:30:00{}\n"
    assert 'time_zone = "UTC"' in guess(tmp_path, text.format("", "")).toml
    for offset in ("Z", "+0100"):
        assert '\ntime_zone = "UTC"' not in guess(tmp_path, text.format(offset, offset)).toml


@pytest.mark.parametrize(("last", "told"), [("2026-03-10 10:00:00", True), ("2026-03-10 10:00:01", False)])
def test_what_takes_more_than_a_day_is_no_work(
    tmp_path: Path, settings: Settings, last: str, told: bool
) -> None:
    rows = "".join(f"{n},2026-03-0{n} 09:00:00,2026-03-0{n} 10:00:00\n" for n in range(1, 6))
    path = write(tmp_path, f"Id,Created at,Closed at\n{rows}9,2026-03-09 10:00:00,{last}\n")
    toml = propose(path, "Europe/Oslo").toml
    assert ("handling_s = { between" in toml) is told
    assert load(settings, path, toml).rejected == 0


def test_who_is_left_a_message_has_not_answered(tmp_path: Path) -> None:
    rows = "1,2026-03-01,Left Voicemail\n2,2026-03-02,Connected\n3,2026-03-03,Left a message\n"
    toml = guess(tmp_path, f"Id,Date,Call Disposition\n{rows}").toml
    assert '"Connected" = "yes", "Left Voicemail" = "no", "Left a message" = "no"' in toml


@pytest.mark.parametrize(
    ("text", "midnight"),
    [
        ("2026-03-01 00:00", True),
        ("2026-03-01T00:00:00Z", True),
        ("2026-03-01 00:00:00.000", True),
        ("2026-03-01 00:00:00+01:00", True),
        ("03/01/2026 12:00:00 AM", True),
        ("3/1/2026 0:00", True),
        ("2026-03-01 09:00:00", False),  # a whole hour
        ("2026-03-01T10:00:00Z", False),
        ("2026-03-01 00:00:01", False),
        ("2026-03-01 00:00:00.5", False),
        ("03/01/2026 12:00:00 PM", False),
    ],
)
def test_only_midnight_is_midnight(text: str, midnight: bool) -> None:
    assert bool(MIDNIGHT.search(text)) is midnight
