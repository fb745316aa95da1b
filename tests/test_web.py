"""The jobs beside the routes: what a person is told when the figures stand still."""

from __future__ import annotations

import pytest

import web
from settings import Settings
from surveys.alarms import all_standing, standing


def test_an_alarm_stands_while_the_figures_cannot_be_brought_up_to_date(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = web.Service(settings)
    service._say_of_the_lake(RuntimeError("unique_contacts: 2 rows"))
    (alarm,) = all_standing(service.store)
    assert alarm.name == web.LAKE_FAULT
    assert alarm.message == "The figures stand still: RuntimeError: unique_contacts: 2 rows"
    # The first time that it works again, the alarm goes.
    monkeypatch.setattr("metrics.refresh", lambda *_: service._stop.set())
    service._news.set()
    service._refresh_until_stopped()
    assert not standing(service.store, web.LAKE_FAULT)
    service.store.close()
