"""What is out of the ordinary."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="notifications_active", section="now", roles=("lead", "management"), order=20)
