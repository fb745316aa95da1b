"""Dirt as real exports have it, a test for each kind: read as declared, or refused with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from data.files.importer import Summary
from data.files.mapping import BadUse
from settings import Settings
from tests.data.files import NOW, counts, load, log_rows, one, write


def take(
    settings: Settings, folder: Path, field: str, texts: list[str], declared: str, record_time: bool = False
) -> tuple[Summary, list[object]]:
    """Import a column of texts under a declaration; the summary, and each row's value, or "rejected"."""
    comma = ", " if declared else ""
    lines = [f'{number:02};2026-03-02T10:15:00Z;"{text}"' for number, text in enumerate(texts)]
    path = write(folder, "\n".join(["id;at;x", *lines]))
    toml = f'delimiter = ";"\n[fields]\ncontact_id = "id"\n{field} = {{ column = "x"{comma}{declared} }}\n'
    summary = load(settings, path, toml if record_time else toml + 'ended_at = "at"\n')
    kept = {row["contact_id"]: row for row in log_rows(settings)}
    column = {"ended_at": "ended_at", "hit_value": "hit_value_minor"}.get(field, field)
    return summary, [
        kept[f"{number:02}"][column] if f"{number:02}" in kept else "rejected" for number in range(len(texts))
    ]


DURATIONS = [
    ('unit = "seconds"', ["61", "61.5", "1:02:03", "0:00:10", "12:30", "-5", "1e2", " 7 "],
     [61, 62, 3723, 10, "rejected", "rejected", 100, 7]),
    ('unit = "minutes"', ["2", "2.5", "0.333333", "1440", "1441"], [120, 150, 20, 86_400, "rejected"]),
    ('unit = "hours"', ["0.5", "24", "24.1"], [1800, 86_400, "rejected"]),
    ('unit = "days"', ["0.5", "0.005208333", "1"], [43_200, 450, 86_400]),
    ('unit = "m:s"', ["12:30", "90:00", "1:02:03", "12", "12:60"], [750, 5400, 3723, "rejected", "rejected"]),
    ('unit = "h:m"', ["1:30", "0:05"], [5400, 300]),
    ('unit = "h:m:s"', ["01:02:03.6", "1:2:3", "12:30"], [3724, 3723, "rejected"]),
    ('decimal = ","', ["12,5", "12", "12.5"], [13, 12, "rejected"]),
    ('decimal = ",", thousands = "."', ["1.234", "1.234,5", "12.34"], [1234, 1235, "rejected"]),
    ('thousands = ","', ["1,234", "12,34"], [1234, "rejected"]),
    ('unit = "seconds"', ["1 234", "1\u00a0234", "12,5"], [1234, 1234, "rejected"]),
    ('missing = ["0", "n/a"]', ["0", "n/a", " N/A", "5"], [None, None, "rejected", 5]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "texts", "expected"), DURATIONS)
def test_a_duration_is_read_in_the_unit_and_marks_declared(
    tmp_path: Path, settings: Settings, declared: str, texts: list[str], expected: list[object]
) -> None:
    _, found = take(settings, tmp_path, "talk_s", texts, declared)
    assert found == expected


@pytest.mark.parametrize(
    ("declared", "texts", "expected"),
    [
        ('decimal = ","', ["1499,90", "1 499,90", "0,1", "1499.90"], [149_990, 149_990, 10, "rejected"]),
        ('decimal = ",", thousands = "."', ["1.499,90", "1.499"], [149_990, 149_900]),
        ('decimal = "."', ["1499.90", "1499,90", "1,499.90"], [149_990, "rejected", "rejected"]),
        ('decimal = ".", thousands = "\'"', ["1'499.90"], [149_990]),
    ],
)
def test_an_amount_is_read_in_the_marks_declared(
    tmp_path: Path, settings: Settings, declared: str, texts: list[str], expected: list[object]
) -> None:
    _, found = take(settings, tmp_path, "hit_value", texts, declared)
    assert found == expected


