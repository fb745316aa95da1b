"""The time zone that a column's name tells, as in ``End Time (UTC)``, ``created_utc`` and ``Start (EST)``."""

from __future__ import annotations

import re

_ZONES = {
    "UTC": "UTC GMT ZULU",
    "America/New_York": "EST EDT",
    "America/Chicago": "CST CDT",
    "America/Denver": "MST MDT",
    "America/Los_Angeles": "PST PDT",
    "Europe/Oslo": "CET CEST MEZ MESZ",
    "Europe/London": "BST",
    "Europe/Helsinki": "EET EEST",
    "Asia/Kolkata": "IST",
}
_BY_NAME = {name: zone for zone, names in _ZONES.items() for name in names.split()}
# In brackets or after an underscore; UTC and GMT are nothing else, so they may stand anywhere.
_NAMED = re.compile(
    rf"[(\[_ -](?:(?i:(utc|gmt))|({'|'.join(_BY_NAME)}))(?: ?time)?[)\]]?$|(?i:\b(utc|gmt)\b)(?![+-])"
)
_OFFSET = re.compile(r"(?i:\b(?:utc|gmt)) ?([+-])(\d{1,2})(?::?00)?(?!\d)")


def zone_of(name: str) -> str:
    """The zone; "" where the name tells none."""
    if offset := _OFFSET.search(name):
        hours = int(offset[2])
        # POSIX counts the other way round.
        return (
            "UTC"
            if hours == 0
            else f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}"
            if hours <= 12
            else ""
        )
    found = _NAMED.search(name)
    return _BY_NAME[next(part for part in found.groups() if part).upper()] if found else ""
