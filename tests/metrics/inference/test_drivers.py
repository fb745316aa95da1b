"""Drivers: against pingouin's relative importance and statsmodels, and by simulation."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.inference import from_json, to_json
from metrics.inference.answers.drivers import NOTE, CrossSums, Drivers, drivers
from metrics.inference.base import missing
from metrics.wording.drivers import leading

# Twelve contacts, three drivers, and the scores.
ROWS = [
    (1, 1, 7, 10), (4, 5, 6, 9), (7, 0, 4, 9), (1, 4, 9, 6), (5, 0, 5, 10), (1, 7, 9, 10),
    (9, 6, 8, 2), (3, 1, 5, 3), (4, 6, 9, 4), (2, 8, 1, 6), (3, 7, 2, 9), (6, 4, 5, 5),
]  # fmt: skip
COLUMNS = {"a": [0], "b": [1], "c": [2]}


def blocks(rng: np.random.Generator, days: int = 40, per_day: int = 40) -> list[CrossSums]:
    """Three drivers, of which the third has no effect but goes with the first; true R² is known by design."""
    found = []
    for _ in range(days):
        a = rng.normal(size=per_day)
        b = rng.binomial(1, 0.4, per_day)
        c = 0.5 * a + rng.normal(0, 0.75**0.5, per_day)
        y = 0.5 * a + 0.8 * b + rng.normal(0, 1, per_day)
        found.append(CrossSums.of(np.column_stack([a, b, c, y]).tolist()))
    return found


def test_shares_agree_with_pingouin() -> None:
    # pingouin 0.7.0, linear_regression(X, y, relimp=True): the relimp column and R².
    found = drivers([CrossSums.of(ROWS)], COLUMNS, minimum_n=10)
    shares = {d.name: d.share.value * found.explained.value for d in found.drivers}
    assert found.explained.value == pytest.approx(0.25983176041088674, abs=1e-8)
    assert shares["a"] == pytest.approx(0.16492961265321746, abs=1e-8)
    assert shares["b"] == pytest.approx(0.06265670792038483, abs=1e-8)
    assert shares["c"] == pytest.approx(0.032245439837284395, abs=1e-8)


def test_directions_agree_with_statsmodels_standardised_slopes() -> None:
    table = np.array(ROWS, dtype=float)
    z = (table - table.mean(axis=0)) / table.std(axis=0)
    expected = sm.OLS(z[:, 3], z[:, :3]).fit().params
    result = drivers([CrossSums.of(ROWS)], COLUMNS, minimum_n=10)
    found = {d.name: d.direction.value for d in result.drivers if d.direction}
    assert [found[k] for k in "abc"] == pytest.approx(expected.tolist(), abs=1e-8)


def test_shares_add_up_and_are_sorted() -> None:
    found = drivers(blocks(np.random.default_rng(1)), COLUMNS)
    assert sum(d.share.value for d in found.drivers) == pytest.approx(1)
    assert [d.name for d in found.drivers][-1] == "c"
    assert all(d.share.low <= d.share.value <= d.share.high for d in found.drivers)


def test_a_factor_of_several_columns_is_one_driver_without_direction() -> None:
    found = drivers([CrossSums.of(ROWS)], {"a": [0], "team": [1, 2]}, minimum_n=10)
    team = next(d for d in found.drivers if d.name == "team")
    table = np.array(ROWS, dtype=float)

    def explained(*columns: int) -> float:
        return float(sm.OLS(table[:, 3], sm.add_constant(table[:, list(columns)])).fit().rsquared)

    expected = (explained(1, 2) + explained(0, 1, 2) - explained(0)) / 2
    assert team.share.value * found.explained.value == pytest.approx(expected, abs=1e-8)
    assert team.direction is None


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], missing.NO_DATA),
        ([(1, 2, 3, 4)] * 49, missing.TOO_FEW),
        ([(1, 2, 3, 4)] * 50, missing.NO_SPREAD),
        ([(i % 7, 2 * (i % 7), i % 5, i % 10) for i in range(50)], missing.COLLINEAR),
        ([(i % 7, i % 4, i % 5, i % 10) for i in range(50)], ""),
    ],
)
def test_what_cannot_be_driven_has_a_reason(rows, reason: str) -> None:
    found = drivers([CrossSums.of(rows)] if rows else [], COLUMNS)
    assert found.reason == reason
    assert (found.drivers[0].share.value is None) == bool(reason)


@pytest.mark.parametrize(("days", "shown"), [(9, False), (10, True)])
def test_intervals_need_ten_blocks(days: int, shown: bool) -> None:
    found = drivers(blocks(np.random.default_rng(2), days), COLUMNS)
    assert (found.explained.low is not None) == shown


def test_nine_drivers_are_too_many() -> None:
    with pytest.raises(ValueError, match="eight"):
        drivers([CrossSums.of(ROWS)], {str(i): [i] for i in range(9)})


def test_the_note_does_not_promise_causes() -> None:
    assert "not what causes them" in NOTE["en"]
    assert "ikke hva som er årsaken" in NOTE["nb"]


def share_coverage(runs: int, seed: int) -> tuple[float, float]:
    """Coverage of the interval of the first driver's share, and the mean share of the one without effect."""
    truth = {
        d.name: d.share.value for d in drivers(blocks(np.random.default_rng(99), 400, 5000), COLUMNS).drivers
    }
    inside, idle = 0, 0.0
    for run in range(runs):
        found = {d.name: d for d in drivers(blocks(np.random.default_rng(seed + run)), COLUMNS).drivers}
        inside += found["a"].share.low <= truth["a"] <= found["a"].share.high
        idle += found["c"].share.value
    return inside / runs, idle / runs


