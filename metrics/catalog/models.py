"""The SQL of the package, by name: one file per model, cube, metric or check.

The texts are plain SQL over named relations and take no parameters; whoever runs them (DuckDB here,
Spark elsewhere) provides relations of those names.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sql"

# In this order each model finds its inputs; the last one is the fact itself.
FACT_MODELS = (
    "link_now",
    "contact_key",
    "target_customer",
    "outcome_now",
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
    "contact_now",
    "fact",
)
# What the log hands to the models, by its kind.
EVENT_KINDS = ("contact", "outcome", "sale", "session", "link", "case", "product")
# Reference tables: what people state, joined when it is asked. One small table each.
REFERENCE_KINDS = ("topic", "active_customers", "hour_cost")
# Kinds of which a builder reads anything.
BUILT_KINDS = (*EVENT_KINDS, "calls_offered", *REFERENCE_KINDS)

# The dimensions of each cube of contacts: its key.
CUBES: dict[str, tuple[str, ...]] = {
    "by_team": ("day", "partner", "team", "channel", "route"),
    "by_agent": ("day", "partner", "team", "agent", "route"),
    "by_hour": ("day", "partner", "channel", "hour"),
    "by_customer_group": ("day", "partner", "route", "customer_group"),
    "by_resolution": ("day", "partner", "topic", "route", "resolution_bin"),
    "by_reason": ("day", "partner", "team", "channel", "survey_reason"),
    "by_driver": ("day", "partner", "team", "channel", "known"),
    "strata": ("day", "partner", "channel", "topic", "route"),
    "by_topic": ("day", "partner", "topic", "route"),  # made of strata
    "topic_duration": ("day", "partner", "topic", "route", "handling_bin"),
    "by_duration": ("day", "partner", "route", "handling_bin"),  # made of topic_duration
}
# Cubes of what is no contact.
SUMS: dict[str, tuple[str, ...]] = {
    "queue": ("day", "hour", "partner", "team", "channel"),
    "session": ("day", "hour", "channel", "topic"),
}
# The cubes that hold the sums of a partition, by its table.
CUBES_OF = {"contact": tuple(CUBES), **{name: (name,) for name in SUMS}}
# Which sum says how many there are.
COUNTED = {"contact": "contacts", "queue": "intervals", "session": "sessions"}


@cache
def sql(kind: str, name: str) -> str:
    """The text of ``sql/<kind>/<name>.sql`` beside this file; a cube's ``{measures}`` stands for the shared
    list."""
    text = (FOLDER / kind / f"{name}.sql").read_text(encoding="utf-8")
    if kind == "cubes" and "{measures}" in text:
        text = text.replace("{measures}", sql("cubes", "measures"))
    return text


@cache
def measures(cube: str) -> tuple[str, ...]:
    """The sums a cube holds."""
    return tuple(
        line.rstrip(",").rsplit(" as ", 1)[1]
        for line in sql("cubes", cube).splitlines()
        if line.strip().startswith(("cast(sum(", "cast(count("))
    )


@cache
def names(kind: str) -> tuple[str, ...]:
    """The files of a folder of SQL, in the order of their names."""
    return tuple(sorted(path.stem for path in (FOLDER / kind).glob("*.sql")))


@cache
def definition() -> str:
    """A digest of all SQL that makes what is published: facts and cubes of another one are made anew."""
    texts = [sql(kind, name) for kind in ("facts", "cubes", "tables") for name in names(kind)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
