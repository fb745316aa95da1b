"""What the values of a column tell a proposal: the scale of a score, the unit of a duration, a yes or no.

Each function gives the field's line of TOML (null: leave the column out), and appends its doubts.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.mapping import UNITS
from data.reading import TYPED
from data.sampling import Column
from data.values import collapse, scale_limits

_KNOWN = tomllib.loads(Path(__file__).with_name("guess.toml").read_text())
NAMES: dict[str, str] = _KNOWN["names"]
_UNIT_NAMES: dict[str, str] = _KNOWN["units"]
_CHANNELS: dict[str, str] = _KNOWN["channels"]
_LANGUAGES: dict[str, str] = _KNOWN["languages"]
_OUTCOMES: dict[str, str] = _KNOWN["outcomes"]
_SCALES: dict[str, list[list[str]]] = _KNOWN["scales"]
_CLOCK_TEXT = re.compile(r"(\d+ days? \+?)?\d{1,4}:\d\d:\d\d(\.\d+)?( ?[AaPp][Mm])?")
_NUMBER = re.compile(r"[+-]?\d+([.,⎖]\d+)?")
_SPOKEN = re.compile(r"(?i)(\d+ ?[hmst][a-zæøå]*\.?[ ,]*)+")
_FLAGS = re.compile(r"(?i)true|false|t|f|yes|no|y|n|1|0|ja|nei|j|on|off")
ENOUGH = 30  # scores that tell a short scale from an unlucky one
SLIPS = 0.02  # of the values
MANY = 40  # different words; more are no channel, language or outcome
LONGEST_DAY_S = 86_400


@dataclass
class Line:
    """A field's line: the value in TOML, fields that come with it, and what a person should look at."""

    toml: str | None
    doubts: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)  # other fields that follow from this column


def tidied(column: Column) -> tuple[Column, list[str]]:
    """A column of numbers or durations without its few slips, and these: an import rejects their rows."""
    if len(column.texts) < ENOUGH:
        return column, []
    for like in (_NUMBER, _CLOCK_TEXT, _SPOKEN):
        odd = [text for text in column.texts if not like.fullmatch(text)]
        if odd and len(odd) <= SLIPS * len(column.texts):
            return column.without({*odd}), sorted({*odd})
    return column, []


def quoted(text: str) -> str:
    """A string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", " ")
    return f'"{escaped}"'


def table(column: str, **more: str) -> str:
    """A field's table; ``more`` is TOML already."""
    parts = {"column": quoted(column)} | {key: value for key, value in more.items() if value}
    if len(parts) == 1:
        return quoted(column)
    return "{ " + ", ".join(f"{key} = {value}" for key, value in parts.items()) + " }"


def words_table(column: str, words: dict[str, str]) -> str:
    """A field's table with the file's words and ours."""
    pairs = ", ".join(f"{quoted(text)} = {quoted(ours)}" for text, ours in words.items())
    return table(column, values=f"{{ {pairs} }}" if pairs else "")


def bare_name(column: Column) -> tuple[str, str]:
    """A duration's name without its unit, and the unit ("" where it is not told)."""
    for unit, like in _UNIT_NAMES.items():
        found = re.fullmatch(rf"(?:(.*?) )?(?:in )?{like}", column.words)
        if found and found[1]:
            return found[1].removesuffix(" in"), unit
    return column.words, ""


def plain(column: Column) -> Line:
    return Line(quoted(column.name))


