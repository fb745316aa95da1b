"""Why a number is missing, or what restricts it: one code for programs, one text per language for people."""

from __future__ import annotations

from texts.sentences import Names

NO_DATA = "no_data"
TOO_FEW = "too_few"
HIDDEN = "hidden"
ONE_SIDED = "one_sided"
NO_SPREAD = "no_spread"
SEPARATED = "separated"
NO_DENOMINATOR = "no_denominator"
NO_SUPPORT = "no_common_strata"
TOO_FEW_CLUSTERS = "too_few_clusters"
TOO_SHORT = "too_short"
NOT_MEASURABLE = "not_yet_measurable"
NO_COMPARISON = "no_comparison_series"
NO_TARGET_DATE = "target_date_passed"
COLLINEAR = "collinear"
NO_PEERS = "too_few_peers"
NO_COST = "no_cost"
NO_FIXED_START = "no_fixed_start"
NOT_RANKED = "not_ranked"
NO_GROUPS = "no_such_groups"
NO_STRATA = "no_strata"
NO_CLUSTERS = "no_clusters"

TEXTS = Names("reasons")


def reason_text(code: str, language: str = "en") -> str:
    """The text of a reason code in ``nb`` or ``en``; the empty code has the empty text.

    Raises KeyError for a code or language that does not exist.
    """
    return TEXTS[code][language] if code else ""
