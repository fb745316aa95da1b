"""Exports of platforms and public data sets: what is proposed for each, and the edits a person would make.

The files of ``layouts/`` have the published columns and ways of writing, under a few invented rows.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.files.mapping import BadUse
from data.guess.propose import propose
from settings import Settings
from tests.data.files import load, log_rows

LAYOUTS = Path(__file__).with_name("layouts")

# What the log then holds, by field: the values in the order of the ids.
PROPOSED: dict[str, dict[str, list[Any]]] = {
    "freshdesk": {"agent": ["Kari", "Ola", ""], "score_given": [7, 2, None], "handling_s": [720, 0, 0],
                  "channel": ["phone", "email", "web"], "topic": ["Question", "Incident", "Incident"]},
    "zendesk": {"score_given": [1, 0, None, None], "channel": ["email", "web", "phone", "chat"],
                "hour": [8] * 4, "identified": [True] * 4, "agent": ["Kari K", "Kari K", "Ola O", "Ola O"]},
    "five9": {"answered": [True, False, True], "wait_s": [31, None, 5], "handling_s": [405, 0, 1035],
              "hour": [8, 18, 9]},
    "asterisk": {"answered": [True, False, True, False], "handling_s": [180, 0, 600, 0], "channel": [""] * 4},
    "sf311": {"contact_id": ["322571", "322572", "322573"], "hour": [0, 12, 12],
              "topic": ["Street and Sidewalk Cleaning", "Graffiti", "Graffiti"]},
    "chicago311": {"channel": ["web", "web", "phone"], "hour": [8, 8, 14]},
    "boston311": {"contact_id": ["101004113298", "101004113302"], "channel": ["web", "phone"]},
    "cfpb": {"contact_id": ["2141773", "2163100", "759217"], "channel": ["web", "phone", "referral"],
             "hour": [None] * 3, "case_id": [""] * 3},
    "queue": {"hour": [8, 8, 8, 20], "wait_s": [0, 0, 124, 0], "handling_s": [863, 283, 9, 188]},
    "comcast": {"contact_id": ["223441", "242732", "250635"], "channel": ["web", "web", "phone"],
                "hour": [10, 9, 15]},
    "fcc": {"hour": [2, 14], "channel": ["phone", "web"], "topic": ["Unwanted Calls", "Speed"]},
    "support_tickets": {"score_given": [5, None, 1], "score_scale": ["1-5", "", "1-5"],
                        "channel": ["chat", "email", "phone"]},
    "salesforce": {"contact_id": ["00001026", "00001027", "00001028"], "agent": ["Kari K", "Kari K", "Ola O"],
                   "topic": ["Installation", "Billing", "Billing"]},
    "amazon_connect": {"handling_s": [312, 1200], "channel": ["phone", "chat"], "hour": [1, 9]},
    "genesys": {"wait_s": [15, None, 20], "talk_s": [300, None, 600], "handling_s": [380, None, 640],
                "answered": [True, False, True], "topic": ["Billing", "", "Tech"]},
    "hubspot": {"agent": ["Kari K", "Ola O"], "topic": ["Billing issue", "Product issue"]},
    "livechat": {"score_given": [1, None, 0], "handling_s": [412, 112, 612], "wait_s": [5, 0, 45]},
    "elastix": {"answered": [False, False, False, True, True]},
    "interactions": {"score_given": [4, 2, 5], "channel": ["phone", "email", "chat"]},
    "norwegian_latin1": {"agent": ["Kåre Sæther", "Åse Bø", "Åse Bø"], "wait_s": [45, 165, 0],
                         "handling_s": [380, 200, 200], "score_scale": ["1-6", "1-6", ""], "hour": [8, 9, 10],
                         "channel": ["phone", "chat", "store"]},
    "la311": {"channel": ["phone", "web"], "hour": [23, 23]},
    "consumidor": {"score_given": [5, 1, None], "partner": ["Banco X", "Banco Y", "Banco Y"],
                   "hour": [10, 10, 11], "topic": ["Cartão"] * 3, "answered": [True, True, False]},
    "cisco_cdr": {"wait_s": [20, None, 5], "handling_s": [120, 0, 301], "answered": [True, False, True],
                  "hour": [10, 11, 12]},
    "hosted_pbx": {"wait_s": [None, 3, None], "handling_s": [0, 71, 0], "answered": [False, True, False]},
    "service_orders": {"day": [date(2024, 5, 31), date(2024, 6, 1), date(2024, 6, 2)], "hour": [16, 1, 17],
                       "agent": ["RUI", "LIA", "RUI"], "topic": ["SEM INTERNET", "CONTATO", "SEM INTERNET"],
                       "identified": [False] * 3},
    "glpi": {"contact_id": ["52 265", "52 266", "52 267"], "hour": [11, 12, 11],
             "agent": ["Rui (2685)", "Lia (2686)", "Rui (2685)"], "handling_s": [60, 3660, 180]},
    "calls_1746": {"topic": ["Iluminação Pública", "Limpeza de logradouros", "Iluminação Pública"],
                   "agent": ["3336", "3336", "3333"]},
}  # fmt: skip

# Lines that a person adds at the end of what is proposed, of fields that were left open.
EDITED: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "bank_campaign": (
        'ended_at = { column = ["day", "month"], after = " 2010", format = "%d %b %Y" }',
        {"hit": [False, False, True, False], "handling_s": [261, 151, 1076, 92],
         "channel": ["", "", "phone", "phone"]},
    ),
    "insurance_calls": (
        'ended_at = { column = ["LastContactDay", "LastContactMonth"], after = " 16", format = "%d %b %y" }\n'
        'handling_s = { between = ["CallStart", "CallEnd"], format = "%H:%M:%S" }\nhit = "CarInsurance"',
        {"hit": [False, False, True], "handling_s": [70, 185, 340], "channel": ["phone", "", "phone"]},
    ),
    "times_cut_short": (
        'ended_at = { constant = "2026-01-31" }',
        {"handling_s": [1188, 397, 538], "talk_s": [1075, 217, 362]},
    ),
}  # fmt: skip


def imported(settings: Settings, name: str, edits: str = "", *, single: bool = False) -> dict[str, list[Any]]:
    """The log's values by field, in the order of the ids, once the proposal with these lines is imported."""
    path = LAYOUTS / f"{name}.csv"
    toml = propose(path, "Europe/Oslo", single=single).toml + edits
    summary = load(settings, path, toml)
    assert summary.rejected == 0
    rows = log_rows(settings)
    return {field: [row[field] for row in rows] for field in rows[0]}


@pytest.mark.parametrize(("name", "expected"), PROPOSED.items(), ids=PROPOSED)
def test_what_is_proposed_imports_as_it_is_meant(
    settings: Settings, name: str, expected: dict[str, list[Any]]
) -> None:
    found = imported(settings, name)
    assert {field: found[field] for field in expected} == expected


@pytest.mark.parametrize(
    ("name", "edits", "expected"), [(name, *each) for name, each in EDITED.items()], ids=EDITED
)
def test_a_few_lines_say_what_a_file_does_not_tell(
    settings: Settings, name: str, edits: str, expected: dict[str, list[Any]]
) -> None:
    found = imported(settings, name, edits, single=True)
    assert {field: found[field] for field in expected} == expected


@pytest.mark.parametrize(
    "name", ["avaya_interval", "genesys_interval", "cisco_csq", "agent_daily", "customers", "insurance_calls"]
)
def test_rows_that_are_many_contacts_or_none_get_no_proposal(name: str) -> None:
    with pytest.raises(BadUse, match="seems to be many contacts"):
        propose(LAYOUTS / f"{name}.csv", "Europe/Oslo")
