"""What is told about a file, in every language."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from string import Formatter

import pytest

import data
from data.files.mapping import BadUse
from data.files.report import said
from texts.messages import say, templates, within

CODE = Path(data.__file__).parent


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_with_the_same_values() -> None:
    english, norwegian = templates("en"), templates("nb")
    assert english.keys() == norwegian.keys()
    assert [code for code in english if names(english[code]) != names(norwegian[code])] == []
    assert [code for code in english if english[code] == norwegian[code]] == []


def test_everything_that_can_be_said_is_said_somewhere() -> None:
    code = "".join(path.read_text() for path in [*CODE.rglob("*.py"), *CODE.rglob("*.sql")])
    words = set(re.findall(r"[a-z0-9_]+", code))
    unused = [each for each in templates("en") if each.split(".")[1] not in words]
    assert [each for each in unused if not each.startswith("doubt.answered_")] == []


def test_values_are_written_as_the_language_writes_them() -> None:
    note = say("note.other_scale", scores=12_345, scale="1-5")
    assert note.startswith("12,345 scores are on the scale 1-5")
    assert note.within("nb").startswith("12\u00a0345 karakterer er på skalaen 1-5")
    respelt = say("note.respelt", column="topic", others=["a", "A"], wanted="Aa")
    assert respelt.within("nb") == "topic: a, A ble til Aa (bare store og små bokstaver skiller dem)"


def test_what_is_said_within_something_said_changes_its_language_too() -> None:
    missing = [say("refusal.for_field", column="Dato", field="ended_at"), "'x'"]
    error = BadUse(say("refusal.no_column", missing=missing, columns="'a'"))
    assert str(error) == "The file has no column 'Dato' (for ended_at), 'x'. Its columns: 'a'."
    assert error.within("nb") == "Filen har ingen kolonne «Dato» (for ended_at), 'x'. Kolonnene er: 'a'."


def test_what_nobody_has_put_into_words_stays_as_it_is() -> None:
    assert BadUse("odd").within("nb") == within("odd", "nb") == "odd"
    with pytest.raises(KeyError):
        say("note.unheard_of")


def test_a_fault_that_sql_tells_has_its_values_in_order() -> None:
    fault = said("range\x1f0\x1f86400")
    assert fault == "is not between 0 and 86400"
    assert deepcopy(fault).within("nb") == "er ikke mellom 0 og 86400"
