"""Read the figures of a partner's periods: measures through a reader of its scope, the rest as stated."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

from metrics.catalog import catalog
from metrics.inference import ScoreStats, ShareStats, Stats
from metrics.query.answers import Value
from metrics.query.reader import Reader
from metrics.settlement.figures import DayFigure, Figures, Measure, figures
from metrics.settlement.incentive import PARTNER, Document, Incentive, Span, month_after, parse
from metrics.settlement.refusal import Lines, Problem, RefusalError
from metrics.settlement.verification import TESTS
from settings import Settings

FIGURES = "figures.toml"
LONGEST = 60  # periods of history that are settled before the one that is asked


def folder(settings: Settings, partner: str) -> Path:
    """Where a partner's incentive files and stated figures lie: nobody else's are read for it."""
    name = quote(partner, safe=" æøåÆØÅ")
    if not name.strip(". "):
        raise ValueError("name the partner")
    return settings.home / "settlement" / name


def books_of(place: Path, partner: str) -> list[Incentive]:
    """The partner's incentive files. RefusalError where one is of another partner."""
    found = []
    for file in sorted(place.glob("*.toml")):
        if file.name != FIGURES and not file.name.endswith(TESTS):
            found.append(book_of_file(file, partner))
    return found


def book_of_file(file: Path, partner: str) -> Incentive:
    """One incentive file. RefusalError where it is of other partners, whose names it does not tell."""
    book = parse(file.read_text(encoding="utf-8"))
    if book.document.partners and partner not in book.document.partners:
        raise RefusalError([Problem(book.line("partners"), "other_partner", {"name": book.document.name})])
    return book


def stated(file: Path) -> list[Figures]:
    """The months of a file of stated figures; none where there is no file."""
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RefusalError([Problem(1, "no_toml", {"error": str(error)})]) from error
    lines = Lines(text)
    found: dict[str, Figures] = {}
    for number, each in enumerate(content.get("month", [])):
        month = figures(each, lines, ("month", number))
        if found.setdefault(month.month, month) is not month:
            raise RefusalError([Problem(lines.of(("month", number)), "month_twice", {"month": month.month})])
    return list(found.values())


def months_of(
    books: Sequence[Incentive], month: str, known: Iterable[Figures], reader: Reader | None
) -> list[Figures]:
    """The figures of a period and of those before it that a file holds for and that have any."""
    by_month = {each.month: each for each in known}
    days = reader.days() if reader else None
    found: list[Figures] = []
    for back in range(LONGEST):
        name = month_after(month, -back)
        fitting = [book for book in books if _holds(book, book.span(name))]
        span = fitting[0].span(name) if fitting else None
        measured = bool(span and days and days[0] <= span.last and span.first <= days[1])
        if back and (span is None or (name not in by_month and not measured)):
            break
        own = by_month.get(name, Figures(month=name))
        if reader and span and measured:
            own = with_measures(own, fitting[0].document, span, reader)
        found.append(own)
    return found[::-1]


def _holds(book: Incentive, span: Span) -> bool:
    document = book.document
    return document.valid_from <= span.first and span.last <= (document.valid_until or date.max)


def with_measures(own: Figures, document: Document, span: Span, reader: Reader) -> Figures:
    """Figures with those of the catalogue that the file asks for and that are not stated."""
    excluded = {name for each in document.exclusion for name in each.measures}
    measures = dict(own.measures)
    for name in sorted(_asked(document) - set(measures) - set(own.amounts)):
        if name in catalog.metrics():
            measures[name] = _by_day(name, span, reader) if name in excluded else _measure(name, span, reader)
    keys: dict[str, dict[str, Any]] = {"team": dict(own.teams), "agent": dict(own.agents)}
    for part in document.split:
        if part.to != PARTNER and part.by in catalog.metrics() and part.by not in keys[part.to]:
            values = reader.show([part.by], [part.to], None, span.first, span.last)
            keys[part.to][part.by] = {
                each.dims[part.to]: Fraction(str(each.value)) for each in values if each.value is not None
            }
    return own.model_copy(update={"measures": measures, "teams": keys["team"], "agents": keys["agent"]})


def _asked(document: Document) -> set[str]:
    names = {each.measure for each in document.criterion if each.measure}
    names |= {each.measure for criterion in document.criterion for each in criterion.qualifiers}
    names |= {each.measure for each in document.gate}
    names |= {each.per for each in document.criterion if each.per}
    return names


def _measure(name: str, span: Span, reader: Reader) -> Measure:
    """A metric of the period, exactly from its sums where they are whole, with n and interval."""
    entry = catalog.metric(name)
    values = reader.show([name], (), None, span.first, span.last)
    if not values or values[0].value is None:
        return Measure(n=values[0].n if values else 0)
    value = values[0]
    exact = Fraction(str(value.value))
    if entry.kind in ("score", "share"):
        (group,) = reader.groups([entry], (), None, span.first, span.last)
        exact = _exact(group.stats[name], index=entry.scale == "index")
    return Measure(value=exact, n=value.n, **_interval(value))


def _interval(value: Value) -> Mapping[str, Any]:
    if value.low is None or value.high is None:
        return {}
    return {"low": Fraction(str(value.low)), "high": Fraction(str(value.high))}


def _exact(stats: Stats, *, index: bool) -> Fraction:
    if isinstance(stats, ScoreStats):
        mean = Fraction(sum(score * count for score, count in enumerate(stats.bins, 1)), stats.n)
        return (mean - 1) * 100 / 9 if index else mean
    assert isinstance(stats, ShareStats)  # noqa: S101 - the two kinds that are whole
    return Fraction(stats.hits, stats.n)


def _by_day(name: str, span: Span, reader: Reader) -> Measure:
    """A metric's sums by day, for a measure of which some days do not count."""
    entry = catalog.metric(name)
    if entry.kind not in ("score", "share"):
        raise RefusalError([Problem(0, "no_days", {"name": name})])
    found = []
    for group in reader.groups([entry], ["day"], None, span.first, span.last):
        stats = group.stats[name]
        if isinstance(stats, ScoreStats | ShareStats) and stats.n:
            total = _exact(stats, index=entry.scale == "index") * stats.n
            found.append(DayFigure(day=date.fromisoformat(group.key[0]), total=total, n=stats.n))
    return Measure(days=tuple(found)) if found else Measure(n=0)
