"""What a record may say at most, both ways in, and that all metrics can still be added up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.api.intake import accept
from data.records.types import MAX_DURATION_S, MAX_FACTOR, MAX_MONEY
from lake.log import Log
from metrics import Scope, open_reader
from metrics.build.refresh import build
from metrics.catalog import catalog
from settings import Settings
from store import Store
from tests.data.files import NOW, load, write
from tests.metrics.given import logged, product

ENDED = "2026-03-02T10:00:00Z"
MOST_SALES = 900  # of the largest value, of a product that counts the most


def _sale(value: str) -> dict[str, Any]:
    return {"sale_id": "s", "contact_id": "c", "sold_at": ENDED, "value": value, "currency": "NOK"}


@pytest.mark.parametrize(
    ("value", "status"),
    [("0", "accepted"), (str(MAX_MONEY), "accepted"), (f"{MAX_MONEY}.01", "rejected"), ("1e9", "rejected")],
)
def test_a_sale_above_the_limit_is_refused_by_field_both_ways_in(
    settings: Settings, sqlite_store: Store, tmp_path: Path, value: str, status: str
) -> None:
    (answer,) = accept(sqlite_store, settings, "sale", [_sale(value)], NOW)
    assert answer.status == status
    content = f"sale_id,contact_id,sold_at,value,currency\ns2,c,{ENDED},{Decimal(value):f},NOK\n"
    summary = load(settings, write(tmp_path, content), 'record = "sale"\nby_name = true')
    assert (summary.accepted, summary.rejected) == ((1, 0) if status == "accepted" else (0, 1))
    if status == "rejected":
        assert answer.errors[0]["field"] == "value"
        assert summary.faults[0]["field"] == "value"


def test_every_metric_adds_up_records_at_their_limits(settings: Settings, sqlite_store: Store) -> None:
    contacts = [
        {
            "contact_id": f"c{n}",
            "ended_at": ENDED,
            "partner": "A",
            "talk_s": MAX_DURATION_S,
            "self_service_first": bool(n % 2),
        }
        for n in range(MOST_SALES)
    ]
    sales = [
        _sale(str(MAX_MONEY)) | {"sale_id": f"s{n}", "contact_id": f"c{n}", "product": "contract"}
        for n in range(MOST_SALES)
    ]
    assert {answer.status for answer in accept(sqlite_store, settings, "contact", contacts, NOW)} == {
        "accepted"
    }
    assert {answer.status for answer in accept(sqlite_store, settings, "sale", sales, NOW)} == {"accepted"}
    Log(settings.lake_path).append("product", [logged(product("contract", MAX_FACTOR * 1000))])
    build(settings, sqlite_store, NOW)
    reader = open_reader(settings, Scope.everything())
    for by in ([], ["partner"], ["language"]):
        values = {value.metric: value for value in reader.show(list(catalog.metrics()), by=by)}
        assert values["value_per_contact"].value == MAX_MONEY
        assert values["weighted_value"].value == MAX_MONEY * MAX_FACTOR
        assert values["handling_time"].value == MAX_DURATION_S
