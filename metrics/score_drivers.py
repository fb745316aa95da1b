"""Step 12: drivers. What goes with high and low scores, from a compact cross-table that SQL makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from metrics.inference.drivers import CrossSums, Drivers, drivers
from metrics.inference.minimum import RANKED
from metrics.models import sql
from metrics.scope import Scope
from metrics.scoped import facts_of, parameters
from settings import Settings

# Repeats are counted from a week before; solved at first contact is known eight days after.
BEFORE, MATURES = timedelta(days=7), timedelta(days=8)
BLOCKS = 40  # of days, at most: what is drawn again for the intervals
TEAMS = 12  # the largest; the others are one
COUNTED = ("solved", "self_service_first", "repeats")
TIMED = ("waited", "handled")
# Not every source tells these; what most contacts of a selection lack is no driver there.
SOMETIMES = ("solved", "self_service_first", "waited", "handled")
_SUMS = (
    "n", "score", "score_score", "waited", "handled", "waited_waited", "handled_handled", "waited_handled",
    "waited_score", "handled_score",
)  # fmt: skip
_TEXTS, _KEYS = 3, 7  # block, partner, team; solved, self_service_first, guided, repeats


@dataclass(frozen=True)
class Found:
    """Drivers over all scored contacts of which they are known, and over those whose customer also said
    whether they were shown how to do it themselves. ``first`` and ``last`` are the days in question;
    ``unknown`` are drivers left out because most contacts do not tell."""

    everybody: Drivers
    asked: Drivers
    unknown: tuple[str, ...]
    first: date
    last: date


def find(
    settings: Settings,
    scope: Scope,
    first: date,
    last: date,
    where: dict[str, str] | None = None,
    *,
    as_of: date,
) -> Found:
    """Drivers of the score between two days, for one partner, channel or topic where ``where`` names one.

    Scans the facts. Days of which it is not yet known whether the customer came back are left out.
    """
    last = min(last, as_of - MATURES)
    if last < first:
        nothing = drivers([], dict.fromkeys((*COUNTED, *TIMED), (0,)))
        return Found(nothing, nothing, (), first, last)
    block = -(-((last - first).days + 1) // BLOCKS)
    with facts_of(settings, scope, first, last, before=BEFORE) as connection:
        given = parameters(first, last, where)
        ((scored, *counts),) = connection.execute(sql("scans", "known"), given).fetchall()
        known = {f"{name}_known": 2 * n >= scored for name, n in zip(SOMETIMES, counts, strict=True)}
        more = {"block_days": block, **known}
        rows = [
            connection.execute(sql("scans", "drivers"), {**given, **more, "guided_only": only}).fetchall()
            for only in (False, True)
        ]
    everybody, asked = (_drivers(cells, guided=bool(at)) for at, cells in enumerate(rows))
    unknown = tuple(name for name in SOMETIMES if scored and not known[f"{name}_known"])
    return Found(everybody, asked, unknown, first, last)


def _drivers(cells: list[tuple[Any, ...]], *, guided: bool) -> Drivers:
    counted = (*COUNTED, "guided") if guided else COUNTED
    columns: dict[str, tuple[int, ...]] = {name: (i,) for i, name in enumerate((*counted, *TIMED))}
    if not cells:
        return drivers([], columns)
    teams = _teams(cells)
    if teams:
        columns["team"] = tuple(range(len(columns), len(columns) + len(teams)))
    blocks = _blocks(cells, counted, teams)
    # What never varies explains nothing, and would leave the others without an answer.
    varied = _varied(blocks)
    used = {name: tuple(i for i in own if varied[i + 1]) for name, own in columns.items()}
    return drivers([CrossSums(tuple(map(tuple, b))) for b in blocks.tolist()],
                   {name: own for name, own in used.items() if own} or columns)  # fmt: skip


def _teams(cells: list[tuple[Any, ...]]) -> list[tuple[str, str]]:
    """The teams that get a column: the largest but one, which the others are compared with."""
    sizes: dict[tuple[str, str], int] = {}
    for row in cells:
        sizes[row[1], row[2]] = sizes.get((row[1], row[2]), 0) + row[_KEYS]
    large = sorted((team for team in sizes if sizes[team] >= RANKED), key=lambda team: (-sizes[team], team))
    return large[1 : TEAMS + 1]


def _blocks(
    cells: list[tuple[Any, ...]], counted: tuple[str, ...], teams: list[tuple[str, str]]
) -> np.ndarray:
    """(blocks, size, size): sums of products of (1, counted…, waited, handled, teams…, score)."""
    number = np.array([row[_TEXTS:] for row in cells], dtype=float)
    key = dict(zip(("solved", "self_service_first", "guided", "repeats"), number.T, strict=False))
    sums = dict(zip(_SUMS, number[:, _KEYS - _TEXTS :].T, strict=True))
    position = {team: i for i, team in enumerate(teams)}
    places = np.array([position.get((row[1], row[2]), -1) for row in cells])
    of_team = (places[:, None] == np.arange(len(teams))).astype(float)
    fixed = np.column_stack([np.ones(len(cells)), *(key[name] for name in counted)])
    # Constant within a cell: one, what is counted, the team. Varying: waiting, handling, the score.
    constant = np.column_stack([fixed, of_team])
    k, t = fixed.shape[1], len(teams)
    at_constant = [*range(k), *range(k + 2, k + 2 + t)]
    waited, handled, score = k, k + 1, k + 2 + t
    size = score + 1
    block = np.array([row[0] for row in cells])
    order = np.unique(block)
    total = np.zeros((len(order), size, size))
    crossed = np.column_stack([sums["waited"], sums["handled"], sums["score"]])
    for i, one in enumerate(order):
        here = block == one
        rows = constant[here]
        total[i][np.ix_(at_constant, at_constant)] = (rows * sums["n"][here, None]).T @ rows
        with_varying = rows.T @ crossed[here]
        for at, place in enumerate((waited, handled, score)):
            total[i, at_constant, place] = total[i, place, at_constant] = with_varying[:, at]
        for first, second, name in (
            (waited, waited, "waited_waited"), (handled, handled, "handled_handled"),
            (score, score, "score_score"), (waited, handled, "waited_handled"),
            (waited, score, "waited_score"), (handled, score, "handled_score"),
        ):  # fmt: skip
            total[i, first, second] = total[i, second, first] = sums[name][here].sum()
    return total


def _varied(blocks: np.ndarray) -> np.ndarray:
    total = blocks.sum(axis=0)
    n = total[0, 0]
    spread = np.diag(total) / n - (total[0] / n) ** 2
    return np.asarray(spread > 1e-9)
