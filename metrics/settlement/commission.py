"""Pay sales by rules: which rule pays a sale, and what a cancelled one takes back, each sale to the øre."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from metrics.settlement.figures import Measure, Sale
from metrics.settlement.incentive import PARTNER, Document, Incentive, Rule, Span
from metrics.settlement.refusal import refuse
from metrics.settlement.rounding import half_up

Paid = Mapping[tuple[str, str, str], int]
Open = Callable[[str, int], bool]


@dataclass(frozen=True)
class Payment:
    """What one sale is paid by a rule, in øre; less than 0 where it is taken back."""

    sale_id: str
    rule: str
    ore: int


@dataclass(frozen=True)
class Group:
    """The payments of a rule to an account: of new sales, or of cancelled ones that are taken back."""

    rule: str
    account: str
    code: str
    line: int
    payments: tuple[Payment, ...]


def groups(
    books: Sequence[Incentive],
    book: Incentive,
    sales: Sequence[Sale],
    *,
    span: Span,
    paid: Paid,
    known_from: date,
    is_open: Open,
) -> list[Group]:
    """One group for each rule and account of what its sales pay, and one of what cancelled ones take back.

    ``paid`` is all that sales since ``known_from`` have been paid; those sold earlier are valued by the rules
    of their day.
    """
    if not book.document.rule:
        return []
    given: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    taken: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    now: dict[tuple[str, str, str], int] = {}
    for sale in sales:
        if span.first <= sale.sold_on <= span.last and not _never_paid(book.document, sale):
            for rule, number in hits(book, sale):
                where = book.line("rule", number)
                if all(is_open(gate, where) for gate in rule.gates):
                    account = _account(rule, sale, where)
                    payment = Payment(sale.sale_id, rule.name, pay(book.document, rule, sale, where))
                    given[rule.name, account].append(payment)
                    now[sale.sale_id, rule.name, account] = payment.ore
        if _taken_back(book.document, sale, span):
            for (rule_name, account), ore in _owed_back(books, sale, paid, now, known_from).items():
                taken[rule_name, account].append(Payment(sale.sale_id, rule_name, -ore))
    numbers = {each.name: i for i, each in reversed(list(enumerate(book.document.rule)))}
    return [
        Group(name, account, code, book.line("rule", numbers.get(name, 0)), tuple(payments))
        for code, by_account in (("sales", given), ("clawback", taken))
        for (name, account), payments in sorted(by_account.items())
    ]


def hits(book: Incentive, sale: Sale) -> list[tuple[Rule, int]]:
    """The rules that pay a sale: for each recipient the one of the highest priority, and those on top.

    RefusalError where two rules of equal priority hit and the file has no tie-break that decides.
    """
    fitting = [(rule, number) for number, rule in enumerate(book.document.rule) if fits(rule, sale)]
    found = [(rule, number) for rule, number in fitting if rule.on_top]
    for recipient in dict.fromkeys(rule.recipient for rule, _ in fitting):
        rivals = [(rule, n) for rule, n in fitting if rule.recipient == recipient and not rule.on_top]
        if rivals:
            highest = max(rule.priority for rule, _ in rivals)
            found.append(_decide(book, sale, [(rule, n) for rule, n in rivals if rule.priority == highest]))
    return found


def fits(rule: Rule, sale: Sale) -> bool:
    """Whether a rule is about a sale."""
    pairs = (
        (rule.products, sale.product),
        (rule.campaigns, sale.campaign),
        (rule.kinds, sale.kind),
        (rule.teams, sale.team),
    )
    return rule.holds_on(sale.sold_on) and all(not names or value in names for names, value in pairs)


def _decide(book: Incentive, sale: Sale, rivals: list[tuple[Rule, int]]) -> tuple[Rule, int]:
    tie = book.document.tie
    if len(rivals) == 1:
        return rivals[0]
    (rule, number), (other, _) = rivals[1], rivals[0]
    where = book.line("rule", number)
    if tie is None:
        raise refuse(where, "tie_of_sale", name=rule.name, other=other.name, sale=sale.sale_id)
    if tie == "first_listed":
        return rivals[0]
    if tie == "latest_from":
        latest = max(each.first for each, _ in rivals)
        kept = [(each, n) for each, n in rivals if each.first == latest]
        if len(kept) > 1:
            raise refuse(where, "tie_of_sale", name=rule.name, other=other.name, sale=sale.sale_id)
        return kept[0]
    by_pay = [(pay(book.document, each, sale, book.line("rule", n)), -n) for each, n in rivals]
    # Of equal pay it does not matter which one it is: the first of the file.
    best = max(by_pay) if tie == "highest_pay" else min(by_pay, key=lambda pair: (pair[0], -pair[1]))
    return rivals[by_pay.index(best)]


def pay(document: Document, rule: Rule, sale: Sale, line: int) -> int:
    """What a rule pays for a sale, rounded to the øre."""
    exact = rule.kroner * 100 if rule.kroner is not None else (rule.share or Fraction(0)) * sale.value * 100
    if rule.weighted:
        exact *= weight(document, sale.product, sale.sold_on, line)
    return half_up(exact)


def weight(document: Document, product: str, day: date, line: int = 0) -> Fraction:
    """How much a product counts on a day. RefusalError where the file does not say."""
    for entry in document.product:
        if entry.name == product and entry.holds_on(day):
            return entry.weight
    raise refuse(line, "no_weight", name=product or "?", day=day.isoformat())


def counted(name: str, document: Document, span: Span, sales: Sequence[Sale]) -> Measure:
    """A measure made of the period's sales: number or value without cancelled ones, or the cancelled."""
    sold = [sale for sale in sales if span.first <= sale.sold_on <= span.last]
    kept = [sale for sale in sold if sale.cancelled_on is None]
    if name == "sales_cancelled":
        return Measure(value=Fraction(len(sold) - len(kept)), n=len(sold))
    if name == "sales":
        return Measure(value=Fraction(len(kept)), n=len(sold))
    weighted = name == "sales_weighted_value"
    total = sum(
        (sale.value * (weight(document, sale.product, sale.sold_on) if weighted else 1) for sale in kept),
        Fraction(0),
    )
    return Measure(value=total, n=len(sold))


