"""The API described by itself: an OpenAPI 3.1 document made from the models that check what comes in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from data.api.intake import Status
from data.records.events import PATHS, RECORDS
from settings import Settings

MAX_BODY = 16 * 1024 * 1024  # bytes
MAX_RECORDS = 10_000


class Fault(BaseModel):
    """One reason why a record was refused."""

    field: str = Field(description='The field at fault; "" where fields contradict each other.')
    value: str | int | bool | None = Field(description="What was given, shortened.")
    reason: str


class RecordAnswer(BaseModel):
    """What became of one record, in the order sent."""

    index: int = Field(description="Place in the request, from 0.")
    id: str = Field(description="The record's id.")
    status: Status
    errors: list[Fault]


class BatchAnswer(BaseModel):
    """What became of a request's records; what counts as accepted, updated or unchanged is durable."""

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    records: list[RecordAnswer]


class Refused(BaseModel):
    """Why the request as a whole was refused; nothing of it was kept."""

    error: str


def document(settings: Settings) -> dict[str, Any]:
    """The whole OpenAPI document."""
    models: list[type[BaseModel]] = [*RECORDS.values(), BatchAnswer, Refused]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Svar: events in",
            "version": "1",
            "description": "Contacts with customer service and what belongs to them. Every call may be "
            "repeated: the same record again changes nothing, other values under the same id correct it.",
        },
        "servers": [{"url": settings.base_url}],
        "security": [{"token": []}],
        "paths": {path: {"post": _operation(kind)} for kind, path in PATHS.items()},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(kind: str) -> dict[str, Any]:
    model = RECORDS[kind]
    one = {"$ref": f"#/components/schemas/{model.__name__}"}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_RECORDS}
    return {
        "operationId": f"post_{kind}",
        "summary": (model.__doc__ or "").splitlines()[0],
        "requestBody": {
            "required": True,
            "description": f"At most {MAX_RECORDS} records and {MAX_BODY} bytes.",
            "content": {
                "application/json": {"schema": {"oneOf": [one, many]}},
                "application/x-ndjson": {"schema": one},
            },
        },
        "responses": {
            "200": _response("All records were taken.", "BatchAnswer"),
            "207": _response("Some records were taken, some refused.", "BatchAnswer"),
            "422": _response("All records were refused.", "BatchAnswer"),
            "400": _response("The body is not JSON, or empty.", "Refused"),
            "401": _response("The token is missing or wrong.", "Refused"),
            "405": _response("Only POST is possible.", "Refused"),
            "413": _response("Too many bytes or records.", "Refused"),
            "503": _response("The API is shut, or the store did not answer: send again.", "Refused"),
        },
    }


def _response(description: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}
