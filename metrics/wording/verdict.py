"""What a comparison says, in one or two sentences a team lead understands and a statistician accepts."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.inference.base import thresholds
from metrics.inference.base.missing import NO_SUPPORT, reason_text
from metrics.inference.base.results import Difference, Estimate
from metrics.wording import numbers
from texts.sentences import Sentences


@dataclass(frozen=True)
class Labels:
    """What is compared, in the language of the sentence.

    ``unit`` is one of ``numbers.UNITS`` (share, seconds, nok, score, index, per_thousand, count, number).
    ``better`` is ``higher``, ``lower`` or empty where neither is.
    """

    metric: str
    first: str
    second: str
    unit: str
    better: str = ""

    def __post_init__(self) -> None:
        if self.unit not in numbers.UNITS or self.better not in {"higher", "lower", ""}:
            raise ValueError(f"unknown unit or direction: {self.unit!r}, {self.better!r}")


_TEXT = Sentences("verdict")


def verdict(
    first: Estimate,
    second: Estimate,
    difference: Difference,
    labels: Labels,
    *,
    language: str = "nb",
    unknown: int = 0,
    minimum_n: int = thresholds.RANKED,
) -> str:
    """The comparison as text in ``nb`` or ``en``; ``unknown`` contacts that belong to neither group.

    A difference is claimed only where the interval that is shown excludes 0; the always-valid interval
    is the one shown wherever there is one. KeyError for another language.
    """
    text = _TEXT[language]
    names = {"metric": labels.metric, "first": labels.first, "second": labels.second}
    sizes = {key: numbers.decimal(e.n, 0, language) for key, e in (("n1", first), ("n2", second))}
    limits = difference.interval
    # Groups without a stratum in common have no n like for like, however many contacts they have.
    apart = difference.reason == NO_SUPPORT
    if min(first.n, second.n) < minimum_n and not apart:
        few = {key: numbers.size(e.n, language) for key, e in (("few1", first), ("few2", second))}
        sentence = text["few"].format(**names, **few, needed=minimum_n)
    elif difference.difference is None or limits is None or first.value is None or second.value is None:
        sentence = text["none"].format(**names, reason=reason_text(difference.reason, language)).rstrip()
    else:
        one, other = numbers.levels(first.value, second.value, labels.unit, language)
        values = {
            "a": one,
            "b": other,
            "interval": text["always" if difference.low_always is not None else "interval"],
        }
        sentence = _shown(difference.difference, limits, labels, language, {**names, **sizes, **values})
    if unknown:
        sentence += text["unknown"].format(unknown=numbers.decimal(unknown, 0, language))
    return sentence[0].upper() + sentence[1:]


def _shown(
    value: float, limits: tuple[float, float], labels: Labels, language: str, filled: dict[str, str]
) -> str:
    text = _TEXT[language]
    low, high = limits
    places = numbers.decimals(labels.unit, [value, low, high])
    if low <= 0 <= high:
        return text["unseen"].format(
            **filled,
            low=numbers.gap(low, labels.unit, language, places, bare=True),
            high=numbers.gap(high, labels.unit, language, places),
            missed=numbers.gap(max(-low, high), labels.unit, language, places),
        )
    direction = "higher" if value > 0 else "lower"
    judged = "" if not labels.better else text["good" if labels.better == direction else "bad"]
    near, far = sorted((abs(low), abs(high)))
    return text["seen"].format(
        **filled,
        direction=text[direction],
        judged=judged,
        gap=numbers.gap(abs(value), labels.unit, language, places),
        low=numbers.gap(near, labels.unit, language, places, bare=True),
        high=numbers.gap(far, labels.unit, language, places),
    )