def duration(name: str, column: Column) -> Line:
    """A duration, in a notation that needs no unit or with the unit that name and values suggest."""
    texts, (_, unit) = column.texts, bare_name(column)
    if all(_CLOCK_TEXT.fullmatch(text) or _SPOKEN.fullmatch(text) for text in texts):
        return Line(quoted(column.name))
    if all(re.fullmatch(r"\d+:\d\d", text) for text in texts):
        if unit in {"m:s", "h:m"}:
            return Line(table(column.name, unit=quoted(unit)))
        doubt = f'{name}: {texts[0]} may be minutes and seconds or hours and minutes; "m:s" assumed.'
        return Line(table(column.name, unit='"m:s"'), [doubt])
    numbers = column.numbers
    if not numbers:
        return Line(None, [f"{name}: {column.name} ({texts[0]!r}) is not a duration; it was left out."])
    doubts = []
    if "0" in texts:
        doubts.append(f'{name}: does 0 in {column.name} mean not given? Then add missing = ["0"].')
    comma = '","' if any("," in text for text in texts) else ""
    if unit not in UNITS:
        known = sorted(number for number in numbers if number) or [0.0]
        middle = known[len(known) // 2]
        unit = _unit_like(name, middle)
        doubts.append(f"{name}: the unit of {column.name} (median {middle:g}) is not told; {unit} assumed.")
    if max(numbers) * UNITS[unit] > LONGEST_DAY_S:
        doubts.append(f"{name}: {max(numbers):g} in {column.name} is more than a day: is it {unit}?")
    return Line(table(column.name, unit="" if unit == "seconds" else quoted(unit), decimal=comma), doubts)


def _unit_like(name: str, middle: float) -> str:
    # Waiting is short: what would be minutes of work are seconds there.
    if middle < 0.2:
        return "days"
    return "minutes" if middle <= 30 and name != "wait_s" else "seconds"


def score(column: Column) -> Line:
    """A score and its scale. The scale is stated, whichever it is: nobody shall have to wonder."""
    texts = column.texts
    for pattern in (r"(\d+)(?:\.0+)?", r"(\d+) ?(?:/|of|out of|av) ?\d+", r"(\d+) ?(?:stars?|stjerner?)"):
        if numbers := _all_numbers(pattern, texts):
            words = {} if pattern.startswith(r"(\d+)(?:\.0") else _leading(pattern, texts)
            return _numbered(column, numbers, words, texts)
    if numbers := _all_numbers(r"(\d+) ?[-–:.] ?\D+", texts):
        words = _leading(r"(\d+) ?[-–:.] ?\D+", texts)
        unknown = [text for text in words if re.search(r"(?i)unknown|not|none|n/?a|ukjent", text)]
        for text in unknown:
            words[text] = ""
        kept = [int(each) for each in words.values() if each]
        line = _numbered(column, kept, words, texts)
        line.doubts += [f"score: {text!r} is taken to mean: not given." for text in unknown]
        return line
    return _worded(column, texts)


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
    nps = bool(re.search(r"\bnps\b", column.words))
    scale = _scale(low, max(high, top), nps, sure=bool(words) or len(numbers) >= ENOUGH)
    toml = words_table(column.name, words)
    if scale is None:
        return Line(None, [f"score: {column.name} runs from {low} to {high}, no scale known; left out."])
    doubts = []
    if low == 0 and not nps:
        doubts.append(f'score: does 0 in {column.name} mean not given? Then add missing = ["0"].')
    if scale != "1-10":
        doubts.append(
            f"score: {column.name} runs from {low} to {high}; the scale {scale} is assumed. Such scores are "
            "kept and counted, but never enter a mean of 1–10."
        )
    return Line(toml, doubts, {"score_scale": f"{{ constant = {quoted(scale)} }}"})


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
    ladders = [(scale, ladder) for scale, known in _SCALES.items() for ladder in known]
    # The ladder that has just these words, else one that has them among others.
    fits = [each for each in ladders if different == {*each[1]}] or [
        each for each in ladders if len(different) > 1 and different < {*each[1]}
    ]
    if not fits:
        doubt = f"score: {column.name} ({texts[0]!r}) is not a whole number; it was left out."
        return Line(None, [doubt])
    scale, ladder = fits[0]
    low, _ = scale_limits(scale)
    words = {word: str(low + step) for step, word in enumerate(ladder) if word in different}
    told = ", ".join(f"{word} = {value}" for word, value in words.items())
    doubt = f"score: {column.name} is taken as the scale {scale}: {told}."
    return Line(
        words_table(column.name, words), [doubt], {"score_scale": f"{{ constant = {quoted(scale)} }}"}
    )


def channel(column: Column) -> Line:
    words, doubts = {}, []
    different = sorted(set(column.texts))
    if len(different) > MANY:
        return Line(None, [f"channel: {column.name} has {len(different)} different values; it was left out."])
    for text in different:
        ours = next((key for key, like in _CHANNELS.items() if re.fullmatch(like, text.lower())), None)
        if ours is None:
            doubts.append(f"channel: which of phone, chat, email, store, web is {text!r}?")
        elif ours != text.lower():
            words[text] = ours
    return Line(words_table(column.name, words), doubts)


def language(column: Column) -> Line:
    words, doubts = {}, []
    for text in sorted(set(column.texts)):
        ours = next((key for key, like in _LANGUAGES.items() if re.fullmatch(like, text.lower())), "")
        if not ours:
            doubts.append(f"language: {text!r} is none of nb, nn, en, and is left out.")
        if ours != text:
            words[text] = ours
    if len(words) > MANY:
        return Line(None, [f"language: {column.name} does not look like languages; it was left out."])
    return Line(words_table(column.name, words), doubts)


def answered(column: Column) -> Line:
    """Whether a call was answered, from a flag or from what became of it."""
    different = sorted(set(column.texts))
    lost = bool(re.search(r"abandon|missed|tapt", column.words))
    if all(map(_FLAGS.fullmatch, different)):
        if not lost:
            return Line(quoted(column.name))
        words = {
            text: "no" if re.fullmatch(r"(?i)true|t|yes|y|1|ja|j|on", text) else "yes" for text in different
        }
        return Line(words_table(column.name, words), [f"answered: it is the opposite of {column.name}."])
    if len(different) > MANY:
        return Line(None)
    words = {
        text: next((ours for ours, like in _OUTCOMES.items() if re.fullmatch(like, text.lower())), "")
        for text in different
    }
    if {"yes", "no"} - set(words.values()):
        return Line(None)  # a status of something else
    doubts = [
        f"answered: is {text!r} in {column.name} answered? It is taken as no."
        for text in words
        if not words[text]
    ]
    return Line(words_table(column.name, {text: ours or "no" for text, ours in words.items()}), doubts)


def flag(name: str, column: Column) -> Line:
    if all(map(_FLAGS.fullmatch, column.texts)):
        return Line(quoted(column.name))
    return Line(
        None, [f"{name}: {column.name} ({column.texts[0]!r}) is neither yes nor no; it was left out."]
    )


def amount(column: Column) -> Line:
    if not all(re.fullmatch(r"[+-]?\d[\d., ⎖\u00a0]*", text) for text in column.texts):
        return Line(
            None, [f"hit_value: {column.name} ({column.texts[0]!r}) is no plain amount; it was left out."]
        )
    comma = any(re.search(r",\d{1,2}$", text) for text in column.texts)
    thousands = any(re.search(r",\d{3}\b", text.replace(TYPED, ".")) for text in column.texts) and not comma
    return Line(
        table(column.name, decimal='","' if comma else "", thousands='","' if thousands else ""),
        [f"hit_value: is {column.name} the value of a sale that the contact led to, in NOK?"],
    )


def label(name: str, column: Column) -> Line:
    """A label: something that several contacts share."""
    different = len(set(column.texts))
    if name in {"topic", "partner", "team"} and different > max(20, len(column.texts) // 3):
        return Line(None, [f"{name}: {column.name} differs in nearly every row; it was left out."])
    return Line(quoted(column.name))


def customer(column: Column) -> Line:
    """A customer's number; 0 is nobody's."""
    zeros = sum(bool(re.fullmatch(r"0+(\.0+)?", text)) for text in column.texts)
    if zeros * 100 > len(column.texts):
        zero: Any = next(text for text in column.texts if re.fullmatch(r"0+(\.0+)?", text))
        doubt = f"customer_id: {zeros} times {zero!r}, which is taken to mean: not known."
        return Line(table(column.name, missing=f"[{quoted(zero)}]"), [doubt])
    return Line(quoted(column.name))
