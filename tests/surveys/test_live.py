"""Going live without fear: off sends nothing and shows what it would have, test texts our own phones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from settings import Settings
from store import Store
from store import lease as lease_of
from store.deeds import deeds
from store.schema import message, phone_message, slot
from surveys.carriers.phone import PhoneGateway
from surveys.ledger.faults import all_standing
from surveys.sending.live import NOT_LIVE, REACHED, SUBJECT, checked, missing, rehearsed
from surveys.sending.worker import Worker
from tests.surveys.conftest import NOON, PHONE, answer, rows, states

OTHER = "+4798765432"


def sends(settings: Settings, store: Store, mode: str, **more: object) -> Worker:
    return Worker(settings.model_copy(update={"sending": mode, **more}), store, PhoneGateway(store))


@pytest.mark.parametrize(("mode", "texted"), [("off", []), ("test", [OTHER]), ("on", [PHONE])])
def test_who_is_texted_follows_from_how_sending_is_set(
    store: Store, settings: Settings, ended: Callable[..., None], mode: str, texted: list[str]
) -> None:
    ended("c1")
    ended("c2", phone=OTHER)
    sends(settings, store, mode, test_numbers=[OTHER]).step(NOON)
    assert [row.phone for row in rows(store, phone_message)] == texted


@pytest.mark.parametrize(("hours", "would"), [(1, 1), (25, 2)])
def test_while_sending_is_off_the_24_hours_hold_as_well_and_no_slot_is_taken(
    store: Store, settings: Settings, ended: Callable[..., None], hours: int, would: int
) -> None:
    off = sends(settings, store, "off", quiet_hours="")
    ended("c1")
    off.step(NOON)
    later = NOON + timedelta(hours=hours)
    ended("c2", at=later)
    off.step(later)
    assert states(store)["skipped", "sending_off"] == would
    assert rows(store, message) == rows(store, slot) == []
    ended("c3", phone=OTHER, at=later)
    ended("c4", at=later)
    sends(settings, store, "on", quiet_hours="").step(later)
    assert {row.phone for row in rows(store, message)} == {PHONE, OTHER}, (
        "a rehearsal keeps nobody from being asked"
    )


def test_what_would_have_gone_out_is_shown_with_its_cost(
    store: Store, settings: Settings, ended: Callable[..., None]
) -> None:
    for number in range(3):
        ended(f"c{number}", phone=f"+479123456{number}")
    sends(settings, store, "off").step(NOON)
    (day,) = rehearsed(settings, store, NOON - timedelta(days=1))
    assert (day["day"], day["messages"], day["numbers"]) == ("2026-11-24", 3, 3)
    assert day["cost"] == pytest.approx(day["segments"] * settings.segment_cost)
    assert day["segments"] >= 3
    assert "fra 1" in day["wording"]
    assert rehearsed(settings, store, NOON + timedelta(days=1)) == []


def test_a_follow_up_waits_for_nobody_once_sending_is_off(
    store: Store, settings: Settings, worker: Worker, ended: Callable[..., None]
) -> None:
    ended("c1")
    worker.step(NOON)
    answer(store, settings, "9", NOON)
    sends(settings, store, "off").step(NOON)
    assert [
        (row.purpose, row.state, row.error) for row in rows(store, message) if row.purpose != "opening"
    ] == [("follow_up", "not_sent", "sending_off")]


@pytest.mark.parametrize(
    ("changed", "reached", "lacks"),
    [
        ({}, True, []),
        ({"daily_cap": 0}, True, ["cap"]),
        ({"daily_cap": 0, "daily_cost_cap": 1.0}, True, []),
        ({"public_url": ""}, True, ["public_url", "reached"]),
        ({}, False, ["reached"]),
        ({"public_url": "https://elsewhere.example"}, True, ["reached"]),
        ({"gateway": "phone", "daily_cap": 0, "public_url": ""}, False, []),
    ],
)
def test_customers_are_texted_only_when_everything_is_in_order(
    store: Store, settings: Settings, changed: dict[str, object], reached: bool, lacks: list[str]
) -> None:
    given = {"gateway": "twilio", "sending": "on", "daily_cap": 100, "public_url": "https://svar.example"}
    live = settings.model_copy(update=given | changed)
    if reached:
        lease_of.note(store, REACHED, "https://svar.example", 1)
    assert missing(live, store) == lacks
    assert checked(live, store, NOON).sending_mode == ("test" if lacks else "on")
    assert [alarm.name for alarm in all_standing(store)] == ([NOT_LIVE] if lacks else [])


@pytest.mark.parametrize(("gateway", "mode"), [("phone", "on"), ("twilio", "off")])
def test_a_real_carrier_starts_with_sending_off(settings: Settings, gateway: str, mode: str) -> None:
    assert settings.model_copy(update={"gateway": gateway}).sending_mode == mode


def test_every_switch_is_written_down_once(store: Store, settings: Settings) -> None:
    for mode in ("off", "off", "test", "on", "on"):
        checked(settings.model_copy(update={"sending": mode}), store, NOON)
    assert [deed.what for deed in deeds(store, SUBJECT)] == ["off", "test", "on"]
    assert all(deed.who for deed in deeds(store, SUBJECT))
