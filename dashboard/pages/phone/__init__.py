"""A phone on the screen."""

from __future__ import annotations

from dashboard.page import Page
from settings import Settings


def _is_offered(settings: Settings, role: str) -> bool:
    # It shows other people's messages: outside a demonstration it is for team leads alone.
    return settings.gateway == "phone" and (settings.demo or role == "lead")


PAGE = Page(
    icon="smartphone",
    section="run",
    roles=("lead", "management", "customer"),
    order=30,
    landing=("customer",),
    is_offered=_is_offered,
)
