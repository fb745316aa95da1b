"""What is asked, in names of the catalogue, and the sums that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from metrics.catalog.catalog import COLUMNS, SCORES, Dimension, Metric, check_dimensions, dimension
from metrics.catalog.models import COUNTED

# Sums made of other sums, or of what is known about the partner.
DERIVED: dict[str, tuple[str, tuple[str, ...]]] = {
    "scored": (" + ".join(SCORES), SCORES),
    "unknown": ("route_unknown", ("route_unknown",)),
    "answered_selling": ("case when partner in (from selling) then answered else 0 end", ("answered",)),
    "return_n_mature": ("case when day <= $mature then return_n else 0 end", ("return_n",)),
    "still_coming": ("case when day > $recent then delivered else 0 end", ("delivered",)),
    "return_none_mature": ("case when day <= $mature then return_none else 0 end", ("return_none",)),
}
# Sums that look at the need of the topic, as stated now: which needs.
NEEDS = {
    "need_value": ("value",),
    "need_neutral": ("neutral",),
    "need_unwanted": ("unwanted",),
    "need_known": ("value", "neutral", "unwanted"),
    "removable": ("neutral", "unwanted"),
}
DERIVED |= {
    name: (f"case when topic in (from {name}_topic) then contacts else 0 end", ("contacts",))
    for name in ("need_value", "need_neutral", "need_unwanted", "need_known")
}
DERIVED |= {
    f"removable_{name}": (
        f"case when topic in (from removable_topic) then {base} else 0 end",
        (base,),
    )
    for name, base in {"n": "handling_n", "s": "handling_s", "squares": "handling_squares"}.items()
}
# What an hour costs by the contact's partner and day; and whether there is a count of active customers.
_SECOND = "(cost_minor / 360000.0)"
_COSTED = "topic in (from removable_topic) and cost_minor is not null"
DERIVED |= {
    "costed_n": (f"case when {_COSTED} then handling_n else 0 end", ("handling_n",)),
    "costed_nok": (
        f"case when {_COSTED} then handling_s * {_SECOND} else 0 end",
        ("handling_s",),
    ),
    "costed_squares": (
        f"case when {_COSTED} then handling_squares * {_SECOND} * {_SECOND} else 0 end",
        ("handling_squares",),
    ),
    "rated_contacts": ("case when rated then contacts else 0 end", ("contacts",)),
}
BROKEN = {"costed_nok", "costed_squares"}  # sums that are not whole numbers
# Columns of the source that sums look at, beside the sums they are made of.
LOOKED_AT = {name: {"topic"} for name in DERIVED if name.startswith(("need_", "removable_", "costed_"))}
CUSTOMER = Dimension("customer", "customer", "customer")
# What a question divides by: a column of its cells, made apart from them.
EXPOSURE = "customer_months"


@dataclass(frozen=True)
class Question:
    """What is asked, in names of the catalogue."""

    metrics: tuple[Metric, ...]
    by: tuple[Dimension, ...] = ()
    where: tuple[tuple[Dimension, tuple[str, ...]], ...] = ()
    start: date | None = None
    end: date | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    as_of: date = date.max

    @property
    def columns(self) -> set[str]:
        """The columns that dimensions, filters and sums need."""
        cuts = {cut.column for cut in self.by} | {cut.column for cut, _ in self.where}
        named = {name for metric in self.metrics for name in (*metric.measures, *metric.parts)}
        return cuts.union(*(LOOKED_AT[name] for name in named if name in LOOKED_AT))

    @property
    def subject(self) -> str:
        """What the sums are of."""
        return self.metrics[0].subject if self.metrics else "contact"


def question(
    metrics: Sequence[Metric],
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    *,
    start: date | None = None,
    end: date | None = None,
    settings: Mapping[str, int] | None = None,
    as_of: date = date.max,
) -> Question:
    """A question from names, of metrics of one subject. UnknownNameError for a dimension that does not exist,
    or that one of the metrics does not have."""
    for metric in metrics:
        check_dimensions(metric, [dimension(name).id for name in (*by, *(where or {}))])
    filters = tuple((dimension(name), tuple(values)) for name, values in (where or {}).items())
    return Question(tuple(metrics), tuple(map(dimension, by)), filters, start, end, settings or {}, as_of)


def parameters(asked: Question, needed: Sequence[str]) -> dict[str, Any]:
    """What the metrics' SQL names as ``$parameters``."""
    used = {name for metric in asked.metrics for name in metric.settings}
    values: dict[str, Any] = {name: asked.settings[name] for name in used}
    if waits := {metric.matures_days for metric in asked.metrics} - {0}:
        values["mature"] = asked.as_of - timedelta(days=max(waits))
    if "still_coming" in needed:
        window = timedelta(hours=asked.settings.get("answer_window_h", 72))
        values["recent"] = asked.as_of - timedelta(days=-(-window // timedelta(days=1)))
    return values


def layout(asked: Question) -> list[tuple[int, int, int]]:
    """Where each metric's columns and then its parts begin, and where they end, in a row of the answer."""
    places, at = [], len(asked.by)
    for metric in asked.metrics:
        middle = at + len(COLUMNS[metric.kind])
        places.append((at, middle, middle + len(metric.parts)))
        at = middle + len(metric.parts)
    return places


def needed_sums(asked: Question) -> list[str]:
    """The sums that a question's metrics are made of: of the cubes, or derived from those."""
    if asked.subject == "customer":
        return ["contacts", "customers", "buyers", "of_nobody_known"]
    named = [COUNTED[asked.subject]]
    named += [name for metric in asked.metrics for name in (*metric.measures, *metric.parts)]
    return list(dict.fromkeys(named))


def plain_sums(needed: Sequence[str]) -> list[str]:
    """The measures of cubes that the needed ones are made of."""
    made = [name for name in needed if name != EXPOSURE]
    plain = [base for name in made for base in (DERIVED[name][1] if name in DERIVED else (name,))]
    return list(dict.fromkeys(plain))
