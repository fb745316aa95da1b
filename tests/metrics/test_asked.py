"""Who was asked and who answered: cells, weights, repeat callers, and agents who ask less."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, union-attr"

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from metrics import Scope, open_reader
from metrics.analysis.response import by_episode, flagged, who_answers, who_is_asked
from metrics.wording.response import agent_sentences, episode_sentence, score_sentences, sentences
from tests.metrics.given import NOON, contact, days, outcome

EVERYTHING: tuple[dict[str, list[str]], None, None] = ({}, None, None)
SKIPPED: dict[str, Any] = {"state": "skipped", "reason": "recently_asked", "sent": False, "delivered": False}


@pytest.fixture
def reader(settings, write, rebuild) -> Callable[..., Any]:
    """A reader of contacts with their surveys: ``(contact, outcome)`` pairs of given fields."""

    def made(*pairs: tuple[dict[str, Any], dict[str, Any]], scope: Scope | None = None) -> Any:
        write("contact", *[contact(f"c{i}", **given) for i, (given, _) in enumerate(pairs)])
        at = [given.get("at", NOON) for given, _ in pairs]
        write("outcome", *[outcome(f"c{i}", at=at[i], **said) for i, (_, said) in enumerate(pairs)])
        rebuild()
        return open_reader(settings, scope or Scope.everything())

    return made


def test_cells_count_who_could_be_asked_was_and_answered(reader):
    bill = [({"topic": "bill"}, {"score": 8})] * 12 + [({"topic": "bill"}, {})] * 18
    other = [({"topic": "move"}, SKIPPED)] * 10 + [({"topic": "move"}, {"score": 3})] * 10
    found = who_answers(reader(*bill, *other), "topic", EVERYTHING)
    cells = {cell.dims["topic"]: cell for cell in found.cells}
    assert (cells["bill"].contacts, cells["bill"].asked, cells["bill"].answers) == (30, 30, 12)
    assert cells["bill"].response.value == pytest.approx(0.4)
    assert (cells["move"].coverage.value, cells["move"].response.value) == (0.5, 1.0)
    assert found.source == "strata"


def test_the_score_is_weighted_to_all_who_could_be_asked(reader):
    # Sixty with bills, of whom ten answer 8 or 9; twenty who move, of whom all answer 3 or 4.
    bill = [({"topic": "bill"}, {"score": 8 + i % 2} if i < 10 else {}) for i in range(60)]
    move = [({"topic": "move"}, {"score": 3 + i % 2}) for i in range(20)]
    found = who_answers(reader(*bill, *move), "topic", EVERYTHING)
    weighted = found.weighted
    assert weighted.raw.value == pytest.approx((10 * 8.5 + 20 * 3.5) / 30)
    assert weighted.weighted.value == pytest.approx((60 * 8.5 + 20 * 3.5) / 80)
    # Had all fifty who kept silent given 1, or 10.
    assert weighted.worst_low == pytest.approx((155 + 50) / 80)
    assert weighted.worst_high == pytest.approx((155 + 500) / 80)
    text = " ".join(score_sentences(weighted, "en"))
    assert "7.25" in text
    assert "corrected" not in text
    document = found.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_repeat_callers_whom_the_24_hour_rule_leaves_out_weigh_as_much_as_others(reader):
    # Each customer calls twice, two hours apart; those who call again are asked one time in four and give 4.
    rng, pairs = np.random.default_rng(1), []
    for customer in range(80):
        first = {"customer_key": f"k{customer}", "at": NOON + days(customer % 5)}
        again = first | {"at": first["at"] + 7200, "hour": 14}
        pairs.append((first, {"score": int(8 + rng.integers(0, 2))}))
        pairs.append((again, {"score": int(4 + rng.integers(0, 2))} if customer % 4 == 0 else SKIPPED))
    found = reader(*pairs)
    raw = who_answers(found, "topic", EVERYTHING).weighted
    weighted = by_episode(found, EVERYTHING)
    assert raw.raw.value == pytest.approx(7.7, abs=0.15)
    assert raw.weighted.value == pytest.approx(raw.raw.value)
    assert weighted.weighted.value == pytest.approx(6.5, abs=0.15)
    assert [cell.cell[-1] for cell in weighted.cells] == ["1", "2"]
    assert weighted.shift.high < 0
    assert "24-hour rule" in episode_sentence(weighted, "en")
    assert "24-timersregelen" in episode_sentence(weighted, "nb")


def test_the_number_of_a_contact_counts_seven_days_back_and_across_the_first_day(reader):
    def call(at: int) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"customer_key": "k1", "at": NOON + at}, {"score": 5}

    nobody = ({"customer_key": "", "at": NOON}, {"score": 5})
    found = reader(call(0), call(days(1)), call(days(2)), call(days(3)), call(days(20)), nobody, nobody)
    counts = {cell.cell[-1]: cell.answers for cell in by_episode(found, EVERYTHING).cells}
    assert counts == {"1": 4, "2": 1, "3+": 2}
    # From the third day on only the last three calls are counted, but the earlier ones are known.
    third = (NOON + days(2)) // 86_400
    from datetime import date, timedelta

    start = date(1970, 1, 1) + timedelta(days=third)
    later = by_episode(found, ({}, start, None))
    assert {cell.cell[-1]: cell.answers for cell in later.cells} == {"1": 1, "3+": 2}


def agents(asked_of_the_first: float, number: float = 1.0) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Eight agents with a hundred contacts each, of whom the first asks a share of what the others do."""
    pairs = []
    for agent in range(8):
        for i in range(100):
            asked = i < 90 * (asked_of_the_first if agent == 0 else 1.0)
            could = i < 100 * (number if agent == 0 else 1.0)
            said: dict[str, Any] = {} if asked and could else SKIPPED | {"eligible": could}
            pairs.append(({"agent": f"agent {agent}"}, said))
    return pairs


