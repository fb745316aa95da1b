"""Events over HTTP: who may send, what is answered, and what is durable when it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.api.openapi import MAX_BODY, MAX_RECORDS
from data.api.routes import routes
from data.records.events import PATHS, RECORDS
from settings import Settings
from store import Store
from store.schema import decision, record

HEADERS = {"Authorization": "Bearer a-token-of-the-tests"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "contact": {"contact_id": "c1", "ended_at": "2026-03-02T10:15:00+01:00"},
    "sale": {"sale_id": "s1", "contact_id": "c1", "sold_at": "2026-03-02T10:15:00+01:00"},
    "case": {"case_id": "k1", "opened_at": "2026-03-02T10:15:00+01:00"},
    "session": {"session_id": "w1", "customer_id": "7", "started_at": "2026-03-02T10:15:00+01:00"},
    "calls_offered": {"partner": "Nord", "interval_start": "2026-03-02T10:00:00+01:00", "offered": 5},
    "topic": {"topic": "Invoice", "need": "unwanted", "ease": 4, "contact_cost": "85.00"},
    "product": {"product": "Fibre 500", "progression": "1.25"},
    "active_customers": {"month": "2026-03", "customers": 120_000},
    "hour_cost": {"valid_from": "2026-01-01", "cost": 540, "partner": "Nord"},
    "target": {
        "target_id": "t",
        "metric": "csat",
        "filters": {"channel": "phone"},
        "target": 8,
        "by": "2026-12-31",
    },
}


class Wakes:
    """Counts how often the sender was woken."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
def client(store: Store, settings: Settings, wakes: Wakes) -> Iterator[TestClient]:
    with _serve(store, settings, wakes) as client:
        yield client


@pytest.fixture
def lite(sqlite_store: Store, settings: Settings, wakes: Wakes) -> Iterator[TestClient]:
    """The API where the database makes no difference."""
    with _serve(sqlite_store, settings, wakes) as client:
        yield client


def _serve(store: Store, settings: Settings, wakes: Wakes) -> TestClient:
    settings = settings.model_copy(update={"demo": True})
    return TestClient(Starlette(routes=routes(settings, store, wakes)), raise_server_exceptions=False)


def contact(name: str = "c1", **fields: Any) -> dict[str, Any]:
    return EXAMPLES["contact"] | {"contact_id": name} | fields


def rows(store: Store, table: Any = record) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.parametrize(("kind", "path"), PATHS.items())
def test_one_object_of_every_kind_is_taken(client: TestClient, store: Store, kind: str, path: str) -> None:
    answer = client.post(path, json=EXAMPLES[kind], headers=HEADERS)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["records"][0]["status"]) == (1, "accepted")
    assert rows(store) == 1
    assert client.post(path, json=EXAMPLES[kind], headers=HEADERS).json()["unchanged"] == 1


def test_an_array_is_answered_row_by_row(client: TestClient, store: Store) -> None:
    answer = client.post("/api/contacts", json=[contact("a"), contact("b", score=11)], headers=HEADERS)
    assert answer.status_code == 207
    assert answer.json() == {
        "accepted": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "records": [
            {"index": 0, "id": "a", "status": "accepted", "errors": []},
            {
                "index": 1,
                "id": "b",
                "status": "rejected",
                "errors": [{"field": "score", "value": 11, "reason": "is not between 1 and 10"}],
            },
        ],
    }
    assert rows(store) == 1


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/json", "text/plain", ""])
def test_one_object_a_line_is_taken_and_a_broken_line_harms_no_other(
    lite: TestClient, content_type: str
) -> None:
    body = f"{json.dumps(contact('a'))}\r\n\r\n{{broken\n{json.dumps(contact('b'))}\n"
    answer = lite.post("/api/contacts", content=body, headers=HEADERS | {"Content-Type": content_type})
    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["records"]] == ["accepted", "rejected", "accepted"]


def test_when_nothing_can_be_taken_the_status_says_so(lite: TestClient, wakes: Wakes) -> None:
    assert lite.post("/api/contacts", json=[{}, 1, None], headers=HEADERS).status_code == 422
    assert wakes.count == 0


