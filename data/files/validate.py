"""What is wrong with a field's value, if anything: cheaply for every row, as a code for the few."""

from __future__ import annotations

from duckdb import CaseExpression, ColumnExpression, Expression

from data.files.fields import Field, call, constant, formats
from data.files.mapping import CLOCKS
from data.records.types import FIRST_DAY, LAST_DAY, SCALE
from texts.messages import SEPARATOR


def fine(field: Field) -> Expression:
    """True for almost every value with which nothing is wrong; what is left, :func:`fault` judges."""
    given, value = ColumnExpression(f"{field.name}_given"), ColumnExpression(field.name)
    if field.kind in {"whole", "seconds", "number"}:
        least, most = _bounds(field)
        right = (value >= least) & (value <= most)
    elif field.kind == "money":
        right = call("is_money", value, field.limits["maximum"])
    elif field.kind == "flag":
        right = value.isnotnull()
    elif field.kind in {"choice", "language"}:
        right = call("list_position", _choices(field), value) > constant(0)
    elif field.kind == "moment":
        right = call("is_moment", value, ColumnExpression(f"{field.name}_local"), field.zone)
        if _adds(field):
            added = ColumnExpression(f"{field.name}_plus")
            # What adds up to no time is not given.
            right = (right | (value.isnull() & added.isnull())) & (call("coalesce", added, 0) >= constant(0))
    elif field.kind in {"day", "month"}:
        right = (value >= constant(FIRST_DAY)) & (value <= constant(LAST_DAY))
    elif field.kind == "filters":
        right = value.isnotnull()
    else:
        right = call("strlen", value) <= constant(field.limits["maxLength"])
        if "pattern" in field.limits:
            right = right & call("regexp_full_match", value, field.limits["pattern"])
    return right if field.required else given.isnull() | right


def _bounds(field: Field) -> tuple[Expression, Expression]:
    """Least and most; of a score those of its own scale."""
    if field.name == "score":
        scale = call("coalesce", ColumnExpression("score_scale"), SCALE)
        return call("end_of_scale", scale, 1), call("end_of_scale", scale, 2)
    return constant(field.limits["minimum"]), constant(field.limits["maximum"])


def _adds(field: Field) -> bool:
    return field.given is not None and bool(field.given.plus)


def _choices(field: Field) -> list[str]:
    return list(field.limits.get("enum") or [field.limits["const"]])


def fault(field: Field) -> Expression:
    """What is wrong with the field, as a code of ``said/`` with its values, or null."""
    if field.given is None or field.later:
        return constant(None).cast("varchar")
    given, value = ColumnExpression(f"{field.name}_given"), ColumnExpression(field.name)
    if field.typed and field.kind in {"text", "words", "code"}:
        given = call("typed_text", given)
    found = _fault(field, given, value)
    if field.required:
        return CaseExpression(value.isnull() & call("is_blank", given), constant("required")).otherwise(found)
    return found


def _fault(field: Field, given: Expression, value: Expression) -> Expression:
    match field.kind:
        case "whole" | "seconds" | "number":
            found = call("number_fault", given, value, *_bounds(field), _number_words(field))
        case "money":
            found = call("money_fault", given, value, field.limits["maximum"])
        case "flag":
            found = call("flag_fault", given, value)
        case "choice" | "language":
            found = call("choice_fault", given, value, _choices(field))
        case "moment":
            local = ColumnExpression(f"{field.name}_local")
            found = call("moment_fault", given, value, local, field.zone, _moment_words(field))
            if _adds(field):
                found = call("plus_fault", ColumnExpression(f"{field.name}_plus"), found)
        case "day" | "month":
            found = call("day_fault", given, value, FIRST_DAY, LAST_DAY, _moment_words(field))
        case "filters":
            found = call("readable_fault", given, value, "filters")
        case _ if "pattern" in field.limits:
            limits = field.limits["pattern"], field.limits["maxLength"]
            found = call("pattern_fault", given, value, *limits)
        case _:
            found = call("text_fault", given, value, field.limits["maxLength"])
    return found


def _number_words(field: Field) -> str:
    words = {"whole": "not_whole", "number": "not_number"}
    return words.get(field.kind) or _duration_words(field)


def _duration_words(field: Field) -> str:
    unit = field.given.unit if field.given else "seconds"
    if field.given and field.given.between:
        return _code("not_from_to", *(field.given.format or ["iso"]))
    return _code("not_clock" if unit in CLOCKS else "not_duration", unit)


def _moment_words(field: Field) -> str:
    written, time = formats(field), field.kind == "moment"
    if written == ["iso"]:
        return "not_iso_time" if time else "not_iso_date"
    return _code("not_time" if time else "not_date", *written)


def _code(code: str, *values: str) -> str:
    """A fault's code and its one value, as ``data/files/report.py`` reads them."""
    return code + SEPARATOR + ", ".join(values)
