"""What the import tests share: writing small files, importing them, reading the log back."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data.files import importer, mapping
from lake.log import KEYS, Log
from settings import Settings

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
GENERIC = "generic"


def write(folder: Path, text: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(
    settings: Settings,
    path: Path,
    toml: str = GENERIC,
    *,
    now: datetime = NOW,
    dry_run: bool = False,
    replace: bool = False,
) -> importer.Summary:
    """Import a file by a shipped mapping's name or by the text of a mapping."""
    made = mapping.load(toml) if "=" not in toml else mapping.read(toml.encode(), "own")
    return importer.run(settings, path, made, now=now, dry_run=dry_run, replace=replace)


def log_rows(settings: Settings, kind: str = "contact") -> list[dict[str, Any]]:
    """The rows of the log, of several with the same key the one that counts, by key."""
    rows = []
    for path in Log(settings.lake_path).files(kind):
        drawn = re.search(r"-v(\d+)$", path.stem)
        for row in pq.read_table(path).to_pylist():
            version = row.pop("version", None) or (int(drawn[1]) if drawn else 0)
            rows.append((version, row["accepted_us"], row["seq"], row))
    latest = {row[KEYS[kind]]: row for *_, row in sorted(rows, key=lambda each: each[:3])}
    return [latest[key] for key in sorted(latest)]


def one(settings: Settings, kind: str = "contact") -> dict[str, Any]:
    (row,) = log_rows(settings, kind)
    return row


def counts(summary: importer.Summary) -> tuple[int, int, int, int, int]:
    """read, accepted, updated, unchanged, rejected"""
    return summary.read, summary.accepted, summary.updated, summary.unchanged, summary.rejected


def told(row: Map[str, Any]) -> dict[str, Any]:
    """A row of the log as the feed tells it: without how and when it came, the day as text."""
    left_out = {"accepted_us", "seq", "source", "asked"}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
        if name not in left_out
    }
