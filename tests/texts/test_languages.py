"""A language is one folder of ``texts``: whoever adds one changes no other file."""

from __future__ import annotations

import os
import shutil
import string
import subprocess
import sys
from typing import Any

import pytest

from settings import PROJECT_ROOT
from texts.languages import FILES, FOLDER, languages, read

SPEAK = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from metrics.inference.base.missing import reason_text
from metrics.wording.numbers import decimal
from settings import Settings
from texts.formats import Formats
from texts.languages import languages
from texts.words import words
print(languages())
print(Settings(language="da").language)
print(words("da")("section.now"))
print(words("da").named("reason", "opted_out"))
print(reason_text("no_data", "da"))
print(decimal(1234.5, 1, "da"))
formats = Formats("da", ZoneInfo("Europe/Oslo"), str)
print(formats.clock(datetime(2026, 11, 22, 13, 5, tzinfo=UTC)))
print(formats.day(datetime(2026, 5, 17).date()))
"""


@pytest.fixture(scope="module")
def danish(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Svar says in a language of which it was only given the folder."""
    root = tmp_path_factory.mktemp("danish")
    shutil.copytree(FOLDER, root / "texts", ignore=shutil.ignore_patterns("__pycache__"))
    folder = shutil.copytree(root / "texts" / "nb", root / "texts" / "da")
    formats = (folder / "formats.toml").read_text()
    for old, new in (("Norsk", "Dansk"), ("order = 1", "order = 3"), ("nb_NO", "da_DK"), (r"\u00a0%", "%")):
        assert old in formats
        formats = formats.replace(old, new)
    formats = formats.replace('thousands = "\\u00a0"', 'thousands = "."')
    (folder / "formats.toml").write_text(formats)
    results = (folder / "results.toml").read_text()
    assert '"Ingen data."' in results
    (folder / "results.toml").write_text(results.replace('"Ingen data."', '"Ingen oplysninger."'))
    pages = (folder / "pages.toml").read_text()
    (folder / "pages.toml").write_text(pages.replace('now = "Nå"', 'now = "Nu"'))
    environment = {**os.environ, "PYTHONPATH": f"{root}:{PROJECT_ROOT}", "SVAR_HOME": str(root / "home")}
    done = subprocess.run(
        [sys.executable, "-c", SPEAK], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "line",
    ["('nb', 'en', 'da')", "da", "Nu", "Ingen oplysninger.", "1.234,5", "kl. 14.05", "17. maj"],
)
def test_a_new_folder_is_a_language_of_pages_results_numbers_and_settings(danish: str, line: str) -> None:
    assert line in danish.splitlines()


def test_the_languages_are_the_folders_in_the_order_of_the_menu() -> None:
    assert languages() == ("nb", "en")


@pytest.mark.parametrize("language", ["de", "", "..", "nb/../nb", "__pycache__"])
def test_a_language_without_a_folder_has_no_texts(language: str) -> None:
    with pytest.raises(KeyError):
        read(language, "pages")


@pytest.mark.parametrize("file", FILES)
def test_every_language_has_the_same_keys_and_fills_in_the_same_names(file: str) -> None:
    norwegian, english = (_flat(read(language, file)) for language in ("nb", "en"))
    assert norwegian.keys() == english.keys()
    for key, text in norwegian.items():
        assert _fields(text) == _fields(english[key]), key


def _flat(table: Any, prefix: str = "") -> dict[str, str]:
    if not isinstance(table, dict):
        return {prefix: str(table)}
    return {
        name: text for key, value in table.items() for name, text in _flat(value, f"{prefix}.{key}").items()
    }


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
