"""The kinds of values that fields of records have: their limits, and the one form each is brought into."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_ID = 200  # characters, ids and labels
MAX_COMMENT = 10_000  # characters
# Sums of squares are kept in 64 bits: of sales of so much, ninety thousand can be added up, and nine hundred
# that count tenfold.
MAX_MONEY, MAX_FACTOR = 10_000_000, 10
MAX_DURATION_S = 86_400  # a longer handling time is a forgotten wrap-up, not work
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # earlier is a default value of some system, not an event
FUTURE = timedelta(days=1)  # how far a source's clock may run ahead
CURRENCY = "NOK"
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # of what people plan
SCALE = "1-10"  # of a score without a stated one
MAX_FILTERS = 8

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
        raise PydanticCustomError("too_early", "lies before the year 1990")
    now = (info.context or {}).get("now")
    if now is not None and value > now + FUTURE:
        raise PydanticCustomError("future", "lies in the future")
    return value.astimezone(UTC)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "not a number")
    return value


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return _within(value)
    found = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()) if isinstance(value, str) else None
    try:
        return _within(date.fromisoformat(found[0] if found else ""))
    except ValueError:
        raise PydanticCustomError("day", "not an ISO 8601 date such as 2026-03-02") from None


def _within(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise PydanticCustomError("day", f"is not between {FIRST_DAY} and {LAST_DAY}")
    return day


def _month(value: Any) -> date:
    whole = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value.strip())
    return _day(f"{value.strip()}-01" if whole else value).replace(day=1)


def filters_of(value: Any) -> dict[str, str]:
    """Dimension and value of each filter, from an object or its JSON text. ValueError where it is none."""
    given = json.loads(value) if isinstance(value, str) else value
    if not isinstance(given, dict) or len(given) > MAX_FILTERS:
        raise ValueError(f"is not a JSON object of at most {MAX_FILTERS} dimensions and values")
    made = {collapse(str(name)): each for name, each in given.items()}
    for name, each in made.items():
        if not re.fullmatch("[a-z_]{1,50}", name) or not isinstance(each, str) or not collapse(each):
            raise ValueError('is not a JSON object such as {"channel": "phone"}')
        if len(each) > MAX_ID or _UNPRINTABLE.search(each):
            raise ValueError("has a value that is no label")
    return {name: collapse(made[name]) for name in sorted(made)}


def _filters(value: Any) -> dict[str, str]:
    try:
        return filters_of(value)
    except (ValueError, RecursionError) as error:
        broken = not isinstance(error, ValueError) or isinstance(error, json.JSONDecodeError)
        message = 'is not a JSON object such as {"channel": "phone"}' if broken else str(error)
        raise PydanticCustomError("filters", "{message}", {"message": message}) from None


def scale_limits(scale: str | None) -> tuple[int, int]:
    """Lowest and highest score of a scale such as ``1-5``."""
    low, high = (scale or SCALE).split("-")
    return int(low), int(high)


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
    Field(ge=0, le=MAX_MONEY, decimal_places=2),
    BeforeValidator(_number),
    WithJsonSchema(
        {
            "type": ["number", "string"],
            "format": "decimal",
            "minimum": 0,
            "maximum": MAX_MONEY,
            "multipleOf": 0.01,
        }
    ),
]
# Scores and their scale: the limits here are the widest; a record holds a score to its own scale.
Score = Annotated[int, Field(ge=0, le=100), BeforeValidator(_number)]
ScoreScale = Annotated[
    Literal["1-10", "0-10", "1-7", "1-6", "1-5", "0-5", "1-4", "1-3", "1-2", "0-1", "0-100"],
    BeforeValidator(_code),
]
IntervalSeconds = Annotated[int, Field(ge=1, le=86_400), BeforeValidator(_number)]
TotalSeconds = Annotated[int, Field(ge=0, le=10**11), BeforeValidator(_number)]
Phone = Annotated[str, BeforeValidator(_label), _text(50), AfterValidator(_printable)]
Language = Annotated[Literal["nb", "nn", "en"], BeforeValidator(_language)]
SaleKind = Annotated[Literal["new_customer", "upgrade", "add_on", "retention"], BeforeValidator(_code)]
SessionChannel = Annotated[Literal["web", "app", "bot"], BeforeValidator(_code)]
Currency = Annotated[Literal["NOK"], BeforeValidator(_upper)]
Need = Annotated[Literal["value", "neutral", "unwanted"], BeforeValidator(_code)]
Ease = Annotated[int, Field(ge=1, le=5), BeforeValidator(_number)]
Customers = Annotated[int, Field(ge=0, le=1_000_000_000), BeforeValidator(_number)]
_DECIMAL: dict[str, Any] = {"type": ["number", "string"], "format": "decimal"}
Factor = Annotated[
    Decimal,
    Field(ge=0, le=MAX_FACTOR),
    BeforeValidator(_number),
    WithJsonSchema(_DECIMAL | {"minimum": 0, "maximum": MAX_FACTOR}),
]
Amount = Annotated[
    Decimal,
    Field(ge=-(10**9), le=10**9),
    BeforeValidator(_number),
    WithJsonSchema(_DECIMAL | {"minimum": -(10**9), "maximum": 10**9}),
]
_DAY = WithJsonSchema({"type": "string", "format": "date"})
Day = Annotated[date, BeforeValidator(_day), _DAY]
Month = Annotated[date, BeforeValidator(_month), WithJsonSchema({"type": "string", "format": "month"})]
MetricName = Annotated[
    str, Field(min_length=1, max_length=50, pattern="^[a-z][a-z0-9_]*$"), BeforeValidator(_code)
]
Filters = Annotated[
    dict[str, str],
    BeforeValidator(_filters),
    WithJsonSchema({"type": ["object", "string"], "format": "filters"}),
]
