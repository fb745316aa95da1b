"""How replies are read: a table of what people write, and what must hold of any text."""

# ruff: noqa: E501 (tables of texts)

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.parser import lexicon
from surveys.parser.flags import URGENCY, urgency_of
from surveys.parser.read import VERSION, Reading, read, read_choice
from surveys.parser.tokens import normalise

TABLE = Path(__file__).with_name("readings.txt")
KINDS = {"stop": "opt_out", "start": "opt_in", "-": "unclear"}


def rows() -> list[tuple[str, str, str]]:
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            language, reading, text = line.split(" | ", 2)
            found.append((language, reading, text.replace("\\n", "\n")))
    return found


LANGUAGES = ("nb", "nn", "sv", "da", "en", "pl", "uk", "ru", "ar", "so", "lt", "de")


def test_the_table_holds_at_least_3500_replies_in_twelve_languages() -> None:
    assert len({(language, text) for language, _, text in rows()}) >= 3_500
    assert {language for language, _, _ in rows()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_replies_are_read_as_the_table_says(language: str) -> None:
    wrong = [
        f"{text!r}: {got.score or got.kind} instead of {expected}"
        for spoken, expected, text in rows()
        if spoken == language
        and (got := read(text)) is not None
        and (got.kind, got.score)
        != ((KINDS[expected], None) if expected in KINDS else ("score", int(expected)))
    ]
    assert wrong == []


def flagged() -> list[tuple[set[str], str]]:
    lines = TABLE.with_name("flagged.txt").read_text("utf-8").splitlines()[1:]
    split = (line.split(" | ", 1) for line in lines)
    return [(set(flags.split(",")) - {"-"}, text) for flags, text in split]


def test_what_a_team_lead_should_see_is_flagged_and_nothing_else() -> None:
    wrong = [
        f"{text!r}: {flags} instead of {sorted(wanted)}"
        for wanted, text in flagged()
        if set(flags := read(text).flags) - {"correction"} != wanted
    ]
    assert wrong == []


@pytest.mark.parametrize("flag", URGENCY)
def test_each_flag_has_the_precision_and_recall_of_the_table_in_all_languages(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = flagged()
    wanted = {text for flags, text in table if flag in flags}
    given = {text for _, text in table if flag in read(text).flags}
    hits = len(wanted & given)
    precision, recall = hits / len(given), hits / len(wanted)
    with capsys.disabled():
        print(
            f"\n{flag}: precision {precision:.3f}, recall {recall:.3f} ({len(wanted)} of {len(table)} texts)"
        )
    assert len(table) >= 300
    assert precision >= 0.97
    assert recall >= 0.97


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("mente 10", 10), ("Beklager, mente 10", 10), ("jeg mente 9", 9), ("sorry, 9", 9), ("*9", 9), ("I meant 9", 9),
        ("skulle stå 9", 9), ("9, ikke 1", 9), ("Skrev 1, mente 10", 10), ("eg meinte 8", 8), ("jag menade 8", 8),
        ("ich meinte 10", 10), ("przepraszam, 9", 9), ("вибачте, 10", 10), ("я имел в виду 10", 10),
        ("قصدي 10", 10), ("raalli ahow 9", 9), ("atsiprašau, 9", 9), ("9 mente jeg", 9), ("oops 10", 10),
    ],
)  # fmt: skip
def test_a_correction_is_a_score_with_a_flag_of_its_own_and_no_urgency(text: str, score: int) -> None:
    reading = read(text)
    assert (reading.kind, reading.score, reading.flags) == ("score", score, ("correction",))
    assert urgency_of(reading.flags) is None
    assert read_choice(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "9",
        "9 takk",
        "10 beklager at det tok tid",
        "8, men mente de ordnet det",
        "Han mente det var feil. 8",
        "9.",
    ],
)
def test_a_score_that_corrects_nothing_has_no_such_flag(text: str) -> None:
    reading = read(text)
    assert reading.kind == "score"
    assert "correction" not in reading.flags


QUOTED = (
    "Hi! How satisfied are you with the help you got from Fjord? Reply with a number from 1 (very dissatisfied)"
    " to 10 (very satisfied). Reply STOP to opt out."
)


