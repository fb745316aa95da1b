"""Why a number is missing: the statistics' reasons, and those that only the data can give."""

from __future__ import annotations

from metrics.inference import reason_text

NO_SALES = "no_sales_recorded"

TEXTS: dict[str, dict[str, str]] = {
    NO_SALES: {
        "nb": "Disse partnerne har ikke registrert noe salg.",
        "en": "These partners have not recorded any sale.",
    },
}


def text(code: str, language: str = "en") -> str:
    """A reason in ``nb`` or ``en``; the empty code has the empty text. KeyError where there is none."""
    return TEXTS[code][language] if code in TEXTS else reason_text(code, language)
