"""Which measures spare customers a contact."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="trending_down", section="improve", roles=("lead", "management"), order=20)
