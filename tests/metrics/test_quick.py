"""Cubes in memory answer what the composed statement answers, to the last digit."""

from __future__ import annotations

import random
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from metrics import Scope, open_reader
from metrics.catalog import catalog
from metrics.query.cubes import arrays, cubes
from metrics.query.cubes.arrays import of_table, totals
from metrics.query.cubes.terms import Inputs, Unsupported, expression, selected, value
from metrics.query.sql.compose import compose
from metrics.query.sql.source import source_of
from tests.metrics.given import NOON, contact, days, outcome, sale

NEEDY = [entry for name, entry in catalog.metrics().items() if name.startswith(("need_", "removable_time"))]
SUMMED = [
    entry
    for entry in catalog.metrics().values()
    if entry.subject == "contact" and entry.kind not in {"quantile", "rate"} and entry not in NEEDY
]
QUESTIONS = [
    ([], {}, (None, None)),
    (["self_service_first"], {"topic": ["bill"]}, (None, None)),
    (["day", "self_service_first"], {"partner": ["A", "nobody"]}, (date(2026, 9, 25), date(2026, 10, 5))),
    (["week"], {"month": ["2026-10"]}, (None, None)),
    (["weekday", "team"], {}, (None, date(2026, 10, 4))),
    (["agent"], {"weekday": ["1", "2"]}, (None, None)),
    (["hour"], {"hour": ["09", ""]}, (None, None)),
    (["channel", "topic", "partner", "self_service_first"], {}, (None, None)),
    (["day"], {}, (date(2030, 1, 1), None)),
    # Whole months and days on either side of them.
    (["topic"], {"partner": ["A"]}, (date(2026, 9, 1), date(2026, 10, 3))),
    (["channel"], {"topic": ["bill", "x"], "partner": ["A", "B"]}, (date(2026, 9, 15), date(2026, 9, 30))),
    ([], {}, (date(2026, 9, 20), date(2026, 10, 31))),
    (["hour"], {}, (date(2026, 9, 12), date(2026, 9, 14))),
    ([], {}, (date(2030, 1, 1), None)),
]


@pytest.fixture
def many(write, rebuild, fresh, settings):
    """Contacts of every kind, some folded and some in the delta, which moves and takes away too."""
    chance = random.Random(7)

    def made(number: int) -> dict[str, object]:
        return contact(
            f"c{number}",
            at=NOON - days(chance.randrange(25)) + chance.choice([0, 3600]),
            partner=chance.choice(["A", "B", "Ø"]),
            team=chance.choice(["one", "two"]),
            agent=chance.choice(["ann", "bo", ""]),
            topic=chance.choice(["bill", "net"]),
            channel=chance.choice(["phone", "chat"]),
            customer_key=f"k{chance.randrange(60)}",
            hour=chance.choice([None, 9, 14]),
            answered=chance.random() < 0.9,
            handling_s=chance.choice([None, 0, 61, 4000]),
            self_service_first=chance.choice([True, False, None]),
        )

    def outcomes(numbers: range) -> list[dict[str, object]]:
        return [
            outcome(f"c{number}", score=chance.choice([None, 1, 8, 10]), solved=chance.choice([True, None]))
            for number in numbers
        ]

    write("contact", *(made(number) for number in range(200)))
    write("outcome", *outcomes(range(0, 150, 2)))
    write("topic", {"topic": "bill", "need": "unwanted", "ease": None, "contact_cost_minor": None})
    write("sale", *(sale(f"s{n}", f"c{n}", value_minor=chance.randrange(10**9)) for n in range(0, 100, 9)))
    rebuild()
    write("contact", *(made(number) for number in range(190, 230)))
    write("outcome", *outcomes(range(1, 60, 7)))
    write("sale", *(sale(f"late{n}", "c3", value_minor=10**9) for n in range(10)))
    fresh()
    return settings


