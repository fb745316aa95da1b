"""Comments. What customers wrote, within one scope: reasons, themes, search, words of some days.

The log of comments is the one part of the lake that holds text. It holds no numbers and no addresses (they
are taken out as a comment comes in), and what is read here is never written anywhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from metrics.catalog.models import sql
from metrics.inference.answers.comments import (
    Comment,
    ReasonShare,
    Theme,
    reason_shares,
    says_something,
    search,
    terms,
    themes,
)
from metrics.inference.answers.distinctive import Distinct, distinctive
from metrics.inference.base import thresholds
from metrics.query.fact_rows import facts_of, parameters, with_comments
from metrics.query.scope import Scope
from settings import Settings

MOST = 100_000  # comments that are read at once, the latest; ten thousand take about a second
SHOWN = 50


@dataclass(frozen=True)
class Remark:
    """One comment with its contact's score (1–10), day and place."""

    day: date
    partner: str
    team: str
    channel: str
    topic: str
    language: str
    route: str
    score: int
    text: str


@dataclass(frozen=True)
class Reading:
    """Comments of a period: ``read`` are those that say something, of ``there`` altogether."""

    there: int
    read: tuple[Remark, ...]
    reasons: tuple[ReasonShare, ...]
    themes: tuple[Theme, ...]


@dataclass(frozen=True)
class Hits:
    """Comments that were searched for: how many, and the latest of them. None are shown (``hidden``) to a
    partner where they are so few that a customer could be recognised."""

    number: int
    shown: tuple[Remark, ...]
    hidden: bool = False


def remarks(
    settings: Settings, scope: Scope, first: date, last: date, where: dict[str, str] | None = None
) -> tuple[Remark, ...]:
    """Comments of scored contacts between two days, the latest first. Scans the facts of those days."""
    with facts_of(settings, scope, first, last) as connection:
        with_comments(connection, settings)
        rows = connection.execute(sql("scans", "comments"), parameters(first, last, where)).fetchmany(MOST)
    return tuple(Remark(*row) for row in rows)


def read(given: Sequence[Remark], *, dissatisfied_to: int) -> Reading:
    """Reasons and themes of comments; those that are but a score or a yes say nothing."""
    telling = tuple(remark for remark in given if says_something(remark.text))
    comments = _comments(telling)
    return Reading(
        len(given), telling, reason_shares(comments, dissatisfied_to=dissatisfied_to), themes(comments)
    )


def find(scope: Scope, given: Sequence[Remark], query: str) -> Hits:
    """Comments with every word of the query in any form, words in quotes as they stand, the latest first."""
    found = [given[place] for place in search(_comments(given), query)]
    if scope.partner is not None and 0 < len(found) < thresholds.HIDDEN:
        return Hits(len(found), (), hidden=True)
    return Hits(len(found), tuple(found[:SHOWN]))


def words_of_days(
    given: Sequence[Remark], first: date, last: date, *, apart: timedelta = timedelta(0)
) -> tuple[tuple[Distinct, ...], tuple[int, int]]:
    """Words by how much they set the comments of some days apart from those of the days before (but for
    ``apart`` just before), and how many comments there were of each."""
    now = [remark for remark in given if first <= remark.day <= last]
    before = [remark for remark in given if remark.day < first - apart]
    return distinctive(_counted(now), _counted(before), (len(now), len(before))), (len(now), len(before))


def _counted(given: Sequence[Remark]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for remark in given:
        counts.update(set(terms(remark.text, remark.language).values()))
    return counts


def _comments(given: Sequence[Remark]) -> list[Comment]:
    return [Comment(remark.text, remark.score, remark.language) for remark in given]
