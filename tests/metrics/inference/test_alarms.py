"""Alarms: stated false alarms, how fast a change is seen, and causes."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator, no-untyped-def, arg-type, misc, type-var, comparison-overlap"

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats as reference

from metrics.analysis.holidays import holidays
from metrics.inference import from_json, to_json
from metrics.inference.answers.distinctive import Distinct, distinctive
from metrics.inference.over_time.alarms import SHIFT, SPIKE, Alarm, Cause, detect, group, limits
from metrics.inference.over_time.baseline import HISTORY, Series
from tests.metrics.inference.days import (
    START,
    count_series,
    counts,
    score_series,
    share_of,
    share_series,
)


def test_limits_share_the_false_alarms_among_all_series() -> None:
    one, many = limits(1, 1.0), limits(40, 12.0)
    assert many.spike > one.spike > 3
    assert many.shift > one.shift > 5
    assert 2 * 365.25 * 40 * 2 * reference.norm.sf(many.spike) == pytest.approx(12, rel=1e-6)
    assert limits(12, 12.0) == one


def test_the_cusum_without_error_in_the_baseline_has_the_known_run_length(monkeypatch) -> None:
    # Montgomery, Introduction to Statistical Quality Control, table 9.3: k = .5, h = 5: ARL 465 (two-sided).
    monkeypatch.setattr("metrics.inference.over_time.alarms._DRIFT", 0.0)
    from metrics.inference.over_time.alarms import _shift_rate

    assert 1 / _shift_rate(5.0) == pytest.approx(465, rel=0.02)
    assert 1 / _shift_rate(4.0) == pytest.approx(168, rel=0.02)


def steady(rng: np.random.Generator, days: int) -> list[Series]:
    made = [count_series(counts(rng, m, a, days), f"c{m}{a}") for m in (5, 60, 300) for a in (0.0, 0.02, 0.1)]
    made += [score_series(rng, 7, m, days, f"m{m}") for m in (8, 40)]
    return made + [share_series(rng, 0.2, m, days, f"s{m}") for m in (10, 100)]


def false_alarms(runs: int, years: float, seed: int, stated: float = 12.0) -> float:
    """Alarms per year over 13 series in which nothing happens, where ``stated`` are."""
    rng, found = np.random.default_rng(seed), 0
    days = HISTORY + round(365.25 * years)
    for _ in range(runs):
        found += len(detect(steady(rng, days), false_alarms=stated))
    return found / runs / years


def delay(runs: int, seed: int, factor: float, mean: float = 60.0) -> tuple[float, float]:
    """Share of changes by ``factor`` seen the same day, and the median number of days until one is seen, at
    one false alarm per series and year."""
    rng, waits = np.random.default_rng(seed), []
    for _ in range(runs):
        before = HISTORY + 30
        values = counts(rng, mean, 0.01, before + 60)
        values[before:] = (
            rng.poisson(values[before:] * factor) if factor > 1 else rng.binomial(values[before:], factor)
        )
        alarms = detect([count_series(values)], false_alarms=1.0)
        wanted = "up" if factor > 1 else "down"
        days = [(a.day - START).days - before for a in alarms if a.direction == wanted]
        waits.append(min((d for d in days if d >= 0), default=60))
    return float(np.mean(np.array(waits) == 0)), float(np.median(waits)) + 1


def test_false_alarms_stay_within_what_is_stated(figure) -> None:
    assert 4 < figure("false alarms a year over 13 series, 12 stated", false_alarms(2, 3, 1)) < 17


def test_a_doubling_is_seen_at_once(figure) -> None:
    same_day, days = delay(40, 1, 2.0)
    assert figure("60 a day, +100 %, seen the same day", same_day) > 0.5
    assert days <= 2


def product(rng: np.random.Generator, days: int) -> list[Series]:
    """What the product watches in a small company: 57 series as metrics/analysis/series.py has them, busy
    and quiet,
    contacts after self-service being part of the contacts, and shares that are rare or never there."""
    off = holidays(range(START.year, START.year + days // 365 + 2))
    quiet = np.array([START + timedelta(days=i) in off for i in range(days)])
    topics = [counts(rng, m, 0.02, days) for m in np.geomspace(3, 30, 17)]
    topics = [np.where(quiet, rng.binomial(topic, 0.2), topic) for topic in topics]
    whole = np.sum(topics, axis=0)
    made = [count_series(whole, "contacts", bad="both")]
    made += [count_series(topic, f"contacts|topic={i}", bad="up") for i, topic in enumerate(topics)]
    made += [
        count_series(rng.binomial(topic, 0.6), f"failed|topic={i}", bad="up", full=True)
        for i, topic in enumerate(topics)
    ]
    delivered = rng.binomial(whole, 0.8)
    for name, n, share in (("no_reply", delivered, 0.6), ("send_failure", delivered, 0.002)):
        hits = rng.binomial(n, share)
        made.append(Series(name, "share", START, tuple(map(float, hits)), tuple(map(int, n))))
    for i in range(5):
        n = rng.binomial(whole, 0.2)
        for name, share in (("unanswered", 0.05), ("hit_rate", 0.08)):
            hits = rng.binomial(n, share)
            made.append(Series(f"{name}|{i}", "share", START, tuple(map(float, hits)), tuple(map(int, n))))
        made.append(score_series(rng, 7, 12, days, f"csat|{i}"))
        times = [rng.lognormal(6, 0.6, k) for k in n]
        made.append(Series(f"handling|{i}", "mean", START, tuple(float(t.sum()) for t in times),
                           tuple(map(int, n)), tuple(float((t**2).sum()) for t in times)))  # fmt: skip
    return made


def product_false_alarms(runs: int, years: float, seed: int, stated: float) -> float:
    rng, found = np.random.default_rng(seed), 0
    days = HISTORY + round(365.25 * years)
    off = holidays(range(START.year, START.year + days // 365 + 2))
    for _ in range(runs):
        found += len(detect(product(rng, days), false_alarms=stated, holidays=off))
    return found / runs / years


@pytest.mark.slow
def test_false_alarms_of_all_that_the_product_watches_stay_within_what_is_stated(figure) -> None:
    found = figure(
        "false alarms a year, the product's 57 series, 12 stated", product_false_alarms(6, 4, 5, 12)
    )
    assert 4 < found < 13


@pytest.mark.slow
def test_alarms_at_length(figure) -> None:
    for stated in (1.0, 12.0, 52.0):
        found = figure(
            f"false alarms a year over 13 series, {stated:.0f} stated", false_alarms(10, 10, 2, stated)
        )
        assert 0.5 * stated < found < 1.2 * stated
    for factor in (2.0, 1.5, 1.2, 0.8):
        same_day, days = delay(400, 2, factor)
        figure(f"60 a day, × {factor}, seen the same day", same_day)
        figure(f"60 a day, × {factor}, median days until seen", days)


def shifted(topic: str, factor: float, **options) -> Series:
    rng = np.random.default_rng(3)
    values = counts(rng, 100, 0.0, HISTORY + 40).astype(float)
    values[-10:] = np.round(values[-10:] * factor)
    return count_series(values, f"contacts {topic}", dims=(("partner", "Alfa"), ("topic", topic)), **options)


def test_a_spike_is_one_alarm_and_closes_when_it_is_over() -> None:
    values = counts(np.random.default_rng(3), 100, 0.0, HISTORY + 40).astype(float)
    values[-20] *= 3
    (alarm,) = detect([count_series(values, bad="up")], false_alarms=1)
    assert (alarm.kind, alarm.direction, alarm.bad) == (SPIKE, "up", True)
    assert alarm.value > alarm.high > alarm.expected > alarm.low
    assert 1 <= (alarm.closed - alarm.day).days <= 14
    assert detect([count_series(values)], false_alarms=1, since=alarm.closed) == (
        alarm_without_direction(alarm),
    )
    assert detect([count_series(values)], false_alarms=1, since=alarm.closed + timedelta(days=1)) == ()


def alarm_without_direction(alarm: Alarm) -> Alarm:
    return replace(alarm, bad=True)


def test_a_lasting_rise_is_one_open_alarm_soon_after_it_began() -> None:
    (alarm,) = detect([shifted("bill", 1.35)], false_alarms=0.5)
    assert alarm.kind in {SPIKE, SHIFT}
    assert alarm.closed is None
    start = START + timedelta(days=HISTORY + 30)
    assert -1 <= (alarm.since - start).days <= 4


def test_the_key_of_an_alarm_stays_while_days_are_added() -> None:
    series = shifted("bill", 1.35)
    early = replace(series, total=series.total[:-2])
    assert detect([early], false_alarms=0.5)[0].key == detect([series], false_alarms=0.5)[0].key


def test_a_fall_where_only_a_rise_is_bad_is_no_call_for_action() -> None:
    (alarm,) = detect([shifted("bill", 0.5, bad="up", full=True)], false_alarms=0.1)
    assert (alarm.direction, alarm.bad, alarm.full) == ("down", False, False)


def test_alarms_of_one_topic_are_one_cause_and_a_full_alarm_comes_first() -> None:
    bill, waiting = shifted("bill", 1.4), replace(shifted("bill", 1.5), name="wait")
    web = replace(shifted("move", 1.3, bad="up", full=True), name="sessions given up")
    causes = group(detect([bill, waiting, web], false_alarms=0.5))
    assert [len(c.alarms) for c in causes] == [1, 2]
    assert causes[0].full
    assert causes[1].shared == (("partner", "Alfa"), ("topic", "bill"))


def test_causes_far_apart_in_time_are_not_joined() -> None:
    alarm = detect([shifted("bill", 1.4)])[0]
    days = timedelta(days=4)
    later = replace(alarm, key="later", day=alarm.day + days, since=alarm.since + days)
    assert len(group([alarm, later])) == 2
    near = replace(later, since=alarm.since + timedelta(days=3))
    assert len(group([alarm, near])) == 1


@pytest.mark.parametrize(("failed", "alarm"), [(0, False), (1, False), (2, False), (20, True)])
def test_a_failure_that_never_happened_before_is_judged_by_how_many_there_are(
    failed: int, alarm: bool
) -> None:
    n = [100] * 150
    found = detect([share_of([0] * 149 + [failed], n)], false_alarms=1.0)
    assert bool(found) is alarm


def test_what_all_did_before_is_missed_when_some_no_longer_do() -> None:
    (found,) = detect([share_of([100] * 149 + [70], [100] * 150)], false_alarms=1.0)
    assert (found.direction, found.value, found.high) == ("down", 0.7, 1.0)


def test_a_rare_share_is_judged_as_often_as_its_count_would_be() -> None:
    rng, found = np.random.default_rng(4), 0
    for _ in range(30):
        n = rng.poisson(80, 500)
        series = Series("rare", "share", START, tuple(map(float, rng.binomial(n, 0.01))), tuple(map(int, n)))
        found += len(detect([series], false_alarms=4.0))
    assert found < 30 * 4 * 1.5


def test_of_an_unfinished_day_only_too_many_are_an_alarm_and_nothing_is_closed() -> None:
    values = np.full(140, 20.0)
    values[-3:] = (80, 75, 0)
    ended, going = count_series(values), count_series(values, unfinished=True)
    assert [alarm.direction for alarm in detect([going])] == ["up"]
    assert {alarm.direction for alarm in detect([ended])} == {"up", "down"}
    many = count_series(np.array([20.0] * 139 + [90]), unfinished=True)
    (alarm,) = detect([many])
    assert (alarm.day, alarm.closed) == (START + timedelta(days=139), None)
    share = share_of([5] * 139 + [90], [100] * 140, unfinished=True)
    assert detect([share]) == ()


def test_the_whole_belongs_to_the_strongest_of_its_parts_and_else_stands_alone() -> None:
    part = shifted("bill", 1.6)
    other = shifted("move", 1.4)
    whole = count_series(np.array(part.total) + np.array(other.total), "contacts bill")
    causes = group(detect([part, other, whole], false_alarms=0.5))
    assert sorted(len(cause.alarms) for cause in causes) == [1, 2]
    assert causes[0].shared == (("partner", "Alfa"), ("topic", "bill"))
    alone = group(detect([replace(whole, name="send_failure")], false_alarms=0.5))
    assert (len(alone), alone[0].shared) == (1, ())


def test_results_survive_json() -> None:
    causes = group(detect([shifted("bill", 1.4), shifted("move", 1.3)]))
    for result, kind in ((causes[0], Cause), (distinctive({"kø": 5}, {}, (10, 10))[0], Distinct)):
        data = json.loads(json.dumps(to_json(result), allow_nan=False))
        assert from_json(kind, data) == result
