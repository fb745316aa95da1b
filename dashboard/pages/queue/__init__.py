"""What waits for a person."""

from __future__ import annotations

from dashboard.page import Page

# Whom to call, and at which number, is for those who call.
PAGE = Page(icon="phone_callback", section="now", roles=("lead",), order=30)
