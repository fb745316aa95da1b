"""What people state beside the events: reference tables, read from the log, the latest row of each key."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.log import KEYS, SCHEMAS, Log
from settings import Settings


def stated(settings: Settings, kind: str) -> list[dict[str, Any]]:
    """Rows of a reference kind, by key. Small tables: whole files are read."""
    files = Log(settings.lake_path).files(kind)
    if not files:
        return []
    table = pa.concat_tables([pq.read_table(file, schema=SCHEMAS[kind]) for file in files])
    latest: dict[str, dict[str, Any]] = {}
    order = [("accepted_us", "ascending"), ("seq", "ascending")]
    for row in table.sort_by(order).to_pylist():
        latest[row[KEYS[kind]]] = row
    return [latest[key] for key in sorted(latest)]


def hour_costs(settings: Settings, day: date) -> dict[str, float]:
    """NOK for an hour of handling on a day, by partner, and for all others under "": the latest row that
    holds then; for all others else the setting. Whoever is missing has no cost that is known."""
    rows = [row for row in stated(settings, "hour_cost") if row["valid_from"] <= day]
    rows.sort(key=lambda row: row["valid_from"])
    found = {"": settings.hour_cost} if settings.hour_cost else {}
    return found | {row["partner"] or "": float(row["cost_minor"]) / 100 for row in rows}


def contact_costs(settings: Settings) -> dict[str, float]:
    """NOK for one contact, by topic, where somebody has stated it."""
    rows = stated(settings, "topic")
    return {
        row["topic"]: row["contact_cost_minor"] / 100 for row in rows if row["contact_cost_minor"] is not None
    }
