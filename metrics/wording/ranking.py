"""Who really differs, in a sentence or two, for those who are no statisticians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics.analysis.ranking import Standing, Standings
from metrics.catalog import catalog
from metrics.inference.base import thresholds
from metrics.inference.base.missing import NO_PEERS
from metrics.inference.groups.funnel import FALSE_SHARE
from metrics.wording import numbers
from metrics.wording.missing import text as text_of
from texts.languages import read
from texts.sentences import Sentences

_TEXT = Sentences("ranking")
APART = 2.0  # so much more scatter than chance is no chance
NAMED = 5  # more are not listed in a sentence


def sentence(found: Standings, language: str) -> str:
    """Who differs, and that the others do not, in ``nb`` or ``en``."""
    text, entry = _TEXT[language], catalog.metric(found.metric)
    metric = entry.name[language]
    metric = metric if metric[:2].isupper() else metric[0].lower() + metric[1:]
    filled = {"many": _forms(language)[found.by][1], "metric": metric}
    if not found.groups:
        return text["nothing"].format(**filled)
    if found.reason and found.reason != NO_PEERS:
        reason = text_of(found.reason, language)
        return text["equal"].format(
            **filled, all=numbers.decimal(len(found.groups), 0, language), reason=reason
        )
    if found.reason:
        enough = sum((one.n or 0) >= thresholds.RANKED for one in found.groups)
        return text["few"].format(
            **filled, all=numbers.decimal(enough, 0, language), needed=thresholds.RANKED
        )
    filled["all"] = numbers.decimal(found.judged, 0, language)
    out = sorted((one for one in found.groups if one.differs), key=lambda one: one.p or 0.0)
    if not out:
        # Topics differ by what they are about; that none stands out does not make them equal.
        apart = found.spread is not None and (found.over_dispersion or 1.0) > APART
        spread = numbers.gap(found.spread or 0.0, entry.unit, language)
        return text["apart" if apart else "none"].format(
            **filled, the=_forms(language)[found.by][2], spread=spread
        )
    named = [
        text[one.differs].format(
            name=name_of(one, found, language),
            value=numbers.level(one.raw.value or 0.0, entry.unit, language),
        )
        for one in out[:NAMED]
    ]
    names = named[0] if len(named) == 1 else ", ".join(named[:-1]) + text["and"] + named[-1]
    if len(out) > NAMED:
        names += " …"
    said = text["one" if len(out) == 1 else "some"].format(
        **filled, count=numbers.decimal(len(out), 0, language), names=names
    )
    share = numbers.level(FALSE_SHARE, "share", language).replace(",0", "").replace(".0", "")
    return said + text["rest"] + text["false"].format(share=share)


def name_of(one: Standing, among: Standings, language: str) -> str:
    """The group's name, with its partner where another group bears the same."""
    name = one.name or _TEXT[language]["unnamed"]
    twice = sum(other.name == one.name for other in among.groups) > 1
    partner = one.dims.get("partner", "")
    return f"{name} ({partner})" if twice and partner and among.by != "partner" else name


def _forms(language: str) -> Mapping[str, Sequence[str]]:
    """What groups of a kind are called: one, many, and all of them."""
    forms: Mapping[str, Sequence[str]] = read(language, "results")["ranking_kinds"]
    return forms
