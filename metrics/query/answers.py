"""What a reader answers: values and comparisons, frozen, with n, interval and reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from metrics.catalog.catalog import metric as metric_of
from metrics.inference import Difference, Estimate, to_json
from metrics.inference.base.missing import NO_GROUPS, NO_STRATA
from metrics.inference.compare.kitagawa import Decomposition
from metrics.wording import missing
from metrics.wording.sentences import split_sentence
from metrics.wording.verdict import Labels, verdict
from texts.sentences import Names

# A group of a comparison, in words. Other groups are called by their own names.
GROUPS = Names("groups")

# Reasons that are about the figure, not about how much of it there is.
NOT_KEPT = (NO_GROUPS, NO_STRATA)
ALIKE = Names("notes")["alike"]


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
    pending: bool = False  # some of its days are still to be made anew

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
    effect: float | None = None  # without a unit: see metrics.inference.effects
    adjusted: Comparison | None = None  # like for like, where that was asked
    unknown: int = 0
    reason: str = ""
    reason_always: str = ""  # why there are no always-valid limits
    method: str = "contacts"  # or robust: with the noise of clusters
    cluster: str = ""  # agent, customer
    clusters: dict[str, int] = field(default_factory=dict)  # how many each group has
    design_effect: float | None = None  # the interval's variance ÷ that without clusters
    source: str = ""  # the cube it was read from, or ``facts``
    pending: bool = False  # some of its days are still to be made anew
    # Of an adjusted one:
    alike: tuple[str, ...] = ()
    weights: str = ""
    support: float | None = None  # share of observations in strata that both have
    strata: int | None = None
    dropped: int | None = None  # strata that only one has
    split: Decomposition | None = None  # where the raw gap comes from; of means and shares

    @classmethod
    def of(cls, metric: str, groups: dict[str, Estimate], found: Difference, **more: Any) -> Comparison:
        """A comparison from what the statistics found."""
        return cls(metric, groups, **asdict(found), **more)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The limits to show: those that allow for repeated looks where there are any, as in words."""
        if self.low_always is not None and self.high_always is not None:
            return self.low_always, self.high_always
        return self.low, self.high

    @property
    def verdict(self) -> str:
        """The sentence in English."""
        return self.sentence("en")

    def sentence(self, language: str) -> str:
        """What it means, in ``nb`` or ``en``, for someone who is no statistician."""
        one, other = self.groups.values()
        if self.reason in missing.TEXTS or self.reason in NOT_KEPT:
            name = metric_of(self.metric).name[language]
            return f"{name}: {missing.text(self.reason, language)}"
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
        return verdict(one, other, found, self.labels(language), language=language, unknown=self.unknown)

    def sentences(self, language: str) -> list[str]:
        """What it means, as it is and like for like, and where the gap comes from."""
        found = [self.sentence(language)]
        if self.adjusted is not None:
            found.append(f"{ALIKE[language]}: {self.adjusted.sentence(language)}")
            if self.adjusted.split is not None and self.adjusted.split.raw is not None:
                found.append(split_sentence(self.adjusted.split, self.labels(language), language))
        return found

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """The keys of the command line."""
        content = to_json(self)
        content["adjusted"] = self.adjusted.to_json(language) if self.adjusted else None
        return content | {"verdict": self.sentence(language)}

    def labels(self, language: str) -> Labels:
        """What is compared, for a sentence in ``nb`` or ``en``."""
        entry = metric_of(self.metric)
        first, second = self.groups
        name = entry.name[language]
        if not name[:2].isupper():
            name = name[0].lower() + name[1:]
        return Labels(
            metric=name,
            first=_group(first, language),
            second=_group(second, language),
            unit=entry.unit,
            better=entry.better,
        )


def _group(name: str, language: str) -> str:
    return GROUPS[name][language] if name in GROUPS else name
