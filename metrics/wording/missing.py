"""Why a number is missing: the statistics' reasons, and those that only the data can give."""

from __future__ import annotations

from metrics.inference import reason_text
from texts.sentences import Names

NO_SALES = "no_sales_recorded"
NO_CALLS = "no_calls_offered"
NO_SESSIONS = "no_sessions"
NO_COMPLETION = "no_completion_known"
NO_CASES = "no_cases_closed"
NO_NEEDS = "no_needs_stated"
NO_CUSTOMERS = "no_customers_stated"
NO_COSTS = "no_costs_stated"

TEXTS = Names("missing")


def text(code: str, language: str = "en") -> str:
    """A reason in ``nb`` or ``en``; the empty code has the empty text. KeyError where there is none."""
    return TEXTS[code][language] if code in TEXTS else reason_text(code, language)
