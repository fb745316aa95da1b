"""What a figure says to those who cannot see it."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from dashboard.parts.charts import SPOKEN, STATEMENTS, spoken

SAYS = "%{customdata}<extra></extra>"


def line(x: list[object], texts: list[str], kind: str = "scatter") -> dict[str, object]:
    return {
        "type": kind,
        "x": x,
        "y": [1.0 for _ in x],
        "customdata": texts,
        "hovertemplate": SAYS,
    }


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (line(["2026-11-16"], ["Direkte: 65,0 (63,0–67,1), n = 649"]), "2026-11-16: Direkte: 65,0"),
        (line([1, 2], ["2,8 % (n = 2)", "1,4 % (n = 1)"], "bar"), "1: 2,8 % (n = 2); 2: 1,4 % (n = 1)"),
        (line([6.3], ["Sandviken: 7,0 (6,5–7,4)"]), "Hvem? Sandviken: 7,0 (6,5–7,4)"),
        (line([6.3], ["12"]) | {"hovertemplate": "Uten tiltaket: " + SAYS}, "Hvem? Uten tiltaket: 12"),
    ],
    ids=["a day", "a score", "a group", "with words of its own"],
)
def test_each_point_is_said_with_its_place(trace: dict[str, object], said: str) -> None:
    assert said in spoken(go.Figure(data=[trace]), "Hvem?")


def test_bands_say_nothing_and_long_lines_their_end() -> None:
    days = [f"2026-11-{day:02d}" for day in range(1, SPOKEN + 2)]
    band = {"type": "scatter", "x": days, "y": [1.0] * len(days), "fill": "toself"}
    text = spoken(go.Figure(data=[band, line([*days], ["7,0"] * len(days))]), "Uke for uke")
    assert text.startswith("Uke for uke: 2026-11-02: 7,0; ")
    assert text.count("7,0") == SPOKEN


def test_no_figure_says_more_than_somebody_can_listen_to() -> None:
    many = [line([0.5], [f"Agent {at}: 7,0"]) for at in range(STATEMENTS + 1)]
    text = spoken(go.Figure(data=many), "Agenter")
    assert f"Agent {STATEMENTS - 1}:" in text
    assert f"Agent {STATEMENTS}:" not in text
