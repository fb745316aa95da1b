"""What can be asked: every metric and every dimension, with their meaning. Nothing else has a name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "catalog.toml"
SCORES = tuple(f"score_{score}" for score in range(1, 11))

# What a metric's SQL returns for its kind, beside the cell.
COLUMNS: dict[str, tuple[str, ...]] = {
    "mean": ("n", "total", "squares"),
    "share": ("n", "hits"),
    "score": SCORES,
    "rate": ("n", "total", "squares", "exposure"),
    "count": ("count",),
}


class UnknownNameError(KeyError):
    """A metric or dimension that does not exist; the message says which do."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Metric:
    """One entry of the catalogue. ``unit`` as in the statistics: share, seconds, nok, score, index."""

    id: str
    kind: str
    unit: str
    better: str  # higher, lower, or "" where neither is
    minimum_n: int
    name: dict[str, str]
    definition: dict[str, str]
    source: str
    measures: tuple[str, ...]
    parts: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    scale: str = ""
    q: float = 0.5  # of a quantile: which
    cluster: str = ""  # what observations have in common when groups are compared: customer, day
    matures_days: int = 0  # a day counts only when so many have passed
    reasons: bool = False
    subject: str = "contact"  # what its sums are of: contact, customer, queue (calls offered), session
    bins: str = "handling_bin"  # of a quantile: the dimension of its histogram
    missing: str = ""  # the reason where nothing was counted but could have been
    sql: str = ""  # the file of its SQL, where that is not called as itself

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions that it has."""
        return SUBJECT_DIMENSIONS.get(self.subject, tuple(DIMENSIONS))

    @property
    def adds_up(self) -> bool:
        """Whether the sums of groups are those of the whole: not of customers, who stand in many groups, nor
        of what is divided by something that the groups share."""
        return self.kind != "rate" and self.subject != "customer"


@dataclass(frozen=True)
class Dimension:
    """A cut: the column it needs, and the text it shows for it."""

    id: str
    column: str
    text: str  # an SQL expression of the column
    name: dict[str, str] = field(default_factory=dict)


def _dimension(name: str, nb: str, en: str, column: str = "", text: str = "") -> Dimension:
    column = column or name
    return Dimension(name, column, text or column, {"nb": nb, "en": en})


DIMENSIONS: dict[str, Dimension] = {
    dimension.id: dimension
    for dimension in (
        _dimension("day", "Dag", "Day", text="strftime(day, '%Y-%m-%d')"),
        _dimension("week", "Uke", "Week", "day", "strftime(day, '%G-W%V')"),
        _dimension("month", "Måned", "Month", "day", "strftime(day, '%Y-%m')"),
        _dimension("weekday", "Ukedag", "Weekday", "day", "cast(isodow(day) as varchar)"),
        _dimension("hour", "Time", "Hour", text="coalesce(printf('%02d', hour), '')"),
        _dimension("partner", "Partner", "Partner"),
        _dimension("team", "Team", "Team"),
        _dimension("agent", "Agent", "Agent"),
        _dimension("channel", "Kanal", "Channel"),
        _dimension("topic", "Tema", "Topic"),
        # By the topic, as stated now: a column of its own would have to be made anew with every change.
        _dimension(
            "need", "Behov", "Need", "topic", "coalesce((select need from need_of where name = topic), '')"
        ),
        # One of 64, by hash: whoever has several contacts is always in the same.
        _dimension("customer_group", "Kundegruppe", "Customer group"),
        _dimension("language", "Språk", "Language"),
        _dimension("self_service_first", "Vei inn", "Route", "route"),
        _dimension("score_source", "Svarets kilde", "Score source"),
        _dimension("survey_reason", "Årsak", "Reason"),
        _dimension(
            "handling_bin", "Tidsklasse", "Time bin", text="coalesce(cast(handling_bin as varchar), '')"
        ),
        _dimension(
            "resolution_bin",
            "Løsningstid, klasse",
            "Resolution bin",
            text="coalesce(cast(resolution_bin as varchar), '')",
        ),
    )
}


_DAYS = ("day", "week", "month", "weekday")
# What is no contact has fewer dimensions.
SUBJECT_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "queue": (*_DAYS, "hour", "partner", "team", "channel"),
    "session": (*_DAYS, "hour", "channel", "topic", "need"),
}


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by its name, in the order of the catalogue."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    lists = ("measures", "parts", "settings")
    found = {}
    for name, entry in entries.items():
        fields: dict[str, Any] = {key: tuple(v) if key in lists else v for key, v in entry.items()}
        found[name] = Metric(id=name, **fields)
    return found


def metric(name: str) -> Metric:
    """The metric of that name. UnknownNameError when there is none."""
    try:
        return metrics()[name]
    except KeyError:
        raise UnknownNameError(f"there is no metric {name!r}; there are: {', '.join(metrics())}") from None


def unit(name: str) -> str:
    """The unit of a metric: share, seconds, nok, score, index …"""
    return metric(name).unit


def kept_by(metric: Metric, names: Iterable[str]) -> bool:
    """Whether a metric has all of the dimensions. UnknownNameError for one that does not exist."""
    return {dimension(name).id for name in names} <= set(metric.dims)


def check_dimensions(metric: Metric, names: Iterable[str]) -> None:
    """UnknownNameError where a metric lacks one of the dimensions; the message says which it has."""
    for name in names:
        if name not in metric.dims:
            raise UnknownNameError(f"{metric.id} has no dimension {name!r}; it has: {', '.join(metric.dims)}")


def dimension(name: str) -> Dimension:
    """The dimension of that name. UnknownNameError when there is none."""
    try:
        return DIMENSIONS[name]
    except KeyError:
        raise UnknownNameError(
            f"there is no dimension {name!r}; there are: {', '.join(DIMENSIONS)}"
        ) from None


# What is counted, rather than estimated: how many contacts a group has, and how many with a handling time.
CONTACTS = Metric(
    id="counted",
    kind="count",
    unit="count",
    better="",
    minimum_n=0,
    name={"nb": "Kontakter", "en": "Contacts"},
    definition={"nb": "Antall kontakter.", "en": "Number of contacts."},
    source="Every contact, whatever became of it.",
    measures=("contacts",),
)
# The histograms of quantiles, by the dimension of their bins.
BINNED = {
    "handling_bin": replace(CONTACTS, id="timed", measures=("handling_n",)),
    "resolution_bin": replace(CONTACTS, id="resolved", measures=("resolution_n",)),
}
# How many there are of each subject.
COUNTS = {
    "contact": CONTACTS,
    "customer": replace(CONTACTS, subject="customer"),
    "queue": replace(CONTACTS, id="intervals", measures=("intervals",), subject="queue"),
    "session": replace(CONTACTS, id="sessions", measures=("sessions",), subject="session"),
}