@pytest.mark.slow
def test_shares_are_covered_as_stated(figure) -> None:
    covered, idle = share_coverage(500, 1)
    assert 0.91 < figure("driver's share, 40 days of 40 scores, coverage", covered) < 0.97
    figure("share of a driver without effect", idle)


def test_results_survive_json() -> None:
    found = drivers(blocks(np.random.default_rng(3)), COLUMNS)
    assert from_json(Drivers, json.loads(json.dumps(to_json(found), allow_nan=False))) == found


def by_chance(runs: int, seed: int) -> tuple[float, float]:
    """Of selections with twelve teams and four drivers, none with any effect: how often one is named, and how
    often the team's share lies above all others'."""
    rng = np.random.default_rng(seed)
    days, per_day, teams = 40, 60, 12
    columns = {"team": list(range(4, 3 + teams)), **{str(i): [i] for i in range(4)}}
    named = large = 0
    for _ in range(runs):
        team = rng.integers(teams, size=(days, per_day))
        rows = np.concatenate(
            [
                np.ones((days, per_day, 1)),
                rng.normal(size=(days, per_day, 4)),
                team[..., None] == np.arange(1, teams),
                rng.integers(1, 11, size=(days, per_day, 1)),
            ],
            axis=2,
        )
        found = drivers(np.einsum("dpi,dpj->dij", rows, rows), columns).drivers
        named += bool(leading(found))
        large += found[0].name == "team" and found[0].share.low > found[1].share.value
    return named / runs, large / runs


def test_nothing_is_named_that_chance_explains(figure) -> None:
    named, large = by_chance(40, 1)
    assert large > 0.5
    assert figure("drivers without effect: some named", named) <= 0.15


@pytest.mark.slow
def test_no_more_is_named_by_chance_than_is_stated(figure) -> None:
    named, large = by_chance(1000, 2)
    figure("drivers without effect: the team's share above all others", large)
    assert figure("drivers without effect: some named", named) <= 0.05


def test_the_p_of_a_driver_entered_alone_is_that_of_statsmodels() -> None:
    for own in ([0], [0, 1]):
        (found,) = drivers([CrossSums.of(ROWS)], {"x": own}, minimum_n=10).drivers
        table = np.array(ROWS, dtype=float)
        fit = sm.OLS(table[:, 3], sm.add_constant(table[:, own])).fit()
        assert found.p == pytest.approx(fit.f_pvalue, abs=1e-8)