def test_the_sender_is_woken_by_news_only(lite: TestClient, wakes: Wakes) -> None:
    for agent in ("a", "a", "b"):
        lite.post("/api/contacts", json=contact(agent=agent), headers=HEADERS)
    assert wakes.count == 2


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer a-token-of-the-test", "Basic a-token-of-the-tests", "Bearer ø"],
)
def test_without_the_token_nothing_is_read_or_kept(
    lite: TestClient, sqlite_store: Store, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    answer = lite.post("/api/contacts", json=contact(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert rows(sqlite_store) == 0


def test_the_scheme_is_read_in_any_case(lite: TestClient) -> None:
    headers = {"Authorization": "bearer a-token-of-the-tests"}
    assert lite.post("/api/contacts", json=contact(), headers=headers).status_code == 200


@pytest.mark.parametrize("path", PATHS.values())
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_other_method_is_refused_here_and_not_by_a_page(lite: TestClient, path: str, method: str) -> None:
    answer = lite.request(method, path, headers=HEADERS)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"[]", "array is empty"),
        (b"{", "not JSON"),
        (b'{"contact_id": NaN}', "NaN"),
        (b"contact_id;ended_at\nc1;x\n", "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(lite: TestClient, body: bytes, reason: str) -> None:
    answer = lite.post("/api/contacts", content=body, headers=HEADERS)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_byte_order_mark_does_no_harm(lite: TestClient) -> None:
    body = "\ufeff" + json.dumps(contact())
    assert lite.post("/api/contacts", content=body.encode(), headers=HEADERS).status_code == 200


def test_a_request_may_hold_so_many_records_and_no_more(lite: TestClient) -> None:
    most = [contact(str(number)) for number in range(MAX_RECORDS)]
    answer = lite.post("/api/contacts", json=most, headers=HEADERS)
    assert (answer.status_code, answer.json()["accepted"]) == (200, MAX_RECORDS)
    answer = lite.post("/api/contacts", json=[*most, contact("one more")], headers=HEADERS)
    assert answer.status_code == 413
    assert str(MAX_RECORDS) in answer.json()["error"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_request_may_be_so_long_and_no_longer(lite: TestClient, declared: bool) -> None:
    def post(length: int) -> int:
        body = json.dumps(contact()).encode().ljust(length)
        # A generator is sent in chunks, without saying beforehand how much comes.
        content: Any = body if declared else iter([body[:1000], body[1000:]])
        return int(lite.post("/api/contacts", content=content, headers=HEADERS).status_code)

    assert post(MAX_BODY) == 200
    assert post(MAX_BODY + 1) == 413


@pytest.mark.parametrize("amount", ["9876543.21", "0.29", "1499", "1e2"])
def test_an_amount_is_exact_to_the_last_minor_unit(
    lite: TestClient, sqlite_store: Store, amount: str
) -> None:
    body = json.dumps(contact()).replace("}", f', "hit_value": {amount}}}')
    assert lite.post("/api/contacts", content=body, headers=HEADERS).status_code == 200
    with sqlite_store.read() as connection:
        payload = connection.execute(select(record.c.payload)).scalar_one()
    expected = {"9876543.21": 987_654_321, "0.29": 29, "1499": 149_900, "1e2": 10_000}
    assert payload["hit_value_minor"] == expected[amount]


def test_many_senders_at_once_each_get_their_own_answers(client: TestClient, store: Store) -> None:
    answers: dict[int, Any] = {}

    def send(sender: int) -> None:
        batch = [contact(f"{sender}-{number}", score=11 if number == sender else 9) for number in range(8)]
        answers[sender] = client.post("/api/contacts", json=batch, headers=HEADERS).json()

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sender, answer in answers.items():
        assert [each["id"] for each in answer["records"]] == [f"{sender}-{number}" for number in range(8)]
        assert [each["index"] for each in answer["records"] if each["status"] == "rejected"] == [sender]
    assert rows(store) == rows(store, decision) == 56


def test_when_the_store_fails_the_sender_is_told_to_try_again(lite: TestClient, sqlite_store: Store) -> None:
    with sqlite_store.write() as connection:
        connection.execute(text("alter table feed rename to away"))
    answer = lite.post("/api/contacts", json=contact(), headers=HEADERS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert rows(sqlite_store) == 0
    with sqlite_store.write() as connection:
        connection.execute(text("alter table away rename to feed"))
    assert lite.post("/api/contacts", json=contact(), headers=HEADERS).status_code == 200


def test_the_openapi_document_is_the_models(lite: TestClient) -> None:
    document = lite.get("/api/openapi.json").json()
    assert set(document["paths"]) == set(PATHS.values())
    for model in RECORDS.values():
        schema = document["components"]["schemas"][model.__name__]
        assert set(schema["properties"]) == set(model.model_fields)
        assert set(schema["required"]) == {
            name for name, field in model.model_fields.items() if field.is_required()
        }
        assert all(each.get("description") for each in schema["properties"].values())


def test_every_reference_in_the_openapi_document_leads_somewhere(lite: TestClient) -> None:
    document = lite.get("/api/openapi.json").json()

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                yield from references(each)

    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize("kind", RECORDS)
def test_what_the_document_allows_is_taken_and_what_is_answered_is_as_it_says(
    lite: TestClient, kind: str
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = lite.get("/api/openapi.json").json()

    def check(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    check(RECORDS[kind].__name__, EXAMPLES[kind])
    wrong = EXAMPLES[kind] | {"nonsense": 1}
    with pytest.raises(jsonschema.ValidationError):
        check(RECORDS[kind].__name__, wrong)
    answer = lite.post(PATHS[kind], json=[EXAMPLES[kind], wrong], headers=HEADERS)
    check("BatchAnswer", answer.json())
    check("Refused", lite.post(PATHS[kind], json=EXAMPLES[kind]).json())
