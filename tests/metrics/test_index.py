"""However its runs were joined, the index finds every row that has a key, and none that has gone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.duck import connect
from data.log import SCHEMAS
from metrics import entries, index, rows
from metrics.entries import Entries, Hashes
from metrics.lake import GRACE_S, Base, Lake, Run, Version

KEYS = ("key",)


def _run(folder: Path, name: str, *hashes: int | None) -> Run:
    """A run of one segment; None is no key."""
    keyed = np.array([hashed or 0 for hashed in hashes], dtype=np.uint64)
    given = np.array([hashed is not None for hashed in hashes])
    index.write(folder, name, {"key": keyed}, {"key": given})
    return Run(name, (len(hashes),))


def _found(folder: Path, runs: tuple[Run, ...] | list[Run], *wanted: int) -> list[tuple[int, list[int]]]:
    sought: Hashes = np.unique(np.array(wanted, dtype=np.uint64))
    return [(order, numbers.tolist()) for order, numbers in index.find(folder, runs, "key", sought)]


def test_rows_are_found_in_the_order_of_their_segments(tmp_path: Path) -> None:
    runs = [_run(tmp_path, "a", 7, None, 5, 7), _run(tmp_path, "b", 5, 2**64 - 1, 0)]
    for these in (runs, [index._join(tmp_path, runs, KEYS, "ab")]):
        assert _found(tmp_path, these, 7, 5) == [(0, [0, 2, 3]), (1, [0])]
        assert _found(tmp_path, these, 2**64 - 1, 6) == [(1, [1])]
        assert _found(tmp_path, these, 0) == [(1, [2])]
        assert _found(tmp_path, these, 1, 6) == []


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [
        ([], []),
        ([3], [[3]]),
        ([9, 2], [[9], [2]]),
        ([8, 2], [[8, 2]]),
        ([3, 4], [[3, 4]]),
        ([60, 9, 2, 1], [[60], [9, 2, 1]]),
        ([60, 12, 2, 2], [[60, 12, 2, 2]]),
        ([41, 10, 2, 1], [[41, 10, 2, 1]]),
        ([53, 10, 2, 1], [[53], [10, 2, 1]]),
        ([2] * 6, [[2, 2, 2, 2, 2], [2]]),
        ([2] * 7, [[2, 2, 2, 2, 2, 2, 2]]),
    ],
    ids=str,
)
def test_runs_are_joined_until_each_is_much_larger_than_the_next(
    tmp_path: Path, sizes: list[int], joined: list[list[int]]
) -> None:
    runs = [_run(tmp_path, f"s{n}", *range(size)) for n, size in enumerate(sizes)]
    made = index.joined(tmp_path, runs, KEYS, "new")
    assert [list(run.counts) for run in made] == joined
    assert [n for n, _ in _found(tmp_path, made, 0)] == list(range(len(sizes)))


def test_runs_stay_within_what_their_numbers_can_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "LARGEST", 4)
    runs = [_run(tmp_path, f"s{n}", 1, 2) for n in range(3)]
    assert [run.counts for run in index.joined(tmp_path, runs, KEYS, "new")] == [(2, 2), (2,)]


def test_rows_of_a_segment_that_has_gone_are_not_found(tmp_path: Path) -> None:
    runs = [_run(tmp_path, "a", 1, 2), _run(tmp_path, "b", 2, 3, 1)]
    (both,) = index.joined(tmp_path, runs, KEYS, "ab")
    shorter = index.without_last([both])
    assert shorter == (Run("ab-i000", (2,)),)
    assert _found(tmp_path, shorter, 1, 2, 3) == [(0, [0, 1])]
    again = index._join(tmp_path, [*shorter, _run(tmp_path, "c", 3)], KEYS, "abc")
    assert _found(tmp_path, [again], 1, 2, 3) == [(0, [0, 1]), (1, [0])]
    assert (tmp_path / "abc-key.idx").stat().st_size == 3 * 12 + 8
    assert index.without_last([Run("a", (2,)), Run("b", (3,))]) == (Run("a", (2,)),)


@pytest.mark.parametrize("count", range(14))
def test_a_hash_is_found_in_whichever_pages_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Pages of four: before, at and after where one ends, once, often, and over several pages."""
    monkeypatch.setattr(entries, "PAGE", 4)
    drawn = np.random.default_rng(count)
    for several in (1, 3, 20):
        hashes = np.sort(drawn.integers(1, 1 + several, count, dtype=np.uint64) * np.uint64(2))
        stretches = [(part, np.arange(len(part), dtype=np.uint32)) for part in np.array_split(hashes, 3)]
        entries.write(tmp_path / "some.idx", count, stretches)
        numbers = np.concatenate([each for _, each in stretches])
        opened = Entries.open(tmp_path / "some.idx")
        assert opened.hashes.tolist() == hashes.tolist()
        for wanted in (*([one] for one in range(2 * several + 4)), range(2 * several + 4)):
            sought = np.array(wanted, dtype=np.uint64)
            expected = numbers[np.isin(hashes, sought)].tolist()
            assert opened.numbers_of(sought).tolist() == expected


@pytest.mark.parametrize("at_once", [1, 10, 1_000_000])
def test_joining_in_stretches_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(index, "AT_ONCE", at_once)
    drawn = np.random.default_rng(4)
    parts = [drawn.integers(0, 2**64, size, dtype=np.uint64) for size in (60, 90, 0, 120)]
    parts[1][:20] = parts[0][:20]
    runs = [_run(tmp_path, f"s{n}", *map(int, part)) for n, part in enumerate(parts)]
    whole = index._join(tmp_path, runs, KEYS, "whole")
    for hashed in {int(value) for part in parts for value in part}:
        expected = [(n, np.flatnonzero(part == hashed).tolist()) for n, part in enumerate(parts)]
        assert _found(tmp_path, [whole], hashed) == [found for found in expected if found[1]]


def test_the_rows_of_a_base_of_an_older_layout_are_known_until_it_is_swept(lake: Lake) -> None:
    lake.keep(Base("1-a"))
    file = lake.path / "bases" / "1-a.json"
    # As it was written down before there were joint runs: the stems of the segments.
    file.write_text(json.dumps(json.loads(file.read_text()) | {"rows": {"sale": ["rows/1-a-sale-000"]}}))
    assert lake.base("1-a").rows["sale"].files() == ("rows/1-a-sale-000", "rows/1-a-sale-000.idx")


def test_runs_that_became_part_of_others_are_swept_away_with_the_bases_that_named_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LARGEST", 8)  # so that the segments stay two
    base = Base("")
    for name in ("1-a", "2-b"):
        table = pa.Table.from_pylist([{"sale_id": f"{name}-{n}"} for n in range(8)], schema=SCHEMAS["sale"])
        with connect() as connection:
            rows_now = rows.extended(lake, connection, "sale", Base(name, rows=base.rows), [table])
        base = Base(name, rows={"sale": rows_now})
        lake.keep(base)
        lake.publish(Version(name, 0, name), after=lake.version())
    lake.sweep(time.time() + 2 * GRACE_S)
    kept = base.rows["sale"]
    there = {file.name for file in (lake.path / "rows").iterdir()}
    assert {name for name in there if name.endswith(".idx")} == {
        f"{Path(run.stem).name}-{key}.idx" for run in kept.runs for key in rows.KEYS["sale"]
    }
    assert {name for name in there if name.endswith(".npy")} == {
        f"{Path(segment).name}.npy" for segment in kept.segments
    }
