"""Which groups really differ."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="groups", section="compare", roles=("lead", "management", "partner"), order=20)