@pytest.mark.parametrize(
    ("share", "number", "asked", "eligible"),
    [(1.0, 1.0, [], []), (0.5, 1.0, ["agent 0 (A)"], []), (1.0, 0.6, [], ["agent 0 (A)"])],
)
def test_an_agent_who_asks_less_or_leaves_numbers_out_is_flagged(reader, share, number, asked, eligible):
    found = who_is_asked(reader(*agents(share, number)), {}, None)
    assert [one.agent for one in flagged(found.asked) if one.flag == "asked_less"] == asked
    assert [one.agent for one in flagged(found.eligible) if one.flag == "asked_less"] == eligible
    text = " ".join(agent_sentences(found, "en"))
    assert ("agent 0" in text) == bool(asked or eligible)
    assert ("no proof" in text) == bool(asked or eligible)


def test_who_has_the_topics_that_are_asked_of_less_often_is_flagged_only_among_all_topics(reader):
    pairs = []
    for agent in range(8):
        for i in range(100):
            topic = "fault" if (i < 80 if agent == 0 else i < 20) else "bill"
            # Of faults every second customer is asked, of bills nine in ten, whoever has them.
            said = {} if i % 10 < (5 if topic == "fault" else 9) else SKIPPED
            pairs.append(({"agent": f"agent {agent}", "topic": topic}, said))
    found = reader(*pairs)
    all_topics, same_topics = who_is_asked(found, {}, None), who_is_asked(found, {}, None, by_topic=True)
    assert [one.agent for one in flagged(all_topics.asked)] == ["agent 0 (A)"]
    assert flagged(same_topics.asked) == ()
    assert (all_topics.source, same_topics.source) == ("by_agent", "facts")


def test_contacts_without_an_agent_are_nobodys_fault(reader):
    found = who_is_asked(reader(*[({"agent": ""}, {})] * 60), {}, None)
    assert found.asked.agents == ()
    assert "cannot be said" in agent_sentences(found, "en")[0]


def test_partners_do_not_see_cells_of_few(reader):
    many, few = [({"topic": "bill"}, {"score": 8})] * 30, [({"topic": "move"}, {"score": 3})] * 3
    shown = who_answers(reader(*many, *few, scope=Scope.of_partner("A")), "topic", EVERYTHING)
    assert {cell.dims["topic"]: cell.reason for cell in shown.cells} == {"bill": "hidden", "move": "hidden"}


def test_nothing_at_all_has_its_words(reader):
    found = reader()
    answers, asked = who_answers(found, "team", EVERYTHING), who_is_asked(found, {}, None)
    for language in ("nb", "en"):
        assert len(sentences(answers, asked, by_episode(found, EVERYTHING), language)) == 3
    with pytest.raises(ValueError, match="cells are"):
        who_answers(found, "hour", EVERYTHING)