def _never_paid(document: Document, sale: Sale) -> bool:
    """Whether a cancellation counts on the day of the sale: then the sale is not paid at all."""
    cancellation = document.cancellation
    return (
        cancellation is not None
        and cancellation.counts_on == "sold_on"
        and sale.cancelled_on is not None
        and _in_time(document, sale)
    )


def _in_time(document: Document, sale: Sale) -> bool:
    within = document.cancellation.within_days if document.cancellation else None
    assert sale.cancelled_on is not None  # noqa: S101 - asked of cancelled sales only
    return within is None or (sale.cancelled_on - sale.sold_on).days <= within


def _taken_back(document: Document, sale: Sale, span: Span) -> bool:
    """Whether a cancelled sale is taken back in this period."""
    cancellation = document.cancellation
    if cancellation is None or sale.cancelled_on is None or not _in_time(document, sale):
        return False
    days = {"cancelled_on": sale.cancelled_on, "deducted_on": sale.deducted_on}
    day = days.get(cancellation.counts_on)
    return day is not None and sale.sold_on <= span.last and span.first <= day <= span.last


def _owed_back(
    books: Sequence[Incentive], sale: Sale, paid: Paid, now: Paid, known_from: date
) -> dict[tuple[str, str], int]:
    """What a cancelled sale has been paid and is owed back, by rule and account."""
    owed: dict[tuple[str, str], int] = {}
    for amounts in (paid, now):
        for (sale_id, rule, account), ore in amounts.items():
            if sale_id == sale.sale_id:
                owed[rule, account] = owed.get((rule, account), 0) + ore
    if sale.sold_on < known_from and not any(sale_id == sale.sale_id for sale_id, _, _ in paid):
        owed = _valued(books, sale)
    spared = {
        rule.name
        for book in books
        for rule in book.document.rule
        if rule.spared
        and sale.agent_left_on
        and sale.cancelled_on
        and sale.agent_left_on <= sale.cancelled_on
    }
    return {key: ore for key, ore in owed.items() if ore and key[0] not in spared}


def _valued(books: Sequence[Incentive], sale: Sale) -> dict[tuple[str, str], int]:
    """What the rules of its day paid for a sale. RefusalError where a gate decided or no file is known."""
    for book in books:
        if book.document.valid_from <= sale.sold_on <= (book.document.valid_until or date.max):
            owed = {}
            for rule, number in hits(book, sale):
                line = book.line("rule", number)
                if rule.gates:
                    raise refuse(line, "gate_then", name=rule.name, sale=sale.sale_id)
                owed[rule.name, _account(rule, sale, line)] = pay(book.document, rule, sale, line)
            return owed
    raise refuse(0, "no_file_of_sale", sale=sale.sale_id, day=sale.sold_on.isoformat())


def _account(rule: Rule, sale: Sale, line: int) -> str:
    if rule.recipient == PARTNER:
        return PARTNER
    name = {"team": sale.team, "agent": sale.agent, "leader": sale.leader}[rule.recipient]
    if not name:
        raise refuse(line, "no_recipient", name=rule.name, to=rule.recipient, sale=sale.sale_id)
    return f"{rule.recipient}:{name}"
