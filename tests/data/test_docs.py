"""The pages for senders and importers say what the models say."""

from __future__ import annotations

import re

import pytest

from data.api.openapi import MAX_BODY, MAX_RECORDS
from data.files.mapping import Given, Mapping, read
from data.records.events import PATHS, RECORDS
from settings import PROJECT_ROOT

IMPORTING = (PROJECT_ROOT / "docs" / "importing.md").read_text()
API = (PROJECT_ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("kind", RECORDS)
def test_every_field_stands_in_the_table_of_its_record(kind: str) -> None:
    section = IMPORTING.split(f"### {kind}\n")[1].split("\n### ")[0]
    found = re.findall(r"^\| (\*\*)?`(\w+)`(?:\*\*)? \| (.*?) \| ", section, re.MULTILINE)
    expected = [
        ("**" if field.is_required() else "", name, field.description)
        for name, field in RECORDS[kind].model_fields.items()
    ]
    assert found == expected


def test_the_mapping_on_the_page_is_a_mapping() -> None:
    toml = re.search(r"```toml\n(.*?)```", IMPORTING, re.DOTALL)
    assert toml is not None
    made = read(toml[1].encode(), "page")
    assert made.fields["ended_at"].column == ["Date", "Time"]


def test_every_setting_of_a_mapping_is_on_the_page() -> None:
    settings = {*Mapping.model_fields, *Given.model_fields} - {"name", "description", "fields", "quote"}
    assert {
        name for name in settings if f"`{name}`" not in IMPORTING and f"\n{name} =" not in IMPORTING
    } == set()


def test_every_path_and_limit_of_the_api_is_on_its_page() -> None:
    for path in PATHS.values():
        assert f"`POST {path}`" in API
    assert f"{MAX_RECORDS:,} records" in API
    assert f"{MAX_BODY // 1024**2} MiB" in API
