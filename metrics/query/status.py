"""What is published, how old it is, what is still to be made, and what the checks said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lake.manifest import Lake
from metrics.build.checks import Result
from metrics.catalog import models
from settings import Settings


@dataclass(frozen=True)
class Published:
    """The published version. ``checks`` has one entry per check: ``rows`` is None where only ``metrics
    check`` tells, which counts everything anew."""

    version: str
    published_at: datetime | None
    dirty: int  # partitions that are still to be made anew
    dirty_since: datetime | None
    deferred: bool  # whether links or products wait for the night
    waiting: bool  # whether surveys or sales wait for their contact
    checks: tuple[Result, ...]


def published(settings: Settings) -> Published:
    """What readers see now. One small read."""
    version = Lake(settings.lake_path).version()
    known = {result["check"]: result for result in version.checks}
    results = [known.get(name) or _unknown(name) for name in models.names("checks")]
    since = datetime.fromtimestamp(version.dirty_since, UTC) if version.dirty_since else None
    return Published(
        version.name,
        _named_at(version.name),
        len(version.dirty),
        since,
        bool(version.deferred),
        bool(version.waiting),
        tuple(results),
    )


def _unknown(name: str) -> Result:
    level = models.sql("checks", name).splitlines()[1].removeprefix("-- ")
    return {"check": name, "level": level, "rows": None, "examples": []}


def _named_at(name: str) -> datetime | None:
    """Names of versions begin with when they were made, in microseconds."""
    return datetime.fromtimestamp(int(name.split("-", maxsplit=1)[0]) / 1_000_000, UTC) if name else None
