"""Checking the wordings before anybody receives them: length, alphabet, cost, words that must not be there.

A finding of level ``error`` keeps the questions from being used (:func:`checked`); a ``warning`` costs money
or reads badly, and is only shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from settings import Settings
from surveys.questions import questions
from surveys.questions.questions import LANGUAGES, Questions, QuestionsError, say
from surveys.questions.segments import pack

MAX_SEGMENTS = 3
LONGEST_NAME = "Maximilian-Alexander"  # longer first names are cut nowhere: they cost a segment at worst
TOKEN_LENGTH = 22
_PLACEHOLDERS = {"company", "agent", "link", "score"}
# "Reply YES" would opt in at the carrier, "reply END" would opt out: such a word must never be an answer.
_TAKEN = r"(stopall|unsubscribe|cancel|end|quit|optout|revoke|start|yes|unstop)\b"
_ANSWER_WORD = re.compile(
    r"\b(?:svar|reply|answer|text|send|skriv|tast|type|press)\s+(?:med\s+|with\s+|gjerne\s+)?['\"«]?"
    + _TAKEN,
    re.IGNORECASE,
)
# In capitals, a word is what one is to write, wherever it stands.
_CAPITALS = re.compile(r"\b(STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|OPTOUT|REVOKE|START|YES|UNSTOP)\b")
_STOP = re.compile(r"\b(STOPP?|AVSLUTT|AVMELD|STANS)\b")
_MEANS = re.compile(r"\s*(?:for|=|:|means|betyr|hvis|om|if)\s*(?:ja|nei|jo|yes|no)\b")
_LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:no|com|net|org|io|ly|se|dk)\b", re.IGNORECASE)
_ANSWERS = {"scale": ("1", "10"), "choice": ("1", "2"), "text": ()}
_PAGE = (
    "title",
    "low",
    "high",
    "out_of",
    "yes",
    "no",
    "send",
    "given",
    "thanks",
    "expired",
    "unknown",
    "busy",
)
_PROMOTION = re.compile(
    r"\b(?:tilbud\w*|tilbod\w*|rabatt\w*|kampanje\w*|gratis|kjøp\w*|bestill nå|spar|vinn\w*|premie\w*|"
    r"nyhe(?:ts|its)brev|halv pris|gavekort|gåvekort|trekning\w*|konkurranse\w*|lodd\w*|kupong\w*|bonus\w*|"
    r"black (?:friday|week)|oppgrader\w*|medlemsfordel\w*|offer\w*|discount\w*|sale|free|buy|order now|"
    r"save \d|win|prize\w*|deals?|newsletter|voucher\w*|coupon\w*|gift card\w*|giveaway\w*|raffle|"
    r"half price|upgrade|subscribe|samtykke\w*|consent)\b|\b\d+\s?(?:%|prosent|percent)(?:\s\w+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wording:
    """One text as it goes out at its longest. ``cost`` is NOK for 1,000 messages."""

    where: str
    language: str
    text: str
    encoding: str
    units: int
    segments: int
    cost: float
    triggers: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """Something to correct (error) or to consider (warning)."""

    level: Literal["error", "warning"]
    where: str
    language: str
    message: str


def wordings(book: Questions, settings: Settings) -> list[Wording]:
    """Every SMS text in every language with the longest values of its placeholders."""
    values = {
        "company": settings.company,
        "agent": LONGEST_NAME,
        "link": f"{settings.base_url}/r/{'x' * TOKEN_LENGTH}",
    }
    found = []
    for where, texts in _texts(book):
        for language in texts:
            text = say(texts, language, values)
            if where == "score" and settings.sms_link and language in book.link:
                text = f"{text} {say(book.link, language, values)}"
            packed = pack(text)
            cost = round(packed.segments * settings.segment_cost * 1_000, 2)
            found.append(
                Wording(
                    where,
                    language,
                    text,
                    packed.encoding,
                    packed.units,
                    packed.segments,
                    cost,
                    packed.triggers,
                )
            )
    return found


def findings(book: Questions, settings: Settings) -> list[Finding]:
    """What is wrong with the wordings, errors first."""
    found = list(_of_translations(book))
    for wording in wordings(book, settings):
        found += _of_length(wording)
    for where, texts in _everything(book):
        for language, text in texts.items():
            found += _of_words(where, language, text)
    for where, kind, texts in _asking(book):
        for language, text in texts.items():
            found += _of_answers(where, kind, language, text)
    found += [Finding("error", *what) for what in _unknown_placeholders(book)]
    return sorted(found, key=lambda finding: finding.level)


_CHECKED: dict[tuple[object, ...], Questions] = {}


def checked(settings: Settings, path: Path = questions.FILE) -> Questions:
    """The questions, refused with QuestionsError when a wording fails. Checked once a process."""
    key = (path, settings.company, settings.base_url, settings.sms_link)
    if key not in _CHECKED:
        book = questions.load(path)
        errors = [finding for finding in findings(book, settings) if finding.level == "error"]
        if errors:
            where = f"{errors[0].where} ({errors[0].language}): {errors[0].message}"
            raise QuestionsError(
                f"{path}: {len(errors)} wordings must not be sent. {where}."
                " `python -m surveys lint` lists them all."
            )
        _CHECKED[key] = book
    return _CHECKED[key]


def _texts(book: Questions) -> Iterator[tuple[str, Mapping[str, str]]]:
    for question in book.questions:
        yield question.id, question.text
    for kind, texts in book.clarification.items():
        yield f"clarification.{kind}", texts


def _asking(book: Questions) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    for question in book.questions:
        yield question.id, question.kind, question.text
    for kind, texts in book.clarification.items():
        yield f"clarification.{kind}", kind, texts


def _everything(book: Questions) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield from _texts(book)
    yield "link", book.link
    for question in book.questions:
        yield f"{question.id}.web", question.web
    for name, texts in book.page.items():
        yield f"page.{name}", texts


def _of_translations(book: Questions) -> Iterator[Finding]:
    for where, texts in _everything(book):
        for language in LANGUAGES:
            if not texts.get(language, "").strip():
                yield Finding("error", where, language, "the wording is missing")
    for kind in ("scale", "choice"):
        if kind not in book.clarification:
            yield Finding("error", f"clarification.{kind}", "", "the wording is missing")
    for name in sorted(_PAGE - book.page.keys()):
        yield Finding("error", f"page.{name}", "", "the wording is missing")


def _unknown_placeholders(book: Questions) -> Iterator[tuple[str, str, str]]:
    for where, texts in _everything(book):
        for language, text in texts.items():
            for name in sorted(set(re.findall(r"\{(\w*)\}", text)) - _PLACEHOLDERS):
                yield where, language, f"unknown placeholder {{{name}}}"
            if re.search(r"[{}]", re.sub(r"\{\w*\}", "", text)):
                yield where, language, "a brace that belongs to no placeholder"


def _of_length(wording: Wording) -> Iterator[Finding]:
    where, language = wording.where, wording.language
    if wording.segments > MAX_SEGMENTS:
        yield Finding("error", where, language, f"{wording.segments} segments, more than {MAX_SEGMENTS}")
    elif wording.segments > 1:
        size = f"{wording.units} {wording.encoding} units"
        yield Finding("warning", where, language, f"{wording.segments} segments ({size})")
    if wording.triggers and not _is_of_another_script(wording):
        shown = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in wording.triggers)
        cost = "70 characters a segment instead of 160"
        yield Finding("warning", where, language, f"{shown} make it UCS-2: {cost}")


def _is_of_another_script(wording: Wording) -> bool:
    """Whether most letters are of a script that the short alphabet does not have: they cannot be replaced."""
    letters = [character for character in wording.text if character.isalpha()]
    return sum(letter in wording.triggers for letter in letters) > len(letters) / 2


def _of_words(where: str, language: str, text: str) -> Iterator[Finding]:
    # Looked for in the wording itself: a company's own name may be anything.
    word = _ANSWER_WORD.search(text) or _CAPITALS.search(text)
    promotion, link = _PROMOTION.search(text), _LINK.search(text)
    if word:
        taken = f"asks for {word[1].upper()}, which the carrier takes for itself"
        yield Finding("error", where, language, taken)
    if promotion:
        marketing = f"“{promotion[0]}” is promotion: a survey that advertises is marketing"
        yield Finding("error", where, language, marketing)
    if link:
        yield Finding("error", where, language, f"“{link[0]}” is a link of its own: {{link}} is the only one")
    if where == "score" and not _STOP.search(text):
        yield Finding("warning", where, language, "does not say how to opt out")


def _of_answers(where: str, kind: str, language: str, text: str) -> Iterator[Finding]:
    """A question says which answers there are; a stop word is none of them."""
    numbers = set(re.findall(r"\d+", text))
    missing = [answer for answer in _ANSWERS.get(kind, ()) if answer not in numbers]
    if missing:
        yield Finding("error", where, language, f"does not say what {' and '.join(missing)} mean")
    stop = _STOP.search(text)
    means = stop and re.match(
        r"\s*(?:for|=|:|means|betyr|hvis|om|if)\s*(?:ja|nei|jo|yes|no)\b", text[stop.end() :]
    )
    if stop and (means or where != "score"):
        yield Finding("error", where, language, f"uses {stop[1]}, which stops all messages, as an answer")
