"""What a reader answers: values and comparisons, frozen, with n, interval and reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from metrics import reasons
from metrics.catalogue import metric as metric_of
from metrics.inference import Difference, Estimate, Labels, verdict

# A group of a comparison, in words. Other groups are called by their own names.
GROUPS = {
    "self_service_first": {"nb": "selvbetjening først", "en": "self-service first"},
    "direct": {"nb": "direkte kontakt", "en": "direct contact"},
}


@dataclass(frozen=True)
class Value:
    """One metric of one group. ``value`` is None with a reason, never a neutral-looking number."""

    metric: str
    dims: dict[str, str]
    value: float | None
    n: int
    low: float | None
    high: float | None
    reason: str
    parts: dict[str, float | int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The keys of the command line: the dimensions, then the value and what belongs beside it."""
        own = {key: value for key, value in asdict(self).items() if key != "dims"}
        # A metric may bear the name of a dimension, but no dimension that of a key.
        return {**self.dims, **own}


@dataclass(frozen=True)
class Comparison:
    """The first group minus the second."""

    metric: str
    groups: dict[str, Estimate]
    difference: float | None
    low: float | None
    high: float | None
    low_always: float | None
    high_always: float | None
    p: float | None
    effect: float | None = None
    adjusted: Comparison | None = None
    unknown: int = 0
    reason: str = ""
    support: float | None = None  # of an adjusted one: share of observations in strata that both have

    @classmethod
    def of(cls, metric: str, groups: dict[str, Estimate], found: Difference, **more: Any) -> Comparison:
        """A comparison from what the statistics found."""
        return cls(metric, groups, **asdict(found), **more)

    @property
    def verdict(self) -> str:
        """The sentence in English."""
        return self.sentence("en")

    def sentence(self, language: str) -> str:
        """What it means, in ``nb`` or ``en``, for someone who is no statistician."""
        entry = metric_of(self.metric)
        (first, one), (second, other) = self.groups.items()
        name = entry.name[language]
        if not name[:2].isupper():
            name = name[0].lower() + name[1:]
        labels = Labels(
            metric=name,
            first=GROUPS.get(first, {}).get(language, first),
            second=GROUPS.get(second, {}).get(language, second),
            unit=entry.unit,
            better=entry.better,
        )
        if self.reason in reasons.TEXTS:
            return f"{entry.name[language]}: {reasons.text(self.reason, language)}"
        found = Difference(
            self.difference,
            self.low,
            self.high,
            self.low_always,
            self.high_always,
            self.p,
            self.effect,
            self.reason,
        )
        return verdict(one, other, found, labels, language=language, unknown=self.unknown)

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """The keys of the command line."""
        content = asdict(self)
        content["adjusted"] = self.adjusted.to_json(language) if self.adjusted else None
        return content | {"verdict": self.sentence(language)}
