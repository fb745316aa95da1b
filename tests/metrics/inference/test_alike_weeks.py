"""Weeks in which nothing differs, and one in which something does, from contacts to what the pages claim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.alike import CONTACTS, EARLIER, claims, draw, publish, shares, stated


@pytest.mark.slow
def test_a_week_without_differences_goes_through_every_page_and_one_with_them_is_told_apart(
    tmp_path: Path,
) -> None:
    columns = draw(np.random.default_rng(2), 2)
    second = np.arange(len(columns["route"])) >= CONTACTS
    better = second & (columns["route"] == 1) & (columns["score"] > 0)
    columns["score"] = np.where(better, np.minimum(columns["score"] + 2, 10), columns["score"])
    reader = publish(tmp_path, columns)
    alike, differs = claims(reader, 0), claims(reader, 1)
    assert len(alike) == 27
    assert sum(alike.values()) < 8
    assert not alike["csat_index, routes"]
    assert differs["csat_index, routes"]
    assert differs["csat_index, same questions"]
    assert not differs["handling_time, routes"]


@pytest.mark.slow
def test_pages_claim_no_more_than_is_stated_where_nothing_differs(
    tmp_path: Path, figure: Callable[[str, float], float]
) -> None:
    # A part of what `python -m benchmarks.alike` does with 1,000 weeks.
    weeks = range(EARLIER, EARLIER + 60)
    reader = publish(tmp_path, draw(np.random.default_rng(3), weeks.stop))
    for name, share in shares(reader, weeks).items():
        allowed = stated(name) + 3 * (stated(name) * (1 - stated(name)) / len(weeks)) ** 0.5
        assert figure(f"alike weeks: {name}", share) <= allowed
