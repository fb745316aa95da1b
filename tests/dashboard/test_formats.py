"""Numbers, times and days as people read them, both sides of each boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.catalog import metrics, unit
from texts.formats import MISSING, Formats

OSLO = ZoneInfo("Europe/Oslo")
NB, EN = Formats("nb", OSLO, unit), Formats("en", OSLO, unit)


def plain(text: str) -> str:
    """No-break spaces as spaces, so that the tables below can be read."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "decimals", "nb", "en"),
    [
        (999, 0, "999", "999"),
        (1000, 0, "1 000", "1,000"),
        (12345, 0, "12 345", "12,345"),
        (7.44, 1, "7,4", "7.4"),
        (7.45, 2, "7,45", "7.45"),
        (-10.7, 1, "−10,7", "−10.7"),
        (-0.04, 1, "0,0", "0.0"),
        (None, 1, MISSING, MISSING),
        (float("nan"), 1, MISSING, MISSING),
    ],
)
def test_a_number_has_the_separators_of_its_language(value: float, decimals: int, nb: str, en: str) -> None:
    assert plain(NB.number(value, decimals)) == nb
    assert plain(EN.number(value, decimals)) == en


@pytest.mark.parametrize(
    ("value", "nb"),
    [
        (999.4, "999"),
        (1_004, "1 000"),
        (1_005, "1 000"),
        (1_006, "1 010"),
        (19_014, "19 000"),
        (-36_072, "−36 100"),
        (0.4, "0"),
        (None, MISSING),
    ],
)
def test_what_is_estimated_has_three_digits_that_mean_something(value: float | None, nb: str) -> None:
    assert plain(NB.rounded(value)) == nb


@pytest.mark.parametrize(
    ("value", "nb", "en"),
    [
        (0.0, "0 %", "0%"),
        (0.071, "7,1 %", "7.1%"),
        (0.199, "19,9 %", "19.9%"),
        (0.2, "20 %", "20%"),
        (0.63, "63 %", "63%"),
        (1.0, "100 %", "100%"),
        (None, MISSING, MISSING),
    ],
)
def test_a_share_has_at_most_three_digits(value: float | None, nb: str, en: str) -> None:
    assert plain(NB.share(value)) == nb
    assert plain(EN.share(value)) == en


@pytest.mark.parametrize(
    ("seconds", "nb"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (320.4, "5 min 20 s"),
        (3599, "59 min 59 s"),
        (3600, "1 t"),
        (3905, "1 t 5 min"),
        (-3, "−3 s"),
        (-0.2, "0 s"),
        (None, MISSING),
    ],
)
def test_a_time_is_minutes_and_seconds(seconds: float | None, nb: str) -> None:
    assert plain(NB.duration(seconds)) == nb


def test_hours_have_their_letter_in_each_language() -> None:
    assert plain(EN.duration(7260)) == "2 h 1 min"


@given(st.integers(0, 100_000))
def test_a_written_time_can_be_read_back(seconds: int) -> None:
    units = {"t": 3600, "min": 60, "s": 1}
    parts = NB.duration(seconds).replace("\u00a0", " ").split(" ")
    read = sum(int(number) * units[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))
    assert read == (seconds if seconds < 3600 else seconds - seconds % 60)


@pytest.mark.parametrize(
    ("metric", "value", "nb"),
    [
        ("csat_index", -9.96, "−10,0"),
        ("csat_index", 0.3, "+0,3"),
        ("csat_index", 0.01, "0,0"),
        ("hit_rate", -0.012, "−1,2 pp."),
        ("handling_time", 95.0, "+1 min 35 s"),
        ("handling_time", 0.0, "0 s"),
        ("csat", None, MISSING),
    ],
)
def test_a_difference_carries_its_sign(metric: str, value: float | None, nb: str) -> None:
    assert plain(NB.difference(metric, value)) == nb


@pytest.mark.parametrize(
    ("metric", "low", "high", "nb"),
    [
        ("csat_index", 55.7, 56.8, "55,7–56,8"),
        ("hit_rate", 0.071, 0.08, "7,1–8,0 %"),
        ("response_rate", 0.31, 0.36, "31–36 %"),
        ("response_rate", 0.631, 0.639, "63,1–63,9 %"),
        ("handling_time", 310.0, 330.0, "5 min 10 s – 5 min 30 s"),
        ("csat", None, None, ""),
    ],
)
def test_an_interval_names_its_unit_once(metric: str, low: float | None, high: float | None, nb: str) -> None:
    assert plain(NB.interval(metric, low, high)) == nb


def test_signed_limits_are_joined_by_a_word() -> None:
    assert plain(NB.difference_interval("csat_index", -10.7, -9.3)) == "−10,7 til −9,3"
    assert plain(EN.difference_interval("csat_index", -10.7, 9.3)) == "−10.7 to +9.3"
    assert NB.difference_interval("csat_index", None, None) == ""


def test_times_are_local_and_days_have_short_months() -> None:
    moment = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    assert plain(NB.clock(moment)) == "kl. 14.05"
    assert plain(EN.clock(moment)) == "14:05"
    assert plain(NB.moment(moment)) == "22. nov. kl. 14.05"
    assert plain(NB.day(date(2026, 5, 2))) == "2. mai"
    assert plain(EN.day(date(2026, 5, 2))) == "2 May"
    assert NB.long_day(date(2026, 11, 22)) == "søndag 22. november"


def test_a_period_names_a_year_twice_only_when_it_changes() -> None:
    assert plain(NB.period(date(2026, 10, 26), date(2026, 11, 22))) == "26. okt. – 22. nov. 2026"
    assert plain(NB.period(date(2025, 12, 26), date(2026, 1, 2))) == "26. des. 2025 – 2. jan. 2026"
    assert plain(EN.period(date(2026, 1, 2), date(2026, 1, 2))) == "2 Jan 2026"


def test_every_metric_of_the_catalogue_can_be_written() -> None:
    for metric in metrics():
        assert NB.value(metric, 0.5) not in ("", MISSING)


def test_hours_and_rates_say_what_they_are() -> None:
    assert NB.value("removable_time", 1234.5) == "1\u00a0234\u00a0t"
    assert NB.value("contact_rate", 81.27) == "81,3\u00a0‰"
    assert NB.value("contact_rate", None) == MISSING
