"""The log. Immutable Parquet files of accepted records, the ground truth of the lake.

A file is one batch of one kind, complete or absent: it is written aside and renamed into place. Of rows
with the same key the one with the highest ``(accepted_us, seq)`` counts, so writing a row twice changes
nothing. No row carries a phone number, a name or a customer number: customers are pseudonyms.

Times are epoch seconds (UTC), ``day`` and ``hour`` are local to the contact centre, money is in minor
units (øre), durations in seconds. Text that was not given is the empty string; numbers and truth values
that were not given are null.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_ORDER = [("accepted_us", pa.int64()), ("seq", pa.int64())]

_CONTACT = [
    ("contact_id", pa.string()),
    ("source", pa.string()),  # api, hand, or import:<mapping>
    ("day", pa.date32()),  # local day the contact ended
    ("hour", pa.int16()),  # local hour it ended; null where the file has only a date
    ("ended_at", pa.int64()),
    ("partner", pa.string()),
    ("team", pa.string()),
    ("agent", pa.string()),
    ("channel", pa.string()),
    ("topic", pa.string()),
    ("language", pa.string()),
    ("customer_key", pa.string()),  # pseudonym of customer_id, else of the phone number, else ""
    ("identified", pa.bool_()),  # a customer_id was given: a session of theirs would be seen
    ("answered", pa.bool_()),
    ("wait_s", pa.int32()),
    ("talk_s", pa.int32()),
    ("hold_s", pa.int32()),
    ("wrap_s", pa.int32()),
    ("handling_s", pa.int32()),  # talk + hold + wrap, or the given sum
    ("case_id", pa.string()),
    ("self_service_first", pa.bool_()),  # the platform's flag
    ("closed_automatically", pa.bool_()),
    ("asked", pa.bool_()),  # the source brings scores: the customer counts as asked and reached
    ("score", pa.int16()),  # brought by the source; null where it was given on another scale than 1–10
    ("score_at", pa.int64()),
    ("score_scale", pa.string()),  # 1-10, 1-5, …: lowest and highest; "" where no score was given
    ("score_given", pa.int16()),  # on its own scale
    ("hit", pa.bool_()),  # brought by the source
    ("hit_value_minor", pa.int64()),
]
_SALE = [
    ("sale_id", pa.string()),
    ("contact_id", pa.string()),
    ("day", pa.date32()),  # local day of the sale
    ("sold_at", pa.int64()),
    ("kind", pa.string()),
    ("product", pa.string()),
    ("value_minor", pa.int64()),
    ("currency", pa.string()),
    ("cancelled", pa.bool_()),  # called off: no hit and no value
]
_CASE = [
    ("case_id", pa.string()),
    ("day", pa.date32()),  # local day it was opened
    ("opened_at", pa.int64()),
    ("closed_at", pa.int64()),
    ("topic", pa.string()),
    ("customer_key", pa.string()),
]
_SESSION = [
    ("session_id", pa.string()),
    ("customer_key", pa.string()),
    ("day", pa.date32()),  # local day it started
    ("hour", pa.int16()),  # and the hour
    ("started_at", pa.int64()),
    ("ended_at", pa.int64()),
    ("channel", pa.string()),
    ("topic", pa.string()),
    ("completed", pa.bool_()),
]
_CALLS_OFFERED = [
    ("interval_id", pa.string()),  # partner|team|channel|interval_start
    ("day", pa.date32()),
    ("hour", pa.int16()),  # local hour it began; null where it is longer than an hour
    ("interval_start", pa.int64()),
    ("interval_s", pa.int32()),
    ("partner", pa.string()),
    ("team", pa.string()),
    ("channel", pa.string()),
    ("offered", pa.int32()),
    ("answered", pa.int32()),
    ("answered_within_s20", pa.int32()),
    ("abandoned", pa.int32()),
    ("wait_s", pa.int64()),  # sum over the interval's calls
]
# The state of the survey of one live contact: a snapshot, so the latest row tells all.
_OUTCOME = [
    ("contact_id", pa.string()),
    ("day", pa.date32()),  # the contact's
    ("state", pa.string()),  # waiting, asked, skipped
    ("reason", pa.string()),
    ("eligible", pa.bool_()),
    ("asked_at", pa.int64()),
    ("sent", pa.bool_()),
    ("delivered", pa.bool_()),
    ("score", pa.int16()),
    ("score_at", pa.int64()),
    ("score_source", pa.string()),  # sms, web, hand
    ("late", pa.bool_()),
    ("solved", pa.bool_()),
    ("guided", pa.bool_()),
    ("tried_self_service", pa.bool_()),
    ("self_help_score", pa.int16()),
]
# A phone number's pseudonym and the customer it turned out to belong to.
_LINK = [("phone_key", pa.string()), ("customer_key", pa.string())]
# Free text, kept apart from everything else so that it can be forgotten by itself.
_COMMENT = [("contact_id", pa.string()), ("day", pa.date32()), ("text", pa.string())]
# Reference tables: what people know beside the events. A partner of "" stands for all of them.
_TOPIC = [
    ("topic", pa.string()),
    ("need", pa.string()),  # value, neutral, unwanted
    ("ease", pa.int16()),  # 1–5: 5 is easy to remove
    ("contact_cost_minor", pa.int64()),
]
_PRODUCT = [("product", pa.string()), ("progression_milli", pa.int32())]  # factor × 1000
_ACTIVE_CUSTOMERS = [
    ("active_id", pa.string()),  # month|partner
    ("month", pa.date32()),  # its first day
    ("partner", pa.string()),
    ("customers", pa.int32()),
]
_HOUR_COST = [
    ("cost_id", pa.string()),  # valid_from|partner
    ("valid_from", pa.date32()),
    ("partner", pa.string()),
    ("cost_minor", pa.int64()),  # of one handling hour
]
_TARGET = [
    ("target_id", pa.string()),
    ("metric", pa.string()),
    ("filters", pa.string()),  # JSON object, dimension to value
    ("baseline", pa.float64()),  # in the metric's unit
    ("target", pa.float64()),
    ("start", pa.date32()),
    ("by", pa.date32()),
    ("owner", pa.string()),
    ("withdrawn", pa.bool_()),
]

SCHEMAS: dict[str, pa.Schema] = {
    kind: pa.schema(fields + _ORDER)
    for kind, fields in {
        "contact": _CONTACT,
        "sale": _SALE,
        "case": _CASE,
        "session": _SESSION,
        "calls_offered": _CALLS_OFFERED,
        "outcome": _OUTCOME,
        "link": _LINK,
        "comment": _COMMENT,
        "topic": _TOPIC,
        "product": _PRODUCT,
        "active_customers": _ACTIVE_CUSTOMERS,
        "hour_cost": _HOUR_COST,
        "target": _TARGET,
    }.items()
}
# The order among the versions of a record: rows that came live carry the feed's number; those of a file count
# by the number in the file's name, which is drawn when it becomes visible; older batches have none and
# count 0.
VERSION = pa.field("version", pa.int64())
FILE_VERSION = r"try_cast(regexp_extract(filename, '-v([0-9]+)[.]parquet$', 1) as bigint)"
# The first column of every kind is its key.
KEYS: dict[str, str] = {kind: schema.names[0] for kind, schema in SCHEMAS.items()}


class Log:
    """The log of one lake: ``<lake>/log/<kind>/<batch>.parquet``."""

    def __init__(self, lake: Path) -> None:
        self.folder = lake / "log"

    def files(self, kind: str) -> list[Path]:
        """Every batch of a kind, oldest first."""
        return sorted((self.folder / kind).glob("[0-9]*.parquet"))

    def new_batch(self, kind: str) -> tuple[Path, Path]:
        """``(draft, final)`` paths for a batch: write the first, then :func:`publish` it."""
        folder = self.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns() // 1000:016d}-{secrets.token_hex(4)}.parquet"
        return folder / f".draft-{name}", folder / name

    def append(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write rows (with ``accepted_us`` and ``seq``) as one durable batch."""
        draft, final = self.new_batch(kind)
        pq.write_table(_table(rows, SCHEMAS[kind].append(VERSION)), draft)
        publish(draft, final)
        return final


def versioned(final: Path, version: int) -> Path:
    """The path of a batch whose rows all have one version."""
    return final.with_name(f"{final.stem}-v{version}{final.suffix}")


def publish(draft: Path, final: Path) -> None:
    """Make a finished draft visible, all at once and durably."""
    _sync(draft)
    os.replace(draft, final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    # The feed keeps rows as JSON, where a day is text.
    dates = [each for each in schema if pa.types.is_date(each.type)]
    table = pa.Table.from_pylist(rows, schema=pa.schema([each for each in schema if each not in dates]))
    for each in dates:
        table = table.append_column(each, pa.array((_day(row.get(each.name)) for row in rows), each.type))
    return table.select(schema.names)


def _day(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
