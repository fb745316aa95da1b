"""Mappings: how the columns of a stranger's file become the fields of a record (``docs/importing.md``).

A mapping is a TOML file. Nothing is guessed while importing: what a mapping does not say is read strictly
(ISO 8601 times, full stops in decimals), and what could mean two things is refused with the words to add.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from data.records.events import PATHS, RECORDS
from texts.messages import say, within

SHIPPED = Path(__file__).with_name("mappings")
SPECIAL_FORMATS = ("iso", "swapped", "epoch", "epoch_ms", "excel")
UNITS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
CLOCKS = ("h:m:s", "h:m", "m:s", "hhmmss", "hhmm")
TWO = 2


class BadUse(ValueError):
    """Something the person at the keyboard can put right; the message says what and how.

    Made of something said (``texts/messages.py``), it can be told in other languages as well.
    """

    def within(self, language: str) -> str:
        """The message in this language, where it is known in it."""
        return within(self.args[0], language)


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _text_values(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: str(each).lower() if isinstance(each, bool) else str(each) for key, each in value.items()}


Texts = Annotated[list[str], BeforeValidator(_list)]


class Given(BaseModel):
    """Where one field comes from and how it is written there."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    column: Texts = Field([], description="The column, or several to be joined (a date and a time).")
    joined_by: str = Field(" ", description="What stands between joined columns.")
    first_of: Texts = Field([], description="Several columns: the first that is given counts.")
    between: Texts = Field([], description="Durations: two columns with times; from the first to the second.")
    before: str = Field(
        "", description="Put before what the column says (the date of a file of clock times)."
    )
    after: str = Field("", description="Put after what the column says (a year that it leaves out).")
    constant: str | None = Field(None, description="The same value for every row.")
    row_number: str | None = Field(
        None, description="Ids: this text and the number of the row, where the file has no id."
    )
    plus: Annotated[list[Given], BeforeValidator(_list)] = Field(
        [], description="Times: durations to be added, each a column or a table as here."
    )
    format: Texts = Field(
        [],
        description="Times: strptime formats tried in order; iso, epoch, epoch_ms, excel; swapped: ISO "
        "times and dates of a spreadsheet whose day and month it took for one another.",
    )
    time_zone: str | None = Field(None, description="Times without an offset are local to this zone.")
    unit: Literal[
        "milliseconds", "seconds", "minutes", "hours", "days", "h:m:s", "h:m", "m:s", "hhmmss", "hhmm"
    ] = Field(
        "seconds", description="Durations: what 1 means, or which parts a clock such as 12:30 or 080000 has."
    )
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark of this column.")
    thousands: Literal[".", ",", "'"] | None = Field(None, description="Mark between thousands.")
    whole: bool = Field(False, description="Ids: 1000.0 is 1000, as where a program took ids for numbers.")
    missing: Texts = Field([], description="Values that mean: not given.")
    values: Annotated[dict[str, str], BeforeValidator(_text_values)] = Field(
        {}, description="The file's word = our word; read in any case."
    )

    @model_validator(mode="before")
    @classmethod
    def _column_alone(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("constant"), bool):
            return {**value, "constant": str(value["constant"]).lower()}
        return value if isinstance(value, dict) else {"column": value}

    @model_validator(mode="after")
    def _one_source(self) -> Given:
        sources = [bool(self.column), bool(self.first_of), bool(self.between), self.constant is not None]
        if sum([*sources, self.row_number is not None]) != 1:
            raise ValueError("needs one of column, first_of, between, constant, row_number")
        if self.between and len(self.between) != TWO:
            raise ValueError("between needs two columns: when it began and when it ended")
        if any(each.plus or each.row_number is not None for each in self.plus):
            raise ValueError("what is added to a time can only be a duration")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same mark")
        _check_zone(self.time_zone)
        _check_formats(self.format)
        return self

    @property
    def columns(self) -> list[str]:
        """Every column of the file that this reads."""
        return [
            *self.column,
            *self.first_of,
            *self.between,
            *(name for each in self.plus for name in each.columns),
        ]


