"""From a file's text columns to rows of the log: the views that an import reads.

``checked`` holds, for each field of the record, its text, its value and what is wrong with it; the statement
of the record (``sql/<record>.sql``) makes log rows of it. Both are views: nothing is computed before the
import writes its draft, and then everything in one pass.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import reduce
from operator import and_
from pathlib import Path

import duckdb
from duckdb import CaseExpression, ColumnExpression, Expression, SQLExpression, StarExpression
from duckdb.func import ARROW, SPECIAL

from data.files.fields import Field, call, constant, given_text
from data.files.mapping import BadUse, Mapping
from data.files.parse import added, values
from data.files.sources.source import Source
from data.files.swapped_dates import swap_of
from data.files.validate import fault, fine
from data.records import identity
from data.records.events import RECORDS
from data.records.reference import REFERENCES
from data.records.types import FUTURE, filters_of
from lake.column_functions import OfColumn, each_different
from settings import Settings
from texts.messages import Said, quotes, say

SQL = Path(__file__).with_name("sql")
SAMPLE = 1_000  # rows looked at before a long import starts
_TABLES = {model.KIND for model in REFERENCES}
_FEWEST = 2  # columns that make a file a reference table without being told


def choose_record(mapping: Mapping, source: Source) -> str:
    """The kind of record a mapping makes; for ``auto`` the one whose required columns are there."""
    if mapping.record != "auto":
        return mapping.record
    required = {
        kind: {name for name, each in model.model_fields.items() if each.is_required()}
        for kind, model in RECORDS.items()
    }
    missing = {
        kind: sorted(name for name in names if source.position(name) is None)
        for kind, names in required.items()
    }
    found = [kind for kind in RECORDS if not missing[kind]]
    events = [kind for kind in found if kind not in _TABLES]
    # Contacts have topics, too: a reference table has more columns of its own, and no event's.
    found = events or [kind for kind in found if _columns(source, kind) >= _FEWEST]
    if len(found) > 1:
        raise BadUse(say("refusal.fits_several", kinds=found))
    if found:
        return found[0]
    closest = max(RECORDS, key=lambda kind: (_columns(source, kind), -len(missing[kind])))
    if not missing[closest]:
        raise BadUse(say("refusal.what_row", columns=source.columns))
    columns = {"missing": missing[closest], "columns": source.columns}
    raise BadUse(say("refusal.no_required", kind=closest, **columns))


def _unanswered(relation: duckdb.DuckDBPyRelation, fields: list[Field]) -> duckdb.DuckDBPyRelation:
    """Who gave up waiting was not answered, however long they waited: no time is made by adding then."""
    given = {field.name: field.given for field in fields if field.given}
    if "answered" not in given or "answered_at" not in given or not given["answered_at"].plus:
        return relation
    answered = call("coalesce", ColumnExpression("answered"), True)
    moment = CaseExpression(answered, ColumnExpression("answered_at")).otherwise(constant(None))
    again = CaseExpression(answered, ColumnExpression("answered_at_given")).otherwise(constant(None))
    kept = StarExpression(exclude=["answered_at", "answered_at_given"])
    return relation.select(kept, moment.alias("answered_at"), again.alias("answered_at_given"))


def _columns(source: Source, kind: str) -> int:
    return sum(source.position(name) is not None for name in RECORDS[kind].model_fields)


def prepare(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    fields: list[Field],
    *,
    now: datetime,
    source: str,
) -> None:
    """Macros, functions and variables of the import. The key of the pseudonyms is in no statement."""
    given = {field.kind if field.kind == "filters" else field.name for field in fields if field.given}
    region, secret = settings.default_region, settings.pseudonym_secret
    phones = each_different(lambda text: identity.to_e164(text, region)) if "phone" in given else None
    customers = None if given.isdisjoint({"customer_id", "phone"}) else identity.pseudonyms(secret)
    _function(connection, "other_e164", phones)
    _function(connection, "as_filters", each_different(_filters) if "filters" in given else None)
    _function(connection, "pseudonym", customers)
    words = {word for field in fields for word in field.limits.get("enum", [])}
    for name, value in {
        "known_words": ["", source, *sorted(words)],
        "zone": settings.timezone,
        "latest": now + FUTURE,
        "accepted_us": int(now.timestamp() * 1_000_000),
        "source": source,  # of contacts
        "asked": any(field.name == "score" and field.given for field in fields),
    }.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute((SQL / "macros.sql").read_text())


def _function(connection: duckdb.DuckDBPyConnection, name: str, read: OfColumn | None) -> None:
    """A function of Python on a column of texts; None where the file has nothing for it."""
    if read:
        connection.create_function(name, read, ["VARCHAR"], "VARCHAR", type=ARROW, null_handling=SPECIAL)
    else:
        connection.execute(f"create macro {name}(given) as null::varchar")


def _filters(text: str) -> str | None:
    try:
        return json.dumps(filters_of(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def check(
    source: Source, fields: list[Field], mapping: Mapping, region: str, *, numbered: bool = False
) -> None:
    """Make the view ``checked``. ``numbered`` adds ``place``, the row's number, at the cost of speed."""
    relation = source.relation
    width = [ColumnExpression(f"c{place}") for place in range(len(source.columns))]
    counted = any(field.given and field.given.row_number is not None for field in fields)
    if numbered or counted:
        relation = relation.select(StarExpression(), SQLExpression("row_number() over ()").alias("place"))
    # A row without any value is an empty line at the end of an export, not a record.
    relation = relation.filter(call("coalesce", *width, None).isnotnull())
    for name, words in mapping.where.items():
        place = source.position(name)
        if place is None:
            raise BadUse(say("refusal.no_column", missing=quotes([name]), columns=quotes(source.columns)))
        relation = relation.filter(call("bare", ColumnExpression(f"c{place}")).isin(*map(constant, words)))
    kept: list[Expression] = [ColumnExpression("place")] if numbered else []
    texts = [given_text(field, mapping, source).alias(f"{field.name}_given") for field in fields]
    texts += [each.alias(name) for field in fields for name, each in added(field, mapping, source).items()]
    relation = relation.select(*kept, *texts)
    found = [each.alias(name) for field in fields for name, each in values(field).items()]
    relation = relation.select(StarExpression(), *found)
    relation = _unanswered(relation, fields)
    judged = [field for field in fields if field.given and not field.later]
    # What is wrong is looked for only in rows that are not plainly fine.
    first = CaseExpression(reduce(and_, map(fine, judged)), constant(None)).otherwise(
        call("coalesce", *map(fault, judged), None)
    )
    faults = [fault(field).alias(f"{field.name}_fault") for field in fields] if numbered else []
    phone = [call("as_e164", ColumnExpression("phone"), region).alias("e164")]
    more = phone if any(field.name == "phone" for field in fields) else []
    judgement = first.alias("field_fault")
    relation.select(StarExpression(), judgement, *faults, *more).create_view("checked", replace=True)


