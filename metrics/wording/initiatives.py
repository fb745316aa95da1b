"""What an initiative has done, in one sentence (nb, en)."""

from __future__ import annotations

from metrics.analysis.initiatives import Outcome
from metrics.inference.base import missing
from metrics.wording.numbers import day, decimal

_TEXT = {
    "nb": {
        "fewer": "{avoided} færre kontakter ({low} til {high}) på {weeks} uker: {effect} % færre enn uten.",
        "more": "{avoided} flere kontakter ({low} til {high}) på {weeks} uker: {effect} % flere enn uten.",
        "open": "Ikke målbart ennå. Tallene etter {weeks} uker passer med alt fra {low} til {high}.",
        "fewer_n": "{n} færre kontakter",
        "more_n": "{n} flere kontakter",
        "later": "Ikke målbart ennå. Tidligst {day} er det gått nok uker.",
        "ahead": "Foreslått. Lanseres {day}.",
        "never": "Kan ikke måles: det finnes ikke åtte uker med kontakter fra før lanseringen.",
        "ended": "Kan ikke måles: tiltaket varte i mindre enn tre uker.",
        "gone": "Ingen data: temaene hadde ingen kontakter før lanseringen.",
    },
    "en": {
        "fewer": "{avoided} fewer contacts ({low} to {high}) in {weeks} weeks: {effect}% fewer than without.",
        "more": "{avoided} more contacts ({low} to {high}) in {weeks} weeks: {effect}% more than without.",
        "open": "Not yet measurable. After {weeks} weeks the figures fit anything from {low} to {high}.",
        "fewer_n": "{n} fewer contacts",
        "more_n": "{n} more contacts",
        "later": "Not yet measurable. There are enough weeks on {day} at the earliest.",
        "ahead": "Proposed. To be launched on {day}.",
        "never": "Cannot be measured: there are not eight weeks of contacts from before the launch.",
        "ended": "Cannot be measured: it lasted for less than three weeks.",
        "gone": "No data: its topics had no contacts before the launch.",
    },
}  # fmt: skip


def sentence(outcome: Outcome, language: str) -> str:
    """What it has done, how sure that is, or from when it can be said."""
    say, found, avoided = _TEXT[language], outcome.impact, outcome.impact.avoided
    if avoided.value is None or avoided.low is None or avoided.high is None:
        return _missing(outcome, language)
    if found.reason:
        least, most = (_signed(value, language) for value in (avoided.low, avoided.high))
        return say["open"].format(weeks=found.weeks_after, low=least, high=most)
    sign = 1 if avoided.value > 0 else -1
    low, high = sorted((sign * avoided.low, sign * avoided.high))
    return say["fewer" if sign > 0 else "more"].format(
        avoided=decimal(abs(avoided.value), 0, language),
        weeks=found.weeks_after,
        low=decimal(low, 0, language),
        high=decimal(high, 0, language),
        effect=decimal(abs(100 * (found.effect.value or 0.0)), 0, language),
    )


def _signed(avoided: float, language: str) -> str:
    key = "fewer_n" if avoided >= 0 else "more_n"
    return _TEXT[language][key].format(n=decimal(abs(avoided), 0, language))


def _missing(outcome: Outcome, language: str) -> str:
    say, measure = _TEXT[language], outcome.initiative
    if outcome.impact.reason != missing.TOO_SHORT:
        if outcome.impact.reason == missing.NO_DATA:
            return say["gone"]
        return missing.reason_text(outcome.impact.reason, language)
    if outcome.ahead:
        return say["ahead"].format(day=day(measure.launched, language))
    if outcome.measurable_from is not None:
        return say["later"].format(day=day(outcome.measurable_from, language))
    return say["ended" if outcome.long_enough_before else "never"]
