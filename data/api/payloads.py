"""Other systems' own events, read by a mapping as a file's rows are: ``POST /api/in/{mapping}``.

A payload (JSON or a form) is laid flat: what lies in ``detail`` under ``contactId`` is the column
``detail.contactId``, the first of a list ``list.0``. What comes out is a record of the API.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pyarrow as pa
from duckdb import ColumnExpression, Expression
from starlette.requests import Request
from starlette.responses import Response

from data.api.intake import Answer
from data.files import stage
from data.files.fields import Field, call, fields_of
from data.files.mapping import BadUse, known, load
from data.files.mapping import Mapping as FileMapping
from data.files.sources.source import TYPED, Source
from data.records.events import RECORDS
from lake.duck import connect
from settings import Settings

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
MEMORY = "500MB"
DEEPEST = 20  # levels of a payload

Endpoint = Callable[[Request], Awaitable[Response]]


def mappings(settings: Settings) -> dict[str, FileMapping]:
    """The shipped mappings and those in ``SVAR_HOME/mappings``, which go first, by name.

    One that cannot be read is left out, with the reason in the log: the others must not suffer.
    """
    paths = {name: name for name in known()}
    paths |= {path.stem: str(path) for path in sorted((settings.home / "mappings").glob("*.toml"))}
    made: dict[str, FileMapping] = {}
    for name, path in paths.items():
        try:
            mapping = load(path)
        except BadUse as error:
            log.error("mapping %s is left out: %s", name, error)
            continue
        if mapping.record != "auto" and mapping.fields:
            made[name] = mapping
    return made


def columns(body: bytes, content_type: str, parse: Callable[[bytes, str], list[Any]]) -> list[dict[str, str]]:
    """The payloads of a request, laid flat: text by column."""
    if content_type.partition(";")[0].strip().lower() == FORM:
        return [dict(parse_qsl(body.decode("utf-8-sig", errors="replace"), keep_blank_values=True))]
    return [dict(_flat(item, "", DEEPEST)) for item in parse(body, content_type)]


def _flat(value: Any, name: str, deepest: int) -> Iterator[tuple[str, str]]:
    parts: Iterator[tuple[Any, Any]] | None = None
    if isinstance(value, Mapping):
        parts = iter(value.items())
    elif isinstance(value, list):
        parts = iter(enumerate(value))
    if parts is not None and deepest:
        for key, part in parts:
            yield from _flat(part, f"{name}.{key}" if name else str(key), deepest - 1)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif isinstance(value, Decimal):
        yield name, format(value, "f").replace(".", TYPED)
    elif isinstance(value, int | str) and value != "":
        yield name, str(value)


class Reader:
    """Makes records of one mapping's payloads. What the engine needs for it is made once, at the first."""

    def __init__(self, settings: Settings, mapping: FileMapping) -> None:
        self._settings, self._mapping = settings, mapping
        # Only what the mapping reads: a payload may have thousands of names. Those that it lacks are blank.
        own = RECORDS[mapping.record].model_fields if mapping.by_name else []
        read = [*mapping.where, *own, *(name for given in mapping.fields.values() for name in given.columns)]
        self._names = list(dict.fromkeys(read))
        self._fields: list[Field] = []
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()  # the engine works for one request at a time

    def records(self, payloads: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """The payloads that the mapping is about, as records of its kind; an unreadable value as it is.

        Whoever takes the records in says what is wrong with such a value.
        """
        with self._lock:
            connection = self._connection = self._connection or self._prepared()
            connection.execute("truncate payload")
            connection.from_arrow(self._table(payloads)).insert_into("payload")
            rows = connection.execute("from records order by place").fetchall()
        return [
            {
                field.name: _value(field, value, text)
                for field, value, text in zip(self._fields, row[1::2], row[2::2], strict=True)
            }
            for row in rows
        ]

    def _prepared(self) -> duckdb.DuckDBPyConnection:
        settings, mapping = self._settings, self._mapping
        connection = connect(memory=MEMORY)
        connection.from_arrow(self._table([])).create("payload")
        source = Source(connection.table("payload"), self._names, 1, "json")
        fields = fields_of(mapping.record, mapping, source, settings.timezone)
        stage.prepare(connection, settings, fields, now=datetime.now(UTC), source=mapping.name)
        stage.check(source, fields, mapping, settings.default_region, numbered=True)
        self._fields = [field for field in fields if field.given]
        pairs = [each for field in self._fields for each in _pair(field)]
        connection.view("checked").select(ColumnExpression("place"), *pairs).create_view("records")
        return connection

    def _table(self, payloads: Sequence[Mapping[str, str]]) -> pa.Table:
        cells = {f"c{place}": [each.get(name) for each in payloads] for place, name in enumerate(self._names)}
        return pa.table({name: pa.array(texts, pa.string()) for name, texts in cells.items()})


def _pair(field: Field) -> tuple[Expression, Expression]:
    value: Expression = ColumnExpression(field.name)
    if field.kind == "moment":
        value = call("epoch_us", value).alias(field.name)
    return value, ColumnExpression(f"{field.name}_given")


def _value(field: Field, value: Any, text: str | None) -> Any:
    if value is None:
        return text.replace(TYPED, ".") if text else None
    if field.kind == "moment":
        return datetime.fromtimestamp(value / 1_000_000, UTC).isoformat()
    if field.kind in {"whole", "seconds"}:
        return round(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def keep_rejected(
    settings: Settings, name: str, body: bytes, answers: Sequence[Answer], now: datetime
) -> None:
    """Write down a request of which a record was rejected, whole, so that it can be sent again."""
    rejected = [asdict(answer) for answer in answers if answer.status == "rejected"]
    if not rejected:
        return
    folder = settings.home / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{now:%Y%m%d}-in-{name}.rejects.ndjson"
    path.touch(mode=0o600)
    line = {"received_at": now.isoformat(), "rejected": rejected, "body": body.decode(errors="replace")}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")


def with_token(endpoint: Endpoint) -> Endpoint:
    """The endpoint, also for senders that know only a user and a password: the password is the token."""

    async def with_basic(request: Request) -> Response:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                _, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                token = ""
            others = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
            header = (b"authorization", f"Bearer {token}".encode())
            request = Request({**request.scope, "headers": [*others, header]}, request.receive)
        return await endpoint(request)

    return with_basic
