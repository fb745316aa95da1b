"""What an import tells about its mapping: notes for a person, and a refusal where it is plainly wrong."""

from __future__ import annotations

from pathlib import Path

from duckdb import ColumnExpression

from data.files.dedupe import Draft
from data.files.fields import Field
from data.files.mapping import BadUse
from data.files.swapped_dates import never_past_twelfth
from data.records.types import SCALE
from settings import Settings
from texts.messages import Said, say

ENOUGH = 20  # scores that tell their scale, or times their clock
PLAINLY, PERHAPS = 5, 7  # no score above: plainly not from 1 to 10; perhaps not
MANY_MIDNIGHTS = 0.5  # of the contacts: nobody calls that often at the first second of a day
FEW_REPLACED, MOST_REPLACED = 10, 0.9  # rows, and share of them, that replace records of other days
SHOWN = 3  # examples in a note


def notes(draft: Draft, record: str, fields: list[Field]) -> list[Said]:
    """Everything worth a person's look. ``BadUse`` where scores are plainly on a scale that is not stated."""
    found = [
        say("note.respelt", column=each.column, others=each.others[:SHOWN], wanted=each.wanted)
        for each in draft.respelt
    ]
    if record == "contact":
        _refuse_swapped(draft, fields)
        stated = any(field.name == "score_scale" and field.given for field in fields)
        found += [*_scales(draft, stated=stated), *_midnights(draft), *_agents(draft)]
    return found


def refuse_replacement(draft: Draft, file: str, *, allowed: bool) -> Said | None:
    """Refuse a file nearly all of whose rows would replace records of other days; told if ``allowed``."""
    moved, examples = draft.moved()
    if moved < FEW_REPLACED or moved < MOST_REPLACED * draft.good:
        return None
    if not allowed:
        told = {"rows": moved, "good": draft.good, "examples": examples}
        raise BadUse(say("refusal.replaces_others", file=file, **told))
    return say("note.replaces_others", rows=moved, good=draft.good)


def _refuse_swapped(draft: Draft, fields: list[Field]) -> None:
    """Refuse days none of which is past the 12th of a month, unless the mapping says that they are right."""
    given = next((field.given for field in fields if field.name == "ended_at"), None)
    if given is None or given.constant is not None or given.format:
        return
    days = [day for (day,) in draft.rows_of("days")]
    if never_past_twelfth(days):
        raise BadUse(say("refusal.never_past_twelfth", days=len(days)))


def _scales(draft: Draft, *, stated: bool) -> list[Said]:
    found = []
    for scale, scores, highest in draft.rows_of("scales"):
        if scale != SCALE:
            found.append(say("note.other_scale", scores=scores, scale=scale))
        elif not stated and scores >= ENOUGH and highest <= PLAINLY:
            raise BadUse(say("refusal.low_scores", scores=scores, highest=highest))
        elif not stated and scores >= ENOUGH and highest <= PERHAPS:
            found.append(say("note.low_scores", scores=scores, highest=highest))
    return found


def _midnights(draft: Draft) -> list[Said]:
    ((told, midnights),) = draft.rows_of("midnights")
    if told < ENOUGH or midnights <= MANY_MIDNIGHTS * told:
        return []
    return [say("note.midnights", midnights=midnights, told=told)]


def zeros(faults: int) -> Said:
    """What to say of scores of 0 that were rejected, as they are not from 1 to 10."""
    return say("note.zero_scores", scores=faults)


def _agents(draft: Draft) -> list[Said]:
    found: list[Said] = []
    if several := draft.rows_of("agents"):
        shown = "; ".join(f"{agent}: {', '.join(partners)}" for agent, partners in several[:SHOWN])
        found.append(say("note.several_partners", agents=len(several), examples=shown))
    known = draft.logged("contact")
    if known is not None:
        known.select(ColumnExpression("agent")).create_view("known_agent")
        ((agents, before, strangers, examples),) = draft.rows_of("new_agents")
        if before and strangers:
            found.append(say("note.new_agents", strangers=strangers, agents=agents, examples=examples))
    return found


def waiting(settings: Settings) -> Said | None:
    """A note where live events have not reached the log yet, which is what a file is compared with."""
    kind, _, place = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and not Path(place.partition("?")[0]).exists():
        return None
    from store import feed, open_store  # heavy, and a first import may come before there is any

    store = open_store(settings.database_url)
    try:
        events = len(feed.undrained(store))
    finally:
        store.close()
    return say("note.live_events", events=events) if events else None