@pytest.mark.parametrize(
    "text",
    [
        "takk", "Takk for hjelpen!", "👍", "🙏🙏", "Mvh Ola Nordmann", "Tusen takk!\nHilsen Kari", f"Liked “{QUOTED}”",
        f"👍 to “{QUOTED}”", QUOTED, "Takk for hjelpa", "tack", "tak", "thanks", "ok", "dziękuję", "дякую", "спасибо",
        "شكرا", "mahadsanid", "ačiū", "danke", "", "Vielen Dank", "Dziękuję bardzo", "thank you so much",
    ],
)  # fmt: skip
def test_what_needs_no_answer_is_courtesy(text: str) -> None:
    reading = read(text)
    assert (reading.kind, reading.flags, reading.courtesy) == ("unclear", (), True)


@pytest.mark.parametrize(
    "text", ["👎", "Takk, men ring meg", "7-8", "takk?", "Fikk ikke hjelp", "9", "STOPP", "nei"]
)
def test_what_may_need_an_answer_is_no_courtesy(text: str) -> None:
    assert not read(text).courtesy


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bardzo długo czekałem", "pl"), ("Дуже погано", "uk"), ("очень плохо", "ru"), ("شكرا جزيلا", "ar"),
        ("aad baad u mahadsan tihiin", "so"), ("labai ačiū už pagalbą", "lt"), ("vielen Dank für die Hilfe", "de"),
        ("8", ""), ("", ""), ("jeg vil ikke gi noe tall", "nb"), ("I would rather not say", "en"),
    ],
)  # fmt: skip
def test_the_language_is_that_of_most_of_the_words(text: str, language: str) -> None:
    assert read(text).language == language


@pytest.mark.parametrize("text", ["8", "8?", "10 – supert", "9 og takk for hjelpen", "", "takk for hjelpa"])
def test_an_ordinary_reply_has_no_flag(text: str) -> None:
    assert read(text).flags == ()


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        *((text, 1) for text in ("1", "Ja", "ja!", "yes", "1.", "1 ja", "ja takk", "1️⃣", "jau", "yep")),
        *((text, 2) for text in ("2", "Nei", "nej", "no", "2 nei", "nei, dessverre", "２")),
        *((text, None) for text in ("", "3", "12", "ja og nei", "1 2", "1 eller 2", "kanskje", "1 nei")),
        ("jeg vet ikke", None),
    ],
)
def test_a_choice_is_one_of_two_or_none(text: str, choice: int | None) -> None:
    assert read_choice(text) == choice


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    check(read(text))
    read_choice(text)


WRITTEN = """
    8 10 0 11 1 2 / , . - – ½ av of til eller og en halv ti åtte to kl kr dager ganger gir : ) ? ! % + ⭐ 👍
    8️⃣ ８ ٨ 05 mai 91234567 takk jeg det er ikke fra skala poeng stopp stjerner 8er 8:a tusen 1000 <3 :-) #8
    kl.8 8,- 8kr www.x
"""
PIECES = st.sampled_from([*WRITTEN.split(), "\x00", "\n"])


@settings(max_examples=1_500, deadline=None)
@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " "]))
def test_any_mixture_of_what_replies_are_made_of_is_read_without_an_error(
    pieces: list[str], between: str
) -> None:
    check(read(between.join(pieces)))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 10), st.sampled_from(["", " ", "\n", "  "]), st.sampled_from(["", ".", "!", " 😊", "\n"])
)
def test_a_number_alone_is_that_score(score: int, before: str, after: str) -> None:
    assert read(f"{before}{score}{after}").score == score


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10), st.integers(1, 10), st.sampled_from([" ", ", ", " eller ", "-", " og ", " / "]))
def test_two_different_numbers_are_never_a_score(one: int, other: int, between: str) -> None:
    if one != other and not (between == " / " and other == 10):
        assert read(f"{one}{between}{other}").kind == "unclear"


