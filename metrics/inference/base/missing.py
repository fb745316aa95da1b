"""Why a number is missing, or what restricts it: one code for programs, one text per language for people."""

from __future__ import annotations

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

TEXTS: dict[str, dict[str, str]] = {
    NO_DATA: {"nb": "Ingen data.", "en": "No data."},
    TOO_FEW: {"nb": "For få observasjoner.", "en": "Too few observations."},
    HIDDEN: {
        "nb": "Skjult, fordi så få kunder kunne bli gjenkjent.",
        "en": "Hidden, because so few customers could be recognised.",
    },
    ONE_SIDED: {"nb": "Bare den ene gruppen har data.", "en": "Only one of the groups has data."},
    NO_SPREAD: {
        "nb": "Alle verdiene er like, så usikkerheten kan ikke anslås.",
        "en": "All values are equal, so the uncertainty cannot be estimated.",
    },
    SEPARATED: {
        "nb": "Den ene gruppen ligger i sin helhet over den andre, så usikkerheten kan ikke anslås.",
        "en": "One group lies wholly above the other, so the uncertainty cannot be estimated.",
    },
    NO_DENOMINATOR: {"nb": "Det er ingenting å dele på.", "en": "There is nothing to divide by."},
    NO_SUPPORT: {
        "nb": "Gruppene har ingen felles temaer, kanaler eller partnere å sammenlignes innenfor.",
        "en": "The groups share no topic, channel or partner within which to compare them.",
    },
    TOO_FEW_CLUSTERS: {
        "nb": "For få agenter eller kunder til å anslå usikkerheten.",
        "en": "Too few agents or customers to estimate the uncertainty.",
    },
    TOO_SHORT: {"nb": "For kort historikk.", "en": "The history is too short."},
    NOT_MEASURABLE: {"nb": "Ikke målbart ennå.", "en": "Not yet measurable."},
    NO_COMPARISON: {
        "nb": "Ingen uberørte temaer å sammenligne med.",
        "en": "No untouched topics to compare with.",
    },
    NO_TARGET_DATE: {"nb": "Fristen er passert.", "en": "The date has passed."},
    COLLINEAR: {
        "nb": "To av driverne er det samme tallet og kan ikke skilles.",
        "en": "Two of the drivers are the same number and cannot be told apart.",
    },
    NO_COST: {"nb": "Kostnaden er ikke oppgitt.", "en": "The cost is not stated."},
    NO_PEERS: {"nb": "For få å sammenligne med.", "en": "Too few peers to compare with."},
    NO_FIXED_START: {
        "nb": "Dataene vokser ikke fra en fast startdato.",
        "en": "The data do not grow from a fixed start.",
    },
    NOT_RANKED: {
        "nb": "Agenter rangeres ikke: plassene deres er for usikre.",
        "en": "Agents are not ranked: their places are too unsure.",
    },
    NO_GROUPS: {
        "nb": "Tallet føres ikke for disse gruppene.",
        "en": "The figure is not kept for these groups.",
    },
    NO_STRATA: {
        "nb": "Tallet kan ikke deles opp slik at like sammenlignes med like.",
        "en": "The figure cannot be split so that like is compared with like.",
    },
    NO_CLUSTERS: {
        "nb": "Tallet kan ikke deles på agenter eller kunder, så usikkerheten kan ikke anslås slik.",
        "en": "The figure cannot be split by agent or customer, so the uncertainty cannot be estimated so.",
    },
}


def reason_text(code: str, language: str = "en") -> str:
    """The text of a reason code in ``nb`` or ``en``; the empty code has the empty text.

    Raises KeyError for a code or language that does not exist.
    """
    return TEXTS[code][language] if code else ""
