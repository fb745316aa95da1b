"""Drivers. What goes with high and low scores, from sums of products that the build has made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from metrics.inference.answers.drivers import Drivers, drivers
from metrics.inference.base.thresholds import RANKED
from metrics.query.cubes.arrays import Cube
from metrics.query.reader import Reader

CUBE = "by_driver"
MATURES = timedelta(days=8)  # solved at first contact is known so many days after
BLOCKS = 40  # of days, at most: what is drawn again for the intervals
TEAMS = 12  # the largest; the others are one
COUNTED = ("solved", "self_service_first", "repeats")
TIMED = ("waited", "handled")
# Not every source tells these; what most contacts of a selection lack is no driver there.
SOMETIMES = {"solved": 1, "self_service_first": 2, "waited": 4, "handled": 8}
GUIDED = 16  # the bits of what is known, as the cube has them
# What the cube multiplies, in its order, and the names of the drivers there.
FACTORS = ("solved", "self_service_first", "guided", "repeats", "waited", "handled", "score")
_IN_CUBE = {"self_service_first": "self_service"}
_YES_OR_NO = ("solved", "self_service_first", "guided")  # whose squares are themselves

Array = NDArray[np.float64]
Team = tuple[str, str]  # partner and team


@dataclass(frozen=True)
class Found:
    """Drivers over all scored contacts of which they are known, and over those whose customer also said
    whether they were shown how to do it themselves. ``first`` and ``last`` are the days in question;
    ``unknown`` are drivers left out because most contacts do not tell; ``source`` is the cube it was read
    from, or ``facts`` where they were scanned."""

    everybody: Drivers
    asked: Drivers
    unknown: tuple[str, ...]
    first: date
    last: date
    source: str = CUBE


@dataclass(frozen=True)
class Products:
    """Sums of products of (1, factors…) by block of days, by team, and by whether guidance is known."""

    sums: Array  # (blocks, teams, 2, 1 + factors, 1 + factors)
    teams: tuple[Team, ...]
    unknown: tuple[str, ...] = ()


def find(
    reader: Reader,
    first: date,
    last: date,
    where: Mapping[str, Sequence[str]] | None = None,
    *,
    as_of: date,
) -> Found:
    """Drivers of the score between two days, of the contacts that the filters leave.

    From a cube; a filter that it lacks (the topic) scans the facts. Days of which it is not yet known
    whether the customer came back are left out.
    """
    last = min(last, as_of - MATURES)
    if last < first:
        nothing = drivers([], dict.fromkeys((*COUNTED, *TIMED), (0,)))
        return Found(nothing, nothing, (), first, last)
    cubes, source = reader.rows(CUBE, where or {}, first, last)
    added = products(cubes, first, last, where or {})
    return Found(of(added), of(added, guided=True), added.unknown, first, last, source)


def products(cubes: Sequence[Cube], first: date, last: date, where: Mapping[str, Sequence[str]]) -> Products:
    """The sums of products that the days and filters leave of some cubes, added up."""
    start = (first - date(1970, 1, 1)).days
    width = -(-((last - first).days + 1) // BLOCKS)
    teams: dict[Team, int] = {}
    parts = []
    for whole in cubes:
        cube = whole.rolled(frozenset({"partner", "team", "known"} | set(where) & set(whole.keys)))
        cube.ahead([name for name, _ in _columns()])
        chosen = _chosen(cube, start, start + (last - first).days, where)
        block = (cube.labelled("day").codes[chosen] - start) // width
        known = np.array(cube.labelled("known").labels or (0,))[cube.labelled("known").codes[chosen]]
        parts.append((cube, chosen, block, _team_of(cube, chosen, teams), known))
    scores = np.concatenate([cube.sums("scores")[chosen] for cube, chosen, *_ in parts])
    known = np.concatenate([known for *_, known in parts])
    unknown = tuple(
        name for name, bit in SOMETIMES.items() if 2 * scores[(known & bit) > 0].sum() < scores.sum()
    )
    needed = sum(bit for name, bit in SOMETIMES.items() if name not in unknown)
    size = 1 + len(FACTORS)
    count = max(len(teams), 1)
    sums = np.zeros((BLOCKS * count * 2, size, size))
    for cube, chosen, block, team, known in parts:
        # Rows without a score have none of the bits and -1 for all of them.
        used = np.flatnonzero((known >= 0) & (known & needed == needed))
        group = (block[used] * count + team[used]) * 2 + (known[used] & GUIDED > 0)
        rows = chosen[used]
        for name, places in _columns():
            added = np.bincount(group, weights=cube.sums(name)[rows], minlength=len(sums))
            for i, j in places:
                sums[:, i, j] += added
    return Products(sums.reshape(BLOCKS, count, 2, size, size), tuple(teams), unknown)


def _columns() -> list[tuple[str, list[tuple[int, int]]]]:
    """The cube's columns, and where each stands in a table of products."""
    columns = [("scores", [(0, 0)])]
    for i, name in enumerate(FACTORS, 1):
        own = _IN_CUBE.get(name, name)
        alone = [(0, i), (i, 0)] + ([(i, i)] if name in _YES_OR_NO else [])
        columns.append((own, alone))
        for j, other in enumerate(FACTORS[i - 1 :], i):
            if i < j:
                columns.append((f"{own}_{_IN_CUBE.get(other, other)}", [(i, j), (j, i)]))
            elif name not in _YES_OR_NO:
                columns.append((f"{own}_{own}", [(i, i)]))
    return columns


