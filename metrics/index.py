"""Where rows stand, by the hash of a key: sorted runs, few and joint, whatever the number of segments.

A run covers one or several segments that follow each other: the hashes of a key in order, then for each
the number of its row, counted from the run's first row. Looking for a key in three dozen segments is three
dozen searches; in joint runs it is one to four. A run is joined with the one before it when that is at most
four times as large, so that few are there and each row is written again only as often as with a run for
every doubling of the history (O'Neil et al., The Log-Structured Merge-Tree, Acta Informatica 33, 1996).

::

    rows/<base>-<kind>-i<n>-<key>.idx   see entries.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from metrics.entries import Entries, Hashes, Numbers
from metrics.entries import write as write_entries
from metrics.lake import Run

Given = TypeVar("Given")
Made = TypeVar("Made")

RATIO = 4  # a run is more than so many times as large as the next
LARGEST = 2**32 - 1  # rows of a run: their numbers have four bytes
AT_ONCE = 4_000_000  # entries that are joined in memory


def file_of(folder: Path, stem: str, key: str) -> Path:
    """The file of one key of a run, below the lake's folder."""
    return folder / f"{stem}-{key}.idx"


def write(
    folder: Path, stem: str, hashes: Mapping[str, Hashes], given: Mapping[str, NDArray[np.bool_]]
) -> None:
    """A run of one segment: the hashes of each key in the order of its rows, and whether it is ``given``."""
    for key, hashed in hashes.items():
        numbers = np.flatnonzero(given[key])
        order = numbers[np.argsort(hashed[numbers], kind="stable")]
        ordered = hashed[order], order.astype(np.uint32)
        write_entries(file_of(folder, stem, key), len(order), [ordered])


def joined(folder: Path, runs: Sequence[Run], keys: Iterable[str], name: str) -> tuple[Run, ...]:
    """The runs, each much larger than the next: neighbours of which that is not so are made one.

    New ones get ``name`` and a number.
    """
    kept: list[list[Run]] = []
    for run in runs:
        kept.append([run])
        while len(kept) > 1 and _rows(kept[-2]) / RATIO <= _rows(kept[-1]) <= LARGEST - _rows(kept[-2]):
            last = kept.pop()
            kept[-1] += last
    return tuple(
        group[0] if len(group) == 1 else _join(folder, group, keys, f"{name}-i{number:03d}")
        for number, group in enumerate(kept)
    )


def find(folder: Path, runs: Sequence[Run], key: str, wanted: Hashes) -> list[tuple[int, Numbers]]:
    """``(number of the segment, numbers of its rows)`` whose key has one of the sorted hashes, in order."""
    found = []
    before = 0
    for run, numbers in zip(runs, together(partial(_sought, folder, key, wanted), runs), strict=True):
        starts = np.cumsum([0, *run.counts])
        ends = np.searchsorted(numbers, starts)
        for order, (first, last) in enumerate(pairwise(ends)):
            if first < last:
                found.append((before + order, (numbers[first:last] - starts[order]).astype(np.uint32)))
        before += len(run.counts)
    return found


def together(work: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
    """What ``work`` makes of each, in order; at the same time, for what waits for memory or the disk."""
    if len(given) < 2:
        return [work(each) for each in given]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(work, given))


def _sought(folder: Path, key: str, wanted: Hashes, run: Run) -> NDArray[np.int64]:
    """The numbers of a run's rows with one of the sorted hashes, in order."""
    numbers = Entries.open(file_of(folder, run.stem, key)).numbers_of(wanted)
    # Of a segment that was made one with later rows the run still has entries: they lie behind its end.
    return np.unique(numbers[numbers < sum(run.counts)]).astype(np.int64)


def without_last(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs without the last segment."""
    *others, last = runs
    shorter = Run(last.stem, last.counts[:-1])
    return (*others, shorter) if shorter.counts else tuple(others)


def _rows(runs: Sequence[Run]) -> int:
    return sum(sum(run.counts) for run in runs)


def _join(folder: Path, runs: Sequence[Run], keys: Iterable[str], stem: str) -> Run:
    totals = [sum(run.counts) for run in runs]
    for key in keys:
        entries = [Entries.open(file_of(folder, run.stem, key)) for run in runs]
        # Entries beyond the end are of rows that stand elsewhere by now.
        count = sum(
            int(np.count_nonzero(each.numbers < total)) for each, total in zip(entries, totals, strict=True)
        )
        write_entries(file_of(folder, stem, key), count, _merged(entries, totals))
    return Run(stem, tuple(count for run in runs for count in run.counts))


def _merged(entries: Sequence[Entries], totals: Sequence[int]) -> Iterable[tuple[Hashes, Numbers]]:
    """The entries of several runs as those of one, a stretch of hashes at a time."""
    parts = 1 + sum(len(each.hashes) for each in entries) // AT_ONCE
    # Hashes are spread evenly, so stretches of one length have about as many each.
    bounds = np.array([2**64 * part // parts for part in range(1, parts)], dtype=np.uint64)
    cuts = [[0, *np.searchsorted(each.hashes, bounds), len(each.hashes)] for each in entries]
    starts = [0, *accumulate(totals)]
    for part in range(parts):
        found, rows = [], []
        for each, cut, total, start in zip(entries, cuts, totals, starts, strict=False):
            among = each.numbers[cut[part] : cut[part + 1]]
            used = among < total
            found.append(each.hashes[cut[part] : cut[part + 1]][used])
            rows.append(among[used] + np.uint32(start))
        merged = np.concatenate(found)
        order = np.argsort(merged, kind="stable")
        yield merged[order], np.concatenate(rows)[order]
