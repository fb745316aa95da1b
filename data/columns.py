"""How each field of a record is read from a file's text columns, by the macros of ``sql/macros.sql``.

Kinds and limits of the fields are taken from the models of ``data/records.py``, so a file is held to the
same rules as the API. Every field gives three columns: its text ``<field>_given``, its value ``<field>``, and
``<field>_fault``, null where nothing is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    Expression,
    FunctionExpression,
)

from data.mapping import CLOCKS, UNITS, BadUse, Given, Mapping
from data.reading import Source
from data.records import RECORDS

UPPER = ("currency",)
CODES = ("channel", "kind")
WORDS = ("comment",)


@dataclass(frozen=True)
class Field:
    """One field of a record and where it comes from; ``given`` is None where the file does not have it."""

    name: str
    kind: str  # text, words, code, language, choice, moment, flag, whole, seconds, money
    required: bool
    limits: dict[str, Any]  # of its JSON schema
    given: Given | None
    zone: str  # of times without an offset
    marks: tuple[str, str]  # decimal, thousands
    typed: bool  # the file has types of its own, which the mark TYPED shows


def fields_of(record: str, mapping: Mapping, source: Source, zone: str) -> list[Field]:
    """Every field of a record, bound to the file. ``BadUse`` names the columns that are missing."""
    made, missing = [], []
    schema = RECORDS[record].model_json_schema()
    for name, field in RECORDS[record].model_fields.items():
        given = mapping.fields.get(name)
        if given is None and mapping.by_name and source.position(name) is not None:
            given = Given(column=[name])
        for column in given.column if given else []:
            if source.position(column) is None:
                missing.append(f"{column!r} (for {name})")
        if given is None and field.is_required():
            missing.append(
                f"{name!r}" if mapping.by_name else f"one for {name}, which the mapping does not name"
            )
        given = given or Given(constant="")
        marks = (given.decimal or mapping.decimal, given.thousands or mapping.thousands or "")
        limits = _limits(schema["properties"][name])
        made.append(
            Field(
                name,
                _kind(name, limits),
                field.is_required(),
                limits,
                None if given.constant == "" else given,
                given.time_zone or mapping.time_zone or zone,
                marks,
                source.kind != "csv",
            )
        )
    if missing:
        there = ", ".join(map(repr, source.columns))
        raise BadUse(f"The file has no column {', '.join(missing)}. Its columns: {there}.")
    return made


def _limits(schema: dict[str, Any]) -> dict[str, Any]:
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            return dict(choice)
    return schema


def _kind(name: str, limits: dict[str, Any]) -> str:
    if name == "language":
        return "language"
    if "enum" in limits or "const" in limits:
        return "choice"
    if limits["type"] == "integer":
        return "seconds" if name.endswith("_s") else "whole"
    if name in {*CODES, *WORDS}:
        return "code" if name in CODES else "words"
    formats = {"date-time": "moment", "decimal": "money"}
    return formats.get(limits.get("format", ""), "flag" if limits["type"] == "boolean" else "text")


def constant(value: Any) -> Expression:
    return ConstantExpression(value)


def call(macro: str, *arguments: Any) -> Expression:
    """A macro applied to columns and constants."""
    made = [each if isinstance(each, Expression) else constant(each) for each in arguments]
    if macro == "coalesce":  # an operator of the language, not a function
        return CoalesceOperator(*made)
    return FunctionExpression(macro, *made)


def given_text(field: Field, mapping: Mapping, source: Source) -> Expression:
    """The field's text: joined, missing markers taken out, the file's words replaced by ours."""
    if field.given is None:
        return constant(None).cast("varchar")
    if field.given.constant is not None:
        return constant(field.given.constant)
    columns = [ColumnExpression(f"c{source.position(name)}") for name in field.given.column]
    missing = sorted({*mapping.missing, *field.given.missing} - {""})
    parts = [_without(call("nullif", column, ""), missing) for column in columns]
    text = (
        parts[0] if len(parts) == 1 else call("nullif", call("concat_ws", field.given.joined_by, *parts), "")
    )
    if not field.given.values:
        return text
    folded = call("as_code", text)
    known = [(constant(" ".join(word.split()).lower()), ours) for word, ours in field.given.values.items()]
    case = CaseExpression(folded == known[0][0], constant(known[0][1]))
    for word, ours in known[1:]:
        case = case.when(folded == word, constant(ours))
    return case.otherwise(text)


def _without(text: Expression, missing: list[str]) -> Expression:
    if not missing:
        return text
    bare = call("trim", text)
    case = CaseExpression(bare == constant(missing[0]), constant(None))
    for word in missing[1:]:
        case = case.when(bare == constant(word), constant(None))
    return case.otherwise(text)


def values(field: Field) -> dict[str, Expression]:
    """The columns that hold the field's value, and for times what is needed to judge it."""
    given = ColumnExpression(f"{field.name}_given")
    if field.given is None:
        nothing = constant(None).cast(_TYPES.get(field.kind, "varchar"))
        clock = {f"{field.name}_clock": constant(False)} if field.kind == "moment" else {}
        return {field.name: nothing, **clock}
    if field.kind == "moment":
        return _moment(field, given)
    return {field.name: _READERS[field.kind](field, given)}


