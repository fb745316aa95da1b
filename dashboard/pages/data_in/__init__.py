"""Bringing a file in."""

from __future__ import annotations

from dashboard.page import Page

PAGE = Page(icon="upload_file", section="run", roles=("lead", "management"), order=10)
