"""Who is asked, and who answers."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="how_to_reg", section="compare", roles=("lead", "management", "partner"), order=40)
