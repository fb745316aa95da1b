"""A way for simulations to state their figures, so that the documentation can quote them."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str, float], float]:
    """``figure(name, value)`` prints the figure even where output is captured, and returns the value."""

    def state(name: str, value: float) -> float:
        with capsys.disabled():
            print(f"\n  figure: {name} = {value:.4f}", end="")
        return value

    return state
