"""Weeks in which nothing differs: what the pages of comparison, groups and who is asked claim all the same.

The sums of a week are made as the reader makes them, from contacts drawn without any difference between
routes, topics, teams or who is asked; agents differ by nature, as agents do. All else is the pages' own way.
"""

# A value that is None fails the comparison, as it should in a test.
# mypy: disable-error-code="operator"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from metrics import Scope
from metrics.asked import flagged, who_answers, who_is_asked
from metrics.catalogue import Metric
from metrics.comparing import compare
from metrics.inference import MeanStats, ScoreStats, ShareStats
from metrics.request import request
from metrics.standings import standings
from metrics.sums import Group

CONTACTS, PARTNERS, TEAMS, AGENTS, TOPICS = 3000, 2, 12, 48, 8
COMPARED = ("csat_index", "handling_time", "hit_rate")


class Week:
    """A reader of one week's sums."""

    scope = Scope.everything()

    def __init__(self, rng: np.random.Generator, *, icc: float = 0.03) -> None:
        agent = rng.integers(AGENTS, size=CONTACTS)
        level = rng.normal(0, icc**0.5, AGENTS)[agent]
        mood = level + rng.normal(0, (1 - icc) ** 0.5, CONTACTS)
        self.columns = {
            "agent": agent,
            "team": agent % TEAMS,
            "partner": agent % TEAMS % PARTNERS,
            "topic": rng.integers(TOPICS, size=CONTACTS),
            "channel": rng.integers(2, size=CONTACTS),
            "self_service_first": rng.choice(3, CONTACTS, p=[0.55, 0.35, 0.1]),
        }
        self.eligible = rng.random(CONTACTS) < 0.85
        self.asked = self.eligible & (rng.random(CONTACTS) < 0.9)
        answered = self.asked & (rng.random(CONTACTS) < 0.5)
        self.score = np.where(answered, np.clip(np.round(6.5 + 2.5 * mood), 1, 10), 0).astype(int)
        self.seconds = np.round(np.exp(5.8 + 0.5 * rng.normal(size=CONTACTS) + 0.1 * level)).astype(int)
        self.hit = rng.random(CONTACTS) < 0.1

    def names(self, dim: str) -> list[str]:
        routes = ["self_service_first", "direct", "unknown"]
        return routes if dim == "self_service_first" else [f"{dim} {i:02d}" for i in range(AGENTS)]

    def groups(self, metrics: Sequence[Metric], by: Sequence[str] = (), *_span: Any) -> list[Group]:
        """As a reader gives them."""
        code = np.zeros(CONTACTS, dtype=int)
        for dim in by:
            code = code * 100 + self.columns[dim]
        keys, group = np.unique(code, return_inverse=True)

        def total(values: np.ndarray) -> list[int]:
            return [int(n) for n in np.bincount(group, weights=values, minlength=len(keys))]

        bins = np.array([total(self.score == score) for score in range(1, 11)]).T
        n, hits = total(np.ones(CONTACTS)), total(self.hit)
        seconds, squares = total(self.seconds), total(self.seconds.astype(float) ** 2)
        counts = {
            "asked": total(self.asked),
            "eligible": total(self.eligible),
            "delivered": total(self.asked),
        }
        found = []
        for i, key in enumerate(keys):
            places = [key // 100 ** (len(by) - 1 - at) % 100 for at in range(len(by))]
            names = [self.names(dim)[place] for dim, place in zip(by, places, strict=True)]
            scores = ScoreStats(tuple(int(count) for count in bins[i]))
            parts = {name: count[i] for name, count in counts.items()} | {
                "scored": scores.n,
                "contacts": n[i],
            }
            kinds = {
                "score": scores,
                "mean": MeanStats(n[i], seconds[i], squares[i]),
                "share": ShareStats(n[i], hits[i]),
            }
            stats: dict[str, Any] = {metric.id: kinds[metric.kind] for metric in metrics}
            found.append(Group(tuple(names), n[i], stats, {m.id: dict(parts) for m in metrics}))
        return found

    def source(self, *_: Any) -> str:
        return "simulated"

    source_of = source

    def days(self) -> tuple[date, date]:
        return date(2026, 11, 2), date(2026, 11, 8)


def claims(week: Any) -> dict[str, bool]:
    """What the pages claim of a week: differences in words, groups called different, agents flagged."""
    found: dict[str, bool] = {}

    def asked(metric: str, groups: str = "self_service_first", **way: Any) -> Any:
        where: Mapping[str, Sequence[str]] = {}
        usual: dict[str, Any] = {"fixed_start": False, "alike": (), "cluster": "", "weights": ""}
        return compare(week, request(metric, groups, where, None, None, **usual | way))

    for metric in COMPARED:
        one = asked(metric, alike=("topic", "channel", "partner"))
        found[f"{metric}, routes"] = "No difference" not in one.sentence("en")
        within, mix = one.adjusted.split.within, one.adjusted.split.mix
        found[f"{metric}, same questions"] = not within.low <= 0 <= within.high
        found[f"{metric}, other questions"] = not mix.low <= 0 <= mix.high
        partners = asked(metric, "partner", alike=("topic", "channel"))
        found[f"{metric}, partners"] = "No difference" not in partners.sentence("en")
        found[f"{metric}, partners like for like"] = "No difference" not in partners.adjusted.sentence("en")
    for by in ("team", "agent", "topic"):
        for metric in ("csat", "handling_time"):
            found[f"groups: some {by} in {metric}"] = any(
                one.differs for one in standings(week, metric, by).groups
            )
    agents = who_is_asked(week, {}, None)
    found["asked: some agent asks less or more"] = bool(flagged(agents.asked))
    found["asked: some agent has fewer who can be asked"] = bool(flagged(agents.eligible))
    shift = who_answers(week, "topic", ({}, None, None)).weighted.shift
    found["asked: weighting moves the score"] = not shift.low <= 0 <= shift.high
    return found


def shares(weeks: int, seed: int) -> dict[str, float]:
    """The share of weeks in which each claim is made."""
    rng = np.random.default_rng(seed)
    table = [claims(Week(rng)) for _ in range(weeks)]
    return {name: float(np.mean([week[name] for week in table])) for name in table[0]}


def stated(name: str) -> float:
    """What each claim may be wrong in: 10 % of whole pages of groups, else the 5 % of one interval."""
    return 0.1 if name.startswith(("groups", "asked: some")) else 0.05


def test_a_week_without_differences_goes_through_every_page() -> None:
    table = claims(Week(np.random.default_rng(1)))
    assert len(table) == 24
    assert sum(table.values()) < 8


def test_a_week_in_which_routes_differ_is_told_from_one_in_which_they_do_not() -> None:
    week = Week(np.random.default_rng(2))
    better = week.columns["self_service_first"] == 1
    week.score = np.where(better & (week.score > 0), np.minimum(week.score + 2, 10), week.score)
    found = claims(week)
    assert found["csat_index, routes"]
    assert found["csat_index, same questions"]
    assert not found["handling_time, routes"]


@pytest.mark.slow
def test_pages_claim_no_more_than_is_stated_where_nothing_differs(figure) -> None:
    weeks = 100
    for name, share in shares(weeks, 3).items():
        allowed = stated(name) + 3 * (stated(name) * (1 - stated(name)) / weeks) ** 0.5
        assert figure(f"alike weeks: {name}", share) <= allowed
