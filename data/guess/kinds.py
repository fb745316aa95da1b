"""Mappings for files whose columns are named as the fields of a record that is no contact."""

from __future__ import annotations

from data.files.number_marks import marks_of
from data.files.profile import Column
from data.guess.times.times import Moment, moments
from data.guess.values import id_line, quoted, table
from data.records.events import RECORDS

_TIMES = {"date-time", "date", "month"}


def kind_of(columns: list[Column]) -> str:
    """The record whose every required field a column is named as; "" where that is a contact or none."""
    names = {_field(column) for column in columns}
    if {"contact_id", "ended_at"} <= names and "sale_id" not in names:
        return ""
    found = [
        kind
        for kind, model in RECORDS.items()
        if kind != "contact"
        and len(names & model.model_fields.keys()) > 1
        and all(name in names for name, field in model.model_fields.items() if field.is_required())
    ]
    return max(found, key=lambda kind: len(names & RECORDS[kind].model_fields.keys()), default="")


def lines_of(kind: str, columns: list[Column]) -> dict[str, str]:
    """By field of the record: its column in TOML."""
    by_field = {_field(column): column for column in columns if column.texts}
    known = RECORDS[kind].model_json_schema()["properties"]
    made = {}
    for name in RECORDS[kind].model_fields:
        if name not in by_field:
            continue
        column = by_field[name]
        if any(each.get("format") in _TIMES for each in [known[name], *known[name].get("anyOf", [])]):
            made[name] = _time(column)
        else:
            made[name] = id_line(column) if name.endswith("_id") else _plain(column)
    return made


def _field(column: Column) -> str:
    return column.words.replace(" ", "_")


def _time(column: Column) -> str:
    alone: list[Moment] = moments([column])
    formats = alone[0].formats if alone else []
    if len(formats) != 1 or formats[0] == ["iso"]:
        return quoted(column.name)  # the import says what to declare
    return table(column.name, format=f"[{', '.join(map(quoted, formats[0]))}]")


def _plain(column: Column) -> str:
    marks = marks_of(column.texts, thousands=True)
    if marks is None:
        return quoted(column.name)
    decimal = quoted(",") if marks.decimal == "," else ""
    return table(column.name, decimal=decimal, thousands=quoted(marks.thousands) if marks.thousands else "")