def fine(field: Field) -> Expression:
    """True for almost every value with which nothing is wrong; what is left, :func:`fault` judges."""
    given, value = ColumnExpression(f"{field.name}_given"), ColumnExpression(field.name)
    if field.kind in {"whole", "seconds"}:
        least, most = constant(field.limits["minimum"]), constant(field.limits["maximum"])
        right = (value >= least) & (value <= most)
    elif field.kind == "money":
        right = call("is_money", value)
    elif field.kind == "flag":
        right = value.isnotnull()
    elif field.kind in {"choice", "language"}:
        right = call("list_position", _choices(field), value) > constant(0)
    elif field.kind == "moment":
        right = call("is_moment", value, ColumnExpression(f"{field.name}_local"), field.zone)
    else:
        right = call("strlen", value) <= constant(field.limits["maxLength"])
    return right if field.required else given.isnull() | right


def _choices(field: Field) -> list[str]:
    return list(field.limits.get("enum") or [field.limits["const"]])


def fault(field: Field) -> Expression:
    """What is wrong with the field, in words, or null."""
    if field.given is None:
        return constant(None).cast("varchar")
    given, value = ColumnExpression(f"{field.name}_given"), ColumnExpression(field.name)
    found = _fault(field, given, value)
    if field.required:
        return CaseExpression(value.isnull() & call("is_blank", given), constant("is required")).otherwise(
            found
        )
    return found


def _fault(field: Field, given: Expression, value: Expression) -> Expression:
    if field.kind in {"whole", "seconds"}:
        expected = "a whole number" if field.kind == "whole" else _duration_words(field)
        return call("number_fault", given, value, field.limits["minimum"], field.limits["maximum"], expected)
    if field.kind == "money":
        return call("money_fault", given, value)
    if field.kind == "flag":
        return call("flag_fault", given, value)
    if field.kind in {"choice", "language"}:
        return call("choice_fault", given, value, _choices(field))
    if field.kind == "moment":
        local = ColumnExpression(f"{field.name}_local")
        return call("moment_fault", given, value, local, field.zone, _moment_words(field))
    return call("text_fault", given, value, field.limits["maxLength"])


def _text(macro: str) -> Callable[[Field, Expression], Expression]:
    def read(field: Field, given: Expression) -> Expression:
        return call(macro, call("typed_text", given) if field.typed else given)

    return read


def _choice(field: Field, given: Expression) -> Expression:
    code = _text("as_code")(field, given)
    return call("upper", code) if field.name in UPPER else code


def _number(field: Field, given: Expression) -> Expression:
    decimal, thousands = field.marks
    group = rf"(?:[\x20\pZ{re.escape(thousands)}]\d{{3}})*"
    shape = rf"[+-]?(?:\d{{1,3}}{group}|\d+)(?:{re.escape(decimal)}\d+)?"
    number = call("as_number", given, shape, decimal, thousands or "\x00")
    return call("coalesce", call("typed_number", given), number) if field.typed else number


def _whole(field: Field, given: Expression) -> Expression:
    return call("as_whole", given, _number(field, given))


def _seconds(field: Field, given: Expression) -> Expression:
    unit = field.given.unit if field.given else "seconds"
    number = constant(None).cast("decimal(18, 6)") if unit in CLOCKS else _number(field, given)
    plain = unit == "seconds" and field.marks == (".", "")
    return call("as_seconds", given, number, constant(UNITS.get(unit, 1)).cast("integer"), unit, plain)


def _duration_words(field: Field) -> str:
    unit = field.given.unit if field.given else "seconds"
    if unit in CLOCKS:
        return f"a duration written {unit}"
    return f"a number of {unit}, or h:m:s (if two parts such as 12:30 are meant, declare unit m:s or h:m)"


def _moment(field: Field, given: Expression) -> dict[str, Expression]:
    nothing = constant(None)
    formats = _formats(field)
    trimmed = call("trim", given)
    local = [call("typed_local", given)] if field.typed else []
    moment = [call("typed_moment", given)] if field.typed else []
    if "iso" in formats:
        local.append(call("iso_local", given))
        moment.append(call("iso_moment", given))
    for zoned, into in ((False, local), (True, moment)):
        written = [each for each in formats if "%" in each and ("%z" in each) == zoned]
        if written:
            into.append(call("try_strptime", trimmed, written[0] if len(written) == 1 else written))
    for unit, factor in (("epoch", 1), ("epoch_ms", 1000)):
        if unit in formats:
            moment.append(call("epoch_moment", given, factor))
    if "excel" in formats:
        local.append(call("excel_local", _number(field, given)))
    first_local = call("coalesce", *local, nothing.cast("timestamp"))
    return {
        f"{field.name}_local": first_local,
        field.name: call("coalesce", *moment, call("timezone", field.zone, first_local)),
        f"{field.name}_clock": _has_clock(field, trimmed),
    }


def _formats(field: Field) -> list[str]:
    return (field.given.format if field.given else []) or ["iso"]


def _has_clock(field: Field, given: Expression) -> Expression:
    """Whether the text tells the time of day, not only the date."""
    formats = [each for each in _formats(field) if each != "iso"]
    if formats and all(re.search("%[HIcXsT]|epoch|excel", each) for each in formats):
        return constant(True)
    return call("contains", given, ":")


def _moment_words(field: Field) -> str:
    formats = _formats(field)
    if formats == ["iso"]:
        return "an ISO 8601 time such as 2026-03-02 10:15:00 (declare its format in the mapping)"
    return f"a time written {' or '.join(formats)}"


_TYPES = {
    "moment": "timestamptz",
    "flag": "boolean",
    "whole": "bigint",
    "seconds": "bigint",
    "money": "decimal(18, 6)",
}
_READERS: dict[str, Callable[[Field, Expression], Expression]] = {
    "text": _text("as_text"),
    "words": _text("as_words"),
    "code": _choice,
    "choice": _choice,
    "language": lambda _, given: call("as_language", given),
    "flag": lambda _, given: call("as_flag", given),
    "whole": _whole,
    "seconds": _seconds,
    "money": _number,
}
