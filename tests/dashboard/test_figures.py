"""What the figures draw: intervals always, gaps where n is too small, the same accent for the same thing."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from dashboard import context
from dashboard.parts.figures import course, dots, histogram
from dashboard.parts.filters import Filters, period_days
from dashboard.parts.theme import DARK, LIGHT
from dashboard.style import Look
from metrics import Value
from settings import Settings
from store import Store

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 20)


@pytest.fixture
def look(settings: Settings, sqlite_store: Store) -> Look:
    context.configure(settings, sqlite_store)
    return Look("nb", "light")


def value(n: int, mean: float, **dims: str) -> Value:
    low, high = (mean - 5, mean + 5) if n >= 10 else (None, None)
    return Value("csat_index", dims, mean if n >= 10 else None, n, low, high, "")


def days(ns: list[int], mean: float) -> list[Value]:
    return [value(n, mean + at, day=(FIRST + timedelta(days=at)).isoformat()) for at, n in enumerate(ns)]


def traces(figure: Any, mode: str) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == mode]


def test_each_route_has_its_accent_its_interval_and_its_name_at_the_line(look: Look) -> None:
    figure = course(
        "csat_index",
        {"self_service_first": days([50] * 4, 56), "direct": days([50] * 4, 66)},
        look,
        dim="day",
    )
    assert [trace.line.color for trace in traces(figure, "lines+markers")] == ["#0072B2", "#E69F00"]
    bands = traces(figure, "lines")
    assert [list(band.y) for band in bands] == [
        [61, 62, 63, 64, 54, 53, 52, 51],
        [71, 72, 73, 74, 64, 63, 62, 61],
    ]
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Selvbetjening først</b>",
        "<b>Direkte</b>",
    ]
    # The upper line carries its name above, the lower one below: they cannot meet.
    assert [note.yanchor for note in figure.layout.annotations] == ["top", "bottom"]


@pytest.mark.parametrize(("n", "drawn"), [(9, None), (10, 57)])
def test_a_day_with_too_few_replies_is_a_gap_that_says_why(look: Look, n: int, drawn: float | None) -> None:
    figure = course("csat_index", {"direct": days([50, n, 50], 56)}, look, dim="day")
    (line,) = traces(figure, "lines+markers")
    assert line.y[1] == drawn
    assert ("for få (n = 9)" in line.customdata[1].replace("\u00a0", " ")) is (drawn is None)


def test_a_band_does_not_bridge_a_gap(look: Look) -> None:
    figure = course("csat_index", {"direct": days([50, 50, 3, 50, 50], 56)}, look, dim="day")
    assert [len(band.y) for band in traces(figure, "lines")] == [4, 4]
    assert not any(limit is None for band in traces(figure, "lines") for limit in band.y)


def test_a_day_that_stands_alone_has_its_interval_as_a_bar(look: Look) -> None:
    figure = course("csat_index", {"direct": days([50, 3, 50, 50], 56)}, look, dim="day")
    (line,) = traces(figure, "lines+markers")
    assert list(line.error_y.array) == [5, None, None, None]
    assert list(line.error_y.arrayminus) == [5, None, None, None]


def test_so_few_that_one_could_be_recognised_are_not_even_counted(look: Look) -> None:
    figure = course("csat_index", {"direct": days([50, 4, 50], 56)}, look, dim="day")
    (line,) = traces(figure, "lines+markers")
    assert "4" not in line.customdata[1]


def test_a_week_stands_at_its_monday(look: Look) -> None:
    line = [value(50, 60, week="2026-W47"), value(50, 61, week="2026-W46")]
    figure = course("csat_index", {"": line}, look, dim="week")
    assert list(traces(figure, "lines+markers")[0].x) == ["2026-11-09", "2026-11-16"]
    assert figure.layout.annotations[0].text == "<b>60,0</b>"


def test_the_histogram_shows_shares_so_that_groups_of_any_size_compare(look: Look) -> None:
    figure = histogram({"self_service_first": [0] * 9 + [10], "direct": [5] * 2 + [0] * 8}, look)
    assert [list(bar.y) for bar in figure.data] == [[0.0] * 9 + [1.0], [0.5] * 2 + [0.0] * 8]
    assert [bar.marker.color for bar in figure.data] == ["#0072B2", "#E69F00"]


@pytest.mark.parametrize(
    ("scores", "drawn", "says"),
    [
        (4, 0.0, "skjult (for få)"),
        (5, 0.0, "for få (n = 5)"),
        (9, 0.0, "for få (n = 9)"),
        (10, 1.0, "n = 10"),
    ],
)
def test_too_few_scores_are_not_drawn(look: Look, scores: int, drawn: float, says: str) -> None:
    figure = histogram({"direct": [0] * 9 + [scores]}, look)
    assert figure.data[1].y[9] == drawn
    assert figure.layout.annotations[1].text.endswith(says)
    assert (f"n = {scores}" in figure.data[1].customdata[9]) is (scores >= 5)


@pytest.mark.parametrize("bins", [{}, {"direct": [0] * 10}])
def test_without_a_score_the_histogram_is_empty_and_not_an_error(
    look: Look, bins: dict[str, list[int]]
) -> None:
    assert all(share == 0 for bar in histogram(bins, look).data for share in bar.y)


def test_teams_are_dots_with_intervals_and_small_ones_words(look: Look) -> None:
    teams = [
        value(50, 60, team="Tind"),
        value(7, 60, team="Egg"),
        value(3, 60, team="Skar"),
        value(50, 70, team=""),
    ]
    figure = dots("csat_index", teams, "team", value(110, 64), look)
    drawn = {trace.y[0]: trace for trace in figure.data if trace.x[0] is not None}
    assert set(drawn) == {"Tind", "(ikke oppgitt)"}
    assert (drawn["Tind"].error_x.array[0], drawn["Tind"].error_x.arrayminus[0]) == (5, 5)
    assert {note.y: note.text for note in figure.layout.annotations} == {
        "Egg": "for få (n = 7)",
        "Skar": "skjult (for få)",
    }


def test_an_empty_course_has_words_in_the_place_of_axes(look: Look) -> None:
    figure = course("csat_index", {"direct": []}, look, dim="day")
    assert [note.text for note in figure.layout.annotations] == ["For lite data til å tegne en kurve ennå."]
    assert figure.layout.xaxis.visible is False


@pytest.mark.parametrize("length", [3, 6, 28, 29, 60])
def test_the_days_that_are_named_are_equally_far_apart_and_end_with_the_last(look: Look, length: int) -> None:
    days = [date(2026, 9, 1) + timedelta(days=at) for at in range(length)]
    line = [Value("csat", {"day": day.isoformat()}, 7.0, 100, 6.5, 7.5, "") for day in days]
    named = [
        date.fromisoformat(tick) for tick in course("csat", {"": line}, look, dim="day").layout.xaxis.tickvals
    ]
    assert named[-1] == days[-1]
    assert len({later - earlier for earlier, later in pairwise(named)}) == 1
    assert 2 <= len(named) <= 5


def test_blue_is_lifted_on_the_dark_ground_and_orange_text_deepened_on_the_light_one() -> None:
    assert LIGHT.line("self_service_first") == "#0072B2"
    assert DARK.line("self_service_first") == "#4FA8DB"
    assert LIGHT.label("direct") != LIGHT.line("direct")
    assert DARK.label("direct") == DARK.line("direct")


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("7", date(2026, 11, 14)),
        ("28", date(2026, 10, 24)),
        ("90", FIRST),
        ("month", date(2026, 11, 1)),
        ("all", FIRST),
    ],
)
def test_a_period_ends_with_the_last_day_of_data_and_never_starts_before_the_first(
    code: str, start: date
) -> None:
    assert period_days(code, FIRST, LAST) == (start, LAST)


@pytest.mark.parametrize(("length", "long"), [(62, False), (63, True)])
def test_two_months_are_the_most_that_go_by_days(length: int, long: bool) -> None:
    assert Filters(FIRST, FIRST + timedelta(days=length - 1)).long is long
