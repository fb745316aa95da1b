"""One contact through the whole way: API → decision → SMS → signed reply → facts → comparison."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from benchmarks.viewers.session import Session
from benchmarks.viewers.views import View
from metrics import Scope, open_reader
from metrics.analysis.compare import compare
from metrics.query.request import request
from settings import PROJECT_ROOT
from store import Store, open_store
from store.schema import decision, message, reply
from surveys.web.simulated_phone import Phone
from tests.serving import Server, served, until

ENOUGH = 12  # scores; under ten a mean is not shown


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("journey") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Store]:
    opened = open_store(server.settings.database_url)
    yield opened
    opened.close()


def contact(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "contact_id": f"journey-{number}",
        "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        "phone": f"+4790000{number:03d}",
        "partner": "Nordlys",
        "team": "Team 1",
        "agent": "A-7",
        "channel": "phone",
        "topic": "Faktura",
        "language": "nb",
        "talk_s": 300,
        "hold_s": 20,
        "wrap_s": 40,
        **fields,
    }


def signed_reply(
    server: Server, form: dict[str, str], *, path: str = "/sms/reply", token: str = ""
) -> httpx.Response:
    url = server.settings.base_url + path
    signature = RequestValidator(token or server.settings.signing_token).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature}
    return httpx.post(url, data=form, headers=headers, trust_env=False, timeout=30)


def counted(store: Store) -> tuple[int, ...]:
    with store.read() as connection:
        return tuple(
            connection.scalar(select(func.count()).select_from(t)) or 0 for t in (message, reply, decision)
        )


def command(server: Server, *arguments: str) -> Any:
    finished = subprocess.run(
        [sys.executable, "-m", *arguments, "--json"],
        cwd=PROJECT_ROOT,
        env={"PATH": "", **server.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_contacts_become_scores_on_the_comparison(server: Server, store: Store) -> None:
    contacts = [contact(n, self_service_first=True) for n in range(1, ENOUGH + 1)]
    answer = server.post("/api/contacts", contacts)
    assert answer.status_code == 200, answer.text

    phone = Phone(server.settings, store)
    for n, given in enumerate(contacts):
        opening = until(partial(phone.messages, given["phone"]), "the SMS")
        assert [sms.direction for sms in opening] == ["to_phone"]
        phone.reply(given["phone"], "9 og takk for hjelpen" if n % 2 else "7/10")

    reader = until(lambda: scored(server, ENOUGH), "every score in the lake")
    (csat,) = reader.show(["csat"], where={"self_service_first": ["self_service_first"]})
    assert (csat.value, csat.n) == (8.0, ENOUGH)
    (handling,) = reader.show(["handling_time"])
    assert handling.value == 360.0, "talk + hold + wrap-up"
    comparison = compare(reader, request("csat_index"))
    assert comparison.groups["self_service_first"].n == ENOUGH
    assert comparison.groups["direct"].n == 0
    assert comparison.difference is None
    assert comparison.reason, "too little data is said, not hidden"

    story = json.dumps(command(server, "surveys", "explain", "journey-2"), ensure_ascii=False)
    assert "9 og takk for hjelpen" in story
    assert "asked" in story


def scored(server: Server, at_least: int) -> Any:
    reader = open_reader(server.settings, Scope.everything())
    values = reader.show(["csat"])
    return reader if values and values[0].n >= at_least else None


def test_the_partner_sees_it_and_another_partner_does_not(server: Server) -> None:
    until(lambda: scored(server, ENOUGH), "every score in the lake")
    own = open_reader(server.settings, Scope.of_partner("Nordlys"))
    assert own.show(["csat"])[0].n == ENOUGH
    other = open_reader(server.settings, Scope.of_partner("Fjordsvar"))
    assert [value.n for value in other.show(["csat"], where={"partner": ["Nordlys"]})] in ([], [0])


def test_a_second_contact_the_same_day_is_skipped_with_its_reason(server: Server, store: Store) -> None:
    before = counted(store)
    server.post("/api/contacts", contact(1, contact_id="journey-1-again"))

    def settled() -> str | None:
        with store.read() as connection:
            row = connection.execute(
                select(decision.c.state, decision.c.reason).where(decision.c.contact_id == "journey-1-again")
            ).one()
        return row.reason if row.state == "skipped" else None

    assert until(settled, "the decision") == "recently_asked"
    assert counted(store)[0] == before[0], "no further SMS"


@pytest.mark.parametrize("token", ["", "another token"], ids=["unsigned", "forged"])
def test_a_reply_that_is_not_signed_by_the_carrier_is_refused_and_changes_nothing(
    server: Server, store: Store, token: str
) -> None:
    before = counted(store)
    form = {"MessageSid": "SM-forged", "From": "+4790000001", "To": "+4759440000", "Body": "1"}
    if token:
        answer = signed_reply(server, form, token=token)
    else:
        answer = httpx.post(f"{server.url}/sms/reply", data=form, trust_env=False)
    assert answer.status_code == 403
    assert counted(store) == before


def test_a_repeated_message_changes_nothing(server: Server, store: Store) -> None:
    form = {
        "MessageSid": "SM-repeated",
        "From": "+4790000001",
        "To": "+4759440000",
        "Body": "2",
        "NumMedia": "0",
    }
    assert signed_reply(server, form).status_code == 200
    after_first = counted(store)
    assert signed_reply(server, form | {"Body": "10"}).status_code == 200
    assert counted(store) == after_first


def test_an_api_call_without_the_token_is_refused(server: Server, store: Store) -> None:
    before = counted(store)
    assert server.post("/api/contacts", contact(2), token="wrong").status_code == 401
    assert counted(store) == before


@pytest.mark.parametrize("path", ["/sms/reply", "/sms/status", "/api/contacts"])
def test_a_webhook_opened_in_a_browser_says_that_it_takes_posts(server: Server, path: str) -> None:
    assert httpx.get(server.url + path, trust_env=False).status_code == 405


def test_health_and_counters_hold_no_personal_data(server: Server) -> None:
    health = httpx.get(f"{server.url}/health", trust_env=False).json()
    assert health["status"] == "ok"
    text = httpx.get(f"{server.url}/metrics", trust_env=False).text
    assert 'svar_decisions{reason="asked"}' in text
    assert "+47" not in text


@pytest.mark.parametrize("path", ["/health", "/metrics", "/", "/api/contacts"])
def test_a_demonstration_is_not_reached_under_another_name(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.url}{path}", headers={"Host": "svar.example.com"}, trust_env=False)
    assert answer.status_code == 421


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_a_new_start_goes_on_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path / "home") as server:
        server.post("/api/contacts", [contact(n) for n in range(10, 20)])
        assert server.interrupt() == 0, server.output.read_text()[-2000:]
        assert "Traceback" not in server.output.read_text()
        server.start()
        opened = open_store(server.settings.database_url)

        def all_asked() -> bool:
            with opened.read() as connection:
                reasons = connection.scalars(select(decision.c.reason)).all()
                sent = connection.scalar(select(func.count()).select_from(message))
            return reasons == ["asked"] * 10 and sent == 10

        assert until(all_asked, "every contact decided and every SMS sent once")
        opened.close()


def test_a_reply_comes_to_open_pages_that_never_ask(server: Server, store: Store) -> None:
    number, phone = 90, Phone(server.settings, store)
    live, comparison = (Session(server.url, View(page, "lead", "nb", "light")) for page in ("live", ""))

    def get_in_touch_and_reply() -> None:
        assert server.post("/api/contacts", contact(number)).status_code == 200
        until(lambda: phone.messages(contact(number)["phone"]), "the SMS")
        phone.reply(contact(number)["phone"], "9")

    async def look() -> None:
        tasks = [asyncio.create_task(session.run()) for session in (live, comparison)]
        for session in (live, comparison):
            await asyncio.wait_for(session.ready.wait(), 90)
        before = live.seen.count, len(comparison.seen.drawn)
        await asyncio.to_thread(get_in_touch_and_reply)
        await asyncio.to_thread(until, lambda: live.seen.count == before[0] + 1, "the reply on the live page")
        await asyncio.to_thread(
            until, lambda: len(comparison.seen.drawn) > before[1], "a new drawing of the comparison"
        )
        for task in tasks:
            task.cancel()

    asyncio.run(look())
    assert not live.seen.looks
    assert not comparison.seen.looks
