"""The columns of a fact, written down: what the models must give, tested against what they do give."""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa

from metrics.catalog.models import CUBES, sql

_TEXT, _FLAG, _SMALL, _INT, _BIG = pa.string(), pa.bool_(), pa.int16(), pa.int32(), pa.int64()
FACT = pa.schema(
    [
        ("contact_id", _TEXT),
        ("source", _TEXT),  # api, hand, or import:<mapping>
        ("day", pa.date32()),  # local
        ("hour", _SMALL),  # local; null where the source has only a date
        ("ended_at", _BIG),
        ("partner", _TEXT),
        ("team", _TEXT),
        ("agent", _TEXT),
        ("channel", _TEXT),
        ("topic", _TEXT),
        ("language", _TEXT),
        ("customer", _TEXT),  # pseudonym, as links make it known; "" for nobody known
        ("answered", _FLAG),
        ("wait_s", _INT),
        ("handling_s", _INT),
        ("handling_bin", _SMALL),
        ("flag", _FLAG),  # the platform's word on self-service
        ("tried_self_service", _FLAG),  # the customer's
        ("session_at", _BIG),
        ("route", _TEXT),
        ("route_source", _TEXT),
        ("return_known", _FLAG),
        ("returned_at", _BIG),
        ("repeats", _SMALL),
        ("survey_state", _TEXT),
        ("survey_reason", _TEXT),
        ("eligible", _FLAG),
        ("asked", _FLAG),
        ("sent", _FLAG),
        ("delivered", _FLAG),
        ("score", _SMALL),
        ("score_source", _TEXT),
        ("other_scale", _FLAG),
        ("late", _FLAG),
        ("solved", _FLAG),
        ("guided", _FLAG),
        ("self_help_score", _SMALL),
        ("sales", _BIG),
        ("sale_known", _FLAG),
        ("hit", _FLAG),
        ("value_minor", _BIG),
        ("weighted_milli", _BIG),
        ("case_open", _FLAG),
        ("resolution_s", _BIG),
        ("resolution_bin", _SMALL),
    ]
)


@cache
def summed_columns() -> tuple[str, ...]:
    """The columns of facts that sums are made of."""
    words = {word for name in ("measured", *CUBES) for word in re.findall(r"\w+", sql("cubes", name))}
    return tuple(name for name in FACT.names if name in words)