class Mapping(BaseModel):
    """A whole mapping; ``fields`` goes from our field to the file's column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    description: str = ""
    record: str = Field(
        "contact", description="What a row is. auto: the record whose required columns are there."
    )
    by_name: bool = Field(False, description="Columns named like our fields are read as those fields.")
    encoding: str = Field("utf-8", description="Of a CSV file, e.g. cp1252; a byte order mark goes before.")
    delimiter: str = Field(
        "", max_length=1, description="Of a CSV file; empty: whichever of , ; tab | fits the header."
    )
    quote: str = Field('"', max_length=1, description="What a CSV file puts around values; empty: nothing.")
    header_row: int = Field(
        1, ge=0, le=1_000, description="Row of the header; 0: none, columns are called 1, 2, 3."
    )
    rows_below_header: int = Field(
        0, ge=0, le=100, description="Rows between the header and the first row of data, such as questions."
    )
    sheet: str = Field("", description="Of a workbook; empty: the first that is shown and has rows.")
    time_zone: str = Field("", description="Of times without an offset; empty: the installation's.")
    decimal: Literal[".", ","] | None = Field(
        None, description="Decimal mark; left out: a comma where the thousands mark is a point, else a point."
    )
    thousands: Literal[".", ",", "'"] | None = Field(
        None, description="Mark between thousands; spaces always go."
    )
    missing: Texts = Field([], description="Values that mean: not given, in any column.")
    single_contacts: bool = Field(
        False, description="A row is one contact, whatever a column seems to count."
    )
    where: dict[str, Texts] = Field(
        {},
        description="Rows to read: the column and the value, or values, that it must have; others are left.",
    )
    fields: dict[str, Given] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Mapping:
        _check_zone(self.time_zone)
        for given in [Given(constant=""), *self.fields.values()]:
            decimal, thousands = given.decimal or self.decimal, given.thousands or self.thousands
            if decimal is not None and decimal == thousands:
                raise ValueError("decimal and thousands cannot be the same mark")
        if not self.fields and not self.by_name:
            raise ValueError("has no fields")
        if self.record != "auto":
            if self.record not in RECORDS:
                raise ValueError(f"there is no record {self.record}; there are {', '.join(RECORDS)}, auto")
            known = RECORDS[self.record].model_fields
            for name, given in self.fields.items():
                if name not in known:
                    raise ValueError(f"a {self.record} has no field {name}; it has {', '.join(known)}")
                if given.plus and not name.endswith("_at"):
                    raise ValueError(f"{name} is no time: nothing can be added to it")
                if given.between and not name.endswith("_s"):
                    raise ValueError(f"{name} is no duration: it does not lie between two times")
        return self


def _check_zone(name: str | None) -> None:
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write one such as Europe/Oslo") from None


def _check_formats(formats: list[str]) -> None:
    """Refuse two formats that read the same text as different times: the order would be a guess."""
    probe = datetime(2020, 5, 10, 7, 8, 9)  # noqa: DTZ001 the probe is about digits, not moments
    plain = [each for each in formats if each not in SPECIAL_FORMATS]
    for one in plain:
        if "%" not in one:
            raise ValueError(f"{one!r} is no format; write one such as %d.%m.%Y %H:%M, or {SPECIAL_FORMATS}")
        written = probe.strftime(one)
        meant = _day_of(written, one)
        for other in plain:
            read = _day_of(written, other)
            if read is not None and meant is not None and read != meant:
                raise ValueError(f"the formats {one} and {other} read {written!r} as different days")


def _day_of(text: str, written: str) -> tuple[int, int] | None:
    try:
        read = datetime.strptime(text, written)  # noqa: DTZ007
    except ValueError:
        return None
    return read.month, read.day


def load(name_or_file: str) -> Mapping:
    """A shipped mapping by its name, or any by its path. ``BadUse`` says what is wrong with it."""
    path = Path(name_or_file)
    if not path.is_file():
        path = SHIPPED / f"{name_or_file}.toml"
    if path.suffix != ".toml" or not path.is_file():
        raise BadUse(say("refusal.no_mapping", name=name_or_file, known=known()))
    return read(path.read_bytes(), path.stem)


def of_kind(mapping: Mapping, name: str) -> Mapping:
    """The mapping for rows of this kind, called as in mappings or as in the API's paths."""
    kinds = {kind: kind for kind in RECORDS} | {path.split("/")[-1]: kind for kind, path in PATHS.items()}
    if name not in kinds:
        raise BadUse(say("refusal.no_kind", name=name, known=[*RECORDS]))
    try:
        return Mapping.model_validate(mapping.model_dump() | {"record": kinds[name]})
    except ValidationError as error:
        message = error.errors()[0]["msg"]
        raise BadUse(say("refusal.other_kind", name=mapping.name, message=message)) from None


def known() -> list[str]:
    """The names of the shipped mappings."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read(content: bytes, name: str) -> Mapping:
    """A mapping from the content of its file."""
    try:
        return Mapping.model_validate({**tomllib.loads(content.decode("utf-8-sig")), "name": name})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadUse(say("refusal.not_toml", name=name, message=str(error))) from None
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in found["loc"])
        code = "refusal.wrong_mapping_at" if place else "refusal.wrong_mapping"
        raise BadUse(say(code, name=name, place=place, message=found["msg"])) from None
