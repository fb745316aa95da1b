"""Who answers and who is asked: weighting, worst cases, repeat callers, sample ratios."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from statsmodels.robust.scale import qn_scale

from metrics.inference import INDEX, MeanStats, ScoreStats, ShareStats, estimate, from_json, to_json
from metrics.inference.answers.nonresponse import CAP, NOTE, Answers, Weighted, weigh
from metrics.inference.answers.sampling import SampleRatios, robust_sd, sample_ratios
from metrics.inference.base import missing

GOOD = ScoreStats((0, 0, 0, 1, 2, 5, 8, 12, 9, 3))
BAD = ScoreStats((9, 6, 5, 3, 2, 2, 1, 0, 0, 0))
SILENT = ScoreStats((0,) * 10)


def test_weighting_follows_holt_and_smith_by_hand() -> None:
    found = weigh({("a",): Answers(100, GOOD), ("b",): Answers(300, BAD)})
    good, bad = GOOD.mean_stats(), BAD.mean_stats()
    assert found.weighted.value == pytest.approx(0.25 * good.mean + 0.75 * bad.mean, abs=1e-9)
    variance = 0.25**2 * good.variance / good.n + 0.75**2 * bad.variance / bad.n
    assert found.weighted.high - found.weighted.value == pytest.approx(1.959963985 * variance**0.5, abs=1e-6)
    assert found.raw.value == pytest.approx((good + bad).mean)
    assert found.shift.value == pytest.approx(found.weighted.value - found.raw.value, abs=1e-9)
    assert found.heard == pytest.approx(68 / 400)


def test_equal_response_in_all_cells_changes_nothing() -> None:
    found = weigh({("a",): Answers(80, GOOD), ("b",): Answers(56, BAD)})
    assert found.weighted.value == pytest.approx(found.raw.value)
    assert found.shift.value == pytest.approx(0, abs=1e-12)
    assert found.effective_n == pytest.approx(68)


def test_the_worst_case_takes_every_silent_customer_for_the_lowest_or_highest() -> None:
    found = weigh({("a",): Answers(100, GOOD)})
    total = GOOD.mean_stats().total
    assert found.worst_low == pytest.approx((total + 60 * 1) / 100)
    assert found.worst_high == pytest.approx((total + 60 * 10) / 100)
    index = weigh({("a",): Answers(100, GOOD)}, scale=INDEX)
    assert index.worst_low == pytest.approx((found.worst_low - 1) / 9 * 100)


def test_a_silent_cell_is_merged_with_its_nearest_relative() -> None:
    cells = {
        ("bill", "chat"): Answers(100, SILENT),
        ("bill", "phone"): Answers(100, BAD),
        ("move", "chat"): Answers(500, GOOD),
    }
    found = weigh(cells)
    assert (found.merged, found.unheard) == (1, pytest.approx(100 / 700))
    good, bad = GOOD.mean_stats().mean, BAD.mean_stats().mean
    assert found.weighted.value == pytest.approx((200 * bad + 500 * good) / 700)
    assert found.cells[0].weight is None


def test_no_answer_counts_for_more_than_five() -> None:
    one = ScoreStats((1,) + (0,) * 9)
    found = weigh({("a",): Answers(10_000, one), ("b",): Answers(50, GOOD)})
    assert found.capped == 1
    assert max(c.weight for c in found.cells) == pytest.approx(CAP)
    heard = [(c.weight, c.answers) for c in found.cells if c.weight]
    average = sum(w * n for w, n in heard) / sum(n for _, n in heard)
    assert max(w for w, _ in heard) / average <= CAP * (1 + 1e-6)
    assert found.weighted.low < found.weighted.value < found.raw.value


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, missing.NO_DATA),
        ({("a",): Answers(90, SILENT)}, missing.NO_DATA),
        ({("a",): Answers(90, ScoreStats((9,) + (0,) * 9))}, missing.TOO_FEW),
        ({("a",): Answers(90, ScoreStats((10,) + (0,) * 9))}, missing.NO_SPREAD),
        ({("a",): Answers(90, GOOD)}, ""),
    ],
)
def test_what_cannot_be_weighted_has_a_reason(cells, reason: str) -> None:
    assert weigh(cells).weighted.reason == reason


def test_more_answers_than_eligible_is_refused() -> None:
    with pytest.raises(ValueError, match="eligible"):
        Answers(39, GOOD)


def test_each_cell_tells_who_was_asked_and_who_answered() -> None:
    found = weigh({("a",): Answers(100, GOOD, asked=80), ("b",): Answers(300, BAD)}).cells
    assert found[0].coverage == estimate(ShareStats(100, 80))
    assert found[0].response == estimate(ShareStats(80, 40))
    assert found[0].heard == estimate(ShareStats(100, 40))
    assert found[1].coverage is found[1].response is None
    with pytest.raises(ValueError, match="asked"):
        Answers(100, GOOD, asked=39)


def test_the_note_says_what_weighting_cannot_do() -> None:
    assert "corrected" not in NOTE["en"]
    assert "ikke" in NOTE["nb"]


def cell_bias(runs: int, seed: int, *, by_score: bool) -> tuple[float, float, float]:
    """Mean error of raw and weighted and the coverage of weighted, of two topics with means 7.5 and 5.5;
    answering depends on the topic, or (``by_score``) on the score itself."""
    rng = np.random.default_rng(seed)
    errors, inside = [], 0
    for _ in range(runs):
        cells: dict[tuple[str], Answers] = {}
        truth: list[int] = []
        for topic, (n, mean, rate) in enumerate([(1500, 7.5, 0.4), (1500, 5.5, 0.2)]):
            scores = np.clip(np.round(rng.normal(mean, 2, n)), 1, 10).astype(int)
            chance = 0.15 + 0.03 * scores if by_score else np.full(n, rate)
            answered = scores[rng.random(n) < chance]
            cells[(str(topic),)] = Answers(
                n, ScoreStats(tuple(np.bincount(answered, minlength=11)[1:].tolist()))
            )
            truth.extend(scores)
        found, target = weigh(cells), float(np.mean(truth))
        errors.append((found.raw.value - target, found.weighted.value - target))
        inside += found.weighted.low <= target <= found.weighted.high
    raw, weighted = np.mean(errors, axis=0)
    return float(raw), float(weighted), inside / runs


def repeat_bias(runs: int, seed: int) -> tuple[float, float]:
    """Mean error, raw and with cells by contact number: scores fall by .8 with each repeat, and repeats
    within 24 hours are not asked."""
    rng = np.random.default_rng(seed)
    errors = []
    for _ in range(runs):
        counts = {"1": 2000, "2": 700, "3+": 300}
        cells: dict[tuple[str], Answers] = {}
        truth: list[int] = []
        for number, (name, n) in enumerate(counts.items()):
            scores = np.clip(np.round(rng.normal(7.5 - 0.8 * number, 2, n)), 1, 10).astype(int)
            asked = rng.random(n) < (1.0 if number == 0 else 0.35)
            answered = scores[asked & (rng.random(n) < 0.3)]
            cells[(name,)] = Answers(n, ScoreStats(tuple(np.bincount(answered, minlength=11)[1:].tolist())))
            truth.extend(scores)
        found = weigh(cells)
        errors.append((found.raw.value - np.mean(truth), found.weighted.value - np.mean(truth)))
    raw, weighted = np.mean(errors, axis=0)
    return float(raw), float(weighted)


def test_weighting_helps_where_answering_depends_on_the_cell_and_not_otherwise(figure) -> None:
    raw, weighted, inside = cell_bias(150, 1, by_score=False)
    assert figure("answering by topic, error raw", raw) > 0.2
    assert abs(figure("answering by topic, error weighted", weighted)) < 0.03
    assert figure("answering by topic, coverage weighted", inside) > 0.93
    raw, weighted, inside = cell_bias(150, 1, by_score=True)
    assert figure("answering by score, error weighted", weighted) > 0.1
    assert figure("answering by score, coverage weighted", inside) < 0.5


def test_cells_by_contact_number_remove_the_bias_of_the_24_hour_rule(figure) -> None:
    raw, weighted = repeat_bias(100, 1)
    assert figure("repeat callers, error raw", raw) > 0.15
    assert abs(figure("repeat callers, error with cells by contact number", weighted)) < 0.03


@pytest.mark.slow
def test_weighting_at_length(figure) -> None:
    for by_score, name in ((False, "by topic"), (True, "by score")):
        raw, weighted, inside = cell_bias(2000, 2, by_score=by_score)
        figure(f"answering {name}, error raw", raw)
        figure(f"answering {name}, error weighted", weighted)
        figure(f"answering {name}, coverage weighted", inside)
    raw, weighted = repeat_bias(2000, 2)
    figure("repeat callers, error raw", raw)
    assert abs(figure("repeat callers, error with cells by contact number", weighted)) < 0.02


# Who is asked


def agents(rng: np.random.Generator, *, spread: float, cheats: int = 0, n: int = 40) -> dict[str, Any]:
    """``n`` agents with 200 to 400 eligible contacts in two strata; cheats ask 15 points less often."""
    found = {}
    for i in range(n):
        own = rng.normal(0, spread) - (0.15 if i < cheats else 0)
        cells = {}
        for name, rate in (("phone",), 0.7), (("chat",), 0.5):
            eligible = int(rng.integers(100, 200))
            cells[name] = (eligible, int(rng.binomial(eligible, np.clip(rate + own, 0, 1))))
        found[str(i)] = cells
    return found


def test_the_expected_number_is_the_others_rate_by_hand() -> None:
    data = {str(i): {("a",): (100, 60 + i), ("b",): (50, 10)} for i in range(6)}
    data["x"] = {("a",): (100, 20), ("c",): (70, 70)}
    all_ = sample_ratios(data)
    found = {a.agent: a for a in all_.agents}["x"]
    # Strata of x alone are left out; the others sent 375 of 600 in stratum a.
    assert (found.eligible, found.sent) == (100, 20)
    assert found.expected == pytest.approx(62.5)
    assert found.flag == "asked_less"
    # Under the null hypothesis all have one rate: 395 of 700.
    variance = 100 * 395 / 700 * 305 / 700 * (1 + 100 / 600)
    # The others in stratum a, each against all but themselves, and 10 of 50 in b as all have; z counts from
    # the median of all seven.
    usual = [(60 + i - (395 - 60 - i) / 6) / (variance + 50 * 0.16 * 1.2) ** 0.5 for i in range(6)]
    median = float(np.median([*usual, (20 - 62.5) / variance**0.5]))
    assert found.z == pytest.approx(((20 - 62.5) / variance**0.5 - median) / all_.over_dispersion**0.5)


@pytest.mark.parametrize(("n", "judged"), [(49, False), (50, True)])
def test_an_agent_is_judged_from_50_eligible(n: int, judged: bool) -> None:
    data = {str(i): {("a",): (100, 60 + i)} for i in range(6)} | {"x": {("a",): (n, 2)}}
    found = sample_ratios(data).agents[-1]
    assert (found.flag, found.reason) == (("asked_less", "") if judged else ("", missing.TOO_FEW))


@pytest.mark.parametrize(
    ("eligible", "usual", "sent", "flag"),
    [
        (80, 78, 72, ""),
        (200, 195, 176, ""),
        (200, 195, 175, "asked_less"),
        (200, 20, 39, ""),
        (200, 20, 40, "asked_more"),
    ],
)
def test_an_agent_is_named_only_from_ten_of_a_hundred_surveys_beyond_what_is_usual(
    eligible: int, usual: int, sent: int, flag: str
) -> None:
    agents = {f"agent {i}": {(): (eligible, usual + i % 2 * 2 - 1)} for i in range(40)}
    judged = sample_ratios(agents | {"odd": {(): (eligible, sent)}}).agents[-1]
    assert judged.p < 0.1
    assert judged.flag == flag


def test_few_agents_are_not_judged() -> None:
    found = sample_ratios({str(i): {("a",): (100, 60)} for i in range(4)})
    assert found.reason == missing.NO_PEERS
    assert all(a.reason == missing.NO_PEERS for a in found.agents)
    assert sample_ratios({}).agents == ()


def test_one_who_does_not_ask_stands_out_where_all_others_ask_everybody() -> None:
    data = {str(i): {("a",): (100, 60 if i == 0 else 100)} for i in range(12)}
    flags = {a.agent: a.flag for a in sample_ratios(data).agents}
    assert flags["0"] == "asked_less"
    assert flags["1"] == ""


@pytest.mark.parametrize("sent", [0, 100])
def test_where_all_are_treated_alike_there_is_nothing_to_judge(sent: int) -> None:
    found = sample_ratios({str(i): {("a",): (100, sent)} for i in range(12)})
    assert found.reason == missing.NO_SPREAD
    assert {a.flag for a in found.agents} == {""}


def test_more_surveys_than_eligible_contacts_is_refused() -> None:
    with pytest.raises(ValueError, match="eligible"):
        sample_ratios({"a": {("x",): (3, 4)}})


def test_the_robust_deviation_agrees_with_statsmodels_qn_and_ignores_outliers() -> None:
    z = np.random.default_rng(1).normal(size=401)
    # statsmodels leaves out the factor for small samples.
    assert robust_sd(z) == pytest.approx(qn_scale(z) * 401 / 402.4, rel=1e-4)
    z[:40] = 50
    assert robust_sd(z) == pytest.approx(1, abs=0.3)


def flags(runs: int, seed: int, *, spread: float, cheats: int) -> tuple[float, float]:
    """False-discovery rate, and the share of cheats that are found."""
    rng, false, found = np.random.default_rng(seed), [], []
    for _ in range(runs):
        called = [bool(a.flag) for a in sample_ratios(agents(rng, spread=spread, cheats=cheats)).agents]
        false.append(sum(called[cheats:]) / max(sum(called), 1))
        found.append(sum(called[:cheats]) / max(cheats, 1))
    return float(np.mean(false)), float(np.mean(found))


def test_flags_keep_their_false_discovery_rate(figure) -> None:
    for spread in (0.0, 0.05):
        false, _ = flags(100, 1, spread=spread, cheats=0)
        assert figure(f"sample ratio, agents differ by {spread}, no cheats, false alarms", false) < 0.2
        false, found = flags(100, 1, spread=spread, cheats=3)
        assert figure(f"sample ratio, agents differ by {spread}, false-discovery rate", false) < 0.15
        figure(f"sample ratio, agents differ by {spread}, cheats found", found)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.03, 0.05])
def test_flags_keep_their_false_discovery_rate_at_length(spread: float, figure) -> None:
    false, _ = flags(1000, 2, spread=spread, cheats=0)
    assert figure(f"sample ratio, agents differ by {spread}, no cheats, false alarms", false) < 0.15
    false, found = flags(1000, 2, spread=spread, cheats=3)
    assert figure(f"sample ratio, agents differ by {spread}, false-discovery rate", false) < 0.12
    figure(f"sample ratio, agents differ by {spread}, cheats found", found)


def test_results_survive_json() -> None:
    weighted = weigh({("a", "x"): Answers(100, GOOD), ("b", "y"): Answers(9, SILENT)})
    ratios = sample_ratios(agents(np.random.default_rng(1), spread=0.02, n=8))
    for result, kind in ((weighted, Weighted), (ratios, SampleRatios)):
        assert from_json(kind, json.loads(json.dumps(to_json(result), allow_nan=False))) == result
    assert weigh({("a",): Answers(100, MeanStats.of([1, 5, 9] * 9))}).weighted.value == pytest.approx(5)
