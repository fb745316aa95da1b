"""What goes out is checked before: length, alphabet, words; and what fails is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Settings
from store import Store
from surveys.carriers.phone import PhoneGateway
from surveys.questions import lint
from surveys.questions.questions import FILE, QuestionsError, load
from surveys.questions.segments import pack
from surveys.sending.worker import Worker


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("æøåÆØÅé" * 20, "GSM-7", 140, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        # A character of two septets is never split: 152 + 1, then the euro in the next part.
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("’" + "a" * 69, "UCS-2", 70, 1),
        ("’" + "a" * 70, "UCS-2", 71, 2),
        ("’" + "a" * 133, "UCS-2", 134, 2),
        ("’" + "a" * 134, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_segments_on_both_sides_of_each_boundary(text: str, encoding: str, units: int, segments: int) -> None:
    packed = pack(text)
    assert (packed.encoding, packed.units, packed.segments) == (encoding, units, segments)


@pytest.mark.parametrize("character", list("’–…«»\u00a0\t`çáôêŋ😀"))
def test_characters_that_force_ucs_2_are_named(character: str) -> None:
    assert pack(f"a{character}b").triggers == (character,)


def test_the_shipped_wordings_are_one_segment_each_and_nothing_is_wrong_with_them(settings: Settings) -> None:
    assert lint.findings(load(), settings) == []
    assert {wording.segments for wording in lint.wordings(load(), settings)} == {1}


@pytest.mark.parametrize(
    ("old", "new", "level", "part"),
    [
        ("Takk! Ble saken løst første gang", "Takk – ble saken løst første gang", "warning", "'–' (U+2013)"),
        ("Svar 1 for ja, 2 for nei", "Svar YES for ja, 2 for nei", "error", "asks for YES"),
        ("Hva gikk galt?", "Hva gikk galt? Få 20 % rabatt!", "error", "rabatt"),
        ('nn = "Hei! Kor nøgd', 'xx = "Hei! Kor nøgd', "error", "missing"),
        ("{company}? Svar med", "{firm}? Svar med", "error", "unknown placeholder {firm}"),
        ("Skriv gjerne noen ord", "Skriv gjerne noen ord " * 30, "error", "segments, more than 3"),
        ("Svar STOPP for å slippe SMS.", "", "warning", "opt out"),
        ("Svar 1 for ja, 2 for nei", "Svar STOPP for nei, 1 for ja, 2 ellers", "error", "uses STOPP"),
        ("Svar STOPP for å slippe SMS.", "Svar STOPP for nei.", "error", "uses STOPP"),
        ("Svar 1 for ja, 2 for nei", "1 = JA, YES går også, 2 = nei", "error", "asks for YES"),
        ("Reply 1 for yes, 2 for no", "Reply yes or no", "error", "asks for YES"),
        ("Svar 1 for ja, 2 for nei", "Svar ja eller nei", "error", "does not say what 1 and 2 mean"),
        ("Svar med et tall fra 1 til 10.", "Svar med et tall.", "error", "does not say what 1 and 10 mean"),
        ("Hva gikk galt?", "Bli med i trekningen av en iPad. Hva gikk galt?", "error", "trekningen"),
        ("Kva gjekk gale?", "Sjå tilbodet vårt.", "error", "tilbodet"),
        ("What went wrong?", "Upgrade today!", "error", "Upgrade"),
        ("Hva gikk galt?", "Se svar.example.no.", "error", "a link of its own"),
        ("{company}? Svar med", "{company? Svar med", "error", "a brace that belongs to no placeholder"),
        ("[page.busy]", "[page.bizzy]", "error", "missing"),
        ("[clarification.choice]", "[clarification.chance]", "error", "missing"),
    ],
)
def test_a_wording_with_a_fault_is_found(
    settings: Settings, tmp_path: Path, old: str, new: str, level: str, part: str
) -> None:
    path = _changed(tmp_path, old, new)
    found = [f for f in lint.findings(load(path), settings) if part in f.message]
    assert found
    assert {f.level for f in found} == {level}


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('kind = "choice"', 'kind = "yesno"', "is not scale, choice or text"),
        ('id = "guided"', 'id = "solved"', "two questions have the same id"),
        ("max_messages = 3", "max_messages = 4", "must be 1, 2 or 3"),
        ("max_messages = 3", 'max_messages = "3"', "must be 1, 2 or 3"),
        ("max_messages = 3", "max_messages =", "line"),
        ('nb = "Ja"', "nb = 3", "page.yes: a wording is text"),
        ("priority = 1", 'priority = "x"', "no whole number"),
        ("when = { score_to = 4 }", "when = { skore_to = 4 }", "unknown condition skore_to"),
        ('id = "score"', 'id = "points"', "the first question must be `score`"),
        ('version = "', 'edition = "', "version is missing"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, old: str, new: str, part: str) -> None:
    with pytest.raises(QuestionsError, match=part):
        load(_changed(tmp_path, old, new))


def test_a_file_that_fails_is_not_used(
    settings: Settings, sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _changed(tmp_path, "Svar 1 for ja", "Svar YES for ja")
    with pytest.raises(QuestionsError, match="must not be sent"):
        lint.checked(settings, path)
    monkeypatch.setattr(lint.checked, "__defaults__", (path,))
    with pytest.raises(QuestionsError, match="asks for YES"):
        Worker(settings, sqlite_store, PhoneGateway(sqlite_store))


def test_the_companys_own_name_is_not_promotion(settings: Settings) -> None:
    named = settings.model_copy(update={"company": "Gratis Rabatt"})
    assert [f for f in lint.findings(load(), named) if f.level == "error"] == []


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = FILE.read_text("utf-8")
    assert old in text
    path = tmp_path / "questions.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return path
