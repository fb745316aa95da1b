"""Which drivers of the score are named, and which have an arrow."""

from __future__ import annotations

import pytest

from metrics.inference import Estimate
from metrics.inference.answers.drivers import Driver, Drivers
from metrics.wording import drivers


def ranked(*shares: tuple[float, float, float]) -> Drivers:
    """Drivers with shares of so much, from so much to so much."""
    found = zip(drivers.DRIVERS, shares, strict=False)
    named = [Driver(name, Estimate(900, *share), None, 0.0) for name, share in found]
    return Drivers(900, Estimate(900, 0.12, 0.1, 0.14), tuple(named))


@pytest.mark.parametrize(
    ("shares", "named"),
    [
        (((0.8, 0.7, 0.9), (0.2, 0.1, 0.3)), 1),
        (((0.46, 0.36, 0.56), (0.44, 0.3, 0.52), (0.09, 0.05, 0.16)), 2),
        (((0.3, 0.2, 0.4), (0.3, 0.2, 0.4), (0.3, 0.2, 0.4), (0.1, 0.05, 0.2)), 3),
        (((0.3, 0.2, 0.4), (0.25, 0.19, 0.4), (0.25, 0.2, 0.4), (0.2, 0.05, 0.3)), 0),
        (((0.25, 0.2, 0.4), (0.25, 0.2, 0.4), (0.25, 0.2, 0.4), (0.25, 0.2, 0.4)), 0),
        (((1.0, 0.9, 1.0),), 0),
    ],
)
@pytest.mark.parametrize("language", ["nb", "en"])
def test_drivers_that_lead_together_are_named_together(shares, named: int, language: str) -> None:
    found = ranked(*shares)
    assert len(drivers.leading(found.drivers)) == named
    said = drivers.sentence(found, language)
    assert [drivers.DRIVERS[one.name][language] in said for one in found.drivers] == [
        i < named for i in range(len(shares))
    ]
    assert "12" in said


@pytest.mark.parametrize(
    ("slope", "p", "of", "arrow"),
    [
        ((0.2, 0.1, 0.3), 0.0101, 5, ""),
        ((0.2, 0.1, 0.3), 0.0099, 5, "up"),
        ((0.2, 0.1, 0.3), 0.0499, 1, "up"),
        ((-0.2, -0.3, -0.1), 0.001, 5, "down"),
        ((0.2, -0.01, 0.3), 0.001, 5, ""),
        ((0.2, None, None), 0.001, 5, ""),
        ((0.2, 0.1, 0.3), None, 5, ""),
    ],
)
def test_an_arrow_needs_its_interval_and_no_chance_among_all_that_are_shown(slope, p, of, arrow) -> None:
    driver = Driver("solved", Estimate(900, 0.8, 0.7, 0.9), Estimate(900, *slope), p)
    assert drivers.direction(driver, of=of) == arrow
