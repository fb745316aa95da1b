"""What the values of a column tell a proposal: the unit of a duration, a channel, a yes or no.

Each function gives the field's line of TOML (null: leave the column out), and appends its doubts.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from data.files.mapping import UNITS
from data.files.number_marks import marks_of
from data.files.profile import Column, without_accents
from texts.messages import Said, quotes, say

_KNOWN = tomllib.loads(Path(__file__).with_name("guess.toml").read_text())
NAMES: dict[str, list[str]] = _KNOWN["names"]  # patterns, the best first
OTHER_ID: dict[str, str] = _KNOWN["other"]
_UNIT_NAMES: dict[str, str] = _KNOWN["units"]
_CHANNELS: dict[str, str] = _KNOWN["channels"]
_LANGUAGES: dict[str, str] = _KNOWN["languages"]
_OUTCOMES: dict[str, str] = _KNOWN["outcomes"]
SCALES: dict[str, list[list[str]]] = _KNOWN["scales"]
_CLOCK_TEXT = re.compile(r"(\d+ days? \+?)?\d{1,4}:\d\d:\d\d(\.\d+)?( ?[AaPp][Mm])?")
_TWO_PARTS = re.compile(r"\d+:\d\d")
_WHOLE = re.compile(r"\d+(\.0+)?")
_NUMBER = re.compile(r"[+-]?\d[\d.,'’⎖ \u00a0\u202f]*")
_SPOKEN = re.compile(
    r"(?i)(\d+ ?[hmst][a-zæøå]*\.?[ ,]*)+|\d+[.,]\d+ ?[hmst][a-zæøå]*\.?|"
    r"P(\d+D)?(T(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?"
)
_NOBODY = re.compile(
    r"(?i)no[ _-]?(agent|server|one|body|name)|un-?assigned|none|not assigned|unknown|ukjent|ingen"
)
_YES = re.compile(r"(?i)true|t|yes|y|1|ja|j|on")
_FLAGS = re.compile(r"(?i)true|false|t|f|yes|no|y|n|1|0|ja|nei|j|on|off")
ENOUGH = 30  # scores that tell a short scale from an unlucky one
SLIPS = 0.02  # of the values
A_FEW = 10  # values: of so many one may be a slip, such as that of a line of totals
MANY = 40  # different words; more are no channel, language or outcome
LONGEST_DAY_S = 86_400
LONGEST_MIDDLE_S = 10_000  # no contacts take so long that this is their median in seconds
LAST_HOUR = 23
HOURS, FROM_MORNING = 3, 8  # in the middle of a column: no durations, but hours of the day
LONGEST_WAIT = 20  # minutes: waiting in hundredths of up to this is not told in seconds
LONGEST_MINUTES = 480  # a working day: hardly any contact takes longer, so what is more are seconds
# What only happens to calls: a status that says nothing of the kind is one of tickets.
_OF_CALLS = re.compile(
    r".*(abandon|hang|hung|miss|answer|lost|drop|voice|busy|tapt|besvar|reach|\bring|time ?out|connect).*"
)


@dataclass
class Line:
    """A field's line: the value in TOML, fields that come with it, and what a person should look at."""

    toml: str | None
    doubts: list[Said] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)  # other fields that follow from this column


def tidied(column: Column) -> tuple[Column, list[str]]:
    """A column of numbers or durations without its few slips, and these: an import rejects their rows."""
    return _without_slips(column, _WHOLE, _NUMBER, _CLOCK_TEXT, _TWO_PARTS, _SPOKEN)


def _without_slips(column: Column, *likes: re.Pattern[str]) -> tuple[Column, list[str]]:
    """The column without the few values that are not like the others, and these."""
    if len(column.texts) < A_FEW:
        return column, []
    for like in likes:
        odd = [text for text in column.texts if not like.fullmatch(text)]
        if not odd:
            return column, []
        if len(odd) <= max(1, SLIPS * len(column.texts)):
            return column.without({*odd}), sorted({*odd})
    return column, []


def quoted(text: str) -> str:
    """A string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped) + '"'


def id_line(column: Column, **more: str) -> str:
    """An id's table; ids that a program took for numbers (1000.0) lose their decimals."""
    whole = column.texts and all(re.fullmatch(r"\d+\.0", text) for text in column.texts)
    return table(column.name, whole="true" if whole else "", **more)


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
        found = re.fullmatch(rf"(?:(.*?) )?(?:(?:in|en|em) )?{like}", column.words)
        if found and found[1]:
            return re.sub(r" (in|en|em)$", "", found[1]), unit
    glued = re.fullmatch(r".*[a-z](sec|min)s?", column.words)  # billsec
    return column.words, {"sec": "seconds", "min": "minutes"}[glued[1]] if glued else ""


