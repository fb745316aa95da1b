"""Topics, products, active customers, costs and targets.

Few rows that people keep themselves. They come in like any other record: by file or API, each with a key,
the latest version of a row counts. Where a partner is left out, the row is about all of them.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from data.records.base import Record
from data.records.types import (
    Amount,
    Customers,
    Day,
    Ease,
    Factor,
    Filters,
    Identifier,
    Label,
    MetricName,
    Money,
    Month,
    Need,
)


class Topic(Record):
    """What is known of a topic: whether such contacts are wanted, how easily they go away, what one costs."""

    KIND: ClassVar[str] = "topic"
    ID: ClassVar[str] = "topic"

    topic: Label = Field(description="The topic, as contacts name it.", examples=["Invoice"])
    need: Need | None = Field(
        None,
        description="value (refine such contacts), neutral (automate them) or unwanted (remove them).",
        examples=["unwanted"],
    )
    ease: Ease | None = Field(
        None, description="How easily such contacts can be removed: 1 hard, 5 easy.", examples=[4]
    )
    contact_cost: Money | None = Field(None, description="Cost of one contact in NOK.", examples=["85.00"])


class Product(Record):
    """What is known of a product: how much its sales count."""

    KIND: ClassVar[str] = "product"
    ID: ClassVar[str] = "product"

    product: Label = Field(description="The product, as sales name it.", examples=["Fibre 500"])
    progression: Factor | None = Field(
        None, description="Factor on the value of its sales; left out: 1.", examples=["1.25"]
    )


class ActiveCustomers(Record):
    """How many customers there were in a month: what contacts per 1,000 customers are counted against."""

    KIND: ClassVar[str] = "active_customers"
    ID: ClassVar[str] = "active_id"  # month|partner, see data/records/log_rows.py

    month: Month = Field(description="The month: 2026-03, or any day of it.", examples=["2026-03"])
    customers: Customers = Field(description="Active customers then.", examples=[120_000])
    partner: Label | None = Field(
        None, description="Served by this partner; left out: all.", examples=["Nord"]
    )


class HourCost(Record):
    """What an hour of handling costs, from a day on until the next row's."""

    KIND: ClassVar[str] = "hour_cost"
    ID: ClassVar[str] = "cost_id"  # valid_from|partner, see data/records/log_rows.py

    valid_from: Day = Field(description="First day it holds.", examples=["2026-01-01"])
    cost: Money = Field(description="Cost of one handling hour in NOK.", examples=["540.00"])
    partner: Label | None = Field(None, description="At this partner; left out: all.", examples=["Nord"])


class Target(Record):
    """What a metric shall be, by when, and who answers for it."""

    KIND: ClassVar[str] = "target"
    ID: ClassVar[str] = "target_id"

    target_id: Identifier = Field(description="The target's own id.", examples=["t-2026-csat"])
    metric: MetricName = Field(description="The metric's name, as `metrics show` has it.", examples=["csat"])
    filters: Filters | None = Field(
        None,
        description="Dimension and value, as a JSON object: for these contacts only.",
        examples=[{"channel": "phone"}],
    )
    baseline: Amount | None = Field(
        None, description="Its value when the target was set, in the metric's unit.", examples=[7.4]
    )
    target: Amount = Field(description="The value to be reached, in the metric's unit.", examples=[8])
    start: Day | None = Field(None, description="First day that counts.", examples=["2026-01-01"])
    by: Day = Field(description="The day by which it shall be reached.", examples=["2026-12-31"])
    owner: Label | None = Field(
        None, description="Who answers for it: a role rather than a name.", examples=["Head of service"]
    )
    withdrawn: bool | None = Field(
        None,
        description="Given up, or set by mistake: send the target again with true, and it is shown no more.",
        examples=[False],
    )

    @model_validator(mode="after")
    def _plausible(self) -> Target:
        start: date | None = self.start
        if start is not None and self.by < start:
            raise PydanticCustomError("order", "by lies before start")
        return self


REFERENCES: tuple[type[Record], ...] = (Topic, Product, ActiveCustomers, HourCost, Target)
