"""Tables to check figures with: as people read them, and as CSV with every digit."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape

from dashboard.parts.cards import ROUTES
from dashboard.parts.filters import Filters
from dashboard.parts.measured import enough, interval_text, n_text, value_text
from dashboard.queries import RouteComparison, Scorecard
from dashboard.style import Look
from metrics.inference.compare.kitagawa import Decomposition, by_leading

Header = list[str]
Rows = list[list[str]]


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 2) -> str:
    """A plain table; the columns after the first ``text_columns`` hold numbers."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=svar-right' if at >= text_columns else ''}>{escape(text)}</{tag}>"
            for at, text in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="svar-table"><table><thead><tr>{cells(header, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def comparison_rows(found: RouteComparison, look: Look) -> tuple[Header, Rows]:
    """One row per metric and group, and one per difference."""
    say, formats = look.words, look.formats
    header = [say(f"table.{name}") for name in ("metric", "group", "n", "value", "low", "high")]
    rows = []
    for metric, comparison in found.comparisons.items():
        title = f"{say(f'metric.{metric}')}, {say(f'unit.{metric}')}"
        for at, route in enumerate(ROUTES):
            group = comparison.groups[route]
            limits = [
                formats.value(metric, limit) if enough(group) else "" for limit in (group.low, group.high)
            ]
            n = n_text(group, say, formats).removeprefix("n\u00a0=\u00a0")
            rows.append(
                [
                    title if at == 0 else "",
                    say(f"route.{route}"),
                    n,
                    value_text(metric, group, say, formats),
                    *limits,
                ]
            )
        differences = (comparison.difference, *comparison.interval)
        rows.append(["", say("table.difference"), "", *(formats.difference(metric, d) for d in differences)])
    return header, rows


def comparison_csv(found: RouteComparison, filters: Filters) -> bytes:
    """Everything the page shows, with all digits; UTF-8 with a mark, so that Excel reads the letters."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["metric", "group", "n", "value", "low", "high", "from", "to", "partner", "channel", "topic"]
    )
    place = [filters.start, filters.end, filters.partner, filters.channel, filters.topic]
    for metric, comparison in found.comparisons.items():
        for route in ROUTES:
            group = comparison.groups[route]
            shown = [group.n, group.value, group.low, group.high] if enough(group) else ["", "", "", ""]
            writer.writerow([metric, route, *shown, *place])
        limits = [comparison.difference, *comparison.interval]
        writer.writerow([metric, "difference", "", *limits, *place])
    return ("\ufeff" + out.getvalue()).encode()


def gap_rows(metric: str, found: Decomposition, look: Look) -> tuple[Header, Rows]:
    """One row per topic: how much of each group comes with it, and what it adds to both parts of the gap."""
    say, formats = look.words, look.formats
    header = [
        say("table.topic"),
        *(say(f"route.{route}") for route in ROUTES),
        say("gap.within"),
        say("gap.mix"),
    ]
    rows = []
    for part in by_leading(found):
        parts = []
        for one in (part.within, part.mix):
            limits = formats.difference_interval(metric, one.low, one.high)
            parts.append(f"{formats.difference(metric, one.value)} ({limits})")
        shares = [formats.share(part.share_first), formats.share(part.share_second)]
        rows.append([part.cell[0] or say("table.not_given"), *shares, *parts])
    return header, rows


def team_rows(card: Scorecard, look: Look) -> tuple[Header, Rows]:
    """One row per team: every metric with its interval and n."""
    say, formats = look.words, look.formats
    header = [say("table.team"), *(say(f"metric.{metric}") for metric in card.teams)]
    teams: dict[str, list[str]] = {}
    for metric, values in card.teams.items():
        for value in values:
            interval = interval_text(metric, value, formats)
            parts = [value_text(metric, value, say, formats), f"({interval})" if interval else ""]
            parts += [n_text(value, say, formats)] if enough(value) else []
            teams.setdefault(value.dims["team"], []).append(" ".join(part for part in parts if part))
    return header, [[team or say("table.not_given"), *teams[team]] for team in sorted(teams)]
