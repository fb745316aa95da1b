"""Teams of different partners are different teams, whatever they are called."""

from __future__ import annotations

from dashboard.queries import _told_apart
from metrics import Value


def value(partner: str, team: str) -> Value:
    return Value("csat", {"partner": partner, "team": team}, 7.0, 60, 6.5, 7.5, "", {})


def test_two_partners_teams_of_one_name_are_told_apart() -> None:
    told = _told_apart([value("Alfa", "Kveld"), value("Beta", "Kveld"), value("Beta", "Dag")])
    assert [each.dims["team"] for each in told] == ["Kveld (Alfa)", "Kveld (Beta)", "Dag"]
