"""A file that could mean two things is refused, with the line and the reason."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.settlement.evaluate import settle, settle_months
from metrics.settlement.figures import figures
from metrics.settlement.incentive import parse
from metrics.settlement.refusal import RefusalError

HEAD = 'name = "m"\nvalid_from = 2026-01-01\n'
BANDS = "bands = [{ below = 5, gives = 0 }, { at_least = 5, gives = 1 }]\n"
PAY = f'[[criterion]]\nname = "pay"\nmeasure = "csat"\nunit = "kroner"\n{BANDS}'
GATE = '[[gate]]\nname = "g"\nmeasure = "answer_rate"\nat_least = 0.9\n'
SOLD = '[cancellation]\ncounts_on = "cancelled_on"\n'


def rule(name: str, **given: Any) -> str:
    """A rule that pays 10 kroner."""
    more = "".join(f"{key} = {value}\n" for key, value in given.items())
    return f'[[rule]]\nname = "{name}"\nkroner = 10\n{more}'


def problems(text: str, **month: Any) -> list[tuple[int, str]]:
    """The lines and codes of what is refused, of the file or of the month."""
    try:
        book = parse(text)
        settle([book], figures({"month": "2026-03", **month}))
    except RefusalError as error:
        return [(each.line, each.code) for each in error.problems]
    return []


FULL = {"measures": {"csat": 8}}


@pytest.mark.parametrize(
    ("text", "month", "expected"),
    [
        (HEAD + PAY, FULL, []),
        (HEAD + "colour = 1\n" + PAY, FULL, [(3, "entry")]),
        (HEAD + PAY + "weight = 1.5.2\n", FULL, [(8, "no_toml")]),
        (HEAD + PAY + "weight = nan\n", FULL, [(8, "entry")]),
        (HEAD + PAY + "weight = true\n", FULL, [(8, "entry")]),
        # An undefined base.
        (HEAD + PAY.replace('"kroner"', '"share"\nbase = "fee"'), FULL, [(7, "no_base")]),
        (HEAD + PAY.replace('"kroner"', '"share"'), FULL, [(6, "base_of_share")]),
        # Overlapping dates, and dates that follow each other.
        (HEAD + PAY + "valid_until = 2026-03-31\n" + PAY + "valid_from = 2026-04-01\n", FULL, []),
        (
            HEAD + PAY + "valid_until = 2026-03-31\n" + PAY + "valid_from = 2026-03-01\n",
            FULL,
            [(9, "overlap")],
        ),
        (HEAD + PAY + "valid_from = 2026-03-02\n", FULL, [(8, "within_period")]),
        # Bands with a gap, an overlap and an end.
        (HEAD + PAY.replace("at_least = 5", "above = 5"), FULL, [(7, "bands_gap")]),
        (HEAD + PAY.replace("below = 5", "at_most = 5"), FULL, [(7, "bands_overlap")]),
        (HEAD + PAY.replace("below = 5", "at_least = 1, below = 5"), FULL, [(7, "open_ends")]),
        # Two scales, none, and no measure.
        (HEAD + PAY + "rate = 2\n", FULL, [(4, "one_scale")]),
        (HEAD + PAY.replace(BANDS, ""), FULL, [(4, "one_scale")]),
        (HEAD + PAY.replace('measure = "csat"\n', ""), FULL, [(4, "one_measure")]),
        # A measure, an amount, an interval, an n or a gate without data.
        (HEAD + PAY, {}, [(3, "no_data")]),
        (HEAD + PAY + 'per = "hours"\n', FULL, [(3, "no_figure")]),
        (HEAD + PAY + 'minimum_n = 30\ntoo_few = "zero"\n', FULL, [(3, "no_n")]),
        (HEAD + PAY + "minimum_n = 30\n", FULL, [(8, "fallback")]),
        (HEAD + PAY + 'target = 5\nwhen_unsure = "base_pay"\nbase_pay = 1\n', FULL, [(3, "no_interval")]),
        (HEAD + PAY + 'target = 5\nwhen_unsure = "base_pay"\n', FULL, [(3, "base_pay")]),
        (HEAD + PAY + 'gates = ["g"]\n', FULL, [(8, "no_gate")]),
        (HEAD + PAY + 'gates = ["g"]\n' + GATE, FULL, [(9, "gate_without_data")]),
        (HEAD + PAY + 'gates = ["g"]\n' + GATE + 'unknown = "shut"\n', FULL, []),
        # Rules of equal priority.
        (HEAD + SOLD + rule("a") + rule("b", priority=1), {}, []),
        (HEAD + SOLD + rule("a") + rule("b"), {}, [(8, "tie")]),
        (HEAD + 'tie = "first_listed"\n' + SOLD + rule("a") + rule("b"), {}, []),
        (HEAD + SOLD + rule("a", products='["x"]') + rule("b", products='["y"]'), {}, []),
        (HEAD + rule("a"), {}, [(3, "no_cancellation")]),
        # Periods.
        (HEAD + "[period]\nfirst_day = 15\n", {}, [(3, "entry")]),
        (HEAD.replace("01-01", "03-02") + PAY, FULL, [(2, "file_within_period")]),
        (HEAD.replace("01-01", "04-01") + PAY, FULL, [(0, "no_file")]),
        (HEAD + '[[split]]\nto = "partner"\nshare = 0.9\n', {}, [(3, "split_sum")]),
        (HEAD + '[[split]]\nto = "team"\nshare = 1\nby = "contacts"\n', {}, [(3, "no_keys")]),
    ],
)
def test_what_is_not_clear_is_refused_with_its_line(
    text: str, month: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    found = problems(text, **month)
    assert [each for each in found if each in expected] == expected
    assert bool(found) == bool(expected)


def test_days_of_an_event_need_figures_by_day() -> None:
    text = HEAD + PAY + '[[exclusion]]\nevent = "outage"\nmeasures = ["csat"]\n'
    event = {"kind": "outage", "first": _day(2), "last": _day(2)}
    assert problems(text, events=[event], **FULL) == [(3, "no_days")]
    days = [{"day": _day(1), "total": 60, "n": 10}, {"day": _day(2), "total": 10, "n": 10}]
    book = parse(text)
    month = figures({"month": "2026-03", "measures": {"csat": {"days": days}}, "events": [event]})
    assert settle([book], month).total == 100
    assert settle([book], month.model_copy(update={"events": ()})).total == 0


def test_one_sale_told_in_two_ways_is_refused() -> None:
    book = parse(HEAD + SOLD + rule("a"))
    months = [
        figures({"month": month, "sales": [{"sale_id": "1", "sold_on": _day(3), "value": value}]})
        for month, value in (("2026-03", 1), ("2026-04", 2))
    ]
    with pytest.raises(RefusalError, match="sale_twice"):
        settle_months([book], months)


def _day(number: int) -> Any:
    from datetime import date

    return date(2026, 3, number)
