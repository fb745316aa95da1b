"""What differs inside: words by log odds, and the parts of a rise."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import numpy as np
import pytest

from metrics.inference.answers.distinctive import distinctive, excesses


def test_log_odds_follow_monroe_by_hand() -> None:
    found = {d.name: d for d in distinctive({"kø": 30, "takk": 20}, {"kø": 5, "takk": 22}, (100, 100))}
    share = 35 / 200
    odds = [(30 + 10 * share) / (70 + 10 * (1 - share)), (5 + 10 * share) / (95 + 10 * (1 - share))]
    assert found["kø"].log_odds == pytest.approx(np.log(odds[0] / odds[1]), abs=1e-9)
    variance = sum(1 / (y + 10 * share) + 1 / (100 - y + 10 * (1 - share)) for y in (30, 5))
    assert found["kø"].z == pytest.approx(found["kø"].log_odds / variance**0.5, abs=1e-9)
    assert (found["kø"].side, found["takk"].side) == ("first", "")
    assert found["kø"].low > 0


def test_rare_words_and_empty_sides_are_left_out() -> None:
    assert distinctive({"kø": 4}, {}, (10, 10)) == ()
    assert distinctive({"kø": 5}, {}, (10, 0)) == ()
    assert [d.name for d in distinctive({"kø": 5}, {}, (10, 10))] == ["kø"]
    with pytest.raises(ValueError, match="items"):
        distinctive({"kø": 11}, {}, (10, 10))


def word_false_share(runs: int, seed: int) -> float:
    rng, false = np.random.default_rng(seed), []
    share = rng.beta(1, 20, 200)
    for _ in range(runs):
        sides = [dict(enumerate(map(int, rng.binomial(300, share)))) for _ in range(2)]
        one, two = ({f"w{k}": v for k, v in side.items()} for side in sides)
        found = distinctive(one, two, (300, 300))
        false.append(any(d.side for d in found))
    return float(np.mean(false))


def test_words_of_equal_sides_are_seldom_called_distinct(figure) -> None:
    assert figure("200 words, no difference, any called distinct", word_false_share(200, 1)) < 0.12


def test_excesses_add_up_to_the_rise() -> None:
    found = excesses({"bill": 60, "move": 21}, {"bill": 140, "move": 140, "new": 7}, 1 / 7)
    assert [e.name for e in found] == ["bill", "move", "new"]
    assert sum(e.excess for e in found) == pytest.approx(81 - 41)
    assert sum(e.share for e in found) == pytest.approx(1)
    assert excesses({"a": 30, "b": 10}, {"a": 20, "b": 20}, 1.0)[0].share is None
