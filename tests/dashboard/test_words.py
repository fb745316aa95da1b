"""Both languages say the same things, and nothing is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from surveys.asking.decision_codes import REASONS
from texts.words import words

PACKAGE = Path(__file__).parents[2] / "dashboard"
# Families whose keys are made of codes: roles, routes, metrics, reasons …
FAMILIES = re.compile(r"""(?:say|words)\(\s*f["']([\w.]+?)\{|named\(\s*["'](\w+)["']""")
LITERAL = re.compile(r"""["']([a-z_]+\.[a-z0-9_]+)["']""")


def keys(language: str) -> set[str]:
    return set(words(language).texts)


def sources() -> str:
    return "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert keys("nb") == keys("en")


@pytest.mark.parametrize("key", sorted(keys("nb")))
def test_both_languages_fill_in_the_same_names(key: str) -> None:
    assert fields(words("nb").texts[key]) == fields(words("en").texts[key])


def test_no_text_is_unused() -> None:
    source = sources()
    # The filters name the values of a dimension by its own family.
    families = {a or f"{b}." for a, b in FAMILIES.findall(source)} | {"channel."}
    literal = set(LITERAL.findall(source))
    unused = {
        key
        for key in keys("nb")
        if key not in literal and not any(key.startswith(family) for family in families)
    }
    assert unused == set()


def test_every_text_that_is_asked_for_exists() -> None:
    asked = set(re.findall(r"""(?:say|words)\(\s*["']([\w.]+)["']""", sources()))
    assert asked
    assert asked - keys("nb") == set()


def test_no_norwegian_is_left_in_the_english_texts() -> None:
    same = {key for key in keys("nb") if words("nb").texts[key] == words("en").texts[key]}
    # Names and words that are one in both languages.
    assert same <= {
        "alarms.full",
        "few.n_hidden",
        "live.mean_note",
        "role.partner",
        "filter.partner",
        "channel.chat",
        "table.n",
        "table.team",
        "route.direct",
    }


def test_every_reason_of_a_decision_has_its_word() -> None:
    assert {f"reason.{code}" for code in REASONS} <= keys("nb")


def test_a_reason_that_has_no_word_yet_shows_its_code() -> None:
    assert words("nb").named("reason", "a_new_reason") == "a new reason"
    assert words("nb").named("reason", "opted_out") == "har sagt stopp"
