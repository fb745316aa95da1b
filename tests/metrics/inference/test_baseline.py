"""What a day is expected to be like: its weekday, without the last days and holidays."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats as reference

from metrics.inference.base import missing
from metrics.inference.over_time.alarms import detect
from metrics.inference.over_time.baseline import Series, _mid_z, expect, unjudged
from tests.metrics.inference.days import (
    START,
    WEEK,
    count_series,
    share_of,
    share_series,
)


def test_a_day_is_expected_to_be_like_its_weekday() -> None:
    values = np.tile(100 * WEEK, 20)
    found = expect(count_series(values))
    assert found.expected[-14:] == pytest.approx(values[-14:])
    assert np.abs(found.z[-14:]).max() < 0.1


def test_the_last_14_days_are_no_part_of_the_expectation() -> None:
    values = np.tile(100 * WEEK, 20)
    values[-15:-1] *= 10
    assert expect(count_series(values)).expected[-1] == pytest.approx(40)


def test_a_holiday_is_neither_judged_nor_expected_from() -> None:
    values = np.tile(100 * WEEK, 20)
    holiday = 100
    values[holiday] = 0
    with_it = expect(count_series(values), holidays={START + timedelta(days=holiday)})
    assert np.isnan(with_it.z[holiday])
    assert with_it.expected[holiday + 28] == pytest.approx(values[holiday + 28])
    assert expect(count_series(values)).expected[holiday + 28] < values[holiday + 28]


@pytest.mark.parametrize(("weeks", "judged"), [(7, False), (8, True)])
def test_six_weekdays_are_needed_before_a_day_is_judged(weeks: int, judged: bool) -> None:
    values = np.tile(100 * WEEK, weeks + 1)[: 7 * weeks + 1]
    assert np.isnan(expect(count_series(values)).z[-1]) != judged


def test_the_z_of_a_count_agrees_with_scipys_negative_binomial() -> None:
    y, mean, variance = np.array([0.0, 3, 12, 40]), np.full(4, 12.0), np.full(4, 30.0)
    law = reference.nbinom(144 / 18, 12 / 30)
    expected = reference.norm.ppf(law.cdf(y) - law.pmf(y) / 2)
    assert _mid_z(y, mean, variance) == pytest.approx(expected, abs=1e-9)


def test_a_day_without_answers_is_not_judged() -> None:
    series = share_series(np.random.default_rng(1), 0.2, 50, 140)
    n = list(series.n)
    n[-1] = 0
    found = expect(replace(series, n=tuple(n), total=(*series.total[:-1], 0.0)))
    assert np.isnan(found.z[-1])
    assert np.isnan(found.value[-1])


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "median"},
        {"bad": "sideways"},
        {"kind": "share"},
        {"kind": "mean", "n": (1,)},
    ],
)
def test_a_series_that_cannot_be_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Series(**{"name": "x", "kind": "count", "first_day": START, "total": (1.0,), **bad})


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (count_series(np.zeros(0)), missing.NO_DATA),
        (count_series(np.full(7, 5.0)), missing.TOO_SHORT),
        (count_series(np.full(55, 5.0)), missing.TOO_SHORT),
        (count_series(np.full(56 + 7, 5.0)), ""),
        (count_series(np.zeros(140)), ""),
        (count_series(np.full(140, np.nan)), missing.NO_DATA),
        (share_of([0] * 140, [0] * 140), missing.NO_DATA),
        (share_of([0] * 140, [50] * 140), ""),
        (Series("csat", "mean", START, (80.0,) * 140, (10,) * 140, (640.0,) * 140), missing.NO_SPREAD),
    ],
)
def test_a_series_that_cannot_be_judged_says_why(series: Series, reason: str) -> None:
    assert unjudged(series) == reason
    assert detect([series]) == ()


def test_a_day_of_which_nothing_is_known_is_neither_judged_nor_learnt_from() -> None:
    values = np.tile(100 * WEEK, 20)
    values[100] = np.nan
    found = expect(count_series(values))
    assert np.isnan(found.z[100])
    assert found.expected[128] == pytest.approx(values[128])
