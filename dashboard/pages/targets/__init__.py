"""Whether targets are reached."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="flag", section="improve", roles=("lead", "management", "partner"), order=30)
