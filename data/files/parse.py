"""The value of a field, read from its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from duckdb import CaseExpression, ColumnExpression, Expression

from data.files.fields import TO, UPPER, Field, call, constant, formats, given_text, marks
from data.files.mapping import CLOCKS, UNITS, Given, Mapping
from data.files.sources.source import TYPED, Source

SWAPPED = r"^(\d{4})-(\d{2})-(\d{2})"


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


def added(field: Field, mapping: Mapping, source: Source) -> dict[str, Expression]:
    """Seconds to be added to a time, by their column; -1 where they cannot be read.

    A contact whose talking time is not given still ended, at the latest when it began; but when it was
    answered is not known where the waiting time is not.
    """
    if field.given is None or not field.given.plus:
        return {}
    total: Expression = constant(0).cast("bigint")
    unread: Expression = constant(False)
    for given in field.given.plus:
        part = replace(field, kind="seconds", given=given, marks=marks(given, mapping))
        text = given_text(part, mapping, source)
        seconds = _seconds(part, text)
        unread = unread | (call("is_blank", text) == constant(False)) & (
            call("coalesce", seconds, -1) < constant(0)
        )
        total = total + (call("coalesce", seconds, 0) if field.required else seconds)
    return {f"{field.name}_plus": CaseExpression(unread, constant(-1).cast("bigint")).otherwise(total)}


def _text(macro: str) -> Callable[[Field, Expression], Expression]:
    def read(field: Field, given: Expression) -> Expression:
        text = call("typed_text", given) if field.typed else given
        if field.later:
            return call("lower", text) if field.kind == "code" else text
        return call(macro, text)

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
    if field.given and field.given.between:
        return _from_to(field, field.given, given)
    unit = field.given.unit if field.given else "seconds"
    number = constant(None).cast("decimal(18, 6)") if unit in CLOCKS else _number(field, given)
    plain = unit == "seconds" and field.marks == (".", "")
    return call("as_seconds", given, number, constant(float(UNITS.get(unit, 1))), unit, plain)


def _from_to(field: Field, how: Given, given: Expression) -> Expression:
    """Seconds from one time to another; of two clock times the second may be after midnight."""
    told = Given(column=how.between, format=how.format, time_zone=how.time_zone)
    time = replace(field, kind="moment", given=told)
    ends = [
        _moment(time, call("nullif", call("split_part", given, TO, part), ""))[field.name] for part in (1, 2)
    ]
    seconds = call("round", call("epoch", ends[1]) - call("epoch", ends[0])).cast("bigint")
    if how.format and not any(re.search("%[djxcDeu]|iso|epoch|excel", each) for each in how.format):
        return CaseExpression(seconds < constant(0), seconds + constant(86_400)).otherwise(seconds)
    return seconds


def _moment(field: Field, given: Expression) -> dict[str, Expression]:
    nothing = constant(None)
    written_as = formats(field)
    trimmed = call("bare", given)
    local = [call("typed_local", given)] if field.typed else []
    moment = [call("typed_moment", given)] if field.typed else []
    if "swapped" in written_as:
        # Before anything else: a date that the spreadsheet holds is one that it swapped.
        typed = call("ltrim", trimmed, TYPED)
        swapped = call("regexp_replace", typed, SWAPPED, r"\1-\3-\2")
        is_swapped = call("regexp_matches", typed, SWAPPED)
        local = [CaseExpression(is_swapped, call("iso_local", swapped)).otherwise(constant(None))]
        moment = []
    if "iso" in written_as:
        local.append(call("iso_local", given))
        moment.append(call("iso_moment", given))
    for zoned, into in ((False, local), (True, moment)):
        written = [each for each in written_as if "%" in each and ("%z" in each) == zoned]
        if written:
            into.append(call("try_strptime", trimmed, written[0] if len(written) == 1 else written))
    for unit, factor in (("epoch", 1), ("epoch_ms", 1000)):
        if unit in written_as:
            moment.append(call("epoch_moment", given, factor))
    if "excel" in written_as:
        local.append(call("excel_local", _number(field, given)))
    first_local = call("coalesce", *local, nothing.cast("timestamp"))
    found = call("coalesce", *moment, call("timezone", field.zone, first_local))
    if field.given is not None and field.given.plus:
        first_local, found = _sum(field, first_local, found)
    return {
        f"{field.name}_local": first_local,
        field.name: found,
        f"{field.name}_clock": _has_clock(field, given),
    }


def _sum(field: Field, local: Expression, moment: Expression) -> tuple[Expression, Expression]:
    """The local time and the moment of a time with durations added to it.

    What is added to a midnight is what the clock shows then, which on two days a year is not what has passed;
    what is added to another time has passed. The local time is that of the sum, unless there is no such time
    to add to.
    """
    added = call("to_seconds", ColumnExpression(f"{field.name}_plus"))
    nothing = constant(None).cast("timestamp")
    exists = call("timezone", field.zone, moment) == local
    is_midnight = call("date_trunc", "day", local) == local
    shown = call("timezone", field.zone, local + added)
    return (
        CaseExpression(exists & is_midnight, local + added).when(exists, nothing).otherwise(local),
        CaseExpression(exists & is_midnight, shown).otherwise(moment + added),
    )


def _has_clock(field: Field, given: Expression) -> Expression:
    """Whether the text tells the time of day, not only the date."""
    special = [each for each in formats(field) if each not in {"iso", "swapped"}]
    telling = [each for each in special if re.search("%[HIcXsT]|epoch|excel", each)]
    if special and telling == special:
        return constant(True)
    assert field.given is not None  # noqa: S101 what is not given tells nothing
    if {"iso", "swapped"}.isdisjoint(formats(field)) and not telling and not field.given.plus:
        return constant(False)
    return call("contains", given, ":")


def _day(field: Field, given: Expression) -> Expression:
    """A date without a time; a time of day in it is dropped."""
    text = call("whole_month", given) if field.kind == "month" else given
    local = _moment(field, text)[f"{field.name}_local"]
    return (call("date_trunc", "month", local) if field.kind == "month" else local).cast("date")


_TYPES = {
    "moment": "timestamptz",
    "flag": "boolean",
    "whole": "bigint",
    "seconds": "bigint",
    "money": "decimal(18, 6)",
    "number": "decimal(18, 6)",
    "day": "date",
    "month": "date",
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
    "number": _number,
    "day": _day,
    "month": _day,
    "filters": lambda _, given: call("as_filters", call("typed_text", given)),
}
