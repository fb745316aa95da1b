"""What is published, how old it is, and what the checks said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from metrics import models
from metrics.checks import Result
from metrics.lake import Lake
from settings import Settings


@dataclass(frozen=True)
class Published:
    """The published version. ``checks`` has one entry per check: ``rows`` is None where only ``metrics
    check`` tells, which counts everything anew."""

    version: str
    published_at: datetime | None
    folded_at: datetime | None  # when facts and cubes were last written; later events stand beside them
    late_contacts: int
    checks: tuple[Result, ...]


def published(settings: Settings) -> Published:
    """What readers see now. One small read."""
    version = Lake(settings.lake_path).version()
    known = {result["check"]: result for result in version.checks}
    results = [known.get(name) or _untold(name) for name in models.names("checks")]
    return Published(
        version.name, _named_at(version.name), _named_at(version.base), version.delta_contacts, tuple(results)
    )


def _untold(name: str) -> Result:
    level = models.sql("checks", name).splitlines()[1].removeprefix("-- ")
    return {"check": name, "level": level, "rows": None, "examples": []}


def _named_at(name: str) -> datetime | None:
    """Names of versions and bases begin with when they were made, in microseconds."""
    return datetime.fromtimestamp(int(name.split("-", maxsplit=1)[0]) / 1_000_000, UTC) if name else None
