"""Shrinkage, funnels, ranks and suppression: references, simulations and boundaries."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as reference
from scipy.stats import binom
from statsmodels.stats.meta_analysis import combine_effects

from metrics.inference import INDEX, MeanStats, ScoreStats, ShareStats, from_json, to_json
from metrics.inference.base import missing
from metrics.inference.groups.funnel import Funnel, funnel, over_dispersion
from metrics.inference.groups.ranks import Place, places
from metrics.inference.groups.shrinkage import Shrunk, beta_binomial, paule_mandel, shrink
from metrics.inference.groups.suppression import hidden

# BCG vaccine trials (Colditz et al., JAMA 271, 1994): log relative risks and their variances.
BCG = np.array(
    [
        -0.8893,
        -1.5854,
        -1.3481,
        -1.4416,
        -0.2175,
        -0.7861,
        -1.6209,
        0.0120,
        -0.4694,
        -1.3713,
        -0.3394,
        0.4459,
        -0.0173,
    ]
)
BCG_V = np.array(
    [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
)
# Rat tumours (Tarone 1982; Gelman et al., Bayesian Data Analysis, table 5.1), first 20 groups and others.
RATS = [
    (20, 0),
    (19, 0),
    (18, 0),
    (20, 1),
    (20, 2),
    (19, 2),
    (20, 3),
    (27, 5),
    (46, 9),
    (20, 6),
    (52, 19),
    (24, 9),
]


def test_tau_agrees_with_statsmodels_paule_mandel() -> None:
    centre, tau2 = paule_mandel(BCG, BCG_V)
    expected = combine_effects(BCG, BCG_V, method_re="iterated", atol=1e-14)
    assert tau2 == pytest.approx(expected.tau2, abs=1e-8)
    assert centre == pytest.approx(expected.mean_effect_re, abs=1e-8)


def test_tau_of_the_bcg_trials_is_what_metafor_gives() -> None:
    # metafor 4: rma(yi, vi, data=dat.bcg, method="PM"), from log relative risks: tau² 0.3180.
    assert paule_mandel(BCG, BCG_V)[1] == pytest.approx(0.3181, abs=5e-4)


def test_noise_alone_has_no_tau() -> None:
    assert paule_mandel(np.array([1.0, 1.1, 0.9, 1.0, 1.0]), np.full(5, 1.0)) == pytest.approx((1.0, 0.0))


def test_beta_binomial_agrees_with_the_maximum_of_scipys_betabinom() -> None:
    n, hits = np.array(RATS).T

    def cost(log_shape: np.ndarray) -> float:
        return -float(reference.betabinom.logpmf(hits, n, *np.exp(log_shape)).sum())

    best = optimize.minimize(cost, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert beta_binomial(n, hits) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_shares_that_scatter_by_chance_only_share_one_value() -> None:
    found = shrink({str(i): ShareStats(30, 6) for i in range(10)})
    assert found.spread < 0.005
    assert all(m.shrunk.value == pytest.approx(0.2, abs=5e-3) for m in found.members)


@pytest.mark.parametrize(("n", "shown"), [(9, "nothing"), (10, "shrunk"), (39, "shrunk"), (40, "raw")])
def test_what_is_shown_depends_on_n(n: int, shown: str) -> None:
    peers = {str(i): MeanStats.of([5, 6 + i / 3, 7] * 30) for i in range(9)}
    member = shrink({"x": MeanStats.of([9, 10] * 30 + [9])} | peers).members[0]
    assert member.shown == member.raw
    values = ([9.0, 10.0] * 30)[:n]
    member = shrink({"x": MeanStats.of(values), **peers}).members[0]
    expected = {"raw": member.raw, "shrunk": member.shrunk}.get(shown)
    assert member.shown.reason == (missing.TOO_FEW if expected is None else "")
    assert member.shown.value == (None if expected is None else expected.value)


def test_a_small_group_lies_between_its_own_mean_and_the_common_one() -> None:
    peers = {str(i): MeanStats.of([5 + i / 5, 7 + i / 5] * 30) for i in range(9)}
    found = shrink({"x": MeanStats.of([9.0, 10.0] * 6), **peers})
    member = found.members[0]
    assert found.centre < member.shrunk.value < member.raw.value
    assert member.shrunk.value == pytest.approx(member.weight * 9.5 + (1 - member.weight) * found.centre)


def test_too_few_peers_are_not_shrunk() -> None:
    found = shrink({"a": ShareStats(12, 3), "b": ShareStats(80, 3), "c": ShareStats(0, 0)})
    assert found.reason == missing.NO_PEERS
    assert [m.shown.reason for m in found.members] == [missing.NO_PEERS, "", missing.NO_DATA]


def test_shares_and_means_are_not_shrunk_together() -> None:
    with pytest.raises(TypeError):
        shrink({str(i): ShareStats(20, 3) if i else MeanStats.of([1, 2]) for i in range(6)})


def test_an_index_shrinks_as_its_scores_do() -> None:
    scores = {str(i): ScoreStats((i, 2, 3, 1, 4, 2, 2, 1, 1, 10 - i)) for i in range(9)}
    plain, index = shrink(scores), shrink(scores, scale=INDEX)
    for a, b in zip(plain.members, index.members, strict=True):
        assert b.shrunk.low == pytest.approx((a.shrunk.low - 1) / 9 * 100)
        assert b.raw.high == pytest.approx((a.raw.high - 1) / 9 * 100)
    assert index.spread == pytest.approx(plain.spread / 9 * 100)


def test_a_normal_z_is_not_over_dispersed() -> None:
    z = np.random.default_rng(1).normal(size=20_000)
    assert over_dispersion(z) == pytest.approx(1, abs=0.03)
    assert over_dispersion(3 * z) == pytest.approx(9, rel=0.03)
    assert over_dispersion(z / 5) == 1.0


@pytest.mark.parametrize(("n", "judged"), [(49, False), (50, True)])
def test_a_group_is_judged_from_50(n: int, judged: bool) -> None:
    peers = {str(i): ShareStats(400, 78 + i) for i in range(6)}
    point = funnel({"x": ShareStats(n, n // 2), **peers}).points[0]
    assert (point.differs, point.reason) == (("above", "") if judged else ("", missing.TOO_FEW))


def test_funnel_limits_narrow_with_the_root_of_n() -> None:
    found = funnel({str(i): ShareStats(400, 78 + i) for i in range(6)})
    (low, high), (low_4, high_4) = found.limits([100, 400])
    assert high - low == pytest.approx(2 * (high_4 - low_4), rel=0.05)
    assert found.limits([100], 0.998)[0][1] > high
    assert (low, high) == tuple(binom.interval(0.95, 100, found.centre) / np.array(100))


def test_the_funnel_of_rare_hits_reaches_down_to_none() -> None:
    found = funnel({str(i): ShareStats(400, 4) for i in range(6)})
    low, high = found.limits([100])[0]
    assert low == 0.0
    assert high == binom.isf(0.025, 100, 0.01) / 100


def test_a_funnel_needs_peers_and_a_spread() -> None:
    assert funnel({"a": ShareStats(80, 3), "b": ShareStats(80, 4), "c": ShareStats(4, 1)}).limits([10]) == ()
    assert funnel({str(i): ShareStats(80, 0) for i in range(8)}).reason == missing.NO_SPREAD


def test_a_falling_scale_turns_above_into_below() -> None:
    groups = {str(i): ShareStats(400, 80) for i in range(8)} | {"x": ShareStats(400, 160)}
    assert funnel(groups).points[-1].differs == "above"
    assert funnel(groups, scale=(1, -1)).points[-1].differs == "below"


def test_rank_intervals_of_equal_groups_span_nearly_all_places() -> None:
    rng = np.random.default_rng(2)
    found = places({str(i): MeanStats.of(rng.normal(7, 2, 60)) for i in range(80)})
    assert np.mean([p.high - p.low for p in found]) > 50
    assert sorted(p.place for p in found) == list(range(1, 81))


def test_rank_intervals_of_very_different_groups_are_single_places() -> None:
    groups = {str(i): ShareStats(2000, 200 * i) for i in range(1, 9)}
    assert [(p.low, p.place, p.high) for p in places(groups)] == [(9 - i,) * 3 for i in range(1, 9)]
    assert places(groups, higher_first=False)[0] == Place("1", 2000, 1, 1, 1)


def test_small_or_lonely_groups_have_no_place() -> None:
    found = places({"a": ShareStats(49, 3), "b": ShareStats(50, 3)})
    assert [p.reason for p in found] == [missing.TOO_FEW, missing.NO_PEERS]
    assert found[1].place is None


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 5, "b": 9}, ""),
        ({"a": 4, "b": 9, "c": 30}, "ab"),
        ({"a": 0, "b": 9, "c": 30}, ""),
        ({"a": 1, "b": 2, "c": 30, "d": 6}, "abd"),
        ({"a": 2, "b": 3, "c": 30}, "ab"),
        ({"a": 4}, "a"),
        ({}, ""),
    ],
)
def test_small_cells_are_hidden_with_what_would_give_them_away(sizes: dict[str, int], expected: str) -> None:
    assert hidden(sizes) == frozenset(expected)


def test_without_a_total_only_the_small_cells_are_hidden() -> None:
    assert hidden({"a": 4, "b": 9, "c": 30}, total_shown=False) == {"a"}


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 40), max_size=12))
def test_no_small_cell_can_be_worked_out_from_the_total(sizes: dict[str, int]) -> None:
    out = hidden(sizes)
    assert all(name in out for name, n in sizes.items() if 0 < n < 5)
    filled = [name for name, n in sizes.items() if n]
    if out and set(filled) != out:
        assert len(out) >= 2
        assert sum(sizes[name] for name in out) >= 5


def shrinking(runs: int, seed: int) -> tuple[float, float, float]:
    """Mean squared error raw and shrunk, and coverage, for 40 agents with 20 scores each."""
    rng, raw, shrunk, inside = np.random.default_rng(seed), [], [], []
    for _ in range(runs):
        truth = rng.normal(7, 0.35, 40)
        found = shrink({str(i): MeanStats.of(rng.normal(t, 2, 20)) for i, t in enumerate(truth)})
        for t, m in zip(truth, found.members, strict=True):
            raw.append((m.raw.value - t) ** 2)
            shrunk.append((m.shrunk.value - t) ** 2)
            inside.append(m.shrunk.low <= t <= m.shrunk.high)
    return float(np.mean(raw)), float(np.mean(shrunk)), float(np.mean(inside))


def shrinking_shares(runs: int, seed: int) -> tuple[float, float, float]:
    rng, raw, shrunk, inside = np.random.default_rng(seed), [], [], []
    for _ in range(runs):
        truth = rng.beta(8, 48, 40)
        hits = rng.binomial(25, truth)
        found = shrink({str(i): ShareStats(25, int(h)) for i, h in enumerate(hits)})
        for t, m in zip(truth, found.members, strict=True):
            raw.append((m.raw.value - t) ** 2)
            shrunk.append((m.shrunk.value - t) ** 2)
            inside.append(m.shrunk.low <= t <= m.shrunk.high)
    return float(np.mean(raw)), float(np.mean(shrunk)), float(np.mean(inside))


def finding(runs: int, seed: int, others: float = 0.15) -> tuple[float, float, float]:
    """False-discovery rate and power of the funnel, and that rate unadjusted: 60 agents, of whom six
    differ by .9 points and the rest by a standard deviation of ``others``."""
    rng = np.random.default_rng(seed)
    rates, power, plain = [], [], []
    for _ in range(runs):
        shift = np.r_[np.full(3, 0.9), np.full(3, -0.9), np.zeros(54)]
        truth = 7 + shift + rng.normal(0, others, 60)
        groups = {str(i): MeanStats.of(rng.normal(t, 2, rng.integers(60, 200))) for i, t in enumerate(truth)}
        found = funnel(groups).points
        called = np.array([bool(p.differs) for p in found])
        rates.append(called[6:].sum() / max(called.sum(), 1))
        power.append(called[:6].mean())
        loose = np.array([abs(p.z) > 1.96 for p in found])
        plain.append(loose[6:].sum() / max(loose.sum(), 1))
    return float(np.mean(rates)), float(np.mean(power)), float(np.mean(plain))


def test_shrinking_brings_values_nearer_to_the_truth(figure) -> None:
    raw, shrunk, inside = shrinking(15, 1)
    assert figure("40 agents with 20 scores, squared error raw", raw) > 0.17
    assert figure("40 agents with 20 scores, squared error shrunk", shrunk) < 0.1
    assert 0.9 < figure("40 agents with 20 scores, coverage of shrunk", inside) < 0.98
    raw, shrunk, inside = shrinking_shares(15, 1)
    assert shrunk < 0.5 * raw
    assert 0.9 < figure("40 agents with 25 contacts, hit-rate, coverage of shrunk", inside) < 0.98


def test_skewed_times_make_no_more_groups_stand_out_than_stated(figure) -> None:
    rng, runs, called = np.random.default_rng(5), 400, 0
    for _ in range(runs):
        times = np.exp(5.8 + 0.5 * rng.normal(size=(48, 62)))
        totals, squares = times.sum(axis=1), (times**2).sum(axis=1)
        agents = {str(i): MeanStats(62, float(totals[i]), float(squares[i])) for i in range(48)}
        called += any(point.differs for point in funnel(agents).points)
    assert 0.04 < figure("funnel, 48 equal agents with skewed times, any called", called / runs) < 0.12


def test_the_funnel_keeps_its_false_discovery_rate(figure) -> None:
    rate, power, plain = finding(40, 1)
    assert figure("funnel, false-discovery rate", rate) < 0.13
    assert figure("funnel, power", power) > 0.3
    assert plain > rate


@pytest.mark.slow
def test_small_groups_at_length(figure) -> None:
    raw, shrunk, inside = shrinking(500, 2)
    figure("40 agents with 20 scores, squared error raw", raw)
    assert figure("40 agents with 20 scores, squared error shrunk", shrunk) < 0.09
    assert 0.93 < figure("40 agents with 20 scores, coverage of shrunk", inside) < 0.97
    raw, shrunk, inside = shrinking_shares(300, 2)
    figure("40 agents with 25 contacts, squared error shrunk ÷ raw", shrunk / raw)
    assert 0.92 < figure("40 agents with 25 contacts, hit-rate, coverage of shrunk", inside) < 0.97
    for others in (0.0, 0.15, 0.3):
        rate, power, plain = finding(500, 2, others)
        assert figure(f"funnel, agents differ by {others}, false-discovery rate", rate) < 0.105
        figure(f"funnel, agents differ by {others}, power", power)
        figure(f"funnel, agents differ by {others}, false-discovery rate unadjusted", plain)


def test_results_survive_json() -> None:
    groups = {str(i): ShareStats(20 * i, 3 * i) for i in range(9)}
    for result, kind in ((shrink(groups), Shrunk), (funnel(groups), Funnel)):
        assert from_json(kind, json.loads(json.dumps(to_json(result), allow_nan=False))) == result
    for place in places(groups):
        assert from_json(Place, to_json(place)) == place


def test_the_funnel_of_shares_ends_at_nothing_and_at_all() -> None:
    for hits, side in ((1, 0), (59, 1)):
        found = funnel({str(i): ShareStats(60, hits) for i in range(6)})
        (few, many) = found.limits((60, 100_000))
        assert few[side] == side
        assert 0 < many[0] < many[1] < 1