TIMES = [
    # format, texts, seconds of 2026-03-02 in UTC (None: rejected)
    ('format = "%d.%m.%Y %H:%M"', ["02.03.2026 10:15", "2.3.2026 9:05", "03/02/2026 10:15"],
     [33_300, 29_100, None]),
    ('format = ["%d.%m.%Y %H:%M", "iso"]', ["02.03.2026 10:15", "2026-03-02 10:15"], [33_300, 33_300]),
    ('format = ["iso", "%d/%m/%y %H:%M:%S.%gZ"]', ["02/03/26 10:15:00.0Z", "2026-03-02T10:15:00Z"],
     [33_300, 36_900]),
    ('format = ["iso", "%d-%m-%y %H:%M:%S.%gZ"]', ["02-03-26 10:15:00.0Z", "0999-03-02T10:15:00Z"],
     [33_300, None]),
    ('format = "%m/%d/%Y %I:%M:%S %p"', ["03/02/2026 10:15:00 PM", "3/2/2026 12:00:00 AM"], [76_500, -3600]),
    ('format = "%Y%m%d%H%M%S"', ["20260302101500"], [33_300]),
    ('format = "%d.%m.%Y %H:%M %z"', ["02.03.2026 10:15 +0000"], [36_900]),
    ('format = "epoch"', ["1772446500", "x"], [36_900, None]),
    ('format = "epoch_ms"', ["1772446500999"], [36_900]),
    ('format = "excel"', ["46083.427083333", "46083", "12"], [33_300, -3600, None]),
    ('format = "iso"', ["2026-03-02T10:15:00+01:00", "2026-03-02T10:15:00.5Z", "2026-03-02 10:15 +0100"],
     [33_300, 36_900, 33_300]),
    ('time_zone = "UTC"', ["2026-03-02 10:15", "2026-03-02T10:15:00+01:00"], [36_900, 33_300]),
    ('time_zone = "America/New_York"', ["2026-03-02 10:15"], [54_900]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "texts", "expected"), TIMES)
def test_a_time_is_read_in_the_format_and_zone_declared(
    tmp_path: Path, settings: Settings, declared: str, texts: list[str], expected: list[int | None]
) -> None:
    _, found = take(settings, tmp_path, "ended_at", texts, declared, record_time=True)
    midnight = 1_772_409_600
    assert found == ["rejected" if each is None else midnight + each for each in expected]


def test_a_column_of_mixed_formats_keeps_what_the_declared_one_reads(
    tmp_path: Path, settings: Settings
) -> None:
    texts = ["2026-03-02 10:15", "2026-03-02", "03.02.2026"]
    summary, found = take(settings, tmp_path, "ended_at", texts, 'format = "iso"', record_time=True)
    assert found[2] == "rejected"
    assert "ISO 8601" in summary.faults[0]["reason"]
    assert counts(summary) == (3, 2, 0, 0, 1)


def test_a_date_and_a_time_in_two_columns_are_one_moment(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path, "id,Date,Time\na,02.03.2026,10:15\nb,02.03.2026,\n")
    toml = """
        [fields]
        contact_id = "id"
        ended_at = { column = ["Date", "Time"], format = ["%d.%m.%Y %H:%M", "%d.%m.%Y"] }
    """
    load(settings, path, toml)
    assert [(row["day"], row["hour"]) for row in log_rows(settings)] == [
        (date(2026, 3, 2), 10),
        (date(2026, 3, 2), None),
    ]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-03-29 01:59", 1),
        ("2026-03-29 02:00", None),  # the clock goes from 02:00 to 03:00
        ("2026-03-29 02:59", None),
        ("2026-03-29 03:00", 3),
    ],
)
def test_a_local_time_in_the_spring_gap_does_not_exist(
    tmp_path: Path, settings: Settings, text: str, hour: int | None
) -> None:
    summary, found = take(settings, tmp_path, "ended_at", [text, "2026-03-02"], "", record_time=True)
    if hour is None:
        assert found[0] == "rejected"
        assert "does not exist in Europe/Oslo" in summary.faults[0]["reason"]
    else:
        assert log_rows(settings)[0]["hour"] == hour


def test_a_local_time_that_comes_twice_in_autumn_is_taken_as_standard_time(
    tmp_path: Path, settings: Settings
) -> None:
    texts = ["2025-10-26 01:59", "2025-10-26 02:30", "2025-10-26 03:00"]
    _, found = take(settings, tmp_path, "ended_at", texts, "", record_time=True)
    midnight = 1_761_436_800
    assert found == [midnight - 60, midnight + 5_400, midnight + 7_200]
    assert [row["hour"] for row in log_rows(settings)] == [1, 2, 3]


def test_exact_duplicates_count_once(tmp_path: Path, settings: Settings) -> None:
    line = "a,2026-03-02T10:15:00Z,x\n"
    summary = load(settings, write(tmp_path, "contact_id,ended_at,agent\n" + 3 * line))
    assert counts(summary) == (3, 1, 0, 2, 0)
    assert summary.notes == []
    assert len(log_rows(settings)) == 1


