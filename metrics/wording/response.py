"""Who was asked and who answered, in sentences for those who are no statisticians."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.analysis.response import WhoAnswers, WhoIsAsked, flagged
from metrics.inference import reason_text
from metrics.inference.answers.nonresponse import Weighted
from metrics.inference.answers.sampling import WEEKS, AskedShare
from metrics.inference.base import thresholds
from metrics.wording import numbers
from texts.sentences import Sentences

_TEXT = Sentences("response")
NAMED = 5


def sentences(answers: WhoAnswers, agents: WhoIsAsked, repeat: Weighted | None, language: str) -> list[str]:
    """The raw score, the weighted one, the worst case; repeat callers where asked; agents who stand out."""
    return [
        *score_sentences(answers.weighted, language),
        *([episode_sentence(repeat, language)] if repeat is not None else []),
        *agent_sentences(agents, language),
    ]


def score_sentences(found: Weighted, language: str) -> list[str]:
    """What those who answered give, what weighting makes of it, and the worst case."""
    text, raw, weighted = _TEXT[language], found.raw, found.weighted
    n = numbers.decimal(raw.n, 0, language)
    if raw.value is None or weighted.value is None or found.heard is None or raw.n < thresholds.TOO_FEW:
        return [text["few"].format(n=n)]
    said = [
        text["heard"].format(
            raw=_score(raw.value, language), n=n, heard=numbers.level(found.heard, "share", language)
        )
    ]
    if weighted.low is not None and weighted.high is not None:
        said.append(
            text["weighted"].format(
                weighted=_score(weighted.value, language),
                low=_score(weighted.low, language),
                high=_score(weighted.high, language),
            )
        )
    if found.worst_low is not None and found.worst_high is not None:
        worst_low, worst_high = (_score(value, language) for value in (found.worst_low, found.worst_high))
        said.append(text["worst"].format(worst_low=worst_low, worst_high=worst_high))
    return said


def episode_sentence(found: Weighted, language: str) -> str:
    """The score with repeat callers weighted in, and how far the 24-hour rule had moved it."""
    text, weighted, shift = _TEXT[language], found.weighted, found.shift
    if weighted.value is None or weighted.low is None or weighted.high is None:
        return text["few"].format(n=numbers.decimal(found.raw.n, 0, language))
    said = text["episodes"].format(
        weighted=_score(weighted.value, language),
        low=_score(weighted.low, language),
        high=_score(weighted.high, language),
    )
    if shift.value is not None and shift.low is not None and shift.high is not None:
        gaps = [numbers.decimal(value, 2, language) for value in (shift.value, shift.low, shift.high)]
        said += text["shift"].format(shift=gaps[0], low=gaps[1], high=gaps[2])
    return said


def agent_sentences(found: WhoIsAsked, language: str) -> list[str]:
    """Agents who stand out, or that none does, or why nobody can say."""
    text, said = _TEXT[language], []
    less = [one for one in flagged(found.asked) if one.flag == "asked_less"]
    more = [one for one in flagged(found.asked) if one.flag == "asked_more"]
    fewer = [one for one in flagged(found.eligible) if one.flag == "asked_less"]
    for key, some in (("asked_less", less), ("asked_more", more), ("eligible_less", fewer)):
        if some:
            said.append(text[key].format(names=_names(some, language)))
    if said:
        return [*said, text["caveat"]]
    judged = sum(one.z is not None for one in found.asked.agents)
    if judged:
        return [text["none"].format(all=numbers.decimal(judged, 0, language), weeks=WEEKS)]
    if found.asked.reason == "no_spread":
        return [text["alike"].format(weeks=WEEKS)]
    return [text["unjudged"].format(reason=reason_text(found.asked.reason or "no_data", language))]


def _names(some: Sequence[AskedShare], language: str) -> str:
    names = [one.agent for one in some[:NAMED]] + (["…"] if len(some) > NAMED else [])
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + _TEXT[language]["and"] + names[-1]


def _score(value: float, language: str) -> str:
    return numbers.decimal(value, 2, language)
