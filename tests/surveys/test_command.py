"""`python -m surveys`: what it prints, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from data.api.intake import accept
from settings import Settings
from store import open_store
from store.schema import slot
from surveys.__main__ import app
from surveys.carriers.phone import PhoneGateway
from surveys.questions.questions import QuestionsError
from surveys.replies import process
from surveys.sending.outage import mark_restored, missing
from surveys.sending.worker import Worker
from tests.surveys.carrier import SID, TOKEN, Carrier, Text

Run = Callable[..., Result]
PHONE = "+4791234567"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SVAR_HOME", str(settings.home))
    monkeypatch.setenv("SVAR_PSEUDONYM_KEY", settings.pseudonym_key)
    monkeypatch.setenv("SVAR_QUIET_HOURS", "")
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def asked(settings: Settings) -> None:
    """A contact that has just been asked and has answered with something unclear."""
    now = datetime.now(UTC)
    store = open_store(settings.database_url)
    contact = {"contact_id": "c1", "ended_at": now.isoformat(), "phone": PHONE, "customer_id": "k17"}
    accept(store, settings, "contact", [contact], now)
    always = settings.model_copy(update={"quiet_hours": ""})
    Worker(always, store, PhoneGateway(store)).step(now)
    process.receive(store, {"MessageSid": "SM1", "From": PHONE, "Body": "7-8"}, now)
    process.read_pending(store, always, now)
    store.close()


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("who", "exit_code", "part"),
    [
        ("912 34 567", 0, "Forgotten: 1 contacts, 1 replies"),
        ("k17", 0, "Forgotten: 1 contacts"),
        ("+47 987 65 432", 1, "Nobody with that phone number"),
        ("notaphone", 2, "neither a phone number nor"),
        ("k18", 2, "neither a phone number nor"),
        (" ", 2, "say whom"),
    ],
)
def test_forgetting_says_whether_there_was_anybody(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, exit_code: int, part: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # others' temporary files hold the same number
    done = run("forget", who)
    assert (done.exit_code, part in done.output) == (exit_code, True), done.output
    assert who.strip() == "" or who not in done.output


@pytest.mark.usefixtures("asked")
def test_forgetting_as_json_is_one_document_whoever_is_found(run: Run) -> None:
    assert json.loads(run("forget", "notaphone", "--json").stdout)["contacts"] == 0
    assert json.loads(run("forget", "k17", "--json").stdout)["contacts"] == 1


@pytest.mark.parametrize(
    "arguments",
    [("unclear",), ("explain", "c1"), ("forget", "k1"), ("reread",), ("lint",), ("worker",), ("prune",)],
)
def test_settings_that_cannot_be_read_are_named_without_their_value(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    monkeypatch.setenv("SVAR_PORT", "secret-word")
    done = run(*arguments)
    assert done.exit_code == 2
    assert "SVAR_PORT" in done.stderr
    assert "secret-word" not in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("asked")
def test_an_unclear_reply_is_listed_without_the_number_and_settled_once(run: Run) -> None:
    (waiting,) = json.loads(run("unclear", "--json").stdout)
    assert (waiting["sid"], waiting["contact_id"], waiting["body"]) == ("SM1", "c1", "7-8")
    assert PHONE not in run("unclear", "--json").output + run("unclear").output
    assert run("settle", "SM1", "11").exit_code == 2
    assert run("settle", "SM1", "7", "--who", "Kari").exit_code == 0
    assert run("settle", "SM1", "7").exit_code == 1
    assert json.loads(run("explain", "c1", "--json").stdout)["answers"][0]["value"] == 7


def test_an_unknown_contact_is_a_failure_with_a_sentence(run: Run) -> None:
    done = run("explain", "c1")
    assert done.exit_code == 1
    assert "No live contact c1" in done.output


def test_the_questions_of_the_product_pass_their_linter(run: Run) -> None:
    assert run("lint").exit_code == 0
    told = json.loads(run("lint", "--json").stdout)
    assert told["findings"] == []
    assert {wording["language"] for wording in told["wordings"]} >= {"nb", "nn", "en"}


def test_questions_that_cannot_be_read_are_a_failure_with_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "surveys.questions.questions.load.__wrapped__.__defaults__", (tmp_path / "none.toml",)
    )
    from surveys.questions import questions

    questions.load.cache_clear()
    try:
        assert run("lint").exit_code == 1
    finally:
        questions.load.cache_clear()


def test_a_worker_does_not_start_with_wordings_that_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_settings: Settings) -> None:
        raise QuestionsError("1 wordings must not be sent.")

    monkeypatch.setattr("surveys.questions.lint.checked", refuse)
    done = run("worker")
    assert done.exit_code == 1
    assert "Nothing is sent. 1 wordings must not be sent." in done.output


def test_reconciling_takes_over_the_carriers_list_and_lets_sending_go_on(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    store = open_store(settings.database_url)
    with Carrier() as carrier:
        through_it = {
            "GATEWAY": "twilio",
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": "+4759440000",
            "TWILIO_BASE_URL": carrier.url,
        }
        for name, value in through_it.items():
            monkeypatch.setenv(f"SVAR_{name}", value)
        assert "nothing to reconcile" in run("reconcile").output
        mark_restored(store, now, now)
        carrier.accepted.append(Text("SMlost", PHONE, "Hei! Svar STOPP …", "", now.timestamp()))
        carrier.stop_listening()
        away = run("reconcile")
        assert (away.exit_code, missing(store, now) is None) == (1, False), away.output
        carrier.listen_again()
        done = run("reconcile", "--json")
        assert json.loads(done.output) == {"restored": True, "replies": 0, "statuses": 0}
    with store.read() as connection:
        assert connection.scalars(select(slot.c.phone)).all() == [PHONE]
    assert missing(store, now) is None
    store.close()
