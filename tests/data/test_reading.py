"""Files of every kind, read as they are or refused with what to do about it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.files.mapping import BadUse
from settings import PROJECT_ROOT, Settings
from tests.data.files import GENERIC, NOW, counts, load, log_rows, one, write

RWFD = PROJECT_ROOT.parent / "shared" / "data" / "call_center_rwfd.csv"
MORNING = datetime(2026, 3, 2, 10, 15)  # noqa: DTZ001 workbooks have no time zones
TWO = "contact_id,ended_at\na,2026-03-02T10:15:00Z\nb,2026-03-03T10:15:00Z\n"


@pytest.mark.parametrize(
    ("content", "toml", "words"),
    [
        (b"", GENERIC, ["file.csv is empty"]),
        (b" \r\n \r\n", GENERIC, ["file.csv is empty"]),
        (b"contact_id,ended_at\n", GENERIC, ["has a header but no rows"]),
        (b"contact_id,ended_at\n,,\n", GENERIC, ["has a header but no rows"]),
        (b"contact_id,agent\na,b\n", GENERIC, ["no column ended_at", "contact_id, agent"]),
        (b"a,b\n1,2\n", GENERIC, ["no column", "a, b"]),
        (b"sale_id,contact_id,sold_at,ended_at\n1,2,3,4\n", GENERIC, ["contact, sale"]),
        (
            b"id,when\na,b\n",
            'fields.contact_id = "id"\nfields.ended_at = "When?"',
            ["no column 'When?' (for ended_at)", "'id', 'when'"],
        ),
        (
            b"id,when\na,b\n",
            'fields.contact_id = "id"',
            ["no column for ended_at: the mapping does not name one"],
        ),
        (b"Id,id\na,b\n", 'by_name = true\nfields.contact_id = "ID"\n', ["2 columns called 'ID'"]),
        (
            "contact_id,ended_at,agent\na,2026-03-02,Bjørn\n".encode("cp1252"),
            GENERIC,
            ["0xF8", "row 2", "cp1252"],
        ),
        (TWO.encode(), 'by_name = true\nencoding = "klingon"', ["no encoding 'klingon'"]),
        (
            "contact_id,ended_at\n\u5b57,2026-03-02\n".encode(),
            'by_name = true\nencoding = "ascii"',
            ["not ascii"],
        ),
        (b"PK\x03\x04rest", GENERIC, ["archive"]),
        (b"\x1f\x8brest", GENERIC, ["compressed"]),
        (b"\xd0\xcf\x11\xe0rest", GENERIC, ["not a readable workbook"]),
        (b"PAR1rest", GENERIC, ["not a readable Parquet file"]),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_why_and_leaves_nothing(
    tmp_path: Path, settings: Settings, content: bytes, toml: str, words: list[str]
) -> None:
    with pytest.raises(BadUse) as caught:
        load(settings, write(tmp_path, content), toml)
    for word in words:
        assert word in str(caught.value)
    assert not list(settings.home.rglob("*parquet*"))


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(BadUse, match="No such file"):
        load(settings, tmp_path / "nothing.csv")


@pytest.mark.parametrize("text", ["05/10/2026", "05.10.2026 13:45", "5-10-26", "05/10/2026 01:45:00 PM"])
def test_a_date_that_could_be_two_is_an_error_that_says_what_to_declare(
    tmp_path: Path, settings: Settings, text: str
) -> None:
    path = write(tmp_path, f"contact_id,ended_at\na,{text}\n")
    with pytest.raises(BadUse, match="not for a program to guess") as caught:
        load(settings, path)
    formats = [part for part in str(caught.value).split('"') if "%" in part]
    assert len(formats) == 2
    read: list[date] = []
    for each in formats:
        toml = f'by_name = true\nfields.ended_at = {{ column = "ended_at", format = "{each}" }}'
        load(settings, path, toml, now=NOW + timedelta(days=365 + len(read)))
        read.append(log_rows(settings)[0]["day"])
    assert sorted(read) == [date(2026, 5, 10), date(2026, 10, 5)]


def test_a_format_that_reads_nothing_is_an_error_and_not_a_file_of_rejects(
    tmp_path: Path, settings: Settings
) -> None:
    toml = 'by_name = true\nfields.ended_at = { column = "ended_at", format = "%d.%m.%Y" }'
    with pytest.raises(BadUse, match=r"%d\.%m\.%Y does not read"):
        load(settings, write(tmp_path, TWO), toml)


@pytest.mark.parametrize(
    ("text", "toml"),
    [
        (TWO, GENERIC),
        ("\ufeff" + TWO, GENERIC),
        (TWO.replace(",", ";"), GENERIC),
        (TWO.replace(",", "\t"), GENERIC),
        (TWO.replace(",", "|"), GENERIC),
        (TWO.replace("\n", "\r\n"), GENERIC),
        (TWO.replace("\n", "\r\n").rstrip("\r\n") + "\n", GENERIC),
        (TWO.replace("\n", "\r\n", 1), GENERIC),
        (TWO.replace("ended_at\n", "ended_at,agent\n").replace("Z\n", 'Z,"x\ry"\n'), GENERIC),
        (TWO.rstrip("\n"), GENERIC),
        (TWO + ",\n,\n\n", GENERIC),
        (TWO.replace("contact_id", " Contact_ID "), GENERIC),
        ("Export of March\n\n" + TWO, "by_name = true\nheader_row = 3"),
        (
            TWO.split("\n", 1)[1],
            'header_row = 0\n[fields]\ncontact_id = "1"\nended_at = "2"',
        ),
        (TWO.replace("a,", "'a',"), 'by_name = true\nquote = "\'"'),
    ],
)
def test_a_csv_file_is_read_however_it_was_written(
    tmp_path: Path, settings: Settings, text: str, toml: str
) -> None:
    summary = load(settings, write(tmp_path, text, "[odd] *name?.csv"), toml)
    assert counts(summary) == (2, 2, 0, 0, 0)
    assert [row["contact_id"] for row in log_rows(settings)] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig"])
def test_an_encoding_is_declared_or_told_by_its_mark(
    tmp_path: Path, settings: Settings, encoding: str
) -> None:
    text = "contact_id,ended_at,agent\na,2026-03-02,Bjørn Ærlig\n"
    toml = f'by_name = true\nencoding = "{encoding}"' if "1" in encoding[:7] else GENERIC
    load(settings, write(tmp_path, text.encode(encoding)), toml)
    assert one(settings)["agent"] == "Bjørn Ærlig"


def test_a_workbook_is_read_with_its_own_types(tmp_path: Path, settings: Settings) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["contact_id", "ended_at", "talk_s", "score", "hit_value", "answered", "agent"])
    sheet.append([17, MORNING, time(0, 7, 30), 9, 12.5, True, 4.5])
    sheet.append([18.0, date(2026, 3, 3), timedelta(hours=1), None, 1234, "nei", "x"])
    sheet.append([None] * 7)
    book.save(tmp_path / "book.xlsx")
    # The decimal comma is about text; numbers of a workbook have none.
    summary = load(settings, tmp_path / "book.xlsx", 'by_name = true\ndecimal = ","\nthousands = "."')
    assert counts(summary) == (2, 2, 0, 0, 0)
    first, second = log_rows(settings)
    assert (first["contact_id"], first["day"], first["hour"]) == ("17", date(2026, 3, 2), 10)
    assert (first["talk_s"], first["hit_value_minor"], first["agent"]) == (450, 1250, "4.5")
    assert (second["contact_id"], second["day"], second["hour"]) == ("18", date(2026, 3, 3), None)
    assert (second["talk_s"], second["hit_value_minor"], second["answered"]) == (3600, 123_400, False)


def test_a_sheet_is_chosen_by_name(tmp_path: Path, settings: Settings) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Contacts")
    sheet.append(["contact_id", "ended_at"])
    sheet.append(["a", "2026-03-02"])
    book.save(tmp_path / "book.xlsx")
    load(settings, tmp_path / "book.xlsx", 'by_name = true\nsheet = "Contacts"')
    assert one(settings)["contact_id"] == "a"
    with pytest.raises(BadUse, match=r"'Sheet' \(0 rows\), 'Contacts' \(1 rows\)"):
        load(settings, tmp_path / "book.xlsx", 'by_name = true\nsheet = "March"')


def test_a_parquet_file_is_read_with_its_own_types(tmp_path: Path, settings: Settings) -> None:
    table = pa.table(
        {
            "contact_id": pa.array([17.0, None]),  # as pandas writes integers with gaps
            "ended.at": pa.array([MORNING, MORNING]),
            "hit_value": pa.array([1234.5, 1.0]),
            "closed": pa.array([True, None]),
        }
    )
    pq.write_table(table, tmp_path / "file.parquet")
    toml = (
        'by_name = true\ndecimal = ","\nfields.ended_at = "ended.at"\nfields.closed_automatically = "closed"'
    )
    summary = load(settings, tmp_path / "file.parquet", toml)
    assert counts(summary) == (2, 1, 0, 0, 1)
    row = one(settings)
    assert (row["contact_id"], row["hour"], row["hit_value_minor"]) == ("17", 10, 123_450)
    assert row["closed_automatically"] is True
    assert (summary.examples[0]["row"], summary.examples[0]["field"]) == (2, "contact_id")
