"""Which scale the scores of a column are on, as their name and values tell a proposal."""

from __future__ import annotations

import re
from typing import get_args

from data.files.profile import Column
from data.guess.values import A_FEW, ENOUGH, SCALES, Line, quoted, words_table
from data.records.types import ScoreScale, collapse, scale_limits
from texts.messages import Said, quotes, say

FEW_OUTSIDE = 0.05  # of the scores: more are of another scale
KNOWN = get_args(get_args(ScoreScale)[0])
_UNKNOWN = re.compile(r"(?i).*\b(unknown|not|none|n/?a|ukjent|unrated|ikke)\b.*|(un|not ?)?offered")


def score(column: Column) -> Line:
    """A score and its scale. The scale is stated, whichever it is: nobody shall have to wonder."""
    column, outside = _on_the_scale(column)
    line = _score(column)
    if outside and line.toml:
        line.doubts.append(say("doubt.slips", field="score", examples=quotes(outside[:3])))
    return line


def _on_the_scale(column: Column) -> tuple[Column, list[str]]:
    """The column without the few numbers above 10 or below 0 among scores up to 10, and these."""
    numbers = {text: int(text) for text in column.texts if re.fullmatch(r"-?\d{1,9}", text)}
    outside = [text for text in column.texts if text in numbers and not 0 <= numbers[text] <= 10]
    inside = len(column.texts) - len(outside)
    if not outside or inside < A_FEW or len(outside) > max(1, FEW_OUTSIDE * inside):
        return column, []
    return column.without({*outside}), sorted({*outside})


def _score(column: Column) -> Line:
    texts = column.texts
    for pattern in (
        r"(\d+)(?:\.0+)?",
        r"(\d+) ?(?:/|of|out of|av) ?\d+",
        r"(\d+) ?(?:stars?|stjerner?)",
        r"(\d+) ?%",
    ):
        if numbers := _all_numbers(pattern, texts):
            words = {} if pattern.startswith(r"(\d+)(?:\.0") else _leading(pattern, texts)
            return _numbered(column, numbers, words, texts)
    if numbers := _all_numbers(r"(\d+) ?[-–:.] ?\D+", texts):
        words = _leading(r"(\d+) ?[-–:.] ?\D+", texts)
        unknown = [text for text in words if _UNKNOWN.fullmatch(text)]
        kept = [int(number) for text, number in words.items() if text not in unknown]
        line = _numbered(column, kept, words | dict.fromkeys(unknown, ""), texts)
        line.doubts += _not_given(unknown)
        return line
    return _worded(column, texts)


def _not_given(words: list[str]) -> list[Said]:
    return [say("doubt.nobody", field="score", words=quotes(words))] if words else []


def _all_numbers(pattern: str, texts: list[str]) -> list[int]:
    found = [re.fullmatch(pattern, text) for text in texts]
    return [int(each[1]) for each in found if each] if all(found) else []


def _leading(pattern: str, texts: list[str]) -> dict[str, str]:
    found = {text: re.fullmatch(pattern, text) for text in sorted(set(texts))}
    return {text: each[1] for text, each in found.items() if each}


def _numbered(column: Column, numbers: list[int], words: dict[str, str], texts: list[str]) -> Line:
    low, high = min(numbers), max(numbers)
    outer = re.fullmatch(r"\d+ ?(?:/|of|out of|av) ?(\d+)", texts[0])
    top = int(outer[1]) if outer else high
    if texts[0].endswith("%"):
        high = top = 100
    nps = bool(re.search(r"\bnps\b", column.words))
    scale = _named_scale(column, low, max(high, top)) or _scale(
        low, max(high, top), nps, sure=bool(words) or len(numbers) >= ENOUGH
    )
    toml = words_table(column.name, words)
    if scale is None:
        return Line(None, [say("doubt.no_scale", column=column.name, low=low, high=high)])
    doubts = []
    if low == 0 and not nps:
        doubts.append(say("doubt.zero", field="score", column=column.name))
    if scale != "1-10":
        doubts.append(say("doubt.scale", column=column.name, low=low, high=high, scale=scale))
    return Line(toml, doubts, {"score_scale": f"{{ constant = {quoted(scale)} }}"})


def _named_scale(column: Column, low: int, high: int) -> str | None:
    """The scale that a name such as "Rating (1-6)" tells, if the scores are on it."""
    told = re.search(r"\b([01]) (?:to |til )?(\d+)$", column.words)
    scale = f"{told[1]}-{told[2]}" if told else ""
    return (
        scale if scale in KNOWN and scale_limits(scale)[0] <= low and high <= scale_limits(scale)[1] else None
    )


def _scale(low: int, high: int, nps: bool, *, sure: bool) -> str | None:
    if low < 0:
        return None
    if nps and high <= 10:
        return "0-10"
    choices = ["1-3", "1-5", "1-6", "1-7", "1-10"] if low >= 1 else ["0-1", "0-5", "0-10"]
    fits = [each for each in [*choices, "0-100"] if scale_limits(each)[1] >= high]
    # A few scores up to 3 may well be of 1–5.
    return next((each for each in fits if each != "1-3" or (sure and high == scale_limits(each)[1])), None)


def _worded(column: Column, texts: list[str]) -> Line:
    different = {collapse(text).lower() for text in texts}
    unknown = sorted(text for text in different if _UNKNOWN.fullmatch(text))
    given = {text: _bare(text) for text in sorted(different - {*unknown})}
    words = {*given.values()}
    ladders = [(scale, ladder) for scale, known in SCALES.items() for ladder in known]
    # The ladder that has just these words, else one that has them among others.
    fits = [each for each in ladders if words == {*each[1]}] or [
        each for each in ladders if len(words) > 1 and words < {*each[1]}
    ]
    if not fits:
        odd = next((text for text in texts if not re.fullmatch(r"\d+(\.0+)?", text)), texts[0])
        return Line(None, [say("doubt.no_number", column=column.name, example=odd)])
    scale, ladder = fits[0]
    low, _ = scale_limits(scale)
    steps = sorted(given, key=lambda text: ladder.index(given[text]))
    numbers = {text: str(low + ladder.index(given[text])) for text in steps}
    told = [f"{text} = {number}" for text, number in numbers.items()]
    doubt = say("doubt.ladder", column=column.name, scale=scale, steps=told)
    return Line(
        words_table(column.name, numbers | dict.fromkeys(unknown, "")),
        [doubt, *_not_given(unknown)],
        {"score_scale": f"{{ constant = {quoted(scale)} }}"},
    )


def _bare(text: str) -> str:
    """A word of a ladder without what some platforms put around it."""
    return re.sub(r"^rated | ?with ?comment$", "", text)
