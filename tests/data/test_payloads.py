"""Other systems' events, as their makers publish them, become contacts by the shipped mappings."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.api.routes import routes
from settings import Settings
from store import Store
from store.api_tokens import create
from store.schema import decision, feed

HEADERS = {"Authorization": "Bearer a-token-of-the-tests"}
GENESYS: dict[str, Any] = {
    "version": "0",
    "detail-type": "v2.detail.events.conversation.{id}.user.end",
    "source": "aws.partner/genesys.com/cloud/6c0e1a2b-0000-4000-8000-000000000000/svar",
    "detail": {
        "topicName": "v2.detail.events.conversation.4b1f4e2c-0000-4000-8000-000000000001.user.end",
        "version": "2",
        "eventBody": {
            "eventTime": 1772442900000,
            "conversationId": "4b1f4e2c-0000-4000-8000-000000000001",
            "participantId": "0b5ee2d2-0000-4000-8000-000000000002",
            "sessionId": "1f6f1f0e-0000-4000-8000-000000000003",
            "disconnectType": "CLIENT",
            "mediaType": "VOICE",
            "provider": "Edge",
            "direction": "INBOUND",
            "ani": "tel:+4742000001",
            "dnis": "tel:+4721000000",
            "userId": "3c9a4c1e-0000-4000-8000-000000000004",
            "divisionId": "d0000000-0000-4000-8000-000000000005",
            "queueId": "e0000000-0000-4000-8000-000000000006",
            "interactingDurationMs": 182450,
            "heldDurationMs": 12000,
            "alertingDurationMs": 4210,
            "callbackNumbers": [],
        },
    },
}
CONNECT = {
    "AWSAccountId": "123456789012",
    "AWSContactTraceRecordFormatVersion": "2017-03-10",
    "Agent": {
        "ARN": "arn:aws:connect:eu-central-1:123456789012:instance/i/agent/a",
        "AfterContactWorkDuration": 31,
        "AgentInteractionDuration": 240,
        "ConnectedToAgentTimestamp": "2026-03-02T09:10:29Z",
        "CustomerHoldDuration": 15,
        "HierarchyGroups": None,
        "Username": "kari",
    },
    "AgentConnectionAttempts": 1,
    "Attributes": {},
    "Channel": "VOICE",
    "ConnectedToSystemTimestamp": "2026-03-02T09:09:20Z",
    "ContactId": "11111111-1111-1111-1111-111111111111",
    "CustomerEndpoint": {"Address": "+4742000001", "Type": "TELEPHONE_NUMBER"},
    "DisconnectTimestamp": "2026-03-02T09:15:00Z",
    "InitiationMethod": "INBOUND",
    "Queue": {"DequeueTimestamp": "2026-03-02T09:10:29Z", "EnqueueTimestamp": "2026-03-02T09:09:30Z",
              "Name": "Faktura"},
    "Recording": None,
}  # fmt: skip
ZENDESK = {
    "type": "zen:event-type:ticket.status_changed",
    "account_id": 22129848,
    "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
    "time": "2026-03-02T09:15:00Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:5158",
    "detail": {
        "actor_id": "8447388090494",
        "assignee_id": "8447388090494",
        "created_at": "2026-03-01T17:29:23Z",
        "custom_status": "8447320465790",
        "group_id": "8447320466430",
        "id": "5158",
        "is_public": True,
        "requester_id": "8447346621310",
        "status": "SOLVED",
        "subject": "Faktura to ganger",
        "tags": ["faktura"],
        "type": "question",
        "updated_at": "2026-03-02T09:15:00Z",
        "via": {"channel": "web_service"},
    },
    "event": {"current": "SOLVED", "previous": "OPEN"},
}
TWILIO = {
    "AccountSid": "AC00000000000000000000000000000000",
    "ApiVersion": "2010-04-01",
    "CallDuration": "238",
    "CallSid": "CA00000000000000000000000000000001",
    "CallStatus": "completed",
    "Called": "+4721000000",
    "Caller": "+4742000001",
    "CallbackSource": "call-progress-events",
    "Direction": "inbound",
    "Duration": "4",
    "From": "+4742000001",
    "SequenceNumber": "0",
    "Timestamp": "Mon, 02 Mar 2026 09:15:00 +0000",
    "To": "+4721000000",
}
ENDED = int(datetime(2026, 3, 2, 9, 15, tzinfo=UTC).timestamp())
PUBLISHED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "genesys_cloud": (
        GENESYS,
        {
            "contact_id": "4b1f4e2c-0000-4000-8000-000000000001",
            "channel": "phone",
            "talk_s": 182,
            "hold_s": 12,
            "agent": "3c9a4c1e-0000-4000-8000-000000000004",
            "team": "e0000000-0000-4000-8000-000000000006",
        },
    ),
    "amazon_connect": (
        CONNECT,
        {
            "contact_id": "11111111-1111-1111-1111-111111111111",
            "channel": "phone",
            "talk_s": 240,
            "hold_s": 15,
            "wrap_s": 31,
            "wait_s": 59,
            "handling_s": 286,
            "agent": "kari",
            "team": "Faktura",
            "answered": True,
        },
    ),
    "zendesk": (
        ZENDESK,
        {
            "contact_id": "5158",
            "case_id": "5158",
            "channel": "web",
            "agent": "8447388090494",
            "team": "8447320466430",
            "identified": True,
        },
    ),
    "twilio_voice": (
        TWILIO,
        {
            "contact_id": "CA00000000000000000000000000000001",
            "channel": "phone",
            "handling_s": 238,
            "answered": True,
        },
    ),
}
PHONES = {"genesys_cloud", "amazon_connect", "twilio_voice"}


@pytest.fixture
def client(sqlite_store: Store, settings: Settings) -> Iterator[TestClient]:
    with serve(sqlite_store, settings) as client:
        yield client


def serve(store: Store, settings: Settings) -> TestClient:
    settings = settings.model_copy(update={"demo": True})
    return TestClient(Starlette(routes=routes(settings, store, lambda: None)), raise_server_exceptions=False)


def post(client: TestClient, name: str, payload: Any) -> Any:
    """A payload as its sender posts it: Twilio as a form, the others as JSON."""
    body: dict[str, Any] = {"data": payload} if name == "twilio_voice" else {"json": payload}
    return client.post(f"/api/in/{name}", headers=HEADERS, **body)


def contacts(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        query = select(feed.c.payload).where(feed.c.kind == "contact").order_by(feed.c.seq)
        return list(connection.execute(query).scalars())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_payload_becomes_a_contact_that_may_be_asked(
    client: TestClient, sqlite_store: Store, name: str
) -> None:
    payload, right = PUBLISHED[name]
    answer = post(client, name, payload)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    (row,) = contacts(sqlite_store)
    assert {each: row[each] for each in right} == right
    assert row["ended_at"] == ENDED
    with sqlite_store.read() as connection:
        phone = connection.execute(select(decision.c.phone)).scalar_one()
    assert phone == ("+4742000001" if name in PHONES else None)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_payload_that_is_sent_twice_changes_nothing(
    client: TestClient, sqlite_store: Store, name: str
) -> None:
    payload, _ = PUBLISHED[name]
    post(client, name, payload)
    assert post(client, name, [payload] if name != "twilio_voice" else payload).json()["unchanged"] == 1
    assert len(contacts(sqlite_store)) == 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "genesys_cloud",
            {"detail": {"eventBody": {**GENESYS["detail"]["eventBody"], "direction": "OUTBOUND"}}},
        ),
        ("amazon_connect", {"InitiationMethod": "OUTBOUND"}),
        ("zendesk", {"event": {"current": "PENDING", "previous": "OPEN"}}),
        ("zendesk", {"type": "zen:event-type:ticket.created"}),
        ("twilio_voice", {"CallStatus": "ringing"}),
    ],
)
def test_an_event_that_the_mapping_is_not_about_is_left(
    client: TestClient, sqlite_store: Store, name: str, change: dict[str, Any]
) -> None:
    answer = post(client, name, PUBLISHED[name][0] | change)
    assert (answer.status_code, answer.json()["records"]) == (200, [])
    assert contacts(sqlite_store) == []


def test_a_rejected_payload_is_kept_whole_for_its_owner_alone(client: TestClient, settings: Settings) -> None:
    answer = post(client, "twilio_voice", TWILIO | {"Timestamp": "yesterday", "CallDuration": "-5"})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["records"][0]["errors"]} == {"ended_at", "handling_s"}
    (path,) = (settings.home / "imports").glob("*-in-twilio_voice.rejects.ndjson")
    kept = json.loads(path.read_text())
    assert "Timestamp=yesterday" in kept["body"]
    assert kept["rejected"][0]["id"] == TWILIO["CallSid"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_mapping_of_ones_own_reads_any_payload(sqlite_store: Store, settings: Settings) -> None:
    folder = settings.home / "mappings"
    folder.mkdir(parents=True)
    (folder / "crm.toml").write_text(
        'record = "sale"\ntime_zone = "Europe/Oslo"\ndecimal = ","\n[fields]\nsale_id = "order.no"\n'
        'contact_id = "lines.0.call"\nsold_at = { column = "at", format = "%d.%m.%Y %H:%M" }\n'
        'value = "order.sum"\nproduct = "order.what"\n'
    )
    (folder / "broken.toml").write_text("record = 3")
    order = {"no": 17, "sum": 499.5, "what": "Fiber"}
    payload = {"order": order, "lines": [{"call": "c1"}], "at": "02.03.2026 10:15"}
    with serve(sqlite_store, settings) as client:
        assert post(client, "crm", payload).json()["accepted"] == 1
        assert post(client, "broken", payload).status_code == 404
    with sqlite_store.read() as connection:
        row = connection.execute(select(feed.c.payload).where(feed.c.kind == "sale")).scalar_one()
    assert (row["sale_id"], row["contact_id"], row["value_minor"], row["product"]) == (
        "17",
        "c1",
        49_950,
        "Fiber",
    )
    assert row["sold_at"] == ENDED


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer a-token-of-the-tests", 200),
        ("Basic " + base64.b64encode(b"svar:a-token-of-the-tests").decode(), 200),
        ("Basic " + base64.b64encode(b"a-token-of-the-tests:x").decode(), 401),
        ("Basic not base64", 401),
        ("", 401),
    ],
)
def test_only_the_token_opens_the_way_in_also_as_a_password(
    client: TestClient, header: str, status: int
) -> None:
    answer = client.post("/api/in/twilio_voice", data=TWILIO, headers={"Authorization": header})
    assert answer.status_code == status


def test_the_token_of_a_partner_makes_the_contact_the_partners(
    sqlite_store: Store, settings: Settings
) -> None:
    common: dict[str, Any] = {
        "partner": "Nord",
        "may": "write",
        "days": None,
        "who": "test",
        "now": datetime.now(UTC),
    }
    token = create(sqlite_store, "twilio", kinds=["contact"], **common)
    other = create(sqlite_store, "crm", kinds=["sale"], **common)
    with serve(sqlite_store, settings) as client:
        answers = [
            client.post("/api/in/twilio_voice", data=TWILIO, headers={"Authorization": f"Bearer {each}"})
            for each in (token, other)
        ]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert [row["partner"] for row in contacts(sqlite_store)] == ["Nord"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"[" * 3_000 + b"]" * 3_000])
def test_a_body_that_is_no_payload_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/in/zendesk", content=body, headers=HEADERS)
    assert answer.status_code == 400


@pytest.mark.parametrize("payload", ["text", 7, None, [], [1, "x"], {"detail": 3}, {"type": {}}])
def test_a_payload_of_another_shape_is_no_contact_and_no_fault(client: TestClient, payload: Any) -> None:
    assert client.post("/api/in/zendesk", json=payload, headers=HEADERS).status_code in {200, 400}
