"""Splits, initiatives, forecasts and alarms in a sentence each, for those who are no statisticians."""

from __future__ import annotations

from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import Estimate
from metrics.inference.compare.kitagawa import Decomposition
from metrics.inference.over_time.alarms import SPIKE, Alarm
from metrics.inference.over_time.initiatives import Forecast, Impact
from metrics.wording import numbers
from metrics.wording.verdict import Labels
from texts.sentences import Sentences

_TEXT = Sentences("sentences")


def alike_sentence(split: Decomposition, labels: Labels, language: str = "nb") -> str:
    """Whether a difference is left on the same questions, and how much of the raw one others make."""
    low, high = split.within.low, split.within.high
    if split.raw is None or low is None or high is None or split.mix.low is None:
        return reason_text(split.reason or split.within.reason or split.mix.reason, language)
    return _split(split, labels, language, "gone" if low <= 0 <= high else "left")


def split_sentence(split: Decomposition, labels: Labels, language: str = "nb") -> str:
    """How much of a raw gap is mix and how much is left on the same questions."""
    parts = split.within, split.mix
    if split.raw is None or any(part.low is None or part.high is None for part in parts):
        return reason_text(split.reason or split.within.reason or split.mix.reason, language)
    return _split(split, labels, language, "split")


def _split(split: Decomposition, labels: Labels, language: str, key: str) -> str:
    parts = [split.within.low, split.within.high, split.mix.low, split.mix.high]
    places = numbers.decimals(labels.unit, [split.raw or 0.0, *(part for part in parts if part is not None)])

    def told(value: float | None, *, bare: bool = False) -> str:
        return numbers.gap(value or 0.0, labels.unit, language, places, bare=bare)

    direction = "higher" if (split.within.value or 0.0) > 0 else "lower"
    text = _TEXT[language][key].format(
        metric=labels.metric,
        first=labels.first,
        second=labels.second,
        direction=_TEXT[language][direction],
        raw=told(split.raw),
        within=told(split.within.value),
        within_low=told(split.within.low, bare=True),
        within_high=told(split.within.high),
        mix=told(split.mix.value),
        mix_low=told(split.mix.low, bare=True),
        mix_high=told(split.mix.high),
    )
    rest = split.unsupported or 0.0
    unseen = round(rest * (100 if labels.unit == "share" else 1), places) == 0
    return text if unseen else text + _TEXT[language]["rest"].format(rest=told(rest))


def impact_sentence(name: str, impact: Impact, language: str = "nb") -> str:
    """What an initiative did, or what it may have done as far as one can tell."""
    text = _TEXT[language]
    value, low, high = _numbers(impact.avoided)
    share = impact.effect.value
    if value is None or low is None or high is None or share is None:
        return f"{name}: {reason_text(impact.reason, language)}"

    def some(count: float) -> str:
        word = text["fewer" if count >= 0 else "more"]
        return text["some"].format(count=numbers.decimal(abs(count), 0, language), word=word)

    if impact.reason:
        return text["open"].format(name=name, first=some(low), second=some(high))
    near, far = sorted((abs(low), abs(high)))
    sentence = text["impact"].format(
        name=name,
        share=numbers.level(abs(share), "share", language),
        word=text["fewer" if value >= 0 else "more"],
        count=numbers.decimal(abs(value), 0, language),
        low=numbers.decimal(near, 0, language),
        high=numbers.decimal(far, 0, language),
    )
    money, less, most = _numbers(impact.money)
    if money is None or less is None or most is None or money < 0:
        return sentence
    told = [numbers.level(amount, "nok", language) for amount in (money, less, most)]
    return sentence + text["money"].format(money=told[0], low=told[1], high=told[2])


def forecast_sentence(name: str, forecast: Forecast, assumed_effect: float, language: str = "nb") -> str:
    """What to expect of an initiative before it starts."""
    if forecast.fewer.value is None:
        return f"{name}: {reason_text(forecast.reason, language)}"
    return _TEXT[language]["never" if forecast.weeks_until_seen is None else "forecast"].format(
        name=name,
        count=numbers.decimal(forecast.fewer.value, 0, language),
        share=numbers.level(assumed_effect, "share", language),
        weeks=forecast.weeks_until_seen,
    )


def alarm_sentence(name: str, alarm: Alarm, unit: str = "count", language: str = "nb") -> str:
    """What happened, what was expected, and since when."""
    key = "spike" if alarm.kind == SPIKE else f"shift_{alarm.direction}"
    return _TEXT[language][key].format(
        name=name,
        day=numbers.day(alarm.day, language),
        since=numbers.day(alarm.since, language),
        value=numbers.level(alarm.value, unit, language),
        expected=numbers.level(alarm.expected, unit, language),
        low=numbers.level(alarm.low, unit, language),
        high=numbers.level(alarm.high, unit, language),
    )


def _numbers(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high
