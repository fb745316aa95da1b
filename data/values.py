"""The kinds of values that fields of records have: their limits, and the one form each is brought into."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_ID = 200  # characters, ids and labels
MAX_COMMENT = 10_000  # characters
MAX_DURATION_S = 86_400  # a longer handling time is a forgotten wrap-up, not work
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # earlier is a default value of some system, not an event
FUTURE = timedelta(days=1)  # how far a source's clock may run ahead
CURRENCY = "NOK"

_WHITE = re.compile(r"\s+")
# Half a surrogate pair is no character: no database takes it.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def collapse(text: str) -> str:
    """A label without white space around it and with single spaces within."""
    return _WHITE.sub(" ", text).strip()


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise PydanticCustomError("unprintable", "contains a character that is not text")
    return text


def _label(value: Any) -> Any:
    return collapse(value) if isinstance(value, str) else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _code(value: Any) -> Any:
    return collapse(value).lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _language(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    code = re.split(r"[-_]", value.strip().lower())[0]
    return "nb" if code == "no" else code


def _moment(value: Any, info: ValidationInfo) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise PydanticCustomError("time", "not an ISO 8601 time such as 2026-03-02T10:15:00+01:00")
    if value.utcoffset() is None:
        message = "has no offset from UTC: write 2026-03-02T10:15:00+01:00 or 2026-03-02T09:15:00Z"
        raise PydanticCustomError("naive_time", message)
    if value < EARLIEST:
        raise PydanticCustomError("too_early", "lies before the year 2000")
    now = (info.context or {}).get("now")
    if now is not None and value > now + FUTURE:
        raise PydanticCustomError("future", "lies in the future")
    return value.astimezone(UTC)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "not a number")
    return value


def _whole_seconds(value: Any) -> Any:
    # Half seconds go up, as in the importer's SQL: floor(x + 0.5).
    value = _number(value)
    return (
        int(float(value) + 0.5)
        if isinstance(value, float | Decimal) and isfinite(value) and value >= 0
        else value
    )


def _text(limit: int) -> Any:
    return Field(min_length=1, max_length=limit)


Identifier = Annotated[str, BeforeValidator(_label), _text(MAX_ID), AfterValidator(_printable)]
Label = Annotated[str, BeforeValidator(_label), _text(MAX_ID), AfterValidator(_printable)]
Words = Annotated[str, BeforeValidator(_stripped), _text(MAX_COMMENT), AfterValidator(_printable)]
Code = Annotated[str, BeforeValidator(_code), _text(MAX_ID), AfterValidator(_printable)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
# The limits stand first, so that they are part of the number's schema, which the importer reads as well.
Seconds = Annotated[int, Field(ge=0, le=MAX_DURATION_S), BeforeValidator(_whole_seconds)]
Count = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(_number)]
Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=2),
    BeforeValidator(_number),
    WithJsonSchema({"type": ["number", "string"], "format": "decimal", "minimum": 0}),
]
Score = Annotated[int, Field(ge=1, le=10), BeforeValidator(_number)]
IntervalSeconds = Annotated[int, Field(ge=1, le=86_400), BeforeValidator(_number)]
TotalSeconds = Annotated[int, Field(ge=0, le=10**11), BeforeValidator(_number)]
Phone = Annotated[str, BeforeValidator(_label), _text(50), AfterValidator(_printable)]
Language = Annotated[Literal["nb", "nn", "en"], BeforeValidator(_language)]
SaleKind = Annotated[Literal["new_customer", "upgrade", "add_on", "retention"], BeforeValidator(_code)]
SessionChannel = Annotated[Literal["web", "app", "bot"], BeforeValidator(_code)]
Currency = Annotated[Literal["NOK"], BeforeValidator(_upper)]
