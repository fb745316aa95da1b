"""Splits, initiatives, forecasts and alarms in a sentence each, for those who are no statisticians."""

from __future__ import annotations

from metrics.inference.base.missing import reason_text
from metrics.inference.base.results import Estimate
from metrics.inference.compare.kitagawa import Decomposition
from metrics.inference.over_time.alarms import SPIKE, Alarm
from metrics.inference.over_time.initiatives import Forecast, Impact
from metrics.wording import numbers
from metrics.wording.verdict import Labels

_TEXT = {
    "nb": {
        "split": "Av den rå forskjellen på {raw} oppstår {within} på de samme spørsmålene (95 %-intervall "
        "fra {within_low} til {within_high}) og {mix} fordi gruppene kommer med ulike spørsmål (fra "
        "{mix_low} til {mix_high}).",
        "rest": " De siste {rest} gjelder spørsmål som bare den ene gruppen kommer med.",
        "left": "Også på de samme spørsmålene er {metric} {direction} for {first} enn for {second}: "
        "forskjellen er {within} (95 %-intervall fra {within_low} til {within_high}). At gruppene kommer "
        "med ulike spørsmål, utgjør {mix} (fra {mix_low} til {mix_high}) av den rå forskjellen på {raw}.",
        "gone": "På de samme spørsmålene er det ikke påvist noen forskjell i {metric} mellom {first} og "
        "{second} (95 %-intervall fra {within_low} til {within_high}). At gruppene kommer med ulike "
        "spørsmål, utgjør {mix} (fra {mix_low} til {mix_high}) av den rå forskjellen på {raw}.",
        "higher": "høyere",
        "lower": "lavere",
        "fewer": "færre",
        "more": "flere",
        "impact": "{name}: {share} {word} kontakter enn ventet siden starten, om lag {count} i alt (95 %-"
        "intervall fra {low} til {high}).",
        "money": " Det svarer til {money} i behandlingskostnad (fra {low} til {high}).",
        "open": "{name}: ikke målbart ennå. Alt fra {first} til {second} kontakter passer med tallene så "
        "langt.",
        "some": "{count} {word}",
        "forecast": "{name}: om lag {count} færre kontakter i uken hvis virkningen blir {share}. Det vil "
        "kunne ses etter {weeks} uker.",
        "never": "{name}: om lag {count} færre kontakter i uken hvis virkningen blir {share}. Så liten "
        "virkning lar seg ikke skille fra tilfeldigheter innen et år.",
        "spike": "{name} var {value} {day}. Ventet var {expected}, og det vanlige er {low} til {high}.",
        "shift_up": "{name} har ligget høyere enn ventet siden {since}; {day} var tallet {value} mot "
        "ventet {expected}.",
        "shift_down": "{name} har ligget lavere enn ventet siden {since}; {day} var tallet {value} mot "
        "ventet {expected}.",
    },
    "en": {
        "split": "Of the raw difference of {raw}, {within} arises on the same questions (95% interval "
        "from {within_low} to {within_high}) and {mix} because the groups come with different questions "
        "(from {mix_low} to {mix_high}).",
        "rest": " The remaining {rest} belongs to questions that only one of the groups comes with.",
        "left": "On the same questions, too, {metric} is {direction} for {first} than for {second}: the "
        "difference is {within} (95% interval from {within_low} to {within_high}). That the groups come "
        "with different questions makes {mix} (from {mix_low} to {mix_high}) of the raw difference of "
        "{raw}.",
        "gone": "On the same questions no difference in {metric} has been shown between {first} and "
        "{second} (95% interval from {within_low} to {within_high}). That the groups come with different "
        "questions makes {mix} (from {mix_low} to {mix_high}) of the raw difference of {raw}.",
        "higher": "higher",
        "lower": "lower",
        "fewer": "fewer",
        "more": "more",
        "impact": "{name}: {share} {word} contacts than expected since the start, about {count} in all "
        "(95% interval from {low} to {high}).",
        "money": " That is {money} of handling cost (from {low} to {high}).",
        "open": "{name}: not yet measurable. Anything from {first} to {second} contacts fits the numbers "
        "so far.",
        "some": "{count} {word}",
        "forecast": "{name}: about {count} fewer contacts a week if the effect is {share}. That could be "
        "seen after {weeks} weeks.",
        "never": "{name}: about {count} fewer contacts a week if the effect is {share}. So small an "
        "effect cannot be told from chance within a year.",
        "spike": "{name} was {value} on {day}. {expected} was expected, and {low} to {high} is usual.",
        "shift_up": "{name} has been higher than expected since {since}; on {day} it was {value}, and "
        "{expected} was expected.",
        "shift_down": "{name} has been lower than expected since {since}; on {day} it was {value}, and "
        "{expected} was expected.",
    },
}


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
