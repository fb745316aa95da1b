"""What each customer adds to the two groups of a comparison, as one statement around a composed one."""

# ruff: noqa: S608 — part of compose.py: only from names that it or the catalogue states.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from metrics.catalog.catalog import SCORES
from metrics.query.question import CUSTOMER, Question
from metrics.query.sql.compose import Statement, compose
from metrics.query.sql.source import Tables

# What a metric's columns say of one contact: how many, the total of its values, and of their squares.
_VALUES = {
    "mean": ("n", "total", "squares"),
    "share": ("n", "hits", "hits"),
    "score": tuple(
        " + ".join(f"{number**power} * {name}" for number, name in enumerate(SCORES, 1))
        for power in (0, 1, 2)
    ),
    "count": ("count", "0", "0"),
}


def contributions(
    asked: Question, tables: Tables, pair: tuple[str, str], rows: Sequence[tuple[Sequence[str], float, float]]
) -> Statement:
    """The statement that sums what customers add to two groups, ``pair``, of the first dimension asked by.

    ``rows`` are (key, of n, of total), the key being the text of the dimensions: a contact there adds of n +
    of total · value. Columns: customers of the first, the second, both together and in both; Σa², Σb², Σab.
    Contacts of nobody known are a customer each, whose squares follow from the sums.
    """
    last = len(asked.by)
    inner = compose(replace(asked, by=(*asked.by, CUSTOMER)), tables)
    n, total, squares = _VALUES[asked.metrics[0].kind]
    keys = [f"dim_{number}" for number in range(last)]
    given = [f"unnest($of_{name}) as {name}" for name in keys]
    given += ["unnest($of_n) as of_n", "unnest($of_total) as of_total"]
    text = f"""
        with unit as ({inner.text}),
        of_one as (select {", ".join(given)}),
        placed as (
            select
                dim_{last} as customer, dim_0 = $first as is_first, {n} as n, {total} as total,
                {squares} as squares, of_n, of_total
            from unit join of_one using ({", ".join(keys)})
        ),
        customers as (
            select
                max(n > 0 and is_first) as in_first, max(n > 0 and not is_first) as in_second,
                coalesce(sum(of_n * n + of_total * total) filter (is_first), 0) as one,
                coalesce(sum(of_n * n + of_total * total) filter (not is_first), 0) as other
            from placed where customer <> '' group by customer
        ),
        nobody as (
            select
                is_first as in_first, not is_first as in_second, sum(n) as n,
                sum(of_n * of_n * n + 2 * of_n * of_total * total + of_total * of_total * squares) as square
            from placed where customer = '' group by is_first
        ),
        everybody as (
            select
                in_first, in_second, 1 as n,
                one * one as one, other * other as other, one * other as product
            from customers where in_first or in_second
            union all
            select
                in_first, in_second, n, case when in_first then square else 0 end,
                case when in_second then square else 0 end, 0
            from nobody
        )
        select
            coalesce(cast(sum(n) filter (in_first) as bigint), 0),
            coalesce(cast(sum(n) filter (in_second) as bigint), 0),
            coalesce(cast(sum(n) as bigint), 0),
            coalesce(cast(sum(n) filter (in_first and in_second) as bigint), 0),
            coalesce(sum(one), 0.0), coalesce(sum(other), 0.0), coalesce(sum(product), 0.0)
        from everybody
    """
    values = inner.values | {"first": pair[0]}
    values |= {f"of_{name}": [key[number] for key, _, _ in rows] for number, name in enumerate(keys)}
    values |= {"of_n": [one for _, one, _ in rows], "of_total": [one for _, _, one in rows]}
    return Statement(text, values, inner.source)
