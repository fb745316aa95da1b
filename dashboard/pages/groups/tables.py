"""Tables of groups, of cells, and of agents who stand out."""

from __future__ import annotations

from dashboard.parts.measured import interval_text, n_text
from dashboard.parts.tables import Header, Rows
from dashboard.style import Look
from metrics.analysis.ranking import Standing, Standings
from metrics.analysis.response import WhoAnswers, WhoIsAsked
from metrics.inference.answers.sampling import AskedShare
from metrics.inference.base import thresholds
from metrics.wording import missing, ranking


def standing_rows(found: Standings, look: Look) -> tuple[Header, Rows]:
    """One row per group: value, interval, n and places; those who differ first, agents by name."""
    say, formats = look.words, look.formats
    ranked = any(one.place is not None for one in found.groups)
    header = [say(f"groups.by_{found.by}"), say("table.value"), say("groups.interval"), say("table.n")]
    header += [say("groups.place")] if ranked else []
    rows = []
    for one in sorted(found.groups, key=_order):
        mark = {"above": "▲ ", "below": "▼ "}.get(one.differs, "")
        name = mark + ranking.name_of(one, found, look.language)
        row = [name, *_value(found.metric, one, look)]
        if ranked:
            place = (
                ""
                if one.place is None
                else f"{formats.number(one.place_low)}–{formats.number(one.place_high)}"
            )
            row.append(place)
        rows.append(row)
    return header, rows


def _order(one: Standing) -> tuple[bool, bool, int, str]:
    return not one.differs, one.place is None, one.place or 0, one.name


def _value(metric: str, one: Standing, look: Look) -> list[str]:
    say, formats = look.words, look.formats
    if one.n is None:
        return [say("few.hidden"), "", say("few.n_hidden", n=thresholds.HIDDEN)]
    n = formats.number(one.n)
    if one.shown.value is None:
        few = (
            say("few.too_few", n=n)
            if one.n < thresholds.TOO_FEW
            else missing.text(one.shown.reason, look.language)
        )
        return [few, "", n]
    value = formats.value(metric, one.shown.value) + (" *" if one.shrunk else "")
    return [value, formats.interval(metric, one.shown.low, one.shown.high), n]


def heard_rows(found: WhoAnswers, look: Look) -> tuple[Header, Rows]:
    """One row per cell: contacts, those who could be asked, were, answered; both shares with intervals."""
    say, formats = look.words, look.formats
    header = [say(f"groups.by_{found.by}"), say("heard.contacts"), say("heard.eligible"), say("heard.asked")]
    header += [say("heard.answers"), say("heard.coverage"), say("heard.response"), say("heard.score")]
    rows = []
    for one in sorted(found.cells, key=lambda cell: -(cell.contacts or 0)):
        name = next(iter(one.dims.values())) or say("table.not_given")
        if one.reason:
            rows.append([name, say("few.hidden"), *[""] * 6])
            continue
        counts = [formats.number(count) for count in (one.contacts, one.eligible, one.asked, one.answers)]
        shares = []
        for metric, part in (
            ("survey_coverage", one.coverage),
            ("response_rate", one.response),
            ("csat", one.score),
        ):
            interval = interval_text(metric, part, formats)
            text = formats.value(metric, part.value) if part.value is not None else n_text(part, say, formats)
            shares.append(f"{text} ({interval})" if interval else text)
        rows.append([name, *counts, *shares])
    return header, rows


def flagged_rows(found: WhoIsAsked, look: Look) -> tuple[Header, Rows]:
    """Agents who stand out: how many of theirs were asked, and how many were to be expected."""
    say, formats = look.words, look.formats
    header = [
        say("groups.by_agent"),
        say("heard.what"),
        say("heard.of"),
        say("heard.found"),
        say("heard.expected"),
    ]
    rows = []
    for key, group in (("asked", found.asked), ("eligible", found.eligible)):
        out: list[AskedShare] = sorted((a for a in group.agents if a.flag), key=lambda a: a.p or 0.0)
        for agent in out:
            counts = [
                formats.number(agent.eligible),
                formats.number(agent.sent),
                formats.number(agent.expected),
            ]
            rows.append([agent.agent, say(f"heard.flag_{key}_{agent.flag}"), *counts])
    return header, rows
