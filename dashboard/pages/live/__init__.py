"""Today's contacts, surveys and replies."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="bolt", section="now", roles=("lead", "management", "partner"), order=10)
