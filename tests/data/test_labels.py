"""Labels are looked at once each, when the file is read; an odd one has the file read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.files import importer
from data.files.dedupe import write as write_rows
from data.files.stage import SAMPLE
from data.records.types import MAX_ID as LONGEST
from settings import Settings
from tests.data.files import load, log_rows, write

BY_NAME = 'record = "contact"\nby_name = true\n'


@pytest.fixture
def drafts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A mark for each time that a file has been read."""
    made: list[str] = []

    def noted(*given: Any) -> None:
        made.append("draft")
        write_rows(*given)

    monkeypatch.setattr(importer, "write", noted)
    return made


def labels(
    settings: Settings, folder: Path, column: str, words: list[str], toml: str = BY_NAME
) -> tuple[importer.Summary, list[Any]]:
    """The import of contacts with these labels, and the labels that the log then has."""
    lines = [f"c{number:05},2026-03-02,{word}" for number, word in enumerate(words)]
    path = write(folder, "\n".join([f"contact_id,ended_at,{column}", *lines]) + "\n")
    summary = load(settings, path, toml)
    return summary, [row[column] for row in log_rows(settings)]


@pytest.mark.parametrize("place", [SAMPLE - 1, SAMPLE])
@pytest.mark.parametrize(
    ("column", "odd", "becomes"),
    [
        ("topic", " TV  og\tnett ", "TV og nett"),
        ("topic", "TV\u00a0og\u2003nett", "TV og nett"),
        ("topic", '"TV\nog nett"', "TV og nett"),
        ("topic", '"  "', ""),
        ("channel", " E-POST", "e-post"),
        ("agent", "x" * LONGEST, "x" * LONGEST),
        ("agent", "ø" * LONGEST, "ø" * LONGEST),
        ("agent", "x" * (LONGEST + 1), None),
        ("partner", "Nord\x07", None),
        ("partner", "Nord\x7f", None),
    ],
)
def test_an_odd_label_is_taken_alike_wherever_it_stands(
    tmp_path: Path,
    settings: Settings,
    drafts: list[str],
    column: str,
    odd: str,
    becomes: str | None,
    place: int,
) -> None:
    words = ["fast"] * (SAMPLE + 10)
    words[place] = odd
    summary, kept = labels(settings, tmp_path, column, words)
    expected = ["fast"] * len(words)
    expected[place : place + 1] = [] if becomes is None else [becomes]
    assert kept == expected
    assert (summary.accepted, summary.rejected) == (len(expected), len(words) - len(expected))
    late = place >= SAMPLE and len(odd) != LONGEST
    assert len(drafts) == (2 if late else 1), "what the first rows show is known beforehand"


@pytest.mark.parametrize(
    ("column", "words", "kept"),
    [
        (
            "topic",
            ["Faktura", "Blåbær og fløte", "Pris – vilkår"],
            ["Faktura", "Blåbær og fløte", "Pris – vilkår"],
        ),
        ("channel", ["Phone", "CHAT"], ["phone", "chat"]),
        ("team", ["", "a"], ["", "a"]),
    ],
)
def test_labels_that_stand_as_they_should_are_read_once(
    tmp_path: Path, settings: Settings, drafts: list[str], column: str, words: list[str], kept: list[str]
) -> None:
    summary, found = labels(settings, tmp_path, column, [""] * SAMPLE + words)
    assert (found[SAMPLE:], summary.rejected, len(drafts)) == (kept, 0, 1)


def test_a_typed_cell_that_holds_only_the_mark_of_a_number_is_an_empty_label_wherever_it_stands(
    tmp_path: Path, settings: Settings
) -> None:
    table = pa.table({"contact_id": ["a", "b"], "ended_at": ["2026-03-02"] * 2, "topic": ["⎖", "x"]})
    table = table.append_column("score", pa.array(["", "11"]))
    pq.write_table(table, tmp_path / "file.parquet")
    summary = load(settings, tmp_path / "file.parquet", BY_NAME)
    assert [(each["row"], each["field"]) for each in summary.examples] == [(2, "score")]
    assert [(row["contact_id"], row["topic"]) for row in log_rows(settings)] == [("a", "")]


def test_a_rejected_label_is_told_with_its_row(tmp_path: Path, settings: Settings) -> None:
    summary, _ = labels(settings, tmp_path, "team", ["a"] * (SAMPLE + 1) + ["b\x01"])
    (fault,) = summary.examples
    assert (fault["row"], fault["field"], fault["value"]) == (SAMPLE + 3, "team", "b\x01")


def test_words_that_the_mapping_replaces_are_labels_like_others(
    tmp_path: Path, settings: Settings, drafts: list[str]
) -> None:
    toml = """
        record = "contact"
        by_name = true
        [fields]
        topic = { column = "topic", values = { "f" = "Faktura" }, missing = ["-"] }
    """
    _, kept = labels(settings, tmp_path, "topic", [""] * SAMPLE + ["F ", "-", "TV"], toml)
    assert (kept[SAMPLE:], len(drafts)) == (["Faktura", "", "TV"], 1)
