"""Who really differs, in a sentence or two, for those who are no statisticians."""

from __future__ import annotations

from metrics.analysis.ranking import Standing, Standings
from metrics.catalog import catalog
from metrics.inference.base import thresholds
from metrics.inference.base.missing import NO_PEERS
from metrics.inference.groups.funnel import FALSE_SHARE
from metrics.wording import numbers
from metrics.wording.missing import text as text_of

KINDS = {
    "nb": {
        "team": ("team", "team", "teamene"),
        "agent": ("agent", "agenter", "agentene"),
        "partner": ("partner", "partnere", "partnerne"),
        "topic": ("tema", "temaer", "temaene"),
        "channel": ("kanal", "kanaler", "kanalene"),
    },
    "en": {
        "team": ("team", "teams", "the teams"),
        "agent": ("agent", "agents", "the agents"),
        "partner": ("partner", "partners", "the partners"),
        "topic": ("topic", "topics", "the topics"),
        "channel": ("channel", "channels", "the channels"),
    },
}
_TEXT = {
    "nb": {
        "one": "1 av {all} {many} skiller seg ut i {metric}: {names}.",
        "some": "{count} av {all} {many} skiller seg ut i {metric}: {names}.",
        "rest": " Forskjellene mellom de andre kan skyldes tilfeldigheter og vanlig variasjon.",
        "none": "Ingen av {all} {many} skiller seg ut i {metric}: forskjellene kan skyldes tilfeldigheter og "
        "vanlig variasjon.",
        "apart": "Ingen av {all} {many} skiller seg ut i {metric} utover hvor ulike {the} er fra før: "
        "sanne verdier spriker med et standardavvik på {spread}.",
        "few": "For få {many} til å si hvem som skiller seg ut i {metric}: det trengs fem med minst {needed} "
        "observasjoner hver; så langt: {all}.",
        "equal": "Det lar seg ikke si om noen av {all} {many} skiller seg ut i {metric}. {reason}",
        "nothing": "Ingen {many} å sammenligne ennå.",
        "above": "{name} (høyere, {value})",
        "below": "{name} (lavere, {value})",
        "false": " Av dem som trekkes fram, ventes høyst {share} å være tilfeldige.",
        "and": " og ",
        "unnamed": "(ikke oppgitt)",
    },
    "en": {
        "one": "1 of {all} {many} stands out in {metric}: {names}.",
        "some": "{count} of {all} {many} stand out in {metric}: {names}.",
        "rest": " The differences between the others may be chance and ordinary variation.",
        "none": "None of {all} {many} stands out in {metric}: the differences may be chance and ordinary "
        "variation.",
        "apart": "None of {all} {many} stands out in {metric} beyond how unlike {the} are anyway: true "
        "values spread with a standard deviation of {spread}.",
        "few": "Too few {many} to say who stands out in {metric}: five are needed with at least {needed} "
        "observations each; so far: {all}.",
        "equal": "Whether some of {all} {many} stand out in {metric} cannot be said. {reason}",
        "nothing": "No {many} to compare yet.",
        "above": "{name} (higher, {value})",
        "below": "{name} (lower, {value})",
        "false": " Of those named, at most {share} are expected to be chance.",
        "and": " and ",
        "unnamed": "(not given)",
    },
}
APART = 2.0  # so much more scatter than chance is no chance
NAMED = 5  # more are not listed in a sentence


def sentence(found: Standings, language: str) -> str:
    """Who differs, and that the others do not, in ``nb`` or ``en``."""
    text, entry = _TEXT[language], catalog.metric(found.metric)
    metric = entry.name[language]
    metric = metric if metric[:2].isupper() else metric[0].lower() + metric[1:]
    filled = {"many": KINDS[language][found.by][1], "metric": metric}
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
            **filled, the=KINDS[language][found.by][2], spread=spread
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
