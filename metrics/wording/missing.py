"""Why a number is missing: the statistics' reasons, and those that only the data can give."""

from __future__ import annotations

from metrics.inference import reason_text

NO_SALES = "no_sales_recorded"
NO_CALLS = "no_calls_offered"
NO_SESSIONS = "no_sessions"
NO_COMPLETION = "no_completion_known"
NO_CASES = "no_cases_closed"
NO_NEEDS = "no_needs_stated"
NO_CUSTOMERS = "no_customers_stated"
NO_COSTS = "no_costs_stated"

TEXTS: dict[str, dict[str, str]] = {
    NO_SALES: {
        "nb": "Disse partnerne har ikke registrert noe salg.",
        "en": "These partners have not recorded any sale.",
    },
    NO_CALLS: {
        "nb": "Ingen tilbudte anrop er registrert her.",
        "en": "No calls offered are recorded here.",
    },
    NO_SESSIONS: {
        "nb": "Ingen selvbetjeningsøkter å se her; de hører ikke til noen partner.",
        "en": "No self-service sessions to be seen here; they belong to no partner.",
    },
    NO_COMPLETION: {
        "nb": "Ingen selvbetjeningsøkter her forteller om de ble fullført.",
        "en": "No self-service session here tells whether it was completed.",
    },
    NO_CASES: {
        "nb": "Ingen av kontaktene åpnet en sak som er lukket.",
        "en": "None of the contacts opened a case that has been closed.",
    },
    NO_NEEDS: {
        "nb": "Ingen av temaene er angitt som verdiskapende, nøytrale eller uønskede.",
        "en": "None of the topics is stated to be of value, neutral or unwanted.",
    },
    NO_CUSTOMERS: {
        "nb": "Antall aktive kunder er ikke angitt for disse månedene og partnerne.",
        "en": "The number of active customers is not stated for these months and partners.",
    },
    NO_COSTS: {
        "nb": "Ingen nøytrale eller uønskede kontakter med kjent timekostnad.",
        "en": "No neutral or unwanted contacts whose cost per hour is stated.",
    },
}


def text(code: str, language: str = "en") -> str:
    """A reason in ``nb`` or ``en``; the empty code has the empty text. KeyError where there is none."""
    return TEXTS[code][language] if code in TEXTS else reason_text(code, language)