def log_rows(connection: duckdb.DuckDBPyConnection, record: str) -> duckdb.DuckDBPyRelation:
    """The rows of ``checked`` as rows of the log, each with its ``fault``."""
    return connection.sql((SQL / f"{record}.sql").read_text())


def look_at_sample(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Refuse a file whose times the mapping does not read, rather than reject its every row.

    The times and the postponed labels of its first rows are then in the table ``sample``.
    """
    times = [f for f in fields if f.kind == "moment" and f.given is not None and f.given.constant is None]
    names = [name for field in times for name in (f"{field.name}_given", field.name)]
    names += [field.name for field in fields if field.later]
    if not names:
        return
    connection.view("checked").limit(SAMPLE).select(*map(ColumnExpression, names)).create("sample")
    sample = connection.table("sample")
    for field in times:
        given, value = ColumnExpression(f"{field.name}_given"), ColumnExpression(field.name)
        texts = sample.filter(given.isnotnull()).select(given, value.isnull()).fetchall()
        unread = [text for text, unknown in texts if unknown]
        swap = swap_of(text for text, _ in texts)
        if swap and "swapped" not in (field.given.format if field.given else []):
            columns = quotes(field.given.columns if field.given else [])
            raise BadUse(say("refusal.swapped", column=columns, example=swap.example, meant=swap.meant))
        if 2 * len(unread) > len(texts):
            raise BadUse(_unread_times(field, unread[0]))


def _unread_times(field: Field, text: str) -> Said:
    assert field.given is not None  # noqa: S101 what has no column has no texts
    columns = quotes(field.given.column or field.given.first_of)
    where = {"column": columns, "field": field.name, "example": text}
    if declared := field.given.format:
        return say("refusal.wrong_format", **where, formats=declared)
    day_first, month_first = _formats_like(text)
    if day_first is None:
        return say("refusal.no_format", **where)
    return say("refusal.day_or_month", **where, day_first=day_first, month_first=month_first)


def _formats_like(text: str) -> tuple[str | None, str | None]:
    """The day-first and the month-first format that a text could have."""
    found = re.match(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(.*)", text)
    if found is None:
        return None, None
    mark, year = found[2], "%Y" if len(found[4]) == 4 else "%y"
    clock = ""
    if parts := re.match(r"([ T]+)\d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?", found[5]):
        hour, half = ("%I", parts[3].replace(parts[3].strip(), "%p")) if parts[3] else ("%H", "")
        clock = parts[1] + hour + ":%M" + (":%S" if parts[2] else "") + half
    return tuple(mark.join((*pair, year)) + clock for pair in (("%d", "%m"), ("%m", "%d")))  # type: ignore[return-value]
