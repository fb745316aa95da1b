"""Durations that hold one another: a total with the waiting in it, or talking with the hold in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from statistics import median_high
from typing import Any

from data.files.mapping import UNITS
from data.files.profile import Column
from data.files.sources.source import TYPED
from texts.messages import Said, say

FEW = 5  # rows, below which nothing is concluded
NEARLY_ALL = 0.95
_WORK = ("talk_s", "hold_s", "wrap_s")


def overlapping(found: Mapping[str, Column], lines: Mapping[str, str]) -> dict[str, Said]:
    """By field: what is no part of its own, and why it is left out."""
    told = {
        name: seconds(found[name], lines[name]) for name in (*_WORK, "handling_s", "wait_s") if name in lines
    }
    if not {"talk_s", "handling_s"} <= told.keys():
        return {}
    rows = [
        {name: cells[row] or 0.0 for name, cells in told.items()}
        for row in range(len(told["talk_s"]))
        if told["talk_s"][row] and told["handling_s"][row]
    ]
    if len(rows) < FEW:
        return {}
    column = {name: found[name].name for name in told}
    left_out = {}
    parts = [name for name in _WORK if name in told]
    if "hold_s" in told and not _fits(rows, parts) and _fits(rows, [p for p in parts if p != "hold_s"]):
        left_out["hold_s"] = say("doubt.hold_in_talk", column=column["hold_s"], talk=column["talk_s"])
        parts.remove("hold_s")
    if not _fits(rows, parts):
        left_out["handling_s"] = say("doubt.short_total", column=column["handling_s"])
    elif "wait_s" in told and _waits(rows, parts):
        left_out["handling_s"] = say(
            "doubt.wait_in_total", column=column["handling_s"], wait=column["wait_s"]
        )
    return left_out


def _fits(rows: list[dict[str, float]], parts: list[str]) -> bool:
    """Whether the total is at least its parts, but for slips."""
    return _share(row["handling_s"] >= sum(row[part] for part in parts) - 1 for row in rows) >= NEARLY_ALL


def _waits(rows: list[dict[str, float]], parts: list[str]) -> bool:
    """Whether what the total has beyond the work is the waiting, or little more."""
    rest = [
        (row["handling_s"] - sum(row[part] for part in parts), row["wait_s"]) for row in rows if row["wait_s"]
    ]
    if len(rest) < FEW or 2 * len(rest) < len(rows):
        return False
    middle, more = median_high(wait for _, wait in rest), median_high(over - wait for over, wait in rest)
    return _share(over >= wait - 1 for over, wait in rest) >= NEARLY_ALL and more <= middle / 2


def seconds(column: Column, line: str) -> list[float | None]:
    """The durations row by row, in seconds as the line of TOML reads them; None where nothing is told."""
    told = declared(line)
    unit, thousands = told.get("unit", "seconds"), told.get("thousands", "")
    return [_read(cell.replace(thousands, "") if thousands else cell, unit) for cell in column.cells]


def declared(line: str) -> dict[str, Any]:
    """What a line of TOML says of its column, besides the name."""
    given = tomllib.loads(f"x = {line}")["x"]
    return given if isinstance(given, dict) else {}


def _read(cell: str, unit: str) -> float | None:
    parts = cell.split(":")
    try:
        if len(parts) == 1:
            return float(cell.replace(TYPED, ".").replace(",", ".")) * UNITS[unit]
        numbers = [float(part) for part in parts]
    except (ValueError, KeyError):
        return None
    if unit == "h:m":
        numbers.append(0)
    seconds = 0.0
    for number in numbers:
        seconds = 60 * seconds + number
    return seconds


def _share(held: Iterable[bool]) -> float:
    each = [*held]
    return sum(each) / len(each)
