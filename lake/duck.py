"""The one place that opens DuckDB: in memory, in UTC, and never reaching for the network.

A connection must not be shared between threads (it would hand one thread another's rows): take a
``.cursor()`` per call.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import duckdb

_SPILL = "svar-duckdb-"
# Nobody spills to a folder this old any more.
_STALE_S = 86_400


def connect(*, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open an empty in-memory database.

    ``memory`` bounds what DuckDB keeps in RAM (``"2GB"``); beyond it, it spills to a folder of its own
    in the system's temporary folder, made only when needed and gone when the connection is closed. None
    leaves DuckDB's default, 80 % of the machine.
    """
    # Two instances must not share a spill folder: each would delete the other's files.
    spill = Path(tempfile.gettempdir()) / f"{_SPILL}{os.getpid()}-{secrets.token_hex(4)}"
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": str(spill),
    }
    if memory is not None:
        config["memory_limit"] = memory
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("set TimeZone = 'UTC'")
    # The terminal's progress bar is ours to draw.
    connection.execute("set enable_progress_bar = false")
    return connection


def sweep_spills() -> None:
    """Remove what was spilled by processes that were killed: it may be as large as what they were making."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SPILL}*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)
