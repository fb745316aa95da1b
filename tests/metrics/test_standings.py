"""Small groups: who is shown, shrunk, hidden, ranked and called different."""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator"

from __future__ import annotations

import json

import numpy as np
import pytest

from lake.log import Log
from metrics import Scope, open_reader
from metrics.analysis.ranking import standings
from metrics.build.refresh import build
from metrics.wording.ranking import sentence
from settings import Settings
from store import open_store
from tests.metrics.given import NOW, contact, logged

# Teams with so many scores each; "low" is three points worse than the others.
SIZES = {"a": 80, "b": 90, "c": 100, "d": 70, "e": 60, "f": 60, "low": 70, "small": 20, "few": 7, "two": 2}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    rng, rows = np.random.default_rng(1), []
    for team, size in SIZES.items():
        level = 5 if team == "low" else 8
        for i in range(size):
            rows.append(
                contact(
                    f"{team}{i}",
                    source="import:x",
                    asked=True,
                    team=team,
                    agent=f"{team} {i % 2}",
                    topic="bill",
                    score=int(np.clip(level + rng.integers(-2, 3), 1, 10)),
                    handling_s=300 + i,
                )
            )
    rows += [
        contact(f"b{i}", source="import:x", asked=True, partner="B", team="a", score=7) for i in range(60)
    ]
    settings = Settings(home=tmp_path_factory.mktemp("standings"))
    Log(settings.lake_path).append("contact", [logged(row) for row in rows])
    store = open_store(settings.database_url)
    build(settings, store, NOW)
    store.close()
    return settings


@pytest.fixture
def reader(built):
    return open_reader(built, Scope.everything())


def by_name(found):
    return {one.name: one for one in found.groups if one.dims.get("partner", "A") == "A"}


def test_a_team_that_differs_is_named_and_the_others_are_not(reader):
    found = standings(reader, "csat", "team")
    groups = by_name(found)
    assert {name for name, one in groups.items() if one.differs} == {"low"}
    assert (groups["low"].differs, groups["low"].judged) == ("below", "worse")
    # The partners' teams of one name are two teams.
    assert [one.dims["partner"] for one in found.groups if one.name == "a"] == ["A", "B"]
    assert "low (lower" in sentence(found, "en")
    assert "low (lavere" in sentence(found, "nb")


def test_less_is_better_where_the_metric_says_so(reader):
    groups = by_name(standings(reader, "handling_time", "team"))
    assert groups["c"].place == max(one.place for one in groups.values() if one.place is not None)


@pytest.mark.parametrize(
    ("team", "shown", "shrunk", "place"),
    [("a", True, False, True), ("small", True, True, False), ("few", False, False, False)],
)
def test_what_is_shown_of_a_team_depends_on_its_size(reader, team, shown, shrunk, place):
    one = by_name(standings(reader, "csat", "team"))[team]
    assert (one.shown.value is not None, one.shrunk, one.place is not None) == (shown, shrunk, place)
    if shrunk:
        assert 0 < one.weight < 1


def test_agents_are_not_ranked(reader):
    found = standings(reader, "csat", "agent")
    assert {one.place_reason for one in found.groups} == {"not_ranked"}
    assert all(one.place is None for one in found.groups)


def test_small_teams_are_hidden_from_partners_with_what_would_give_them_away(built):
    groups = by_name(standings(open_reader(built, Scope.of_partner("A")), "csat", "team"))
    assert {name for name, one in groups.items() if one.n is None} == {"two", "few"}
    assert groups["two"].shown.reason == "hidden"


def test_a_filter_leaves_its_part_and_too_few_groups_are_not_judged(reader):
    found = standings(reader, "csat", "team", where={"team": ["a", "b", "low"]})
    assert (found.reason, found.judged) == ("too_few_peers", 0)
    assert "five are needed" in sentence(found, "en")
    assert standings(reader, "csat", "team", where={"team": ["nobody"]}).groups == ()


@pytest.mark.parametrize(
    ("metric", "by", "says"),
    [("handling_time_median", "team", "quantile"), ("csat", "weekday", "groups are")],
)
def test_what_cannot_be_laid_side_by_side_is_refused(reader, metric, by, says):
    with pytest.raises(ValueError, match=says):
        standings(reader, metric, by)


def test_topics_that_differ_by_nature_are_not_called_equal(settings, write, rebuild):
    rows = [
        contact(f"{topic}{i}", source="import:x", asked=True, topic=str(topic), score=2 + topic + i % 2)
        for topic in range(7)
        for i in range(100)
    ]
    write("contact", *rows)
    rebuild()
    found = standings(open_reader(settings, Scope.everything()), "csat", "topic")
    assert not any(one.differs for one in found.groups)
    assert found.over_dispersion > 10
    assert "beyond how unlike" in sentence(found, "en")


@pytest.mark.parametrize(
    ("high", "says"),
    [(0, "Whether some of 6 teams stand out in satisfaction cannot be said. All values are equal"),
     (1, "1 of 6 teams stands out in satisfaction: t0 (higher, 7.8).")],
)  # fmt: skip
def test_teams_that_are_all_alike_are_not_said_to_be_too_few(settings, write, rebuild, high, says):
    rows = [
        contact(
            f"{team}-{i}", source="import:x", asked=True, team=f"t{team}", score=7 + high * (i % 5 > team * 4)
        )
        for team in range(6)
        for i in range(60)
    ]
    write("contact", *rows)
    rebuild()
    found = standings(open_reader(settings, Scope.everything()), "csat", "team")
    assert sentence(found, "en").startswith(says)


def test_the_funnel_is_narrower_for_larger_groups_and_all_survives_json(reader):
    found = standings(reader, "csat", "team")
    widths = [high - low for _, low, high in found.funnel]
    assert widths == sorted(widths, reverse=True)
    document = found.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
