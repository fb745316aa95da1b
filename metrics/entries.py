"""One file of an index: hashes of keys in order, and for each the number of its row.

Going to and fro among a hundred million hashes costs some ten pages of the file for every key. So the first
hash of each page stands at the end of the file, too: among those a page is found in memory, and one page is
read for each key, all of them at a time.

::

    hashes (8 bytes each), numbers of rows (4 bytes each), the first of every 512 hashes (8 bytes each)
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.log import publish

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.uint32]
Places = NDArray[np.int64]
Side = Literal["left", "right"]

PAGE = 512  # hashes: 4,096 bytes
NEAR = 16_384  # bytes between two pieces of a file that are read together


@dataclass(frozen=True)
class Entries:
    """The hashes and numbers of a file, by memory mapping, and the first hash of every page."""

    file: Path
    hashes: Hashes
    numbers: Numbers
    firsts: Hashes

    @classmethod
    def open(cls, file: Path) -> Entries:
        size = file.stat().st_size
        pages = -(-size // (12 * PAGE + 8))
        count = (size - 8 * pages) // 12
        if count == 0:
            none = np.empty(0, dtype=np.uint64)
            return cls(file, none, np.empty(0, dtype=np.uint32), none)
        hashes = np.memmap(file, dtype=np.uint64, mode="r", shape=(count,))
        numbers = np.memmap(file, dtype=np.uint32, mode="r", offset=8 * count, shape=(count,))
        firsts = np.fromfile(file, dtype=np.uint64, offset=12 * count)
        return cls(file, hashes.view(np.ndarray), numbers.view(np.ndarray), firsts)

    def numbers_of(self, wanted: Hashes) -> Numbers:
        """The numbers at all places of the sorted hashes that are wanted."""
        count = len(self.hashes)
        if count == 0:
            return self.numbers
        pages = _pages(self.firsts, wanted, "left")
        announce(self.file, 8 * PAGE * pages, 8 * PAGE)
        first = _place(self.hashes, wanted, pages, "left")
        # Most keys are not in most files, or once: where one ends is looked for only where it is repeated.
        there = first < count
        there[there] = self.hashes[first[there]] == wanted[there]
        first, wanted = first[there], wanted[there]
        last = first + 1
        again = last < count
        again[again] = self.hashes[last[again]] == wanted[again]
        last[again] = _place(self.hashes, wanted[again], _pages(self.firsts, wanted[again], "right"), "right")
        counts = last - first
        # The places from each first to its last, one behind the other.
        starts = np.cumsum(counts) - counts
        places = np.repeat(first - starts, counts) + np.arange(counts.sum())
        announce(self.file, 8 * count + 4 * places, self.numbers.itemsize)
        found: Numbers = self.numbers[places]
        return found


def write(file: Path, count: int, stretches: Iterable[tuple[Hashes, Numbers]]) -> None:
    """Write so many entries, which come in the order of their hashes, a stretch at a time."""
    draft = file.with_name(f".draft-{file.name}")
    firsts = [np.empty(0, dtype=np.uint64)]
    with draft.open("wb") as out:
        at = 0
        for hashes, numbers in stretches:
            out.seek(8 * at)
            hashes.tofile(out)
            out.seek(8 * count + 4 * at)
            numbers.tofile(out)
            firsts.append(hashes[-at % PAGE :: PAGE])
            at += len(hashes)
        out.seek(12 * count)
        np.concatenate(firsts).tofile(out)
    publish(draft, file)


def announce(file: Path, offsets: NDArray[Any], length: int) -> None:
    """Have pieces of a file read, so many bytes from each of the rising offsets: all at a time, not each when
    it is come upon."""
    if not len(offsets) or not hasattr(os, "posix_fadvise"):  # macOS has no such thing
        return
    # Reading a little more takes less than asking once more.
    apart = np.flatnonzero(np.diff(offsets) > NEAR)
    begins, ends = offsets[[0, *(apart + 1)]], offsets[[*apart, -1]] + length
    with file.open("rb") as opened:
        number = opened.fileno()
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            os.posix_fadvise(number, begin, end - begin, os.POSIX_FADV_WILLNEED)


def _pages(firsts: Hashes, wanted: Hashes, side: Side) -> Places:
    """The page in which the place of each hash is, on that side of its equals."""
    pages: Places = np.maximum(np.searchsorted(firsts, wanted, side=side), 1) - 1
    return pages


def _place(hashes: Hashes, wanted: Hashes, pages: Places, side: Side) -> Places:
    """The place of each wanted hash among those of its page, or behind them: before or after its equals."""
    low = pages * PAGE
    high = np.minimum(low + PAGE, len(hashes))
    while (open_ := low < high).any():
        middle = (low + high) // 2
        met = hashes[np.minimum(middle, len(hashes) - 1)]
        below = met < wanted if side == "left" else met <= wanted
        low, high = np.where(open_ & below, middle + 1, low), np.where(open_ & ~below, middle, high)
    return low
