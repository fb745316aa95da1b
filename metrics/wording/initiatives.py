"""What an initiative has done, in one sentence (nb, en)."""

from __future__ import annotations

from metrics.analysis.initiatives import Outcome
from metrics.inference.base import missing
from metrics.wording.numbers import day, decimal
from texts.sentences import Sentences

_TEXT = Sentences("initiatives")


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
