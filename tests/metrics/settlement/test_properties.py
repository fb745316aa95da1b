"""What holds for every file and every month."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.settlement.evaluate import from_json, settle_months, to_json
from metrics.settlement.figures import Figures, Sale
from metrics.settlement.incentive import month_after, parse
from metrics.settlement.rounding import divide, half_up

BOOK = parse(
    'name = "m"\nvalid_from = 2026-01-01\ncarry_negative = true\n'
    '[cancellation]\ncounts_on = "cancelled_on"\n'
    '[[rule]]\nname = "share"\nshare = 0.123\n'
    '[[rule]]\nname = "bonus"\nkroner = 7\nrecipient = "agent"\n'
)
MONTHS = [month_after("2026-01", i) for i in range(6)]
SALES = st.lists(
    st.builds(
        lambda number, day, value, days, agent: Sale(
            sale_id=str(number),
            sold_on=date(2026, 1, 1) + timedelta(day),
            value=Fraction(value, 100),
            agent=agent,
            cancelled_on=None if days is None else date(2026, 1, 1) + timedelta(day + days),
        ),
        st.integers(0, 10**6),
        st.integers(0, 119),
        st.integers(0, 10**6),
        st.none() | st.integers(0, 60),
        st.sampled_from("ab"),
    ),
    unique_by=lambda sale: sale.sale_id,
    max_size=8,
)


def months(sales: list[Sale]) -> list[Figures]:
    """Six months, the first of which tells all sales."""
    return [Figures(month=month, sales=tuple(sales) if month == MONTHS[0] else ()) for month in MONTHS]


@given(st.integers(-(10**9), 10**9), st.dictionaries(st.text(max_size=3), st.integers(0, 999), min_size=1))
def test_parts_add_up_to_the_whole_and_each_is_within_an_ore_of_its_share(
    total: int, keys: dict[str, int]
) -> None:
    whole = sum(keys.values())
    if not whole:
        return
    parts = divide(total, {name: Fraction(key) for name, key in keys.items()})
    assert sum(parts.values()) == total
    assert all(abs(parts[name] - Fraction(total * key, whole)) < 1 for name, key in keys.items())


@settings(max_examples=60, deadline=None)
@given(SALES)
def test_a_kept_sale_is_paid_once_and_a_cancelled_one_comes_to_nothing(sales: list[Sale]) -> None:
    paid: dict[str, int] = {}
    for settled in settle_months([BOOK], months(sales)):
        for line in settled.lines:
            for payment in line.sales:
                paid[payment.sale_id] = paid.get(payment.sale_id, 0) + payment.ore
    for sale in sales:
        once = half_up(sale.value * Fraction(123, 10)) + 700
        assert paid[sale.sale_id] == (0 if sale.cancelled_on else once)


@settings(max_examples=60, deadline=None)
@given(SALES, st.randoms())
def test_the_order_of_arrival_does_not_matter(sales: list[Sale], random: st.DataObject) -> None:
    shuffled = list(sales)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    later = [Figures(month=month, sales=tuple(shuffled) if month == MONTHS[-1] else ()) for month in MONTHS]
    assert settle_months([BOOK], later[::-1]) == settle_months([BOOK], months(sales))


@settings(max_examples=60, deadline=None)
@given(SALES)
def test_what_is_paid_and_carried_is_what_the_lines_come_to(sales: list[Sale]) -> None:
    for settled in settle_months([BOOK], months(sales)):
        for account, ore in settled.payable.items():
            lines = sum(line.ore for line in settled.lines if line.account == account)
            assert ore + settled.balance.get(account, 0) == lines
            assert ore >= 0
        assert from_json(to_json(settled)) == settled
