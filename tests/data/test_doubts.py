"""What an import says about a file that is readable but perhaps not what it seems."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.api.intake import accept
from data.files.importer import Summary
from data.files.mapping import BadUse
from settings import Settings
from store import Store
from tests.data.files import NOW, counts, load, log_rows, one, write

HOUR = timedelta(hours=1)


def take(
    settings: Settings, folder: Path, header: str, *rows: str, toml: str = "by_name = true", hour: int = 0
) -> Summary:
    lines = [f"c{number:02},2026-03-02,{row}" for number, row in enumerate(rows)]
    path = write(folder, "\n".join([f"contact_id,ended_at,{header}", *lines]))
    return load(settings, path, toml, now=NOW + hour * HOUR)


def noted(summary: Summary, words: str) -> bool:
    return any(words in note for note in summary.notes)


def scores(count: int, highest: int) -> list[str]:
    return [str(1 + number % highest) for number in range(count)]


@pytest.mark.parametrize("highest", [2, 5])
def test_scores_that_are_plainly_not_from_1_to_10_are_refused_until_their_scale_is_stated(
    tmp_path: Path, settings: Settings, highest: int
) -> None:
    with pytest.raises(BadUse, match=f"None of 20 scores is above {highest}.*score_scale"):
        take(settings, tmp_path, "score", *scores(20, highest))
    assert not list(settings.home.rglob("*parquet*"))


@pytest.mark.parametrize(
    ("count", "highest", "doubted"), [(20, 6, True), (20, 7, True), (20, 8, False), (19, 5, False)]
)
def test_scores_that_may_be_of_another_scale_are_said_to(
    tmp_path: Path, settings: Settings, count: int, highest: int, doubted: bool
) -> None:
    summary = take(settings, tmp_path, "score", *scores(count, highest))
    assert noted(summary, "another scale than 1–10") is doubted
    assert summary.accepted == count


@pytest.mark.parametrize(
    ("midnights", "others", "written", "doubted"),
    [
        (11, 9, "iso", True),
        (10, 10, "iso", False),
        (20, 0, "iso", True),
        (19, 0, "iso", False),
        (20, 0, "%Y-%m-%d 00:00:00", False),
    ],
)
def test_contacts_that_all_ended_at_midnight_are_said_to_have_dates_only(
    tmp_path: Path, settings: Settings, midnights: int, others: int, written: str, doubted: bool
) -> None:
    times = ["2026-03-02 00:00:00"] * midnights + ["2026-03-02 09:30:00"] * others
    rows = "".join(f"c{number},{time}\n" for number, time in enumerate(times))
    mapping = (
        f'record = "contact"\nby_name = true\nfields.ended_at = {{ column = "t", format = "{written}" }}'
    )
    summary = load(settings, write(tmp_path, f"contact_id,t\n{rows}"), mapping)
    assert noted(summary, "ended at exactly midnight") is doubted
    assert summary.accepted == midnights + others


def test_low_scores_from_1_to_10_are_taken_when_that_is_stated(tmp_path: Path, settings: Settings) -> None:
    toml = 'by_name = true\nfields.score_scale = { constant = "1-10" }'
    summary = take(settings, tmp_path, "score", *scores(20, 5), toml=toml)
    assert (summary.accepted, summary.notes) == (20, [])
    assert {row["score"] for row in log_rows(settings)} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("scale", "given", "kept"),
    [
        ("1-5", ["1", "5", "0", "6"], [1, 5, None, None]),
        ("0-10", ["0", "10", "11", "-1"], [0, 10, None, None]),
        ("1-3", ["3", "4"], [3, None]),
        ("0-1", ["0", "1", "2"], [0, 1, None]),
        ("0-100", ["100", "101"], [100, None]),
    ],
)
def test_scores_on_another_scale_are_held_to_it_and_never_stand_among_those_of_1_to_10(
    tmp_path: Path, settings: Settings, scale: str, given: list[str], kept: list[int | None]
) -> None:
    toml = f'by_name = true\nfields.score_scale = {{ constant = "{scale}" }}'
    summary = take(settings, tmp_path, "score", *given, toml=toml)
    rows = log_rows(settings)
    assert [row["score_given"] for row in rows] == [score for score in kept if score is not None]
    assert {row["score_scale"] for row in rows} == {scale}
    assert {row["score"] for row in rows} == {None}
    assert summary.rejected == kept.count(None)
    assert noted(summary, f"{len(rows)} scores are on the scale {scale}")


def test_each_row_may_state_its_own_scale(tmp_path: Path, settings: Settings) -> None:
    summary = take(settings, tmp_path, "score,score_scale", "5,1-5", "5,1-10", "5,", ",1-5")
    found = [(row["score"], row["score_given"], row["score_scale"]) for row in log_rows(settings)]
    assert found == [(None, 5, "1-5"), (5, 5, "1-10"), (5, 5, "1-10"), (None, None, "")]
    assert noted(summary, "1 scores are on the scale 1-5")


@pytest.mark.parametrize("scale", ["x", "1", "1-", "-", "a-b", "99999999999-1"])
def test_a_scale_that_is_none_is_a_fault_of_its_row_alone(
    tmp_path: Path, settings: Settings, scale: str
) -> None:
    summary = take(settings, tmp_path, "score,score_scale", f"5,{scale}", "5,1-10")
    assert counts(summary) == (2, 1, 0, 0, 1)
    assert [each["field"] for each in summary.examples] == ["score_scale"]


def test_smileys_become_the_numbers_that_the_mapping_says(tmp_path: Path, settings: Settings) -> None:
    toml = """
        by_name = true
        [fields]
        score_scale = { constant = "1-3" }
        score = { column = "score", values = { "🙁" = "1", "😐" = "2", "🙂" = "3" } }
    """
    assert take(settings, tmp_path, "score", "🙂", "🙁", "🤷", toml=toml).rejected == 1
    assert [row["score_given"] for row in log_rows(settings)] == [3, 1]


def test_zeros_among_scores_are_rejected_with_both_things_that_they_may_mean(
    tmp_path: Path, settings: Settings
) -> None:
    summary = take(settings, tmp_path, "score", "0", "9", "0.0", "11")
    assert (summary.accepted, summary.rejected) == (1, 3)
    assert noted(summary, "2 scores are 0: if 0 means not given")


def test_labels_that_differ_only_in_case_or_white_space_are_one_label(
    tmp_path: Path, settings: Settings
) -> None:
    summary = take(
        settings, tmp_path, "topic,agent", "Faktura,Kari", "FAKTURA,kari ", "Faktura,Kari", "TV,Ola"
    )
    assert [row["topic"] for row in log_rows(settings)] == ["Faktura", "Faktura", "Faktura", "TV"]
    assert {row["agent"] for row in log_rows(settings)} == {"Kari", "Ola"}
    assert noted(summary, "topic: FAKTURA became Faktura (they differ in case only)")
    assert noted(summary, "agent: kari became Kari")


def test_the_spelling_that_is_there_counts_before_that_of_the_file(
    tmp_path: Path, settings: Settings
) -> None:
    take(settings, tmp_path, "topic", "Faktura")
    take(settings, tmp_path, "topic", "FAKTURA", "FAKTURA", "faktura", hour=1)
    assert {row["topic"] for row in log_rows(settings)} == {"Faktura"}
    again = take(settings, tmp_path, "topic", "FAKTURA", "FAKTURA", "faktura", hour=2)
    assert counts(again) == (3, 0, 0, 3, 0)


def test_a_reference_table_follows_the_spelling_of_the_contacts(tmp_path: Path, settings: Settings) -> None:
    take(settings, tmp_path, "topic", "Faktura")
    load(settings, write(tmp_path, "topic,need\nFAKTURA,unwanted\n", "topics.csv"))
    assert one(settings, "topic")["topic"] == "Faktura"


def test_an_agent_of_several_partners_is_pointed_out(tmp_path: Path, settings: Settings) -> None:
    summary = take(settings, tmp_path, "agent,partner", "Kari,Nord", "Kari,Sør", "Ola,Nord", "Ola,")
    assert noted(summary, "1 agents have contacts of several partners (Kari: Nord, Sør)")


def test_agents_that_were_not_there_before_are_pointed_out(tmp_path: Path, settings: Settings) -> None:
    first = take(settings, tmp_path, "agent", "Kari", "Ola")
    assert not noted(first, "are new")
    second = take(settings, tmp_path, "agent", "Kari", "Nordmann, Ola".replace(", ", " "), hour=1)
    assert noted(second, "1 of 2 agents are new, not in what was there before (Nordmann Ola)")


def test_a_correction_of_the_comment_alone_is_an_update(tmp_path: Path, settings: Settings) -> None:
    take(settings, tmp_path, "comment", "Fint", "Bra", "")
    again = take(settings, tmp_path, "comment", "Fint", "Dårlig", "Takk", hour=1)
    assert counts(again) == (3, 0, 2, 1, 0)
    assert [row["text"] for row in log_rows(settings, "comment")] == ["Fint", "Dårlig", "Takk"]
    assert counts(take(settings, tmp_path, "comment", "Fint", "Dårlig", "Takk", hour=2)) == (3, 0, 0, 3, 0)


def test_a_comment_may_be_taken_back(tmp_path: Path, settings: Settings) -> None:
    take(settings, tmp_path, "comment", "Fint", "Bra")
    assert counts(take(settings, tmp_path, "comment", "Fint", "", hour=1)) == (2, 0, 1, 1, 0)
    assert [row["text"] for row in log_rows(settings, "comment")] == ["Fint", ""]


def test_of_two_rows_that_differ_in_the_comment_the_last_counts(tmp_path: Path, settings: Settings) -> None:
    text = "contact_id,ended_at,comment\na,2026-03-02,Fint\na,2026-03-02,Dårlig\n"
    summary = load(settings, write(tmp_path, text))
    assert counts(summary) == (2, 1, 1, 0, 0)
    assert one(settings, "comment")["text"] == "Dårlig"


def test_live_events_that_have_not_reached_the_log_are_mentioned(
    tmp_path: Path, settings: Settings, sqlite_store: Store
) -> None:
    assert not noted(take(settings, tmp_path, "agent", "Kari"), "live events")
    accept(
        sqlite_store, settings, "contact", [{"contact_id": "x", "ended_at": "2026-03-02T10:15:00+01:00"}], NOW
    )
    assert noted(take(settings, tmp_path, "agent", "Kari", hour=1), "1 live events have not reached the log")
