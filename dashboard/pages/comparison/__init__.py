"""Self-service first or direct."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(
    icon="compare_arrows",
    section="compare",
    roles=("lead", "management", "partner"),
    order=10,
    landing=("lead", "management", "partner"),
)
