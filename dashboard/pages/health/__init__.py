"""Whether Svar itself is well."""

from __future__ import annotations

from dashboard.page import Page

# /health is what programs ask whether Svar lives.
PAGE = Page(icon="monitor_heart", section="run", roles=("lead", "management"), path="status", order=20)
