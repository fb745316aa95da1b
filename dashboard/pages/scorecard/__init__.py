"""One partner's results."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="fact_check", section="compare", roles=("lead", "management", "partner"), order=30)
