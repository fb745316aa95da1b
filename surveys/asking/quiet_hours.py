"""Local hours: is now a quiet one, when does it end, when did the local day begin."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(now: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> bool:
    """Whether ``now`` (aware) is in the local window [start, end), which may span midnight."""
    if quiet is None:
        return False
    start, end = quiet
    local = now.astimezone(zone).time()
    return start <= local < end if start < end else (local >= start or local < end)


def quiet_ends(now: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> datetime:
    """When the quiet window that holds ``now`` ends, in UTC.

    Reckoned on the local clock face, so that 09:00 is 09:00 also where the clock was changed in the night.
    """
    local = now.astimezone(zone)
    day = local.date() if local.time() < quiet[1] else local.date() + timedelta(days=1)
    ends = datetime.combine(day, quiet[1], zone)
    if ends.astimezone(UTC) <= now:
        ends = ends.replace(fold=1)  # the hour is being repeated: the clock shows that time once more
    return ends.astimezone(UTC)


def day_began(now: datetime, zone: ZoneInfo) -> datetime:
    """Local midnight before ``now``, in UTC."""
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)
