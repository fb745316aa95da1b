"""What the company did about it. Measures, a cost and targets, all invented.

Of the measures one works, one does not, one is too new to tell and one is a proposal; the history beneath
knows of the first alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from demo import world
from demo.world import MARK, STORY
from store import Store
from store.initiatives import Initiative, new_id, register

HOUR_COST = "465.00"  # NOK for an hour of handling
CUSTOMERS = 120_000  # active ones in the first month
WHO = "Demonstration"


def initiatives(launched: date, until: date) -> list[Initiative]:
    """The measures, given the day on which the one that works was launched and the last day."""
    found: list[Initiative] = []
    for name, topic, owner, day, cost, effect in (
        (STORY.measure, STORY.measure_topic, "Digital kundereise", launched, 180_000, None),
        (
            "Film om ruter og wifi",
            "Ruter og wifi",
            "Kundeservice",
            launched - timedelta(days=2),
            65_000,
            None,
        ),
        ("Innlogging uten passord", "Innlogging og Min side", "IT", until - timedelta(days=6), 240_000, 0.25),
        (
            "Kontroll før fakturaen sendes",
            "Feil på fakturaen",
            "Økonomi",
            until + timedelta(days=30),
            120_000,
            0.3,
        ),
    ):
        taken = [each.initiative_id for each in found]
        own = new_id(f"{MARK}{name}", taken)
        found.append(
            Initiative(own, name, (topic,), owner, day, cost_minor=100 * cost, assumed_effect=effect)
        )
    return found


def stated(first: date, until: date) -> dict[str, list[dict[str, Any]]]:
    """Reference rows by kind: what an hour costs, what topics and products are worth, how many customers
    there are, and targets of which one is within reach."""
    start, by = first.isoformat(), (until + timedelta(days=60)).isoformat()
    targets: tuple[tuple[str, dict[str, str], float, float, str], ...] = (
        ("csat", {}, 6.1, 6.3, "Leder kundeservice"),
        ("first_contact_resolution", {}, 0.82, 0.86, "Leder kundeservice"),
        ("handling_time", {"channel": "phone"}, 480, 440, "Driftsansvarlig"),
        ("csat", {"partner": "Myrtun Demo"}, 5.5, 6.0, "Partneransvarlig"),
        ("response_rate", {}, 0.35, 0.37, "Analyse"),
    )
    months = sorted({(first + timedelta(days=day)).replace(day=1) for day in range((until - first).days + 1)})
    return {
        "hour_cost": [{"valid_from": start, "cost": HOUR_COST}],
        "topic": [
            {"topic": topic.name, "need": topic.need, "ease": topic.ease or None} for topic in world.TOPICS
        ],
        "product": [
            {"product": product.name, "progression": product.progression} for product in world.PRODUCTS
        ],
        "active_customers": [
            {"month": month.isoformat(), "customers": CUSTOMERS + 300 * number}
            for number, month in enumerate(months)
        ],
        "target": [
            {
                "target_id": f"{MARK}T{number}",
                "metric": metric,
                "filters": filters,
                "baseline": baseline,
                "target": goal,
                "start": start,
                "by": by,
                "owner": owner,
            }
            for number, (metric, filters, baseline, goal, owner) in enumerate(targets, 1)
        ],
    }


def enter(store: Store, launched: date, until: date, now: datetime) -> None:
    """Register the measures, as people would have on the page."""
    for measure in initiatives(launched, until):
        register(store, measure, who=WHO, now=now)
