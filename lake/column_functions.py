"""Columns of texts, as the engine hands them to functions of Python and takes them back."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import ModuleType

import pyarrow as pa

OfColumn = Callable[[pa.ChunkedArray], pa.Array]


def columnar() -> ModuleType:
    """Polars, which is heavy, and few files need it."""
    import polars

    # Its import has the system resume what Ctrl-C stops, and Python would not hear.
    signal.siginterrupt(signal.SIGINT, True)
    module: ModuleType = polars
    return module


def each_different(read: Callable[[str], str | None]) -> OfColumn:
    """For the few values that SQL cannot read: each different one is read once."""
    polars = columnar()

    def column(texts: pa.ChunkedArray) -> pa.Array:
        known = {text: read(text) for text in set(texts.to_pylist()) if text}
        found = [known.get(text) for text in texts.to_pylist()]
        # pyarrow.array would bring in pandas, which takes longer than most imports.
        return polars.Series(found, dtype=polars.String).to_arrow()

    return column
