"""What comes in. One model per kind of event, with every field's meaning, unit and limits.

The same models validate the API's JSON, describe it in the OpenAPI document, and give the importer its
field names, so none of the three can drift from the others. Times must carry their offset from UTC (files
say their time zone in the mapping instead). A field that is absent, null or blank is not given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from data.records.base import Record
from data.records.reference import REFERENCES
from data.records.types import (
    MAX_DURATION_S,
    Code,
    Count,
    Currency,
    Identifier,
    IntervalSeconds,
    Label,
    Language,
    Moment,
    Money,
    Phone,
    SaleKind,
    Score,
    ScoreScale,
    Seconds,
    SessionChannel,
    TotalSeconds,
    Words,
    scale_limits,
)

ROUNDING_S = 2  # three rounded parts may exceed their rounded sum by this much


def _later(first: datetime | None, second: datetime | None, message: str) -> None:
    if first is not None and second is not None and second < first:
        raise PydanticCustomError("order", message)


class Contact(Record):
    """One contact of a customer with customer service, sent when it has ended."""

    KIND: ClassVar[str] = "contact"
    ID: ClassVar[str] = "contact_id"

    contact_id: Identifier = Field(
        description="The source's own id; sending it again corrects the contact.",
        examples=["c-20260302-0815"],
    )
    ended_at: Moment = Field(description="When the contact ended.", examples=["2026-03-02T10:15:00+01:00"])
    customer_id: Identifier | None = Field(
        None, description="The customer's number in the company's systems.", examples=["100042"]
    )
    phone: Phone | None = Field(
        None, description="The customer's phone number, E.164 or national.", examples=["+4742000001"]
    )
    language: Language | None = Field(None, description="Language to ask in.", examples=["nb"])
    partner: Label | None = Field(
        None, description="Who answered: own house or outsourcer.", examples=["Nord"]
    )
    team: Label | None = Field(None, description="Team within the partner.", examples=["Nord 1"])
    agent: Label | None = Field(
        None, description="Who ended the contact: on a transfer the last agent.", examples=["a-17"]
    )
    channel: Code | None = Field(
        None, description="phone, chat, email, store or web; kept in lower case.", examples=["phone"]
    )
    topic: Label | None = Field(None, description="What it was about.", examples=["Invoice"])
    offered_at: Moment | None = Field(
        None, description="When it entered the queue.", examples=["2026-03-02T10:05:10+01:00"]
    )
    answered_at: Moment | None = Field(
        None, description="When an agent took it.", examples=["2026-03-02T10:05:30+01:00"]
    )
    answered: bool | None = Field(
        None,
        description="Whether an agent took it. Left out: true, but false where offered_at is given and "
        "answered_at is not.",
        examples=[True],
    )
    talk_s: Seconds | None = Field(None, description="Talking, in seconds, 0–86400.", examples=[420])
    hold_s: Seconds | None = Field(None, description="On hold, in seconds, 0–86400.", examples=[30])
    wrap_s: Seconds | None = Field(
        None, description="Wrap-up afterwards, in seconds, 0–86400.", examples=[60]
    )
    handling_s: Seconds | None = Field(
        None, description="The sum, in seconds, where only the sum is known, 0–86400.", examples=[510]
    )
    case_id: Identifier | None = Field(None, description="The case it belongs to.", examples=["s-991"])
    self_service_first: bool | None = Field(
        None, description="Whether the customer tried the website or app first, if known.", examples=[True]
    )
    closed_automatically: bool | None = Field(
        None, description="Closed by a rule, not by a person: never asked about.", examples=[False]
    )
    score_scale: ScoreScale | None = Field(
        None,
        description="The scale of that score, lowest and highest; left out: 1-10. Other scales are kept as "
        "they are and never enter a mean of 1–10.",
        examples=["1-10"],
    )
    score: Score | None = Field(
        None,
        description="A score that the source itself collected, 1–10 or on the stated scale. Send the field "
        "(null where there is no answer) only if the source asks its customers: Svar then does not.",
        examples=[9],
    )
    score_at: Moment | None = Field(
        None, description="When that score was given.", examples=["2026-03-02T10:30:00+01:00"]
    )
    comment: Words | None = Field(
        None, description="The customer's own words, at most 10,000 characters.", examples=["Fikk god hjelp"]
    )
    hit: bool | None = Field(None, description="Whether the contact led to a sale.", examples=[False])
    hit_value: Money | None = Field(None, description="Value of that sale in NOK.", examples=["1499.00"])

    @field_validator("score")
    @classmethod
    def _on_its_scale(cls, value: int | None, info: ValidationInfo) -> int | None:
        low, high = scale_limits(info.data.get("score_scale"))
        if value is not None and not low <= value <= high:
            raise PydanticCustomError("scale", f"is not between {low} and {high}")
        return value

    @model_validator(mode="after")
    def _plausible(self) -> Contact:
        _later(self.offered_at, self.answered_at, "answered_at lies before offered_at")
        _later(self.answered_at, self.ended_at, "ended_at lies before answered_at")
        _later(self.offered_at, self.ended_at, "ended_at lies before offered_at")
        if self.answered is False and self.answered_at is not None:
            raise PydanticCustomError("contradiction", "answered is false but answered_at is given")
        parts = sum(part or 0 for part in (self.talk_s, self.hold_s, self.wrap_s))
        if parts > MAX_DURATION_S:
            raise PydanticCustomError("too_long", "talk_s, hold_s and wrap_s together exceed 24 hours")
        if self.handling_s is not None and parts > self.handling_s + ROUNDING_S:
            raise PydanticCustomError("contradiction", "handling_s is less than talk_s, hold_s and wrap_s")
        return self


class Sale(Record):
    """A sale that followed from a contact, sent whenever it is known, also weeks later."""

    KIND: ClassVar[str] = "sale"
    ID: ClassVar[str] = "sale_id"

    sale_id: Identifier = Field(description="The source's own id.", examples=["o-5501"])
    contact_id: Identifier = Field(
        description="The contact it followed from (which may come later).", examples=["c-20260302-0815"]
    )
    sold_at: Moment = Field(description="When it was sold.", examples=["2026-03-02T10:14:00+01:00"])
    kind: SaleKind | None = Field(None, description="What kind of sale.", examples=["upgrade"])
    product: Label | None = Field(None, description="The product sold.", examples=["Fibre 500"])
    value: Money | None = Field(None, description="Its value.", examples=["1499.00"])
    currency: Currency | None = Field(None, description="NOK, the only one; left out: NOK.", examples=["NOK"])
    cancelled: bool | None = Field(
        None,
        description="Called off afterwards: send the sale again with true, and it counts for nothing.",
        examples=[False],
    )


class Case(Record):
    """A matter of a customer, from the first contact until it is closed."""

    KIND: ClassVar[str] = "case"
    ID: ClassVar[str] = "case_id"

    case_id: Identifier = Field(description="The source's own id.", examples=["s-991"])
    opened_at: Moment = Field(description="When it was opened.", examples=["2026-03-02T10:05:00+01:00"])
    closed_at: Moment | None = Field(
        None,
        description="When it was closed; left out while it is open.",
        examples=["2026-03-04T12:00:00+01:00"],
    )
    topic: Label | None = Field(None, description="What it is about.", examples=["Invoice"])
    customer_id: Identifier | None = Field(
        None, description="The customer's number in the company's systems.", examples=["100042"]
    )

    @model_validator(mode="after")
    def _plausible(self) -> Case:
        _later(self.opened_at, self.closed_at, "closed_at lies before opened_at")
        return self


class Session(Record):
    """One visit of a customer to the website, the app or the bot."""

    KIND: ClassVar[str] = "session"
    ID: ClassVar[str] = "session_id"

    session_id: Identifier = Field(description="The source's own id.", examples=["w-77120"])
    customer_id: Identifier = Field(
        description="The customer's number in the company's systems.", examples=["100042"]
    )
    started_at: Moment = Field(description="When it began.", examples=["2026-03-02T09:40:00+01:00"])
    ended_at: Moment | None = Field(
        None, description="When it ended, if known.", examples=["2026-03-02T09:52:00+01:00"]
    )
    channel: SessionChannel | None = Field(None, description="Where.", examples=["web"])
    topic: Label | None = Field(None, description="What it was about.", examples=["Invoice"])
    completed: bool | None = Field(
        None, description="Whether the customer got done what they came for, if known.", examples=[False]
    )

    @model_validator(mode="after")
    def _plausible(self) -> Session:
        _later(self.started_at, self.ended_at, "ended_at lies before started_at")
        return self


class CallsOffered(Record):
    """How many calls one queue was offered in one interval."""

    KIND: ClassVar[str] = "calls_offered"
    ID: ClassVar[str] = "interval_id"  # partner|team|channel|interval_start, see data/records/log_rows.py

    partner: Label = Field(description="Who the calls were offered to.", examples=["Nord"])
    interval_start: Moment = Field(
        description="Start of the interval.", examples=["2026-03-02T10:00:00+01:00"]
    )
    offered: Count = Field(description="Calls offered.", examples=[42])
    team: Label | None = Field(None, description="Team within the partner.", examples=["Nord 1"])
    channel: Code | None = Field(None, description="phone, chat, email, store or web.", examples=["phone"])
    interval_s: IntervalSeconds = Field(900, description="Length of the interval in seconds.", examples=[900])
    answered: Count | None = Field(None, description="Of them answered.", examples=[39])
    answered_within_s20: Count | None = Field(
        None, description="Of them answered within 20 seconds.", examples=[31]
    )
    abandoned: Count | None = Field(None, description="Of them given up by the caller.", examples=[3])
    wait_s: TotalSeconds | None = Field(
        None, description="Seconds waited, summed over the interval's answered calls.", examples=[560]
    )

    @field_validator("interval_s", mode="before")
    @classmethod
    def _default(cls, value: Any) -> Any:
        return 900 if value is None else value

    @model_validator(mode="after")
    def _plausible(self) -> CallsOffered:
        if self.answered is not None and self.answered > self.offered:
            raise PydanticCustomError("contradiction", "answered is more than offered")
        if (self.answered_within_s20 or 0) > (self.offered if self.answered is None else self.answered):
            raise PydanticCustomError("contradiction", "answered_within_s20 is more than answered")
        if (self.abandoned or 0) > self.offered:
            raise PydanticCustomError("contradiction", "abandoned is more than offered")
        return self


_ALL: tuple[type[Record], ...] = (Contact, Sale, Case, Session, CallsOffered, *REFERENCES)
RECORDS: dict[str, type[Record]] = {model.KIND: model for model in _ALL}
# Where each is posted.
PATHS = {
    "contact": "/api/contacts",
    "sale": "/api/sales",
    "case": "/api/cases",
    "session": "/api/sessions",
    "calls_offered": "/api/calls-offered",
    "topic": "/api/topics",
    "product": "/api/products",
    "active_customers": "/api/active-customers",
    "hour_cost": "/api/hour-costs",
    "target": "/api/targets",
}
