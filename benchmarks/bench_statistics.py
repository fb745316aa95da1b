"""What each page's statistics take beyond the query, from sums alone: as much of them as 100 M contacts make.

A year of 100 M contacts gives the same cells as one of 10 M, only with larger counts: 25 topics × 4 channels
× 6 partners in two routes, 60 teams, 300 agents, ten scores, some 150 time bins. Everything is timed as the
page calls it, the query replaced by sums that are there; the peer is statsmodels on the same sums where it
has the same method.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from metrics import Scope
from metrics.analysis import drivers
from metrics.analysis.compare import compare
from metrics.analysis.ranking import standings
from metrics.analysis.response import who_answers, who_is_asked
from metrics.catalog.catalog import Metric, metric
from metrics.catalog.models import CUBES
from metrics.inference import MeanStats, ScoreStats, ShareStats, TimeBins, difference
from metrics.inference.compare.kitagawa import by_leading
from metrics.inference.compare.mantel_haenszel import mantel_haenszel
from metrics.inference.groups.shrinkage import shrink
from metrics.query.cubes.arrays import Cube, of_table
from metrics.query.request import request
from metrics.query.sums import Group

YEAR = (date(2025, 11, 1), date(2026, 10, 31))
CONTACTS = 100_000_000
SIZES = {"topic": 25, "channel": 4, "partner": 6, "team": 60, "agent": 300, "self_service_first": 2}
LIMIT_MS = 50.0
ROUNDS = 15


class Sums:
    """A reader whose answers are there already."""

    scope = Scope.everything()

    def __init__(self) -> None:
        self._rng = np.random.default_rng(1)
        self._kept: dict[tuple[str, ...], list[Group]] = {}

    def groups(self, metrics: Sequence[Metric], by: Sequence[str] = (), *_span: Any) -> list[Group]:
        """Groups of equal size; a team or an agent belongs to one partner."""
        key = (*by, *(one.id for one in metrics))
        if key not in self._kept:
            dims = [dim for dim in by if not (dim == "partner" and {"team", "agent"} & set(by))]
            dims = [dim for dim in dims if not (dim == "team" and "agent" in by)]
            cells = np.array(np.meshgrid(*(np.arange(SIZES[dim]) for dim in dims))).reshape(len(dims), -1).T
            self._kept[key] = [
                self._group(metrics, by, dict(zip(dims, cell, strict=True)), len(cells)) for cell in cells
            ]
        return self._kept[key]

    def _group(self, metrics: Sequence[Metric], by: Sequence[str], at: dict[str, int], cells: int) -> Group:
        n = CONTACTS // cells
        if "agent" in at:
            at = {"team": at["agent"] // 5, "partner": at["agent"] // 50, **at}
        elif "team" in at:
            at = {"partner": at["team"] // 10, **at}
        routes = ("self_service_first", "direct")
        names = tuple(routes[at[dim]] if dim == "self_service_first" else f"{dim} {at[dim]}" for dim in by)
        answers = self._rng.multinomial(n // 4, self._rng.dirichlet(np.arange(1, 11) * 3.0))
        mean = self._rng.normal(400, 20)
        kinds: dict[str, Any] = {
            "score": ScoreStats(tuple(int(count) for count in answers)),
            "mean": MeanStats(n, round(n * mean), round(n * (mean**2 + 160_000))),
            "share": ShareStats(n, int(self._rng.binomial(n, 0.1))),
            "quantile": TimeBins.of(
                {k: int(c) for k, c in enumerate(self._rng.multinomial(n, np.full(150, 1 / 150)), 20)}
            ),
        }
        eligible = int(n * 0.8)
        parts = {"eligible": eligible, "asked": int(self._rng.binomial(eligible, 0.9)), "contacts": n}
        parts |= {"delivered": parts["asked"], "scored": int(answers.sum())}
        parts["asked"] = max(parts["asked"], parts["scored"])
        return Group(
            names, n, {one.id: kinds[one.kind] for one in metrics}, {one.id: dict(parts) for one in metrics}
        )

    def source(self, *_: Any) -> str:
        """Nowhere: the sums are there."""
        return "sums"

    source_of = source

    def days(self) -> tuple[date, date]:
        """A year."""
        return YEAR


def _driver_cells() -> Cube:
    """The cube of drivers: 90 days, 20 teams of five partners in four channels, four combinations of what is
    known, each with the products of twenty contacts."""
    rng = np.random.default_rng(3)
    days, teams, channels, known = (
        axis.ravel() for axis in np.meshgrid(np.arange(90), np.arange(20), np.arange(4), (13, 15, 29, 31))
    )
    size = (len(days), 20)
    factors = {name: rng.integers(0, 2, size) for name in ("solved", "self_service", "guided")}
    factors |= {"repeats": rng.integers(0, 4, size), "waited": rng.integers(0, 2000, size)}
    factors |= {"handled": rng.integers(700, 2500, size), "score": rng.integers(1, 11, size)}
    columns: dict[str, Any] = {"scores": np.full(len(days), 20)}
    columns |= {name: values.sum(axis=1) for name, values in factors.items()}
    for i, one in enumerate(factors):
        for other in list(factors)[i:]:
            columns[f"{one}_{other}"] = (factors[one] * factors[other]).sum(axis=1)
    keys = {
        "day": pa.array(days + (YEAR[0] - date(1970, 1, 1)).days, pa.int32()).cast(pa.date32()),
        "partner": [f"partner {team // 4}" for team in teams],
        "team": [f"team {team}" for team in teams],
        "channel": [f"channel {channel}" for channel in channels],
        "known": known,
    }
    return of_table(pa.table(keys | columns), CUBES["by_driver"])


def _drivers(cells: Cube) -> None:
    """What the page of reasons makes of the cube."""
    added = drivers.products([cells], YEAR[0], YEAR[0] + timedelta(days=89), {})
    drivers.of(added)
    drivers.of(added, guided=True)


def main() -> None:
    sums: Any = Sums()
    cells = _driver_cells()
    everything: tuple[dict[str, list[str]], None, None] = ({}, None, None)

    def asked(name: str, groups: str = "self_service_first", alike: Sequence[str] = ()) -> Any:
        way: dict[str, Any] = {"fixed_start": False, "alike": alike, "cluster": "", "weights": ""}
        where = {"partner": ["partner 0", "partner 1"]} if groups == "partner" else {}
        return compare(sums, request(name, groups, where, None, None, **way))

    def comparison() -> None:
        for name in ("csat_index", "handling_time", "hit_rate"):
            asked(name)
        found = asked("csat_index", alike=("topic", "channel", "partner"))
        by_leading(found.adjusted.split)

    pages: dict[str, Callable[[], object]] = {
        "comparison (three metrics, like for like)": comparison,
        "comparison, shares like for like": lambda: asked("hit_rate", alike=("topic", "channel", "partner")),
        "medians like for like": lambda: asked("handling_time_median", alike=("topic",)),
        "partners by agent": lambda: asked("csat", "partner"),
        "groups, 60 teams": lambda: standings(sums, "csat", "team"),
        "groups, 300 agents": lambda: standings(sums, "csat", "agent"),
        "groups, 300 agents, shares": lambda: standings(sums, "hit_rate", "agent"),
        "drivers of the score, 28,800 cells of 90 days": lambda: _drivers(cells),
        "asked": lambda: (who_answers(sums, "topic", everything), who_is_asked(sums, {}, None)),
    }
    print(f"{'page, statistics beyond the query':46} {'median':>9} {'of 50 ms':>9} {'processor':>10}")
    for name, page in pages.items():
        took, used = _times(page)
        print(f"{name:46} {took:6.1f} ms {took / LIMIT_MS:8.0%} {used:7.1f} ms")
    _peers(sums)


def _peers(sums: Sums) -> None:
    """The same numbers by statsmodels, from the same sums."""
    print(f"\n{'method':44} {'Svar':>9} {'peer':>9} {'peer ÷ Svar':>12}")
    rng = np.random.default_rng(2)
    one, two = rng.normal(400, 90, 2000), rng.normal(410, 90, 2000)
    first, second = MeanStats.of(one), MeanStats.of(two)
    shares = [
        (ShareStats(500, int(rng.binomial(500, 0.1))), ShareStats(400, int(rng.binomial(400, 0.1))))
        for _ in range(600)
    ]
    tables = np.array([[[a.hits, a.n - a.hits], [b.hits, b.n - b.hits]] for a, b in shares], dtype=float)
    agents: dict[str, Any] = {
        group.key[-1]: group.stats["csat"] for group in sums.groups([metric("csat")], ("agent",))
    }
    means = np.array(
        [(stats.mean_stats().mean, stats.mean_stats().variance / stats.n) for stats in agents.values()]
    )
    rows: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "difference of two means (statsmodels: 2 × 2,000 rows)": (
            lambda: difference(first, second),
            lambda: CompareMeans(DescrStatsW(one), DescrStatsW(two)).tconfint_diff(usevar="unequal"),
        ),
        "Mantel–Haenszel, 600 strata": (
            lambda: mantel_haenszel(shares),
            lambda: StratifiedTable(tables.transpose(1, 2, 0)).test_null_odds(),
        ),
        "shrinkage with intervals, 300 agents": (
            lambda: shrink(agents),
            lambda: combine_effects(means[:, 0], means[:, 1], method_re="iterated"),
        ),
    }
    for name, (ours, theirs) in rows.items():
        mine, peer = _ms(ours), _ms(theirs)
        print(f"{name[:44]:44} {mine:6.2f} ms {peer:6.2f} ms {peer / mine:12.1f}")


def _ms(page: Callable[[], object]) -> float:
    return _times(page)[0]


def _times(page: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds by the clock, and of the processor."""
    page()  # the sums are made, and what is imported late
    clock, processor = [], []
    for _ in range(ROUNDS):
        start, used = time.perf_counter(), time.process_time()
        page()
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - used) * 1000)
    return statistics.median(clock), statistics.median(processor)


if __name__ == "__main__":
    main()
