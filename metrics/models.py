"""The SQL of the package, by name: one file per model, cube, metric or check.

The texts are plain SQL over named relations and take no parameters; whoever runs them (DuckDB here,
Spark elsewhere) provides relations of those names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sql"

# In this order each model finds its inputs; the last one is the fact itself.
FACT_MODELS = (
    "contact_now",
    "outcome_now",
    "link_now",
    "contact_began",
    "sale_now",
    "product_now",
    "contact_sale",
    "case_now",
    "contact_case",
    "session_now",
    "contact_session",
    "contact_return",
    "contact_repeat",
    "tracked_span",
    "fact",
)
# What the log hands to the models, by its kind.
EVENT_KINDS = ("contact", "outcome", "sale", "session", "link", "case", "product")
# What it hands to the small tables beside the facts, see beside.py.
BESIDE_KINDS = ("calls_offered", "topic", "active_customers", "hour_cost")

# The dimensions of each cube: its key.
CUBES: dict[str, tuple[str, ...]] = {
    "by_team": ("day", "partner", "team", "channel", "route"),
    "by_topic": ("day", "partner", "topic", "route"),
    "by_agent": ("day", "partner", "team", "agent", "route"),
    "by_hour": ("day", "partner", "channel", "hour"),
    "strata": ("day", "partner", "channel", "topic", "route"),
    "by_duration": ("day", "partner", "route", "handling_bin"),
    "topic_duration": ("day", "partner", "topic", "route", "handling_bin"),
    "by_resolution": ("day", "partner", "topic", "route", "resolution_bin"),
    "by_reason": ("day", "partner", "team", "channel", "survey_reason"),
    "by_driver": ("day", "partner", "team", "channel", "known"),
}


# Sums of what is no contact: their dimensions, and which of them says how many there are.
SUMS: dict[str, tuple[str, ...]] = {
    "queue": ("day", "hour", "partner", "team", "channel"),
    "session": ("day", "hour", "channel", "topic"),
}
COUNTED = {"contact": "contacts", "queue": "intervals", "session": "sessions"}


@cache
def sql(kind: str, name: str) -> str:
    """The text of ``metrics/sql/<kind>/<name>.sql``; a cube's ``{measures}`` stands for the shared list."""
    text = (FOLDER / kind / f"{name}.sql").read_text(encoding="utf-8")
    if kind == "cubes" and "{measures}" in text:
        text = text.replace("{measures}", sql("cubes", "measures"))
    return text


@cache
def measures(cube: str) -> tuple[str, ...]:
    """The sums a cube holds, or a table of sums beside the facts."""
    text = sql("beside" if cube in SUMS else "cubes", cube)
    return tuple(
        line.rstrip(",").rsplit(" as ", 1)[1]
        for line in text.splitlines()
        if line.strip().startswith("cast(sum(")
    )


@cache
def names(kind: str) -> tuple[str, ...]:
    """The files of a folder of SQL, in the order of their names."""
    return tuple(sorted(path.stem for path in (FOLDER / kind).glob("*.sql")))
