"""What follows a reply: never more than three messages, none after a stop, all by rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.questions.questions import QuestionsError, load
from surveys.replies.conversation import Talk, turn

BOOK = load()
OPEN = Talk("c1", "score", 1)


def test_a_high_score_is_followed_by_one_of_the_questions_in_turn() -> None:
    asked = {turn(replace(OPEN, contact_id=f"c{n}"), "9", BOOK).send for n in range(200)}
    assert asked == {"solved", "tried_self_service", "guided"}


@pytest.mark.parametrize(("body", "send"), [("4", "reason"), ("1", "reason")])
def test_a_low_score_is_followed_by_what_went_wrong(body: str, send: str) -> None:
    assert turn(OPEN, body, BOOK).send == send


def test_five_is_not_low() -> None:
    assert turn(OPEN, "5", BOOK).send != "reason"


@pytest.mark.parametrize(("tried", "expected"), [(True, True), (False, False)])
def test_how_pleased_with_the_website_is_for_those_who_tried_it(tried: bool, expected: bool) -> None:
    sent = {turn(replace(OPEN, contact_id=f"c{n}", tried=tried), "9", BOOK).send for n in range(200)}
    assert ("self_help" in sent) == expected
    assert "tried_self_service" not in sent, "it is known already"


def test_who_says_that_they_tried_may_be_asked_how_it_was() -> None:
    answered = Talk("c1", "tried_self_service", 2, {"score": 9, "solved": 1, "guided": 1})
    assert turn(answered, "1", BOOK).send == "self_help"
    assert turn(answered, "nei", BOOK).send == ""


def test_an_unclear_reply_gets_one_clarification_and_no_second() -> None:
    first = turn(OPEN, "hva?", BOOK)
    assert (first.kind, first.clarify, first.question) == ("unclear", True, "score")
    second = turn(replace(OPEN, messages=2, clarified=True), "hva?", BOOK)
    assert (second.kind, second.clarify, second.question) == ("unclear", False, "score")
    assert turn(replace(OPEN, messages=2, clarified=True), "8", BOOK).value == 8


def test_without_follow_ups_only_the_opening_message_is_sent() -> None:
    quiet = replace(OPEN, follow_ups=False)
    assert turn(quiet, "9", BOOK).send == ""
    assert not turn(quiet, "hva?", BOOK).clarify


def test_stop_ends_it_and_yes_answers_where_yes_or_no_was_asked() -> None:
    assert turn(OPEN, "STOPP", BOOK).kind == "opt_out"
    assert turn(OPEN, "YES", BOOK).kind == "opt_in"
    answer = turn(Talk("c1", "solved", 2, {"score": 9}), "YES", BOOK)
    assert (answer.kind, answer.answered, answer.value) == ("answer", "solved", 1)
    assert turn(Talk("c1", "solved", 2, {"score": 9}), "stopp", BOOK).kind == "opt_out"


def test_when_nothing_is_open_a_clear_score_corrects_the_score() -> None:
    done = Talk("c1", "", 2, {"score": 8, "solved": 1})
    assert (turn(done, "9", BOOK).answered, turn(done, "9", BOOK).value) == ("score", 9)
    assert turn(done, "takk for ingenting", BOOK).kind == "unclear"
    nobody = turn(Talk("", "", 0, follow_ups=False), "9", BOOK)
    assert (nobody.kind, nobody.answered) == ("score", "")


def test_words_are_kept_where_words_were_asked_for() -> None:
    said = turn(Talk("c1", "reason", 2, {"score": 2}), "ventet i 8 dager", BOOK)
    assert (said.kind, said.answered, said.value) == ("text", "reason", None)


@given(st.lists(st.sampled_from(["8", "1", "2", "hva?", "ja", "STOPP", "START", "", "10 av 10", "takk"])))
def test_no_conversation_has_more_than_three_messages(bodies: list[str]) -> None:
    talk = OPEN
    sent = 1
    for body in bodies:
        done = turn(talk, body, BOOK)
        if done.kind == "opt_out":
            assert done.send == ""
            assert not done.clarify
        if done.answered:
            talk = replace(talk, answers={**talk.answers, done.answered: done.value})
        sent += bool(done.send or done.clarify)
        talk = replace(talk, question=done.question, messages=sent, clarified=talk.clarified or done.clarify)
    assert sent <= 3


def test_a_questions_file_that_cannot_be_used_says_where(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("q") / "questions.toml"
    path.write_text('version = "1"\n')
    with pytest.raises(QuestionsError, match="question is missing"):
        load(path)
