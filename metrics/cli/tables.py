"""Answers as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from metrics.catalog import catalog
from metrics.inference import Estimate
from metrics.query.answers import Comparison, Value
from metrics.wording import missing
from metrics.wording.numbers import decimal, level

LANGUAGE = "en"
_BESIDE = {
    "still_coming": "{n} may still answer",
    "late": "{n} late answers left out",
    "other_scales": "{n} scores on another scale left out",
    "unknown": "{n} of unknown route left out",
    "route_conflicts": "the sources disagree on {n}",
    "cases_open": "{n} cases still open",
    "of_nobody_known": "{n} contacts of nobody known left out",
}


def values(found: Sequence[Value], by: Sequence[str], *, source: str) -> Table:
    """One row per group and metric. Below it, where the answer came from."""
    table = Table(caption=f"from {source}", caption_justify="left")
    for cut in by:
        table.add_column(catalog.dimension(cut).name[LANGUAGE])
    number_columns(table)
    for value in found:
        unit = catalog.metric(value.metric).unit
        dims = [value.dims[cut] or "–" for cut in by]
        notes = [note(value.reason), *_beside(value)]
        table.add_row(*dims, value.metric, *cells(value, unit), "; ".join(note for note in notes if note))
    return table


def comparison(found: Comparison) -> Table:
    """The two groups, and the difference beneath them."""
    unit = catalog.metric(found.metric).unit
    table = Table(caption=_provenance(found), caption_justify="left")
    table.add_column("Group")
    number_columns(table)
    for name, group in found.groups.items():
        table.add_row(name, found.metric, *cells(group, unit), note(group.reason))
    gap = Estimate(
        sum(group.n for group in found.groups.values()), found.difference, found.low, found.high, found.reason
    )
    table.add_row("difference", found.metric, *cells(gap, unit), note(gap.reason), style="bold")
    if found.adjusted:
        alike = found.adjusted
        n = sum(group.n for group in alike.groups.values())
        gap = Estimate(n, alike.difference, alike.low, alike.high, alike.reason)
        table.add_row("like for like", found.metric, *cells(gap, unit), note(gap.reason))
        if alike.split is not None:
            for name, part in (("same questions", alike.split.within), ("other questions", alike.split.mix)):
                table.add_row(f"  of the gap: {name}", found.metric, *cells(part, unit), note(part.reason))
    return table


def _provenance(found: Comparison) -> str:
    """Where it was read, and what the interval takes into account."""
    parts = [f"from {found.source}"]
    if found.clusters:
        counts = " and ".join(decimal(count, 0, LANGUAGE) for count in found.clusters.values())
        parts.append(f"by {found.cluster} ({counts})")
    if found.adjusted:
        support = found.adjusted.support
        shown = "none" if support is None else level(support, "share", LANGUAGE)
        parts.append(f"alike in {', '.join(found.adjusted.alike)}: {shown} of the contacts")
    return "; ".join(parts)


def checks(results: Sequence[Mapping[str, Any]]) -> Table:
    """One row per check."""
    table = Table("Check", "Result", "Rows", "Examples")
    for result in results:
        outcome = "ok" if not result["rows"] else result["level"]
        examples = "; ".join(str(example) for example in result["examples"])
        table.add_row(result["check"], outcome, str(result["rows"]), examples)
    return table


def number_columns(table: Table) -> None:
    """Add the columns of a number and what belongs beside it."""
    table.add_column("Metric")
    table.add_column("n", justify="right")
    table.add_column("Value", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("Note")


def cells(value: Value | Estimate, unit: str) -> tuple[str, str, str]:
    """Return n, the number and its interval as they are shown."""
    n = decimal(value.n, 0, LANGUAGE)
    if value.value is None:
        return n, "–", ""
    shown = level(value.value, unit, LANGUAGE)
    if value.low is None or value.high is None:
        return n, shown, ""
    return n, shown, f"{level(value.low, unit, LANGUAGE)} – {level(value.high, unit, LANGUAGE)}"


def _beside(value: Value) -> list[str]:
    """What a reader of the number must know: what is still to come, and what it leaves out."""
    return [
        text.format(n=decimal(n, 0, LANGUAGE))
        for name, text in _BESIDE.items()
        if (n := value.parts.get(name))
    ]


def note(reason: str) -> str:
    """Return why there is no number."""
    return missing.text(reason, LANGUAGE)