def _chosen(cube: Cube, first: int, last: int, where: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
    """The rows of some days that filters leave. A scan has left only those already."""
    span = cube.span(first, last)
    inside = np.ones(span.stop - span.start, dtype=bool)
    for name, values in where.items():
        if name in cube.keys:
            labelled = cube.labelled(name)
            inside &= np.isin(np.array(labelled.labels, dtype=object), list(values))[labelled.codes[span]]
    return np.asarray(np.flatnonzero(inside) + span.start)


def _team_of(cube: Cube, chosen: NDArray[np.int64], teams: dict[Team, int]) -> NDArray[np.int64]:
    """The number of each row's team, among all that were met."""
    partner, team = cube.labelled("partner"), cube.labelled("team")
    pairs = partner.codes[chosen].astype(np.int64) * max(len(team.labels), 1) + team.codes[chosen]
    there, place = np.unique(pairs, return_inverse=True)
    names = [
        (partner.labels[pair // len(team.labels)], team.labels[pair % len(team.labels)])
        for pair in there.tolist()
    ]
    numbers = np.array([teams.setdefault(name, len(teams)) for name in names], dtype=np.int64)
    return np.asarray(numbers[place])


def of(added: Products, *, guided: bool = False) -> Drivers:
    """Drivers from sums of products; ``guided``: of those who were asked whether they were shown how."""
    counted = (*COUNTED, "guided") if guided else COUNTED
    names = [name for name in (*counted, *TIMED) if name not in added.unknown]
    sums = added.sums[:, :, 1] if guided else added.sums.sum(axis=2)
    columns: dict[str, tuple[int, ...]] = {name: (i,) for i, name in enumerate(names)}
    teams = _teams(sums, added.teams)
    if teams:
        columns["team"] = tuple(range(len(names), len(names) + len(teams)))
    blocks = _blocks(sums, names, teams)
    blocks = blocks[blocks[:, 0, 0] > 0]
    if not len(blocks):
        return drivers([], dict.fromkeys((*counted, *TIMED), (0,)))
    # What never varies explains nothing, and would leave the others without an answer.
    varied = _varied(blocks)
    used = {name: tuple(i for i in own if varied[i + 1]) for name, own in columns.items()}
    found = drivers(blocks, {name: own for name, own in used.items() if own} or columns)
    # Of two teams there is one column, but neither is more of a team than the other.
    told = [replace(one, direction=None) if one.name == "team" else one for one in found.drivers]
    return replace(found, drivers=tuple(told))


def _teams(sums: Array, teams: Sequence[Team]) -> list[int]:
    """The teams that get a column: the largest but one, which the others are compared with."""
    sizes = sums[:, :, 0, 0].sum(axis=0)
    large = [number for number in range(len(teams)) if sizes[number] >= RANKED]
    large.sort(key=lambda number: (-sizes[number], teams[number]))
    return large[1 : TEAMS + 1]


def _blocks(sums: Array, names: Sequence[str], teams: Sequence[int]) -> Array:
    """(blocks, size, size): sums of products of (1, names…, teams…, score)."""
    at = [0, *(1 + FACTORS.index(name) for name in names), len(FACTORS)]
    k, t = len(names) + 1, len(teams)
    plain = [*range(k), k + t]
    total = np.zeros((len(sums), k + t + 1, k + t + 1))
    total[:, np.array(plain)[:, None], plain] = sums.sum(axis=1)[:, np.array(at)[:, None], at]
    for place, team in enumerate(teams, k):
        of_team = sums[:, team, 0]
        total[:, place, plain] = total[:, plain, place] = of_team[:, at]
        total[:, place, place] = of_team[:, 0]
    return total


def _varied(blocks: Array) -> NDArray[np.bool_]:
    total = blocks.sum(axis=0)
    n = total[0, 0]
    spread = np.diag(total) / n - (total[0] / n) ** 2
    return np.asarray(spread > 1e-9 * np.maximum(np.diag(total) / n, 1.0))