NO_MARK = """ikke {}|Det var ikke en {}|nesten {}|mer enn {}|kunne gitt {}|skulle gitt {}|{} hvis dere ringer
{} hadde vært for mye|not a {}|almost {}|would have been {}|inte {}|minst {}|høyst {}|< {}"""


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 12), st.sampled_from(sorted(lexicon.UNITS)), st.sampled_from(["", "siden", "i kø"]))
def test_what_is_counted_or_measured_is_never_a_score(number: int, unit: str, more: str) -> None:
    assert read(f"{number} {unit} {more}").score is None
    assert read(f"Ventet {number} {unit} {more}").score is None
    assert read(f"{number} veldig lange {unit} {more}").score is None


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10), st.sampled_from(re.split(r"[|\n]", NO_MARK)))
def test_what_is_denied_bounded_or_wished_for_is_never_a_score(number: int, said: str) -> None:
    assert read(said.format(number)).kind == "unclear"


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 10), st.integers(0, 99), st.sampled_from(["{}, ikke {}", "kunne vært {1}, men gir {0}"])
)
def test_a_score_beside_a_number_that_it_is_not_is_read(score: int, other: int, said: str) -> None:
    assert read(said.format(score, other)).score == score


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["STOPP", "stop", "Avslutt", "AVMELD", "stans"]))
def test_a_stop_word_alone_stops_whatever_surrounds_it_without_letters(noise: str, word: str) -> None:
    # Some signs are words in disguise: ㋀ is written out as "1月".
    quiet = "".join(c for c in noise if not any(d.isalnum() or d == "½" for d in normalise(f"{c}")))
    assert read(f"{quiet}{word}{quiet}").kind == "opt_out"


@pytest.mark.slow
def test_a_hundred_thousand_texts_are_read_without_an_error() -> None:
    # Drawn plainly: a generator that also shrinks takes ten times as long as reading them.
    chance = random.Random(100_000)
    pieces = [
        *WRITTEN.split(),
        *sorted(lexicon.UNITS | lexicon.GIVERS | lexicon.DENIALS),
        "\x00",
        "\n",
        "😊",
        "١",
        "８",
    ]
    for number in range(100_000):
        if number % 4:
            drawn = chance.choices(pieces, k=chance.randrange(12))
            text = chance.choice(["", " "]).join(drawn)
        else:
            text = "".join(chr(chance.choice([chance.randrange(0x250), chance.randrange(0x110000)]))
                           for _ in range(chance.randrange(40)))  # fmt: skip
        check(read(text))
        read_choice(text)


MS = 20.0
BUSY = [
    ".", "9", "😊", " ", '"', "“", "> ", "*", "/", "-", "\n", "@", "a@", ", ", "!?", "½", "🔟", "٨", "'", "(", "(1", "9.", "9 8 ", "1-",
    "8 av ", "8 eller ", "stopp ", "ikke send meg ", "mente 9 ", "mente ", "sist ga jeg 9 ", "Liked “", "hvis 8 ", "mvh ",
    "fra 1 til ", "skrev: ", "slutt å ", "vil ikke ", "kl ", "en ", "to ", "den 8. ", "tusen ", "е ", "ا", "takk ", "a.",
    "ikke 8 ", "8\n", "Svar STOPP for å slippe SMS. ", "Hei! Hvor fornøyd er du med hjelpen du fikk av ",
]  # fmt: skip


@pytest.mark.parametrize("piece", BUSY)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("9 ", ""), ("stopp ", " x"), ("", " 9")])
def test_no_text_takes_more_than_20_ms_to_read(piece: str, before: str, after: str) -> None:
    text = (before + piece * 1_700)[: 1_700 - len(after)] + after
    assert min(read_ms(f"{text[:-1]}{end}") for end in "x!?") < MS


def read_ms(text: str) -> float:
    """The processor time of one reading of a text that has not been read before."""
    began = time.process_time()
    read(text)
    return (time.process_time() - began) * 1_000


def check(reading: Reading) -> None:
    assert reading.parser == VERSION
    assert (reading.kind == "score") == (reading.score is not None)
    assert reading.score is None or 1 <= reading.score <= 10


@pytest.mark.slow
def test_the_command_reads_arguments_and_lines_alike() -> None:
    expected = [
        {"text": "8/10", "kind": "score", "score": 8, "flags": [], "parser": VERSION},
        {"text": "stopp", "kind": "opt_out", "score": None, "flags": [], "parser": VERSION},
    ]
    command = [sys.executable, "-m", "surveys", "read", "--json"]
    by_arguments = subprocess.run([*command, "8/10", "stopp"], capture_output=True, check=True)
    by_lines = subprocess.run(command, input=b"8/10\nstopp\n", capture_output=True, check=True)
    assert json.loads(by_arguments.stdout) == expected
    assert json.loads(by_lines.stdout) == expected
