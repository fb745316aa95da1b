"""Files whose rows are totals are refused, and not read as single contacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.files.mapping import BadUse
from data.guess.propose import propose
from settings import Settings
from tests.data.files import load, write

AGGREGATE = "id,date,agent,Calls Answered,avg\n1,2026-03-02,Kari,41,300\n2,2026-03-02,Ola,37,280\n"
OWN = 'fields.contact_id = "id"\nfields.ended_at = "date"\nfields.agent = "agent"\n'


@pytest.mark.parametrize(
    "name",
    ["Calls Answered", "number_of_calls", "Total Calls", "Contacts", "Antall samtaler", "Incoming Calls"],
)
def test_totals_per_day_or_agent_are_refused_and_not_read_as_contacts(
    tmp_path: Path, settings: Settings, name: str
) -> None:
    path = write(tmp_path, AGGREGATE.replace("Calls Answered", name))
    with pytest.raises(BadUse, match="seems to be many contacts") as caught:
        load(settings, path, OWN)
    assert repr(name) in str(caught.value)
    assert not list(settings.home.rglob("*parquet*"))
    with pytest.raises(BadUse, match="many contacts"):
        propose(path, "Europe/Oslo")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("call duration", ("41", "37")),
        ("Calls Answered", ("yes", "no")),
        ("call", ("1", "1")),
        ("Calls", ("1", "1")),
    ],
)
def test_a_column_that_only_sounds_like_a_count_is_no_reason_to_refuse(
    tmp_path: Path, settings: Settings, name: str, values: tuple[str, str]
) -> None:
    text = f"id,date,agent,{name}\n1,2026-03-02,Kari,{values[0]}\n2,2026-03-02,Ola,{values[1]}\n"
    assert load(settings, write(tmp_path, text), OWN).accepted == 2


def test_a_person_who_knows_better_can_say_so(tmp_path: Path, settings: Settings) -> None:
    assert load(settings, write(tmp_path, AGGREGATE), "single_contacts = true\n" + OWN).accepted == 2
