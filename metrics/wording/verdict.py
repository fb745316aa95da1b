"""What a comparison says, in one or two sentences a team lead understands and a statistician accepts."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.inference.base import thresholds
from metrics.inference.base.missing import NO_SUPPORT, reason_text
from metrics.inference.base.results import Difference, Estimate
from metrics.wording import numbers


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


_TEXT = {
    "nb": {
        "higher": "høyere",
        "lower": "lavere",
        "good": ", altså bedre,",
        "bad": ", altså dårligere,",
        "seen": "{metric} er {direction}{judged} for {first} enn for {second}: {a} mot {b}. "
        "Forskjellen er {gap} (95 %-{interval} fra {low} til {high}; n = {n1} og {n2}).",
        "unseen": "Det er ikke påvist noen forskjell i {metric} mellom {first} ({a}, n = {n1}) og {second} "
        "({b}, n = {n2}). 95 %-{interval} for forskjellen går fra {low} til {high}, "
        "så en forskjell på inntil {missed} kan ha gått oss forbi.",
        "few": "For lite data til å sammenligne {metric}: {few1} for {first} og {few2} for {second}. "
        "Det trengs minst {needed} i hver gruppe.",
        "none": "{metric} kan ikke sammenlignes mellom {first} og {second}. {reason}",
        "interval": "intervall",
        "always": "intervall (som tåler gjentatte blikk)",
        "unknown": " {unknown} kontakter med ukjent vei inn er ikke med.",
    },
    "en": {
        "higher": "higher",
        "lower": "lower",
        "good": ", which is better,",
        "bad": ", which is worse,",
        "seen": "{metric} is {direction}{judged} for {first} than for {second}: {a} against {b}. "
        "The difference is {gap} (95% {interval} from {low} to {high}; n = {n1} and {n2}).",
        "unseen": "No difference in {metric} has been shown between {first} ({a}, n = {n1}) and {second} "
        "({b}, n = {n2}). The 95% {interval} for the difference runs from {low} to {high}, "
        "so a difference of up to {missed} may have gone unseen.",
        "few": "Too little data to compare {metric}: {few1} for {first} and {few2} for {second}. "
        "At least {needed} in each group are needed.",
        "none": "{metric} cannot be compared between {first} and {second}. {reason}",
        "interval": "interval",
        "always": "interval (which allows for repeated looks)",
        "unknown": " {unknown} contacts of unknown route are left out.",
    },
}


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
