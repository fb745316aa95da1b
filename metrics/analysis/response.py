"""Who was asked, who answered: coverage and response by cell, what weighting changes, who is asked less.

The cells are sums by topic, channel and partner; only the number of a contact within its episode needs a scan
of the facts, and is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from metrics.catalog import catalog
from metrics.inference import Estimate, ScoreStats, ShareStats, estimate, to_json
from metrics.inference.answers.nonresponse import Answers, Weighted, weigh
from metrics.inference.answers.sampling import WEEKS, AskedShare, SampleRatios, sample_ratios
from metrics.inference.base import thresholds
from metrics.inference.base.missing import HIDDEN
from metrics.inference.groups.suppression import hidden
from metrics.query.reader import Reader
from metrics.query.sums import Group

CELLS = ("topic", "channel", "partner")  # the dimension that matters most first
CUTS = ("topic", "channel", "partner", "team")
# Without the reasons why others were not asked, which no cube has by topic.
METRICS = (
    catalog.metric("csat"),
    replace(catalog.metric("survey_coverage"), reasons=False),
    catalog.metric("response_rate"),
)
Span = tuple[Mapping[str, Sequence[str]], date | None, date | None]


@dataclass(frozen=True)
class Heard:
    """One cell: how many contacts could be asked, were, got the survey and answered."""

    dims: dict[str, str]
    contacts: int | None
    eligible: int | None
    asked: int | None
    delivered: int | None
    answers: int | None
    coverage: Estimate  # asked ÷ eligible
    response: Estimate  # answers ÷ delivered
    score: Estimate
    reason: str = ""


@dataclass(frozen=True)
class WhoAnswers:
    """The score of those who answered, and what it may be for all: raw, weighted (over finer cells, which are
    not listed), worst case; and by cell."""

    weighted: Weighted
    cells: tuple[Heard, ...]
    by: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """The keys of the command line."""
        return to_json(self)


@dataclass(frozen=True)
class WhoIsAsked:
    """Agents whose customers are asked less or more than others': ``asked`` of those who could be, and
    ``eligible`` of all contacts (a missing number keeps a customer from being asked as well)."""

    start: date | None
    end: date | None
    asked: SampleRatios
    eligible: SampleRatios
    source: str

    def to_json(self) -> dict[str, Any]:
        """The keys of the command line."""
        return to_json(self)


def who_answers(reader: Reader, by: str, span: Span) -> WhoAnswers:
    """Response and coverage by ``by``, and the score weighted over topic, channel and partner."""
    if by not in CUTS:
        raise ValueError(f"cells are {', '.join(CUTS)}; not {by!r}")
    groups = reader.groups(METRICS, CELLS, *span)
    shown = reader.groups(METRICS, [by], *span)
    secret = hidden({one.key[0]: one.contacts for one in shown}) if reader.scope.partner else frozenset()
    return WhoAnswers(
        weigh({group.key: _answers(group) for group in groups}, listed=False),
        tuple(_heard(by, group, secret=group.key[0] in secret) for group in shown),
        by,
        reader.source_of(METRICS, CELLS, span[0]),
    )


def by_episode(reader: Reader, span: Span) -> Weighted:
    """The score weighted over topic, channel, partner and the number of the contact within its episode ("1",
    "2", "3+"), which the 24-hour rule asks unequally. Scans the facts."""
    cells = reader.episodes([*CELLS], span)
    return weigh({key: _of_sums(*sums) for key, sums in cells.items()})


def who_is_asked(
    reader: Reader, where: Mapping[str, Sequence[str]], end: date | None, *, by_topic: bool = False
) -> WhoIsAsked:
    """Each agent against the others of the same partner, team and route, over eight weeks up to ``end``.

    ``by_topic``: against the others of the same partner on the same topics and routes, where topics that are
    asked of less often may be some agents' own. No cube has topics by agent, so that scans the facts.
    """
    days = reader.days()
    last = end or (days[1] if days else None)
    first = last - timedelta(weeks=WEEKS) + timedelta(days=1) if last else None
    dims = ["partner", "agent", "topic" if by_topic else "team", "self_service_first"]
    asked: dict[str, dict[tuple[str, ...], tuple[int, int]]] = {}
    eligible: dict[str, dict[tuple[str, ...], tuple[int, int]]] = {}
    for group in reader.groups(METRICS, dims, where, first, last):
        partner, agent, among, route = group.key
        if not agent:
            continue
        parts, cell = group.parts["survey_coverage"], (partner, among, route)
        name = f"{agent} ({partner})" if partner else agent
        could = int(parts["eligible"])
        asked.setdefault(name, {})[cell] = could, int(parts["asked"])
        eligible.setdefault(name, {})[cell] = group.contacts, could
    return WhoIsAsked(
        first, last, sample_ratios(asked), sample_ratios(eligible), reader.source_of(METRICS, dims, where)
    )


def flagged(found: SampleRatios) -> tuple[AskedShare, ...]:
    """Those who stand out, the surest first."""
    return tuple(sorted((one for one in found.agents if one.flag), key=lambda one: one.p or 0.0))


def _answers(group: Group) -> Answers:
    parts, scores = group.parts["survey_coverage"], group.stats["csat"]
    if not isinstance(scores, ScoreStats):
        raise TypeError(f"scores are needed, not {scores!r}")
    return _of_sums(int(parts["eligible"]), int(parts["asked"]), scores.bins)


def _of_sums(eligible: int, asked: int, bins: Sequence[int]) -> Answers:
    scores = ScoreStats(tuple(bins))
    # Late corrections may leave a score on a contact that is no longer counted as asked.
    asked = max(asked, scores.n)
    return Answers(max(eligible, asked), scores, asked)


def _heard(by: str, group: Group, *, secret: bool) -> Heard:
    dims = {by: group.key[0]}
    if secret:
        nothing = Estimate(0, None, None, None, HIDDEN)
        return Heard(dims, None, None, None, None, None, nothing, nothing, nothing, HIDDEN)
    coverage, response = group.parts["survey_coverage"], group.parts["response_rate"]
    eligible, asked = int(coverage["eligible"]), int(coverage["asked"])
    delivered, answers = int(response["delivered"]), int(response["scored"])
    return Heard(
        dims,
        group.contacts,
        eligible,
        asked,
        delivered,
        answers,
        estimate(ShareStats(eligible, min(asked, eligible)), minimum_n=thresholds.TOO_FEW),
        estimate(ShareStats(delivered, min(answers, delivered)), minimum_n=thresholds.TOO_FEW),
        estimate(group.stats["csat"], minimum_n=thresholds.TOO_FEW),
    )
