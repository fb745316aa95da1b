"""Each field of a record, bound to a file's text columns.

Kinds and limits of the fields are taken from the models of ``data/records/events.py``, so a file is held to
the
same rules as the API. Every field gives three columns: its text ``<field>_given``, its value ``<field>``
(``data/files/parse.py``), and ``<field>_fault`` (``data/files/validate.py``), null where nothing is wrong.
The work is
done by the macros of ``sql/macros.sql``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    Expression,
    FunctionExpression,
)

from data.files.mapping import BadUse, Given, Mapping
from data.files.sources.source import Source
from data.records.events import RECORDS
from texts.messages import quotes, say

UPPER = ("currency",)
CODES = ("channel", "kind", "metric")
WORDS = ("comment",)
TO = " → "  # between the two times that a duration lies between


@dataclass(frozen=True)
class Field:
    """One field of a record and where it comes from; ``given`` is None where the file does not have it."""

    name: str
    kind: str  # text, words, code, language, choice, moment, day, month, flag, whole, seconds, number, …
    required: bool
    limits: dict[str, Any]  # of its JSON schema
    given: Given | None
    zone: str  # of times without an offset
    marks: tuple[str, str]  # decimal, thousands
    typed: bool  # the file has types of its own, which the mark TYPED shows
    later: bool = False  # a label that is looked at when the file is read (data/files/labels.py)


def fields_of(record: str, mapping: Mapping, source: Source, zone: str) -> list[Field]:
    """Every field of a record, bound to the file. ``BadUse`` names the columns that are missing."""
    made: list[Field] = []
    missing: list[str] = []
    schema = RECORDS[record].model_json_schema()
    for name, field in RECORDS[record].model_fields.items():
        given = mapping.fields.get(name)
        if given is None and mapping.by_name and source.position(name) is not None:
            given = Given(column=[name])
        for column in given.columns if given else []:
            if source.position(column) is None:
                missing.append(say("refusal.for_field", column=column, field=name))
        if given is None and field.is_required():
            missing.append(quotes([name]) if mapping.by_name else say("refusal.not_named", field=name))
        given = given or Given(constant="")
        limits = _limits(schema["properties"][name])
        made.append(
            Field(
                name,
                _kind(name, limits),
                field.is_required(),
                limits,
                None if given.constant == "" else given,
                given.time_zone or mapping.time_zone or zone,
                marks(given, mapping),
                source.kind != "csv",
            )
        )
    if missing:
        raise BadUse(say("refusal.no_column", missing=missing, columns=quotes(source.columns)))
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
    if limits.get("format") == "decimal":
        return "money" if "multipleOf" in limits else "number"
    kinds = {"date-time": "moment", "date": "day", "month": "month", "filters": "filters"}
    return kinds.get(limits.get("format", ""), "flag" if limits["type"] == "boolean" else "text")


def marks(given: Given, mapping: Mapping) -> tuple[str, str]:
    """The decimal mark and the mark between thousands of a column."""
    thousands = given.thousands or mapping.thousands or ""
    return given.decimal or mapping.decimal or ("," if thousands == "." else "."), thousands


def formats(field: Field) -> list[str]:
    """How times of the field are written."""
    return (field.given.format if field.given else []) or ["iso"]


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
    if field.given.row_number is not None:
        return call("concat", field.given.row_number, ColumnExpression("place"))
    names = field.given.column or field.given.first_of or field.given.between
    columns = [ColumnExpression(f"c{source.position(name)}") for name in names]
    missing = sorted({*mapping.missing, *field.given.missing} - {""})
    parts = [_without(column, missing) for column in columns]
    text = parts[0] if len(parts) == 1 else _joined(field, parts)
    if field.given.before or field.given.after:
        text = call("||", call("||", field.given.before, text), field.given.after)  # of nothing still nothing
    if field.given.whole:
        text = call("regexp_replace", text, r"^\s*(\d+)\.0+\s*$", r"\1")
    if not field.given.values:
        return text
    folded = call("as_code", text)
    known = [(constant(" ".join(word.split()).lower()), ours) for word, ours in field.given.values.items()]
    case = CaseExpression(folded == known[0][0], constant(known[0][1] or None))
    for word, ours in known[1:]:
        case = case.when(folded == word, constant(ours or None))
    return case.otherwise(text)


def _joined(field: Field, parts: list[Expression]) -> Expression:
    assert field.given is not None  # noqa: S101 what has no column has no parts
    if field.given.first_of:
        return call("coalesce", *parts)
    between = bool(field.given.between)
    joined = call("nullif", call("concat_ws", TO if between else field.given.joined_by, *parts), "")
    if not between and (field.kind != "moment" or field.required):
        return joined
    # Half a time is none, where none is needed.
    whole = reduce(and_, (part.isnotnull() for part in parts))
    return CaseExpression(whole, joined).otherwise(constant(None))


def _without(text: Expression, missing: list[str]) -> Expression:
    if not missing:
        return text
    bare = call("bare", text)
    case = CaseExpression(bare == constant(missing[0]), constant(None))
    for word in missing[1:]:
        case = case.when(bare == constant(word), constant(None))
    return case.otherwise(text)