@pytest.mark.parametrize("large", [False, True], ids=["small", "as large cubes do"])
@pytest.mark.parametrize("scope", [Scope.everything(), Scope.of_partner("A")], ids=["everything", "partner"])
def test_they_answer_what_the_statement_answers(many, scope, large, monkeypatch):
    if large:
        monkeypatch.setattr(arrays, "ROLLED_TO", 0)
        monkeypatch.setattr(arrays, "ORDERED_FROM", 0)
    reader = open_reader(many, scope)
    room, tables = reader._room, reader._tables
    questions = [(SUMMED, *rest) for rest in QUESTIONS]
    questions += [([catalog.BINNED["handling_bin"]], ["handling_bin"], {}, (None, None))]
    questions += [(NEEDY, by, {}, (None, None)) for by in ([], ["need"], ["topic", "partner"])]
    questions += [(SUMMED, ["need", "channel"], {"need": ["unwanted", ""]}, (None, None))]
    questions += [([catalog.CONTACTS], ["survey_reason", "channel"], {"team": ["one"]}, (None, None))]
    for metrics, by, where, span in questions:
        asked = reader._asked([*metrics, catalog.CONTACTS], by, where, *span)
        source = source_of(asked, tables)
        assert source != "facts"
        texts = partial(room.texts, tables)
        found = cubes.answer(asked, room.parts(source, tables), texts, room.small(tables))
        room.as_table(source)
        statement = compose(asked, tables)
        assert found == _plain(room.ask(statement.text, statement.values)), (by, where)


def _plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    # Decimals, which compare to floating point by their exact value.
    return [tuple(cell if isinstance(cell, str | int) else float(cell) for cell in row) for row in rows]


def test_sums_are_exact_where_floating_point_is_not():
    numbers = np.array([2**60 + 1, 1, -3, 2**60], dtype=np.int64)
    assert totals(np.array([0, 0, 1, 1]), numbers, 3).tolist() == [2**60 + 2, 2**60 - 3, 0]
    with pytest.raises(OverflowError):
        totals(np.array([0, 0]), np.array([2**62, 2**62]), 1)


def test_sums_by_fewer_dimensions_are_made_once_and_are_the_same():
    count = 6_000
    rows = pa.table(
        {
            "day": pa.array([number % 30 for number in range(count)], pa.int32()).cast(pa.date32()),
            "partner": ["AB"[number % 2] for number in range(count)],
            "agent": [f"a{number}" for number in range(count)],
            "contacts": pa.array(range(count), pa.int64()),
        }
    )
    cube = of_table(rows, ("day", "partner", "agent"))
    rolled = cube.rolled(frozenset({"partner"}))
    assert rolled is cube.rolled(frozenset({"partner", "day"}))
    assert rolled.rows == 30
    assert int(rolled.sums("contacts").sum()) == sum(range(count))
    assert cube.rolled(frozenset({"agent"})) is cube


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a + 2 * b", [7, 10]),
        ("-a", [-1, -4]),
        ("a / 4", [0.25, 1.0]),
        ("case when a > 1 and b = 3 then a else 0 end", [0, 4]),
        ("case when a = 1 then 10 when a = 4 then 20 else 30 end", [10, 20]),
        ("case when b = 0 then 0 else cast(a as double) / b end", [1 / 3, 4 / 3]),
        ("coalesce(a, 0) - $less", [-1, 2]),
        ("case when a in (from few) then b else 0 end", [3, 0]),
    ],
)
def test_expressions_mean_what_they_mean_in_the_database(text, result):
    given = Inputs(
        {"a": np.array([1, 4]), "b": np.array([3, 3])}, {"less": 2}, lambda _, __: np.array([True, False])
    )
    assert value(expression(text), given).tolist() == result


@pytest.mark.parametrize(
    "text", ["median(a)", "a || 'x'", "c", "case when a = 1 then 2 end", "try_cast(a as double)"]
)
def test_what_only_the_database_can_work_out_is_left_to_it(text):
    with pytest.raises(Unsupported):
        value(expression(text), Inputs({"a": np.array([1])}))


def test_a_text_that_is_no_list_of_expressions_is_left_to_the_database():
    with pytest.raises(Unsupported):
        selected("select cell, a as n from cells where a > 1")
