"""What an import tells about its mapping: notes for a person, and a refusal where it is plainly wrong."""

from __future__ import annotations

from pathlib import Path

from duckdb import ColumnExpression
from sqlalchemy import make_url

from data.columns import Field
from data.mapping import BadUse
from data.merging import Draft
from data.values import SCALE
from settings import Settings
from store import feed, open_store

ENOUGH = 20  # scores that tell their scale
PLAINLY, PERHAPS = 5, 7  # no score above: plainly not from 1 to 10; perhaps not
SHOWN = 3  # examples in a note


def notes(draft: Draft, record: str, fields: list[Field]) -> list[str]:
    """Everything worth a person's look. ``BadUse`` where scores are plainly on a scale that is not stated."""
    found = [
        f"{each.column}: {', '.join(each.others[:SHOWN])} became {each.wanted} (they differ in case only)"
        for each in draft.respelt
    ]
    if record == "contact":
        stated = any(field.name == "score_scale" and field.given for field in fields)
        found += [*_scales(draft, stated=stated), *_agents(draft)]
    return found


def _scales(draft: Draft, *, stated: bool) -> list[str]:
    found = []
    for scale, scores, highest in draft.rows_of("scales"):
        if scale != SCALE:
            found.append(
                f"{scores:,} scores are on the scale {scale}: kept and counted, but in no mean of 1–10"
            )
        elif not stated and scores >= ENOUGH and highest <= PLAINLY:
            raise BadUse(
                f"None of {scores:,} scores is above {highest}: plainly they are not from 1 to 10. State "
                'their scale in the mapping, score_scale = { constant = "1-5" }, or "1-10" if they are all '
                "the same; a column score_scale does as well."
            )
        elif not stated and scores >= ENOUGH and highest <= PERHAPS:
            found.append(
                f"none of {scores:,} scores is above {highest}: if they were given on another scale than "
                f'1–10, state it: score_scale = {{ constant = "1-{highest}" }}'
            )
    return found


def zeros(faults: int) -> str:
    """What to say of scores of 0 that were rejected, as they are not from 1 to 10."""
    return (
        f'{faults:,} scores are 0: if 0 means not given, add missing = ["0"] to the score; if it is the '
        'lowest score, state the scale, score_scale = { constant = "0-10" }'
    )


def _agents(draft: Draft) -> list[str]:
    found = []
    if several := draft.rows_of("agents"):
        shown = "; ".join(f"{agent}: {', '.join(partners)}" for agent, partners in several[:SHOWN])
        found.append(
            f"{len(several):,} agents have contacts of several partners ({shown}): they count as different "
            "people, one at each"
        )
    known = draft.logged("contact")
    if known is not None:
        known.select(ColumnExpression("agent")).create_view("known_agent")
        ((agents, before, strangers, examples),) = draft.rows_of("new_agents")
        if before and strangers:
            found.append(
                f"{strangers:,} of {agents:,} agents are new, not in what was there before "
                f"({', '.join(examples)}): if people are not new, look at how they are written"
            )
    return found


def waiting(settings: Settings) -> str:
    """A note where live events have not reached the log yet, which is what a file is compared with; or ""."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return ""
    store = open_store(settings.database_url)
    try:
        events = len(feed.undrained(store))
    finally:
        store.close()
    if not events:
        return ""
    return (
        f"{events:,} live events have not reached the log yet, and the file was compared without them: what "
        "came both ways is one record all the same, but may be counted here as accepted. "
        "`python -m metrics build` brings them to the log"
    )
