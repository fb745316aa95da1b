"""What is behind the scores."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="forum", section="improve", roles=("lead", "management", "partner"), order=10)
