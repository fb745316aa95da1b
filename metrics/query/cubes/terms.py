"""Expressions of the metrics' SQL, worked out over columns of numbers instead of by the database.

Planning a statement costs the database milliseconds, whatever its size; the cells of an answer are few. The
text is the same file, read by the database's own parser; what stands in it beyond plain arithmetic is
left to the database (:class:`Unsupported`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.duck import connect

Column = NDArray[Any]
Node = Mapping[str, Any]

_EPOCH = date(1970, 1, 1)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "COMPARE_EQUAL": np.equal,
    "COMPARE_NOTEQUAL": np.not_equal,
    "COMPARE_LESSTHAN": np.less,
    "COMPARE_LESSTHANOREQUALTO": np.less_equal,
    "COMPARE_GREATERTHAN": np.greater,
    "COMPARE_GREATERTHANOREQUALTO": np.greater_equal,
}
_TYPES = {"double": np.float64, "bigint": np.int64, "integer": np.int64}


class Unsupported(Exception):
    """Something that only the database can work out."""


@dataclass(frozen=True)
class Inputs:
    """What an expression may name: columns, ``$parameters``, and whether a column is in a small table."""

    columns: Mapping[str, Column]
    values: Mapping[str, Any] = field(default_factory=dict)
    member: Callable[[str, str], Column] | None = None


@cache
def selected(text: str) -> dict[str, Node]:
    """The expressions of ``select … from cells``, by their names. Unsupported for any other text."""
    (node,) = _parsed(text)
    plain = ("cell_filter", "where_clause", "group_expressions", "having", "qualify")
    if node["from_table"].get("table_name") != "cells" or any(node.get(clause) for clause in plain):
        raise Unsupported(text)
    return {_name(expression): expression for expression in node["select_list"]}


@cache
def expression(text: str) -> Node:
    """One expression."""
    (node,) = _parsed(f"select {text}")
    (found,) = node["select_list"]
    return dict(found)


@cache
def named(text: str) -> frozenset[str]:
    """The columns that an expression names."""
    return frozenset(_named(expression(text)))


def value(node: Node, given: Inputs) -> Any:
    """What an expression gives: a column, or a number where it names none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _value(node, given)


def _parsed(text: str) -> list[Node]:
    with connect() as connection:
        ((found,),) = connection.execute("select json_serialize_sql($text)", {"text": text}).fetchall()
    content = json.loads(found)
    if content["error"]:
        raise Unsupported(text)
    return [statement["node"] for statement in content["statements"]]


def _name(node: Node) -> str:
    return str(node.get("alias") or node["column_names"][-1])


def _named(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for part in node for name in _named(part)]
    if not isinstance(node, dict):
        return []
    if node.get("class") == "COLUMN_REF":
        return [node["column_names"][-1]]
    return [name for part in node.values() for name in _named(part)]


def _value(node: Node, given: Inputs) -> Any:
    kind = "COALESCE" if node["type"] == "OPERATOR_COALESCE" else node["class"]
    if kind not in _KINDS:
        raise Unsupported(node["type"])
    return _KINDS[kind](node, given)


def _column(node: Node, given: Inputs) -> Column:
    name = node["column_names"][-1]
    try:
        return given.columns[name]
    except KeyError:
        raise Unsupported(name) from None


def _constant(node: Node, _: Inputs) -> Any:
    literal = node.get("literal", {})
    if literal.get("kind") == "INTEGER":
        return int(literal["text"])
    if literal.get("kind") == "NUMERIC":
        return float(literal["text"])
    raise Unsupported(str(literal))


def _parameter(node: Node, given: Inputs) -> Any:
    parameter = given.values[node["identifier"]]
    if isinstance(parameter, date):
        return (parameter - _EPOCH).days
    if isinstance(parameter, int | float):
        return parameter
    raise Unsupported(type(parameter).__name__)


def _function(node: Node, given: Inputs) -> Any:
    name = node["function_name"]
    numbers = [_value(argument["expression"], given) for argument in node["arguments"]]
    if len(numbers) == 1 and name == "-":
        return np.negative(numbers[0])
    if len(numbers) != 2 or name not in _ARITHMETIC:
        raise Unsupported(name)
    return _ARITHMETIC[name](*numbers)


def _comparison(node: Node, given: Inputs) -> Any:
    if node["type"] not in _COMPARISONS:
        raise Unsupported(node["type"])
    return _COMPARISONS[node["type"]](_value(node["left"], given), _value(node["right"], given))


def _conjunction(node: Node, given: Inputs) -> Any:
    combine = np.logical_and if node["type"] == "CONJUNCTION_AND" else np.logical_or
    return combine.reduce([_value(child, given) for child in node["children"]])


def _cast(node: Node, given: Inputs) -> Any:
    name = node["type_expr"].get("type_name", "").lower()
    if name not in _TYPES or node["try_cast"]:
        raise Unsupported(name)
    return np.asarray(_value(node["child"], given)).astype(_TYPES[name])


def _coalesce(node: Node, given: Inputs) -> Any:
    # Columns of sums are never null.
    return _value(node["children"][0], given)


def _case(node: Node, given: Inputs) -> Any:
    found = _value(node["else_expr"], given)
    for check in reversed(node["case_checks"]):
        found = np.where(_value(check["when_expr"], given), _value(check["then_expr"], given), found)
    return found


def _membership(node: Node, given: Inputs) -> Column:
    """``column in (from table)``."""
    table = node["subquery"]["node"]["from_table"].get("table_name")
    child = node.get("child", {})
    fitting = node["subquery_type"] == "ANY" and node.get("comparison_type") == "COMPARE_EQUAL"
    if given.member is None or not table or child.get("class") != "COLUMN_REF" or not fitting:
        raise Unsupported("subquery")
    return given.member(child["column_names"][-1], table)


_KINDS: dict[str, Callable[[Node, Inputs], Any]] = {
    "COLUMN_REF": _column,
    "CONSTANT": _constant,
    "PARAMETER": _parameter,
    "FUNCTION": _function,
    "COMPARISON": _comparison,
    "CONJUNCTION": _conjunction,
    "CASE": _case,
    "CAST": _cast,
    "COALESCE": _coalesce,
    "SUBQUERY": _membership,
}
