"""What a reply means within its survey, and what is asked next. Pure: no database, no clock.

At most three messages a survey, the clarification included; each but the opening one answers a reply. A
question is open when the customer can have got it: until then a number is no answer to it, but corrects the
answer before. One message waits at most; what makes it idle takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from surveys.parser.courtesy import corrected_text, regretted_text
from surveys.parser.read import Reading, read, read_choice
from surveys.questions.questions import Question, Questions


@dataclass(frozen=True)
class Talk:
    """A survey as it stands. ``question`` is the open one ("" for none).

    Answers are id → value, the last one last. ``pending`` is the question of a message that waits to be sent,
    "" where none does; ``messages`` counts it.
    """

    contact_id: str
    question: str
    messages: int
    answers: Mapping[str, int | None] = field(default_factory=dict)
    pending: str = ""
    tried: bool | None = None
    clarified: bool = False
    follow_ups: bool = True


@dataclass(frozen=True)
class Turn:
    """What to do about one reply. ``send`` is the question to put; ``clarify`` puts the open one again."""

    kind: str  # score, answer, text, opt_out, opt_in, unclear, courtesy
    reading: Reading
    answered: str = ""  # the question that is answered
    value: int | None = None
    question: str = ""  # the question open from now on, or as soon as it is sent
    send: str = ""
    clarify: bool = False
    drop: bool = False  # the message that waits is not to be sent
    corrects: bool = False  # the answer replaces an earlier one to the same question


def turn(talk: Talk, body: str, questions: Questions) -> Turn:
    """Read a reply in the light of the open question and say what comes next."""
    reading = read(body)
    if reading.kind in ("opt_out", "opt_in") and not _is_yes(talk, reading, body, questions):
        return Turn(
            reading.kind, reading, question="" if reading.kind == "opt_out" else talk.pending or talk.question
        )
    open_question = questions.by_id(talk.question)
    if (corrected := _correction(talk, body, reading, open_question, questions)) is not None:
        return _corrected(talk, Turn("score", reading, *corrected), questions)
    if talk.answers and reading.courtesy:
        return Turn("courtesy", reading, question=talk.pending or talk.question)
    if open_question is None:
        # Nothing is open: a clear score is the score, all else is for people to read.
        answered = "score" if reading.kind == "score" and talk.contact_id else ""
        return Turn(reading.kind, reading, answered, reading.score, question=talk.pending)
    return _answer(talk, body, reading, open_question, questions)


def _answer(talk: Talk, body: str, reading: Reading, question: Question, questions: Questions) -> Turn:
    """Read a reply as an answer to the open question; one that is none may be asked for again."""
    if question.kind == "text":
        return _answered(talk, Turn("text", reading, question.id), questions)
    value = _value(question, regretted_text(body) or body, reading)
    if value is not None:
        kind = "score" if question.id == "score" else "answer"
        return _answered(talk, Turn(kind, reading, question.id, value), questions)
    may_clarify = not talk.clarified and talk.follow_ups and talk.messages < questions.max_messages
    return Turn("unclear", reading, question=question.id, clarify=may_clarify and not talk.pending)


def _value(question: Question, body: str, reading: Reading) -> int | None:
    if question.kind == "choice":
        return read_choice(body)
    return reading.score if question.kind == "scale" else None


def _correction(
    talk: Talk, body: str, reading: Reading, open_question: Question | None, questions: Questions
) -> tuple[str, int] | None:
    """The question whose answer a reply corrects, and its new value; None where it corrects nothing.

    It is the question answered last. A reply that says so corrects it whatever is open; one that only gives
    another answer does while nothing is open; "sorry, 2" does unless it answers the open question.
    """
    last = questions.by_id(list(talk.answers)[-1]) if talk.answers else None
    if last is None:
        return None
    marked = corrected_text(body)
    if marked is None and (regretted := regretted_text(body)) is not None:
        fits_open = (
            open_question is not None and _value(open_question, regretted, read(regretted)) is not None
        )
        marked = None if fits_open and open_question != last else regretted
    if marked is not None:
        value = _value(last, marked, read(marked))
        return (last.id, value) if value is not None else _score_again(talk, read(marked))
    if open_question is not None:
        return None
    value = _value(last, body, reading)
    return (last.id, value) if value is not None else _score_again(talk, reading)


def _score_again(talk: Talk, reading: Reading) -> tuple[str, int] | None:
    # A number that is no answer to a later question can only be the score.
    return ("score", reading.score) if reading.score is not None and "score" in talk.answers else None


def _corrected(talk: Talk, done: Turn, questions: Questions) -> Turn:
    """Choose anew what waits after a corrected answer; what was asked stays open where it still applies."""
    done = replace(done, kind="score" if done.answered == "score" else "answer", corrects=True)
    answers = {**talk.answers, done.answered: done.value}
    if not talk.pending:
        asked = questions.by_id(talk.question)
        applies = asked is not None and asked.applies(answers.get("score"), talk.tried)
        return replace(done, question=talk.question if applies else "")
    following = questions.next(talk.contact_id, answers, talk.tried)
    if following is not None and following.id == talk.pending:
        return replace(done, question=talk.pending)
    chosen = following.id if following is not None and talk.follow_ups else ""
    return replace(done, question=chosen, send=chosen, drop=True)


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
    """An answer, and the question that follows it, in the place of a message that waits."""
    answers = {**talk.answers, done.answered: done.value}
    done = replace(done, drop=bool(talk.pending), corrects=done.answered in talk.answers)
    if not talk.follow_ups or talk.messages - done.drop >= questions.max_messages:
        return done
    following = questions.next(talk.contact_id, answers, talk.tried)
    return done if following is None else replace(done, question=following.id, send=following.id)