@pytest.mark.parametrize(
    ("ids", "accepted", "unchanged", "rejected"),
    [
        ("a b c", 3, 0, 0),  # in their order: none can be there twice
        ("c b a", 3, 0, 0),
        ("a b b", 2, 1, 0),
        ("b a b", 2, 1, 0),
        ("b ? b", 1, 1, 1),  # a refused row between the two
        ("? a b", 2, 0, 1),
        ("? b b", 1, 1, 1),
    ],
)
def test_an_id_is_found_twice_wherever_it_stands(
    tmp_path: Path, settings: Settings, ids: str, accepted: int, unchanged: int, rejected: int
) -> None:
    rows = [f"{each},{'not a time' if each == '?' else '2026-03-02T10:15:00Z'}" for each in ids.split()]
    summary = load(settings, write(tmp_path, "\n".join(["contact_id,ended_at", *rows])))
    assert counts(summary) == (3, accepted, 0, unchanged, rejected)


def test_of_conflicting_duplicates_the_last_counts_and_it_is_said(tmp_path: Path, settings: Settings) -> None:
    lines = "".join(f"a,2026-03-02T10:15:00Z,{agent}\n" for agent in ("x", "y", "x", "z"))
    path = write(tmp_path, "contact_id,ended_at,agent\n" + lines)
    summary = load(settings, path)
    assert counts(summary) == (4, 1, 3, 0, 0)
    assert "3 rows give an id again with other values" in summary.notes[0]
    assert one(settings)["agent"] == "z"
    assert counts(load(settings, path, now=NOW + timedelta(hours=1))) == (4, 0, 0, 4, 0)


def test_our_words_replace_the_files_in_any_case(tmp_path: Path, settings: Settings) -> None:
    declared = 'values = { "Tlf inn" = "phone", "1" = "chat" }'
    _, found = take(settings, tmp_path, "channel", [" TLF  inn", "1", "E-post", ""], declared)
    assert found == ["phone", "chat", "e-post", ""]


def test_a_constant_is_every_rows_value(tmp_path: Path, settings: Settings) -> None:
    toml = """
        by_name = true
        fields.partner = { constant = "Nord" }
        fields.closed_automatically = { constant = true }
    """
    load(settings, write(tmp_path, "contact_id,ended_at\na,2026-03-02\n"), toml)
    assert (one(settings)["partner"], one(settings)["closed_automatically"]) == ("Nord", True)


def test_missing_markers_of_the_whole_file_are_missing_in_every_column(
    tmp_path: Path, settings: Settings
) -> None:
    text = "contact_id,ended_at,agent,talk_s\na,2026-03-02,NULL,-\nNULL,2026-03-02,x,1\n"
    summary = load(settings, write(tmp_path, text), 'by_name = true\nmissing = ["NULL", "-"]')
    assert (one(settings)["agent"], one(settings)["talk_s"]) == ("", None)
    assert summary.examples == [{"row": 3, "field": "contact_id", "value": "", "reason": "is required"}]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("fields = 1", "wrong at fields"),
        ("[fields", "not TOML"),
        ("record = 'contact'", "has no fields"),
        ('fields.contact_nr = "id"', "has no field contact_nr"),
        ('fields.contact_id = { kolumn = "id" }', "kolumn"),
        (
            'fields.contact_id = { column = "id", constant = "x" }',
            "one of column, first_of, between, constant, row_number",
        ),
        ('fields.talk_s = { column = "t", plus = "x" }', "no time"),
        ('fields.ended_at = { column = "t", plus = { column = "x", plus = "y" } }', "only be a duration"),
        ('fields.talk_s = { column = "t", unit = "weeks" }', "talk_s.unit"),
        ('fields.talk_s = { column = "t", decimal = ",", thousands = "," }', "cannot be the same mark"),
        ('fields.ended_at = { column = "t", format = "dd.mm.yyyy" }', "no format"),
        ('fields.ended_at = { column = "t", format = ["%d/%m/%Y", "%m/%d/%Y"] }', "as different days"),
        ('fields.ended_at = { column = "t", time_zone = "Oslo" }', "no time zone"),
        ('by_name = true\ntime_zone = "Oslo"', "no time zone"),
        ('by_name = true\nrecord = "call"', "record"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused_with_the_place(
    tmp_path: Path, settings: Settings, toml: str, words: str
) -> None:
    with pytest.raises(BadUse, match="The mapping own is") as caught:
        load(settings, write(tmp_path, "id,t\na,b\n"), f"description = ''\n{toml}")
    assert words in str(caught.value)
