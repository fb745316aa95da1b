"""How replies are read: a table of what people write, and what must hold of any text."""

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

from surveys import words
from surveys.reading import VERSION, Reading, read, read_choice
from surveys.tokens import normalise

TABLE = Path(__file__).with_name("readings.txt")
KINDS = {"stop": "opt_out", "start": "opt_in", "-": "unclear"}


def rows() -> list[tuple[str, str, str]]:
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            language, reading, text = line.split(" | ", 2)
            found.append((language, reading, text.replace("\\n", "\n")))
    return found


def test_the_table_holds_at_least_1500_replies_in_five_languages() -> None:
    assert len({text for _, _, text in rows()}) >= 1_500
    assert {language for language, _, _ in rows()} == {"nb", "nn", "sv", "da", "en"}


@pytest.mark.parametrize("language", ["nb", "nn", "sv", "da", "en"])
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


def test_what_a_team_lead_should_see_is_flagged_and_nothing_else() -> None:
    lines = TABLE.with_name("flagged.txt").read_text("utf-8").splitlines()
    wrong = []
    for line in lines[1:]:
        flag, text = line.split(" | ", 1)
        flags = read(text).flags
        if (flag == "-" and flags) or (flag != "-" and flag not in flags):
            wrong.append(f"{text!r}: {flags} instead of {flag}")
    assert wrong == []
    assert len(lines) > 80


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
@given(st.integers(0, 12), st.sampled_from(sorted(words.UNITS)), st.sampled_from(["", "siden", "i kø"]))
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
        *sorted(words.UNITS | words.GIVERS | words.DENIALS),
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


@pytest.mark.parametrize(
    "text",
    [
        "@" * 1_700,
        "a@" * 850,
        ", " * 850,
        "8" + "\n" * 1_600,
        "!" * 1_700,
        "9" * 1_700,
        "stop" + " takk" * 300 + "x",
        "8 av " * 300,
        "1-" * 800,
    ],
)
def test_a_text_made_to_keep_the_parser_busy_does_not(text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 0.5


def check(reading: Reading) -> None:
    assert reading.parser == VERSION
    assert (reading.kind == "score") == (reading.score is not None)
    assert reading.score is None or 1 <= reading.score <= 10


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
