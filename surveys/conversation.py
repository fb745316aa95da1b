"""What a reply means within its survey, and what is asked next. Pure: no database, no clock.

At most three messages a survey, the clarification included; each but the opening one answers a reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys.questions import Questions
from surveys.reading import Reading, read, read_choice


@dataclass(frozen=True)
class Talk:
    """A survey as it stands. ``question`` is the open one ("" for none); answers are id → value."""

    contact_id: str
    question: str
    messages: int
    answers: Mapping[str, int | None] = field(default_factory=dict)
    tried: bool | None = None
    clarified: bool = False
    follow_ups: bool = True


@dataclass(frozen=True)
class Turn:
    """What to do about one reply. ``send`` is the question to put; ``clarify`` puts the open one again."""

    kind: str  # score, answer, text, opt_out, opt_in, unclear
    reading: Reading
    answered: str = ""  # the question that is answered
    value: int | None = None
    question: str = ""  # the question open from now on
    send: str = ""
    clarify: bool = False


def turn(talk: Talk, body: str, questions: Questions) -> Turn:
    """Read a reply in the light of the open question and say what comes next."""
    reading = read(body)
    if reading.kind in ("opt_out", "opt_in") and not _is_yes(talk, reading, body, questions):
        return Turn(reading.kind, reading, question="" if reading.kind == "opt_out" else talk.question)
    open_question = questions.by_id(talk.question)
    if open_question is None:
        # Nothing is open: a clear score is the score (anew), all else is for people to read.
        answered = "score" if reading.kind == "score" and talk.contact_id else ""
        return Turn(reading.kind, reading, answered, reading.score)
    if open_question.kind == "text":
        return _answered(talk, Turn("text", reading, open_question.id), questions)
    value = read_choice(body) if open_question.kind == "choice" else reading.score
    if value is not None:
        kind = "score" if open_question.id == "score" else "answer"
        return _answered(talk, Turn(kind, reading, open_question.id, value), questions)
    may_clarify = not talk.clarified and talk.follow_ups and talk.messages < questions.max_messages
    return Turn("unclear", reading, question=talk.question, clarify=may_clarify)


def _is_yes(talk: Talk, reading: Reading, body: str, questions: Questions) -> bool:
    # YES is the carrier's word for opting in, and an answer where yes or no was asked.
    question = questions.by_id(talk.question)
    return (
        reading.kind == "opt_in"
        and question is not None
        and question.kind == "choice"
        and read_choice(body) is not None
    )


def _answered(talk: Talk, done: Turn, questions: Questions) -> Turn:
    answers = {**talk.answers, done.answered: done.value}
    if not talk.follow_ups or talk.messages >= questions.max_messages:
        return done
    following = questions.next(talk.contact_id, answers, talk.tried)
    if following is None:
        return done
    return Turn(
        done.kind,
        done.reading,
        done.answered,
        done.value,
        question=following.id,
        send=following.id,
    )