def duration(name: str, column: Column) -> Line:
    """A duration, in a notation that needs no unit or with the unit that name and values suggest."""
    texts, (_, unit) = column.texts, bare_name(column)
    if _tells_when(column):
        return Line(None)
    if all(_CLOCK_TEXT.fullmatch(text) or _SPOKEN.fullmatch(text) for text in texts):
        return Line(quoted(column.name))
    if all(map(_TWO_PARTS.fullmatch, texts)):
        if unit in {"m:s", "h:m"}:
            return Line(table(column.name, unit=quoted(unit)))
        doubt = say("doubt.minutes_or_hours", field=name, example=texts[0])
        return Line(table(column.name, unit='"m:s"'), [doubt])
    numbers = column.numbers
    if not numbers:
        likes = (_NUMBER, _CLOCK_TEXT, _TWO_PARTS, _SPOKEN)
        odd = next((text for text in texts if not any(like.fullmatch(text) for like in likes)), texts[0])
        return Line(None, [say("doubt.no_duration", field=name, column=column.name, example=odd)])
    doubts = []
    if "0" in texts:
        doubts.append(say("doubt.zero", field=name, column=column.name))
    if unit not in UNITS:
        known = sorted(number for number in numbers if number) or [0.0]
        middle = known[len(known) // 2]
        unit = _unit_like(name, known)
        doubts.append(say("doubt.unit", field=name, column=column.name, middle=float(middle), unit=unit))
    if max(numbers) * UNITS[unit] > LONGEST_DAY_S:
        doubts.append(
            say("doubt.over_a_day", field=name, longest=max(numbers), column=column.name, unit=unit)
        )
    declared, more = _marks(name, column, thousands=unit in {"seconds", "milliseconds"})
    return Line(table(column.name, unit="" if unit == "seconds" else quoted(unit), **declared), doubts + more)


def _marks(name: str, column: Column, *, thousands: bool) -> tuple[dict[str, str], list[Said]]:
    """The marks of a column's numbers as TOML, and a doubt with one of them as it is read."""
    marks = marks_of(column.texts, thousands=thousands)
    if marks and not marks.certain and marks.thousands in [*column.decimals]:
        marks = marks_of(column.texts)
    if marks is None or not (marks.decimal or marks.thousands):
        return {}, []
    example = next(text for text in column.texts if re.search("[.,'’]", text))
    if marks.decimal in {"", "."} and not marks.thousands and marks.certain:
        return {}, []
    told = {
        "field": name,
        "column": column.name,
        "example": example,
        "number": f"{marks.number(example):.10g}",
    }
    declared = {
        "decimal": quoted(marks.decimal) if marks.decimal == "," else "",
        "thousands": quoted(marks.thousands.replace("’", "'")) if marks.thousands else "",
    }
    return declared, [say("doubt.marks" if marks.certain else "doubt.open_marks", **told)]


def _tells_when(column: Column) -> bool:
    """Whether a "call time" is when the call was: calls do not mostly take hours."""
    found = [re.fullmatch(r"(\d{1,2}):\d\d(:\d\d)?( ?[AP]M)?", text.upper()) for text in column.texts]
    clocks = [each for each in found if each]
    if (
        not clocks
        or len(clocks) < len(found)
        or not re.fullmatch(r"((call|contact|chat) )?time", column.words)
    ):
        return False
    hours = sorted(int(each[1]) % (12 if each[3] else 100) + 12 * ("PM" in each[0]) for each in clocks)
    # What may be minutes and seconds as well must look more like hours of a working day.
    least = HOURS if all(each[2] or each[3] for each in clocks) else FROM_MORNING
    return least <= hours[len(hours) // 2] and hours[-1] <= LAST_HOUR


def _unit_like(name: str, known: list[float]) -> str:
    """The unit of durations, sorted: what makes nearly all of them such as contacts take."""
    middle, long = known[len(known) // 2], known[len(known) * 99 // 100]
    if middle > LONGEST_MIDDLE_S:
        return "milliseconds"
    if 0 < middle < 0.2:
        return "days"
    # Waiting is short: what would be minutes of work are seconds there, if they are whole.
    if name == "wait_s":
        parts = sum(not each.is_integer() and round(each, 2) == each for each in known)
        return "minutes" if long <= LONGEST_WAIT and 2 * parts > len(known) else "seconds"
    return "minutes" if 0 < middle <= 30 and long <= LONGEST_MINUTES else "seconds"


def channel(column: Column) -> Line:
    counts = Counter(column.texts)
    if len(counts) > MANY:
        return Line(None, [say("doubt.many_channels", column=column.name, different=len(counts))])
    nothing = {text: "" for text in sorted(counts) if _NOBODY.fullmatch(text)}
    known = {text: _channel_like(text) for text in sorted(counts.keys() - nothing.keys())}
    if 2 * sum(counts[text] for text, ours in known.items() if ours) < sum(counts[text] for text in known):
        return Line(None, [say("doubt.no_channels", column=column.name, example=column.texts[0])])
    doubts = [say("doubt.which_channel", text=text) for text in known if not known[text]]
    words = {text: ours for text, ours in known.items() if ours and ours != text.lower()}
    return Line(words_table(column.name, words | nothing), doubts)


def _channel_like(text: str) -> str:
    return next((ours for ours, like in _CHANNELS.items() if re.fullmatch(like, _plain(text))), "")


def _plain(text: str) -> str:
    """A word of a file in lower case, without accents, with plain spaces: ``NO_ANSWER`` is ``no answer``."""
    return " ".join(without_accents(text).lower().replace("_", " ").split())


def language(column: Column) -> Line:
    words, doubts = {}, []
    for text in sorted(set(column.texts)):
        ours = next((key for key, like in _LANGUAGES.items() if re.fullmatch(like, text.lower())), "")
        if not ours:
            doubts.append(say("doubt.which_language", text=text))
        if ours != text:
            words[text] = ours
    if len(words) > MANY:
        return Line(None, [say("doubt.no_languages", column=column.name)])
    return Line(words_table(column.name, words), doubts)


def answered(column: Column, work: Column | None) -> Line:
    """Whether a call was answered, from a flag or an outcome. ``work``: how long somebody worked on it."""
    different = sorted(set(column.texts))
    lost = bool(re.search(r"abandon|missed|tapt", column.words))
    if all(map(_FLAGS.fullmatch, different)):
        if re.search(r"outcome|disposition|status|result|utfall", column.words):
            return Line(None, [say("doubt.outcome", column=column.name, words=quotes(different))])
        if not lost:
            return Line(quoted(column.name))
        words = {text: "no" if _YES.fullmatch(text) else "yes" for text in different}
        return Line(words_table(column.name, words), [say("doubt.opposite", column=column.name)])
    if len(different) > MANY:
        return Line(None)
    known = {
        text: next((ours for ours, like in _OUTCOMES.items() if re.fullmatch(like, _plain(text))), "")
        for text in different
    }
    of_tickets = re.search(r"status|state|result", column.words) and not any(
        _OF_CALLS.match(_plain(text)) for text in different
    )
    if {"yes", "no"} - set(known.values()) or of_tickets:
        return Line(None)  # a status of something else
    worked = _worked(column, work)
    words = {text: ours or ("yes" if text in worked else "no") for text, ours in known.items()}
    doubts = [
        say(f"doubt.answered_{words[text]}", text=text, column=column.name)
        for text, ours in known.items()
        if not ours
    ]
    return Line(words_table(column.name, words), doubts)


def _worked(column: Column, work: Column | None) -> set[str]:
    """The words beside which somebody worked."""
    if work is None:
        return set()
    rows = zip(column.cells, work.cells, strict=True)
    return {text for text, time in rows if re.search("[1-9]", time)}


def flag(name: str, column: Column) -> Line:
    """Yes or no, but for slips."""
    tidy, odd = _without_slips(column, _FLAGS)
    if all(map(_FLAGS.fullmatch, tidy.texts)):
        slips = [say("doubt.slips", field=name, examples=quotes(odd[:3]))] if odd else []
        return Line(quoted(column.name), slips)
    example = next(text for text in tidy.texts if not _FLAGS.fullmatch(text))
    return Line(None, [say("doubt.no_flag", field=name, column=column.name, example=example)])


def amount(column: Column) -> Line:
    """The value of a sale."""
    tidy, odd = _without_slips(column, re.compile(r"[+]?\d[\d.,'’⎖ \u00a0\u202f]*"))
    if marks_of(tidy.texts) is None or any(text.startswith("-") for text in tidy.texts):
        example = next((text for text in tidy.texts if marks_of([text]) is None), tidy.texts[0])
        return Line(None, [say("doubt.no_amount", column=column.name, example=example)])
    declared, doubts = _marks("hit_value", tidy, thousands=True)
    slips = [say("doubt.slips", field="hit_value", examples=quotes(odd[:3]))] if odd else []
    return Line(
        table(column.name, **declared), [say("doubt.sale_value", column=column.name), *doubts, *slips]
    )


def is_place(column: Column) -> bool:
    """Whether it is a place, by its name: where the contact was answered, or where the customer is."""
    return bool(re.search(r"\b(office|location)\b", column.words))


def label(name: str, column: Column) -> Line:
    """A label: something that several contacts share."""
    different = len(set(column.texts))
    places = is_place(column)  # of the centre, unless they are very many
    most = MANY if places else max(20, len(column.texts) // 3)
    if name in {"topic", "partner", "team"} and different > most:
        return Line(None, [say("doubt.many_labels", field=name, column=column.name, different=different)])
    if name == "partner" and places:
        return Line(quoted(column.name), [say("doubt.place", column=column.name)])
    if nobody := sorted({text for text in column.texts if name == "agent" and _NOBODY.fullmatch(text)}):
        doubt = say("doubt.nobody", field=name, words=quotes(nobody))
        return Line(table(column.name, missing=f"[{', '.join(map(quoted, nobody))}]"), [doubt])
    return Line(quoted(column.name))
